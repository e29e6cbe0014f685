/* gzip from memory to memory. */
#include "db/gzip.h"

#include <libdeflate.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum {
	LEVEL = 8,       /* of 12; beyond it each step costs several times as much for hardly less */
	MIN_MEMBER = 18, /* bytes: header and trailer */
	SIZE_IN_TRAILER = 4,
};

char *gzip_compress(const char *data, size_t size, size_t *out_size)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);
	size_t room = compressor != NULL ? libdeflate_gzip_compress_bound(compressor, size) : 0;
	char *out = room > 0 ? malloc(room + 1) : NULL;

	if (out != NULL) {
		*out_size = libdeflate_gzip_compress(compressor, data, size, out, room);
		out[*out_size] = '\0';
	}
	libdeflate_free_compressor(compressor);
	return out;
}

/* The size that the end of a member tells, which is the true one of anything below 4 GiB (RFC 1952 section 2.3.1). */
static size_t expanded_size(const char *data, size_t size)
{
	const unsigned char *last = (const unsigned char *)data + size - SIZE_IN_TRAILER;

	return last[0] | (size_t)last[1] << 8 | (size_t)last[2] << 16 | (size_t)last[3] << 24;
}

char *gzip_expand(const char *data, size_t size, size_t max, size_t *out_size)
{
	size_t room = size >= MIN_MEMBER ? expanded_size(data, size) : 0;
	bool fits = size >= MIN_MEMBER && room <= max && room < SIZE_MAX;
	struct libdeflate_decompressor *decompressor = fits ? libdeflate_alloc_decompressor() : NULL;
	char *out = decompressor != NULL ? malloc(room + 1) : NULL;

	if (out != NULL && libdeflate_gzip_decompress(decompressor, data, size, out, room, NULL) != LIBDEFLATE_SUCCESS) {
		free(out);
		out = NULL;
	}
	libdeflate_free_decompressor(decompressor);
	if (out == NULL)
		return NULL;
	out[room] = '\0';
	*out_size = room;
	return out;
}
