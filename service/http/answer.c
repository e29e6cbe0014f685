/* Answers one request: negotiation, the route's handler, problems, and the one place from which answers are sent. */
#include "service/http/answer.h"

#include "db/digest.h"
#include "db/gzip.h"
#include "service/http/route.h"
#include "service/http/uri.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	MAX_TARGET = 2048,      /* bytes of a request target's path, decoded */
	MAX_RESPONSE = 4 << 20, /* bytes of an answer */
	MIN_COMPRESSED = 512,   /* bytes: what is shorter fits into a packet anyway */
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

/* The header fields that say what the client wants; each NULL where it is not there. */
struct wishes {
	const char *accept, *accept_language, *accept_encoding, *if_none_match;
};

/* One request and what is answered. */
struct exchange {
	struct MHD_Connection *connection;
	const char *path;
	const struct answer_source *source;
	struct kb *kb; /* the source's */
	struct access_record *record;
	struct wishes wishes;
	const char *lang;
	struct negotiated_format format;
	bool gzip;
	const struct methods *allowed;
	bool no_store;
	unsigned int status; /* if there is no problem */
};

/* The bytes of an answer. */
struct body {
	char *data;
	size_t size;
	bool gzip; /* whether it is compressed */
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

enum { WISHES = 4 };

/* The fields that the client wishes by: each may have more than one line, but hardly ever has. */
struct wish_lines {
	struct {
		const char *name, *value;
		int lines;
	} fields[WISHES];
};

static enum MHD_Result add_wish(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct wish_lines *wishes = arg;

	(void)kind;
	if (*name != 'a' && *name != 'A' && *name != 'i' && *name != 'I')
		return MHD_YES;
	for (size_t i = 0; i < WISHES; i++) {
		if (strcasecmp(name, wishes->fields[i].name) != 0)
			continue;
		wishes->fields[i].value = value;
		wishes->fields[i].lines++;
		break;
	}
	return MHD_YES;
}

/* The fields that the client wishes by; what has several lines is joined in the buffers. */
static void read_wishes(struct exchange *x, char buffers[WISHES][API_MAX_FIELD])
{
	struct wish_lines lines = { { { .name = MHD_HTTP_HEADER_ACCEPT },
				      { .name = MHD_HTTP_HEADER_ACCEPT_LANGUAGE },
				      { .name = MHD_HTTP_HEADER_ACCEPT_ENCODING },
				      { .name = MHD_HTTP_HEADER_IF_NONE_MATCH } } };

	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, add_wish, &lines);
	for (int i = 0; i < WISHES; i++)
		if (lines.fields[i].lines > 1)
			lines.fields[i].value = list_field(x->connection, lines.fields[i].name, buffers[i]);
	x->wishes = (struct wishes){ lines.fields[0].value, lines.fields[1].value, lines.fields[2].value, lines.fields[3].value };
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
static void make_etag(char etag[CACHE_ETAG_SIZE], const struct exchange *x, const struct body *body)
{
	uint64_t hash = DIGEST_START;

	hash = digest(hash, x->format.type, strlen(x->format.type));
	hash = digest(hash, x->lang, strlen(x->lang));
	hash = digest(hash, body->data, body->size);
	snprintf(etag, CACHE_ETAG_SIZE, "\"%016" PRIx64 "\"", hash);
}

struct field {
	const char *name, *value;
};

/* The fields that every answer has; CORS is open for reads. */
static const struct field common_fields[] = {
	{ MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, "*" },
	{ "Access-Control-Expose-Headers", "ETag, Link, Content-Language, Retry-After" },
	{ MHD_HTTP_HEADER_VARY, "Accept, Accept-Language, Accept-Encoding" },
	{ MHD_HTTP_HEADER_LINK, "</openapi.json>; rel=\"service-desc\"" },
	{ "X-Content-Type-Options", "nosniff" },
};

static const char problem_json[] = "application/problem+json";

static const struct field no_store = { MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" };

/* Adds fields to a response; those with a NULL value are left out. False if memory ran out. */
static bool add_fields(struct MHD_Response *response, const struct field *fields, size_t count)
{
	for (size_t i = 0; i < sizeof common_fields / sizeof common_fields[0]; i++)
		if (MHD_add_response_header(response, common_fields[i].name, common_fields[i].value) != MHD_YES)
			return false;
	for (size_t i = 0; i < count; i++)
		if (fields[i].value != NULL && MHD_add_response_header(response, fields[i].name, fields[i].value) != MHD_YES)
			return false;
	return true;
}

/* A response without content. Content-Length tells the size, which is 0, or in a 304 that of the representation (RFC 9110 section 8.6). */
static struct MHD_Response *make_empty(size_t size, const struct field *fields, size_t count)
{
	static char not_sent[MAX_RESPONSE];
	struct MHD_Response *response = size <= sizeof not_sent ? MHD_create_response_from_buffer(size, not_sent, MHD_RESPMEM_PERSISTENT) : NULL;

	if (response != NULL && !add_fields(response, fields, count)) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

/* Queues a response, and notes in the record what the access log tells of it. */
static enum MHD_Result queue(const struct exchange *x, unsigned int status, struct MHD_Response *response, size_t size)
{
	if (response == NULL)
		return MHD_NO;
	if (x->record != NULL) {
		x->record->status = status;
		x->record->bytes = size;
		x->record->type = size == 0 ? NULL : status >= 400 && x->format.format == FORMAT_JSON ? problem_json : x->format.type;
		access_record_set(x->record->lang, sizeof x->record->lang, x->lang);
	}
	return MHD_queue_response(x->connection, status, response);
}

static enum MHD_Result queue_empty(const struct exchange *x, unsigned int status, const struct field *fields, size_t count)
{
	auto_response response = make_empty(0, fields, count);

	return queue(x, status, response, 0);
}

/* The answers that do not depend on what Vary does not name: on other header fields, on memory, on the moment. */
static const char *cache_control(const struct exchange *x, unsigned int status)
{
	return !x->no_store && (status == MHD_HTTP_OK || status == MHD_HTTP_NOT_FOUND) ? "public, max-age=3600" : "no-store";
}

/* Makes the answer of a representation, with its 304 if it has an entity-tag. Takes the body's data. False if memory ran out. */
static bool make_answer(const struct exchange *x, unsigned int status, bool problem, struct body *body, struct ready_answer *answer)
{
	char type[64];
	bool json = x->format.format == FORMAT_JSON, tagged = status == MHD_HTTP_OK && !x->no_store;

	*answer = (struct ready_answer){ .size = body->size, .gzip = body->gzip };
	if (tagged)
		make_etag(answer->etag, x, body);
	answer->full = MHD_create_response_from_buffer(body->size, body->data, MHD_RESPMEM_MUST_FREE);
	if (answer->full == NULL) {
		free(body->data);
		return false;
	}
	snprintf(type, sizeof type, "%s%s", problem && json ? problem_json : x->format.type, json ? "" : "; charset=utf-8");
	const struct field fields[] = {
		{ MHD_HTTP_HEADER_CONTENT_LANGUAGE, x->lang },
		{ MHD_HTTP_HEADER_CACHE_CONTROL, cache_control(x, status) },
		{ MHD_HTTP_HEADER_ETAG, tagged ? answer->etag : NULL },
		/* A 304 ends here. */
		{ MHD_HTTP_HEADER_CONTENT_TYPE, type },
		{ MHD_HTTP_HEADER_CONTENT_ENCODING, body->gzip ? "gzip" : NULL },
		{ MHD_HTTP_HEADER_ALLOW, status == MHD_HTTP_METHOD_NOT_ALLOWED ? x->allowed->field : NULL },
	};
	bool made = add_fields(answer->full, fields, sizeof fields / sizeof fields[0]);
	if (made && tagged)
		made = (answer->not_modified = make_empty(body->size, fields, 3)) != NULL;
	if (made)
		return true;
	ready_answer_free(answer);
	return false;
}

/* Sends an answer, or its 304 if the client has it. */
static enum MHD_Result send_ready(const struct exchange *x, unsigned int status, const struct ready_answer *answer)
{
	if (answer->not_modified != NULL && etag_matches(x->wishes.if_none_match, answer->etag))
		return queue(x, MHD_HTTP_NOT_MODIFIED, answer->not_modified, 0);
	if (x->record != NULL)
		x->record->gzip = answer->gzip;
	return queue(x, status, answer->full, answer->size);
}

/* Sends a representation that is not kept. Takes the body's data. */
static enum MHD_Result send_body(const struct exchange *x, unsigned int status, bool problem, struct body *body)
{
	struct ready_answer answer;

	if (!make_answer(x, status, problem, body, &answer))
		return MHD_NO;
	enum MHD_Result result = send_ready(x, status, &answer);
	ready_answer_free(&answer);
	return result;
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

static json_t *path_reference(const char *path)
{
	char reference[URI_ENCODED_MAX(MAX_TARGET + 1)];
	size_t size = uri_encode(path, reference, sizeof reference);

	return json_stringn(reference, size);
}

static int render(const struct exchange *x, const json_t *document, enum layout layout, struct body *body)
{
	struct memstream stream;
	int failed =
		x->format.format == FORMAT_TEXT ? render_text(document, layout, kb_labels(x->kb, x->lang), &stream) : render_json(document, &stream);

	if (failed == 0 && stream.size > MAX_RESPONSE) {
		free(stream.data);
		failed = -1;
	}
	*body = (struct body){ .data = stream.data, .size = stream.size };
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
	struct body body;

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

/* What holds until the client's wishes are settled, and in which a problem with them is told: JSON, and the language it asks
 * for as far as that exists. */
static void choose_defaults(struct exchange *x)
{
	const char *asked = query(x->connection, "lang");

	x->format = negotiate_format("json", NULL);
	x->lang = asked != NULL ? language_of_tag(asked, x->source->languages) : NULL;
	if (x->lang == NULL)
		x->lang = negotiate_language(x->wishes.accept_language, x->source->languages);
}

/* By ?format=, else by Accept; what a route has in one format only, a client gets in that or not at all. */
static enum problem settle_format(struct exchange *x, const struct route *route, json_t **members)
{
	const char *asked = query(x->connection, "format"), *accept = x->wishes.accept;
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
	const char *asked = query(x->connection, "lang");

	if (asked != NULL && language_of_tag(asked, x->source->languages) == NULL) {
		*members = json_pack("{s:s, s:o}", "value", asked, "languages", api_language_tags(x->kb));
		return PROBLEM_UNKNOWN_LANGUAGE;
	}
	if (has(route, ROUTE_ONE_LANGUAGE))
		x->lang = negotiate_language(NULL, x->source->languages);
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

/* Settles which representation of which resource the client gets, or what is wrong with what it asks for. */
static enum problem settle(struct exchange *x, const struct answer_request *asked, const struct route *route, json_t **members)
{
	enum problem problem = settle_format(x, route, members);

	/* A method that cannot be used here is refused in whatever format; some clients ask with one to find out. */
	if (route != NULL && !allows(route, asked->method)) {
		json_decref(*members);
		*members = json_pack("{s:s, s:o}", "method", asked->method, "allowed", api_strings(x->allowed->names));
		return PROBLEM_METHOD_NOT_ALLOWED;
	}
	if (problem == PROBLEM_NONE)
		problem = settle_language(x, route, members);
	if (problem == PROBLEM_NONE && route == NULL)
		problem = PROBLEM_NOT_FOUND;
	return problem;
}

/* ---- what is kept ready ---- */

/* The key of a representation: what negotiation decided, and of the request what the route reads. */
struct key {
	char bytes[CACHE_KEY_MAX];
	size_t size; /* more than CACHE_KEY_MAX: it did not fit */
};

/* Adds a text, or that there is none. */
static void key_add(struct key *key, const char *text)
{
	size_t size = text != NULL ? strlen(text) + 2 : 1;

	if (key->size + size > CACHE_KEY_MAX) {
		key->size = CACHE_KEY_MAX + 1;
		return;
	}
	key->bytes[key->size] = text != NULL ? '=' : '-';
	if (text != NULL)
		memcpy(key->bytes + key->size + 1, text, size - 1);
	key->size += size;
}

/* False if the answer is none that is kept. */
static bool make_key(const struct exchange *x, const struct route *route, char params[API_MAX_PARAMS][ROUTE_MAX_PARAM], struct key *key)
{
	if (x->no_store || has(route, ROUTE_NOT_KEPT))
		return false;
	key->size = 0;
	key_add(key, route->path);
	key_add(key, x->format.type);
	key_add(key, x->lang);
	key_add(key, x->gzip ? "gzip" : NULL);
	for (int i = 0; i < API_MAX_PARAMS; i++)
		key_add(key, params[i]);
	for (int i = 0; i < ROUTE_MAX_QUERY && route->query[i] != NULL; i++)
		key_add(key, query(x->connection, route->query[i]));
	return key->size <= CACHE_KEY_MAX;
}

/* Compresses a body if that is worth it. Where memory does not suffice it stays as it is. */
static void compress(struct body *body)
{
	size_t size;
	char *data = body->size >= MIN_COMPRESSED ? gzip_compress(body->data, body->size, &size) : NULL;

	if (data == NULL || size >= body->size) {
		free(data);
		return;
	}
	free(body->data);
	*body = (struct body){ .data = data, .size = size, .gzip = true };
}

/* Sends a representation and keeps it for those who come after. Takes the body's data. */
static enum MHD_Result send_and_keep(const struct exchange *x, const struct key *key, struct body *body)
{
	struct ready_answer answer;

	if (x->gzip && !body->gzip)
		compress(body);
	if (!make_answer(x, x->status, false, body, &answer))
		return MHD_NO;
	const struct ready_answer *kept = cache_put(x->source->cache, key->bytes, key->size, &answer);
	enum MHD_Result result = send_ready(x, x->status, kept != NULL ? kept : &answer);
	if (kept == NULL)
		ready_answer_free(&answer);
	return result;
}

/* ---- answers ---- */

/* The representation of what the handler left: a document, or JSON that is ready, which it takes. */
static int represent(const struct exchange *x, enum layout layout, const json_t *document, struct kb_ready *ready, struct body *body)
{
	if (ready->data == NULL)
		return render(x, document, layout, body);
	*body = (struct body){ ready->data, ready->size, ready->gzip };
	if (!ready->gzip || x->gzip)
		return 0;
	body->gzip = false;
	body->data = gzip_expand(ready->data, ready->size, MAX_RESPONSE, &body->size);
	free(ready->data);
	return body->data != NULL ? 0 : -1;
}

enum MHD_Result answer_request(const struct answer_source *source, struct MHD_Connection *connection, const struct answer_request *asked)
{
	struct exchange x = { .connection = connection,
			      .path = origin_form(asked->url),
			      .source = source,
			      .kb = source->kb,
			      .record = asked->record,
			      .allowed = &read_methods,
			      .status = MHD_HTTP_OK };
	char params[API_MAX_PARAMS][ROUTE_MAX_PARAM] = { "", "" }, buffers[WISHES][API_MAX_FIELD];
	const struct route *route = route_match(x.path, params);
	json_auto_t *document = NULL;
	const struct ready_answer *kept;
	struct key key;

	read_wishes(&x, buffers);
	choose_defaults(&x);
	x.gzip = negotiate_gzip(x.wishes.accept_encoding);
	x.no_store = has(route, ROUTE_NO_STORE | ROUTE_POST);
	x.allowed = has(route, ROUTE_POST) ? &post_methods : &read_methods;
	if (strlen(x.path) > MAX_TARGET)
		return send_problem(&x, PROBLEM_URI_TOO_LONG, json_pack("{s:i}", "limit", MAX_TARGET));
	if (strcmp(asked->method, MHD_HTTP_METHOD_OPTIONS) == 0 && (route != NULL || strcmp(x.path, "*") == 0))
		return send_options(&x);
	enum problem problem = settle(&x, asked, route, &document);
	if (problem != PROBLEM_NONE)
		return send_problem(&x, problem, json_incref(document));

	bool is_kept = make_key(&x, route, params, &key);
	if (is_kept && (kept = cache_get(source->cache, key.bytes, key.size)) != NULL) {
		if (x.record != NULL)
			x.record->cached = true;
		return send_ready(&x, x.status, kept);
	}
	struct kb_ready ready = { .data = NULL };
	const struct api_request request = {
		.kb = x.kb,
		.lang = x.lang,
		.params = { params[0], params[1] },
		.query = query,
		.field = list_field,
		.source = connection,
		.content = asked->content,
		.content_size = asked->content_size,
		.status = &x.status,
		.ready = x.format.format == FORMAT_JSON && is_kept ? &ready : NULL,
		.origins = asked->origins,
	};
	struct body body;
	problem = route->handler(&request, &document);
	if (problem != PROBLEM_NONE)
		return send_problem(&x, problem, json_incref(document));
	if (x.status == MHD_HTTP_ACCEPTED)
		return queue_empty(&x, x.status, &no_store, 1);
	if (represent(&x, route->layout, document, &ready, &body) != 0)
		return send_problem(&x, PROBLEM_INTERNAL, NULL);
	return is_kept ? send_and_keep(&x, &key, &body) : send_body(&x, x.status, false, &body);
}

enum MHD_Result answer_refusal(const struct answer_source *source, struct MHD_Connection *connection, const struct answer_request *asked,
			       enum problem problem, const char *fault)
{
	struct exchange x = { .connection = connection,
			      .path = origin_form(asked->url),
			      .source = source,
			      .kb = source->kb,
			      .record = asked->record,
			      .allowed = &read_methods };
	char buffers[WISHES][API_MAX_FIELD];

	read_wishes(&x, buffers);
	choose_defaults(&x);
	return send_problem(&x, problem,
			    fault != NULL ? json_pack("{s:s}", "reason", kb_label(kb_labels(x.kb, x.lang), "wire", fault))
					  : json_pack("{s:i}", "limit", ANSWER_MAX_CONTENT));
}
