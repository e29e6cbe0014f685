/* Draws a call flow: participants side by side, and the messages between them from top to bottom. */
#ifndef SIPCODES_LADDER_H
#define SIPCODES_LADDER_H

#include "db/memstream.h"

#include <jansson.h>

enum { LADDER_MAX_PARTICIPANTS = 6 };

/* A flow has "participants" [{"id", "name"}] and "steps" [{"kind", "from", "to", "message", "detail", "line"}] as in openapi.json; of more
 * participants than the maximum the first ones are drawn, and steps of others are not. */

/* Writes it in plain characters, as wide as its labels need, each step with the number of its line, else its own. Returns -1 if memory ran out. */
int ladder_text(const json_t *flow, FILE *out);

/* Leaves it in *source as a Mermaid sequence diagram. Returns -1 if memory ran out. */
int ladder_mermaid(const json_t *flow, struct memstream *source);

#endif
