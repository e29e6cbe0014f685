/* /mcp: both eras of the protocol, every tool, every error, who may ask. */
#include "tests/harness.h"

#include "db/schema.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct daemon daemon_;

#define META "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define MODERN "MCP-Protocol-Version: 2026-07-28\r\n"

static int start(void **state)
{
	(void)state;
	daemon_start(&daemon_, TEST_DB, "1");
	return 0;
}

static int stop(void **state)
{
	char err[4096];

	(void)state;
	int status = daemon_stop(&daemon_, SIGTERM, err, sizeof err);
	printf("%s", err);
	return status != 0 || err[0] != '\0';
}

/* Posts a message; its answer as JSON, a new reference, NULL where it has no content. */
static json_t *rpc(const char *fields, const char *message, int *status)
{
	struct reply reply;
	char more[512];

	snprintf(more, sizeof more, "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n%s", fields);
	post(daemon_.port, "/mcp", more, message, strlen(message), &reply);
	*status = reply.status;
	json_t *document = reply.size > 0 ? reply_json(&reply) : NULL;
	reply_free(&reply);
	return document;
}

/* The result of a method with these parameters, a new reference; the test fails if there is none. */
static json_t *result_of(const char *method, const char *params)
{
	char message[4096];
	int status;

	snprintf(message, sizeof message, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\",\"params\":%s}", method, params);
	json_t *document = rpc("", message, &status), *result = json_object_get(document, "result");
	if (status != 200 || result == NULL)
		fail_msg("%s %s: %d %s", method, params, status, json_dumps(document, 0));
	assert_int_equal(json_integer_value(json_object_get(document, "id")), 7);
	json_incref(result);
	json_decref(document);
	return result;
}

static const char *string_at(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value != NULL ? value : "";
}

/* ---- the handshake of the older revisions ---- */

static void test_initialize(void **state)
{
	static const struct {
		const char *asked, *got;
	} rows[] = {
		{ "2025-11-25", "2025-11-25" },
		{ "2025-06-18", "2025-06-18" },
		{ "2024-11-05", "2025-11-25" },
		{ "2099-01-01", "2025-11-25" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char params[256];
		printf("%s\n", rows[i].asked);
		snprintf(params, sizeof params, "{\"protocolVersion\":\"%s\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}",
			 rows[i].asked);
		json_t *result = result_of("initialize", params);
		assert_string_equal(string_at(result, "protocolVersion"), rows[i].got);
		assert_non_null(json_object_get(json_object_get(result, "capabilities"), "tools"));
		assert_non_null(json_object_get(json_object_get(result, "capabilities"), "resources"));
		assert_string_equal(string_at(json_object_get(result, "serverInfo"), "name"), "sipcodes");
		assert_true(strlen(string_at(result, "instructions")) > 20);
		json_decref(result);
	}
	json_t *pong = result_of("ping", "{}");
	assert_int_equal(json_object_size(pong), 0);
	json_decref(pong);
}

/* ---- tools ---- */

static const struct {
	const char *name, *arguments, *member; /* a member of the document */
	const char *text;                      /* that its Markdown has */
} calls[] = {
	{ "lookup_code", "{\"code\":486}", "phrase", "486 Busy Here" },
	{ "lookup_code", "{\"code\":503,\"vendor\":\"session-manager\",\"lang\":\"zh\"}", "rule", "503" },
	{ "lookup_code", "{\"code\":486.0}", "phrase", "486 Busy Here" },
	{ "lookup_code", "{\"code\":\"486\",\"lang\":\"id\"}", "phrase", "486 Busy Here" },
	{ "compare_codes", "{\"a\":486,\"b\":600,\"lang\":\"en\"}", "verdict", "486" },
	{ "search", "{\"query\":\"nomor sibuk\",\"limit\":3}", "items", "486" },
	{ "search", "{\"query\":\"busy\",\"type\":\"code\"}", "items", "486" },
	{ "explain_trace", "{\"text\":\"SIP/2.0 486 Busy Here\\r\\nCSeq: 1 INVITE\\r\\n\\r\\n\",\"lang\":\"en\"}", "findings", "486" },
	{ "explain_trace", "{\"text\":\"486\",\"vendor\":\"cucm\",\"redact\":false}", "responses", "486" },
	{ "vendor_handling", "{\"vendor\":\"cucm\",\"code\":486}", "notes", "Cisco" },
	{ "vendor_handling", "{\"vendor\":\"kamailio\"}", "timers", "Kamailio" },
	{ "lookup_cause", "{\"cause\":17}", "to_sip", "17" },
};

static void print_fault(void *arg, const char *pointer, const char *message)
{
	printf("%s%s: %s\n", (const char *)arg, pointer, message);
}

static const json_t *tool_of(const json_t *list, const char *name)
{
	size_t i;
	const json_t *tool;

	json_array_foreach (json_object_get(list, "tools"), i, tool)
		if (strcmp(string_at(tool, "name"), name) == 0)
			return tool;
	return NULL;
}

/* Every tool answers with text and with a document that is as its output schema says; its arguments are as its input schema says. */
static void test_tools(void **state)
{
	json_t *list = result_of("tools/list", "{}");
	char params[1024];

	(void)state;
	assert_int_equal(json_array_size(json_object_get(list, "tools")), 6);
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		const struct schema_sink sink = { .fault = print_fault, .arg = (void *)(uintptr_t)calls[i].name };
		const json_t *tool = tool_of(list, calls[i].name);
		printf("%s %s\n", calls[i].name, calls[i].arguments);
		assert_non_null(tool);
		assert_true(strlen(string_at(tool, "description")) > 40);
		assert_true(strlen(string_at(tool, "title")) > 3);
		snprintf(params, sizeof params, "{\"name\":\"%s\",\"arguments\":%s}", calls[i].name, calls[i].arguments);
		json_t *result = result_of("tools/call", params), *document = json_object_get(result, "structuredContent");
		const json_t *schema = json_object_get(tool, "outputSchema");
		assert_true(json_is_false(json_object_get(result, "isError")));
		assert_string_equal(string_at(schema, "type"), "object");
		assert_int_equal(schema_check(schema, schema, document, "", &sink), 0);
		assert_non_null(json_object_get(document, calls[i].member));
		const char *text = string_at(json_array_get(json_object_get(result, "content"), 0), "text");
		if (strstr(text, calls[i].text) == NULL)
			fail_msg("%s", text);
		json_decref(result);
	}
	json_decref(list);
}

/* What a model can mend is a result that says so in words, in its language. */
static void test_tool_errors(void **state)
{
	static const char *const rows[] = {
		"{\"name\":\"lookup_code\",\"arguments\":{\"code\":499}}",
		"{\"name\":\"lookup_code\",\"arguments\":{\"code\":99}}",
		"{\"name\":\"lookup_code\",\"arguments\":{\"code\":\"busy\"}}",
		"{\"name\":\"lookup_code\",\"arguments\":{\"code\":null}}",
		"{\"name\":\"lookup_code\",\"arguments\":{\"code\":486,\"more\":1}}",
		"{\"name\":\"lookup_code\",\"arguments\":{\"code\":486,\"lang\":\"fr\"}}",
		"{\"name\":\"lookup_code\",\"arguments\":{\"code\":486,\"vendor\":\"nobody\"}}",
		"{\"name\":\"lookup_code\",\"arguments\":{}}",
		"{\"name\":\"lookup_code\"}",
		"{\"name\":\"compare_codes\",\"arguments\":{\"a\":486}}",
		"{\"name\":\"compare_codes\",\"arguments\":{\"a\":486,\"b\":486}}",
		"{\"name\":\"search\",\"arguments\":{\"query\":\"\"}}",
		"{\"name\":\"search\",\"arguments\":{\"query\":\"x\",\"limit\":51}}",
		"{\"name\":\"search\",\"arguments\":{\"query\":[\"x\"]}}",
		"{\"name\":\"explain_trace\",\"arguments\":{\"text\":1}}",
		"{\"name\":\"explain_trace\",\"arguments\":{\"text\":\"x\",\"redact\":\"no\"}}",
		"{\"name\":\"vendor_handling\",\"arguments\":{\"vendor\":\"nobody\"}}",
		"{\"name\":\"lookup_cause\",\"arguments\":{\"cause\":126}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		printf("%s\n", rows[i]);
		json_t *result = result_of("tools/call", rows[i]);
		assert_true(json_is_true(json_object_get(result, "isError")));
		assert_true(strlen(string_at(json_array_get(json_object_get(result, "content"), 0), "text")) > 10);
		assert_null(json_object_get(result, "structuredContent"));
		json_decref(result);
	}
	json_t *told = result_of("tools/call", "{\"name\":\"search\",\"arguments\":{\"query\":\"\"}}");
	assert_non_null(strstr(string_at(json_array_get(json_object_get(told, "content"), 0), "text"), "query"));
	json_decref(told);
	told = result_of("tools/call", "{\"name\":\"search\",\"arguments\":{\"query\":\"x\",\"lang\":\"fr\"}}");
	assert_non_null(strstr(string_at(json_array_get(json_object_get(told, "content"), 0), "text"), "en, id, zh"));
	json_decref(told);
	told = result_of("tools/call", "{\"name\":\"lookup_code\",\"arguments\":{\"lang\":\"zh\"}}");
	assert_non_null(strstr(string_at(json_array_get(json_object_get(told, "content"), 0), "text"), "\xe5\x8f\x82\xe6\x95\xb0"));
	json_decref(told);
	told = result_of("tools/call", "{\"name\":\"lookup_code\",\"arguments\":{\"code\":486.5}}");
	assert_true(json_is_true(json_object_get(told, "isError")));
	json_decref(told);
	json_t *result = result_of("tools/call", "{\"name\":\"lookup_code\",\"arguments\":{\"code\":499,\"lang\":\"id\"}}");
	assert_non_null(strstr(string_at(json_array_get(json_object_get(result, "content"), 0), "text"), "Kode"));
	json_decref(result);
}

/* ---- resources ---- */

static void test_resources(void **state)
{
	json_t *list = result_of("resources/list", "{}"), *templates = result_of("resources/templates/list", "{}");
	size_t i;
	const json_t *resource;

	(void)state;
	assert_true(json_array_size(json_object_get(list, "resources")) >= 94);
	json_array_foreach (json_object_get(list, "resources"), i, resource) {
		char params[128];
		snprintf(params, sizeof params, "{\"uri\":\"%s\"}", string_at(resource, "uri"));
		json_t *result = result_of("resources/read", params);
		const json_t *content = json_array_get(json_object_get(result, "contents"), 0);
		assert_string_equal(string_at(content, "uri"), string_at(resource, "uri"));
		assert_string_equal(string_at(content, "mimeType"), "text/markdown");
		assert_int_equal(strncmp(string_at(content, "text"), "# ", 2), 0);
		json_decref(result);
	}
	json_array_foreach (json_object_get(templates, "resourceTemplates"), i, resource)
		assert_int_equal(strncmp(string_at(resource, "uriTemplate"), "sipcodes://", 11), 0);
	json_decref(list);
	json_decref(templates);
	static const char *const uris[] = { "sipcodes://compare/486/600", "sipcodes://vendors/cucm", "sipcodes://topics/why-prack",
					    "sipcodes://causes/17",       "sipcodes://warnings/399", "sipcodes://glossary/proxy",
					    "sipcodes://timers/timer-b",  "sipcodes://flows/cancel", "sipcodes://scenarios/481-to-bye" };
	for (i = 0; i < sizeof uris / sizeof uris[0]; i++) {
		char params[128];
		snprintf(params, sizeof params, "{\"uri\":\"%s\"}", uris[i]);
		printf("%s\n", uris[i]);
		json_decref(result_of("resources/read", params));
	}
}

/* ---- errors and statuses ---- */

static void test_errors(void **state)
{
	static const struct {
		const char *fields, *message;
		int status, code; /* 0: no error */
	} rows[] = {
		{ "", "{", 400, -32700 },
		{ "", "", 400, -32700 },
		{ "", "\xff", 400, -32700 },
		{ "", "[]", 400, -32600 },
		{ "", "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", 400, -32600 },
		{ "", "{\"id\":1,\"method\":\"ping\"}", 400, -32600 },
		{ "", "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", 400, -32600 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1}", 400, -32600 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", 400, -32600 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", 400, -32600 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[1]}", 400, -32600 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", 400, -32600 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}", 400, -32700 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nothing\"}", 200, -32601 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\"}", 200, -32601 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}", 200, -32602 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\"}", 200, -32602 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"none\"}}", 200, -32602 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"search\",\"arguments\":[]}}", 200, -32602 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\"}", 200, -32602 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"sipcodes://codes/499\"}}", 200, -32002 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"sipcodes://codes\"}}", 200, -32002 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"sipcodes://codes/486/x\"}}", 200, -32002 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"file:///etc/passwd\"}}", 200, -32002 },
		{ "MCP-Protocol-Version: 2025-06-18\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 200, 0 },
		{ "MCP-Protocol-Version: 2025-03-26\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 200, 0 },
		{ "MCP-Protocol-Version: 1900-01-01\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 400, -32022 },
		{ "", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", 202, 0 },
		{ MODERN, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{}}", 202, 0 },
		/* 2026-07-28 */
		{ MODERN "Mcp-Method: tools/list\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" META "}}", 200, 0 },
		{ MODERN "Mcp-Method: server/discover\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{" META "}}",
		  200, 0 },
		{ MODERN "Mcp-Method: ping\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{" META "}}", 404, -32601 },
		{ MODERN "Mcp-Method: initialize\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2026-07-28\"," META "}}", 404, -32601 },
		{ MODERN "Mcp-Method: tools/list\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}", 400, -32602 },
		{ MODERN "Mcp-Method: tools/list\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}",
		  400, -32602 },
		{ "Mcp-Method: tools/list\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" META "}}", 400, -32020 },
		{ "MCP-Protocol-Version: 2025-11-25\r\nMcp-Method: tools/list\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" META "}}", 400, -32020 },
		{ MODERN, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" META "}}", 400, -32020 },
		{ MODERN "Mcp-Method: tools/call\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" META "}}", 400,
		  -32020 },
		{ MODERN "Mcp-Method: tools/call\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"search\",\"arguments\":{\"query\":\"busy\"}," META
		  "}}",
		  400, -32020 },
		{ MODERN "Mcp-Method: tools/call\r\nMcp-Name: lookup_code\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"search\",\"arguments\":{\"query\":\"busy\"}," META
		  "}}",
		  400, -32020 },
		{ MODERN "Mcp-Method: tools/call\r\nMcp-Name: search\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"search\",\"arguments\":{\"query\":\"busy\"}," META
		  "}}",
		  200, 0 },
		{ MODERN "Mcp-Method: tools/call\r\nMcp-Name: =?base64?c2VhcmNo?=\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"search\",\"arguments\":{\"query\":\"busy\"}," META
		  "}}",
		  200, 0 },
		{ MODERN "Mcp-Method: tools/call\r\nMcp-Name: =?base64?c2VhcmN?=\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"search\",\"arguments\":{\"query\":\"busy\"}," META
		  "}}",
		  400, -32020 },
		{ MODERN "Mcp-Method: tools/call\r\nMcp-Name: =?base64?c2VhcmNo=XYZ?=\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"search\",\"arguments\":{\"query\":\"busy\"}," META
		  "}}",
		  400, -32020 },
		{ MODERN "Mcp-Method: tools/call\r\nMcp-Name: =?base64?c2VhcmNo====?=\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"search\",\"arguments\":{\"query\":\"busy\"}," META
		  "}}",
		  400, -32020 },
		{ MODERN "Mcp-Method: tools/call\r\nMcp-Name: =?base64?c2VhcmNo==?=\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"search\",\"arguments\":{\"query\":\"busy\"}," META
		  "}}",
		  200, 0 },
		{ MODERN "Mcp-Method: resources/read\r\nMcp-Name: sipcodes://codes/499\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"sipcodes://codes/499\"," META "}}", 200,
		  -32602 },
		{ "MCP-Protocol-Version: 2030-01-01\r\nMcp-Method: tools/list\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2030-01-01\","
		  "\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
		  400, -32022 },
		{ MODERN "Mcp-Method: tools/call\r\nMcp-Name: search \t\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"search\",\"arguments\":{\"query\":\"busy\"}," META
		  "}}",
		  200, 0 },
		{ MODERN "Mcp-Method: tools/call\r\nMcp-Name: search\r\nMcp-Name: lookup_code\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"search\",\"arguments\":{\"query\":\"busy\"}," META
		  "}}",
		  400, -32020 },
		{ MODERN "Mcp-Method: tools/call\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{" META "}}", 400,
		  -32020 },
		{ MODERN "Mcp-Method: =?base64?dG9vbHMvbGlzdA==?=\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" META "}}", 400, -32020 },
		{ MODERN "Mcp-Method: tools/list\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"cursor\":\"zzz\"," META "}}", 200, -32602 },
		{ "MCP-Protocol-Version: 2025-11-25\r\n",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2025-11-25\"}}}",
		  200, 0 },
		{ "MCP-Protocol-Version: 1900-01-01\r\n", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", 400, -32022 },
		{ "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\\u0000x\"}", 400, -32600 },
		{ "",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"search\\u0000x\",\"arguments\":{\"query\":\"busy\"}}}",
		  200, -32602 },
		{ "Origin: http://localhost\r\nOrigin: http://evil.example\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 403, -32600 },
		/* who may ask */
		{ "Origin: http://localhost:3000\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 200, 0 },
		{ "Origin: https://127.0.0.1\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 200, 0 },
		{ "Origin: http://[::1]:8080\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 200, 0 },
		{ "Origin: http://evil.example\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 403, -32600 },
		{ "Origin: http://localhost.evil.example\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 403, -32600 },
		{ "Origin: http://127.0.0.1:80@evil.example\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 403, -32600 },
		{ "Origin: null\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 403, -32600 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int status;
		json_t *document = rpc(rows[i].fields, rows[i].message, &status), *error = json_object_get(document, "error");
		printf("%s%s\n", rows[i].fields, rows[i].message);
		assert_int_equal(status, rows[i].status);
		assert_int_equal(json_integer_value(json_object_get(error, "code")), rows[i].code);
		assert_int_equal(document == NULL, status == 202);
		if (rows[i].code != 0) {
			assert_true(strlen(string_at(error, "message")) > 10);
			assert_null(strchr(string_at(error, "message"), '{'));
		}
		if (rows[i].code == -32022)
			assert_int_equal(json_array_size(json_object_get(json_object_get(error, "data"), "supported")), 3);
		json_decref(document);
	}
}

/* A result of 2026-07-28 says that it is complete, who made it and, where that can be kept, for how long. */
static void test_modern_results(void **state)
{
	static const struct {
		const char *method, *params, *name;
		bool fresh;
	} rows[] = {
		{ "server/discover", "", NULL, true },
		{ "tools/list", "", NULL, true },
		{ "resources/list", "", NULL, true },
		{ "resources/templates/list", "", NULL, true },
		{ "resources/read", "\"uri\":\"sipcodes://codes/486\",", "sipcodes://codes/486", true },
		{ "tools/call", "\"name\":\"lookup_code\",\"arguments\":{\"code\":486},", "lookup_code", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char fields[256], message[1024];
		int status;
		printf("%s\n", rows[i].method);
		snprintf(fields, sizeof fields, MODERN "Mcp-Method: %s\r\n%s%s%s", rows[i].method, rows[i].name != NULL ? "Mcp-Name: " : "",
			 rows[i].name != NULL ? rows[i].name : "", rows[i].name != NULL ? "\r\n" : "");
		snprintf(message, sizeof message, "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"%s\",\"params\":{%s" META "}}", rows[i].method,
			 rows[i].params);
		json_t *document = rpc(fields, message, &status), *result = json_object_get(document, "result");
		assert_int_equal(status, 200);
		assert_string_equal(string_at(document, "id"), "x");
		assert_string_equal(string_at(result, "resultType"), "complete");
		assert_string_equal(string_at(json_object_get(json_object_get(result, "_meta"), "io.modelcontextprotocol/serverInfo"), "name"),
				    "sipcodes");
		assert_int_equal(json_object_get(result, "ttlMs") != NULL, rows[i].fresh);
		assert_int_equal(json_object_get(result, "cacheScope") != NULL, rows[i].fresh);
		json_decref(document);
	}
}

/* The texts follow the client's language. */
static void test_languages(void **state)
{
	static const struct {
		const char *fields, *part;
	} rows[] = {
		{ "", "Look up a SIP response code" },
		{ "Accept-Language: id\r\n", "Cari arti kode respons SIP" },
		{ "Accept-Language: zh-CN\r\n", "\xe6\x9f\xa5\xe8\xaf\xa2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int status;
		json_t *document = rpc(rows[i].fields, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}", &status);
		const json_t *tool = tool_of(json_object_get(document, "result"), "lookup_code");
		assert_non_null(strstr(string_at(tool, "title"), rows[i].part));
		json_decref(document);
	}
}

static void test_transport(void **state)
{
	struct reply reply;

	(void)state;
	get(daemon_.port, "/mcp", "Accept: text/event-stream\r\n", &reply);
	assert_int_equal(reply.status, 405);
	assert_string_equal(reply_field(&reply, "Allow"), "POST, OPTIONS");
	reply_free(&reply);
	post(daemon_.port, "/mcp", "Content-Type: text/plain\r\n", "{}", 2, &reply);
	assert_int_equal(reply.status, 415);
	reply_free(&reply);
	post(daemon_.port, "/mcp", "Content-Type: text/plain\r\nOrigin: http://evil.example\r\n", "{}", 2, &reply);
	assert_int_equal(reply.status, 403);
	reply_free(&reply);
	post(daemon_.port, "/mcp", "Content-Type: application/json\r\nAccept: text/event-stream\r\n", "{}", 2, &reply);
	assert_int_equal(reply.status, 406);
	reply_free(&reply);
	post(daemon_.port, "/mcp", "Content-Type: application/json\r\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", 40, &reply);
	assert_string_equal(reply_field(&reply, "Content-Type"), "application/json");
	assert_string_equal(reply_field(&reply, "Cache-Control"), "no-store");
	assert_null(reply_field(&reply, "Mcp-Session-Id"));
	reply_free(&reply);
	/* Nested deeper than anybody means it. */
	char *deep = malloc(100000);
	assert_non_null(deep);
	memset(deep, '[', 100000);
	post(daemon_.port, "/mcp", "Content-Type: application/json\r\n", deep, 100000, &reply);
	assert_int_equal(reply.status, 400);
	reply_free(&reply);
	free(deep);
}

/* Pages of the origins that the operator allowed may ask, and of no other. */
static void test_allowed_origin(void **state)
{
	static const struct {
		const char *fields;
		int status;
	} rows[] = {
		{ "Origin: https://helpdesk.example\r\n", 200 },
		{ "Origin: https://wiki.example:8443\r\n", 200 },
		{ "Origin: http://localhost:3000\r\n", 200 },
		{ "", 200 },
		{ "Origin: http://helpdesk.example\r\n", 403 },
		{ "Origin: https://helpdesk.example:444\r\n", 403 },
		{ "Origin: https://helpdesk.example.evil\r\n", 403 },
		{ "Origin: https://wiki.example\r\n", 403 },
		{ "Origin: null\r\n", 403 },
	};
	static const char message[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
	const char *const arguments[] = { "serve",
					  "--listen",
					  "127.0.0.1:0",
					  "--db",
					  TEST_DB,
					  "--allow-origin",
					  "https://helpdesk.example",
					  "--allow-origin",
					  "https://wiki.example:8443",
					  NULL };
	struct daemon allowing;
	char err[4096];

	(void)state;
	daemon_start_with(&allowing, arguments);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct reply reply;
		char fields[256];
		printf("%s\n", rows[i].fields);
		snprintf(fields, sizeof fields, "Content-Type: application/json\r\n%s", rows[i].fields);
		post(allowing.port, "/mcp", fields, message, sizeof message - 1, &reply);
		assert_int_equal(reply.status, rows[i].status);
		reply_free(&reply);
	}
	assert_int_equal(daemon_stop(&allowing, SIGTERM, err, sizeof err), 0);
	assert_string_equal(err, "");
}

static void test_allowed_too_often(void **state)
{
	struct outcome outcome;

	(void)state;
	const char *const often[] = { "serve", "--allow-origin", "a", "--allow-origin", "a", "--allow-origin",
				      "a",     "--allow-origin", "a", "--allow-origin", "a", "--allow-origin",
				      "a",     "--allow-origin", "a", "--allow-origin", "a", "--allow-origin",
				      "a",     "--allow-origin", "a", "--allow-origin", "a", "--allow-origin",
				      "a",     "--allow-origin", "a", "--allow-origin", "a", "--allow-origin",
				      "a",     "--allow-origin", "a", "--allow-origin", "a", NULL };
	run_sipcodes(&outcome, often);
	assert_int_equal(outcome.status, 2);
	assert_non_null(strstr(outcome.err, "--allow-origin"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_initialize),        cmocka_unit_test(test_tools),     cmocka_unit_test(test_tool_errors),
		cmocka_unit_test(test_resources),         cmocka_unit_test(test_errors),    cmocka_unit_test(test_modern_results),
		cmocka_unit_test(test_languages),         cmocka_unit_test(test_transport), cmocka_unit_test(test_allowed_origin),
		cmocka_unit_test(test_allowed_too_often),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
