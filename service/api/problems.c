/* /problems and /problems/{slug}: where the "type" of an error answer leads (RFC 9457 section 3.1.1) */
#include "service/api/api.h"

#include <stdio.h>
#include <string.h>

#define STATUS_OF(name, status, slug) { slug, status },
static const struct {
	const char *slug;
	int status;
} problems[] = { PROBLEMS(STATUS_OF) };
#undef STATUS_OF

static json_t *problem_item(const struct api_request *request, const char *slug, int status)
{
	json_auto_t *entry = NULL;

	if (kb_entry(request->kb, "problems", slug, request->lang, &entry) != KB_OK)
		return NULL;
	return json_pack("{s:s, s:O, s:i, s:o}", "slug", slug, "title", json_object_get(entry, "title"), "status", status, "url",
			 json_sprintf("/problems/%s", slug));
}

enum problem problems_list(const struct api_request *request, json_t **out)
{
	json_t *items = json_array();

	for (size_t i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++)
		if (json_array_append_new(items, problem_item(request, problems[i].slug, problems[i].status)) != 0) {
			json_decref(items);
			return PROBLEM_INTERNAL;
		}
	return api_list(KB_OK, items, request->lang, out);
}

enum problem problems_get(const struct api_request *request, json_t **out)
{
	for (size_t i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++) {
		if (strcmp(problems[i].slug, request->params[0]) != 0)
			continue;
		*out = problem_item(request, problems[i].slug, problems[i].status);
		if (*out == NULL || json_object_set_new(*out, "lang", json_string(request->lang)) != 0)
			return PROBLEM_INTERNAL;
		return PROBLEM_NONE;
	}
	return PROBLEM_NOT_FOUND;
}
