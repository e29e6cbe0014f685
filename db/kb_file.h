/* The database file: which schema it has, and how it gets the newest. */
#ifndef SIPCODES_KB_FILE_H
#define SIPCODES_KB_FILE_H

#include "db/kb.h"

#include <sqlite3.h>

/* "sipc": PRAGMA application_id, by which a file says that it is a knowledge base. */
enum { KB_APPLICATION_ID = 0x73697063 };

/* The newest schema this program knows: the number of the last migration. */
int kb_file_newest(void);

/* Puts into words what SQLite said last. */
void kb_file_explain(sqlite3 *db, char why[KB_WHY_MAX]);

/* Is it a knowledge base with the newest schema? If not, why says what it is instead. */
enum kb_status kb_file_check(sqlite3 *db, char why[KB_WHY_MAX]);

enum { KB_PATH_MAX = 4096 };

/* Copies the database in the file, as one transaction sees it, into a new file in a folder for temporary files, and leaves its name in copy; who
 * calls it removes that. If there is no such database or no such folder, why tells, and nothing is left behind. */
enum kb_status kb_file_copy(const char *path, char copy[KB_PATH_MAX], char why[KB_WHY_MAX]);

/* Applies the migrations that the file does not have yet, in order, each in one transaction that also records its number
 * in user_version. Refuses a file that is not a knowledge base or is newer than this program. */
enum kb_status kb_file_migrate(sqlite3 *db, char why[KB_WHY_MAX]);

#endif
