/* Recognises products by what they write into a trace. */
#ifndef SIPCODES_AGENT_H
#define SIPCODES_AGENT_H

#include "trace/span.h"

#include <jansson.h>

/* Where a product writes it. AGENT_FIELD: it begins a word of a Server or User-Agent field, letter case aside. AGENT_LOG: it stands anywhere in a
 * line of a log. */
enum agent_place { AGENT_FIELD, AGENT_LOG, AGENT_PLACES };

struct agent_texts;

/* The texts of the entries, {name: {"text", "where", ...}}, each of two bytes or more, for agent_texts_free. It lives no longer than the entries.
 * NULL if memory ran out. */
struct agent_texts *agent_texts_read(const json_t *entries);

/* NULL is allowed. */
void agent_texts_free(struct agent_texts *texts);

/* The entry of the longest text that the value has, of several the first one; NULL: it has none. */
const json_t *agent_find(const struct agent_texts *texts, enum agent_place place, struct span value);

#endif
