/* /warnings and /warnings/{w}: codes of the Warning header field */
#include "service/api/api.h"

enum problem warnings_list(const struct api_request *request, json_t **out)
{
	return api_entries(request, KB_WARNINGS, out);
}

enum problem warnings_get(const struct api_request *request, json_t **out)
{
	return api_ready_entry(request, KB_WARNINGS, out);
}
