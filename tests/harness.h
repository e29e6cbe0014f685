/* What the tests share: the real daemon on a free port, a client that sends raw bytes, temporary folders. */
#ifndef SIPCODES_TESTS_HARNESS_H
#define SIPCODES_TESTS_HARNESS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#define TEST_DB "build/sipcodes.db"
#define TEST_CONTENT "db/content"

/* ---- programs ---- */

struct outcome {
	int status;        /* of the exit; 128 + n if signal n ended it */
	char out[1 << 17]; /* what it wrote to standard output and standard error, cut to fit */
	char err[1 << 17];
};

/* The program under test: $SIPCODES. */
const char *sipcodes(void);

/* Runs it to its end; arguments end with NULL. */
void run_sipcodes(struct outcome *outcome, const char *const arguments[]);

/* Runs a command of the system; the test fails if it does. Arguments end with NULL. */
void run_tool(const char *const arguments[]);

struct daemon {
	pid_t pid;
	int port;
	FILE *err;
};

/* Starts sipcodes serve on a free port of 127.0.0.1 and waits until it says that it listens; the test fails if it does not. */
void daemon_start(struct daemon *daemon, const char *db, const char *threads);

/* The same with arguments of one's own, which end with NULL and ask for port 0 of 127.0.0.1. */
void daemon_start_with(struct daemon *daemon, const char *const arguments[]);

/* Ends it with the signal and returns its exit status; what it wrote to standard error since the start goes to err. */
int daemon_stop(struct daemon *daemon, int signal, char *err, size_t size);

/* Its open descriptors. */
int daemon_descriptors(const struct daemon *daemon);

/* The processor time it has used so far, in milliseconds. */
long daemon_cpu_ms(const struct daemon *daemon);

/* ---- HTTP ---- */

struct reply {
	int status;
	char *head; /* status line and header fields */
	char *body; /* followed by a NUL that size does not count */
	size_t size;
	bool closed; /* the server closed the connection before, or instead of, a whole answer */
};

int client_connect(int port);

/* Sends the bytes and reads one answer; to_head: it has no body. */
void client_send(int fd, const char *request, size_t size, bool to_head, struct reply *reply);

/* A GET on a connection of its own, or on *fd, opened if it is -1, and kept unless the server closes it. fields: further header lines, each with
 * CRLF. */
void get(int port, const char *target, const char *fields, struct reply *reply);
void get_on(int *fd, int port, const char *target, const char *fields, struct reply *reply);

/* A POST of the content on a connection of its own; fields as above. */
void post(int port, const char *target, const char *fields, const char *content, size_t size, struct reply *reply);

void reply_free(struct reply *reply);

/* The value of a header field in a buffer that the next call overwrites; NULL: there is none. */
const char *reply_field(const struct reply *reply, const char *name);

/* The body as JSON, a new reference; the test fails if it is none. */
json_t *reply_json(const struct reply *reply);

/* ---- files ---- */

/* A new folder below /tmp; the test fails if it cannot be made. */
void temporary_folder(char path[64]);
void remove_folder(const char *path);
char *read_whole(const char *path, size_t *size);
void write_whole(const char *path, const char *data, size_t size);

#endif
