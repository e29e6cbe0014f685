/* /topics and /topics/{slug}: questions and answers */
#include "service/api/api.h"

enum problem topics_list(const struct api_request *request, json_t **out)
{
	return api_entries(request, KB_TOPICS, out);
}

enum problem topics_get(const struct api_request *request, json_t **out)
{
	return api_ready_entry(request, KB_TOPICS, out);
}
