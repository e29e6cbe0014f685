/* What the tests share: the real daemon on a free port, a client that sends raw bytes, temporary folders. */
#include "tests/harness.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

extern char **environ;

enum { MAX_REPLY = 8 << 20, ANSWER_WITHIN_S = 20, MAX_ARGUMENTS = 64 };

const char *sipcodes(void)
{
	const char *program = getenv("SIPCODES");

	return program != NULL ? program : "build/sipcodes";
}

/* Starts the program with pipes for its output; returns its process id. */
static pid_t start(const char *const arguments[], int *out, int *err)
{
	int out_pipe[2], err_pipe[2];
	const char *argv[MAX_ARGUMENTS] = { sipcodes() };
	posix_spawn_file_actions_t actions;
	pid_t pid;

	for (int i = 0; arguments[i] != NULL; i++)
		argv[i + 1] = arguments[i];
	assert_int_equal(pipe(out_pipe), 0);
	assert_int_equal(pipe(err_pipe), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out_pipe[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err_pipe[1], STDERR_FILENO);
	for (int i = 0; i < 2; i++) {
		posix_spawn_file_actions_addclose(&actions, out_pipe[i]);
		posix_spawn_file_actions_addclose(&actions, err_pipe[i]);
	}
	assert_int_equal(posix_spawn(&pid, sipcodes(), &actions, NULL, (char *const *)(uintptr_t)argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(out_pipe[1]);
	close(err_pipe[1]);
	*out = out_pipe[0];
	*err = err_pipe[0];
	return pid;
}

/* A stream of a program, and where what it says goes: what does not fit is read and forgotten. */
struct stream {
	int fd; /* -1: it has ended */
	char *to;
	size_t size, used;
};

static void read_some(struct stream *stream)
{
	char rest[4096];
	size_t room = stream->size - 1 - stream->used;
	ssize_t got = room > 0 ? read(stream->fd, stream->to + stream->used, room) : read(stream->fd, rest, sizeof rest);

	if (got > 0 && room > 0)
		stream->used += (size_t)got;
	stream->to[stream->used] = '\0';
	if (got <= 0) {
		close(stream->fd);
		stream->fd = -1;
	}
}

/* Reads two streams to their ends, whichever has something to say: a program that waits for its reader would never end. */
static void drain(struct stream streams[2])
{
	while (streams[0].fd >= 0 || streams[1].fd >= 0) {
		struct pollfd fds[2] = { { streams[0].fd, POLLIN, 0 }, { streams[1].fd, POLLIN, 0 } };
		assert_true(poll(fds, 2, -1) > 0);
		for (size_t i = 0; i < 2; i++)
			if (fds[i].fd >= 0 && fds[i].revents != 0)
				read_some(&streams[i]);
	}
}

static int wait_for(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void run_sipcodes(struct outcome *outcome, const char *const arguments[])
{
	int out, err;
	pid_t pid = start(arguments, &out, &err);

	struct stream streams[2] = { { out, outcome->out, sizeof outcome->out, 0 }, { err, outcome->err, sizeof outcome->err, 0 } };
	drain(streams);
	outcome->status = wait_for(pid);
}

/* What a failed assertion leaves running is ended with the test. */
static pid_t running[8];

static void end_running(void)
{
	for (size_t i = 0; i < sizeof running / sizeof running[0]; i++)
		if (running[i] != 0)
			kill(running[i], SIGKILL);
}

static void replace_running(pid_t old, pid_t new)
{
	static bool registered;

	if (!registered)
		registered = atexit(end_running) == 0;
	for (size_t i = 0; i < sizeof running / sizeof running[0]; i++)
		if (running[i] == old) {
			running[i] = new;
			return;
		}
}

void daemon_start_with(struct daemon *daemon, const char *const arguments[])
{
	char line[512] = "";
	int out, err;

	daemon->pid = start(arguments, &out, &err);
	replace_running(0, daemon->pid);
	close(out);
	daemon->err = fdopen(err, "r");
	assert_non_null(daemon->err);
	if (fgets(line, sizeof line, daemon->err) == NULL || sscanf(line, "listening on http://127.0.0.1:%d", &daemon->port) != 1)
		fail_msg("the daemon does not listen: %s", line);
}

void daemon_start(struct daemon *daemon, const char *db, const char *threads)
{
	const char *const arguments[] = { "serve", "--listen", "127.0.0.1:0", "--db", db, "--threads", threads, NULL };

	daemon_start_with(daemon, arguments);
}

int daemon_stop(struct daemon *daemon, int signal, char *err, size_t size)
{
	size_t n;

	kill(daemon->pid, signal);
	replace_running(daemon->pid, 0);
	n = fread(err, 1, size - 1, daemon->err);
	err[n] = '\0';
	fclose(daemon->err);
	return wait_for(daemon->pid);
}

int daemon_descriptors(const struct daemon *daemon)
{
	char path[64];
	DIR *dir;
	int n = 0;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)daemon->pid);
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 2; /* . and .. */
}

long daemon_cpu_ms(const struct daemon *daemon)
{
	char path[64], text[1024];
	long user, system;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)daemon->pid);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	size_t size = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[size] = '\0';
	const char *after = strrchr(text, ')');
	assert_non_null(after);
	/* Fields 14 and 15 of proc(5), in ticks. */
	assert_int_equal(sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &system), 2);
	return (user + system) * 1000 / sysconf(_SC_CLK_TCK);
}

int client_connect(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = ANSWER_WITHIN_S };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

/* The bytes that an answer has in all, or 0 as long as its head is not complete. */
static size_t whole_size(const char *data, bool to_head)
{
	const char *end = strstr(data, "\r\n\r\n");
	const char *length;
	int status = 0;

	if (end == NULL)
		return 0;
	sscanf(data, "HTTP/1.1 %d", &status);
	length = strcasestr(data, "\r\nContent-Length:");
	size_t head = (size_t)(end - data) + 4;
	if (to_head || status == 204 || status == 304 || length == NULL || length > end)
		return head;
	return head + strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
}

void client_send(int fd, const char *request, size_t size, bool to_head, struct reply *reply)
{
	size_t n = 0, room = 16384, whole = 0;
	char *data = malloc(room);
	ssize_t got;

	memset(reply, 0, sizeof *reply);
	assert_non_null(data);
	data[0] = '\0';
	if (send(fd, request, size, MSG_NOSIGNAL) != (ssize_t)size)
		reply->closed = true;
	while (!reply->closed && ((whole = whole_size(data, to_head)) == 0 || n < whole)) {
		if (n + 1 == room) {
			assert_true(room < MAX_REPLY);
			data = realloc(data, room *= 2);
			assert_non_null(data);
		}
		got = recv(fd, data + n, room - 1 - n, 0);
		if (got <= 0)
			reply->closed = true;
		else
			n += (size_t)got;
		data[n] = '\0';
	}
	if (reply->closed) {
		free(data);
		return;
	}
	char *body = strstr(data, "\r\n\r\n") + 4;
	reply->size = n - (size_t)(body - data);
	reply->body = malloc(reply->size + 1);
	assert_non_null(reply->body);
	memcpy(reply->body, body, reply->size + 1);
	*body = '\0';
	reply->head = data;
	sscanf(data, "HTTP/1.1 %d", &reply->status);
}

void get_on(int *fd, int port, const char *target, const char *fields, struct reply *reply)
{
	char request[4096];
	int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", target, fields);

	assert_true(n > 0 && (size_t)n < sizeof request);
	if (*fd < 0)
		*fd = client_connect(port);
	client_send(*fd, request, (size_t)n, false, reply);
	const char *connection = reply_field(reply, "Connection");
	if (reply->closed || (connection != NULL && strcasecmp(connection, "close") == 0)) {
		close(*fd);
		*fd = -1;
	}
}

void get(int port, const char *target, const char *fields, struct reply *reply)
{
	int fd = -1;

	get_on(&fd, port, target, fields, reply);
	if (fd >= 0)
		close(fd);
}

void post(int port, const char *target, const char *fields, const char *content, size_t size, struct reply *reply)
{
	int fd = client_connect(port);
	char *request = malloc(size + 1024);

	assert_non_null(request);
	int n = snprintf(request, 1024, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n%s\r\n", target, size, fields);
	assert_true(n > 0 && n < 1024);
	memcpy(request + n, content, size);
	client_send(fd, request, (size_t)n + size, false, reply);
	free(request);
	close(fd);
}

void reply_free(struct reply *reply)
{
	free(reply->head);
	free(reply->body);
	memset(reply, 0, sizeof *reply);
}

const char *reply_field(const struct reply *reply, const char *name)
{
	static char value[1024];
	char start[128];
	const char *line;

	snprintf(start, sizeof start, "\r\n%s: ", name);
	line = reply->head != NULL ? strcasestr(reply->head, start) : NULL;
	if (line == NULL)
		return NULL;
	line += strlen(start);
	snprintf(value, sizeof value, "%.*s", (int)strcspn(line, "\r"), line);
	return value;
}

json_t *reply_json(const struct reply *reply)
{
	json_error_t error;
	json_t *document = json_loadb(reply->body, reply->size, JSON_REJECT_DUPLICATES, &error);

	if (document == NULL)
		fail_msg("not JSON: %s in %.200s", error.text, reply->body);
	return document;
}

void temporary_folder(char path[64])
{
	snprintf(path, 64, "/tmp/sipcodes-test-XXXXXX");
	assert_non_null(mkdtemp(path));
}

void run_tool(const char *const arguments[])
{
	pid_t pid;

	assert_int_equal(posix_spawnp(&pid, arguments[0], NULL, NULL, (char *const *)(uintptr_t)arguments, environ), 0);
	assert_int_equal(wait_for(pid), 0);
}

void remove_folder(const char *path)
{
	run_tool((const char *const[]){ "rm", "-rf", path, NULL });
}

char *read_whole(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	struct stat st;

	if (file == NULL || fstat(fileno(file), &st) != 0)
		fail_msg("cannot read %s", path);
	char *data = malloc((size_t)st.st_size + 1);
	assert_non_null(data);
	*size = fread(data, 1, (size_t)st.st_size, file);
	data[*size] = '\0';
	fclose(file);
	return data;
}

void write_whole(const char *path, const char *data, size_t size)
{
	FILE *file = fopen(path, "wb");

	if (file == NULL)
		fail_msg("cannot write %s", path);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}
