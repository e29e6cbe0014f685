/* / (the service document), /openapi.json, /livez and /readyz */
#include "service/api/api.h"

#include "db/embedded.h"
#include "db/json_parse.h"
#include "service/version.h"

static json_t *resource(const json_t *labels, const char *rel, const char *url)
{
	return json_pack("{s:s, s:s, s:s}", "rel", rel, "name", kb_label(labels, "links", rel), "url", url);
}

enum problem service_get(const struct api_request *request, json_t **out)
{
	const json_t *labels = kb_labels(request->kb, request->lang);

	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:[o,o,o,o,o,o,o,o,o]}", "name", kb_label(labels, "service", "name"), "description",
			 kb_label(labels, "service", "description"), "lang", request->lang, "program", SIPCODES_VERSION, "knowledge_base",
			 kb_version(request->kb), "languages", kb_languages(request->kb), "resources", resource(labels, "codes", "/codes"),
			 resource(labels, "code", "/codes/{n}"), resource(labels, "compare", "/compare/{a}/{b}"),
			 resource(labels, "classes", "/classes"), resource(labels, "glossary", "/glossary"),
			 resource(labels, "problems", "/problems"), resource(labels, "openapi", "/openapi.json"), resource(labels, "livez", "/livez"),
			 resource(labels, "readyz", "/readyz"));
	return *out != NULL ? PROBLEM_NONE : PROBLEM_INTERNAL;
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
	json_auto_t *code = NULL;
	enum kb_status status = kb_code(request->kb, 200, request->lang, &code);

	return status == KB_OK ? livez_get(request, out) : PROBLEM_UNAVAILABLE;
}
