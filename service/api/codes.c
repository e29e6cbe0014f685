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

/* No vendor is known yet, so every name of one is a mistake. */
static enum problem check_vendor(const struct api_request *request, json_t **out)
{
	const char *vendor = request->query(request->source, "vendor");

	return vendor == NULL ? PROBLEM_NONE : api_invalid_parameter("vendor", vendor, json_array(), out);
}

enum problem codes_list(const struct api_request *request, json_t **out)
{
	struct kb_code_filter filter = { NULL, NULL, NULL };
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
	enum problem problem = check_vendor(request, out);
	if (problem != PROBLEM_NONE)
		return problem;
	enum kb_status status = kb_codes(request->kb, &filter, request->lang, &items);
	return api_list(status, items, request->lang, out);
}

enum problem codes_get(const struct api_request *request, json_t **out)
{
	int code;
	enum problem problem = api_code(request->params[0], &code, out);

	if (problem == PROBLEM_NONE)
		problem = check_vendor(request, out);
	if (problem != PROBLEM_NONE)
		return problem;
	enum kb_status status = kb_code(request->kb, code, request->lang, out);
	return status == KB_NOT_FOUND ? api_code_not_defined(request, code, out) : api_problem(status);
}
