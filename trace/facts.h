/* What can be said of a transaction; what each means is told in db/schema/findings.json. */
#ifndef SIPCODES_FACTS_H
#define SIPCODES_FACTS_H

#include "trace/span.h"

#include <limits.h>

enum { FACT_UNKNOWN = INT_MIN }; /* the text does not show it */

/* Numbers; what is true or false is 1 or 0. */
#define TRACE_NUMBERS(X)                                                                                                                             \
	X(acked)                                                                                                                                     \
	X(answers)                                                                                                                                   \
	X(audio_refused)                                                                                                                             \
	X(authorized)                                                                                                                                \
	X(bytes)                                                                                                                                     \
	X(cancel_final)                                                                                                                              \
	X(cancelled)                                                                                                                                 \
	X(cause)                                                                                                                                     \
	X(challenges)                                                                                                                                \
	X(class)                                                                                                                                     \
	X(defined)                                                                                                                                   \
	X(early_sdp)                                                                                                                                 \
	X(ended)                                                                                                                                     \
	X(expires)                                                                                                                                   \
	X(final)                                                                                                                                     \
	X(finals)                                                                                                                                    \
	X(forks)                                                                                                                                     \
	X(held)                                                                                                                                      \
	X(hops)                                                                                                                                      \
	X(in_dialog)                                                                                                                                 \
	X(last_provisional)                                                                                                                          \
	X(later)                                                                                                                                     \
	X(looped)                                                                                                                                    \
	X(max_forwards)                                                                                                                              \
	X(nat)                                                                                                                                       \
	X(offers_fax)                                                                                                                                \
	X(one_way)                                                                                                                                   \
	X(prack)                                                                                                                                     \
	X(progress_sdp)                                                                                                                              \
	X(reliable)                                                                                                                                  \
	X(request_sdp)                                                                                                                               \
	X(response_fields_known)                                                                                                                     \
	X(response_sdp)                                                                                                                              \
	X(retried)                                                                                                                                   \
	X(retry_after)                                                                                                                               \
	X(retry_final)                                                                                                                               \
	X(ringing)                                                                                                                                   \
	X(seconds)                                                                                                                                   \
	X(sent)                                                                                                                                      \
	X(sip_cause)                                                                                                                                 \
	X(stale)                                                                                                                                     \
	X(talk)                                                                                                                                      \
	X(transfer)                                                                                                                                  \
	X(trying)                                                                                                                                    \
	X(via)                                                                                                                                       \
	X(warning)

#define TRACE_MEMBER(name) int name;
struct trace_facts {
	TRACE_NUMBERS(TRACE_MEMBER)
	struct span method, transport;
};
#undef TRACE_MEMBER

#endif
