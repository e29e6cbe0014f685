/* Values of documents, put into the words of a language. */
#ifndef SIPCODES_WORDS_H
#define SIPCODES_WORDS_H

#include <jansson.h>

/* A member's value as words, a new string: an enumerated value by the label that the group named after the member has for it, a
 * list joined, an empty one as the template "none", an object by the template named after it. NULL if memory ran out. */
json_t *words_of(const char *name, const json_t *value, const json_t *labels);

/* All members of an object as words, a new object: the slots of a template. NULL if memory ran out. */
json_t *words_of_members(const json_t *object, const json_t *labels);

#endif
