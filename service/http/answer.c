/* Answers one request: negotiation, the route's handler, problems, and the one place from which answers are sent. */
#include "service/http/answer.h"

#include "db/digest.h"
#include "service/http/negotiate.h"
#include "service/http/route.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	MAX_TARGET = 2048,      /* bytes of a request target's path, decoded */
	MAX_RESPONSE = 4 << 20, /* bytes of an answer */
	ETAG_SIZE = 24,         /* two quotes, 16 digits, NUL */
};

/* What a route allows; what is no route, as one that is read. */
struct methods {
	const char *const *names;
	const char *field;
};

static const char *const read_names[] = { "GET", "HEAD", "OPTIONS", NULL };
static const char *const post_names[] = { "POST", "OPTIONS", NULL };
static const struct methods read_methods = { read_names, "GET, HEAD, OPTIONS" };
static const struct methods post_methods = { post_names, "POST, OPTIONS" };

/* One request and what is answered. */
struct exchange {
	struct MHD_Connection *connection;
	const char *path;
	struct kb *kb;
	const char *lang;
	const json_t *labels;
	struct negotiated_format format;
	const struct methods *allowed;
	bool no_store;
	unsigned int status; /* if there is no problem */
};

/* ---- what the client says ---- */

struct field_lines {
	const char *name;
	char *value; /* API_MAX_FIELD bytes */
	size_t size;
};

static enum MHD_Result add_line(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct field_lines *lines = arg;
	size_t size = value != NULL ? strlen(value) : 0;

	(void)kind;
	if (strcasecmp(name, lines->name) != 0)
		return MHD_YES;
	/* libmicrohttpd leaves the blanks after a value, which are no part of it (RFC 9110 section 5.5). */
	while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
		size--;
	if (size > 0 && lines->size + size + 3 <= API_MAX_FIELD)
		lines->size += (size_t)snprintf(lines->value + lines->size, API_MAX_FIELD - lines->size, "%s%.*s", lines->size > 0 ? ", " : "",
						(int)size, value);
	return MHD_YES;
}

/* A header field whose value may be a list: its lines joined (RFC 9110 section 5.3), in the buffer. NULL: there is none. Lines
 * that do not fit are left out. */
static const char *list_field(const void *source, const char *name, char buffer[API_MAX_FIELD])
{
	struct field_lines lines = { .name = name, .value = buffer };

	MHD_get_connection_values((struct MHD_Connection *)source, MHD_HEADER_KIND, add_line, &lines);
	return lines.size > 0 ? buffer : NULL;
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

/* A strong entity-tag: a digest of what tells representations apart. */
static void make_etag(char etag[ETAG_SIZE], const struct exchange *x, const struct memstream *body)
{
	uint64_t hash = DIGEST_START;

	hash = digest(hash, x->format.type, strlen(x->format.type));
	hash = digest(hash, x->lang, strlen(x->lang));
	hash = digest(hash, body->data, body->size);
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

static const struct field no_store = { MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" };

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

static enum MHD_Result queue_empty(const struct exchange *x, unsigned int status, const struct field *fields, size_t count)
{
	static char nothing[] = "";
	auto_response response = MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);

	return response != NULL ? queue(x, status, response, fields, count) : MHD_NO;
}

/* The answers that do not depend on what Vary does not name: on other header fields, on memory, on the moment. */
static const char *cache_control(const struct exchange *x, unsigned int status)
{
	return !x->no_store && (status == MHD_HTTP_OK || status == MHD_HTTP_NOT_MODIFIED || status == MHD_HTTP_NOT_FOUND) ? "public, max-age=3600"
															  : "no-store";
}

/* Sends a representation, or 304 if the client has it. Takes the body's data. */
static enum MHD_Result send_body(const struct exchange *x, unsigned int status, bool problem, struct memstream *body)
{
	char etag[ETAG_SIZE], type[64], if_none_match[API_MAX_FIELD];
	bool json = x->format.format == FORMAT_JSON, tagged = status == MHD_HTTP_OK && !x->no_store;

	make_etag(etag, x, body);
	if (tagged && etag_matches(list_field(x->connection, MHD_HTTP_HEADER_IF_NONE_MATCH, if_none_match), etag))
		status = MHD_HTTP_NOT_MODIFIED;
	auto_response response = MHD_create_response_from_buffer(body->size, body->data, MHD_RESPMEM_MUST_FREE);
	if (response == NULL) {
		free(body->data);
		return MHD_NO;
	}
	snprintf(type, sizeof type, "%s%s", problem && json ? "application/problem+json" : x->format.type, json ? "" : "; charset=utf-8");
	const struct field fields[] = {
		{ MHD_HTTP_HEADER_CONTENT_TYPE, status == MHD_HTTP_NOT_MODIFIED ? NULL : type },
		{ MHD_HTTP_HEADER_CONTENT_LANGUAGE, x->lang },
		{ MHD_HTTP_HEADER_CACHE_CONTROL, cache_control(x, status) },
		{ MHD_HTTP_HEADER_ETAG, tagged ? etag : NULL },
		{ MHD_HTTP_HEADER_ALLOW, status == MHD_HTTP_METHOD_NOT_ALLOWED ? x->allowed->field : NULL },
	};
	return queue(x, status, response, fields, sizeof fields / sizeof fields[0]);
}

/* The answer to OPTIONS: what can be done here, for CORS too. */
static enum MHD_Result send_options(const struct exchange *x)
{
	const struct field fields[] = {
		{ MHD_HTTP_HEADER_ALLOW, x->allowed->field },
		{ "Access-Control-Allow-Methods", x->allowed->field },
		{ "Access-Control-Allow-Headers",
		  "Accept, Accept-Language, Content-Type, If-None-Match, MCP-Protocol-Version, Mcp-Method, Mcp-Name" },
		{ "Access-Control-Max-Age", "86400" },
	};

	return queue_empty(x, MHD_HTTP_NO_CONTENT, fields, sizeof fields / sizeof fields[0]);
}

/* ---- problems ---- */

/* The path as a URI reference again: what may not stand in one is percent-encoded (RFC 3986 section 2.1). */
static json_t *path_reference(const char *path)
{
	static const char plain[] = "/-._~!$&'()*+,;=:@0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	char reference[3 * MAX_TARGET + 1];
	size_t n = 0;

	for (const char *s = path; *s != '\0' && s < path + MAX_TARGET; s++) {
		if (strchr(plain, *s) != NULL)
			reference[n++] = *s;
		else
			n += (size_t)snprintf(reference + n, sizeof reference - n, "%%%02X", (unsigned char)*s);
	}
	return json_stringn(reference, n);
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

/* Sends a problem; if memory does not suffice even for that, its bare status, or 500 if that would blame the client. Takes
 * members, which may be NULL. */
static enum MHD_Result send_problem(const struct exchange *x, enum problem problem, json_t *members)
{
	const unsigned int status = problem_kinds[problem].status;
	json_auto_t *own = members;
	const struct api_request request = { .kb = x->kb, .lang = x->lang };
	json_t *instance = path_reference(x->path);
	json_auto_t *document = instance != NULL ? api_problem_document(&request, problem, own, instance) : NULL;
	struct memstream body;

	if (status >= 500)
		fprintf(stderr, "sipcodes: the knowledge base cannot answer: %s\n", kb_error(x->kb));
	if (document == NULL || render(x, document, LAYOUT_PROBLEM, &body) != 0)
		return queue_empty(x, status >= 500 ? status : MHD_HTTP_INTERNAL_SERVER_ERROR, &no_store, 1);
	return send_body(x, status, true, &body);
}

/* ---- negotiation ---- */

static bool has(const struct route *route, unsigned int flag)
{
	return route != NULL && (route->flags & flag) != 0;
}

static void choose_language(struct exchange *x, const char *lang)
{
	x->lang = lang;
	x->labels = kb_labels(x->kb, lang);
}

/* What holds until the client's wishes are settled, and in which a problem with them is told: JSON, and the language it asks
 * for as far as that exists. */
static void choose_defaults(struct exchange *x)
{
	const json_t *languages = kb_languages(x->kb);
	const char *asked = query(x->connection, "lang"), *lang = asked != NULL ? language_of_tag(asked, languages) : NULL;
	char accept[API_MAX_FIELD];

	x->format = negotiate_format("json", NULL);
	if (lang == NULL)
		lang = negotiate_language(list_field(x->connection, MHD_HTTP_HEADER_ACCEPT_LANGUAGE, accept), languages);
	choose_language(x, lang);
}

/* By ?format=, else by Accept; what a route has in one format only, a client gets in that or not at all. */
static enum problem settle_format(struct exchange *x, const struct route *route, json_t **members)
{
	char buffer[API_MAX_FIELD];
	const char *asked = query(x->connection, "format"), *accept = list_field(x->connection, MHD_HTTP_HEADER_ACCEPT, buffer);
	struct negotiated_format format = negotiate_format(asked, accept);
	const char *only = has(route, ROUTE_JSON_ONLY) ? "json" : has(route, ROUTE_TEXT_ONLY) ? "text" : NULL;
	const char *const only_names[] = { only, NULL };

	if (asked != NULL && format.format == FORMAT_NONE)
		return api_invalid_parameter("format", asked, api_strings(format_names), members);
	if (only != NULL) {
		struct negotiated_format alone = negotiate_format(only, NULL);
		if (asked == NULL && accept_weight(accept, alone.type) > 0)
			format = alone;
		if (format.format != alone.format)
			format.format = FORMAT_NONE;
	}
	if (format.format == FORMAT_NONE) {
		*members = json_pack("{s:o}", "formats", api_strings(only != NULL ? only_names : format_names));
		return PROBLEM_NOT_ACCEPTABLE;
	}
	x->format = format;
	return PROBLEM_NONE;
}

/* The language was chosen with the defaults; here ?lang= is refused if it means none, and what is in one language only
 * gets the default one. */
static enum problem settle_language(struct exchange *x, const struct route *route, json_t **members)
{
	const json_t *languages = kb_languages(x->kb);
	const char *asked = query(x->connection, "lang");

	if (asked != NULL && language_of_tag(asked, languages) == NULL) {
		*members = json_pack("{s:s, s:o}", "value", asked, "languages", api_language_tags(x->kb));
		return PROBLEM_UNKNOWN_LANGUAGE;
	}
	if (has(route, ROUTE_ONE_LANGUAGE))
		choose_language(x, negotiate_language(NULL, languages));
	return PROBLEM_NONE;
}

/* ---- requests ---- */

/* The path of a request target in absolute form (RFC 9112 section 3.2.2) is what follows the authority. */
static const char *origin_form(const char *target)
{
	if (strncasecmp(target, "http://", 7) != 0 && strncasecmp(target, "https://", 8) != 0)
		return target;
	target = strchr(target, ':') + 3;
	target += strcspn(target, "/");
	return *target != '\0' ? target : "/";
}

static bool allows(const struct route *route, const char *method)
{
	if (has(route, ROUTE_POST))
		return strcmp(method, MHD_HTTP_METHOD_POST) == 0;
	return strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
}

/* Asks the route's handler, and leaves the document or the members of the problem in *out. */
static enum problem handle(struct exchange *x, const struct answer_request *asked, const struct route *route,
			   char params[API_MAX_PARAMS][ROUTE_MAX_PARAM], json_t **out)
{
	enum problem problem = settle_format(x, route, out);

	/* A method that cannot be used here is refused in whatever format; some clients ask with one to find out. */
	if (route != NULL && !allows(route, asked->method)) {
		json_decref(*out);
		*out = json_pack("{s:s, s:o}", "method", asked->method, "allowed", api_strings(x->allowed->names));
		return PROBLEM_METHOD_NOT_ALLOWED;
	}
	if (problem == PROBLEM_NONE)
		problem = settle_language(x, route, out);
	if (problem != PROBLEM_NONE)
		return problem;
	if (route == NULL)
		return PROBLEM_NOT_FOUND;
	const struct api_request request = {
		.kb = x->kb,
		.lang = x->lang,
		.params = { params[0], params[1] },
		.query = query,
		.field = list_field,
		.source = x->connection,
		.content = asked->content,
		.content_size = asked->content_size,
		.status = &x->status,
		.origins = asked->origins,
	};
	return route->handler(&request, out);
}

enum MHD_Result answer_request(struct kb *kb, struct MHD_Connection *connection, const struct answer_request *asked)
{
	struct exchange x = { .connection = connection, .path = origin_form(asked->url), .kb = kb, .allowed = &read_methods, .status = MHD_HTTP_OK };
	char params[API_MAX_PARAMS][ROUTE_MAX_PARAM] = { "", "" };
	const struct route *route = route_match(x.path, params);
	json_auto_t *document = NULL;
	struct memstream body;

	choose_defaults(&x);
	x.no_store = has(route, ROUTE_NO_STORE | ROUTE_POST);
	x.allowed = has(route, ROUTE_POST) ? &post_methods : &read_methods;
	if (strlen(x.path) > MAX_TARGET)
		return send_problem(&x, PROBLEM_URI_TOO_LONG, json_pack("{s:i}", "limit", MAX_TARGET));
	if (strcmp(asked->method, MHD_HTTP_METHOD_OPTIONS) == 0 && (route != NULL || strcmp(x.path, "*") == 0))
		return send_options(&x);
	enum problem problem = handle(&x, asked, route, params, &document);
	if (problem != PROBLEM_NONE)
		return send_problem(&x, problem, json_incref(document));
	if (x.status == MHD_HTTP_ACCEPTED)
		return queue_empty(&x, x.status, &no_store, 1);
	if (render(&x, document, route->layout, &body) != 0)
		return send_problem(&x, PROBLEM_INTERNAL, NULL);
	return send_body(&x, x.status, false, &body);
}

enum MHD_Result answer_refusal(struct kb *kb, struct MHD_Connection *connection, const char *url, enum problem problem, const char *fault)
{
	struct exchange x = { .connection = connection, .path = origin_form(url), .kb = kb, .allowed = &read_methods };

	choose_defaults(&x);
	return send_problem(&x, problem,
			    fault != NULL ? json_pack("{s:s}", "reason", kb_label(x.labels, "wire", fault))
					  : json_pack("{s:i}", "limit", ANSWER_MAX_CONTENT));
}
