/* Answers one request. */
#ifndef SIPCODES_ANSWER_H
#define SIPCODES_ANSWER_H

#include "db/kb.h"
#include "service/problem.h"

#include <microhttpd.h>

enum { ANSWER_MAX_CONTENT = 1 << 20 }; /* bytes of a request's content, which no resource uses yet */

/* Queues the answer to a request without a wire fault, out of the knowledge base, which no other thread uses meanwhile. url is
 * the target's path, decoded. MHD_NO, which closes the connection, only where memory ran out. */
enum MHD_Result answer_request(struct kb *kb, struct MHD_Connection *connection, const char *url, const char *method);

/* Queues the answer to a request that is refused before it is looked at: PROBLEM_BAD_REQUEST for the fault of that name
 * (wire_fault), PROBLEM_CONTENT_TOO_LARGE with no fault. */
enum MHD_Result answer_refusal(struct kb *kb, struct MHD_Connection *connection, const char *url, enum problem problem, const char *fault);

#endif
