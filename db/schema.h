/* A validator for the part of JSON Schema 2020-12 that this project uses.
 *
 * Understood: $ref (to "#/..." or "file.json#/..."), type, const, enum, properties, required, additionalProperties,
 * minProperties, items, minItems, maxItems, uniqueItems, minLength, maxLength, pattern (POSIX extended), minimum, maximum, allOf, anyOf,
 * and the annotations of db/schema/common.json, x-text, x-ref and x-member. Lengths count code points. Other keywords are ignored.
 */
#ifndef SIPCODES_SCHEMA_H
#define SIPCODES_SCHEMA_H

#include <jansson.h>

struct schema_sink {
	/* Called for every fault: the JSON pointer (RFC 6901) of the value, and what is wrong with it. */
	void (*fault)(void *arg, const char *pointer, const char *message);
	/* Called for every value under x-text, anyOf aside, with what that says, "sentence", "name" or "words"; NULL: not wanted. */
	void (*text)(void *arg, const char *pointer, const char *what, const json_t *value);
	/* Called for every value under x-ref with the kind it names; NULL: not wanted. */
	void (*ref)(void *arg, const char *pointer, const char *kind, const json_t *value);
	/* Called for every value under x-member with the name of the object whose member it names; NULL: not wanted. */
	void (*member)(void *arg, const char *pointer, const char *object, const json_t *value);
	/* Finds the document of a $ref that names a file; NULL: there is none. The document is borrowed. */
	const json_t *(*file)(void *arg, const char *name);
	void *arg;
};

/* Checks value against schema, a part of root (to which "#/..." refers). pointer is the value's own place, "" at the top.
 * Every fault goes to the sink; the result is their number. Nesting deeper than 64 is a fault;
 * pointers are cut at 511 bytes. */
int schema_check(const json_t *root, const json_t *schema, const json_t *value, const char *pointer, const struct schema_sink *sink);

#endif
