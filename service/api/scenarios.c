/* /scenarios and /scenarios/{slug} */
#include "service/api/api.h"

enum problem scenarios_list(const struct api_request *request, json_t **out)
{
	const char *vendor, *code = request->query(request->source, "code");
	json_t *items = NULL;
	int number;
	enum problem problem = api_vendor(request, &vendor, out);

	if (problem == PROBLEM_NONE && code != NULL)
		problem = api_code(code, &number, out);
	if (problem != PROBLEM_NONE)
		return problem;
	enum kb_status status = kb_scenarios(request->kb, vendor, code, request->lang, &items);
	return api_list(status, items, request->lang, out);
}

enum problem scenarios_get(const struct api_request *request, json_t **out)
{
	return api_ready_entry(request, KB_SCENARIOS, out);
}
