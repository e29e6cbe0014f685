/* A bounded table of ready answers; the one that was not asked for longest goes first. Knows nothing of what they say. */
#include "service/http/cache.h"

#include "db/digest.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	ENTRY_BYTES = 4096, /* what an answer takes beside its content: two responses with their header fields, the entry itself */
	MIN_BUCKETS = 16,
	MAX_BUCKETS = 1 << 16,
};

struct entry {
	struct entry *next;          /* in the same bucket */
	struct entry *newer, *older; /* by when they were asked for */
	struct ready_answer answer;
	uint64_t hash;
	size_t key_size;
	char key[];
};

struct cache {
	size_t limit, bytes;
	struct entry *newest, *oldest;
	size_t bucket_count; /* a power of two */
	struct entry *buckets[];
};

void ready_answer_free(struct ready_answer *answer)
{
	if (answer->full != NULL)
		MHD_destroy_response(answer->full);
	if (answer->not_modified != NULL)
		MHD_destroy_response(answer->not_modified);
}

struct cache *cache_open(size_t bytes)
{
	size_t count = MIN_BUCKETS;

	while (count < MAX_BUCKETS && count * ENTRY_BYTES < bytes)
		count *= 2;
	struct cache *cache = calloc(1, sizeof *cache + count * sizeof(void *));
	if (cache != NULL) {
		cache->limit = bytes;
		cache->bucket_count = count;
	}
	return cache;
}

static size_t entry_bytes(const struct entry *entry)
{
	return ENTRY_BYTES + entry->answer.size;
}

/* Where the entry with the key is linked from, or where one would be. */
static struct entry **place(struct cache *cache, uint64_t hash, const char *key, size_t size)
{
	struct entry **link = &cache->buckets[hash & (cache->bucket_count - 1)];

	while (*link != NULL && ((*link)->hash != hash || (*link)->key_size != size || memcmp((*link)->key, key, size) != 0))
		link = &(*link)->next;
	return link;
}

static void unlink_age(struct cache *cache, struct entry *entry)
{
	*(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
	*(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void make_newest(struct cache *cache, struct entry *entry)
{
	entry->newer = NULL;
	entry->older = cache->newest;
	*(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
	cache->newest = entry;
}

static void drop_oldest(struct cache *cache)
{
	struct entry *entry = cache->oldest;

	*place(cache, entry->hash, entry->key, entry->key_size) = entry->next;
	cache->oldest = entry->newer;
	*(entry->newer != NULL ? &entry->newer->older : &cache->newest) = NULL;
	cache->bytes -= entry_bytes(entry);
	ready_answer_free(&entry->answer);
	free(entry);
}

void cache_clear(struct cache *cache)
{
	while (cache->oldest != NULL)
		drop_oldest(cache);
}

void cache_close(struct cache *cache)
{
	if (cache == NULL)
		return;
	cache_clear(cache);
	free(cache);
}

const struct ready_answer *cache_get(struct cache *cache, const char *key, size_t size)
{
	struct entry *entry = *place(cache, digest(DIGEST_START, key, size), key, size);

	if (entry == NULL)
		return NULL;
	if (entry != cache->newest) {
		unlink_age(cache, entry);
		make_newest(cache, entry);
	}
	return &entry->answer;
}

const struct ready_answer *cache_put(struct cache *cache, const char *key, size_t size, const struct ready_answer *answer)
{
	struct entry *entry = ENTRY_BYTES + answer->size <= cache->limit ? malloc(sizeof *entry + size) : NULL;

	if (entry == NULL)
		return NULL;
	*entry = (struct entry){ .answer = *answer, .hash = digest(DIGEST_START, key, size), .key_size = size };
	memcpy(entry->key, key, size);
	while (cache->bytes + entry_bytes(entry) > cache->limit)
		drop_oldest(cache);
	struct entry **link = place(cache, entry->hash, key, size);
	*link = entry;
	make_newest(cache, entry);
	cache->bytes += entry_bytes(entry);
	return &entry->answer;
}
