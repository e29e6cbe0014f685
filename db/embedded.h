/* Files that are part of the program: built in by the Makefile, read-only. */
#ifndef SIPCODES_EMBEDDED_H
#define SIPCODES_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
	const char *name; /* as in the source tree: "migrations/0001_knowledge_base.sql" */
	const char *data; /* followed by a NUL that size does not count */
	size_t size;
};

/* All of them, in the order of their names; the last one has a NULL name. */
extern const struct embedded_file embedded_files[];

/* The file of that name, or NULL. */
const struct embedded_file *embedded_find(const char *name);

#endif
