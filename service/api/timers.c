/* /timers and /timers/{slug} */
#include "service/api/api.h"

enum problem timers_list(const struct api_request *request, json_t **out)
{
	return api_entries(request, KB_TIMERS, out);
}

enum problem timers_get(const struct api_request *request, json_t **out)
{
	return api_ready_entry(request, KB_TIMERS, out);
}
