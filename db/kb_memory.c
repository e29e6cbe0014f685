/* Watches SQLite's allocations. */
#include "db/kb_memory.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stddef.h>

static sqlite3_mem_methods own; /* SQLite's, beneath the watch */
static _Thread_local bool refused;

static void *watched_malloc(int size)
{
	void *memory = own.xMalloc(size);

	refused |= memory == NULL;
	return memory;
}

static void *watched_realloc(void *old, int size)
{
	void *memory = own.xRealloc(old, size);

	refused |= memory == NULL;
	return memory;
}

static void watch(void)
{
	sqlite3_mem_methods methods;

	/* Nobody asks how much memory SQLite uses, and to count it takes a lock that all threads share. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &own) != SQLITE_OK)
		return;
	methods = own;
	methods.xMalloc = watched_malloc;
	methods.xRealloc = watched_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}

void kb_memory_watch(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, watch);
}

bool kb_memory_refused(void)
{
	bool was = refused;

	refused = false;
	return was;
}
