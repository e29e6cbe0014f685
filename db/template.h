/* Fills the {slots} of a text. */
#ifndef SIPCODES_TEMPLATE_H
#define SIPCODES_TEMPLATE_H

#include <jansson.h>
#include <stdio.h>

/* Writes the text to the stream, each {name} replaced by the member of that name: a string as it is, an integer in
 * decimal; anything else, or no such member, by nothing. A brace that opens no name ([a-z_]+ up to "}") stands for itself.
 * Write errors are the stream's (ferror). */
void template_write(FILE *out, const char *text, const json_t *slots);

/* The same as a new JSON string; NULL if memory ran out, or if text or slots is NULL, as it is where memory ran out before. */
json_t *template_fill(const char *text, const json_t *slots);

/* The strings of a list in one new string, the separator between them; NULL if memory ran out, or if strings is NULL. Takes
 * the reference to the list. */
json_t *template_join(json_t *strings, const char *separator);

#endif
