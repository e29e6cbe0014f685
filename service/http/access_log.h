/* The access log: one JSON object a line, written by a thread of its own, so that no request waits for it. */
#ifndef SIPCODES_ACCESS_LOG_H
#define SIPCODES_ACCESS_LOG_H

#include "db/kb.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { ACCESS_METHOD_MAX = 12, ACCESS_PATH_MAX = 96, ACCESS_LANG_MAX = 12 }; /* bytes with the NUL; what is longer is cut */

/* One request and its answer. The query is not in it: it may hold what somebody searched for. */
struct access_record {
	int64_t time_ns;    /* when the answer was begun, since 1970 */
	int64_t elapsed_ns; /* until it was queued */
	size_t bytes;       /* of its content */
	unsigned int status;
	bool gzip, cached;
	const char *type; /* lives as long as the program; NULL: none */
	char lang[ACCESS_LANG_MAX];
	char method[ACCESS_METHOD_MAX];
	char path[ACCESS_PATH_MAX];
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} client;
};

struct access_log;

/* Opens the log for so many threads: "-" is standard output, anything else a file that is appended to. NULL, and why tells, if that failed. */
struct access_log *access_log_open(const char *where, int threads, char why[KB_WHY_MAX]);

/* Writes what is left and closes it; no thread adds to it any more. NULL is allowed. */
void access_log_close(struct access_log *log);

/* Makes the writer open the file anew, for a log that was rotated. */
void access_log_reopen(struct access_log *log);

/* Adds a record for the thread with this number, from 0. Never waits: where the writer does not keep up, the record is lost, and the log says
 * how many were. */
void access_log_add(struct access_log *log, int thread, const struct access_record *record);

/* Copies a text into a member of a record, cut to fit. */
void access_record_set(char *member, size_t size, const char *text);

#endif
