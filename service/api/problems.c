/* /problems and /problems/{slug}: where the "type" of an error answer leads (RFC 9457 section 3.1.1) */
#include "service/api/api.h"

#include "db/template.h"

#include <stdio.h>
#include <string.h>

#define KIND(name, status, slug) { status, slug },
const struct problem_kind problem_kinds[PROBLEM_COUNT] = { PROBLEMS(KIND) };
#undef KIND

/* The members as the slots of the detail: each list of strings is also there as NAME_list, in words. */
static json_t *detail_slots(const json_t *labels, const json_t *members)
{
	json_auto_t *slots = json_object();
	const char *name;
	json_t *value;

	if (json_object_update(slots, (json_t *)members) != 0)
		return NULL;
	json_object_foreach ((json_t *)members, name, value) {
		char key[64];
		if (!json_is_array(value) || json_is_object(json_array_get(value, 0)))
			continue;
		json_t *words = json_array_size(value) > 0 ? template_join(json_incref(value), kb_label(labels, "templates", "list_separator"))
							   : json_string(kb_label(labels, "templates", "none"));
		snprintf(key, sizeof key, "%s_list", name);
		if (json_object_set_new(slots, key, words) != 0)
			return NULL;
	}
	return json_incref(slots);
}

json_t *api_problem_document(const struct api_request *request, enum problem problem, json_t *members, json_t *instance)
{
	const struct problem_kind *kind = &problem_kinds[problem];
	const json_t *text = kb_problem(request->kb, kind->slug, request->lang);
	const char *detail = json_string_value(json_object_get(text, "detail"));
	json_auto_t *own = members != NULL ? json_incref(members) : json_object(), *where = instance;
	json_auto_t *slots = detail_slots(kb_labels(request->kb, request->lang), own);

	if (slots == NULL || (members == NULL && strchr(detail, '{') != NULL))
		return NULL;
	json_auto_t *document = json_pack("{s:o, s:O, s:i, s:o, s:O*, s:s}", "type", json_sprintf("/problems/%s", kind->slug), "title",
					  json_object_get(text, "title"), "status", (int)kind->status, "detail", template_fill(detail, slots),
					  "instance", where, "lang", request->lang);
	if (document == NULL || json_object_update(document, own) != 0)
		return NULL;
	return json_incref(document);
}

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
