/* The route table and its matcher. */
#ifndef SIPCODES_ROUTE_H
#define SIPCODES_ROUTE_H

#include "service/api/api.h"
#include "service/render/render.h"

enum { ROUTE_MAX_PARAM = 64 }; /* bytes of a path segment that stands for {...}, with its NUL */

enum {
	ROUTE_JSON_ONLY = 1,
	ROUTE_TEXT_ONLY = 2,
	ROUTE_NO_STORE = 4,      /* about this moment: not to be kept in a cache */
	ROUTE_ONE_LANGUAGE = 16, /* in the default language alone */
	ROUTE_POST = 8,          /* answers POST, and GET not; nothing of it is kept in a cache */
	ROUTE_NOT_KEPT = 32,     /* what can be asked for has no end: answers are not kept ready */
};

enum { ROUTE_MAX_QUERY = 4 };

struct route {
	const char *path; /* spelt as in openapi/openapi.json */
	api_handler *handler;
	enum layout layout;
	unsigned int flags;                 /* ROUTE_... */
	const char *query[ROUTE_MAX_QUERY]; /* the parameters that the handler reads, beside lang and format */
};

/* All routes; the last one has a NULL path. */
extern const struct route routes[];

/* The route that the path belongs to, or NULL; params get what stands for {...}. A segment that is empty or too long matches
 * no {...}. */
const struct route *route_match(const char *path, char params[API_MAX_PARAMS][ROUTE_MAX_PARAM]);

#endif
