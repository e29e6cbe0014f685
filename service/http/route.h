/* The route table and its matcher. */
#ifndef SIPCODES_ROUTE_H
#define SIPCODES_ROUTE_H

#include "service/api/api.h"
#include "service/render/render.h"

#include <stdbool.h>

enum { ROUTE_MAX_PARAM = 64 }; /* bytes of a path segment that stands for {...}, with its NUL */

struct route {
	const char *path; /* spelt as in openapi/openapi.json */
	api_handler *handler;
	enum layout layout;
	bool json_only;
	bool no_store; /* about this moment: not to be kept in a cache */
};

/* All routes; the last one has a NULL path. */
extern const struct route routes[];

/* The route that the path belongs to, or NULL; params get what stands for {...}. A segment that is empty or too long matches
 * no {...}. */
const struct route *route_match(const char *path, char params[API_MAX_PARAMS][ROUTE_MAX_PARAM]);

#endif
