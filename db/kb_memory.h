/* Tells when SQLite was refused memory: FTS5 3.40 then ranks wrongly instead of failing. */
#ifndef SIPCODES_KB_MEMORY_H
#define SIPCODES_KB_MEMORY_H

#include <stdbool.h>

/* Puts the watch in place. Before anything else that SQLite does in this program; more than once does no harm. */
void kb_memory_watch(void);

/* Was SQLite refused memory in this thread since this was asked last? */
bool kb_memory_refused(void);

#endif
