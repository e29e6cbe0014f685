/* /causes and /causes/{q}: Q.850 */
#include "service/api/api.h"

enum problem causes_list(const struct api_request *request, json_t **out)
{
	return api_entries(request, KB_CAUSES, out);
}

enum problem causes_get(const struct api_request *request, json_t **out)
{
	return api_ready_entry(request, KB_CAUSES, out);
}
