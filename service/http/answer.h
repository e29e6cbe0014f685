/* Answers one request. */
#ifndef SIPCODES_ANSWER_H
#define SIPCODES_ANSWER_H

#include "db/kb.h"
#include "service/problem.h"

#include <microhttpd.h>

enum { ANSWER_MAX_CONTENT = 1 << 20 }; /* bytes of a request's content */

struct answer_request {
	const char *url; /* the target's path, decoded */
	const char *method;
	const char *content; /* NULL where there is none */
	size_t content_size;
	const char *const *origins; /* as in struct api_request */
};

/* Queues the answer to a request without a wire fault, out of the knowledge base, which no other thread uses meanwhile. MHD_NO,
 * which closes the connection, only where memory ran out. */
enum MHD_Result answer_request(struct kb *kb, struct MHD_Connection *connection, const struct answer_request *asked);

/* Queues the answer to a request that is refused before it is looked at: PROBLEM_BAD_REQUEST for the fault of that name
 * (wire_fault); PROBLEM_CONTENT_TOO_LARGE or PROBLEM_UNAVAILABLE with no fault. */
enum MHD_Result answer_refusal(struct kb *kb, struct MHD_Connection *connection, const char *url, enum problem problem, const char *fault);

#endif
