/* /compare/{a}/{b} */
#include "service/api/api.h"

enum problem compare_get(const struct api_request *request, json_t **out)
{
	int codes[2];

	for (int i = 0; i < 2; i++) {
		enum problem problem = api_code(request->params[i], &codes[i], out);
		if (problem != PROBLEM_NONE)
			return problem;
	}
	if (codes[0] == codes[1]) {
		*out = json_pack("{s:i}", "code", codes[0]);
		return PROBLEM_SAME_CODE;
	}
	enum kb_status status = request->ready != NULL ? kb_ready_compare(request->kb, codes[0], codes[1], request->lang, request->ready)
						       : kb_compare(request->kb, codes[0], codes[1], request->lang, out);
	if (status != KB_NOT_FOUND)
		return api_problem(status);
	/* One of the two is defined by nobody: say which. */
	json_auto_t *first = NULL;
	status = kb_code(request->kb, codes[0], request->lang, &first);
	return status == KB_FAILED ? PROBLEM_INTERNAL : api_code_not_defined(request, codes[status == KB_OK], out);
}
