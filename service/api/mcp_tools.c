/* The tools and resources of /mcp. Each is a resource of the service, asked for by the handler of its path; so an answer is the same document, with
 * the Markdown that a person would read. */
#include "service/api/mcp.h"

#include "db/embedded.h"
#include "db/json_parse.h"
#include "db/template.h"
#include "service/render/render.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	MAX_ARGUMENTS = 8,
	MAX_NUMBER = 24,  /* bytes of a number in decimal */
	MAX_SEGMENT = 64, /* bytes of a segment of a resource's URI */
};

#define MAX_EXACT 9007199254740991.0 /* the largest integer up to which a double has all of them */

static const char scheme[] = "sipcodes://";

/* ---- asking a handler ---- */

/* Arguments as a handler gets them: the values of query parameters, the segments of a path, what is posted. */
struct arguments {
	struct {
		const char *name;
		const char *value;
		char number[MAX_NUMBER];
	} argument[MAX_ARGUMENTS];
	int count;
};

static const char *query(const void *source, const char *name)
{
	const struct arguments *arguments = source;

	for (int i = 0; i < arguments->count; i++)
		if (strcmp(arguments->argument[i].name, name) == 0)
			return arguments->argument[i].value;
	return NULL;
}

/* What a tool posts is JSON. */
static const char *field(const void *source, const char *name, char buffer[API_MAX_FIELD])
{
	(void)source;
	(void)buffer;
	return strcasecmp(name, "Content-Type") == 0 ? "application/json" : NULL;
}

/* Is it a string without a NUL, which the handlers would take for its end? */
static bool is_plain_string(const json_t *value)
{
	return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value);
}

/* Is it an integer by JSON Schema, to which 486.0 is one too? Then it is left in *number. */
static bool is_whole(const json_t *value, json_int_t *number)
{
	double real = json_real_value(value);

	*number = json_integer_value(value);
	if (!json_is_real(value) || !(real >= -MAX_EXACT && real <= MAX_EXACT))
		return json_is_integer(value);
	*number = (json_int_t)real;
	return (double)*number >= real && (double)*number <= real;
}

/* Adds an argument under the name that the handler knows it by. Numbers are put into decimal; false: neither a string nor an integer. */
static bool add_argument(struct arguments *arguments, const char *name, const json_t *value)
{
	int i = arguments->count;
	json_int_t number;

	if (i == MAX_ARGUMENTS || (!is_whole(value, &number) && !is_plain_string(value)))
		return false;
	snprintf(arguments->argument[i].number, MAX_NUMBER, "%" JSON_INTEGER_FORMAT, number);
	arguments->argument[i].name = name;
	arguments->argument[i].value = json_is_string(value) ? json_string_value(value) : arguments->argument[i].number;
	arguments->count++;
	return true;
}

/* The document as Markdown: a new string; NULL if memory ran out. */
static json_t *markdown(const struct api_request *request, const char *lang, const json_t *document, enum layout layout)
{
	struct memstream body;

	if (document == NULL || render_text(document, layout, kb_labels(request->kb, lang), &body) != 0)
		return NULL;
	json_t *text = json_stringn(body.data, body.size);
	free(body.data);
	return text;
}

/* ---- tools ---- */

struct tool {
	const char *key, *name;
	api_handler *handler;
	const char *schema;               /* of what it answers, in the OpenAPI description */
	const char *path[API_MAX_PARAMS]; /* the arguments that stand in the path */
	struct {
		const char *argument, *parameter;
	} renamed; /* an argument whose query parameter is called otherwise */
	enum layout layout;
	bool posts; /* its arguments are what is posted */
};

static const struct tool tools[] = {
	{ "lookup-code", "lookup_code", codes_get, "Code", { "code" }, { NULL, NULL }, LAYOUT_CODE, false },
	{ "compare-codes", "compare_codes", compare_get, "Comparison", { "a", "b" }, { NULL, NULL }, LAYOUT_COMPARISON, false },
	{ "search", "search", search_get, "SearchResult", { NULL }, { "query", "q" }, LAYOUT_SEARCH, false },
	{ "explain-trace", "explain_trace", explain_post, "Explanation", { NULL }, { NULL, NULL }, LAYOUT_EXPLANATION, true },
	{ "vendor-handling", "vendor_handling", vendors_get, "Vendor", { "vendor" }, { NULL, NULL }, LAYOUT_VENDOR, false },
	{ "lookup-cause", "lookup_cause", causes_get, "Cause", { "cause" }, { NULL, NULL }, LAYOUT_CAUSE, false },
};

/* A copy of an object without its member "lang"; NULL if memory ran out, which json_copy would not tell. */
static json_t *without_lang(const json_t *object)
{
	json_t *copy = json_object(), *value;
	const char *name;

	json_object_foreach ((json_t *)object, name, value)
		if (strcmp(name, "lang") != 0 && json_object_set(copy, name, value) != 0) {
			json_decref(copy);
			return NULL;
		}
	return copy;
}

/* The properties of the content, and lang. */
static json_t *input_schema(const struct api_request *request, const json_t *entry)
{
	const json_t *labels = kb_labels(request->kb, request->lang);
	json_auto_t *properties = without_lang(json_object_get(entry, "properties"));
	json_t *lang = json_pack("{s:s, s:o, s:s}", "type", "string", "enum", api_language_tags(request->kb), "description",
				 kb_label(labels, "mcp", "lang"));

	if (json_object_set_new(properties, "lang", lang) != 0)
		return NULL;
	return json_pack("{s:s, s:O, s:O, s:b}", "type", "object", "properties", properties, "required", json_object_get(entry, "required"),
			 "additionalProperties", 0);
}

static json_t *with_definitions(const json_t *value, const json_t *components, json_t *definitions);

/* A $ref to a component becomes one to a definition, which is added. NULL if memory ran out. */
static json_t *refer(const char *ref, const json_t *components, json_t *definitions)
{
	static const char prefix[] = "#/components/schemas/";
	const char *name = ref + sizeof prefix - 1;

	if (strncmp(ref, prefix, sizeof prefix - 1) != 0)
		return json_string(ref);
	/* Before it is there it is marked, so that what refers to itself comes to an end. */
	if (json_object_get(definitions, name) == NULL &&
	    (json_object_set(definitions, name, json_true()) != 0 ||
	     json_object_set_new(definitions, name, with_definitions(json_object_get(components, name), components, definitions)) != 0))
		return NULL;
	return json_sprintf("#/$defs/%s", name);
}

static json_t *object_with_definitions(const json_t *object, const json_t *components, json_t *definitions)
{
	json_t *copy = json_object(), *member;
	const char *key;

	json_object_foreach ((json_t *)object, key, member) {
		bool ref = strcmp(key, "$ref") == 0 && json_is_string(member);
		json_t *value = ref ? refer(json_string_value(member), components, definitions) : with_definitions(member, components, definitions);
		if (json_object_set_new(copy, key, value) != 0) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

/* A copy of a part of a schema in which references lead into definitions; NULL if memory ran out. */
static json_t *with_definitions(const json_t *value, const json_t *components, json_t *definitions)
{
	json_t *copy, *member;
	size_t i;

	if (json_is_object(value))
		return object_with_definitions(value, components, definitions);
	if (!json_is_array(value))
		return json_incref((json_t *)value);
	copy = json_array();
	json_array_foreach (value, i, member)
		if (json_array_append_new(copy, with_definitions(member, components, definitions)) != 0) {
			json_decref(copy);
			return NULL;
		}
	return copy;
}

/* A component schema of the OpenAPI description with all that it refers to. */
static json_t *output_schema(const json_t *components, const char *name)
{
	json_t *definitions = json_object();
	json_t *schema = with_definitions(json_object_get(components, name), components, definitions);

	if (json_object_set_new(schema, "$defs", definitions) != 0) {
		json_decref(schema);
		return NULL;
	}
	return schema;
}

static json_t *describe(const struct api_request *request, const struct tool *tool, const json_t *components)
{
	const json_t *entry = json_object_get(kb_table(request->kb, KB_TABLE_TOOLS, request->lang), tool->key);

	return json_pack("{s:s, s:O, s:O, s:o, s:o, s:{s:b, s:b, s:b, s:b}}", "name", tool->name, "title", json_object_get(entry, "title"),
			 "description", json_object_get(entry, "description"), "inputSchema", input_schema(request, entry), "outputSchema",
			 output_schema(components, tool->schema), "annotations", "readOnlyHint", 1, "destructiveHint", 0, "idempotentHint", 1,
			 "openWorldHint", 0);
}

void mcp_list_tools(const struct api_request *request, const json_t *params, struct mcp_outcome *outcome)
{
	const struct embedded_file *file = embedded_find("openapi/openapi.json");
	json_auto_t *openapi = file != NULL ? json_parse(file->data, file->size, 0, NULL) : NULL;
	const json_t *components = json_object_get(json_object_get(openapi, "components"), "schemas");
	json_t *list = json_array();

	(void)params;
	for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++)
		if (openapi == NULL || json_array_append_new(list, describe(request, &tools[i], components)) != 0) {
			json_decref(list);
			return;
		}
	outcome->result = json_pack("{s:o}", "tools", list);
}

/* Is the argument in the path? Then its place there, else -1. */
static int place_in_path(const struct tool *tool, const char *name)
{
	for (int i = 0; i < API_MAX_PARAMS && tool->path[i] != NULL; i++)
		if (strcmp(tool->path[i], name) == 0)
			return i;
	return -1;
}

static const char *parameter_of(const struct tool *tool, const char *name)
{
	return tool->renamed.argument != NULL && strcmp(tool->renamed.argument, name) == 0 ? tool->renamed.parameter : name;
}

/* A call of a tool, on its way to the handler. */
struct call {
	const struct tool *tool;
	struct arguments query, path;
	const char *lang;
	char *content;
};

/* The tag of a language, if there is one of that name. */
static const char *known_language(struct kb *kb, const char *tag)
{
	size_t i;
	const json_t *language;

	json_array_foreach ((json_t *)kb_languages(kb), i, language) {
		const char *known = json_string_value(json_object_get(language, "tag"));
		if (tag != NULL && strcasecmp(known, tag) == 0)
			return known;
	}
	return NULL;
}

/* Sorts the arguments; the name of the first that cannot be used, or NULL. */
static const char *sort_arguments(const struct api_request *request, const json_t *arguments, struct call *call)
{
	const json_t *entry = json_object_get(kb_table(request->kb, KB_TABLE_TOOLS, request->lang), call->tool->key);
	const char *name;
	json_t *value, *required;
	size_t i;

	json_array_foreach (json_object_get(entry, "required"), i, required)
		if (json_object_get(arguments, json_string_value(required)) == NULL)
			return json_string_value(required);
	for (i = 0; i < API_MAX_PARAMS && call->tool->path[i] != NULL; i++)
		if (!add_argument(&call->path, call->tool->path[i], json_object_get(arguments, call->tool->path[i])))
			return call->tool->path[i];
	json_object_foreach ((json_t *)arguments, name, value) {
		if (strcmp(name, "lang") == 0) {
			if (known_language(request->kb, mcp_string(arguments, name)) == NULL)
				return name;
			continue;
		}
		bool in_query = !call->tool->posts && place_in_path(call->tool, name) < 0;
		if (json_object_get(json_object_get(entry, "properties"), name) == NULL ||
		    (in_query && !add_argument(&call->query, parameter_of(call->tool, name), value)))
			return name;
	}
	return NULL;
}

/* What a tool posts: its arguments but lang. */
static char *posted(const json_t *arguments)
{
	json_auto_t *content = without_lang(arguments);
	size_t size;

	return json_text(content, &size);
}

static json_t *text_content(json_t *text)
{
	return json_pack("[{s:s, s:o}]", "type", "text", "text", text);
}

/* A result that says what is wrong, so that the model can do better. */
static json_t *wrong(json_t *text)
{
	return json_pack("{s:o, s:b}", "content", text_content(text), "isError", 1);
}

/* A problem in words. Where it is a query parameter's it names the argument. */
static json_t *tell_problem(const struct api_request *asked, const struct tool *tool, enum problem problem, json_t *members)
{
	const char *parameter = json_string_value(json_object_get(members, "parameter"));

	if (parameter != NULL && tool != NULL && tool->renamed.parameter != NULL && strcmp(tool->renamed.parameter, parameter) == 0 &&
	    json_object_set_new(members, "parameter", json_string(tool->renamed.argument)) != 0)
		return NULL;
	json_auto_t *told = api_problem_document(asked, problem, members, NULL);
	return wrong(markdown(asked, asked->lang, told, LAYOUT_PROBLEM));
}

/* What is wrong with an argument, in the language that was asked for. */
static json_t *tell_unusable(const struct api_request *request, const char *lang, const char *name, const json_t *value)
{
	if (strcmp(name, "lang") == 0) {
		json_auto_t *members = json_pack("{s:s, s:o}", "value", is_plain_string(value) ? json_string_value(value) : "", "languages",
						 api_language_tags(request->kb));
		return members != NULL ? tell_problem(request, NULL, PROBLEM_UNKNOWN_LANGUAGE, members) : NULL;
	}
	json_auto_t *slots = json_pack("{s:s}", "name", name);
	return wrong(template_fill(kb_label(kb_labels(request->kb, lang), "mcp", "invalid-argument"), slots));
}

/* Asks the handler; the result of the tool. */
static json_t *perform(const struct api_request *request, struct call *call)
{
	unsigned int status = 200;
	json_auto_t *document = NULL;
	const struct api_request asked = {
		.kb = request->kb,
		.lang = call->lang,
		.params = { call->path.count > 0 ? call->path.argument[0].value : "", call->path.count > 1 ? call->path.argument[1].value : "" },
		.query = query,
		.field = field,
		.source = &call->query,
		.content = call->content,
		.content_size = call->content != NULL ? strlen(call->content) : 0,
		.status = &status,
	};
	enum problem problem = call->tool->handler(&asked, &document);

	if (problem == PROBLEM_INTERNAL)
		return NULL;
	if (problem != PROBLEM_NONE)
		return tell_problem(&asked, call->tool, problem, document);
	return json_pack("{s:o, s:O, s:b}", "content", text_content(markdown(request, call->lang, document, call->tool->layout)), "structuredContent",
			 document, "isError", 0);
}

void mcp_call_tool(const struct api_request *request, const json_t *params, struct mcp_outcome *outcome)
{
	const char *name = mcp_string(params, "name");
	const json_t *arguments = json_object_get(params, "arguments");
	struct call call = { .lang = request->lang };

	for (size_t i = 0; name != NULL && i < sizeof tools / sizeof tools[0]; i++)
		if (strcmp(tools[i].name, name) == 0)
			call.tool = &tools[i];
	if (call.tool == NULL) {
		mcp_fail(outcome, MCP_INVALID_PARAMS, name != NULL ? "unknown-tool" : "invalid-params", name != NULL ? name : "name", NULL);
		return;
	}
	if (arguments != NULL && !json_is_object(arguments)) {
		mcp_fail(outcome, MCP_INVALID_PARAMS, "invalid-params", "arguments", NULL);
		return;
	}
	const char *lang = known_language(request->kb, mcp_string(arguments, "lang"));
	if (lang != NULL)
		call.lang = lang;
	const char *unusable = sort_arguments(request, arguments, &call);
	if (unusable != NULL) {
		outcome->result = tell_unusable(request, call.lang, unusable, json_object_get(arguments, unusable));
		return;
	}
	if (!call.tool->posts || (call.content = posted(arguments)) != NULL)
		outcome->result = perform(request, &call);
	free(call.content);
}

/* ---- resources ---- */

/* What follows the scheme in a URI is the path of the service. */
static const struct {
	const char *segment;
	const char *template;
	const char *link; /* names it in the labels' group "links" */
	api_handler *handler;
	enum layout layout;
	int parameters;
} resources[] = {
	{ "codes", "codes/{code}", "code", codes_get, LAYOUT_CODE, 1 },
	{ "compare", "compare/{a}/{b}", "compare", compare_get, LAYOUT_COMPARISON, 2 },
	{ "vendors", "vendors/{slug}", "vendor", vendors_get, LAYOUT_VENDOR, 1 },
	{ "scenarios", "scenarios/{slug}", "scenarios", scenarios_get, LAYOUT_SCENARIO, 1 },
	{ "topics", "topics/{slug}", "topics", topics_get, LAYOUT_TOPIC, 1 },
	{ "flows", "flows/{slug}", "flows", flows_get, LAYOUT_FLOW, 1 },
	{ "timers", "timers/{slug}", "timers", timers_get, LAYOUT_TIMER, 1 },
	{ "causes", "causes/{cause}", "causes", causes_get, LAYOUT_CAUSE, 1 },
	{ "warnings", "warnings/{warning}", "warnings", warnings_get, LAYOUT_WARNING, 1 },
	{ "glossary", "glossary/{slug}", "glossary", glossary_get, LAYOUT_TERM, 1 },
};

enum { RESOURCE_COUNT = sizeof resources / sizeof resources[0] };

void mcp_list_resources(const struct api_request *request, const json_t *params, struct mcp_outcome *outcome)
{
	const struct kb_code_filter all = { NULL, NULL, NULL, NULL };
	json_auto_t *codes = NULL;
	json_t *list = json_array();
	size_t i;
	const json_t *code;

	(void)params;
	if (kb_codes(request->kb, &all, request->lang, &codes) != KB_OK) {
		json_decref(list);
		return;
	}
	json_array_foreach (codes, i, code) {
		json_int_t number = json_integer_value(json_object_get(code, "code"));
		json_t *item =
			json_pack("{s:o, s:o, s:O, s:O, s:s}", "uri", json_sprintf("%scodes/%" JSON_INTEGER_FORMAT, scheme, number), "name",
				  json_sprintf("%" JSON_INTEGER_FORMAT " %s", number, json_string_value(json_object_get(code, "phrase"))), "title",
				  json_object_get(code, "title"), "description", json_object_get(code, "summary"), "mimeType", "text/markdown");
		if (json_array_append_new(list, item) != 0) {
			json_decref(list);
			return;
		}
	}
	outcome->result = json_pack("{s:o}", "resources", list);
}

void mcp_list_templates(const struct api_request *request, const json_t *params, struct mcp_outcome *outcome)
{
	const json_t *labels = kb_labels(request->kb, request->lang);
	json_t *list = json_array();

	(void)params;
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		if (json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:s}", "uriTemplate", json_sprintf("%s%s", scheme, resources[i].template),
							  "name", resources[i].segment, "title", kb_label(labels, "links", resources[i].link),
							  "mimeType", "text/markdown")) != 0) {
			json_decref(list);
			return;
		}
	outcome->result = json_pack("{s:o}", "resourceTemplates", list);
}

/* Takes the path of a URI apart: its first segment to which, the others to segments. Returns its place among the resources, -1: none. */
static int read_uri(const char *uri, char segments[API_MAX_PARAMS][MAX_SEGMENT])
{
	const char *path = uri + sizeof scheme - 1;

	if (strncmp(uri, scheme, sizeof scheme - 1) != 0)
		return -1;
	for (int i = 0; i < RESOURCE_COUNT; i++) {
		size_t n = strlen(resources[i].segment);
		const char *rest = path + n;
		int count = 0;
		if (strncmp(path, resources[i].segment, n) != 0)
			continue;
		for (; *rest == '/' && count < resources[i].parameters; count++) {
			size_t size = strcspn(rest + 1, "/");
			if (size == 0 || size >= MAX_SEGMENT)
				return -1;
			memcpy(segments[count], rest + 1, size);
			segments[count][size] = '\0';
			rest += 1 + size;
		}
		if (*rest == '\0' && count == resources[i].parameters)
			return i;
	}
	return -1;
}

void mcp_read_resource(const struct api_request *request, const json_t *params, struct mcp_outcome *outcome)
{
	const char *uri = mcp_string(params, "uri");
	char segments[API_MAX_PARAMS][MAX_SEGMENT] = { "", "" };
	const struct arguments none = { .count = 0 };
	json_auto_t *document = NULL;
	unsigned int status = 200;

	if (uri == NULL) {
		mcp_fail(outcome, MCP_INVALID_PARAMS, "invalid-params", "uri", NULL);
		return;
	}
	int which = read_uri(uri, segments);
	const struct api_request asked = {
		.kb = request->kb,
		.lang = request->lang,
		.params = { segments[0], segments[1] },
		.query = query,
		.field = field,
		.source = &none,
		.status = &status,
	};
	enum problem problem = which >= 0 ? resources[which].handler(&asked, &document) : PROBLEM_NOT_FOUND;
	if (problem == PROBLEM_INTERNAL)
		return;
	if (problem != PROBLEM_NONE) {
		mcp_fail(outcome, MCP_RESOURCE_NOT_FOUND, "unknown-resource", uri, json_pack("{s:s}", "uri", uri));
		return;
	}
	outcome->result = json_pack("{s:[{s:s, s:s, s:o}]}", "contents", "uri", uri, "mimeType", "text/markdown", "text",
				    markdown(request, request->lang, document, resources[which].layout));
}
