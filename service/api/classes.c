/* /classes and /classes/{d} */
#include "service/api/api.h"

enum problem classes_list(const struct api_request *request, json_t **out)
{
	return api_entries(request, KB_CLASSES, out);
}

enum problem classes_get(const struct api_request *request, json_t **out)
{
	return api_ready_entry(request, KB_CLASSES, out);
}
