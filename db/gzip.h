/* gzip (RFC 1952), by libdeflate, from memory to memory. */
#ifndef SIPCODES_GZIP_H
#define SIPCODES_GZIP_H

#include <stddef.h>

/* Both return new memory, which free() ends and a NUL follows, and leave its size in *out_size; NULL if memory ran out. */
char *gzip_compress(const char *data, size_t size, size_t *out_size);

/* NULL also if the data are not one whole gzip member or expand to more than max bytes. */
char *gzip_expand(const char *data, size_t size, size_t max, size_t *out_size);

#endif
