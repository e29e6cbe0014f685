/* The HTTP server: from a socket to a response. */
#ifndef SIPCODES_SERVER_H
#define SIPCODES_SERVER_H

#include "db/kb.h"

struct server;

struct server_config {
	const char *listen;     /* ADDR:PORT or [ADDR]:PORT; port 0: any free one */
	const char *db;         /* the knowledge base */
	int threads;            /* 1 to 64 */
	size_t cache_bytes;     /* for answers that are kept ready, of all threads together; 0: none is kept */
	const char *access_log; /* a file, or "-" for standard output; NULL: there is none */
	/* Origins whose pages may use /mcp beside those of this machine, such as https://helpdesk.example.com; ends with NULL. */
	const char *const *origins;
};

enum { SERVER_MAX_THREADS = 64 };

/* Opens the knowledge base, listens and serves. NULL on failure; why then tells. The strings in config have to live as long as the server. */
struct server *server_start(const struct server_config *config, char why[KB_WHY_MAX]);

/* Opens the knowledge base anew: each thread answers its next request, and all that follow, out of what the file holds now. On failure why
 * tells, and everything goes on as before. */
enum kb_status server_reload(struct server *server, char why[KB_WHY_MAX]);

/* Lets go of what the file held before for threads that were busy when it was opened anew and have had no request since. To be called every now
 * and then, by the thread that reloads. */
void server_settle(struct server *server);

/* A digest of the content that is served (kb_version). It changes with server_reload, and the string lives until then. */
const char *server_version(const struct server *server);

/* Opens the access log anew, for a log that was rotated. */
void server_reopen_log(struct server *server);

/* The address it really listens on, as ADDR:PORT. It lives as long as the server. */
const char *server_address(const struct server *server);

/* Stops listening and closes every connection, also those that an answer is being sent on; NULL is allowed. */
void server_stop(struct server *server);

#endif
