/* Watches a file by looking at it. */
#include "service/watch.h"

#include <string.h>

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool look(const char *path, struct stat *out)
{
	struct stat now;

	if (stat(path, &now) != 0)
		return false;
	*out = now;
	return true;
}

void watch_take(struct watch *watch)
{
	memset(&watch->taken, 0, sizeof watch->taken);
	look(watch->path, &watch->taken);
	watch->seen = watch->taken;
}

bool watch_changed(struct watch *watch)
{
	struct stat before = watch->seen;

	return look(watch->path, &watch->seen) && is_same(&before, &watch->seen) && !is_same(&watch->taken, &watch->seen);
}
