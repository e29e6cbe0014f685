/* Opens the knowledge base and answers questions out of it. No HTTP. */
#include "db/kb.h"

#include "db/compare.h"
#include "db/gzip.h"
#include "db/json_parse.h"
#include "db/kb_file.h"
#include "db/kb_memory.h"
#include "db/kb_search.h"
#include "db/memstream.h"
#include "db/words.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_DOCUMENT = 16 << 20 }; /* bytes of a document */

/* The questions about a product and a code, out of the table for the codes that there are, and out of the view for those that nobody defined. */
#define VENDOR_NOTES_FROM(applied)                                                                                                                   \
	"SELECT n.body FROM " applied " AS a CROSS JOIN note AS n ON n.lang = :lang AND n.vendor = a.vendor AND n.number = a.number"                 \
	" WHERE a.vendor = :vendor AND a.code = :code ORDER BY a.number"
#define VENDOR_HANDLING_FROM(applied)                                                                                                                \
	"SELECT json_patch('{}', json_object('direction', n.body ->> '$.direction', 'action', n.body ->> '$.action', 'text', n.body ->> '$.text'))"  \
	" FROM " applied " AS a CROSS JOIN note AS n ON n.lang = :lang AND n.vendor = a.vendor AND n.number = a.number"                              \
	" WHERE a.vendor = :vendor AND a.code = :code AND (n.body -> '$.methods' IS NULL"                                                            \
	"  OR EXISTS (SELECT 1 FROM json_each(n.body, '$.methods') WHERE value IN ('any', :method)))"                                                \
	" ORDER BY a.number LIMIT :count"
#define VENDOR_RULE_FROM(applied)                                                                                                                    \
	"SELECT json_set(n.body, '$.range', a.written, '$.over', (SELECT json_group_array(o.written)"                                                \
	"  FROM note_range AS o CROSS JOIN code_range AS w USING (written)"                                                                          \
	"  WHERE o.vendor = a.vendor AND o.rival = a.rival AND w.first <= :code AND w.last >= :code AND w.last - w.first > a.width))"                \
	" FROM " applied " AS a CROSS JOIN note AS n ON n.lang = :lang AND n.vendor = a.vendor AND n.number = a.number"                              \
	" WHERE a.vendor = :vendor AND a.code = :code AND n.body ->> '$.action' IS NOT NULL"                                                         \
	" ORDER BY n.minor, a.width, a.number LIMIT 1"

/* What products do with a code, by contest; asked for both sides of a comparison at a time. */
#define STANCES_OF "SELECT contest, number, action FROM stance WHERE code = :code ORDER BY contest"

/* Every question, bound by name. A typo in one stops the start. What it asks for was put together by the import (db/kb_ready.c). */
#define STATEMENTS(X)                                                                                                                                \
	X(READY, "SELECT body FROM ready WHERE kind = :kind AND lang = :lang AND key = :key")                                                        \
	X(EXISTS, "SELECT 1 FROM item WHERE kind = :kind AND lang = :lang AND key = :key")                                                           \
	X(ITEM, "SELECT body FROM item WHERE kind = :kind AND lang = :lang AND key = :key")                                                          \
	X(LIST, "SELECT body FROM item WHERE kind = :kind AND lang = :lang ORDER BY position")                                                       \
	X(CODES, "SELECT body FROM item AS i WHERE kind = 'codes' AND lang = :lang"                                                                  \
		 " AND (:digit IS NULL OR substr(key, 1, 1) = :digit) AND (:status IS NULL OR body ->> '$.status' = :status)"                        \
		 " AND (:method IS NULL OR EXISTS (SELECT 1 FROM code_method WHERE code = i.position AND method IN ('any', :method)))"               \
		 " AND (:vendor IS NULL OR EXISTS (SELECT 1 FROM applied WHERE vendor = :vendor AND code = i.position))"                             \
		 " ORDER BY position")                                                                                                               \
	X(CODES_NEAREST, "SELECT body FROM (SELECT position, body FROM item WHERE kind = 'codes' AND lang = :lang AND position / 100 = :code / 100"  \
			 "  ORDER BY abs(position - :code), position LIMIT :count) ORDER BY position")                                               \
	X(TREAT_AS, "SELECT body -> '$.treat_as' FROM document WHERE kind = 'classes' AND lang = :lang AND key = :key")                              \
	X(SIDE, "SELECT body FROM side WHERE lang = :lang AND key = :key")                                                                           \
	X(DEFINED, "SELECT 1 FROM entry WHERE kind = 'codes' AND key = :key")                                                                        \
	X(VENDOR_BRIEF, "SELECT json_object('vendor', key, 'name', body ->> '$.title', 'url', '/vendors/' || key) FROM item"                         \
			" WHERE kind = 'vendors' AND lang = :lang AND key = :key")                                                                   \
	X(PHRASE_NOTES, "SELECT body FROM note INDEXED BY note_by_phrase WHERE lang = :lang AND lower(body ->> '$.phrase') = lower(:phrase)"         \
			" AND body ->> '$.phrase' IS NOT NULL ORDER BY vendor, number")                                                              \
	X(PAIR, "SELECT body ->> '$.verdict', body ->> '$.relation', body ->> '$.ask', body ->> '$.which.a', body ->> '$.which.b' FROM document"     \
		" WHERE kind = 'pairs' AND lang = :lang AND key = :key")                                                                             \
	X(SCENARIOS, "SELECT body FROM item AS s WHERE kind = 'scenarios' AND lang = :lang"                                                          \
		     " AND (:vendor IS NULL OR EXISTS (SELECT 1 FROM json_each(s.body, '$.vendors') WHERE value = :vendor))"                         \
		     " AND (:code IS NULL OR EXISTS (SELECT 1 FROM json_each(s.body, '$.codes') WHERE value = CAST(:code AS INTEGER)))"              \
		     " ORDER BY position")                                                                                                           \
	X(VENDOR_NOTES, VENDOR_NOTES_FROM("applied"))                                                                                                \
	X(VENDOR_NOTES_UNDEFINED, VENDOR_NOTES_FROM("applies"))                                                                                      \
	X(VENDOR_HANDLING, VENDOR_HANDLING_FROM("applied"))                                                                                          \
	X(VENDOR_HANDLING_UNDEFINED, VENDOR_HANDLING_FROM("applies"))                                                                                \
	X(VENDOR_RULE, VENDOR_RULE_FROM("applied"))                                                                                                  \
	X(VENDOR_RULE_UNDEFINED, VENDOR_RULE_FROM("applies"))                                                                                        \
	X(STANCES, STANCES_OF)                                                                                                                       \
	X(OTHER_STANCES, STANCES_OF)                                                                                                                 \
	X(CONTEST, "SELECT '{' || x.who || ',\"a\":' || x.body || ',\"b\":' || y.body || '}' FROM contest AS c"                                      \
		   " CROSS JOIN rule AS x ON x.lang = :lang AND x.vendor = c.vendor AND x.number = :a"                                               \
		   " CROSS JOIN rule AS y ON y.lang = :lang AND y.vendor = c.vendor AND y.number = :b WHERE c.id = :contest")                        \
	X(ENTRIES, "SELECT json_set(d.body, '$.key', d.key) FROM entry AS e JOIN document AS d USING (kind, key)"                                    \
		   " WHERE d.kind = :kind AND d.lang = :lang ORDER BY e.position")

#define NUMBER(name, sql) STATEMENT_##name,
enum statement { STATEMENTS(NUMBER) STATEMENT_COUNT };
#undef NUMBER

#define TEXT(name, sql) sql,
static const char *const statement_sql[] = { STATEMENTS(TEXT) };
#undef TEXT

#define KIND(name, kind) kind,
static const char *const kind_names[] = { KB_KINDS(KIND) };
static const char *const table_kinds[] = { KB_TABLES(KIND) };
#undef KIND

/* What the handles of one copy share, and no question changes. */
struct shared {
	atomic_int handles;
	json_t *languages;              /* [{tag, name, aliases}] */
	json_t *labels;                 /* lang -> group -> name -> text */
	json_t *relations;              /* lang -> name -> entry */
	json_t *problems;               /* lang -> slug -> entry */
	pthread_mutex_t lock;           /* of tables, while they are loaded */
	json_t *tables[KB_TABLE_COUNT]; /* lang -> key -> entry; NULL until then */
	char version[32];
};

struct kb {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	struct kb_search *search;
	json_t *sides; /* lang -> code -> as comparisons see it, of those that were asked for */
	struct shared *shared;
	bool has_tables; /* this handle has seen that they are loaded */
};

/* ---- rows ---- */

/* Gives a statement back in a state in which it can be used again. */
static void statement_done(sqlite3_stmt **statement)
{
	if (*statement != NULL) {
		sqlite3_reset(*statement);
		sqlite3_clear_bindings(*statement);
	}
}

#define auto_statement __attribute__((cleanup(statement_done))) sqlite3_stmt *

/* Binding needs no memory (the strings outlive the statement's run), so it fails only if there is no parameter of that name. */
static void bind_text(sqlite3_stmt *statement, const char *name, const char *value)
{
	int rc = value != NULL ? sqlite3_bind_text(statement, sqlite3_bind_parameter_index(statement, name), value, -1, SQLITE_STATIC) : SQLITE_OK;

	assert(rc == SQLITE_OK);
	(void)rc;
}

static void bind_int(sqlite3_stmt *statement, const char *name, int value)
{
	int rc = sqlite3_bind_int(statement, sqlite3_bind_parameter_index(statement, name), value);

	assert(rc == SQLITE_OK);
	(void)rc;
}

/* A statement, bound to a language. */
static sqlite3_stmt *ask(struct kb *kb, enum statement number, const char *lang)
{
	sqlite3_stmt *statement = kb->statements[number];

	bind_text(statement, ":lang", lang);
	return statement;
}

static json_t *column_json(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text != NULL ? json_parse(text, (size_t)sqlite3_column_bytes(statement, column), JSON_DECODE_ANY, NULL) : NULL;
}

/* The first row's first column. */
static enum kb_status one_document(sqlite3_stmt *statement, json_t **out)
{
	json_t *document;

	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		document = column_json(statement, 0);
		if (document == NULL)
			return KB_FAILED;
		*out = document;
		return KB_OK;
	case SQLITE_DONE:
		return KB_NOT_FOUND;
	default:
		return KB_FAILED;
	}
}

/* The first column of all rows. */
static enum kb_status all_documents(sqlite3_stmt *statement, json_t **out)
{
	json_auto_t *list = json_array();
	int step;

	while ((step = sqlite3_step(statement)) == SQLITE_ROW)
		if (json_array_append_new(list, column_json(statement, 0)) != 0)
			return KB_FAILED;
	if (step != SQLITE_DONE || list == NULL)
		return KB_FAILED;
	*out = json_incref(list);
	return KB_OK;
}

/* ---- opening ---- */

/* The entries of a kind in the order of the content: an array of their bodies, each with its "key" added. */
static enum kb_status read_entries(struct kb *kb, const char *kind, const char *lang, json_t **out)
{
	auto_statement statement = ask(kb, STATEMENT_ENTRIES, lang);

	bind_text(statement, ":kind", kind);
	return all_documents(statement, out);
}

/* All entries of a kind in every language: {lang: {key: body}}. NULL if that failed. */
static json_t *load_kind(struct kb *kb, const char *kind)
{
	json_auto_t *by_language = json_object();
	size_t i, k;
	const json_t *language;
	json_t *entry;

	json_array_foreach (kb->shared->languages, i, language) {
		const char *tag = json_string_value(json_object_get(language, "tag"));
		json_auto_t *list = NULL;
		json_t *by_key = json_object();
		if (json_object_set_new(by_language, tag, by_key) != 0 || read_entries(kb, kind, tag, &list) != KB_OK)
			return NULL;
		json_array_foreach (list, k, entry)
			if (json_object_set(by_key, json_string_value(json_object_get(entry, "key")), entry) != 0)
				return NULL;
	}
	return json_incref(by_language);
}

/* Runs a statement of its own for which no prepared one is kept. */
static enum kb_status ask_once(struct kb *kb, const char *sql, json_t **out)
{
	sqlite3_stmt *statement = NULL;
	enum kb_status status = KB_FAILED;

	if (sqlite3_prepare_v2(kb->db, sql, -1, &statement, NULL) == SQLITE_OK)
		status = all_documents(statement, out);
	sqlite3_finalize(statement);
	return status;
}

static enum kb_status read_texts(struct kb *kb)
{
	kb->shared->labels = load_kind(kb, "labels");
	kb->shared->relations = load_kind(kb, "relations");
	kb->shared->problems = load_kind(kb, "problems");
	return kb->shared->labels != NULL && kb->shared->relations != NULL && kb->shared->problems != NULL ? KB_OK : KB_FAILED;
}

static enum kb_status read_properties(struct kb *kb, char why[KB_WHY_MAX])
{
	json_auto_t *version = NULL;

	if (ask_once(kb, "SELECT json_object('tag', tag, 'name', name, 'aliases', json(aliases)) FROM language ORDER BY position",
		     &kb->shared->languages) != KB_OK ||
	    ask_once(kb, "SELECT json_quote(value) FROM property WHERE name = 'version'", &version) != KB_OK) {
		kb_file_explain(kb->db, why);
		return KB_FAILED;
	}
	if (json_array_size(kb->shared->languages) == 0 || json_array_size(version) == 0) {
		snprintf(why, KB_WHY_MAX, "it holds no content; fill it with: sipcodes import");
		return KB_FAILED;
	}
	snprintf(kb->shared->version, sizeof kb->shared->version, "%s", json_string_value(json_array_get(version, 0)));
	if (read_texts(kb) != KB_OK) {
		kb_file_explain(kb->db, why);
		return KB_FAILED;
	}
	return KB_OK;
}

/* Opens the copy and prepares the questions. */
static enum kb_status open_copy(struct kb *kb, const char *path, char why[KB_WHY_MAX])
{
	if (sqlite3_open_v2(path, &kb->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		snprintf(why, KB_WHY_MAX, "%s", kb->db != NULL ? sqlite3_errmsg(kb->db) : "out of memory");
		return KB_FAILED;
	}
	/* Else a statement is prepared anew whenever another value is bound to it, which costs more than running it. */
	sqlite3_db_config(kb->db, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL);
	/* Nobody writes to the copy: what was locked once for reading stays so. What was checked when it was written need not be checked again. */
	if (sqlite3_exec(kb->db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA ignore_check_constraints = ON", NULL, NULL, NULL) != SQLITE_OK) {
		kb_file_explain(kb->db, why);
		return KB_FAILED;
	}
	return KB_OK;
}

/* The check reads everything once: out of memory that the system lends for it. */
static enum kb_status check_copy(struct kb *kb, char why[KB_WHY_MAX])
{
	sqlite3_exec(kb->db, "PRAGMA mmap_size = 0x7fff0000", NULL, NULL, NULL);
	enum kb_status status = kb_file_check(kb->db, why);
	sqlite3_exec(kb->db, "PRAGMA mmap_size = 0", NULL, NULL, NULL);
	return status;
}

static enum kb_status prepare(struct kb *kb, char why[KB_WHY_MAX])
{
	for (int i = 0; i < STATEMENT_COUNT; i++) {
		if (sqlite3_prepare_v3(kb->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &kb->statements[i], NULL) != SQLITE_OK) {
			kb_file_explain(kb->db, why);
			return KB_FAILED;
		}
	}
	kb->search = kb_search_open(kb->db);
	if (kb->search == NULL)
		kb_file_explain(kb->db, why);
	return kb->search != NULL ? KB_OK : KB_FAILED;
}

/* The one of the handles before, or a new one, which is still empty; NULL if memory ran out. */
static struct shared *shared_take(struct shared *shared)
{
	if (shared != NULL) {
		atomic_fetch_add(&shared->handles, 1);
	} else if ((shared = calloc(1, sizeof *shared)) != NULL) {
		atomic_init(&shared->handles, 1);
		pthread_mutex_init(&shared->lock, NULL);
	}
	return shared;
}

static void shared_release(struct shared *shared)
{
	if (shared == NULL || atomic_fetch_sub(&shared->handles, 1) > 1)
		return;
	json_decref(shared->languages);
	json_decref(shared->labels);
	json_decref(shared->relations);
	json_decref(shared->problems);
	for (int i = 0; i < KB_TABLE_COUNT; i++)
		json_decref(shared->tables[i]);
	pthread_mutex_destroy(&shared->lock);
	free(shared);
}

/* Opens one more handle; first is the first one, or NULL: this is it. */
static enum kb_status open_one(struct kb **out, const char *path, const struct kb *first, char why[KB_WHY_MAX])
{
	struct kb *kb = calloc(1, sizeof *kb);
	enum kb_status status = KB_FAILED;

	snprintf(why, KB_WHY_MAX, "out of memory");
	if (kb != NULL && (kb->sides = json_object()) != NULL && (kb->shared = shared_take(first != NULL ? first->shared : NULL)) != NULL)
		status = open_copy(kb, path, why);
	if (status == KB_OK && first == NULL)
		status = check_copy(kb, why);
	if (status == KB_OK)
		status = prepare(kb, why);
	if (status == KB_OK && first == NULL)
		status = read_properties(kb, why);
	if (status != KB_OK) {
		kb_close(kb);
		kb = NULL;
	}
	*out = kb;
	return status;
}

enum kb_status kb_open_all(struct kb *out[], int count, const char *path, char why[KB_WHY_MAX])
{
	char copy[KB_PATH_MAX];

	kb_memory_watch();
	for (int i = 0; i < count; i++)
		out[i] = NULL;
	enum kb_status status = kb_file_copy(path, copy, why);
	if (status != KB_OK)
		return status;
	for (int i = 0; i < count && status == KB_OK; i++)
		status = open_one(&out[i], copy, i > 0 ? out[0] : NULL, why);
	unlink(copy);
	for (int i = 0; i < count && status != KB_OK; i++) {
		kb_close(out[i]);
		out[i] = NULL;
	}
	return status;
}

enum kb_status kb_open(struct kb **out, const char *path, char why[KB_WHY_MAX])
{
	return kb_open_all(out, 1, path, why);
}

void kb_close(struct kb *kb)
{
	if (kb == NULL)
		return;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(kb->statements[i]);
	kb_search_close(kb->search);
	json_decref(kb->sides);
	shared_release(kb->shared);
	sqlite3_close(kb->db);
	free(kb);
}

const char *kb_error(const struct kb *kb)
{
	return sqlite3_errmsg(kb->db);
}

const char *kb_version(const struct kb *kb)
{
	return kb->shared->version;
}

int kb_full_scans(const struct kb *kb)
{
	int steps = kb_search_full_scans(kb->search);

	for (int i = 0; i < STATEMENT_COUNT; i++)
		steps += sqlite3_stmt_status(kb->statements[i], SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
	return steps;
}

/* ---- languages and labels ---- */

const json_t *kb_languages(const struct kb *kb)
{
	return kb->shared->languages;
}

const json_t *kb_labels(const struct kb *kb, const char *lang)
{
	return json_object_get(kb->shared->labels, lang);
}

const json_t *kb_problem(const struct kb *kb, const char *slug, const char *lang)
{
	return json_object_get(json_object_get(kb->shared->problems, lang), slug);
}

enum kb_status kb_load_tables(struct kb *kb)
{
	struct shared *shared = kb->shared;
	bool failed = false;

	if (kb->has_tables)
		return KB_OK;
	pthread_mutex_lock(&shared->lock);
	for (int i = 0; i < KB_TABLE_COUNT && !failed; i++) {
		if (shared->tables[i] == NULL)
			shared->tables[i] = load_kind(kb, table_kinds[i]);
		failed = shared->tables[i] == NULL;
	}
	pthread_mutex_unlock(&shared->lock);
	kb->has_tables = !failed;
	return failed ? KB_FAILED : KB_OK;
}

const json_t *kb_table(const struct kb *kb, enum kb_table table, const char *lang)
{
	return kb->has_tables ? json_object_get(kb->shared->tables[table], lang) : NULL;
}

const char *kb_label(const json_t *labels, const char *group, const char *name)
{
	const char *label = json_string_value(json_object_get(json_object_get(labels, group), name));

	return label != NULL ? label : name;
}

/* ---- questions ---- */

enum { KEY_MAX = 16 };

/* The document that a statement has under a key. */
static enum kb_status by_key(struct kb *kb, enum statement number, const char *key, const char *lang, json_t **out)
{
	auto_statement statement = ask(kb, number, lang);

	bind_text(statement, ":key", key);
	return one_document(statement, out);
}

/* The same of a kind. */
static sqlite3_stmt *ask_kind(struct kb *kb, enum statement number, const char *kind, const char *key, const char *lang)
{
	sqlite3_stmt *statement = ask(kb, number, lang);

	bind_text(statement, ":kind", kind);
	if (key != NULL)
		bind_text(statement, ":key", key);
	return statement;
}

static enum kb_status read_ready(struct kb *kb, const char *kind, const char *key, const char *lang, struct kb_ready *out)
{
	auto_statement statement = ask_kind(kb, STATEMENT_READY, kind, key, lang);
	int step = sqlite3_step(statement);

	if (step != SQLITE_ROW)
		return step == SQLITE_DONE ? KB_NOT_FOUND : KB_FAILED;
	const void *body = sqlite3_column_blob(statement, 0);
	size_t size = (size_t)sqlite3_column_bytes(statement, 0);
	char *copy = body != NULL ? malloc(size) : NULL;
	if (copy == NULL)
		return KB_FAILED;
	memcpy(copy, body, size);
	*out = (struct kb_ready){ .data = copy, .size = size, .gzip = true };
	return KB_OK;
}

enum kb_status kb_ready(struct kb *kb, enum kb_kind kind, const char *key, const char *lang, struct kb_ready *out)
{
	return read_ready(kb, kind_names[kind], key, lang, out);
}

enum kb_status kb_ready_list(struct kb *kb, enum kb_kind kind, const char *lang, struct kb_ready *out)
{
	return read_ready(kb, "lists", kind_names[kind], lang, out);
}

enum kb_status kb_document(struct kb *kb, enum kb_kind kind, const char *key, const char *lang, json_t **out)
{
	struct kb_ready ready;
	enum kb_status status = kb_ready(kb, kind, key, lang, &ready);
	size_t size;

	if (status != KB_OK)
		return status;
	char *text = gzip_expand(ready.data, ready.size, MAX_DOCUMENT, &size);
	json_t *document = text != NULL ? json_parse(text, size, 0, NULL) : NULL;
	free(ready.data);
	free(text);
	if (document == NULL)
		return KB_FAILED;
	*out = document;
	return KB_OK;
}

enum kb_status kb_code(struct kb *kb, int code, const char *lang, json_t **out)
{
	char key[KEY_MAX];

	snprintf(key, sizeof key, "%d", code);
	return kb_document(kb, KB_CODES, key, lang, out);
}

/* A code as comparisons see it; borrowed. It is parsed once and kept: there are no more of them than codes and languages. */
static enum kb_status read_side(struct kb *kb, int code, const char *lang, const json_t **out)
{
	char key[KEY_MAX];
	json_t *by_code = json_object_get(kb->sides, lang), *side = NULL;

	snprintf(key, sizeof key, "%d", code);
	if ((*out = json_object_get(by_code, key)) != NULL)
		return KB_OK;
	if (by_code == NULL && json_object_set_new(kb->sides, lang, by_code = json_object()) != 0)
		return KB_FAILED;
	enum kb_status status = by_key(kb, STATEMENT_SIDE, key, lang, &side);
	if (status == KB_OK && json_object_set_new(by_code, key, side) != 0)
		return KB_FAILED;
	*out = side;
	return status;
}

enum kb_status kb_code_brief(struct kb *kb, int code, const char *lang, json_t **out)
{
	const json_t *side;
	json_auto_t *brief = json_object();
	enum kb_status status = read_side(kb, code, lang, &side);

	if (status != KB_OK)
		return status;
	if (json_object_update(brief, json_object_get(side, "item")) != 0 || json_object_set(brief, "phrases", json_object_get(side, "phrases")) != 0)
		return KB_FAILED;
	*out = json_incref(brief);
	return KB_OK;
}

enum kb_status kb_vendor_brief(struct kb *kb, const char *vendor, const char *lang, json_t **out)
{
	return by_key(kb, STATEMENT_VENDOR_BRIEF, vendor, lang, out);
}

enum kb_status kb_phrase_notes(struct kb *kb, const char *phrase, const char *lang, json_t **out)
{
	auto_statement statement = ask(kb, STATEMENT_PHRASE_NOTES, lang);

	bind_text(statement, ":phrase", phrase);
	return all_documents(statement, out);
}

enum kb_status kb_codes(struct kb *kb, const struct kb_code_filter *filter, const char *lang, json_t **out)
{
	auto_statement statement = ask(kb, STATEMENT_CODES, lang);

	bind_text(statement, ":digit", filter->digit);
	bind_text(statement, ":status", filter->status);
	bind_text(statement, ":method", filter->method);
	bind_text(statement, ":vendor", filter->vendor);
	return all_documents(statement, out);
}

enum kb_status kb_codes_nearest(struct kb *kb, int code, int count, const char *lang, json_t **out)
{
	auto_statement statement = ask(kb, STATEMENT_CODES_NEAREST, lang);

	bind_int(statement, ":code", code);
	bind_int(statement, ":count", count);
	return all_documents(statement, out);
}

enum kb_status kb_treat_as(struct kb *kb, int code, const char *lang, int *treat_as)
{
	const char digit[] = { (char)('0' + code / 100), '\0' };
	json_auto_t *number = NULL;
	enum kb_status status = by_key(kb, STATEMENT_TREAT_AS, digit, lang, &number);

	if (status == KB_OK)
		*treat_as = (int)json_integer_value(number);
	return status;
}

enum kb_status kb_item(struct kb *kb, enum kb_kind kind, const char *key, const char *lang, json_t **out)
{
	auto_statement statement = ask_kind(kb, STATEMENT_ITEM, kind_names[kind], key, lang);

	return one_document(statement, out);
}

enum kb_status kb_list(struct kb *kb, enum kb_kind kind, const char *lang, json_t **out)
{
	auto_statement statement = ask_kind(kb, STATEMENT_LIST, kind_names[kind], NULL, lang);

	return all_documents(statement, out);
}

enum kb_status kb_exists(struct kb *kb, enum kb_kind kind, const char *key, const char *lang)
{
	auto_statement statement = ask_kind(kb, STATEMENT_EXISTS, kind_names[kind], key, lang);
	int step = sqlite3_step(statement);

	return step == SQLITE_ROW ? KB_OK : step == SQLITE_DONE ? KB_NOT_FOUND : KB_FAILED;
}

enum kb_status kb_scenarios(struct kb *kb, const char *vendor, const char *code, const char *lang, json_t **out)
{
	auto_statement statement = ask(kb, STATEMENT_SCENARIOS, lang);

	bind_text(statement, ":vendor", vendor);
	bind_text(statement, ":code", code);
	return all_documents(statement, out);
}

enum kb_status kb_search(struct kb *kb, const struct kb_query *query, const char *lang, json_t **out)
{
	return kb_search_ask(kb->search, query, lang, kb->shared->languages, out);
}

/* ---- products ---- */

static bool is_defined(struct kb *kb, int code)
{
	char key[KEY_MAX];
	auto_statement statement = kb->statements[STATEMENT_DEFINED];

	snprintf(key, sizeof key, "%d", code);
	bind_text(statement, ":key", key);
	return sqlite3_step(statement) == SQLITE_ROW;
}

/* number is the question about a code that there is; the one after it is the same about any other. */
static sqlite3_stmt *ask_vendor(struct kb *kb, enum statement number, const char *vendor, int code, const char *lang)
{
	sqlite3_stmt *statement = ask(kb, is_defined(kb, code) ? number : number + 1, lang);

	bind_text(statement, ":vendor", vendor);
	bind_int(statement, ":code", code);
	return statement;
}

enum kb_status kb_vendor_notes(struct kb *kb, const char *vendor, int code, const char *lang, json_t **out)
{
	auto_statement statement = ask_vendor(kb, STATEMENT_VENDOR_NOTES, vendor, code, lang);

	return all_documents(statement, out);
}

enum kb_status kb_vendor_handling(struct kb *kb, const char *vendor, int code, const char *method, int limit, const char *lang, json_t **out)
{
	auto_statement statement = ask_vendor(kb, STATEMENT_VENDOR_HANDLING, vendor, code, lang);

	bind_text(statement, ":method", method);
	bind_int(statement, ":count", limit);
	return all_documents(statement, out);
}

enum kb_status kb_vendor_rule(struct kb *kb, const char *vendor, int code, const char *lang, json_t **out)
{
	auto_statement statement = ask_vendor(kb, STATEMENT_VENDOR_RULE, vendor, code, lang);
	const json_t *labels = kb_labels(kb, lang);
	json_auto_t *rule = NULL;
	enum kb_status status = one_document(statement, &rule);

	if (status != KB_OK)
		return status;
	const char *why = json_array_size(json_object_get(rule, "over")) > 0 ? "rule_more_specific" : "rule_alone";
	if (json_object_set_new(rule, "why", words_fill(why, rule, labels)) != 0)
		return KB_FAILED;
	*out = json_incref(rule);
	return KB_OK;
}

/* ---- comparisons ---- */

/* What was written for this very pair; NULL in *out: nothing was. */
static enum kb_status read_pair(struct kb *kb, int a, int b, const char *lang, json_t **out)
{
	auto_statement statement = ask(kb, STATEMENT_PAIR, lang);
	const char *texts[5];
	char key[KEY_MAX];

	snprintf(key, sizeof key, "%d-%d", a < b ? a : b, a < b ? b : a);
	bind_text(statement, ":key", key);
	int step = sqlite3_step(statement);
	if (step != SQLITE_ROW)
		return step == SQLITE_DONE ? KB_OK : KB_FAILED;
	for (int i = 0; i < 5; i++)
		texts[i] = (const char *)sqlite3_column_text(statement, i);
	*out = json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "verdict", texts[0], "relation", texts[1], "ask", texts[2], "which", "a", texts[3], "b",
			 texts[4]);
	return *out != NULL ? KB_OK : KB_FAILED;
}

/* The comparison but for the products. */
static enum kb_status compare_sides(struct kb *kb, int a, int b, const char *lang, json_t **out)
{
	const json_t *side_a, *side_b;
	json_auto_t *pair = NULL;
	enum kb_status status;

	if ((status = read_side(kb, a, lang, &side_a)) != KB_OK || (status = read_side(kb, b, lang, &side_b)) != KB_OK)
		return status;
	if (read_pair(kb, a, b, lang, &pair) != KB_OK)
		return KB_FAILED;
	*out = compare_codes(side_a, side_b, pair, json_object_get(kb->shared->relations, lang), kb_labels(kb, lang), lang);
	return *out != NULL ? KB_OK : KB_FAILED;
}

/* Writes what the product does with either code by the rules that won the contest, as an element of an array. */
static bool write_contest(struct kb *kb, sqlite3_stmt *a, sqlite3_stmt *b, const char *lang, bool first, FILE *out)
{
	auto_statement statement = ask(kb, STATEMENT_CONTEST, lang);

	bind_int(statement, ":contest", sqlite3_column_int(a, 0));
	bind_int(statement, ":a", sqlite3_column_int(a, 1));
	bind_int(statement, ":b", sqlite3_column_int(b, 1));
	const char *text = sqlite3_step(statement) == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
	if (text == NULL)
		return false;
	fputs(first ? "" : ",", out);
	fputs(text, out);
	return true;
}

static sqlite3_stmt *ask_stances(struct kb *kb, enum statement number, int code)
{
	sqlite3_stmt *statement = kb->statements[number];

	bind_int(statement, ":code", code);
	return statement;
}

/* Do the two rules have actions that differ? */
static bool actions_differ(sqlite3_stmt *a, sqlite3_stmt *b)
{
	const char *of_a = (const char *)sqlite3_column_text(a, 2), *of_b = (const char *)sqlite3_column_text(b, 2);

	return of_a != NULL && of_b != NULL && strcmp(of_a, of_b) != 0;
}

/* Writes the products that treat the two differently as elements of an array: goes along both lists of contests at once. */
static bool write_vendors(struct kb *kb, int a, int b, const char *lang, FILE *out)
{
	auto_statement of_a = ask_stances(kb, STATEMENT_STANCES, a);
	auto_statement of_b = ask_stances(kb, STATEMENT_OTHER_STANCES, b);
	int step_a = sqlite3_step(of_a), step_b = sqlite3_step(of_b);
	bool first = true;

	while (step_a == SQLITE_ROW && step_b == SQLITE_ROW) {
		int away = sqlite3_column_int(of_a, 0) - sqlite3_column_int(of_b, 0);
		if (away == 0 && actions_differ(of_a, of_b)) {
			if (!write_contest(kb, of_a, of_b, lang, first, out))
				return false;
			first = false;
		}
		if (away <= 0)
			step_a = sqlite3_step(of_a);
		if (away >= 0)
			step_b = sqlite3_step(of_b);
	}
	return (step_a == SQLITE_ROW || step_a == SQLITE_DONE) && (step_b == SQLITE_ROW || step_b == SQLITE_DONE);
}

enum kb_status kb_ready_compare(struct kb *kb, int a, int b, const char *lang, struct kb_ready *ready)
{
	json_auto_t *comparison = NULL;
	struct memstream stream;
	size_t size;
	enum kb_status status = compare_sides(kb, a, b, lang, &comparison);

	if (status != KB_OK)
		return status;
	char *text = json_text(comparison, &size);
	FILE *out = text != NULL ? memstream_open(&stream) : NULL;
	if (out != NULL) {
		fprintf(out, "%.*s,\"vendors\":[", (int)size - 1, text); /* without the brace that closes it */
		bool written = write_vendors(kb, a, b, lang, out);
		fputs("]}\n", out);
		if (memstream_close(out, &stream, !written) != 0)
			out = NULL;
	}
	free(text);
	if (out == NULL)
		return KB_FAILED;
	*ready = (struct kb_ready){ .data = stream.data, .size = stream.size };
	return KB_OK;
}

enum kb_status kb_compare(struct kb *kb, int a, int b, const char *lang, json_t **out)
{
	struct kb_ready ready;
	enum kb_status status = kb_ready_compare(kb, a, b, lang, &ready);

	if (status != KB_OK)
		return status;
	json_t *comparison = json_parse(ready.data, ready.size, 0, NULL);
	free(ready.data);
	if (comparison == NULL)
		return KB_FAILED;
	*out = comparison;
	return KB_OK;
}
