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
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTION_MEMORY = 32 * 1024, /* bytes: request line and header fields have to fit in */
	CONNECTION_TIMEOUT_S = 30,
	MAX_CONNECTIONS = 16384, /* as far as the descriptors suffice */
	OTHER_DESCRIPTORS = 64,
	CACHE_LINE = 64, /* bytes that processors take from one another at once */
	MIN_UPLOAD = 4096,
	DISCARDED_BYTES = 16 << 20, /* of a request's content, of which only ANSWER_MAX_CONTENT are kept */
	UPLOADS_BYTES = 64 << 20,   /* of the content of all requests that are under way; who comes then is told to come again */
};

/* A thread with a listening socket, and what it has to itself while it is busy; while it is not, who holds the server's lock. */
struct worker {
	_Alignas(CACHE_LINE) atomic_bool busy;
	atomic_uint generation; /* that source is of */
	struct answer_source source;
	struct server *server;
	struct MHD_Daemon *daemon;
};

struct server {
	/* Of the knowledge base: counts up with every reload. Threads only read it and what stands beside it, and so do not wait for one another. */
	atomic_uint generation;
	int worker_count;
	const char *db;
	const char *const *origins;
	struct access_log *log; /* NULL: there is none */
	char address[LISTEN_ADDRESS_MAX];
	char version[32];
	struct worker workers[SERVER_MAX_THREADS];
	struct answer_source next[SERVER_MAX_THREADS]; /* what a thread has to change over to; kb is NULL where there is nothing */
	pthread_mutex_t lock;                          /* of next */
	atomic_size_t upload_bytes;
};

/* ---- generations of the knowledge base ---- */

static void source_close(struct answer_source *source)
{
	kb_close(source->kb);
	free(source->languages);
	source->kb = NULL;
	source->languages = NULL;
}

/* Changes over to the newest generation; what was kept ready of the one before goes with it. Holds the lock. */
static void take_next(struct worker *worker, unsigned int generation)
{
	struct answer_source *next = &worker->server->next[worker - worker->server->workers];

	if (next->kb != NULL) {
		cache_clear(worker->source.cache);
		source_close(&worker->source);
		worker->source.kb = next->kb;
		worker->source.languages = next->languages;
		next->kb = NULL;
		next->languages = NULL;
	}
	atomic_store_explicit(&worker->generation, generation, memory_order_release);
}

/* From here on the worker is busy, in the newest generation. It says so before it looks which one that is, and who makes a new one looks
 * whether it is busy after that: so one of the two sees the other. */
static void begin_work(struct worker *worker)
{
	atomic_store(&worker->busy, true);
	unsigned int generation = atomic_load(&worker->server->generation);
	if (atomic_load_explicit(&worker->generation, memory_order_acquire) == generation)
		return;
	pthread_mutex_lock(&worker->server->lock);
	take_next(worker, generation);
	pthread_mutex_unlock(&worker->server->lock);
}

static void end_work(struct worker *worker)
{
	atomic_store_explicit(&worker->busy, false, memory_order_release);
}

void server_settle(struct server *server)
{
	unsigned int generation = atomic_load(&server->generation);

	pthread_mutex_lock(&server->lock);
	for (int i = 0; i < server->worker_count; i++)
		if (atomic_load(&server->workers[i].generation) != generation && !atomic_load(&server->workers[i].busy))
			take_next(&server->workers[i], generation);
	pthread_mutex_unlock(&server->lock);
}

static enum kb_status open_generation(const struct server *server, struct answer_source sources[], char why[KB_WHY_MAX])
{
	struct kb *kbs[SERVER_MAX_THREADS];
	char reason[KB_WHY_MAX];
	bool failed = false;

	if (kb_open_all(kbs, server->worker_count, server->db, reason) != KB_OK) {
		snprintf(why, KB_WHY_MAX, "%.200s: %.300s", server->db, reason);
		return KB_FAILED;
	}
	for (int i = 0; i < server->worker_count; i++) {
		sources[i] = (struct answer_source){ .kb = kbs[i], .languages = language_names(kb_languages(kbs[i])) };
		failed |= sources[i].languages == NULL;
	}
	for (int i = 0; i < server->worker_count && failed; i++)
		source_close(&sources[i]);
	if (failed)
		snprintf(why, KB_WHY_MAX, "out of memory");
	return failed ? KB_FAILED : KB_OK;
}

enum kb_status server_reload(struct server *server, char why[KB_WHY_MAX])
{
	struct answer_source sources[SERVER_MAX_THREADS] = { { .kb = NULL } };

	if (open_generation(server, sources, why) != KB_OK)
		return KB_FAILED;
	snprintf(server->version, sizeof server->version, "%s", kb_version(sources[0].kb));
	pthread_mutex_lock(&server->lock);
	for (int i = 0; i < server->worker_count; i++) {
		source_close(&server->next[i]); /* of a thread that was busy since the reload before */
		server->next[i] = sources[i];
	}
	pthread_mutex_unlock(&server->lock);
	atomic_fetch_add(&server->generation, 1);
	server_settle(server);
	return KB_OK;
}

const char *server_version(const struct server *server)
{
	return server->version;
}

void server_reopen_log(struct server *server)
{
	if (server->log != NULL)
		access_log_reopen(server->log);
}

/* ---- requests ---- */

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
static enum MHD_Result answer(const struct answer_source *source, struct MHD_Connection *connection, const char *fault, const struct upload *upload,
			      const struct answer_request *request)
{
	if (fault != NULL)
		return answer_refusal(source, connection, request, PROBLEM_BAD_REQUEST, fault);
	if (upload == NULL || upload->size > ANSWER_MAX_CONTENT)
		return answer_refusal(source, connection, request, PROBLEM_CONTENT_TOO_LARGE, NULL);
	if (upload->size > 0 && upload->data == NULL)
		return answer_refusal(source, connection, request, PROBLEM_UNAVAILABLE, NULL);
	return answer_request(source, connection, request);
}

static int64_t nanoseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void note_client(struct access_record *record, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	if (info != NULL && info->client_addr->sa_family == AF_INET)
		memcpy(&record->client, info->client_addr, sizeof record->client.v4);
	else if (info != NULL && info->client_addr->sa_family == AF_INET6)
		memcpy(&record->client, info->client_addr, sizeof record->client.v6);
}

/* Answers, and adds the request to the access log. */
static enum MHD_Result answer_and_log(const struct worker *worker, struct MHD_Connection *connection, const char *fault, const struct upload *upload,
				      const struct answer_request *request)
{
	struct access_record record = { .time_ns = nanoseconds(CLOCK_REALTIME) };
	struct answer_request logged = *request;
	int64_t start = nanoseconds(CLOCK_MONOTONIC);

	note_client(&record, connection);
	access_record_set(record.method, sizeof record.method, request->method);
	access_record_set(record.path, sizeof record.path, request->url);
	logged.record = &record;
	enum MHD_Result result = answer(&worker->source, connection, fault, upload, &logged);
	record.elapsed_ns = nanoseconds(CLOCK_MONOTONIC) - start;
	if (strcmp(request->method, MHD_HTTP_METHOD_HEAD) == 0)
		record.bytes = 0;
	access_log_add(worker->server->log, (int)(worker - worker->server->workers), &record);
	return result;
}

/* libmicrohttpd calls it when the header is there, for every piece of content, and once more at the end. An answer queued on
 * the first call makes 0.9.75 close the connection: so only what is refused is answered there, since where it ends is in doubt.
 * In *request_cls stands the upload. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
				  const char *upload_data, size_t *upload_data_size, void **request_cls)
{
	struct worker *worker = cls;
	struct server *server = worker->server;
	struct upload *upload = *request_cls;
	const char *fault = upload == NULL ? wire_fault(connection, url, method, version) : NULL;

	if (upload != NULL && *upload_data_size > 0) {
		if (upload == &no_upload && (*request_cls = upload = calloc(1, sizeof *upload)) == NULL)
			return MHD_NO;
		upload->server = server;
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
		.origins = server->origins,
	};
	begin_work(worker);
	enum MHD_Result result = server->log != NULL ? answer_and_log(worker, connection, fault, upload, &request)
						     : answer(&worker->source, connection, fault, upload, &request);
	end_work(worker);
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

/* Makes each worker's cache and lets it have its first generation. */
static enum kb_status open_workers(struct server *server, const struct server_config *config, char why[KB_WHY_MAX])
{
	for (int i = 0; i < config->threads; i++) {
		server->workers[i].server = server;
		server->workers[i].source.cache = cache_open(config->cache_bytes / (size_t)config->threads);
		if (server->workers[i].source.cache == NULL) {
			snprintf(why, KB_WHY_MAX, "out of memory");
			return KB_FAILED;
		}
		server->worker_count++;
	}
	return server_reload(server, why);
}

/* How many connections there can be: as many descriptors as the system grants, but those that are needed for something else. */
static unsigned int connection_limit(const struct server *server)
{
	struct rlimit limit;
	rlim_t others = OTHER_DESCRIPTORS + 4 * (rlim_t)server->worker_count;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return MAX_CONNECTIONS;
	if (limit.rlim_cur < MAX_CONNECTIONS + others && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max < MAX_CONNECTIONS + others ? limit.rlim_max : MAX_CONNECTIONS + others;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur >= MAX_CONNECTIONS + others)
		return MAX_CONNECTIONS;
	return limit.rlim_cur > 2 * others ? (unsigned int)(limit.rlim_cur - others) : (unsigned int)others;
}

/* Starts a worker on its socket, which is closed with it. */
static int start_worker(struct worker *worker, int fd, unsigned int connections)
{
	worker->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, worker, MHD_OPTION_LISTEN_SOCKET, fd,
					  MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)CONNECTION_TIMEOUT_S,
					  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
					  MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
	if (worker->daemon == NULL)
		close(fd);
	return worker->daemon != NULL ? 0 : -1;
}

/* Listens, with a socket a worker, and starts them. */
static enum kb_status start_workers(struct server *server, const struct server_config *config, char why[KB_WHY_MAX])
{
	int fds[SERVER_MAX_THREADS], failed = 0;
	unsigned int connections = connection_limit(server) / (unsigned int)server->worker_count;

	if (listen_on(config->listen, server->worker_count, fds, server->address, why) != 0)
		return KB_FAILED;
	for (int i = 0; i < server->worker_count; i++)
		failed |= start_worker(&server->workers[i], fds[i], connections);
	if (failed != 0)
		snprintf(why, KB_WHY_MAX, "cannot start serving on %s", server->address);
	return failed == 0 ? KB_OK : KB_FAILED;
}

struct server *server_start(const struct server_config *config, char why[KB_WHY_MAX])
{
	struct server *server = aligned_alloc(CACHE_LINE, sizeof *server);

	if (server == NULL) {
		snprintf(why, KB_WHY_MAX, "out of memory");
		return NULL;
	}
	memset(server, 0, sizeof *server);
	pthread_mutex_init(&server->lock, NULL);
	server->db = config->db;
	server->origins = config->origins;
	if (open_workers(server, config, why) == KB_OK &&
	    (config->access_log == NULL || (server->log = access_log_open(config->access_log, config->threads, why)) != NULL) &&
	    start_workers(server, config, why) == KB_OK)
		return server;
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
	for (int i = 0; i < server->worker_count; i++)
		if (server->workers[i].daemon != NULL)
			MHD_stop_daemon(server->workers[i].daemon);
	access_log_close(server->log);
	for (int i = 0; i < server->worker_count; i++) {
		cache_close(server->workers[i].source.cache);
		source_close(&server->workers[i].source);
		source_close(&server->next[i]);
	}
	pthread_mutex_destroy(&server->lock);
	free(server);
}
