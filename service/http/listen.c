/* Makes a listening socket. Knows nothing of HTTP. */
#include "service/http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, MAX_WHERE = 256, MAX_PORT = 65535 };

/* Cuts "ADDR:PORT" in two; an IPv6 address stands in brackets. */
static bool split(char *where, char **host, char **port)
{
	char *colon = strrchr(where, ':');

	if (colon == NULL || colon[1] == '\0' || colon[1 + strspn(colon + 1, "0123456789")] != '\0' || strlen(colon + 1) > 5 ||
	    strtol(colon + 1, NULL, 10) > MAX_PORT)
		return false;
	*colon = '\0';
	*port = colon + 1;
	*host = where;
	if (*where == '[') {
		if (colon[-1] != ']')
			return false;
		colon[-1] = '\0';
		*host = where + 1;
	}
	return **host != '\0';
}

static int describe(const struct sockaddr_storage *name, socklen_t size, char address[LISTEN_ADDRESS_MAX])
{
	char host[INET6_ADDRSTRLEN], port[8];

	if (getnameinfo((const struct sockaddr *)name, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return -1;
	snprintf(address, LISTEN_ADDRESS_MAX, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
	return 0;
}

/* A socket bound to the address; shared: others that are shared may be bound to it too. */
static int bind_to(const struct sockaddr *address, socklen_t size, bool shared)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    (!shared || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) && bind(fd, address, size) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Binds all sockets. The first one is bound alone at first: only so it shows whether somebody else listens there. */
static int bind_all(const struct addrinfo *info, int count, int fds[], char address[LISTEN_ADDRESS_MAX])
{
	struct sockaddr_storage name = { .ss_family = AF_UNSPEC };
	socklen_t size = sizeof name;

	fds[0] = bind_to(info->ai_addr, info->ai_addrlen, false);
	if (fds[0] < 0 || getsockname(fds[0], (struct sockaddr *)&name, &size) != 0 || describe(&name, size, address) != 0)
		return -1;
	if (count > 1) {
		close(fds[0]);
		fds[0] = -1;
	}
	for (int i = 0; i < count && count > 1; i++)
		if ((fds[i] = bind_to((const struct sockaddr *)&name, size, true)) < 0)
			return -1;
	for (int i = 0; i < count; i++)
		if (listen(fds[i], BACKLOG) != 0)
			return -1;
	return 0;
}

int listen_on(const char *where, int count, int fds[], char address[LISTEN_ADDRESS_MAX], char why[KB_WHY_MAX])
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *info = NULL;
	char copy[MAX_WHERE], *host, *port;
	int failed;

	for (int i = 0; i < count; i++)
		fds[i] = -1;
	snprintf(copy, sizeof copy, "%s", where);
	if (strlen(where) >= sizeof copy || !split(copy, &host, &port)) {
		snprintf(why, KB_WHY_MAX, "\"%.64s\" is not ADDR:PORT, such as 127.0.0.1:8080 or [::1]:8080", where);
		return -1;
	}
	failed = getaddrinfo(host, port, &hints, &info);
	if (failed != 0) {
		snprintf(why, KB_WHY_MAX, "%s: %s", where, gai_strerror(failed));
		return -1;
	}
	failed = bind_all(info, count, fds, address);
	freeaddrinfo(info);
	if (failed == 0)
		return 0;
	snprintf(why, KB_WHY_MAX, "cannot listen on %s: %s", where, strerror(errno));
	for (int i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return -1;
}
