/* A digest of 64 bits that tells versions of content apart, and representations; FNV-1a, eight bytes at a time. Not for anything that an
 * adversary may choose, nor to be compared between machines of different byte order. */
#ifndef SIPCODES_DIGEST_H
#define SIPCODES_DIGEST_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DIGEST_START UINT64_C(14695981039346656037)

/* The digest of what was digested before, and of these bytes. */
static inline uint64_t digest(uint64_t before, const char *bytes, size_t size)
{
	const uint64_t prime = UINT64_C(1099511628211);
	uint64_t word;

	for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
		memcpy(&word, bytes, sizeof word);
		before = (before ^ word) * prime;
		before ^= before >> 32; /* else what the upper bytes say would reach no lower bit */
	}
	for (; size > 0; bytes++, size--)
		before = (before ^ (unsigned char)*bytes) * prime;
	return before;
}

#endif
