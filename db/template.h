/* Fills the {slots} of a text. */
#ifndef SIPCODES_TEMPLATE_H
#define SIPCODES_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Finds what stands in a slot: a string or an integer, a new reference; NULL, or anything else: nothing. optional: the slot is
 * of the second form below, which has no use for a word that says "none". */
typedef json_t *template_slot(void *arg, const char *name, bool optional);

/* Writes the text to the stream, each slot replaced by what the finder finds for its name, [a-z_]+. A slot has one of two forms:
 *   {name}            a string as it is, an integer in decimal
 *   {name?a … b}      the same with the text around the first …; nothing at all if there is nothing or an empty string. The
 *                     text may have no "}".
 * A brace that opens no slot stands for itself. Write errors are the stream's (ferror). */
void template_write(FILE *out, const char *text, template_slot *slot, void *arg);

/* The same as a string, a new reference; NULL if memory ran out. */
json_t *template_string(const char *text, template_slot *find, void *arg);

/* The text as a new JSON string, its slots the members of an object; NULL if memory ran out, or if text or slots is NULL, as it
 * is where memory ran out before. */
json_t *template_fill(const char *text, const json_t *slots);

/* The strings of a list in one new string, the separator between them; NULL if memory ran out, or if strings is NULL. Takes
 * the reference to the list. */
json_t *template_join(json_t *strings, const char *separator);

#endif
