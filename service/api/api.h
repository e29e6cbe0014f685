/* The resources: one handler each. A handler parses, asks the knowledge base and leaves a document, or names a problem. */
#ifndef SIPCODES_API_H
#define SIPCODES_API_H

#include "db/kb.h"
#include "service/problem.h"

enum { API_MAX_PARAMS = 2, API_MAX_FIELD = 4096 };

struct api_request {
	struct kb *kb;
	const char *lang;                   /* a language of the knowledge base */
	const char *params[API_MAX_PARAMS]; /* what stands in the path for {...}, in order */
	/* The value of a query parameter, or NULL. */
	const char *(*query)(const void *source, const char *name);
	/* The value of a header field in the buffer, without blanks around it, its lines joined by commas (RFC 9110 section 5.3), or NULL; what does
	 * not fit is left out. */
	const char *(*field)(const void *source, const char *name, char buffer[API_MAX_FIELD]);
	const void *source;
	/* What was posted; not ended by a NUL. */
	const char *content;
	size_t content_size;
	/* What the answer's status is if there is no problem: 200 unless the handler sets another. 202 goes without a document. */
	unsigned int *status;
	/* Where a handler may leave, in place of a document, one that the knowledge base has ready (kb_ready); NULL: nobody wants that. */
	struct kb_ready *ready;
	const char *const *origins; /* whose pages may use /mcp beside those of this machine; ends with NULL */
};

/* Leaves the document in *out, a new reference, and returns PROBLEM_NONE; or names a problem and leaves in *out the members
 * that its answer has beside the standard ones (RFC 9457 section 3.2), or NULL. */
typedef enum problem api_handler(const struct api_request *request, json_t **out);

api_handler service_get;
api_handler codes_list;
api_handler codes_get;
api_handler compare_get;
api_handler classes_list;
api_handler classes_get;
api_handler vendors_list;
api_handler vendors_get;
api_handler scenarios_list;
api_handler scenarios_get;
api_handler topics_list;
api_handler topics_get;
api_handler flows_list;
api_handler flows_get;
api_handler timers_list;
api_handler timers_get;
api_handler causes_list;
api_handler causes_get;
api_handler warnings_list;
api_handler warnings_get;
api_handler search_get;
api_handler explain_post;
api_handler mcp_post;
api_handler glossary_list;
api_handler glossary_get;
api_handler problems_list;
api_handler problems_get;
api_handler openapi_get;
api_handler llms_get;
api_handler livez_get;
api_handler readyz_get;

/* For the handlers: the problem that a status of the knowledge base is. */
enum problem api_problem(enum kb_status status);

/* {"items": [...], "total": n, "lang": ...} out of an array, whose reference it takes. */
enum problem api_list(enum kb_status status, json_t *items, const char *lang, json_t **out);

/* All entries of a kind as a list; the one that the path names. */
enum problem api_entries(const struct api_request *request, enum kb_kind kind, json_t **out);
enum problem api_entry(const struct api_request *request, enum kb_kind kind, json_t **out);

/* The same, ready where that is wanted. */
enum problem api_ready_entry(const struct api_request *request, enum kb_kind kind, json_t **out);

/* The query parameter "vendor", NULL where there is none; a problem with the known slugs if no product has that one. */
enum problem api_vendor(const struct api_request *request, const char **vendor, json_t **out);

/* The same for a slug from elsewhere. */
enum problem api_known_vendor(const struct api_request *request, const char *vendor, json_t **out);

/* For a handler whose document is there when something fails after all: lets go of it if there is a problem. */
enum problem api_unless(enum problem problem, json_t **out);

/* Adds to the document, as "rule", the one note that says what the product does when it receives the code, if one does. */
enum problem api_add_rule(const struct api_request *request, const char *vendor, int code, json_t *document);

/* A problem document (RFC 9457): the standard members, then the problem's own; members may be NULL. Takes the reference to instance, which may be
 * NULL. NULL if memory ran out, also if it was for the members that the detail speaks of. */
json_t *api_problem_document(const struct api_request *request, enum problem problem, json_t *members, json_t *instance);

/* The code in a path or a parameter, 100 to 699 in three digits; else the problem, with its members in *out. */
enum problem api_code(const char *param, int *code, json_t **out);

/* An array of the strings up to NULL; NULL if memory ran out. */
json_t *api_strings(const char *const strings[]);

/* An array of the languages' tags; NULL if memory ran out. */
json_t *api_language_tags(const struct kb *kb);

/* The problem for a query parameter with a value it cannot have. allowed is a new reference, which it takes. */
enum problem api_invalid_parameter(const char *name, const char *value, json_t *allowed, json_t **out);

/* The problem for a code that nobody defined, with how to treat it and what is near. */
enum problem api_code_not_defined(const struct api_request *request, int code, json_t **out);

#endif
