/* / (the service document), /llms.txt, /openapi.json, /livez and /readyz */
#include "service/api/api.h"

#include "db/embedded.h"
#include "db/json_parse.h"
#include "service/version.h"

/* Where to go from here: rel is the name of a label of the group links. */
static const struct {
	const char *rel, *url;
} links[] = {
	{ "codes", "/codes" },       { "code", "/codes/{n}" },        { "compare", "/compare/{a}/{b}" }, { "classes", "/classes" },
	{ "vendors", "/vendors" },   { "vendor", "/vendors/{slug}" }, { "scenarios", "/scenarios" },     { "topics", "/topics" },
	{ "flows", "/flows" },       { "timers", "/timers" },         { "causes", "/causes" },           { "warnings", "/warnings" },
	{ "glossary", "/glossary" }, { "search", "/search?q={q}" },   { "explain", "/explain" },         { "mcp", "/mcp" },
	{ "problems", "/problems" }, { "openapi", "/openapi.json" },  { "llms", "/llms.txt" },           { "livez", "/livez" },
	{ "readyz", "/readyz" },
};

static json_t *list_links(const json_t *labels)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
		json_t *link =
			json_pack("{s:s, s:s, s:s}", "rel", links[i].rel, "name", kb_label(labels, "links", links[i].rel), "url", links[i].url);
		if (json_array_append_new(list, link) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

enum problem service_get(const struct api_request *request, json_t **out)
{
	const json_t *labels = kb_labels(request->kb, request->lang);

	*out = json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:O, s:o}", "name", kb_label(labels, "service", "name"), "description",
			 kb_label(labels, "service", "description"), "lang", request->lang, "versions", "program", SIPCODES_VERSION, "knowledge_base",
			 kb_version(request->kb), "languages", kb_languages(request->kb), "links", list_links(labels));
	return *out != NULL ? PROBLEM_NONE : PROBLEM_INTERNAL;
}

/* The kinds of entries that /llms.txt lists one by one. */
static const struct {
	const char *name;
	enum kb_kind kind;
} listed[] = { { "topics", KB_TOPICS }, { "scenarios", KB_SCENARIOS }, { "flows", KB_FLOWS }, { "vendors", KB_VENDORS } };

enum problem llms_get(const struct api_request *request, json_t **out)
{
	const struct kb_code_filter all = { NULL, NULL, NULL, NULL };
	json_auto_t *document = NULL;
	json_t *items = NULL;
	enum problem problem = service_get(request, &document);

	if (problem != PROBLEM_NONE)
		return problem;
	if (kb_codes(request->kb, &all, request->lang, &items) != KB_OK || json_object_set_new(document, "codes", items) != 0)
		return PROBLEM_INTERNAL;
	for (size_t i = 0; i < sizeof listed / sizeof listed[0]; i++)
		if (kb_list(request->kb, listed[i].kind, request->lang, &items) != KB_OK || json_object_set_new(document, listed[i].name, items) != 0)
			return PROBLEM_INTERNAL;
	*out = json_incref(document);
	return PROBLEM_NONE;
}

enum problem openapi_get(const struct api_request *request, json_t **out)
{
	const struct embedded_file *file = embedded_find("openapi/openapi.json");

	(void)request;
	*out = file != NULL ? json_parse(file->data, file->size, 0, NULL) : NULL;
	return *out != NULL ? PROBLEM_NONE : PROBLEM_INTERNAL;
}

enum problem livez_get(const struct api_request *request, json_t **out)
{
	(void)request;
	*out = json_pack("{s:s}", "status", "ok");
	return *out != NULL ? PROBLEM_NONE : PROBLEM_INTERNAL;
}

/* Ready means that the knowledge base answers, not only that it was opened. */
enum problem readyz_get(const struct api_request *request, json_t **out)
{
	return kb_exists(request->kb, KB_CLASSES, "2", request->lang) == KB_OK ? livez_get(request, out) : PROBLEM_UNAVAILABLE;
}
