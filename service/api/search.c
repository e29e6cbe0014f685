/* /search */
#include "service/api/api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_LIMIT = 10 };

static const char *const types[] = { "code", "vendor", "scenario", "topic", "flow", "timer", "cause", "warning", "term", "class", NULL };

/* The parameter "limit", DEFAULT_LIMIT where there is none. */
static enum problem parse_limit(const struct api_request *request, int *limit, json_t **out)
{
	const char *value = request->query(request->source, "limit");
	char *end;

	*limit = DEFAULT_LIMIT;
	if (value == NULL)
		return PROBLEM_NONE;
	errno = 0;
	long n = strtol(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || n < 1 || n > KB_QUERY_LIMIT)
		return api_invalid_parameter("limit", value, json_pack("[s]", "1-50"), out);
	*limit = (int)n;
	return PROBLEM_NONE;
}

enum problem search_get(const struct api_request *request, json_t **out)
{
	struct kb_query query = { .text = request->query(request->source, "q"), .type = request->query(request->source, "type") };
	enum problem problem = parse_limit(request, &query.limit, out);
	size_t i = 0;

	if (problem != PROBLEM_NONE)
		return problem;
	if (query.text == NULL || strspn(query.text, " \t\r\n") == strlen(query.text))
		return api_invalid_parameter("q", query.text != NULL ? query.text : "", json_array(), out);
	if (strlen(query.text) > KB_QUERY_BYTES) {
		*out = json_pack("{s:i}", "limit", KB_QUERY_BYTES);
		return PROBLEM_QUERY_TOO_LONG;
	}
	while (query.type != NULL && types[i] != NULL && strcmp(types[i], query.type) != 0)
		i++;
	if (query.type != NULL && types[i] == NULL)
		return api_invalid_parameter("type", query.type, api_strings(types), out);

	json_t *found = NULL;
	if (kb_search(request->kb, &query, request->lang, &found) != KB_OK)
		return PROBLEM_INTERNAL;
	if (json_object_set_new(found, "total", json_integer((json_int_t)json_array_size(json_object_get(found, "items")))) != 0 ||
	    json_object_set_new(found, "lang", json_string(request->lang)) != 0 || json_object_set_new(found, "q", json_string(query.text)) != 0) {
		json_decref(found);
		return PROBLEM_INTERNAL;
	}
	*out = found;
	return PROBLEM_NONE;
}
