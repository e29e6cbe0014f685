/* Leaves out of a text what says who somebody is. */
#ifndef SIPCODES_REDACT_H
#define SIPCODES_REDACT_H

#include "trace/span.h"

#include <jansson.h>

enum { REDACT_MAX = 120 }; /* bytes that are kept of a text */

/* A short text out of a trace as a new string: without control characters and bytes that are no UTF-8, cut at REDACT_MAX bytes; if redact is
 * true, "…" stands for addresses, URIs and numbers of four digits and more. NULL if memory ran out. */
json_t *redact_text(struct span text, bool redact);

#endif
