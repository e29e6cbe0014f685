/* What the handlers of the resources share. */
#include "service/api/api.h"

#include <string.h>

enum { NEAREST_COUNT = 4 };

enum problem api_problem(enum kb_status status)
{
	switch (status) {
	case KB_OK:
		return PROBLEM_NONE;
	case KB_NOT_FOUND:
		return PROBLEM_NOT_FOUND;
	case KB_FAILED:
		return PROBLEM_INTERNAL;
	}
	return PROBLEM_INTERNAL;
}

enum problem api_list(enum kb_status status, json_t *items, const char *lang, json_t **out)
{
	if (status != KB_OK)
		return api_problem(status);
	*out = json_pack("{s:i, s:s, s:o}", "total", (int)json_array_size(items), "lang", lang, "items", items);
	return *out != NULL ? PROBLEM_NONE : PROBLEM_INTERNAL;
}

enum problem api_entries(const struct api_request *request, enum kb_kind kind, json_t **out)
{
	json_t *items = NULL;
	enum kb_status status = request->ready != NULL ? kb_ready_list(request->kb, kind, request->lang, request->ready) : KB_NOT_FOUND;

	if (status != KB_NOT_FOUND) /* a kind without entries has no list that is ready */
		return api_problem(status);
	status = kb_list(request->kb, kind, request->lang, &items);
	return api_list(status, items, request->lang, out);
}

enum problem api_entry(const struct api_request *request, enum kb_kind kind, json_t **out)
{
	return api_problem(kb_document(request->kb, kind, request->params[0], request->lang, out));
}

enum problem api_ready_entry(const struct api_request *request, enum kb_kind kind, json_t **out)
{
	if (request->ready == NULL)
		return api_entry(request, kind, out);
	return api_problem(kb_ready(request->kb, kind, request->params[0], request->lang, request->ready));
}

/* The slugs of all products. */
static json_t *vendor_slugs(const struct api_request *request)
{
	json_auto_t *vendors = NULL;
	json_t *slugs = json_array();
	size_t i;
	const json_t *vendor;

	if (kb_list(request->kb, KB_VENDORS, request->lang, &vendors) != KB_OK)
		goto fail;
	json_array_foreach (vendors, i, vendor)
		if (json_array_append(slugs, json_object_get(vendor, "slug")) != 0)
			goto fail;
	return slugs;
fail:
	json_decref(slugs);
	return NULL;
}

enum problem api_known_vendor(const struct api_request *request, const char *vendor, json_t **out)
{
	enum kb_status status = kb_exists(request->kb, KB_VENDORS, vendor, request->lang);

	return status == KB_NOT_FOUND ? api_invalid_parameter("vendor", vendor, vendor_slugs(request), out) : api_problem(status);
}

enum problem api_vendor(const struct api_request *request, const char **vendor, json_t **out)
{
	*vendor = request->query(request->source, "vendor");
	return *vendor != NULL ? api_known_vendor(request, *vendor, out) : PROBLEM_NONE;
}

enum problem api_unless(enum problem problem, json_t **out)
{
	if (problem != PROBLEM_NONE) {
		json_decref(*out);
		*out = NULL;
	}
	return problem;
}

enum problem api_add_rule(const struct api_request *request, const char *vendor, int code, json_t *document)
{
	json_t *rule = NULL;
	enum kb_status status = kb_vendor_rule(request->kb, vendor, code, request->lang, &rule);

	if (status == KB_NOT_FOUND)
		return PROBLEM_NONE;
	return status == KB_OK && json_object_set_new(document, "rule", rule) == 0 ? PROBLEM_NONE : PROBLEM_INTERNAL;
}

enum problem api_code(const char *param, int *code, json_t **out)
{
	if (strlen(param) == 3 && strspn(param, "0123456789") == 3 && param[0] >= '1' && param[0] <= '6') {
		*code = (param[0] - '0') * 100 + (param[1] - '0') * 10 + (param[2] - '0');
		return PROBLEM_NONE;
	}
	*out = json_pack("{s:s}", "value", param);
	return PROBLEM_INVALID_CODE;
}

json_t *api_strings(const char *const strings[])
{
	json_t *array = json_array();

	for (; *strings != NULL; strings++)
		if (json_array_append_new(array, json_string(*strings)) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

json_t *api_language_tags(const struct kb *kb)
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

enum problem api_invalid_parameter(const char *name, const char *value, json_t *allowed, json_t **out)
{
	*out = json_pack("{s:s, s:s, s:o}", "parameter", name, "value", value, "allowed", allowed);
	return PROBLEM_INVALID_PARAMETER;
}

enum problem api_code_not_defined(const struct api_request *request, int code, json_t **out)
{
	json_auto_t *nearest = NULL;
	int treat_as;

	if (kb_treat_as(request->kb, code, request->lang, &treat_as) != KB_OK ||
	    kb_codes_nearest(request->kb, code, NEAREST_COUNT, request->lang, &nearest) != KB_OK)
		return PROBLEM_INTERNAL;
	*out = json_pack("{s:i, s:i, s:{s:o, s:o}, s:O}", "code", code, "treat_as", treat_as, "links", "treat_as",
			 json_sprintf("/codes/%d", treat_as), "class", json_sprintf("/classes/%d", code / 100), "nearest", nearest);
	return PROBLEM_CODE_NOT_DEFINED;
}
