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
	MIN_UPLOAD = 4096,
	DISCARDED_BYTES = 16 << 20, /* of a request's content, of which only ANSWER_MAX_CONTENT are kept */
	UPLOADS_BYTES = 64 << 20,   /* of the content of all requests that are under way; who comes then is told to come again */
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
	atomic_size_t upload_bytes;
	const char *const *origins;
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

/* Does the request announce more content than is received? A client that sends without waiting gets to read that it is too much only
 * if what it sends is taken in: closed before, the connection is reset. What is no number libmicrohttpd has refused. */
static bool announces_too_much(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	if (length == NULL)
		return false;
	errno = 0;
	return strtoull(length, NULL, 10) > DISCARDED_BYTES || errno != 0;
}

/* The content of a request as it comes in. */
struct upload {
	struct server *server;
	char *data;
	size_t size;     /* of what came */
	size_t capacity; /* of data; counts against UPLOADS_BYTES */
};

/* Stands for the upload of a request of which no content has come. */
static struct upload no_upload;

/* Makes room for more bytes of content. Returns false, and lets go of what came before, if there is none. */
static bool upload_reserve(struct upload *upload, size_t size)
{
	size_t capacity = upload->capacity > 0 ? upload->capacity : MIN_UPLOAD;
	char *data;

	while (capacity < size)
		capacity *= 2;
	if (capacity == upload->capacity)
		return true;
	size_t added = capacity - upload->capacity;
	if (atomic_fetch_add(&upload->server->upload_bytes, added) + added <= UPLOADS_BYTES && (data = realloc(upload->data, capacity)) != NULL) {
		upload->data = data;
		upload->capacity = capacity;
		return true;
	}
	atomic_fetch_sub(&upload->server->upload_bytes, added + upload->capacity);
	free(upload->data);
	upload->data = NULL;
	upload->capacity = 0;
	return false;
}

/* Keeps a piece of content, as much of it as a request may have; what it does not keep, it counts. */
static void upload_add(struct upload *upload, const char *data, size_t size)
{
	bool whole = upload->size == 0 || upload->data != NULL;
	size_t before = upload->size;

	upload->size += size;
	if (whole && upload->size <= ANSWER_MAX_CONTENT && upload_reserve(upload, upload->size))
		memcpy(upload->data + before, data, size);
}

static void upload_free(struct upload *upload)
{
	if (upload == NULL || upload == &no_upload)
		return;
	atomic_fetch_sub(&upload->server->upload_bytes, upload->capacity);
	free(upload->data);
	free(upload);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **request_cls, enum MHD_RequestTerminationCode how)
{
	(void)cls;
	(void)connection;
	(void)how;
	upload_free(*request_cls);
	*request_cls = NULL;
}

/* Queues the answer, when all of the request is there or what is there suffices to refuse it. upload is NULL if nothing but
 * the header is there. */
static enum MHD_Result answer(struct kb *kb, struct MHD_Connection *connection, const char *fault, const struct upload *upload,
			      const struct answer_request *request)
{
	if (fault != NULL)
		return answer_refusal(kb, connection, request->url, PROBLEM_BAD_REQUEST, fault);
	if (upload == NULL || upload->size > ANSWER_MAX_CONTENT)
		return answer_refusal(kb, connection, request->url, PROBLEM_CONTENT_TOO_LARGE, NULL);
	if (upload->size > 0 && upload->data == NULL)
		return answer_refusal(kb, connection, request->url, PROBLEM_UNAVAILABLE, NULL);
	return answer_request(kb, connection, request);
}

/* libmicrohttpd calls it when the header is there, for every piece of content, and once more at the end. An answer queued on
 * the first call makes 0.9.75 close the connection: so only what is refused is answered there, since where it ends is in doubt.
 * In *request_cls stands the upload. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
				  const char *upload_data, size_t *upload_data_size, void **request_cls)
{
	struct worker *worker = my_worker(cls);
	struct upload *upload = *request_cls;
	const char *fault = upload == NULL ? wire_fault(connection, url, method, version) : NULL;

	if (upload != NULL && *upload_data_size > 0) {
		if (upload == &no_upload && (*request_cls = upload = calloc(1, sizeof *upload)) == NULL)
			return MHD_NO;
		upload->server = cls;
		upload_add(upload, upload_data, *upload_data_size);
		*upload_data_size = 0;
		return upload->size <= DISCARDED_BYTES ? MHD_YES : MHD_NO;
	}
	if (upload == NULL && fault == NULL && !announces_too_much(connection)) {
		*request_cls = &no_upload;
		return MHD_YES;
	}
	const struct answer_request request = {
		.url = url,
		.method = method,
		.content = upload != NULL ? upload->data : NULL,
		.content_size = upload != NULL ? upload->size : 0,
		.origins = ((const struct server *)cls)->origins,
	};
	pthread_mutex_lock(&worker->lock);
	enum MHD_Result result = answer(worker->kb, connection, fault, upload, &request);
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
	server->origins = config->origins;
	if (open_workers(server, config, why) != 0 || (fd = listen_on(config->listen, server->address, why)) < 0)
		goto fail;
	const struct MHD_OptionItem options[] = {
		{ MHD_OPTION_LISTEN_SOCKET, fd, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT_S, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL },
		{ MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)unescape, NULL },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, NULL },
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
