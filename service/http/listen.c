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

static int describe(int fd, char address[LISTEN_ADDRESS_MAX])
{
	struct sockaddr_storage name;
	socklen_t size = sizeof name;
	char host[INET6_ADDRSTRLEN], port[8];

	if (getsockname(fd, (struct sockaddr *)&name, &size) != 0 ||
	    getnameinfo((struct sockaddr *)&name, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return -1;
	snprintf(address, LISTEN_ADDRESS_MAX, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
	return 0;
}

static int try_address(const struct addrinfo *info)
{
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 && bind(fd, info->ai_addr, info->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

int listen_on(const char *where, char address[LISTEN_ADDRESS_MAX], char why[KB_WHY_MAX])
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *info = NULL;
	char copy[MAX_WHERE], *host, *port;
	int fd, failed;

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
	fd = try_address(info);
	freeaddrinfo(info);
	if (fd >= 0 && describe(fd, address) == 0)
		return fd;
	snprintf(why, KB_WHY_MAX, "cannot listen on %s: %s", where, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}
