/* The HTTP server: from a socket to a response. */
#ifndef SIPCODES_SERVER_H
#define SIPCODES_SERVER_H

#include "db/kb.h"

struct server;

struct server_config {
	const char *listen; /* ADDR:PORT or [ADDR]:PORT; port 0: any free one */
	const char *db;     /* the knowledge base */
	int threads;        /* 1 to 64 */
	/* Origins whose pages may use /mcp beside those of this machine, such as https://helpdesk.example.com; ends with NULL. It has to
	 * live as long as the server. */
	const char *const *origins;
};

enum { SERVER_MAX_THREADS = 64 };

/* Opens the knowledge base once a thread, listens and serves. NULL on failure; why then tells. */
struct server *server_start(const struct server_config *config, char why[KB_WHY_MAX]);

/* The address it really listens on, as ADDR:PORT. It lives as long as the server. */
const char *server_address(const struct server *server);

/* Stops listening and closes every connection, also those that an answer is being sent on; NULL is allowed. */
void server_stop(struct server *server);

#endif
