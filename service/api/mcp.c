/* /mcp: the same knowledge for chatbots, by the Model Context Protocol over JSON-RPC 2.0. Revision 2026-07-28, which has no sessions: each request
 * says in _meta which revision it speaks; and, for clients of 2025-11-25 and 2025-06-18, the handshake of these. Nothing is remembered from request
 * to request in either. */
#include "service/api/mcp.h"

#include "db/json_parse.h"
#include "db/template.h"
#include "service/version.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum {
	HTTP_ACCEPTED = 202,
	HTTP_BAD_REQUEST = 400,
	HTTP_FORBIDDEN = 403,
	HTTP_NOT_FOUND = 404,
	HTTP_INTERNAL_SERVER_ERROR = 500,
	FRESH_MS = 3600 * 1000, /* how long a client may keep what cannot change without a new knowledge base */
};

static const char current_version[] = "2026-07-28";
static const char *const legacy_versions[] = { "2025-11-25", "2025-06-18", NULL };

static const char version_key[] = "io.modelcontextprotocol/protocolVersion";
static const char capabilities_key[] = "io.modelcontextprotocol/clientCapabilities";
static const char server_key[] = "io.modelcontextprotocol/serverInfo";

/* A message as it came. */
struct rpc {
	const struct api_request *request;
	json_t *message;
	const json_t *id; /* NULL: a notification, or not known */
	const char *method;
	const json_t *params;
	bool modern;
	/* Header fields, NULL where there is none. */
	const char *origin, *said_version, *said_method, *said_name;
	char buffers[4][API_MAX_FIELD];
};

void mcp_fail(struct mcp_outcome *outcome, int code, const char *error, const char *name, json_t *data)
{
	outcome->code = code;
	outcome->error = error;
	outcome->name = name;
	outcome->data = data;
}

static bool is_one_of(const char *value, const char *const values[])
{
	for (; *values != NULL; values++)
		if (strcmp(value, *values) == 0)
			return true;
	return false;
}

const char *mcp_string(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	const char *string = json_string_value(value);

	return string != NULL && strlen(string) == json_string_length(value) ? string : NULL;
}

/* ---- who may ask ---- */

/* Is the origin a page of this machine: http or https, a loopback name or address, any port? */
static bool is_loopback(const char *origin)
{
	static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]" };
	const char *host = strstr(origin, "://");

	if (host == NULL || (strncmp(origin, "http://", 7) != 0 && strncmp(origin, "https://", 8) != 0))
		return false;
	host += 3;
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		size_t n = strlen(hosts[i]);
		if (strncmp(host, hosts[i], n) == 0 &&
		    (host[n] == '\0' || (host[n] == ':' && host[n + 1 + strspn(host + n + 1, "0123456789")] == '\0')))
			return true;
	}
	return false;
}

/* A browser says whose page it asks for; a name that leads to this machine must not make any page of the web one of those that may. */
static bool may_ask(const struct api_request *request, const char *origin)
{
	return origin == NULL || is_loopback(origin) || (request->origins != NULL && is_one_of(origin, request->origins));
}

/* ---- the messages ---- */

static bool is_id(const json_t *id)
{
	return json_is_string(id) || json_is_integer(id);
}

/* Reads the message; false, and an error, if it is no request or notification. */
static bool read_message(struct rpc *rpc, struct mcp_outcome *outcome)
{
	json_error_t error;
	const char *content = rpc->request->content != NULL ? rpc->request->content : "";

	rpc->message = json_parse(content, rpc->request->content_size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (rpc->message == NULL) {
		bool memory = json_error_code(&error) == json_error_out_of_memory;
		mcp_fail(outcome, memory ? MCP_INTERNAL_ERROR : MCP_PARSE_ERROR, memory ? "internal" : "parse-error", NULL, NULL);
		return false;
	}
	const json_t *id = json_object_get(rpc->message, "id");
	const char *version = mcp_string(rpc->message, "jsonrpc");
	rpc->id = is_id(id) ? id : NULL;
	rpc->method = mcp_string(rpc->message, "method");
	rpc->params = json_object_get(rpc->message, "params");
	if (version == NULL || strcmp(version, "2.0") != 0 || rpc->method == NULL || (id != NULL && rpc->id == NULL) ||
	    (rpc->params != NULL && !json_is_object(rpc->params))) {
		mcp_fail(outcome, MCP_INVALID_REQUEST, "invalid-request", NULL, NULL);
		return false;
	}
	return true;
}

/* ---- header fields of 2026-07-28 ---- */

static int base64_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* Is the field's value this name, as it is or as "=?base64?...?="? */
static bool names(const char *value, const char *name)
{
	static const char begin[] = "=?base64?", end[] = "?=";
	size_t size = value != NULL ? strlen(value) : 0, b = sizeof begin - 1, e = sizeof end - 1, n = 0;
	uint32_t bits = 0;
	int count = 0;
	const char *s;

	if (value == NULL)
		return false;
	if (size < b + e || strncmp(value, begin, b) != 0 || strcmp(value + size - e, end) != 0)
		return strcmp(value, name) == 0;
	for (s = value + b; s < value + size - e && *s != '='; s++) {
		int digit = base64_digit(*s);
		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		if (name[n] == '\0' || (unsigned char)name[n] != ((bits >> count) & 0xFF))
			return false;
		n++;
	}
	/* Nothing but padding may follow: what another reader would take for more of the name is no match. */
	size_t left = (size_t)(value + size - e - s);
	return name[n] == '\0' && left <= 2 && strspn(s, "=") >= left;
}

/* The methods that the field Mcp-Name belongs to, and what it repeats of their parameters. */
static bool is_named(const struct rpc *rpc)
{
	static const char *const methods_with_name[] = { "tools/call", "prompts/get", "resources/read", NULL };

	return is_one_of(rpc->method, methods_with_name);
}

static const char *named(const struct rpc *rpc)
{
	return mcp_string(rpc->params, strcmp(rpc->method, "resources/read") == 0 ? "uri" : "name");
}

static json_t *supported_versions(void)
{
	return json_pack("[s, s, s]", current_version, legacy_versions[0], legacy_versions[1]);
}

/* A request that says in _meta which revision it speaks says in its header what is in its content. */
static bool check_modern(const struct rpc *rpc, struct mcp_outcome *outcome)
{
	const json_t *meta = json_object_get(rpc->params, "_meta");
	const char *version = mcp_string(meta, version_key), *said = rpc->said_version, *name = named(rpc);

	if (version == NULL || !json_is_object(json_object_get(meta, capabilities_key)))
		mcp_fail(outcome, MCP_INVALID_PARAMS, "invalid-params", version == NULL ? version_key : capabilities_key, NULL);
	else if (said == NULL || strcmp(said, version) != 0)
		mcp_fail(outcome, MCP_HEADER_MISMATCH, "header-mismatch", "MCP-Protocol-Version", NULL);
	else if (strcmp(version, current_version) != 0)
		mcp_fail(outcome, MCP_UNSUPPORTED_VERSION, "unsupported-version", version,
			 json_pack("{s:o, s:s}", "supported", supported_versions(), "requested", version));
	else if (rpc->said_method == NULL || strcmp(rpc->said_method, rpc->method) != 0)
		mcp_fail(outcome, MCP_HEADER_MISMATCH, "header-mismatch", "Mcp-Method", NULL);
	else if (is_named(rpc) && (name == NULL || !names(rpc->said_name, name)))
		mcp_fail(outcome, MCP_HEADER_MISMATCH, "header-mismatch", "Mcp-Name", NULL);
	return outcome->code == 0;
}

/* Of a client of an older revision only the version is looked at, which all but the first request name. */
static bool check_legacy(const struct rpc *rpc, struct mcp_outcome *outcome)
{
	const char *said = rpc->said_version;

	if (said == NULL || is_one_of(said, legacy_versions) || strcmp(said, "2025-03-26") == 0 || strcmp(said, current_version) == 0)
		return true;
	mcp_fail(outcome, MCP_UNSUPPORTED_VERSION, "unsupported-version", said,
		 json_pack("{s:o, s:s}", "supported", supported_versions(), "requested", said));
	return false;
}

/* ---- methods ---- */

static json_t *server_info(const struct api_request *request)
{
	const json_t *labels = kb_labels(request->kb, request->lang);

	return json_pack("{s:s, s:s, s:s, s:s}", "name", "sipcodes", "title", kb_label(labels, "service", "name"), "version", SIPCODES_VERSION,
			 "description", kb_label(labels, "service", "description"));
}

static const char *instructions(const struct api_request *request)
{
	return kb_label(kb_labels(request->kb, request->lang), "mcp", "instructions");
}

/* The handshake of the older revisions: the client's, if it is one of them, else the newest of them. */
static void initialize(const struct api_request *request, const json_t *params, struct mcp_outcome *outcome)
{
	const char *asked = mcp_string(params, "protocolVersion");

	if (asked == NULL) {
		mcp_fail(outcome, MCP_INVALID_PARAMS, "invalid-params", "protocolVersion", NULL);
		return;
	}
	outcome->result =
		json_pack("{s:s, s:{s:{}, s:{}}, s:o, s:s}", "protocolVersion", is_one_of(asked, legacy_versions) ? asked : legacy_versions[0],
			  "capabilities", "tools", "resources", "serverInfo", server_info(request), "instructions", instructions(request));
}

static void ping(const struct api_request *request, const json_t *params, struct mcp_outcome *outcome)
{
	(void)request;
	(void)params;
	outcome->result = json_object();
}

static void discover(const struct api_request *request, const json_t *params, struct mcp_outcome *outcome)
{
	(void)params;
	outcome->result = json_pack("{s:o, s:{s:{}, s:{}}, s:s}", "supportedVersions", supported_versions(), "capabilities", "tools", "resources",
				    "instructions", instructions(request));
}

static const struct {
	const char *name;
	mcp_method *method;
	bool modern, legacy; /* in which revisions */
	bool fresh;          /* its result may be kept (CacheableResult) */
	bool list;           /* it can be asked for in pages */
} methods[] = {
	{ "initialize", initialize, false, true, false, false },
	{ "ping", ping, false, true, false, false },
	{ "server/discover", discover, true, false, true, false },
	{ "tools/list", mcp_list_tools, true, true, true, true },
	{ "tools/call", mcp_call_tool, true, true, false, false },
	{ "resources/list", mcp_list_resources, true, true, true, true },
	{ "resources/templates/list", mcp_list_templates, true, true, true, true },
	{ "resources/read", mcp_read_resource, true, true, true, false },
};

/* What every result of 2026-07-28 has besides. */
static int complete(const struct api_request *request, json_t *result, bool fresh)
{
	int failed = json_object_set_new(result, "resultType", json_string("complete")) |
		     json_object_set_new(result, "_meta", json_pack("{s:o}", server_key, server_info(request)));

	if (fresh)
		failed |= json_object_set_new(result, "ttlMs", json_integer(FRESH_MS)) |
			  json_object_set_new(result, "cacheScope", json_string("public"));
	return failed;
}

static void run(const struct rpc *rpc, struct mcp_outcome *outcome)
{
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		if (strcmp(methods[i].name, rpc->method) != 0 || !(rpc->modern ? methods[i].modern : methods[i].legacy))
			continue;
		/* Lists come whole: no cursor was ever given out. */
		if (methods[i].list && json_object_get(rpc->params, "cursor") != NULL) {
			mcp_fail(outcome, MCP_INVALID_PARAMS, "invalid-params", "cursor", NULL);
			return;
		}
		methods[i].method(rpc->request, rpc->params, outcome);
		if (outcome->code == 0 &&
		    (outcome->result == NULL || (rpc->modern && complete(rpc->request, outcome->result, methods[i].fresh) != 0)))
			mcp_fail(outcome, MCP_INTERNAL_ERROR, "internal", NULL, NULL);
		/* The code for a resource that is not there is another one since 2026-07-28. */
		if (rpc->modern && outcome->code == MCP_RESOURCE_NOT_FOUND)
			outcome->code = MCP_INVALID_PARAMS;
		return;
	}
	mcp_fail(outcome, MCP_METHOD_NOT_FOUND, "method-not-found", rpc->method, NULL);
}

/* ---- answers ---- */

/* The status of an answer with an error. The older revisions carry the errors of a request that was understood with 200. */
static unsigned int status_of(const struct rpc *rpc, const struct mcp_outcome *outcome)
{
	switch (outcome->code) {
	case MCP_PARSE_ERROR:
	case MCP_INVALID_REQUEST:
	case MCP_HEADER_MISMATCH:
	case MCP_UNSUPPORTED_VERSION:
		return HTTP_BAD_REQUEST;
	case MCP_METHOD_NOT_FOUND:
		return rpc->modern ? HTTP_NOT_FOUND : 200;
	case MCP_INVALID_PARAMS:
		/* of _meta, that is; the name of anything else is not one of its keys */
		return rpc->modern && (outcome->name == version_key || outcome->name == capabilities_key) ? HTTP_BAD_REQUEST : 200;
	case MCP_INTERNAL_ERROR:
		return HTTP_INTERNAL_SERVER_ERROR;
	default:
		return 200;
	}
}

static json_t *error_message(const struct rpc *rpc, struct mcp_outcome *outcome)
{
	const json_t *labels = kb_labels(rpc->request->kb, rpc->request->lang);
	json_auto_t *slots = json_pack("{s:s}", "name", outcome->name != NULL ? outcome->name : "");

	return json_pack("{s:s, s:O*, s:{s:i, s:o, s:o*}}", "jsonrpc", "2.0", "id", rpc->id, "error", "code", outcome->code, "message",
			 template_fill(kb_label(labels, "mcp", outcome->error), slots), "data", outcome->data);
}

/* Does it speak the revision without sessions, or one that nobody knows? The older ones say nothing in _meta; who names one of them there means it
 * nonetheless. */
static bool is_modern(const struct rpc *rpc)
{
	const json_t *meta = json_object_get(json_object_get(rpc->params, "_meta"), version_key);
	const char *version = json_string_value(meta);

	if (meta != NULL)
		return version == NULL || !is_one_of(version, legacy_versions);
	return rpc->said_version != NULL && strcmp(rpc->said_version, current_version) == 0;
}

/* Is the content said to be JSON? If not, leaves the members of the problem in *out. */
static bool is_json(const struct api_request *request, json_t **out)
{
	char type_field[API_MAX_FIELD];
	const char *type = request->field(request->source, "Content-Type", type_field);

	if (type != NULL && strncasecmp(type, "application/json", 16) == 0 && (type[16] == '\0' || strchr("; \t", type[16]) != NULL))
		return true;
	*out = json_pack("{s:s, s:[s]}", "value", type != NULL ? type : "", "media_types", "application/json");
	return false;
}

/* Answers a request, or takes a notification. Who may not ask is told nothing else. */
static enum problem answer(struct rpc *rpc, json_t **out)
{
	struct mcp_outcome outcome = { .result = NULL };
	const struct api_request *request = rpc->request;

	if (!may_ask(request, rpc->origin)) {
		mcp_fail(&outcome, MCP_INVALID_REQUEST, "forbidden-origin", rpc->origin, NULL);
		*request->status = HTTP_FORBIDDEN;
		*out = error_message(rpc, &outcome);
		return *out != NULL ? PROBLEM_NONE : PROBLEM_INTERNAL;
	}
	if (!is_json(request, out))
		return PROBLEM_UNSUPPORTED_MEDIA_TYPE;
	if (read_message(rpc, &outcome)) {
		rpc->modern = is_modern(rpc);
		/* There is no notification that anything would follow from. */
		bool spoken = rpc->modern && rpc->id != NULL ? check_modern(rpc, &outcome) : check_legacy(rpc, &outcome);
		if (spoken && rpc->id == NULL) {
			*request->status = HTTP_ACCEPTED;
			return PROBLEM_NONE;
		}
		if (spoken)
			run(rpc, &outcome);
	}
	if (outcome.code == 0) {
		*out = json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", rpc->id, "result", outcome.result);
	} else {
		json_decref(outcome.result);
		*request->status = status_of(rpc, &outcome);
		*out = error_message(rpc, &outcome);
	}
	return *out != NULL ? PROBLEM_NONE : PROBLEM_INTERNAL;
}

enum problem mcp_post(const struct api_request *request, json_t **out)
{
	struct rpc rpc = { .request = request };

	rpc.origin = request->field(request->source, "Origin", rpc.buffers[0]);
	rpc.said_version = request->field(request->source, "MCP-Protocol-Version", rpc.buffers[1]);
	rpc.said_method = request->field(request->source, "Mcp-Method", rpc.buffers[2]);
	rpc.said_name = request->field(request->source, "Mcp-Name", rpc.buffers[3]);
	enum problem problem = api_problem(kb_load_tables(request->kb));
	if (problem == PROBLEM_NONE)
		problem = answer(&rpc, out);
	json_decref(rpc.message);
	return problem;
}
