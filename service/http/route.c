/* The route table and its matcher. Pure: no sockets, no database. */
#include "service/http/route.h"

#include <string.h>

const struct route routes[] = {
	{ "/", service_get, LAYOUT_SERVICE, false, false },
	{ "/codes", codes_list, LAYOUT_CODES, false, false },
	{ "/codes/{n}", codes_get, LAYOUT_CODE, false, false },
	{ "/compare/{a}/{b}", compare_get, LAYOUT_COMPARISON, false, false },
	{ "/classes", classes_list, LAYOUT_CLASSES, false, false },
	{ "/classes/{d}", classes_get, LAYOUT_CLASS, false, false },
	{ "/vendors", vendors_list, LAYOUT_VENDORS, false, false },
	{ "/vendors/{slug}", vendors_get, LAYOUT_VENDOR, false, false },
	{ "/scenarios", scenarios_list, LAYOUT_SCENARIOS, false, false },
	{ "/scenarios/{slug}", scenarios_get, LAYOUT_SCENARIO, false, false },
	{ "/topics", topics_list, LAYOUT_TOPICS, false, false },
	{ "/topics/{slug}", topics_get, LAYOUT_TOPIC, false, false },
	{ "/flows", flows_list, LAYOUT_FLOWS, false, false },
	{ "/flows/{slug}", flows_get, LAYOUT_FLOW, false, false },
	{ "/timers", timers_list, LAYOUT_TIMERS, false, false },
	{ "/timers/{slug}", timers_get, LAYOUT_TIMER, false, false },
	{ "/causes", causes_list, LAYOUT_CAUSES, false, false },
	{ "/causes/{q}", causes_get, LAYOUT_CAUSE, false, false },
	{ "/warnings", warnings_list, LAYOUT_WARNINGS, false, false },
	{ "/warnings/{w}", warnings_get, LAYOUT_WARNING, false, false },
	{ "/glossary", glossary_list, LAYOUT_TERMS, false, false },
	{ "/glossary/{slug}", glossary_get, LAYOUT_TERM, false, false },
	{ "/search", search_get, LAYOUT_SEARCH, false, false },
	{ "/problems", problems_list, LAYOUT_PROBLEM_TYPES, false, false },
	{ "/problems/{slug}", problems_get, LAYOUT_PROBLEM_TYPE, false, false },
	{ "/openapi.json", openapi_get, LAYOUT_RAW, true, false },
	{ "/livez", livez_get, LAYOUT_HEALTH, false, true },
	{ "/readyz", readyz_get, LAYOUT_HEALTH, false, true },
	{ NULL, NULL, LAYOUT_RAW, false, false },
};

static bool matches(const char *pattern, const char *path, char params[API_MAX_PARAMS][ROUTE_MAX_PARAM])
{
	int count = 0;

	while (*pattern != '\0') {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		size_t n = strcspn(path, "/");
		if (n == 0 || n >= ROUTE_MAX_PARAM || count == API_MAX_PARAMS)
			return false;
		memcpy(params[count], path, n);
		params[count++][n] = '\0';
		path += n;
		pattern += strcspn(pattern, "}") + 1;
	}
	return *path == '\0';
}

const struct route *route_match(const char *path, char params[API_MAX_PARAMS][ROUTE_MAX_PARAM])
{
	for (const struct route *r = routes; r->path != NULL; r++)
		if (matches(r->path, path, params))
			return r;
	return NULL;
}
