/* A bare epoll loop that answers whatever ends in an empty line with the bytes of a file: what the kernel alone costs. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_ANSWER = 1 << 20, MAX_FDS = 1024, MAX_EVENTS = 64, MAX_REQUEST = 16384 };

struct connection {
	size_t matched; /* bytes of the empty line seen */
	size_t left;    /* bytes of the answer still to be sent */
};

static char answer[MAX_ANSWER];
static size_t answer_size;
static struct connection connections[MAX_FDS];

/* Listens on a free port of the loopback interface, and says on which. */
static int listen_somewhere(void)
{
	struct sockaddr_in where = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof where;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&where, size) != 0 || listen(fd, MAX_FDS) != 0 ||
	    getsockname(fd, (struct sockaddr *)&where, &size) != 0)
		return -1;
	fprintf(stderr, "listening on http://127.0.0.1:%d\n", ntohs(where.sin_port));
	return fd;
}

static int watch(int epoll, int operation, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(epoll, operation, fd, &event);
}

static void take(int epoll, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (fd >= MAX_FDS || watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN) != 0)
		close(fd);
	else
		connections[fd] = (struct connection){ 0, 0 };
}

/* Sends what is left. Returns -1 if the connection is lost. */
static int send_rest(int epoll, int fd, struct connection *connection, int waited)
{
	ssize_t n = send(fd, answer + answer_size - connection->left, connection->left, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN)
		return -1;
	connection->left -= n > 0 ? (size_t)n : 0;
	if (connection->left > 0 && !waited)
		return watch(epoll, EPOLL_CTL_MOD, fd, EPOLLOUT);
	if (connection->left == 0 && waited)
		return watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN);
	return 0;
}

/* Reads; at the end of a request, answers. Returns -1 if the connection is lost. */
static int receive(int epoll, int fd, struct connection *connection)
{
	static const char empty_line[] = "\r\n\r\n";
	char request[MAX_REQUEST];
	ssize_t n = recv(fd, request, sizeof request, 0);

	if (n <= 0)
		return n < 0 && errno == EAGAIN ? 0 : -1;
	for (ssize_t i = 0; i < n; i++) {
		connection->matched = request[i] == empty_line[connection->matched] ? connection->matched + 1 : request[i] == '\r';
		if (connection->matched == 4) {
			connection->matched = 0;
			connection->left = answer_size;
			return send_rest(epoll, fd, connection, 0);
		}
	}
	return 0;
}

static int serve(int epoll, int listener)
{
	struct epoll_event events[MAX_EVENTS];

	for (;;) {
		int count = epoll_wait(epoll, events, MAX_EVENTS, -1);
		if (count < 0 && errno != EINTR)
			return -1;
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			if (fd == listener)
				take(epoll, listener);
			else if ((connections[fd].left > 0 ? send_rest(epoll, fd, &connections[fd], 1) : receive(epoll, fd, &connections[fd])) != 0)
				close(fd);
		}
	}
}

int main(int argc, char *argv[])
{
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	int epoll = epoll_create1(0), listener;

	if (file == NULL) {
		fputs("usage: epoll FILE, a whole HTTP answer\n", stderr);
		return EXIT_FAILURE;
	}
	answer_size = fread(answer, 1, sizeof answer, file);
	fclose(file);
	listener = listen_somewhere();
	if (epoll < 0 || listener < 0 || watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN) != 0 || serve(epoll, listener) != 0)
		perror("epoll");
	return EXIT_FAILURE;
}
