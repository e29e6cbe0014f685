/* What the import works out once (migrations/0006_ready.sql). For db/kb_import.c. */
#ifndef SIPCODES_KB_READY_H
#define SIPCODES_KB_READY_H

#include "db/progress.h"

#include <sqlite3.h>

/* Fills the tables anew from what the file holds; returns SQLite's result code. Runs in the caller's transaction. */
int kb_ready_fill(sqlite3 *db, const struct progress *progress);

#endif
