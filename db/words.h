/* Values of documents, put into the words of a language. */
#ifndef SIPCODES_WORDS_H
#define SIPCODES_WORDS_H

#include <jansson.h>
#include <stdio.h>

/* A member's value as words, a new string: an enumerated value by the label that the group named after the member has for it, a
 * list joined, an empty one as the template "none", an object by the template named after it. NULL if memory ran out. */
json_t *words_of(const char *name, const json_t *value, const json_t *labels);

/* Writes a label of the group templates, its slots the members of the object as words. Returns -1 if memory ran out. */
int words_write(FILE *out, const char *template, const json_t *object, const json_t *labels);

/* The same as a new string; NULL if memory ran out. */
json_t *words_fill(const char *template, const json_t *object, const json_t *labels);

#endif
