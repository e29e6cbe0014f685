/* The route table and its matcher. Pure: no sockets, no database. */
#include "service/http/route.h"

#include <stdbool.h>
#include <string.h>

const struct route routes[] = {
	{ "/", service_get, LAYOUT_SERVICE, 0, { NULL } },
	{ "/codes", codes_list, LAYOUT_CODES, 0, { "class", "status", "method", "vendor" } },
	{ "/codes/{n}", codes_get, LAYOUT_CODE, 0, { "vendor" } },
	{ "/compare/{a}/{b}", compare_get, LAYOUT_COMPARISON, 0, { NULL } },
	{ "/classes", classes_list, LAYOUT_CLASSES, 0, { NULL } },
	{ "/classes/{d}", classes_get, LAYOUT_CLASS, 0, { NULL } },
	{ "/vendors", vendors_list, LAYOUT_VENDORS, 0, { NULL } },
	{ "/vendors/{slug}", vendors_get, LAYOUT_VENDOR, 0, { "code" } },
	{ "/scenarios", scenarios_list, LAYOUT_SCENARIOS, 0, { "vendor", "code" } },
	{ "/scenarios/{slug}", scenarios_get, LAYOUT_SCENARIO, 0, { NULL } },
	{ "/topics", topics_list, LAYOUT_TOPICS, 0, { NULL } },
	{ "/topics/{slug}", topics_get, LAYOUT_TOPIC, 0, { NULL } },
	{ "/flows", flows_list, LAYOUT_FLOWS, 0, { NULL } },
	{ "/flows/{slug}", flows_get, LAYOUT_FLOW, 0, { NULL } },
	{ "/timers", timers_list, LAYOUT_TIMERS, 0, { NULL } },
	{ "/timers/{slug}", timers_get, LAYOUT_TIMER, 0, { NULL } },
	{ "/causes", causes_list, LAYOUT_CAUSES, 0, { NULL } },
	{ "/causes/{q}", causes_get, LAYOUT_CAUSE, 0, { NULL } },
	{ "/warnings", warnings_list, LAYOUT_WARNINGS, 0, { NULL } },
	{ "/warnings/{w}", warnings_get, LAYOUT_WARNING, 0, { NULL } },
	{ "/glossary", glossary_list, LAYOUT_TERMS, 0, { NULL } },
	{ "/glossary/{slug}", glossary_get, LAYOUT_TERM, 0, { NULL } },
	{ "/search", search_get, LAYOUT_SEARCH, ROUTE_NOT_KEPT, { "q", "type", "limit" } },
	{ "/explain", explain_post, LAYOUT_EXPLANATION, ROUTE_POST, { "vendor", "redact" } },
	{ "/mcp", mcp_post, LAYOUT_RAW, ROUTE_POST | ROUTE_JSON_ONLY, { NULL } },
	{ "/problems", problems_list, LAYOUT_PROBLEM_TYPES, 0, { NULL } },
	{ "/problems/{slug}", problems_get, LAYOUT_PROBLEM_TYPE, 0, { NULL } },
	{ "/openapi.json", openapi_get, LAYOUT_RAW, ROUTE_JSON_ONLY | ROUTE_ONE_LANGUAGE, { NULL } },
	{ "/llms.txt", llms_get, LAYOUT_LLMS, ROUTE_TEXT_ONLY, { NULL } },
	{ "/livez", livez_get, LAYOUT_HEALTH, ROUTE_NO_STORE, { NULL } },
	{ "/readyz", readyz_get, LAYOUT_HEALTH, ROUTE_NO_STORE, { NULL } },
	{ NULL, NULL, LAYOUT_RAW, 0, { NULL } },
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
