/* /flows and /flows/{slug} */
#include "service/api/api.h"

#include "service/render/ladder.h"

#include <stdlib.h>

enum problem flows_list(const struct api_request *request, json_t **out)
{
	return api_entries(request, KB_FLOWS, out);
}

static enum problem add_mermaid(json_t *flow)
{
	struct memstream source;

	if (ladder_mermaid(flow, &source) != 0)
		return PROBLEM_INTERNAL;
	int failed = json_object_set_new(flow, "mermaid", json_stringn(source.data, source.size));
	free(source.data);
	return failed == 0 ? PROBLEM_NONE : PROBLEM_INTERNAL;
}

enum problem flows_get(const struct api_request *request, json_t **out)
{
	enum problem problem = api_entry(request, KB_FLOWS, out);

	return problem == PROBLEM_NONE ? api_unless(add_mermaid(*out), out) : problem;
}
