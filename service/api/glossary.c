/* /glossary and /glossary/{slug} */
#include "service/api/api.h"

enum problem glossary_list(const struct api_request *request, json_t **out)
{
	json_t *items = NULL;
	enum kb_status status = kb_terms(request->kb, request->lang, &items);

	return api_list(status, items, request->lang, out);
}

enum problem glossary_get(const struct api_request *request, json_t **out)
{
	return api_problem(kb_term(request->kb, request->params[0], request->lang, out));
}
