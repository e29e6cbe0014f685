/* The rules of content that a schema cannot say: how the members of one entry depend on one another. */
#ifndef SIPCODES_RULES_H
#define SIPCODES_RULES_H

#include <jansson.h>

/* Called for every fault: the JSON pointer of the value within the file, and what is wrong with it. */
typedef void rules_fault(void *arg, const char *pointer, const char *message);

/* Holds an entry against the rules of its kind. It was checked by its schema before; what that found wrong is not told again.
 * pointer is the entry's own place in its file.
 *   codes      an unregistered code names who emits it
 *   pairs      the smaller code comes first
 *   vendors    a range of codes goes upwards within one class, and those of a note do not overlap; an action belongs to a response that is received,
 * "translate" says into what; only the maker or the program itself gives high confidence; every source is used scenarios  one about products has a
 * source site       the same of its ranges flows      a message has two ends, a response its code, a note its text An entry that carries its own
 * number is filed under it. */
void rules_check(const char *kind, const char *key, const json_t *entry, const char *pointer, rules_fault *fault, void *arg);

#endif
