/* Who is told, now and then, what long work is at and how much of that is done. */
#ifndef SIPCODES_PROGRESS_H
#define SIPCODES_PROGRESS_H

#include <stddef.h>

struct progress {
	void (*tell)(void *arg, const char *what, int done); /* what: "entries checked" */
	void *arg;
};

/* progress: NULL if nobody is to be told. */
static inline void progress_tell(const struct progress *progress, const char *what, int done)
{
	if (progress != NULL)
		progress->tell(progress->arg, what, done);
}

#endif
