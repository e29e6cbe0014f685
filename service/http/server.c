/* The HTTP server on libmicrohttpd: its threads, and what each of its calls is answered with. */
#include "service/http/server.h"

#include "service/http/answer.h"
#include "service/http/listen.h"
#include "service/http/wire.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CONNECTION_MEMORY = 32 * 1024, /* bytes: request line and header fields have to fit in */
	CONNECTION_TIMEOUT_S = 30,
	MAX_CONNECTIONS = 10000,
};

struct worker {
	struct kb *kb;
	pthread_mutex_t lock; /* a handle belongs to one thread at a time; nobody waits unless threads outnumber handles */
};

struct server {
	struct MHD_Daemon *daemon;
	char address[LISTEN_ADDRESS_MAX];
	int worker_count;
	atomic_uint next_worker;
	struct worker workers[SERVER_MAX_THREADS];
};

/* ---- requests ---- */

/* The worker of the calling thread. */
static struct worker *my_worker(struct server *server)
{
	static _Thread_local unsigned int number; /* 0: not numbered yet */

	if (number == 0)
		number = atomic_fetch_add(&server->next_worker, 1) + 1;
	return &server->workers[(number - 1) % (unsigned int)server->worker_count];
}

/* Does the request announce more content than is read? What is no number libmicrohttpd has refused. */
static bool announces_too_much(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	if (length == NULL)
		return false;
	errno = 0;
	return strtoull(length, NULL, 10) > ANSWER_MAX_CONTENT || errno != 0;
}

/* libmicrohttpd calls it when the header is there, for every piece of content, and once more at the end. An answer queued on
 * the first call makes 0.9.75 close the connection: so only what is refused is answered there, since where it ends is in doubt.
 * In *request_cls stand the bytes of content so far, and one. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
				  const char *upload_data, size_t *upload_data_size, void **request_cls)
{
	struct worker *worker = my_worker(cls);
	uintptr_t content = (uintptr_t)*request_cls;
	const char *fault = content == 0 ? wire_fault(connection, url, method, version) : NULL;
	enum MHD_Result result;

	(void)upload_data;
	if (content > 0 && *upload_data_size > 0) {
		*request_cls = (void *)(content + *upload_data_size);
		*upload_data_size = 0;
		return MHD_YES;
	}
	if (content == 0 && fault == NULL && !announces_too_much(connection)) {
		*request_cls = (void *)(uintptr_t)1;
		return MHD_YES;
	}
	pthread_mutex_lock(&worker->lock);
	if (fault != NULL)
		result = answer_refusal(worker->kb, connection, url, PROBLEM_BAD_REQUEST, fault);
	else if (content == 0 || content - 1 > ANSWER_MAX_CONTENT)
		result = answer_refusal(worker->kb, connection, url, PROBLEM_CONTENT_TOO_LARGE, NULL);
	else
		result = answer_request(worker->kb, connection, url, method);
	pthread_mutex_unlock(&worker->lock);
	return result;
}

/* Decodes percent-encoding, but leaves a text with an encoded NUL as it is: decoded, it would end there. */
static size_t unescape(void *cls, struct MHD_Connection *connection, char *text)
{
	(void)cls;
	(void)connection;
	return strstr(text, "%00") == NULL ? MHD_http_unescape(text) : strlen(text);
}

/* ---- start and stop ---- */

static int open_workers(struct server *server, const struct server_config *config, char why[KB_WHY_MAX])
{
	char reason[KB_WHY_MAX];

	for (int i = 0; i < config->threads; i++) {
		if (kb_open(&server->workers[i].kb, config->db, reason) != KB_OK) {
			snprintf(why, KB_WHY_MAX, "%.200s: %.300s", config->db, reason);
			return -1;
		}
		pthread_mutex_init(&server->workers[i].lock, NULL);
		server->worker_count++;
	}
	return 0;
}

struct server *server_start(const struct server_config *config, char why[KB_WHY_MAX])
{
	struct server *server = calloc(1, sizeof *server);
	int fd;

	if (server == NULL) {
		snprintf(why, KB_WHY_MAX, "out of memory");
		return NULL;
	}
	if (open_workers(server, config, why) != 0 || (fd = listen_on(config->listen, server->address, why)) < 0)
		goto fail;
	const struct MHD_OptionItem options[] = {
		{ MHD_OPTION_LISTEN_SOCKET, fd, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT_S, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL },
		{ MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)unescape, NULL },
		/* a pool of one is not to be had; without a pool there is one thread */
		{ config->threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, config->threads, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	server->daemon =
		MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, server, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
	if (server->daemon != NULL)
		return server;
	snprintf(why, KB_WHY_MAX, "cannot start serving on %s", server->address);
	close(fd);
fail:
	server_stop(server);
	return NULL;
}

const char *server_address(const struct server *server)
{
	return server->address;
}

void server_stop(struct server *server)
{
	if (server == NULL)
		return;
	if (server->daemon != NULL)
		MHD_stop_daemon(server->daemon);
	for (int i = 0; i < server->worker_count; i++) {
		kb_close(server->workers[i].kb);
		pthread_mutex_destroy(&server->workers[i].lock);
	}
	free(server);
}
