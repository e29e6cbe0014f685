/* /glossary and /glossary/{slug} */
#include "service/api/api.h"

enum problem glossary_list(const struct api_request *request, json_t **out)
{
	return api_entries(request, KB_TERMS, out);
}

enum problem glossary_get(const struct api_request *request, json_t **out)
{
	return api_ready_entry(request, KB_TERMS, out);
}
