/* Parses and writes JSON so that memory that runs out is a failure. */
#include "db/json_parse.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { RESERVE_BYTES = 2 << 20, ALIGNMENT = 16 };

static _Alignas(ALIGNMENT) char reserve[RESERVE_BYTES];
static size_t reserve_used;
static pthread_mutex_t reserve_lock = PTHREAD_MUTEX_INITIALIZER; /* held by the parser that uses it, to its end */

static _Thread_local enum { IDLE, PARSING, USING_RESERVE } state;
static _Thread_local bool refused; /* memory, since this was set to false */

static bool is_in_reserve(const void *memory)
{
	return (uintptr_t)memory - (uintptr_t)reserve < RESERVE_BYTES;
}

static void *from_reserve(size_t size)
{
	size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	void *memory = reserve + reserve_used;

	if (rounded < size || rounded > RESERVE_BYTES - reserve_used)
		return NULL;
	reserve_used += rounded;
	return memory;
}

static void *parser_malloc(size_t size)
{
	void *memory = malloc(size);

	refused |= memory == NULL;
	if (memory != NULL || state == IDLE)
		return memory;
	if (state == PARSING) {
		pthread_mutex_lock(&reserve_lock);
		reserve_used = 0;
		state = USING_RESERVE;
	}
	return from_reserve(size);
}

static void parser_free(void *memory)
{
	if (!is_in_reserve(memory))
		free(memory);
}

static void use_parser_allocator(void)
{
	json_set_alloc_funcs(parser_malloc, parser_free);
}

static void set_allocator(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, use_parser_allocator);
}

json_t *json_parse(const char *text, size_t size, size_t flags, json_error_t *error)
{
	json_t *value;

	set_allocator();
	state = PARSING;
	value = json_loadb(text, size, flags, error);
	if (state == USING_RESERVE) {
		json_decref(value);
		value = NULL;
		pthread_mutex_unlock(&reserve_lock);
		if (error != NULL)
			error->text[JSON_ERROR_TEXT_LENGTH - 1] = (char)json_error_out_of_memory;
	}
	state = IDLE;
	return value;
}

char *json_text(const json_t *value, size_t *size)
{
	set_allocator();
	refused = false;
	char *text = value != NULL ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	if (text != NULL && refused) {
		free(text);
		return NULL;
	}
	*size = text != NULL ? strlen(text) : 0;
	return text;
}
