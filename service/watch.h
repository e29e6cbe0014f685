/* Watches a file for being replaced or written over. */
#ifndef SIPCODES_WATCH_H
#define SIPCODES_WATCH_H

#include <stdbool.h>
#include <sys/stat.h>

struct watch {
	const char *path;
	struct stat taken; /* the file as it was taken */
	struct stat seen;  /* the file as it was at the last look */
};

/* Takes the file as it is now. */
void watch_take(struct watch *watch);

/* Looks at the file: is it another than the one that was taken, and has it stayed the same since the last look? Who writes it at the moment is
 * not disturbed so, as long as it goes on from look to look. A file that is not there is no other file. */
bool watch_changed(struct watch *watch);

#endif
