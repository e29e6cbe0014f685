/* The access log: a ring of records a thread, and the one thread that writes them. Knows nothing of libmicrohttpd. */
#include "service/http/access_log.h"

#include "service/http/uri.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	RING_RECORDS = 4096, /* a power of two */
	WRITE_EVERY_NS = 100000000,
	BUFFER_BYTES = 1 << 16,
	LINE_BYTES = 1024, /* more than a line takes */
	LAST_LINES_S = 2,  /* how long the end waits for the last lines to be written */
	CACHE_LINE = 64,
	NS_PER_S = 1000000000,
};

/* One thread adds at the head, the writer takes from the tail; both only count up. */
struct ring {
	_Alignas(CACHE_LINE) atomic_size_t head;
	atomic_size_t lost;
	_Alignas(CACHE_LINE) atomic_size_t tail;
	size_t lost_told;
	struct access_record records[RING_RECORDS];
};

struct access_log {
	pthread_t writer;
	sem_t wake;
	atomic_bool stop, reopen;
	const char *where;
	int fd;
	char buffer[BUFFER_BYTES];
	size_t used;
	bool failing;
	time_t second; /* that stamp tells */
	char stamp[24];
	int threads;
	struct ring rings[];
};

void access_record_set(char *member, size_t size, const char *text)
{
	size_t length = strlen(text);

	length = length < size ? length : size - 1;
	memcpy(member, text, length);
	member[length] = '\0';
}

void access_log_add(struct access_log *log, int thread, const struct access_record *record)
{
	struct ring *ring = &log->rings[thread];
	size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	size_t used = head - atomic_load_explicit(&ring->tail, memory_order_acquire);

	if (used == RING_RECORDS) {
		atomic_fetch_add_explicit(&ring->lost, 1, memory_order_relaxed);
		return;
	}
	ring->records[head % RING_RECORDS] = *record;
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	if (used == RING_RECORDS / 2)
		sem_post(&log->wake);
}

/* ---- the writer ---- */

/* The second as RFC 3339 has it, without what follows. */
static const char *stamp(struct access_log *log, time_t second)
{
	struct tm tm;

	if (second != log->second && gmtime_r(&second, &tm) != NULL) {
		strftime(log->stamp, sizeof log->stamp, "%Y-%m-%dT%H:%M:%S", &tm);
		log->second = second;
	}
	return log->stamp;
}

/* Writes what is in the buffer, or lets go of it. A log that cannot be written is said once, and again when it has been written in between. */
static void flush(struct access_log *log)
{
	ssize_t n = 0;

	for (size_t at = 0; at < log->used && n >= 0; at += (size_t)n)
		do
			n = write(log->fd, log->buffer + at, log->used - at);
		while (n < 0 && errno == EINTR);
	if (n < 0 && !log->failing)
		fprintf(stderr, "sipcodes: cannot write the access log %s: %s\n", log->where, strerror(errno));
	if (log->used > 0)
		log->failing = n < 0;
	log->used = 0;
}

static void add_line(struct access_log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_line(struct access_log *log, const char *format, ...)
{
	va_list arguments;

	if (log->used + LINE_BYTES > sizeof log->buffer)
		flush(log);
	va_start(arguments, format);
	log->used += (size_t)vsnprintf(log->buffer + log->used, LINE_BYTES, format, arguments);
	va_end(arguments);
}

static void write_record(struct access_log *log, const struct access_record *r)
{
	char client[INET6_ADDRSTRLEN] = "", method[URI_ENCODED_MAX(ACCESS_METHOD_MAX)], path[URI_ENCODED_MAX(ACCESS_PATH_MAX)];
	const void *address = r->client.any.sa_family == AF_INET6 ? (const void *)&r->client.v6.sin6_addr : &r->client.v4.sin_addr;

	if (r->client.any.sa_family != AF_UNSPEC)
		inet_ntop(r->client.any.sa_family, address, client, sizeof client);
	uri_encode(r->method, method, sizeof method);
	uri_encode(r->path, path, sizeof path);
	add_line(
		log,
		"{\"time\":\"%s.%06dZ\",\"client\":\"%s\",\"method\":\"%s\",\"path\":\"%s\",\"status\":%u,\"bytes\":%zu,\"lang\":\"%s\",\"type\":\"%s\","
		"\"gzip\":%s,\"cached\":%s,\"us\":%" PRId64 "}\n",
		stamp(log, (time_t)(r->time_ns / NS_PER_S)), (int)(r->time_ns % NS_PER_S / 1000), client, method, path, r->status, r->bytes, r->lang,
		r->type != NULL ? r->type : "", r->gzip ? "true" : "false", r->cached ? "true" : "false", r->elapsed_ns / 1000);
}

static void write_ring(struct access_log *log, struct ring *ring)
{
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
	size_t lost = atomic_load_explicit(&ring->lost, memory_order_relaxed);

	while (tail != head) {
		write_record(log, &ring->records[tail % RING_RECORDS]);
		atomic_store_explicit(&ring->tail, ++tail, memory_order_release);
	}
	if (lost != ring->lost_told)
		add_line(log, "{\"lost\":%zu}\n", lost - ring->lost_told);
	ring->lost_told = lost;
}

static int open_file(const char *where)
{
	return strcmp(where, "-") == 0 ? STDOUT_FILENO : open(where, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

static void close_file(int fd)
{
	if (fd != STDOUT_FILENO)
		close(fd);
}

static void open_anew(struct access_log *log)
{
	int fd = open_file(log->where);

	if (fd < 0) {
		fprintf(stderr, "sipcodes: cannot open the access log %s anew: %s\n", log->where, strerror(errno));
		return;
	}
	close_file(log->fd);
	log->fd = fd;
}

static void *write_log(void *arg)
{
	struct access_log *log = arg;
	bool stop;

	do {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += WRITE_EVERY_NS;
		until.tv_sec += until.tv_nsec / NS_PER_S;
		until.tv_nsec %= NS_PER_S;
		sem_timedwait(&log->wake, &until);
		stop = atomic_load(&log->stop);
		if (atomic_exchange(&log->reopen, false))
			open_anew(log);
		for (int i = 0; i < log->threads; i++)
			write_ring(log, &log->rings[i]);
		flush(log);
	} while (!stop);
	return NULL;
}

/* ---- open and close ---- */

struct access_log *access_log_open(const char *where, int threads, char why[KB_WHY_MAX])
{
	struct access_log *log = aligned_alloc(CACHE_LINE, sizeof *log + (size_t)threads * sizeof log->rings[0]);

	if (log == NULL) {
		snprintf(why, KB_WHY_MAX, "out of memory");
		return NULL;
	}
	memset(log, 0, sizeof *log);
	for (int i = 0; i < threads; i++) {
		atomic_init(&log->rings[i].head, 0);
		atomic_init(&log->rings[i].tail, 0);
		atomic_init(&log->rings[i].lost, 0);
		log->rings[i].lost_told = 0;
	}
	log->where = where;
	log->threads = threads;
	log->second = -1;
	log->fd = open_file(where);
	if (log->fd < 0) {
		snprintf(why, KB_WHY_MAX, "the access log %.200s: %s", where, strerror(errno));
		free(log);
		return NULL;
	}
	sem_init(&log->wake, 0, 0);
	if (pthread_create(&log->writer, NULL, write_log, log) == 0)
		return log;
	snprintf(why, KB_WHY_MAX, "cannot start the writer of the access log");
	sem_destroy(&log->wake);
	close_file(log->fd);
	free(log);
	return NULL;
}

void access_log_close(struct access_log *log)
{
	struct timespec until;

	if (log == NULL)
		return;
	atomic_store(&log->stop, true);
	sem_post(&log->wake);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LAST_LINES_S;
	if (pthread_timedjoin_np(log->writer, NULL, &until) != 0) { /* a pipe that nobody reads: the writer, and what it uses, has to stay */
		fprintf(stderr, "sipcodes: nobody takes the last lines of the access log %s\n", log->where);
		pthread_detach(log->writer);
		return;
	}
	sem_destroy(&log->wake);
	close_file(log->fd);
	free(log);
}

void access_log_reopen(struct access_log *log)
{
	atomic_store(&log->reopen, true);
	sem_post(&log->wake);
}
