/* The database file: which schema it has, and how it gets the newest. */
#include "db/kb_file.h"

#include "db/embedded.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
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

void kb_file_explain(sqlite3 *db, char why[KB_WHY_MAX])
{
	snprintf(why, KB_WHY_MAX, "%s%s", sqlite3_errcode(db) == SQLITE_CORRUPT ? "it is damaged: " : "", sqlite3_errmsg(db));
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

/* Locks the database against being written to, as a transaction that reads does. */
static enum kb_status begin(sqlite3 *db, char why[KB_WHY_MAX])
{
	sqlite3_int64 version = 0;
	sqlite3_stmt *mode = NULL;

	sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
	if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK || pragma(db, "PRAGMA schema_version", &version) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &mode, NULL) != SQLITE_OK || sqlite3_step(mode) != SQLITE_ROW) {
		kb_file_explain(db, why);
		sqlite3_finalize(mode);
		return KB_FAILED;
	}
	const char *name = (const char *)sqlite3_column_text(mode, 0);
	bool apart = name == NULL || strcmp(name, "wal") == 0;
	sqlite3_finalize(mode);
	if (apart) /* the newest pages may be in another file, which is not copied */
		snprintf(why, KB_WHY_MAX, "it is in WAL mode; change that with: PRAGMA journal_mode = DELETE");
	return apart ? KB_FAILED : KB_OK;
}

/* Copies all bytes into a new file in the folder, whose name it leaves. Where that fails it leaves no file, and errno tells. */
static int copy_into(int from, const char *folder, char copy[KB_PATH_MAX])
{
	struct stat stat;
	ssize_t n = 1;
	off_t at = 0;
	int to = -1;

	if (snprintf(copy, KB_PATH_MAX, "%s/sipcodes-XXXXXX", folder) >= KB_PATH_MAX || fstat(from, &stat) != 0 ||
	    (to = mkostemp(copy, O_CLOEXEC)) < 0)
		return -1;
	while (at < stat.st_size && n > 0)
		n = sendfile(to, from, &at, (size_t)(stat.st_size - at));
	int error = errno;
	if (close(to) == 0 && n > 0)
		return 0;
	unlink(copy);
	errno = error;
	return -1;
}

/* Copies the file, which is locked, into the first folder in which it fits. The descriptor is closed last: that lets go of the lock. */
static enum kb_status copy_file(const char *path, char copy[KB_PATH_MAX], char why[KB_WHY_MAX])
{
	const char *const folders[] = { getenv("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm" };
	enum kb_status status = KB_FAILED;
	int from = open(path, O_RDONLY | O_CLOEXEC);

	if (from < 0) {
		snprintf(why, KB_WHY_MAX, "%s", strerror(errno));
		return KB_FAILED;
	}
	for (size_t i = 0; i < sizeof folders / sizeof folders[0] && status != KB_OK; i++) {
		if (folders[i] == NULL || *folders[i] == '\0')
			continue;
		if (copy_into(from, folders[i], copy) == 0)
			status = KB_OK;
		else
			snprintf(why, KB_WHY_MAX, "it cannot be copied into a folder for temporary files, set TMPDIR to one: %.200s: %s", folders[i],
				 strerror(errno));
	}
	close(from);
	return status;
}

enum kb_status kb_file_copy(const char *path, char copy[KB_PATH_MAX], char why[KB_WHY_MAX])
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	enum kb_status status = KB_FAILED;

	if (rc != SQLITE_OK)
		snprintf(why, KB_WHY_MAX, "%s", sqlite3_errstr(rc));
	else if (begin(db, why) == KB_OK)
		status = copy_file(path, copy, why);
	sqlite3_close(db);
	return status;
}
