/* The server and openapi/openapi.json say the same: operations and routes, every example, every reply. */
#include "tests/harness.h"

#include "db/schema.h"
#include "service/http/route.h"

#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct daemon daemon_;
static json_t *openapi;
static json_t *hit; /* operationId -> number of 200 seen */

static int start(void **state)
{
	(void)state;
	openapi = json_load_file("openapi/openapi.json", JSON_REJECT_DUPLICATES, NULL);
	hit = json_object();
	daemon_start(&daemon_, TEST_DB, "1");
	return openapi == NULL;
}

static int stop(void **state)
{
	char err[256];

	(void)state;
	json_decref(openapi);
	json_decref(hit);
	return daemon_stop(&daemon_, SIGTERM, err, sizeof err) != 0 || err[0] != '\0';
}

/* What a local $ref of the description refers to; the value itself if it is none. */
static const json_t *follow(const json_t *value)
{
	const char *ref = json_string_value(json_object_get(value, "$ref"));

	if (ref == NULL)
		return value;
	assert_true(strncmp(ref, "#/components/", 13) == 0);
	char group[64];
	const char *name = strchr(ref + 13, '/');
	snprintf(group, sizeof group, "%.*s", (int)(name - ref - 13), ref + 13);
	const json_t *target = json_object_get(json_object_get(json_object_get(openapi, "components"), group), name + 1);
	if (target == NULL)
		fail_msg("%s does not exist", ref);
	return target;
}

static void print_fault(void *arg, const char *pointer, const char *message)
{
	printf("%s%s: %s\n", (const char *)arg, pointer, message);
}

/* Holds a reply against what the operation says of its status and media type. */
static void validate(const char *target, const json_t *operation, const struct reply *reply)
{
	char status[8], type[64];
	const json_t *response, *media;
	const struct schema_sink sink = { .fault = print_fault, .arg = (void *)(uintptr_t)target };

	snprintf(status, sizeof status, "%d", reply->status);
	response = follow(json_object_get(json_object_get(operation, "responses"), status));
	if (response == NULL)
		fail_msg("%s: a %s is not described", target, status);
	if (reply->status == 304)
		return;
	snprintf(type, sizeof type, "%s", reply_field(reply, "Content-Type"));
	type[strcspn(type, ";")] = '\0';
	media = json_object_get(json_object_get(response, "content"), type);
	if (media == NULL)
		fail_msg("%s: %s is not described for %s", target, type, status);
	if (strstr(type, "json") == NULL)
		return;
	json_t *document = reply_json(reply);
	if (schema_check(openapi, json_object_get(media, "schema"), document, "", &sink) != 0)
		fail_msg("%s is not as described", target);
	json_decref(document);
}

/* A path has one operation: GET or POST. */
static const json_t *operation_in(const json_t *item)
{
	const json_t *read = json_object_get(item, "get");

	return read != NULL ? read : json_object_get(item, "post");
}

static const json_t *operation_of(const char *path)
{
	return operation_in(json_object_get(json_object_get(openapi, "paths"), path));
}

static bool is_posted(const json_t *operation)
{
	return json_object_get(operation, "requestBody") != NULL;
}

/* Posts the example of a media type. */
static void post_example(const json_t *operation, const char *type, const char *target, const char *fields, struct reply *reply)
{
	const json_t *media = json_object_get(json_object_get(json_object_get(operation, "requestBody"), "content"), type);
	const json_t *example = json_object_get(media, "example");
	char *content = json_is_string(example) ? strdup(json_string_value(example)) : json_dumps(example, JSON_COMPACT), more[256];

	assert_non_null(content);
	snprintf(more, sizeof more, "Content-Type: %s\r\n%s", type, fields);
	post(daemon_.port, target, more, content, strlen(content), reply);
	free(content);
}

/* The first media type that an operation takes. */
static const char *posted_type(const json_t *operation)
{
	return json_object_iter_key(json_object_iter(json_object_get(json_object_get(operation, "requestBody"), "content")));
}

static void request(const json_t *operation, const char *target, const char *fields, struct reply *reply)
{
	const char *id = json_string_value(json_object_get(operation, "operationId"));

	if (is_posted(operation))
		post_example(operation, posted_type(operation), target, fields, reply);
	else
		get(daemon_.port, target, fields, reply);
	validate(target, operation, reply);
	if (reply->status == 200)
		json_object_set_new(hit, id, json_integer(json_integer_value(json_object_get(hit, id)) + 1));
}

static void test_operations_are_the_routes(void **state)
{
	const char *path;
	json_t *item;
	size_t count = 0;

	(void)state;
	for (const struct route *r = routes; r->path != NULL; r++) {
		printf("%s\n", r->path);
		assert_non_null(operation_of(r->path));
		count++;
	}
	assert_int_equal(json_object_size(json_object_get(openapi, "paths")), count);
	json_object_foreach (json_object_get(openapi, "paths"), path, item)
		assert_int_equal(json_object_size(item), 1);
}

static bool reads(const struct route *route, const char *name)
{
	for (int i = 0; i < ROUTE_MAX_QUERY && route->query[i] != NULL; i++)
		if (strcmp(route->query[i], name) == 0)
			return true;
	return strcmp(name, "lang") == 0 || strcmp(name, "format") == 0;
}

static bool has_query(const json_t *operation, const char *name)
{
	size_t i;
	const json_t *entry;

	json_array_foreach (json_object_get(operation, "parameters"), i, entry) {
		const json_t *parameter = follow(entry);
		if (strcmp(json_string_value(json_object_get(parameter, "name")), name) == 0)
			return strcmp(json_string_value(json_object_get(parameter, "in")), "query") == 0;
	}
	return false;
}

/* The query parameters that are described are those that the route says its handler reads: answers are kept by them. */
static void test_parameters_are_those_of_the_routes(void **state)
{
	(void)state;
	for (const struct route *r = routes; r->path != NULL; r++) {
		const json_t *operation = operation_of(r->path);
		size_t i;
		const json_t *entry;
		printf("%s\n", r->path);
		json_array_foreach (json_object_get(operation, "parameters"), i, entry) {
			const json_t *parameter = follow(entry);
			if (strcmp(json_string_value(json_object_get(parameter, "in")), "query") == 0)
				assert_true(reads(r, json_string_value(json_object_get(parameter, "name"))));
		}
		for (int q = 0; q < ROUTE_MAX_QUERY && r->query[q] != NULL; q++)
			assert_true(has_query(operation, r->query[q]));
	}
}

/* Without which there is no answer; there is at most one. */
static bool is_required_query(const json_t *parameter)
{
	return strcmp(json_string_value(json_object_get(parameter, "in")), "query") == 0 && json_is_true(json_object_get(parameter, "required"));
}

/* The path with the examples of its parameters, and of a query parameter that is required. */
static void example_target(const char *path, const json_t *operation, char target[256])
{
	size_t i;
	const json_t *entry;

	snprintf(target, 256, "%s", path);
	json_array_foreach (json_object_get(operation, "parameters"), i, entry) {
		const json_t *parameter = follow(entry);
		char slot[64], rest[256];
		const char *example = json_string_value(json_object_get(parameter, "example"));
		assert_non_null(example);
		if (is_required_query(parameter))
			snprintf(target + strlen(target), 256 - strlen(target), "?%s=%s", json_string_value(json_object_get(parameter, "name")),
				 example);
		if (strcmp(json_string_value(json_object_get(parameter, "in")), "path") != 0)
			continue;
		snprintf(slot, sizeof slot, "{%s}", json_string_value(json_object_get(parameter, "name")));
		char *at = strstr(target, slot);
		assert_non_null(at);
		snprintf(rest, sizeof rest, "%s", at + strlen(slot));
		snprintf(at, 256 - (size_t)(at - target), "%s%s", example, rest);
	}
	assert_null(strchr(target, '{'));
}

/* Every operation with its examples: in JSON and text, in every language, and once with each query parameter's example. */
static void test_examples(void **state)
{
	static const char *const langs[] = { "en", "id", "zh" };
	const char *path;
	json_t *item;

	(void)state;
	json_object_foreach (json_object_get(openapi, "paths"), path, item) {
		const json_t *operation = operation_in(item), *entry;
		char target[256], full[512];
		struct reply reply;
		size_t i;
		example_target(path, operation, target);
		printf("%s\n", target);
		for (i = 0; i < 3; i++) {
			char fields[64];
			snprintf(fields, sizeof fields, "Accept-Language: %s\r\n", langs[i]);
			request(operation, target, fields, &reply);
			assert_int_equal(reply.status, 200);
			assert_string_equal(reply_field(&reply, "Content-Language"), strcmp(path, "/openapi.json") == 0 ? "en" : langs[i]);
			reply_free(&reply);
		}
		request(operation, target, "Accept: text/plain\r\n", &reply);
		reply_free(&reply);
		request(operation, target, "Accept: text/markdown\r\n", &reply);
		reply_free(&reply);
		request(operation, target, "Accept: image/png\r\n", &reply);
		assert_int_equal(reply.status, 406);
		reply_free(&reply);
		json_array_foreach (json_object_get(operation, "parameters"), i, entry) {
			const json_t *parameter = follow(entry);
			if (strcmp(json_string_value(json_object_get(parameter, "in")), "query") != 0 || is_required_query(parameter))
				continue;
			const char joint = *(strchr(target, '?') != NULL ? "&" : "?");
			snprintf(full, sizeof full, "%s%c%s=%s", target, joint, json_string_value(json_object_get(parameter, "name")),
				 json_string_value(json_object_get(parameter, "example")));
			request(operation, full, "", &reply);
			assert_int_equal(reply.status, 200);
			reply_free(&reply);
			snprintf(full, sizeof full, "%s%c%s=no-such-thing", target, joint, json_string_value(json_object_get(parameter, "name")));
			request(operation, full, "", &reply);
			assert_int_equal(reply.status, 400);
			reply_free(&reply);
		}
	}
}

enum { COMPRESSED_FROM = 512 }; /* bytes, as info.description says */

/* The examples of what is read, from a client that accepts gzip: an answer has these fields where they are described, and only there. */
static void test_fields_are_described(void **state)
{
	static const char *const names[] = { "ETag", "Content-Encoding", "Content-Language", "Vary" };
	const char *path;
	json_t *item;

	(void)state;
	json_object_foreach (json_object_get(openapi, "paths"), path, item) {
		const json_t *operation = operation_in(item), *response = json_object_get(json_object_get(operation, "responses"), "200");
		char target[256];
		struct reply reply;
		if (is_posted(operation))
			continue;
		example_target(path, operation, target);
		get(daemon_.port, target, "Accept-Encoding: gzip\r\n", &reply);
		assert_int_equal(reply.status, 200);
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
			printf("%s: %s\n", target, names[i]);
			bool has = reply_field(&reply, names[i]) != NULL;
			bool described = json_object_get(json_object_get(response, "headers"), names[i]) != NULL;
			bool too_short = strcmp(names[i], "Content-Encoding") == 0 && reply.size < COMPRESSED_FROM;
			assert_true(has == described || (too_short && !has));
		}
		reply_free(&reply);
	}
}

/* What is posted, in every media type that is described, and the answers to all sample traces. */
static void test_posted(void **state)
{
	const json_t *operation = operation_of("/explain");
	const char *type;
	json_t *media;
	struct reply reply;
	glob_t files;

	(void)state;
	json_object_foreach (json_object_get(json_object_get(operation, "requestBody"), "content"), type, media) {
		post_example(operation, type, "/explain", "", &reply);
		validate("/explain", operation, &reply);
		assert_int_equal(reply.status, 200);
		reply_free(&reply);
	}
	post(daemon_.port, "/explain", "Content-Type: image/png\r\n", "x", 1, &reply);
	validate("/explain", operation, &reply);
	assert_int_equal(reply.status, 415);
	reply_free(&reply);
	assert_int_equal(glob("tests/traces/*.txt", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		size_t size;
		char *text = read_whole(files.gl_pathv[i], &size);
		post(daemon_.port, "/explain?vendor=cucm", "Content-Type: text/plain\r\n", text, size, &reply);
		validate(files.gl_pathv[i], operation, &reply);
		assert_int_equal(reply.status, 200);
		reply_free(&reply);
		free(text);
	}
	globfree(&files);
}

static void test_problems_are_described(void **state)
{
	static const struct {
		const char *path, *target;
		int status;
	} rows[] = {
		{ "/codes/{n}", "/codes/499", 404 },
		{ "/codes/{n}", "/codes/abc", 400 },
		{ "/codes/{n}", "/codes/486?vendor=x", 400 },
		{ "/compare/{a}/{b}", "/compare/486/486", 400 },
		{ "/compare/{a}/{b}", "/compare/486/499", 404 },
		{ "/classes/{d}", "/classes/9", 404 },
		{ "/search", "/search", 400 },
		{ "/search", "/search?q=%20%20", 400 },
		{ "/search", "/search?q=busy&limit=0", 400 },
		{ "/search", "/search?q=busy&limit=51", 400 },
		{ "/search", "/search?q=busy&type=nothing", 400 },
		{ "/glossary/{slug}", "/glossary/none", 404 },
		{ "/vendors/{slug}", "/vendors/none", 404 },
		{ "/vendors/{slug}", "/vendors/session-manager?code=99", 400 },
		{ "/scenarios", "/scenarios?vendor=none", 400 },
		{ "/scenarios/{slug}", "/scenarios/none", 404 },
		{ "/topics/{slug}", "/topics/none", 404 },
		{ "/flows/{slug}", "/flows/none", 404 },
		{ "/timers/{slug}", "/timers/none", 404 },
		{ "/causes/{q}", "/causes/999", 404 },
		{ "/warnings/{w}", "/warnings/398", 404 },
		{ "/problems/{slug}", "/problems/none", 404 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct reply reply;
		request(operation_of(rows[i].path), rows[i].target, "", &reply);
		assert_int_equal(reply.status, rows[i].status);
		reply_free(&reply);
	}
}

/* Every resource that a list names is there and as described, and its links lead somewhere. */
static void test_lists_lead_to_resources(void **state)
{
	static const struct {
		const char *list, *path;
	} rows[] = {
		{ "/codes", "/codes/{n}" },          { "/classes", "/classes/{d}" },
		{ "/vendors", "/vendors/{slug}" },   { "/scenarios", "/scenarios/{slug}" },
		{ "/topics", "/topics/{slug}" },     { "/flows", "/flows/{slug}" },
		{ "/timers", "/timers/{slug}" },     { "/causes", "/causes/{q}" },
		{ "/warnings", "/warnings/{w}" },    { "/glossary", "/glossary/{slug}" },
		{ "/problems", "/problems/{slug}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct reply list;
		size_t k;
		const json_t *item;
		get(daemon_.port, rows[i].list, "", &list);
		json_t *document = reply_json(&list);
		json_array_foreach (json_object_get(document, "items"), k, item) {
			struct reply reply;
			const char *url = json_string_value(json_object_get(item, "url")), *name;
			json_t *link;
			request(operation_of(rows[i].path), url, "", &reply);
			assert_int_equal(reply.status, 200);
			json_t *resource = reply_json(&reply);
			json_object_foreach (json_object_get(resource, "links"), name, link) {
				struct reply linked;
				get(daemon_.port, json_string_value(link), "", &linked);
				if (linked.status != 200)
					fail_msg("%s has a dead link %s", url, json_string_value(link));
				reply_free(&linked);
			}
			json_decref(resource);
			reply_free(&reply);
		}
		json_decref(document);
		reply_free(&list);
	}
}

static void test_the_served_description_is_the_file(void **state)
{
	struct reply reply;

	(void)state;
	get(daemon_.port, "/openapi.json", "", &reply);
	json_t *served = reply_json(&reply);
	assert_true(json_equal(served, openapi));
	json_decref(served);
	reply_free(&reply);
}

/* Last: each operation was answered with success at least once. */
static void test_every_operation_was_hit(void **state)
{
	const char *path;
	json_t *item;

	(void)state;
	json_object_foreach (json_object_get(openapi, "paths"), path, item)
		if (json_object_get(hit, json_string_value(json_object_get(operation_in(item), "operationId"))) == NULL)
			fail_msg("%s was never answered with 200", path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operations_are_the_routes),
		cmocka_unit_test(test_parameters_are_those_of_the_routes),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_fields_are_described),
		cmocka_unit_test(test_posted),
		cmocka_unit_test(test_problems_are_described),
		cmocka_unit_test(test_lists_lead_to_resources),
		cmocka_unit_test(test_the_served_description_is_the_file),
		cmocka_unit_test(test_every_operation_was_hit),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
