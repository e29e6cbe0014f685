/* Recognises products by what they write. Pure. */
#include "trace/agent.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1 << 10 };

struct agent_text {
	struct span text;
	const json_t *entry;
	const struct agent_text *next; /* of its bucket */
};

struct agent_texts {
	const struct agent_text *bucket[AGENT_PLACES][BUCKETS];
	struct agent_text text[]; /* in the order of the entries */
};

/* The bucket of what begins with these two bytes. Five bits of each leave letter case aside, and tell enough. */
static unsigned int bucket_of(const char *s)
{
	return ((unsigned int)s[0] & 31) << 5 | ((unsigned int)s[1] & 31);
}

struct agent_texts *agent_texts_read(const json_t *entries)
{
	struct agent_texts *texts = calloc(1, sizeof *texts + json_object_size(entries) * sizeof texts->text[0]);
	size_t count = 0;
	const char *name;
	json_t *entry;

	if (texts == NULL)
		return NULL;
	json_object_foreach ((json_t *)entries, name, entry) {
		const char *text = json_string_value(json_object_get(entry, "text")), *where = json_string_value(json_object_get(entry, "where"));
		enum agent_place place = strcmp(where, "agent") == 0 ? AGENT_FIELD : AGENT_LOG;
		const struct agent_text **bucket = &texts->bucket[place][bucket_of(text)];
		texts->text[count] = (struct agent_text){ { text, strlen(text) }, entry, *bucket };
		*bucket = &texts->text[count++];
	}
	return texts;
}

void agent_texts_free(struct agent_texts *texts)
{
	free(texts);
}

static bool begins(enum agent_place place, struct span value, struct span text)
{
	if (text.size > value.size)
		return false;
	return place == AGENT_FIELD ? strncasecmp(value.start, text.start, text.size) == 0 : memcmp(value.start, text.start, text.size) == 0;
}

/* Is it the better one of two that fit? */
static bool is_better(const struct agent_text *text, const struct agent_text *best)
{
	return best == NULL || text->text.size > best->text.size || (text->text.size == best->text.size && text < best);
}

const json_t *agent_find(const struct agent_texts *texts, enum agent_place place, struct span value)
{
	const struct agent_text *const *bucket = texts->bucket[place], *best = NULL;

	for (size_t i = 0; i + 1 < value.size; i++) {
		const struct agent_text *text = bucket[bucket_of(value.start + i)];
		if (text == NULL || (place == AGENT_FIELD && i > 0 && isalnum((unsigned char)value.start[i - 1])))
			continue;
		for (; text != NULL; text = text->next)
			if (is_better(text, best) && begins(place, span_after(value, i), text->text))
				best = text;
	}
	return best != NULL ? best->entry : NULL;
}
