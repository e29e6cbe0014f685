/* Puts checked content into the database file: everything in one transaction, or nothing. */
#include "db/content.h"
#include "db/digest.h"
#include "db/json_parse.h"
#include "db/kb.h"
#include "db/kb_file.h"
#include "db/kb_ready.h"
#include "db/kb_search.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_TIMEOUT_MS = 10000 };

enum import_statement { ADD_LANGUAGE, ADD_ENTRY, ADD_DOCUMENT, SET_VERSION, ADD_SITE_NOTE, IMPORT_STATEMENTS };

static const char *const import_sql[] = {
	[ADD_LANGUAGE] = "INSERT INTO language (tag, position, name, aliases) VALUES (?1, ?2, ?3, ?4)",
	[ADD_ENTRY] = "INSERT INTO entry (kind, key, position) VALUES (?1, ?2, ?3)",
	[ADD_DOCUMENT] = "INSERT INTO document (kind, key, lang, body) VALUES (?1, ?2, ?3, ?4)",
	[SET_VERSION] = "INSERT INTO property (name, value) VALUES ('version', ?1)",
	[ADD_SITE_NOTE] = "INSERT INTO site_note (number, organisation, body, vendor) VALUES (?1, ?2, ?3, nullif(?4, ''))",
};

struct import {
	sqlite3 *db;
	sqlite3_stmt *statements[IMPORT_STATEMENTS];
	const struct content *content;
	const struct progress *progress;
	uint64_t digest; /* of all that was imported */
	int entries;     /* so far */
};

/* Binds strings to ?1, ?2 ... and runs the statement. A NULL string, which is what memory that ran out leaves, fails. */
static int run(struct import *import, enum import_statement number, const char *const values[], int count)
{
	sqlite3_stmt *statement = import->statements[number];
	int rc = SQLITE_OK;

	sqlite3_reset(statement);
	for (int i = 0; i < count && rc == SQLITE_OK; i++) {
		rc = values[i] != NULL ? sqlite3_bind_text(statement, i + 1, values[i], -1, SQLITE_TRANSIENT) : SQLITE_NOMEM;
		if (rc == SQLITE_OK)
			import->digest = digest(import->digest, values[i], strlen(values[i]));
	}
	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int add_document(struct import *import, const char *kind, const char *key, const json_t *value, const char *lang)
{
	json_auto_t *document = content_localize(import->content, value, lang);
	size_t size;
	char *body = json_text(document, &size);
	int rc = run(import, ADD_DOCUMENT, (const char *const[]){ kind, key, lang, body }, 4);

	free(body);
	return rc;
}

static int add_entry(struct import *import, const char *kind, const char *key, const json_t *value, int position)
{
	char place[16];
	const char *lang;
	json_t *unused;
	int rc;

	snprintf(place, sizeof place, "%d", position);
	rc = run(import, ADD_ENTRY, (const char *const[]){ kind, key, place }, 3);
	json_object_foreach (json_object_get(content_entries(import->content), "languages"), lang, unused)
		if (rc == SQLITE_OK)
			rc = add_document(import, kind, key, value, lang);
	progress_tell(import->progress, "entries imported", ++import->entries);
	return rc;
}

static int add_languages(struct import *import)
{
	const char *tag;
	json_t *language;
	int position = 0, rc = SQLITE_OK;

	json_object_foreach (json_object_get(content_entries(import->content), "languages"), tag, language) {
		char place[16];
		size_t size;
		char *aliases = json_text(json_object_get(language, "aliases"), &size);
		snprintf(place, sizeof place, "%d", position++);
		if (rc == SQLITE_OK)
			rc = run(import, ADD_LANGUAGE,
				 (const char *const[]){ tag, place, json_string_value(json_object_get(language, "name")), aliases }, 4);
		free(aliases);
	}
	return rc;
}

static int add_all(struct import *import)
{
	const char *kind, *key;
	json_t *entries, *value;
	char version[32];
	int rc = add_languages(import);

	json_object_foreach ((json_t *)content_entries(import->content), kind, entries) {
		int position = 0;
		if (strcmp(kind, "languages") == 0)
			continue;
		json_object_foreach (entries, key, value)
			if (rc == SQLITE_OK)
				rc = add_entry(import, kind, key, value, position++);
	}
	snprintf(version, sizeof version, "%016" PRIx64, import->digest);
	return rc == SQLITE_OK ? run(import, SET_VERSION, (const char *const[]){ version }, 1) : rc;
}

static int add_site_note(struct import *import, const char *organisation, const json_t *note, int position)
{
	const char *vendor = json_string_value(json_object_get(note, "vendor"));
	size_t size;
	char *body = json_text(note, &size), place[16];

	snprintf(place, sizeof place, "%d", position);
	int rc = run(import, ADD_SITE_NOTE, (const char *const[]){ place, organisation, body, vendor != NULL ? vendor : "" }, 4);
	free(body);
	return rc;
}

static int add_site(struct import *import, const json_t *site)
{
	size_t i;
	const json_t *note;
	int rc = sqlite3_exec(import->db, "DELETE FROM site_note", NULL, NULL, NULL);

	json_array_foreach (json_object_get(site, "notes"), i, note)
		if (rc == SQLITE_OK)
			rc = add_site_note(import, json_string_value(json_object_get(site, "organisation")), note, (int)i);
	return rc;
}

/* Are all products known that the site's notes name? */
static enum kb_status check_site(struct import *import, char why[KB_WHY_MAX])
{
	static const char sql[] = "SELECT group_concat(DISTINCT vendor) FROM site_note"
				  " WHERE vendor NOT IN (SELECT key FROM entry WHERE kind = 'vendors')";
	sqlite3_stmt *statement = NULL;
	enum kb_status status = KB_FAILED;

	if (sqlite3_prepare_v2(import->db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
		const char *unknown = (const char *)sqlite3_column_text(statement, 0);
		if (unknown == NULL && sqlite3_errcode(import->db) != SQLITE_NOMEM)
			status = KB_OK;
		else if (unknown != NULL)
			snprintf(why, KB_WHY_MAX, "the site's notes name products that the knowledge base does not have: %s", unknown);
	}
	if (status != KB_OK && *why == '\0')
		kb_file_explain(import->db, why);
	sqlite3_finalize(statement);
	return status;
}

static int add_content(struct import *import)
{
	int rc = sqlite3_exec(import->db, "DELETE FROM document; DELETE FROM entry; DELETE FROM language; DELETE FROM property;", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = add_all(import);
	return rc == SQLITE_OK ? kb_search_fill(import->db, import->progress) : rc;
}

/* Replaces what is given, in one transaction, which the caller rolls back on failure. */
static enum kb_status replace(struct import *import, const json_t *site, char why[KB_WHY_MAX])
{
	int rc = sqlite3_exec(import->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	for (int i = 0; i < IMPORT_STATEMENTS && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v2(import->db, import_sql[i], -1, &import->statements[i], NULL);
	if (rc == SQLITE_OK && import->content != NULL)
		rc = add_content(import);
	if (rc == SQLITE_OK && site != NULL)
		rc = add_site(import, site);
	for (int i = 0; i < IMPORT_STATEMENTS; i++)
		sqlite3_finalize(import->statements[i]);
	if (rc == SQLITE_OK && site != NULL && check_site(import, why) != KB_OK)
		return KB_FAILED;
	if (rc == SQLITE_OK)
		rc = kb_ready_fill(import->db, import->progress);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(import->db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		snprintf(why, KB_WHY_MAX, "%s", rc == SQLITE_NOMEM ? sqlite3_errstr(rc) : sqlite3_errmsg(import->db));
	return rc == SQLITE_OK ? KB_OK : KB_FAILED;
}

/* Opens the file for writing; without content it has to be there already. */
static int open_file(struct import *import, const char *path)
{
	int flags = SQLITE_OPEN_READWRITE | (import->content != NULL ? SQLITE_OPEN_CREATE : 0);
	int rc = sqlite3_open_v2(path, &import->db, flags, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(import->db, BUSY_TIMEOUT_MS);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(import->db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
	return rc;
}

enum kb_status kb_import(const char *path, const struct content *content, const json_t *site, const struct progress *progress, char why[KB_WHY_MAX])
{
	struct import import = { .content = content, .progress = progress, .digest = DIGEST_START };
	enum kb_status status = KB_FAILED;
	int rc = open_file(&import, path);

	*why = '\0';
	if (rc != SQLITE_OK)
		snprintf(why, KB_WHY_MAX, "%s", sqlite3_errstr(rc));
	else if ((content != NULL ? kb_file_migrate(import.db, why) : kb_file_check(import.db, why)) == KB_OK)
		status = replace(&import, site, why);
	if (status != KB_OK)
		sqlite3_exec(import.db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(import.db);
	return status;
}
