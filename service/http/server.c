/* The HTTP server on libmicrohttpd: the one place that answers requests. */
#include "service/http/server.h"

#include "db/template.h"
#include "service/http/listen.h"
#include "service/http/negotiate.h"
#include "service/http/route.h"
#include "service/http/wire.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_TARGET = 2048,             /* bytes of a request target as it came, without its query */
	MAX_CONTENT = 1 << 20,         /* bytes of a request's content, which no resource uses yet */
	MAX_RESPONSE = 4 << 20,        /* bytes of an answer */
	CONNECTION_MEMORY = 32 * 1024, /* bytes: request line and header fields have to fit in */
	CONNECTION_TIMEOUT_S = 30,
	MAX_CONNECTIONS = 10000,
	ETAG_SIZE = 24, /* two quotes, 16 digits, NUL */
};

static const char allowed_methods[] = "GET, HEAD, OPTIONS";

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

/* ---- an exchange: one request and what is answered ---- */

struct exchange {
	struct MHD_Connection *connection;
	const char *path;
	const char *method;
	struct kb *kb;
	const char *lang;
	const json_t *labels;
	struct negotiated_format format;
	bool no_store;
};

static const char *header(const struct exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

static const char *query(const void *source, const char *name)
{
	return MHD_lookup_connection_value((struct MHD_Connection *)source, MHD_GET_ARGUMENT_KIND, name);
}

/* ---- responses ---- */

static void response_done(struct MHD_Response **response)
{
	if (*response != NULL)
		MHD_destroy_response(*response);
}

#define auto_response __attribute__((cleanup(response_done))) struct MHD_Response *

/* A strong entity-tag: FNV-1a over what tells representations apart. */
static void make_etag(char etag[ETAG_SIZE], const struct exchange *x, const struct memstream *body)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	const char *const parts[] = { x->format.type, x->lang };

	for (size_t i = 0; i < 2; i++)
		for (const char *s = parts[i]; *s != '\0'; s++)
			hash = (hash ^ (unsigned char)*s) * UINT64_C(1099511628211);
	for (size_t i = 0; i < body->size; i++)
		hash = (hash ^ (unsigned char)body->data[i]) * UINT64_C(1099511628211);
	snprintf(etag, ETAG_SIZE, "\"%016" PRIx64 "\"", hash);
}

struct field {
	const char *name, *value;
};

/* The fields that every answer has; CORS is open for reads. */
static const struct field common_fields[] = {
	{ MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, "*" },
	{ "Access-Control-Expose-Headers", "ETag, Link, Content-Language, Retry-After" },
	{ MHD_HTTP_HEADER_VARY, "Accept, Accept-Language" },
	{ MHD_HTTP_HEADER_LINK, "</openapi.json>; rel=\"service-desc\"" },
	{ "X-Content-Type-Options", "nosniff" },
};

/* Adds fields to a response and queues it; the fields with a NULL value are left out. */
static enum MHD_Result queue(const struct exchange *x, unsigned int status, struct MHD_Response *response, const struct field *fields, size_t count)
{
	for (size_t i = 0; i < sizeof common_fields / sizeof common_fields[0]; i++)
		if (MHD_add_response_header(response, common_fields[i].name, common_fields[i].value) != MHD_YES)
			return MHD_NO;
	for (size_t i = 0; i < count; i++)
		if (fields[i].value != NULL && MHD_add_response_header(response, fields[i].name, fields[i].value) != MHD_YES)
			return MHD_NO;
	return MHD_queue_response(x->connection, status, response);
}

/* The one place from which answers are sent. Takes the body's data. MHD_NO, which closes the connection, only where memory
 * ran out. */
static enum MHD_Result send_body(const struct exchange *x, unsigned int status, struct memstream *body)
{
	char etag[ETAG_SIZE], type[64];
	bool json = x->format.format == FORMAT_JSON;

	make_etag(etag, x, body);
	if (status == MHD_HTTP_OK && !x->no_store && etag_matches(header(x, MHD_HTTP_HEADER_IF_NONE_MATCH), etag)) {
		status = MHD_HTTP_NOT_MODIFIED;
		body->size = 0;
	}
	auto_response response = MHD_create_response_from_buffer(body->size, body->data, MHD_RESPMEM_MUST_FREE);
	if (response == NULL) {
		free(body->data);
		return MHD_NO;
	}
	snprintf(type, sizeof type, "%s%s", status >= 400 && json ? "application/problem+json" : x->format.type, json ? "" : "; charset=utf-8");
	const struct field fields[] = {
		{ MHD_HTTP_HEADER_CONTENT_TYPE, status == MHD_HTTP_NOT_MODIFIED ? NULL : type },
		{ MHD_HTTP_HEADER_CONTENT_LANGUAGE, x->lang },
		{ MHD_HTTP_HEADER_CACHE_CONTROL, x->no_store || status >= 500 ? "no-store" : "public, max-age=3600" },
		{ MHD_HTTP_HEADER_ETAG, status < 400 && !x->no_store ? etag : NULL },
		{ MHD_HTTP_HEADER_ALLOW, status == MHD_HTTP_METHOD_NOT_ALLOWED ? allowed_methods : NULL },
	};
	return queue(x, status, response, fields, sizeof fields / sizeof fields[0]);
}

/* The answer to OPTIONS: what can be done here, for CORS too. */
static enum MHD_Result send_options(const struct exchange *x)
{
	static const struct field fields[] = {
		{ MHD_HTTP_HEADER_ALLOW, allowed_methods },
		{ "Access-Control-Allow-Methods", allowed_methods },
		{ "Access-Control-Allow-Headers", "Accept, Accept-Language, If-None-Match" },
		{ "Access-Control-Max-Age", "86400" },
	};
	auto_response response = MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);

	return response != NULL ? queue(x, MHD_HTTP_NO_CONTENT, response, fields, sizeof fields / sizeof fields[0]) : MHD_NO;
}

/* ---- problems ---- */

#define STATUS_AND_SLUG(name, status, slug) { status, slug },
static const struct {
	int status;
	const char *slug;
} problems[] = { PROBLEMS(STATUS_AND_SLUG) };
#undef STATUS_AND_SLUG

/* The members as the slots of the detail: each list of strings is also there as NAME_list, in words. */
static json_t *detail_slots(const struct exchange *x, const json_t *members)
{
	json_auto_t *slots = json_object();
	const char *name;
	json_t *value;

	if (json_object_update(slots, (json_t *)members) != 0)
		return NULL;
	json_object_foreach ((json_t *)members, name, value) {
		char key[64];
		if (!json_is_array(value) || json_is_object(json_array_get(value, 0)))
			continue;
		json_t *words = json_array_size(value) > 0 ? template_join(json_incref(value), kb_label(x->labels, "templates", "list_separator"))
							   : json_string(kb_label(x->labels, "templates", "none"));
		snprintf(key, sizeof key, "%s_list", name);
		if (json_object_set_new(slots, key, words) != 0)
			return NULL;
	}
	return json_incref(slots);
}

/* A problem document (RFC 9457): the standard members, then the problem's own; members may be NULL. NULL if memory ran out,
 * also if it was for the members that the detail speaks of. */
static json_t *problem_document(const struct exchange *x, enum problem problem, json_t *members)
{
	json_auto_t *text = NULL, *own = members != NULL ? json_incref(members) : json_object(), *slots = detail_slots(x, own);

	if (slots == NULL || kb_entry(x->kb, "problems", problems[problem].slug, x->lang, &text) != KB_OK)
		return NULL;
	const char *detail = json_string_value(json_object_get(text, "detail"));
	if (members == NULL && strchr(detail, '{') != NULL)
		return NULL;
	json_auto_t *document = json_pack("{s:o, s:O, s:i, s:o, s:s, s:s}", "type", json_sprintf("/problems/%s", problems[problem].slug), "title",
					  json_object_get(text, "title"), "status", problems[problem].status, "detail", template_fill(detail, slots),
					  "instance", x->path, "lang", x->lang);
	if (document == NULL || json_object_update(document, own) != 0)
		return NULL;
	return json_incref(document);
}

/* What is left to say if not even an error answer can be made. */
static enum MHD_Result send_nothing(const struct exchange *x)
{
	auto_response response = MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);

	return response != NULL ? MHD_queue_response(x->connection, MHD_HTTP_INTERNAL_SERVER_ERROR, response) : MHD_NO;
}

static int render(const struct exchange *x, const json_t *document, enum layout layout, struct memstream *body)
{
	int failed = x->format.format == FORMAT_TEXT ? render_text(document, layout, x->labels, body) : render_json(document, body);

	if (failed == 0 && body->size > MAX_RESPONSE) {
		free(body->data);
		failed = -1;
	}
	return failed;
}

/* Takes members, which may be NULL. */
static enum MHD_Result send_problem(const struct exchange *x, enum problem problem, json_t *members)
{
	json_auto_t *own = members;
	json_auto_t *document = problem_document(x, problem, own);
	struct memstream body;

	if (document == NULL || render(x, document, LAYOUT_PROBLEM, &body) != 0)
		return send_nothing(x);
	return send_body(x, (unsigned int)problems[problem].status, &body);
}

/* ---- negotiation ---- */

static void choose_language(struct exchange *x, const char *lang)
{
	x->lang = lang;
	x->labels = kb_labels(x->kb, lang);
}

static json_t *language_tags(const struct kb *kb)
{
	json_t *tags = json_array();
	size_t i;
	const json_t *language;

	json_array_foreach ((json_t *)kb_languages(kb), i, language)
		if (json_array_append(tags, json_object_get(language, "tag")) != 0) {
			json_decref(tags);
			return NULL;
		}
	return tags;
}

/* By ?lang=, else by Accept-Language. */
static enum problem settle_language(struct exchange *x, json_t **members)
{
	const char *asked = query(x->connection, "lang");
	const char *lang = asked != NULL ? language_of_tag(asked, kb_languages(x->kb)) : x->lang;

	if (lang == NULL) {
		*members = json_pack("{s:s, s:o}", "value", asked, "languages", language_tags(x->kb));
		return PROBLEM_UNKNOWN_LANGUAGE;
	}
	choose_language(x, lang);
	return PROBLEM_NONE;
}

/* By ?format=, else by Accept; what a route has only in JSON, a client gets in JSON or not at all. */
static enum problem settle_format(struct exchange *x, const struct route *route, json_t **members)
{
	const char *asked = query(x->connection, "format"), *accept = header(x, MHD_HTTP_HEADER_ACCEPT);
	const char *const json_only[] = { "json", NULL };
	struct negotiated_format format = negotiate_format(asked, accept);
	bool only = route != NULL && route->json_only;

	if (asked != NULL && format.format == FORMAT_NONE)
		return api_invalid_parameter("format", asked, api_strings(format_names), members);
	if (only && asked == NULL && accept_weight(accept, x->format.type) > 0)
		format = x->format;
	if (format.format == FORMAT_NONE || (only && format.format != FORMAT_JSON)) {
		*members = json_pack("{s:o}", "formats", api_strings(only ? json_only : format_names));
		return PROBLEM_NOT_ACCEPTABLE;
	}
	x->format = format;
	return PROBLEM_NONE;
}

/* ---- requests ---- */

/* The path of a request target in absolute form (RFC 9112 section 3.2.2) is what follows the authority. */
static const char *origin_form(const char *target)
{
	if (strncmp(target, "http://", 7) != 0 && strncmp(target, "https://", 8) != 0)
		return target;
	target = strchr(target, ':') + 3;
	target += strcspn(target, "/");
	return *target != '\0' ? target : "/";
}

/* Asks the route's handler, and leaves the document or the members of the problem in *out. */
static enum problem handle(struct exchange *x, const struct route *route, char params[API_MAX_PARAMS][ROUTE_MAX_PARAM], json_t **out)
{
	enum problem problem = settle_language(x, out);

	if (problem == PROBLEM_NONE)
		problem = settle_format(x, route, out);
	if (problem != PROBLEM_NONE)
		return problem;
	if (route == NULL)
		return PROBLEM_NOT_FOUND;
	if (strcmp(x->method, MHD_HTTP_METHOD_GET) != 0 && strcmp(x->method, MHD_HTTP_METHOD_HEAD) != 0) {
		*out = json_pack("{s:s, s:[s,s,s]}", "method", x->method, "allowed", "GET", "HEAD", "OPTIONS");
		return PROBLEM_METHOD_NOT_ALLOWED;
	}
	x->no_store = route->no_store;
	const struct api_request request = {
		.kb = x->kb, .lang = x->lang, .params = { params[0], params[1] }, .query = query, .source = x->connection
	};
	return route->handler(&request, out);
}

static enum MHD_Result answer(struct exchange *x, const char *url, const char *version, size_t content)
{
	char params[API_MAX_PARAMS][ROUTE_MAX_PARAM] = { "", "" };
	const struct route *route = route_match(x->path, params);
	const char *fault = wire_fault(x->connection, url, x->method, version);
	json_auto_t *document = NULL;
	struct memstream body;

	/* The defaults, in which a problem can be told until the client's wishes are settled. */
	x->format = negotiate_format("json", NULL);
	choose_language(x, negotiate_language(header(x, MHD_HTTP_HEADER_ACCEPT_LANGUAGE), kb_languages(x->kb)));

	if (content > MAX_CONTENT)
		return send_problem(x, PROBLEM_CONTENT_TOO_LARGE, json_pack("{s:i}", "limit", MAX_CONTENT));
	if (fault != NULL)
		return send_problem(x, PROBLEM_BAD_REQUEST, json_pack("{s:s}", "reason", kb_label(x->labels, "wire", fault)));
	if (strlen(url) > MAX_TARGET) {
		x->path = "/";
		return send_problem(x, PROBLEM_URI_TOO_LONG, json_pack("{s:i}", "limit", MAX_TARGET));
	}
	if (strcmp(x->method, MHD_HTTP_METHOD_OPTIONS) == 0 && (route != NULL || strcmp(x->path, "*") == 0))
		return send_options(x);
	enum problem problem = handle(x, route, params, &document);
	if (problem != PROBLEM_NONE)
		return send_problem(x, problem, json_incref(document));
	if (render(x, document, route->layout, &body) != 0)
		return send_problem(x, PROBLEM_INTERNAL, NULL);
	return send_body(x, MHD_HTTP_OK, &body);
}

/* The worker of the calling thread. */
static struct worker *my_worker(struct server *server)
{
	static _Thread_local unsigned int number; /* 0: not numbered yet */

	if (number == 0)
		number = atomic_fetch_add(&server->next_worker, 1) + 1;
	return &server->workers[(number - 1) % (unsigned int)server->worker_count];
}

/* Where a request stands between the calls of the access handler. */
struct progress {
	size_t content; /* bytes of content that came so far */
};

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
				  const char *upload_data, size_t *upload_data_size, void **request_cls)
{
	struct server *server = cls;
	struct progress *progress = *request_cls;
	struct exchange x = { .connection = connection, .path = origin_form(url), .method = method };
	enum MHD_Result result;

	(void)upload_data;
	/* The first call comes before the content: 0.9.75 would close the connection after an answer queued here. */
	if (progress == NULL) {
		*request_cls = calloc(1, sizeof *progress);
		return *request_cls != NULL ? MHD_YES : MHD_NO;
	}
	if (*upload_data_size > 0 && progress->content <= MAX_CONTENT) {
		progress->content += *upload_data_size;
		*upload_data_size = 0;
		return MHD_YES;
	}
	struct worker *worker = my_worker(server);
	pthread_mutex_lock(&worker->lock);
	x.kb = worker->kb;
	result = answer(&x, url, version, progress->content);
	pthread_mutex_unlock(&worker->lock);
	return result;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **request_cls, enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)connection;
	(void)code;
	free(*request_cls);
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
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, NULL },
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
