/* /problems and /problems/{slug}: where the "type" of an error answer leads (RFC 9457 section 3.1.1) */
#include "service/api/api.h"

#include <string.h>

#define KIND(name, status, slug) { status, slug },
const struct problem_kind problem_kinds[PROBLEM_COUNT] = { PROBLEMS(KIND) };
#undef KIND

static json_t *problem_item(const struct api_request *request, const struct problem_kind *kind)
{
	const json_t *text = kb_problem(request->kb, kind->slug, request->lang);

	return json_pack("{s:s, s:O, s:i, s:o}", "slug", kind->slug, "title", json_object_get(text, "title"), "status", (int)kind->status, "url",
			 json_sprintf("/problems/%s", kind->slug));
}

enum problem problems_list(const struct api_request *request, json_t **out)
{
	json_t *items = json_array();

	for (size_t i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++)
		if (json_array_append_new(items, problem_item(request, &problem_kinds[i])) != 0) {
			json_decref(items);
			return PROBLEM_INTERNAL;
		}
	return api_list(KB_OK, items, request->lang, out);
}

enum problem problems_get(const struct api_request *request, json_t **out)
{
	for (size_t i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++) {
		if (strcmp(problem_kinds[i].slug, request->params[0]) != 0)
			continue;
		*out = problem_item(request, &problem_kinds[i]);
		return *out != NULL && json_object_set_new(*out, "lang", json_string(request->lang)) == 0 ? PROBLEM_NONE : PROBLEM_INTERNAL;
	}
	return PROBLEM_NOT_FOUND;
}
