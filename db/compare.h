/* Compares two codes. */
#ifndef SIPCODES_COMPARE_H
#define SIPCODES_COMPARE_H

#include <jansson.h>
#include <stdbool.h>

/* What comparisons need of a code in one language, with each aspect in words already: {"code", "status", "methods", "senders", "subject",
 * "retry", "compare", "phrases", "item", "emitters", "aspects"}, the first eight as in its content. body is its content as in db/schema/codes.json,
 * item its short form as it stands in lists. A new reference; NULL if memory ran out. */
json_t *compare_side(json_t *body, json_t *item, const json_t *labels);

/* How two codes stand to one another, by name as in relations.json. In *swapped: whether its {x} is b. The rules, first
 * match wins:
 *   both-local         neither is ever on the wire
 *   local-only         x is never on the wire
 *   different-methods  no request can be answered with both
 *   trying-first       x is 100, y another provisional code
 *   both-provisional
 *   progress-then-end  x is provisional, y final
 *   unregistered       x is not registered; both-unregistered
 *   both-success
 *   repair-then-success  y is 2xx and x asks for the same request again, changed
 *   success-or-failure x is 2xx, y is not
 *   redirect-or-refusal, both-redirect
 *   global-or-local    x is 6xx, y 4xx or 5xx; both-global
 *   client-or-server   x is 4xx, y 5xx
 *   same-subject       of one class and about the same thing
 *   same-class */
const char *compare_relation(const json_t *a, const json_t *b, bool *swapped);

/* The comparison document of two sides but for the products, a new reference; NULL if memory ran out. pair is the content of pairs/A-B.json, or
 * NULL; relations all of relations.json, by name. Everything is in the language lang. */
json_t *compare_codes(const json_t *a, const json_t *b, const json_t *pair, const json_t *relations, const json_t *labels, const char *lang);

#endif
