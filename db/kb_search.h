/* The search in the knowledge base: its index, and the questions to it. For db/kb.c and db/kb_import.c. */
#ifndef SIPCODES_KB_SEARCH_H
#define SIPCODES_KB_SEARCH_H

#include "db/kb.h"

#include <sqlite3.h>

struct kb_search;

/* Prepares the questions; NULL if that failed, and sqlite3_errmsg tells why. It lives no longer than the database. */
struct kb_search *kb_search_open(sqlite3 *db);
void kb_search_close(struct kb_search *search); /* NULL is allowed */

/* As kb_search in db/kb.h. languages: as kb_languages has them. */
enum kb_status kb_search_ask(struct kb_search *search, const struct kb_query *query, const char *lang, const json_t *languages, json_t **out);

/* Steps of full scans so far (kb_full_scans). */
int kb_search_full_scans(const struct kb_search *search);

/* Fills the index anew from what the file holds; returns SQLite's result code. Runs in the caller's transaction. */
int kb_search_fill(sqlite3 *db, const struct progress *progress);

#endif
