/* A stream that writes into memory, as open_memstream, but tells when memory ran out: glibc 2.36's loses what did not fit
 * and sets no error. */
#ifndef SIPCODES_MEMSTREAM_H
#define SIPCODES_MEMSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct memstream {
	char *data; /* followed by a NUL that size does not count; freed with free() */
	size_t size;
	size_t room; /* allocated */
};

/* Opens it; NULL if memory ran out. */
FILE *memstream_open(struct memstream *stream);

/* Closes it. Returns 0, and the data is the caller's, if all was written; -1, and there is no data, if anything or the
 * caller (failed) failed. */
int memstream_close(FILE *out, struct memstream *stream, bool failed);

#endif
