/* Answers that are kept ready for those who ask again, of one thread and one generation of the knowledge base. */
#ifndef SIPCODES_CACHE_H
#define SIPCODES_CACHE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

enum { CACHE_KEY_MAX = 256, CACHE_ETAG_SIZE = 24 }; /* bytes of a key; of an entity-tag: two quotes, 16 digits, NUL */

/* An answer that can be sent any number of times. */
struct ready_answer {
	struct MHD_Response *full;
	struct MHD_Response *not_modified; /* its 304; NULL where there is none */
	size_t size;                       /* bytes of content */
	bool gzip;                         /* whether that is compressed */
	char etag[CACHE_ETAG_SIZE];        /* "": none */
};

/* Destroys what it has; what is still being sent goes on. */
void ready_answer_free(struct ready_answer *answer);

struct cache;

/* Opens a cache that keeps at most so many bytes; 0: nothing. NULL if memory ran out. */
struct cache *cache_open(size_t bytes);
void cache_close(struct cache *cache); /* NULL is allowed */

/* Lets go of everything. */
void cache_clear(struct cache *cache);

/* What is kept under the key, or NULL. Borrowed until the next call. Allocates nothing. */
const struct ready_answer *cache_get(struct cache *cache, const char *key, size_t size);

/* Keeps the answer under a key that cache_get does not know, and lets go of those that have not been asked for longest to make room.
 * Takes the answer, and returns it, borrowed until the next call; or returns NULL, and the answer stays the caller's: it is larger than the
 * cache, or memory ran out. */
const struct ready_answer *cache_put(struct cache *cache, const char *key, size_t size, const struct ready_answer *answer);

#endif
