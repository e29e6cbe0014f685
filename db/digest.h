/* FNV-1a, 64 bits: tells versions of content apart, and representations. Not for anything that an adversary may choose. */
#ifndef SIPCODES_DIGEST_H
#define SIPCODES_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_START UINT64_C(14695981039346656037)

/* The digest of what was digested before, and of these bytes. */
static inline uint64_t digest(uint64_t before, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		before = (before ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
	return before;
}

#endif
