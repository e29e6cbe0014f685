/* Answers one request. */
#ifndef SIPCODES_ANSWER_H
#define SIPCODES_ANSWER_H

#include "db/kb.h"
#include "service/http/access_log.h"
#include "service/http/cache.h"
#include "service/http/negotiate.h"
#include "service/problem.h"

#include <microhttpd.h>

enum { ANSWER_MAX_CONTENT = 1 << 20 }; /* bytes of a request's content */

/* What one thread answers out of; no other thread uses it meanwhile. */
struct answer_source {
	struct kb *kb;
	struct language_name *languages; /* of the knowledge base */
	struct cache *cache;             /* of answers out of this knowledge base */
};

struct answer_request {
	const char *url; /* the target's path, decoded */
	const char *method;
	const char *content; /* NULL where there is none */
	size_t content_size;
	const char *const *origins;   /* as in struct api_request */
	struct access_record *record; /* gets what the access log tells of the answer; NULL: nobody wants to know */
};

/* Queues the answer to a request without a wire fault. MHD_NO, which closes the connection, only where memory ran out. */
enum MHD_Result answer_request(const struct answer_source *source, struct MHD_Connection *connection, const struct answer_request *asked);

/* Queues the answer to a request that is refused before it is looked at: PROBLEM_BAD_REQUEST for the fault of that name
 * (wire_fault); PROBLEM_CONTENT_TOO_LARGE or PROBLEM_UNAVAILABLE with no fault. */
enum MHD_Result answer_refusal(const struct answer_source *source, struct MHD_Connection *connection, const struct answer_request *asked,
			       enum problem problem, const char *fault);

#endif
