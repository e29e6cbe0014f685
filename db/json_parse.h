/* Parses and writes JSON so that memory that runs out is a failure.
 *
 * jansson 2.14 does not look whether it got the memory it asked for: parsing, a string loses a character, or an assertion
 * ends the program; writing, a member loses its name. Here a parser that is refused memory goes on with a reserve, and what was made when memory
 * was refused is thrown away.
 */
#ifndef SIPCODES_JSON_PARSE_H
#define SIPCODES_JSON_PARSE_H

#include <jansson.h>

/* As json_loadb; NULL with the error code json_error_out_of_memory if memory ran out. The reserve is 2 MiB, which is enough
 * for about 200 KiB of JSON. error may be NULL. Sets jansson's allocation functions (json_set_alloc_funcs). */
json_t *json_parse(const char *text, size_t size, size_t flags, json_error_t *error);

/* The value as compact JSON, which free() ends, and its size; NULL if memory ran out or the value is NULL. */
char *json_text(const json_t *value, size_t *size);

#endif
