/* The database file: which schema it has, and how it gets the newest. */
#include "db/kb_file.h"

#include "db/embedded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long a reader waits for an import to commit. */
enum { BUSY_TIMEOUT_MS = 5000 };

static const char migrations[] = "migrations/";

static int migration_number(const struct embedded_file *file)
{
	if (strncmp(file->name, migrations, strlen(migrations)) != 0)
		return 0;
	return (int)strtol(file->name + strlen(migrations), NULL, 10);
}

int kb_file_newest(void)
{
	int newest = 0;

	for (const struct embedded_file *f = embedded_files; f->name != NULL; f++)
		if (migration_number(f) > newest)
			newest = migration_number(f);
	return newest;
}

static int pragma(sqlite3 *db, const char *sql, sqlite3_int64 *value)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		*value = sqlite3_column_int64(statement, 0);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(statement);
	return rc;
}

static void explain(int rc, const char *message, char why[KB_WHY_MAX])
{
	snprintf(why, KB_WHY_MAX, "%s%s", rc == SQLITE_CORRUPT ? "it is damaged: " : "", message);
}

void kb_file_explain(sqlite3 *db, char why[KB_WHY_MAX])
{
	explain(sqlite3_errcode(db), sqlite3_errmsg(db), why);
}

struct file_state {
	sqlite3_int64 application_id, user_version, tables;
};

static enum kb_status read_state(sqlite3 *db, struct file_state *state, char why[KB_WHY_MAX])
{
	if (pragma(db, "PRAGMA application_id", &state->application_id) == SQLITE_OK &&
	    pragma(db, "PRAGMA user_version", &state->user_version) == SQLITE_OK &&
	    pragma(db, "SELECT count(*) FROM sqlite_schema", &state->tables) == SQLITE_OK)
		return KB_OK;
	kb_file_explain(db, why);
	return KB_FAILED;
}

/* Is the file one that this program may read or write at all? */
static enum kb_status refuse_foreign(const struct file_state *state, char why[KB_WHY_MAX])
{
	if (state->tables > 0 && state->application_id != KB_APPLICATION_ID)
		snprintf(why, KB_WHY_MAX, "it is an SQLite database, but not a knowledge base of sipcodes");
	else if (state->user_version > kb_file_newest())
		snprintf(why, KB_WHY_MAX,
			 "it was made by a newer sipcodes (schema %d; this program knows up to %d); use that program, or import anew",
			 (int)state->user_version, kb_file_newest());
	else
		return KB_OK;
	return KB_FAILED;
}

/* quick_check answers "ok" or says where the file is damaged. */
static enum kb_status check_integrity(sqlite3 *db, char why[KB_WHY_MAX])
{
	sqlite3_stmt *statement = NULL;
	enum kb_status status = KB_FAILED;

	if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
		const char *said = (const char *)sqlite3_column_text(statement, 0);
		if (said != NULL && strcmp(said, "ok") == 0)
			status = KB_OK;
		else
			snprintf(why, KB_WHY_MAX, "it is damaged: %s", said != NULL ? said : "out of memory");
	} else {
		kb_file_explain(db, why);
	}
	sqlite3_finalize(statement);
	return status;
}

enum kb_status kb_file_check(sqlite3 *db, char why[KB_WHY_MAX])
{
	struct file_state state = { 0, 0, 0 };

	if (read_state(db, &state, why) != KB_OK || refuse_foreign(&state, why) != KB_OK)
		return KB_FAILED;
	if (state.tables == 0) {
		snprintf(why, KB_WHY_MAX, "it is empty; fill it with: sipcodes import");
		return KB_FAILED;
	}
	if (state.user_version < kb_file_newest()) {
		snprintf(why, KB_WHY_MAX,
			 "it was made by an older sipcodes (schema %d; this program needs %d); bring it up to date with: sipcodes import",
			 (int)state.user_version, kb_file_newest());
		return KB_FAILED;
	}
	return check_integrity(db, why);
}

static enum kb_status execute(sqlite3 *db, const char *sql, char why[KB_WHY_MAX])
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return KB_OK;
	kb_file_explain(db, why);
	return KB_FAILED;
}

/* Applies a migration if the file does not have it yet. Runs in a transaction: nobody else changes the file meanwhile. */
static enum kb_status apply(sqlite3 *db, const struct embedded_file *file, char why[KB_WHY_MAX])
{
	struct file_state state = { 0, 0, 0 };
	char pragmas[128];

	if (read_state(db, &state, why) != KB_OK || refuse_foreign(&state, why) != KB_OK)
		return KB_FAILED;
	if (migration_number(file) <= state.user_version)
		return KB_OK;
	snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d", KB_APPLICATION_ID, migration_number(file));
	return execute(db, file->data, why) == KB_OK ? execute(db, pragmas, why) : KB_FAILED;
}

enum kb_status kb_file_migrate(sqlite3 *db, char why[KB_WHY_MAX])
{
	for (const struct embedded_file *f = embedded_files; f->name != NULL; f++) {
		if (migration_number(f) == 0)
			continue;
		if (execute(db, "BEGIN IMMEDIATE", why) != KB_OK)
			return KB_FAILED;
		if (apply(db, f, why) != KB_OK || execute(db, "COMMIT", why) != KB_OK) {
			sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
			return KB_FAILED;
		}
	}
	return KB_OK;
}

/* ---- a copy ---- */

/* Makes an empty file in the first folder that lets it. */
static enum kb_status make_temporary(char name[KB_PATH_MAX], char why[KB_WHY_MAX])
{
	const char *const folders[] = { getenv("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm" };

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		if (folders[i] == NULL || *folders[i] == '\0' || snprintf(name, KB_PATH_MAX, "%s/sipcodes-XXXXXX", folders[i]) >= KB_PATH_MAX)
			continue;
		int fd = mkstemp(name);
		if (fd >= 0) {
			close(fd);
			return KB_OK;
		}
	}
	snprintf(why, KB_WHY_MAX, "there is no folder for temporary files to copy it to; set TMPDIR to one");
	return KB_FAILED;
}

static int copy_pages(sqlite3 *from, sqlite3 *to)
{
	/* The copy is gone when the program is: nothing of it has to survive. */
	int rc = sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
	sqlite3_backup *backup = rc == SQLITE_OK ? sqlite3_backup_init(to, "main", from, "main") : NULL;

	if (backup == NULL)
		return rc == SQLITE_OK ? sqlite3_errcode(to) : rc;
	rc = sqlite3_backup_step(backup, -1);
	sqlite3_backup_finish(backup);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

enum kb_status kb_file_copy(const char *path, char copy[KB_PATH_MAX], char why[KB_WHY_MAX])
{
	sqlite3 *from = NULL, *to = NULL;
	int rc = sqlite3_open_v2(path, &from, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc != SQLITE_OK) {
		snprintf(why, KB_WHY_MAX, "%s", sqlite3_errstr(rc));
		sqlite3_close(from);
		return KB_FAILED;
	}
	sqlite3_busy_timeout(from, BUSY_TIMEOUT_MS);
	enum kb_status status = make_temporary(copy, why);
	if (status == KB_OK) {
		rc = sqlite3_open_v2(copy, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
		if (rc == SQLITE_OK)
			rc = copy_pages(from, to);
		if (sqlite3_close(to) != SQLITE_OK || rc != SQLITE_OK) {
			explain(rc, sqlite3_errstr(rc), why);
			unlink(copy);
			status = KB_FAILED;
		}
	}
	sqlite3_close(from);
	return status;
}
