/* /codes and /codes/{n} */
#include "service/api/api.h"

#include <stdbool.h>
#include <string.h>

static bool is_one_of(const char *value, const char *const values[])
{
	for (; *values != NULL; values++)
		if (strcmp(value, *values) == 0)
			return true;
	return false;
}

static const char *const classes[] = { "1", "2", "3", "4", "5", "6", NULL };
static const char *const statuses[] = { "registered", "deprecated", "unregistered", NULL };
/* IANA's registry but ACK, which no response answers (RFC 3261 section 17.1.1.3). */
static const char *const methods[] = { "BYE",   "CANCEL",  "INFO",  "INVITE",   "MESSAGE",   "NOTIFY", "OPTIONS",
				       "PRACK", "PUBLISH", "REFER", "REGISTER", "SUBSCRIBE", "UPDATE", NULL };

enum problem codes_list(const struct api_request *request, json_t **out)
{
	struct kb_code_filter filter = { NULL, NULL, NULL, NULL };
	const struct {
		const char *name;
		const char **value;
		const char *const *allowed;
	} parameters[] = {
		{ "class", &filter.digit, classes },
		{ "status", &filter.status, statuses },
		{ "method", &filter.method, methods },
	};
	json_t *items = NULL;

	for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
		const char *value = request->query(request->source, parameters[i].name);
		if (value != NULL && !is_one_of(value, parameters[i].allowed))
			return api_invalid_parameter(parameters[i].name, value, api_strings(parameters[i].allowed), out);
		*parameters[i].value = value;
	}
	enum problem problem = api_vendor(request, &filter.vendor, out);
	if (problem != PROBLEM_NONE)
		return problem;
	if (filter.digit == NULL && filter.status == NULL && filter.method == NULL && filter.vendor == NULL)
		return api_entries(request, KB_CODES, out);
	enum kb_status status = kb_codes(request->kb, &filter, request->lang, &items);
	return api_list(status, items, request->lang, out);
}

/* Keeps the site's notes about the product, and those about none. */
static int keep_site_notes(json_t *code, const char *vendor)
{
	json_t *kept = json_array();
	size_t i;
	const json_t *note;

	json_array_foreach (json_object_get(code, "site_notes"), i, note) {
		const char *slug = json_string_value(json_object_get(note, "vendor"));
		if ((slug == NULL || strcmp(slug, vendor) == 0) && json_array_append(kept, (json_t *)note) != 0) {
			json_decref(kept);
			return -1;
		}
	}
	return json_object_set_new(code, "site_notes", kept);
}

/* All notes of one product in place of one of each, and the rule among them. */
static enum problem narrow(const struct api_request *request, const char *vendor, int number, json_t *code)
{
	json_t *notes = NULL;

	if (kb_vendor_notes(request->kb, vendor, number, request->lang, &notes) != KB_OK || json_object_set_new(code, "vendors", notes) != 0 ||
	    keep_site_notes(code, vendor) != 0)
		return PROBLEM_INTERNAL;
	return api_add_rule(request, vendor, number, code);
}

enum problem codes_get(const struct api_request *request, json_t **out)
{
	const char *vendor = NULL;
	int code;
	enum problem problem = api_code(request->params[0], &code, out);

	if (problem == PROBLEM_NONE)
		problem = api_vendor(request, &vendor, out);
	if (problem != PROBLEM_NONE)
		return problem;
	enum kb_status status = vendor == NULL && request->ready != NULL
					? kb_ready(request->kb, KB_CODES, request->params[0], request->lang, request->ready)
					: kb_code(request->kb, code, request->lang, out);
	if (status != KB_OK)
		return status == KB_NOT_FOUND ? api_code_not_defined(request, code, out) : api_problem(status);
	return vendor != NULL ? api_unless(narrow(request, vendor, code, *out), out) : PROBLEM_NONE;
}
