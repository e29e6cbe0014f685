/* The service as its clients meet it: the real daemon, raw requests where the wire matters. */
#include "tests/harness.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

static struct daemon daemon_;
static int descriptors_at_start;

static int start_daemon(void **state)
{
	struct reply reply;

	(void)state;
	daemon_start(&daemon_, TEST_DB, "2");
	get(daemon_.port, "/livez", "", &reply);
	reply_free(&reply);
	descriptors_at_start = daemon_descriptors(&daemon_);
	return 0;
}

static int stop_daemon(void **state)
{
	char err[1024];
	int status;

	(void)state;
	status = daemon_stop(&daemon_, SIGTERM, err, sizeof err);
	if (err[0] != '\0')
		printf("standard error: %s\n", err);
	return status != 0 || err[0] != '\0';
}

/* Sends raw bytes on a connection of their own. */
static void raw(const char *request, size_t size, bool to_head, struct reply *reply)
{
	int fd = client_connect(daemon_.port);

	client_send(fd, request, size, to_head, reply);
	close(fd);
}

static void assert_field(const struct reply *reply, const char *name, const char *value)
{
	const char *got = reply_field(reply, name);

	if (value == NULL && got != NULL)
		fail_msg("there is a %s: %s", name, got);
	if (value != NULL && (got == NULL || strcmp(got, value) != 0))
		fail_msg("%s is %s, not %s", name, got != NULL ? got : "absent", value);
}

/* Requests and what comes back: status, language, media type. */
static void test_answers(void **state)
{
	static const struct {
		const char *target, *fields;
		int status;
		const char *lang, *type;
	} rows[] = {
		{ "/", "", 200, "en", "application/json" },
		{ "/codes", "", 200, "en", "application/json" },
		{ "/codes/486", "", 200, "en", "application/json" },
		{ "/codes/486?lang=id", "", 200, "id", "application/json" },
		{ "/codes/486?lang=zh-TW", "", 200, "zh", "application/json" },
		{ "/codes/486?lang=in", "", 200, "id", "application/json" },
		{ "/codes/486", "Accept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\n", 200, "zh", "application/json" },
		{ "/codes/486", "Accept-Language: fr\r\n", 200, "en", "application/json" },
		{ "/codes/486?lang=en", "Accept-Language: zh\r\n", 200, "en", "application/json" },
		{ "/codes/486?format=text", "", 200, "en", "text/plain; charset=utf-8" },
		{ "/codes/486", "Accept: text/plain\r\n", 200, "en", "text/plain; charset=utf-8" },
		{ "/codes/486", "Accept: text/markdown\r\n", 200, "en", "text/markdown; charset=utf-8" },
		{ "/codes/486?format=json", "Accept: text/plain\r\n", 200, "en", "application/json" },
		{ "/codes/%34%38%36", "", 200, "en", "application/json" },
		{ "http://localhost/codes/486", "", 200, "en", "application/json" },
		{ "/compare/486/600", "", 200, "en", "application/json" },
		{ "/classes", "", 200, "en", "application/json" },
		{ "/classes/4", "", 200, "en", "application/json" },
		{ "/glossary", "", 200, "en", "application/json" },
		{ "/glossary/proxy", "", 200, "en", "application/json" },
		{ "/problems", "", 200, "en", "application/json" },
		{ "/problems/not-found", "", 200, "en", "application/json" },
		{ "/openapi.json", "", 200, "en", "application/json" },
		{ "/openapi.json", "Accept: text/html, */*;q=0.1\r\n", 200, "en", "application/json" },
		{ "/livez", "", 200, "en", "application/json" },
		{ "/readyz", "", 200, "en", "application/json" },
		{ "/codes/abc", "", 400, "en", "application/problem+json" },
		{ "/codes/99", "", 400, "en", "application/problem+json" },
		{ "/codes/099", "", 400, "en", "application/problem+json" },
		{ "/codes/700", "", 400, "en", "application/problem+json" },
		{ "/codes/4860", "", 400, "en", "application/problem+json" },
		{ "/codes/48%00", "", 400, "en", "application/problem+json" },
		{ "/codes/486%00", "", 400, "en", "application/problem+json" },
		{ "/codes/-86", "", 400, "en", "application/problem+json" },
		{ "/codes/+86", "", 400, "en", "application/problem+json" },
		{ "/codes/%ff", "", 400, "en", "application/problem+json" },
		{ "/nothing/%e4%b8", "", 400, "en", "application/problem+json" },
		{ "/codes/486?lang=%ff", "", 400, "en", "application/problem+json" },
		{ "/codes?class=%ed%a0%80", "", 400, "en", "application/problem+json" },
		{ "/codes?%c0%af=1", "", 400, "en", "application/problem+json" },
		{ "/glossary/%E5%BF%99", "", 404, "en", "application/problem+json" },
		{ "/codes/486", "Accept: image/png\r\nAccept: text/plain\r\n", 200, "en", "text/plain; charset=utf-8" },
		{ "/codes/486", "Accept-Language: fr\r\nAccept-Language: zh\r\n", 200, "zh", "application/json" },
		{ "/codes/486?lang=fr&format=text", "", 400, "en", "text/plain; charset=utf-8" },
		{ "/codes/486?lang=id&format=pdf", "", 400, "id", "application/problem+json" },
		{ "/livez", "Accept: application/problem+json\r\n", 406, "en", "application/problem+json" },
		{ "/openapi.json?lang=id", "", 200, "en", "application/json" },
		{ "HTTP://localhost/codes/486", "", 200, "en", "application/json" },
		{ "/codes/499", "", 404, "en", "application/problem+json" },
		{ "/codes/499?lang=zh", "", 404, "zh", "application/problem+json" },
		{ "/codes/499", "Accept: text/plain\r\nAccept-Language: id\r\n", 404, "id", "text/plain; charset=utf-8" },
		{ "/codes/486?lang=fr", "", 400, "en", "application/problem+json" },
		{ "/codes/486?lang=", "", 400, "en", "application/problem+json" },
		{ "/codes/486?lang=fr", "Accept-Language: id\r\n", 400, "id", "application/problem+json" },
		{ "/codes/486?format=pdf", "", 400, "en", "application/problem+json" },
		{ "/codes/486", "Accept: image/png\r\n", 406, "en", "application/problem+json" },
		{ "/codes/486", "Accept: application/json;q=0, text/*;q=0\r\n", 406, "en", "application/problem+json" },
		{ "/openapi.json?format=text", "", 406, "en", "application/problem+json" },
		{ "/codes/503?vendor=session-manager", "", 200, "en", "application/json" },
		{ "/codes/499?vendor=session-manager", "", 404, "en", "application/problem+json" },
		{ "/codes?vendor=session-manager&class=5&lang=zh", "", 200, "zh", "application/json" },
		{ "/vendors/session-manager?code=499&lang=id", "", 200, "id", "application/json" },
		{ "/vendors/session-manager?code=0", "", 400, "en", "application/problem+json" },
		{ "/vendors/nobody", "", 404, "en", "application/problem+json" },
		{ "/scenarios?code=100&vendor=cucm", "", 200, "en", "application/json" },
		{ "/scenarios?code=1e2", "", 400, "en", "application/problem+json" },
		{ "/scenarios?vendor=", "", 400, "en", "application/problem+json" },
		{ "/causes/17?format=text&lang=zh", "", 200, "zh", "text/plain; charset=utf-8" },
		{ "/search?q=sibuk&lang=id", "", 200, "id", "application/json" },
		{ "/search?q=%22%29%20OR&format=text", "", 200, "en", "text/plain; charset=utf-8" },
		{ "/search?q=%e4%b8", "", 400, "en", "application/problem+json" },
		{ "/causes/017", "", 404, "en", "application/problem+json" },
		{ "/codes/486?vendor=nobody", "", 400, "en", "application/problem+json" },
		{ "/codes?class=4&status=registered&method=INVITE", "", 200, "en", "application/json" },
		{ "/codes?class=7", "", 400, "en", "application/problem+json" },
		{ "/codes?status=odd", "", 400, "en", "application/problem+json" },
		{ "/codes?method=ACK", "", 400, "en", "application/problem+json" },
		{ "/codes?method=invite", "", 400, "en", "application/problem+json" },
		{ "/compare/486/486", "", 400, "en", "application/problem+json" },
		{ "/compare/486/abc", "", 400, "en", "application/problem+json" },
		{ "/compare/486/499", "", 404, "en", "application/problem+json" },
		{ "/compare/499/486", "", 404, "en", "application/problem+json" },
		{ "/classes/7", "", 404, "en", "application/problem+json" },
		{ "/classes/44", "", 404, "en", "application/problem+json" },
		{ "/glossary/none", "", 404, "en", "application/problem+json" },
		{ "/glossary/%27%20OR%201=1%20--", "", 404, "en", "application/problem+json" },
		{ "/problems/none", "", 404, "en", "application/problem+json" },
		{ "/nothing", "", 404, "en", "application/problem+json" },
		{ "/codes/", "", 404, "en", "application/problem+json" },
		{ "/codes/486/", "", 404, "en", "application/problem+json" },
	};
	int fd = -1;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct reply reply;
		printf("%s %s\n", rows[i].target, rows[i].fields);
		get_on(&fd, daemon_.port, rows[i].target, rows[i].fields, &reply);
		assert_int_equal(reply.status, rows[i].status);
		assert_field(&reply, "Content-Language", rows[i].lang);
		assert_field(&reply, "Content-Type", rows[i].type);
		bool cacheable = (rows[i].status == 200 || rows[i].status == 404) && strcmp(rows[i].target, "/livez") != 0 &&
				 strcmp(rows[i].target, "/readyz") != 0;
		assert_field(&reply, "Cache-Control", cacheable ? "public, max-age=3600" : "no-store");
		assert_field(&reply, "Vary", "Accept, Accept-Language, Accept-Encoding");
		assert_field(&reply, "Access-Control-Allow-Origin", "*");
		assert_field(&reply, "Access-Control-Expose-Headers", "ETag, Link, Content-Language, Retry-After");
		assert_true(reply.size > 0);
		assert_int_equal(reply.body[reply.size - 1], '\n');
		reply_free(&reply);
	}
	close(fd);
}

/* What a client writes into a request comes back inside JSON or text, never as a header field. */
static void test_problems(void **state)
{
	static const struct {
		const char *target, *member, *value;
	} rows[] = {
		{ "/codes/499", "/type", "\"/problems/code-not-defined\"" },
		{ "/codes/499", "/status", "404" },
		{ "/codes/499", "/code", "499" },
		{ "/codes/499", "/treat_as", "400" },
		{ "/codes/499", "/instance", "\"/codes/499\"" },
		{ "/codes/a%20b%22", "/instance", "\"/codes/a%20b%22\"" },
		{ "/codes/%ff", "/instance", "\"/codes/%FF\"" },
		{ "/codes/198", "/treat_as", "183" },
		{ "/codes/299", "/treat_as", "200" },
		{ "/codes/399", "/treat_as", "300" },
		{ "/codes/599", "/treat_as", "500" },
		{ "/codes/698", "/treat_as", "600" },
		{ "/codes/abc", "/value", "\"abc\"" },
		{ "/codes/486?lang=fr", "/languages", "[\"en\",\"id\",\"zh\"]" },
		{ "/codes?class=9", "/parameter", "\"class\"" },
		{ "/codes?class=9", "/allowed", "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]" },
		{ "/compare/486/486", "/code", "486" },
		{ "/compare/486/499", "/code", "499" },
		{ "/codes/%3Cscript%3E", "/value", "\"<script>\"" },
		{ "/codes/%0d%0aX:%20y", "/type", "\"/problems/bad-request\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct reply reply;
		get(daemon_.port, rows[i].target, "", &reply);
		json_t *document = reply_json(&reply), *expected = json_loads(rows[i].value, JSON_DECODE_ANY, NULL);
		printf("%s %s\n", rows[i].target, rows[i].member);
		assert_true(json_equal(json_object_get(document, rows[i].member + 1), expected));
		static const char *const standard[] = { "type", "title", "status", "detail", "instance" };
		for (size_t k = 0; k < sizeof standard / sizeof standard[0]; k++)
			assert_non_null(json_object_get(document, standard[k]));
		assert_null(strchr(json_string_value(json_object_get(document, "detail")), '{'));
		json_decref(expected);
		json_decref(document);
		reply_free(&reply);
	}
}

static void test_nearest(void **state)
{
	struct reply reply;

	(void)state;
	get(daemon_.port, "/codes/499", "", &reply);
	json_t *document = reply_json(&reply);
	const json_t *nearest = json_object_get(document, "nearest");
	assert_int_equal(json_array_size(nearest), 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(json_integer_value(json_object_get(json_array_get(nearest, i), "code")) / 100, 4);
	json_decref(document);
	reply_free(&reply);
}

static void test_filters(void **state)
{
	static const struct {
		const char *query;
		int class;          /* that all items have; 0: any */
		const char *status; /* likewise */
		int has, lacks;     /* a code that is in, one that is not */
	} rows[] = {
		{ "", 0, NULL, 100, 499 },
		{ "?class=6", 6, NULL, 603, 486 },
		{ "?status=unregistered", 0, "unregistered", 478, 486 },
		{ "?status=deprecated", 0, "deprecated", 202, 200 },
		{ "?method=REGISTER", 0, NULL, 423, 486 },
		{ "?method=REGISTER", 0, NULL, 401, 180 },
		{ "?class=4&method=REFER&status=registered", 4, "registered", 404, 603 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct reply reply;
		char target[128];
		bool has = false;
		size_t k;
		const json_t *item;
		snprintf(target, sizeof target, "/codes%s", rows[i].query);
		printf("%s\n", target);
		get(daemon_.port, target, "", &reply);
		json_t *document = reply_json(&reply);
		const json_t *items = json_object_get(document, "items");
		assert_int_equal(json_integer_value(json_object_get(document, "total")), json_array_size(items));
		json_int_t last = 0;
		json_array_foreach (items, k, item) {
			json_int_t code = json_integer_value(json_object_get(item, "code"));
			assert_true(code > last);
			last = code;
			assert_true(code != rows[i].lacks);
			has |= code == rows[i].has;
			if (rows[i].class != 0)
				assert_int_equal(code / 100, rows[i].class);
			if (rows[i].status != NULL)
				assert_string_equal(json_string_value(json_object_get(item, "status")), rows[i].status);
		}
		assert_true(has);
		json_decref(document);
		reply_free(&reply);
	}
}

/* Every representation has a strong ETag of its own; If-None-Match turns a 200 into a 304 that keeps the fields. */
static void test_conditional(void **state)
{
	static const char *const targets[] = { "/codes/486", "/codes/486?lang=id", "/codes/486?format=text", "/codes/487", "/", "/openapi.json" };
	char seen[16][64];
	int fd = -1;

	(void)state;
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		struct reply reply, again;
		char fields[192];
		get_on(&fd, daemon_.port, targets[i], "", &reply);
		snprintf(seen[i], sizeof seen[i], "%.60s", reply_field(&reply, "ETag"));
		assert_int_equal(seen[i][0], '"');
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(seen[i], seen[k]);
		snprintf(fields, sizeof fields, "If-None-Match: \"other\", %.60s\r\n", seen[i]);
		get_on(&fd, daemon_.port, targets[i], fields, &again);
		assert_int_equal(again.status, 304);
		assert_int_equal(again.size, 0);
		char length[32];
		snprintf(length, sizeof length, "%zu", reply.size);
		if (reply_field(&again, "Content-Length") != NULL) /* if it is there, it is the representation's (RFC 9110 section 8.6) */
			assert_field(&again, "Content-Length", length);
		assert_field(&again, "ETag", seen[i]);
		assert_field(&again, "Cache-Control", "public, max-age=3600");
		assert_field(&again, "Vary", "Accept, Accept-Language, Accept-Encoding");
		reply_free(&again);
		get_on(&fd, daemon_.port, targets[i], "If-None-Match: \"other\"\r\n", &again);
		assert_int_equal(again.status, 200);
		assert_int_equal(again.size, reply.size);
		assert_memory_equal(again.body, reply.body, reply.size);
		reply_free(&again);
		reply_free(&reply);
	}
	struct reply reply;
	get_on(&fd, daemon_.port, "/codes/486", "If-None-Match: \"x\"\r\nIf-None-Match: *\r\n", &reply);
	assert_int_equal(reply.status, 304);
	reply_free(&reply);
	get_on(&fd, daemon_.port, "/codes/499", "If-None-Match: *\r\n", &reply);
	assert_int_equal(reply.status, 404);
	assert_field(&reply, "ETag", NULL);
	reply_free(&reply);
	get_on(&fd, daemon_.port, "/livez", "If-None-Match: *\r\n", &reply);
	assert_int_equal(reply.status, 200);
	assert_field(&reply, "Cache-Control", "no-store");
	reply_free(&reply);
	close(fd);
}

/* A HEAD is a GET without its body; other methods are refused with Allow; OPTIONS tells. On one connection, so that a wrong
 * body length would show. */
static void test_methods(void **state)
{
	static const char *const targets[] = { "/", "/codes", "/codes/486", "/codes/499", "/codes/abc", "/compare/486/600", "/openapi.json" };
	static const char *const refused[] = { "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND" };
	char request[256];
	struct reply reply, head;
	int fd = client_connect(daemon_.port);

	(void)state;
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		int n = snprintf(request, sizeof request, "HEAD %s HTTP/1.1\r\nHost: a\r\n\r\n", targets[i]);
		printf("HEAD %s\n", targets[i]);
		client_send(fd, request, (size_t)n, true, &head);
		get_on(&fd, daemon_.port, targets[i], "", &reply);
		assert_int_equal(head.status, reply.status);
		char length[32];
		snprintf(length, sizeof length, "%zu", reply.size);
		assert_field(&head, "Content-Length", length);
		if (reply_field(&reply, "ETag") != NULL) {
			char etag[64];
			snprintf(etag, sizeof etag, "%s", reply_field(&reply, "ETag"));
			assert_field(&head, "ETag", etag);
		}
		reply_free(&head);
		reply_free(&reply);

		n = snprintf(request, sizeof request,
			     "OPTIONS %s HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nAccess-Control-Request-Method: GET\r\n\r\n", targets[i]);
		client_send(fd, request, (size_t)n, false, &reply);
		assert_int_equal(reply.status, 204);
		assert_field(&reply, "Allow", "GET, HEAD, OPTIONS");
		assert_field(&reply, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
		assert_field(&reply, "Access-Control-Allow-Origin", "*");
		reply_free(&reply);

		for (size_t k = 0; k < sizeof refused / sizeof refused[0]; k++) {
			n = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", refused[k], targets[i]);
			printf("%s %s\n", refused[k], targets[i]);
			client_send(fd, request, (size_t)n, false, &reply);
			assert_int_equal(reply.status, 405);
			assert_field(&reply, "Allow", "GET, HEAD, OPTIONS");
			assert_field(&reply, "Content-Type", "application/problem+json");
			reply_free(&reply);
		}
	}
	static const char star[] = "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n";
	client_send(fd, star, sizeof star - 1, false, &reply);
	assert_int_equal(reply.status, 204);
	reply_free(&reply);
	static const char nowhere[] = "OPTIONS /nothing HTTP/1.1\r\nHost: a\r\n\r\n";
	client_send(fd, nowhere, sizeof nowhere - 1, false, &reply);
	assert_int_equal(reply.status, 404);
	reply_free(&reply);
	close(fd);
}

#define REQUEST(text) text, sizeof text - 1

/* What libmicrohttpd lets through and HTTP does not allow. */
static void test_wire(void **state)
{
	static const struct {
		const char *request;
		size_t size;
		int status;
	} rows[] = {
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\n\r\n"), 200 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a:8080\r\n\r\n"), 200 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"), 200 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nX-Empty:\r\n\r\n"), 200 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nX-Empty:\r\nHost: a\r\n\r\n"), 200 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nX: tab\there\r\n\r\n"), 200 },
		{ REQUEST("GET /codes/486 HTTP/1.0\r\n\r\n"), 200 },
		{ REQUEST("GET /codes/486 HTTP/1.0\r\nHost: a\r\n\r\n"), 200 },
		{ REQUEST("\r\nGET /codes/486 HTTP/1.1\r\nHost: a\r\n\r\n"), 200 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nX: a\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost:\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a b\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a,b\r\n\r\n"), 200 }, /* a comma is a sub-delim */
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nX: b\x7f\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/4\x01"
			  "86 HTTP/1.1\r\nHost: a\r\n\r\n"),
		  400 },
		{ REQUEST("GET /codes/%0186 HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\nHost: a\n\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\nHost: a\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\n\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\n\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nX: b\nHost: a\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.0\n\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nX: b\r\n folded\r\nHost: a\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\nY: 2\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nX:\r\n 2\r\nY: 2\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nX:\r\n\t\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/4\xff"
			  "86 HTTP/1.1\r\nHost: a\r\n\r\n"),
		  400 },
		{ REQUEST("G\xffT /codes/486 HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
		{ REQUEST("G(T /codes/486 HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
		{ REQUEST("POST /codes/486 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"), 400 },
		{ REQUEST("POST /codes/486 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 400 },
		{ REQUEST("POST /codes/486 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"), 400 },
		{ REQUEST("POST /codes/486 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), 405 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nX(y): b\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/486 HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n"), 400 },
		{ REQUEST("GET /codes/ 486 HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
		{ REQUEST("POST /codes/486 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct reply reply;
		printf("%.*s\n", (int)rows[i].size, rows[i].request);
		raw(rows[i].request, rows[i].size, false, &reply);
		assert_false(reply.closed);
		assert_int_equal(reply.status, rows[i].status);
		reply_free(&reply);
	}
}

/* Where a request ends that was refused is in doubt: what follows it on the connection is not taken for another one. */
static void test_a_refusal_closes(void **state)
{
	static const char *const heads[] = {
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
		"GET / HTTP/1.1\nHost: a\n\n",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
	};
	char all[16384];

	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		char request[512];
		size_t n = 0;
		ssize_t got;
		int size = snprintf(request, sizeof request, "%sGET /livez HTTP/1.1\r\nHost: a\r\n\r\n", heads[i]);
		int fd = client_connect(daemon_.port);
		printf("%s\n", heads[i]);
		assert_int_equal(write(fd, request, (size_t)size), size);
		while (n + 1 < sizeof all && (got = read(fd, all + n, sizeof all - 1 - n)) > 0)
			n += (size_t)got;
		all[n] = '\0';
		assert_int_equal(strncmp(all, "HTTP/1.1 400 ", 13), 0);
		assert_null(strstr(all, "\"status\":\"ok\""));
		close(fd);
	}
}

static void test_limits(void **state)
{
	static char request[4 << 20];
	struct reply reply;
	int n;

	(void)state;
	n = snprintf(request, sizeof request, "GET /%03000d HTTP/1.1\r\nHost: a\r\n\r\n", 0);
	raw(request, (size_t)n, false, &reply);
	assert_int_equal(reply.status, 414);
	reply_free(&reply);

	n = snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: a\r\nX: %040000d\r\n\r\n", 0);
	raw(request, (size_t)n, false, &reply);
	assert_int_equal(reply.status, 431);
	reply_free(&reply);

	/* announced: refused before it is sent */
	n = snprintf(request, sizeof request, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", (16 << 20) + 1);
	raw(request, (size_t)n, false, &reply);
	assert_int_equal(reply.status, 413);
	assert_field(&reply, "Content-Type", "application/problem+json");
	reply_free(&reply);
	n = snprintf(request, sizeof request, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n");
	raw(request, (size_t)n, false, &reply);
	assert_int_equal(reply.status, 413);
	reply_free(&reply);
	n = snprintf(request, sizeof request, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", 1 << 20);
	memset(request + n, 'x', 1 << 20);
	raw(request, (size_t)n + (1 << 20), false, &reply);
	assert_int_equal(reply.status, 405);
	reply_free(&reply);

	/* in chunks: known only at its end */
	n = snprintf(request, sizeof request, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", 2 << 20);
	memset(request + n, 'x', 2 << 20);
	memcpy(request + n + (2 << 20), "\r\n0\r\n\r\n", 7);
	raw(request, (size_t)n + (2 << 20) + 7, false, &reply);
	assert_int_equal(reply.status, 413);
	reply_free(&reply);
}

/* Several requests at once on one connection are answered in their order. */
static void test_keep_alive_and_pipelining(void **state)
{
	static const char pipeline[] = "GET /codes/180 HTTP/1.1\r\nHost: a\r\n\r\n"
				       "GET /codes/183 HTTP/1.1\r\nHost: a\r\n\r\n"
				       "GET /codes/200 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	char all[65536];
	size_t n = 0;
	ssize_t got;
	int fd = client_connect(daemon_.port);

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct reply reply;
		get_on(&fd, daemon_.port, "/codes/486", "", &reply);
		assert_int_equal(reply.status, 200);
		reply_free(&reply);
	}
	assert_int_equal(write(fd, pipeline, sizeof pipeline - 1), sizeof pipeline - 1);
	while (n + 1 < sizeof all && (got = read(fd, all + n, sizeof all - 1 - n)) > 0)
		n += (size_t)got;
	all[n] = '\0';
	const char *first = strstr(all, "\"code\":180"), *second = strstr(all, "\"code\":183,\"phrase\""),
		   *third = strstr(all, "\"code\":200,\"phrase\":\"OK\",\"title\"");
	assert_non_null(first);
	assert_non_null(second);
	assert_non_null(third);
	assert_true(first < second && second < third);
	close(fd);
}

enum { CLIENTS = 8, ROUNDS = 200 };

static void *client(void *arg)
{
	static const char *const targets[] = { "/codes/486?lang=en", "/codes/486?lang=id", "/compare/180/183?lang=zh", "/codes?class=5",
					       "/codes/499" };
	static const int statuses[] = { 200, 200, 200, 200, 404 };
	static const char *const has[] = { "\"code\":486", "\"lang\":\"id\"", "\"a\":{\"code\":180", "\"code\":503", "\"treat_as\":400" };
	int fd = -1;
	long wrong = 0;

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		struct reply reply;
		size_t k = (size_t)i % 5;
		get_on(&fd, daemon_.port, targets[k], "", &reply);
		wrong += reply.status != statuses[k] || strstr(reply.body, has[k]) == NULL;
		reply_free(&reply);
	}
	close(fd);
	return (void *)wrong;
}

static void test_many_clients(void **state)
{
	pthread_t threads[CLIENTS];
	void *wrong;

	(void)state;
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, client, NULL), 0);
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
}

/* After everything above, the daemon has no more open than at its start, as soon as it has seen its clients go. */
static void test_no_descriptor_leaks(void **state)
{
	(void)state;
	for (int i = 0; i < 200 && daemon_descriptors(&daemon_) > descriptors_at_start; i++)
		usleep(10000);
	printf("%d descriptors now, %d at the start\n", daemon_descriptors(&daemon_), descriptors_at_start);
	assert_true(daemon_descriptors(&daemon_) <= descriptors_at_start);
}

/* ---- the program around it ---- */

/* A knowledge base that lacks what it should have: the service says that it cannot answer, and logs it. */
static void test_a_failed_knowledge_base(void **state)
{
	struct daemon daemon;
	struct reply reply;
	char folder[64], path[128], err[4096];
	size_t size;
	char *data = read_whole(TEST_DB, &size);
	sqlite3 *file;

	(void)state;
	temporary_folder(folder);
	snprintf(path, sizeof path, "%s/kb.db", folder);
	write_whole(path, data, size);
	free(data);
	assert_int_equal(sqlite3_open(path, &file), SQLITE_OK);
	assert_int_equal(sqlite3_exec(file, "UPDATE ready SET body = x'00'; DELETE FROM item", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(file);
	daemon_start(&daemon, path, "1");
	get(daemon.port, "/readyz?lang=id", "", &reply);
	assert_int_equal(reply.status, 503);
	assert_field(&reply, "Content-Type", "application/problem+json");
	assert_field(&reply, "Content-Language", "id");
	assert_field(&reply, "Cache-Control", "no-store");
	reply_free(&reply);
	static const char *const targets[] = { "/codes/486", "/codes/486?format=text" };
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		get(daemon.port, targets[i], "", &reply);
		assert_int_equal(reply.status, 500);
		assert_field(&reply, "Cache-Control", "no-store");
		reply_free(&reply);
	}
	get(daemon.port, "/livez", "", &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
	assert_int_equal(daemon_stop(&daemon, SIGTERM, err, sizeof err), 0);
	assert_non_null(strstr(err, "the knowledge base cannot answer: "));
	remove_folder(folder);
}

static void test_port_in_use(void **state)
{
	struct outcome outcome;
	char listen[32];

	(void)state;
	snprintf(listen, sizeof listen, "127.0.0.1:%d", daemon_.port);
	run_sipcodes(&outcome, (const char *const[]){ "serve", "--listen", listen, "--db", TEST_DB, NULL });
	assert_int_equal(outcome.status, 1);
	assert_non_null(strstr(outcome.err, "cannot listen on 127.0.0.1:"));
	assert_non_null(strstr(outcome.err, "Address already in use"));
}

static void test_command_line(void **state)
{
	static const struct {
		const char *arguments[6];
		int status;
		const char *out, *err;
	} rows[] = {
		{ { "--help" }, 0, "Usage: sipcodes serve", "" },
		{ { "--version" }, 0, "sipcodes 0.", "" },
		{ { NULL }, 2, "", "what shall it do?" },
		{ { "dance" }, 2, "", "there is no command dance" },
		{ { "--dance" }, 2, "", "unrecognized option" },
		{ { "serve", "--threads", "0" }, 2, "", "--threads takes a number from 1 to 64, not 0" },
		{ { "serve", "--threads", "two" }, 2, "", "not two" },
		{ { "serve", "--threads", "65" }, 2, "", "not 65" },
		{ { "serve", "extra" }, 2, "", "serve takes no argument extra" },
		{ { "serve", "--db", TEST_DB, "--listen", "here" }, 1, "", "\"here\" is not ADDR:PORT" },
		{ { "serve", "--db", TEST_DB, "--listen", ":8080" }, 1, "", "is not ADDR:PORT" },
		{ { "serve", "--db", TEST_DB, "--listen", "127.0.0.1:" }, 1, "", "is not ADDR:PORT" },
		{ { "serve", "--db", TEST_DB, "--listen", "127.0.0.1:99999" }, 1, "", "is not ADDR:PORT" },
		{ { "serve", "--db", TEST_DB, "--listen", "192.0.2.1:0" }, 1, "", "Cannot assign requested address" },
		{ { "check" }, 2, "", "check needs a folder" },
		{ { "import" }, 2, "", "import needs a folder" },
		{ { "check", "/nonexistent" }, 1, "", "/nonexistent: No such file or directory" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct outcome outcome;
		run_sipcodes(&outcome, rows[i].arguments);
		printf("%zu: %s %s\n", i, outcome.out, outcome.err);
		assert_int_equal(outcome.status, rows[i].status);
		assert_non_null(strstr(outcome.out, rows[i].out));
		assert_non_null(strstr(outcome.err, rows[i].err));
	}
}

static void test_environment(void **state)
{
	struct outcome outcome;

	(void)state;
	setenv("SIPCODES_THREADS", "many", 1);
	run_sipcodes(&outcome, (const char *const[]){ "serve", NULL });
	assert_non_null(strstr(outcome.err, "not many"));
	unsetenv("SIPCODES_THREADS");
	setenv("SIPCODES_LISTEN", "nowhere", 1);
	setenv("SIPCODES_DB", TEST_DB, 1);
	run_sipcodes(&outcome, (const char *const[]){ "serve", NULL });
	assert_non_null(strstr(outcome.err, "\"nowhere\" is not ADDR:PORT"));
	unsetenv("SIPCODES_LISTEN");
	setenv("SIPCODES_DB", "/nonexistent.db", 1);
	run_sipcodes(&outcome, (const char *const[]){ "serve", NULL });
	assert_non_null(strstr(outcome.err, "/nonexistent.db: unable to open"));
	unsetenv("SIPCODES_DB");
}

/* SIGINT stops as SIGTERM does, also while clients are connected. */
static void test_signals(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM };
	struct daemon daemon;
	struct reply reply;
	char err[256];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		daemon_start(&daemon, TEST_DB, "1");
		int fd = -1;
		get_on(&fd, daemon.port, "/livez", "", &reply);
		assert_int_equal(reply.status, 200);
		reply_free(&reply);
		assert_int_equal(daemon_stop(&daemon, signals[i], err, sizeof err), 0);
		assert_string_equal(err, "");
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_conditional),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_wire),
		cmocka_unit_test(test_a_refusal_closes),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_a_failed_knowledge_base),
		cmocka_unit_test(test_keep_alive_and_pipelining),
		cmocka_unit_test(test_many_clients),
		cmocka_unit_test(test_no_descriptor_leaks),
		cmocka_unit_test(test_port_in_use),
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_signals),
	};

	return cmocka_run_group_tests(tests, start_daemon, stop_daemon);
}
