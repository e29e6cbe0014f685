/* /vendors and /vendors/{slug} */
#include "service/api/api.h"

enum problem vendors_list(const struct api_request *request, json_t **out)
{
	return api_entries(request, KB_VENDORS, out);
}

/* Keeps of a product's notes those that apply to the code, and adds the rule among them. */
static enum problem narrow(const struct api_request *request, int code, json_t *vendor)
{
	const char *slug = request->params[0];
	json_t *notes = NULL;

	if (kb_vendor_notes(request->kb, slug, code, request->lang, &notes) != KB_OK || json_object_set_new(vendor, "notes", notes) != 0)
		return PROBLEM_INTERNAL;
	return api_add_rule(request, slug, code, vendor);
}

enum problem vendors_get(const struct api_request *request, json_t **out)
{
	const char *param = request->query(request->source, "code");
	int code;
	enum problem problem = param != NULL ? api_code(param, &code, out) : PROBLEM_NONE;

	if (problem == PROBLEM_NONE && param == NULL)
		return api_ready_entry(request, KB_VENDORS, out);
	if (problem == PROBLEM_NONE)
		problem = api_entry(request, KB_VENDORS, out);
	return problem == PROBLEM_NONE ? api_unless(narrow(request, code, *out), out) : problem;
}
