/* Works out what is answered out of what was imported, and keeps it ready. */
#include "db/kb_ready.h"

#include "db/compare.h"
#include "db/gzip.h"
#include "db/json_parse.h"

#include <stdlib.h>
#include <string.h>

/* Without what is kept for comparisons. The lists are made of the items, the stances of what applies, the documents of both. */
static const char fill_sql[] =
	"DELETE FROM item; INSERT INTO item (kind, lang, key, position, body) SELECT kind, lang, key, position, body FROM ready_item;"
	"DELETE FROM applied; INSERT INTO applied (vendor, code, number, written, width, rival)"
	"  SELECT vendor, code, number, written, width, rival FROM ready_applied;"
	"DELETE FROM vendor_scenario; INSERT INTO vendor_scenario (vendor, scenario) SELECT vendor, scenario FROM ready_vendor_scenario;"
	"DELETE FROM stance; DELETE FROM contest; INSERT INTO contest (vendor, rival) SELECT vendor, rival FROM ready_contest;"
	"INSERT INTO stance (code, contest, number, action) SELECT code, contest, number, action FROM ready_stance;"
	"DELETE FROM rule; INSERT INTO rule (lang, vendor, number, who, body) SELECT lang, vendor, number, who, body FROM ready_rule;"
	"DELETE FROM ready; INSERT INTO ready (kind, lang, key, body) SELECT kind, lang, key, gzip(body || char(10)) FROM ready_document;"
	"DELETE FROM search_token; INSERT INTO search_token (token, entries) SELECT term, doc FROM search_vocabulary;"
	"DELETE FROM search_shown; DELETE FROM side;";

/* The documents that were compressed so far. */
struct documents {
	const struct progress *progress;
	int done;
};

/* The SQL function gzip(text). */
static void gzip_text(sqlite3_context *context, int count, sqlite3_value *values[])
{
	const char *text = (const char *)sqlite3_value_text(values[0]);
	struct documents *documents = sqlite3_user_data(context);
	size_t size = 0;
	char *compressed = text != NULL ? gzip_compress(text, (size_t)sqlite3_value_bytes(values[0]), &size) : NULL;

	(void)count;
	if (compressed != NULL)
		sqlite3_result_blob(context, compressed, (int)size, free);
	else
		sqlite3_result_error_nomem(context);
	progress_tell(documents->progress, "answers made ready", ++documents->done);
}

static int fill_most(sqlite3 *db, const struct progress *progress)
{
	struct documents documents = { .progress = progress };
	int rc = sqlite3_create_function(db, "gzip", 1, SQLITE_UTF8, &documents, gzip_text, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, fill_sql, NULL, NULL, NULL);
	sqlite3_create_function(db, "gzip", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL); /* nothing is left that points here */
	return rc;
}

/* ---- what the search shows ---- */

/* Of one entry at a time: so its texts come in the order of its document. */
static const char entries_sql[] = "SELECT kind, lang, key FROM search_entry WHERE kind <> 'notes'";
static const char show_sql[] = "INSERT INTO search_shown (kind, lang, key, item, texts) VALUES (?1, ?2, ?3,"
			       " (SELECT item FROM search_item WHERE kind = ?1 AND lang = ?2 AND key = ?3),"
			       " coalesce((SELECT group_concat(replace(text, char(10), ' '), char(10)) FROM search_text"
			       "            WHERE kind = ?1 AND lang = ?2 AND key = ?3), ''))";

static int add_shown(sqlite3_stmt *entries, sqlite3_stmt *show)
{
	int step, rc = SQLITE_OK;

	while (rc == SQLITE_OK && (step = sqlite3_step(entries)) != SQLITE_DONE) {
		rc = step == SQLITE_ROW ? SQLITE_OK : step;
		for (int i = 0; i < sqlite3_column_count(entries) && rc == SQLITE_OK; i++)
			rc = sqlite3_bind_value(show, i + 1, sqlite3_column_value(entries, i));
		if (rc == SQLITE_OK && (step = sqlite3_step(show)) != SQLITE_DONE)
			rc = step;
		sqlite3_reset(show);
	}
	return rc;
}

static int fill_shown(sqlite3 *db)
{
	sqlite3_stmt *entries = NULL, *show = NULL;
	int rc = sqlite3_prepare_v2(db, entries_sql, -1, &entries, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db, show_sql, -1, &show, NULL);
	if (rc == SQLITE_OK)
		rc = add_shown(entries, show);
	sqlite3_finalize(entries);
	sqlite3_finalize(show);
	return rc;
}

/* ---- sides of comparisons ---- */

enum side_statement { LABELS, CODES, ADD_SIDE, SIDE_STATEMENTS };

static const char *const side_sql[] = {
	[LABELS] = "SELECT json_group_object(key, json(body)) FROM document WHERE kind = 'labels' AND lang = ?1",
	[CODES] = "SELECT lang, key, body, item FROM compared_code",
	[ADD_SIDE] = "INSERT INTO side (lang, key, body) VALUES (?1, ?2, ?3)",
};

/* The JSON in a column, a new reference; NULL if memory ran out. */
static json_t *column_json(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text != NULL ? json_parse(text, strlen(text), 0, NULL) : NULL;
}

/* The labels of a language, borrowed from all those that were read; NULL if that failed. */
static const json_t *labels_of(sqlite3_stmt *statement, json_t *all, const char *lang)
{
	const json_t *labels = json_object_get(all, lang);

	if (labels != NULL)
		return labels;
	sqlite3_bind_text(statement, 1, lang, -1, SQLITE_STATIC);
	int failed = sqlite3_step(statement) != SQLITE_ROW || json_object_set_new(all, lang, column_json(statement, 0)) != 0;
	sqlite3_reset(statement);
	return failed == 0 ? json_object_get(all, lang) : NULL;
}

/* Adds the side of the code in the row. */
static int add_side(sqlite3_stmt *const statements[], json_t *all_labels)
{
	sqlite3_stmt *code = statements[CODES], *add = statements[ADD_SIDE];
	const char *lang = (const char *)sqlite3_column_text(code, 0);
	const json_t *labels = lang != NULL ? labels_of(statements[LABELS], all_labels, lang) : NULL;
	json_auto_t *body = column_json(code, 2), *item = column_json(code, 3);
	json_auto_t *side = labels != NULL && body != NULL && item != NULL ? compare_side(body, item, labels) : NULL;
	size_t size;
	char *text = json_text(side, &size);
	int rc = text != NULL ? sqlite3_bind_text(add, 3, text, -1, free) : SQLITE_NOMEM;

	for (int i = 0; i < 2 && rc == SQLITE_OK; i++)
		rc = sqlite3_bind_value(add, i + 1, sqlite3_column_value(code, i));
	if (rc == SQLITE_OK)
		rc = sqlite3_step(add);
	sqlite3_reset(add);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int add_sides(sqlite3_stmt *const statements[])
{
	json_auto_t *labels = json_object();
	int step, rc = SQLITE_OK;

	while (rc == SQLITE_OK && (step = sqlite3_step(statements[CODES])) != SQLITE_DONE)
		rc = step == SQLITE_ROW ? add_side(statements, labels) : step;
	return rc;
}

static int fill_sides(sqlite3 *db)
{
	sqlite3_stmt *statements[SIDE_STATEMENTS] = { NULL };
	int rc = SQLITE_OK;

	for (int i = 0; i < SIDE_STATEMENTS && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v2(db, side_sql[i], -1, &statements[i], NULL);
	if (rc == SQLITE_OK)
		rc = add_sides(statements);
	for (int i = 0; i < SIDE_STATEMENTS; i++)
		sqlite3_finalize(statements[i]);
	return rc;
}

int kb_ready_fill(sqlite3 *db, const struct progress *progress)
{
	int rc = fill_most(db, progress);

	if (rc == SQLITE_OK)
		rc = fill_shown(db);
	return rc == SQLITE_OK ? fill_sides(db) : rc;
}
