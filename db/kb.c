/* Opens the knowledge base and answers questions out of it. No HTTP. */
#include "db/kb.h"

#include "db/compare.h"
#include "db/json_parse.h"
#include "db/kb_file.h"
#include "db/kb_memory.h"
#include "db/kb_search.h"
#include "db/words.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long a reader waits for an import to commit. */
enum { BUSY_TIMEOUT_MS = 5000 };

/* Every question, bound by name. A typo in one stops the start. */
#define STATEMENTS(X)                                                                                                                                \
	X(CODE, "SELECT body FROM code_document WHERE lang = :lang AND key = :key")                                                                  \
	X(CODES, "SELECT item FROM code_item AS c"                                                                                                   \
		 " WHERE lang = :lang AND (:digit IS NULL OR digit = :digit) AND (:status IS NULL OR status = :status)"                              \
		 " AND (:method IS NULL OR EXISTS (SELECT 1 FROM json_each(c.methods) WHERE value IN ('any', :method)))"                             \
		 " AND (:vendor IS NULL OR EXISTS (SELECT 1 FROM applies WHERE vendor = :vendor AND applies.code = c.code))"                         \
		 " ORDER BY key")                                                                                                                    \
	X(CODES_NEAREST, "SELECT item FROM code_item WHERE lang = :lang AND key IN"                                                                  \
			 " (SELECT key FROM document WHERE kind = 'codes' AND lang = :lang"                                                          \
			 "  AND CAST(key AS INTEGER) / 100 = :code / 100"                                                                            \
			 "  ORDER BY abs(CAST(key AS INTEGER) - :code), key LIMIT :count) ORDER BY key")                                             \
	X(SIDE, "SELECT c.body, i.item FROM code AS c JOIN code_item AS i USING (lang, key) WHERE c.lang = :lang AND c.key = :key")                  \
	X(CODE_BRIEF, "SELECT json_set(i.item, '$.phrases', c.body -> '$.phrases') FROM code AS c JOIN code_item AS i USING (lang, key)"             \
		      " WHERE c.lang = :lang AND c.key = :key")                                                                                      \
	X(VENDOR_BRIEF, "SELECT json_object('vendor', key, 'name', body ->> '$.name', 'url', '/vendors/' || key) FROM document"                      \
			" WHERE kind = 'vendors' AND lang = :lang AND key = :key")                                                                   \
	X(PHRASE_NOTES, "SELECT body FROM note INDEXED BY note_by_phrase WHERE lang = :lang AND lower(body ->> '$.phrase') = lower(:phrase)"         \
			" AND body ->> '$.phrase' IS NOT NULL ORDER BY vendor, number")                                                              \
	X(PAIR, "SELECT body FROM document WHERE kind = 'pairs' AND lang = :lang AND key = :key")                                                    \
	X(SCENARIOS, "SELECT item FROM scenario_item AS s WHERE lang = :lang"                                                                        \
		     " AND (:vendor IS NULL OR EXISTS (SELECT 1 FROM json_each(s.vendors) WHERE value = :vendor))"                                   \
		     " AND (:code IS NULL OR EXISTS (SELECT 1 FROM json_each(s.codes) WHERE value = CAST(:code AS INTEGER)))"                        \
		     " ORDER BY position")                                                                                                           \
	X(VENDOR_NOTES, "SELECT n.body FROM applies AS a JOIN note AS n USING (vendor, number)"                                                      \
			" WHERE a.code = :code AND a.vendor = :vendor AND n.lang = :lang ORDER BY number")                                           \
	X(VENDOR_RULE, "SELECT json_set(n.body, '$.range', a.written, '$.over', (SELECT json_group_array(o.written)"                                 \
		       "  FROM note_range AS o CROSS JOIN code_range AS w USING (written)"                                                           \
		       "  WHERE o.vendor = a.vendor AND o.rival = a.rival AND w.first <= :code AND w.last >= :code AND w.last - w.first > a.width))" \
		       " FROM applies AS a JOIN note AS n USING (vendor, number)"                                                                    \
		       " WHERE a.code = :code AND a.vendor = :vendor AND n.lang = :lang AND n.body ->> '$.action' IS NOT NULL"                       \
		       " ORDER BY n.minor, a.width, number LIMIT 1")                                                                                 \
	X(COMPARE_VENDORS, "SELECT json_patch('{}', json_object('vendor', x.vendor, 'name', na.body ->> '$.name', 'part', na.body ->> '$.part',"     \
			   "  'methods', na.body -> '$.methods', 'url', na.body ->> '$.url',"                                                        \
			   "  'a', json_object('codes', na.body -> '$.codes', 'action', na.body ->> '$.action', 'text', na.body ->> '$.text'),"      \
			   "  'b', json_object('codes', nb.body -> '$.codes', 'action', nb.body ->> '$.action', 'text', nb.body ->> '$.text')))"     \
			   " FROM (SELECT a.vendor, a.rival, min(a.number) AS number,"                                                               \
			   "   (SELECT min(b.number) FROM applies AS b WHERE b.code = :b AND b.vendor = a.vendor AND b.rival = a.rival) AS other"    \
			   "   FROM applies AS a WHERE a.code = :a AND a.rival IS NOT NULL GROUP BY a.vendor, a.rival) AS x"                         \
			   " CROSS JOIN note AS na ON na.lang = :lang AND na.vendor = x.vendor AND na.number = x.number"                             \
			   " CROSS JOIN note AS nb ON nb.lang = :lang AND nb.vendor = x.vendor AND nb.number = x.other"                              \
			   " WHERE na.body ->> '$.action' <> nb.body ->> '$.action'")                                                                \
	X(ENTRIES, "SELECT json_set(d.body, '$.key', d.key) FROM entry AS e JOIN document AS d USING (kind, key)"                                    \
		   " WHERE d.kind = :kind AND d.lang = :lang ORDER BY e.position")

/* And four for every kind of entry. */
#define DOCUMENT(name, view) "SELECT body FROM " view "_document WHERE lang = :lang AND key = :key",
#define ITEM(name, view) "SELECT item FROM " view "_item WHERE lang = :lang AND key = :key",
#define LIST(name, view) "SELECT item FROM " view "_item WHERE lang = :lang ORDER BY position",
#define EXISTS(name, view) "SELECT 1 FROM " view "_document WHERE lang = :lang AND key = :key",

#define NUMBER(name, sql) STATEMENT_##name,
enum statement {
	STATEMENTS(NUMBER) STATEMENT_DOCUMENTS,
	STATEMENT_ITEMS = STATEMENT_DOCUMENTS + KB_KIND_COUNT,
	STATEMENT_LISTS = STATEMENT_ITEMS + KB_KIND_COUNT,
	STATEMENT_EXISTENCES = STATEMENT_LISTS + KB_KIND_COUNT,
	STATEMENT_COUNT = STATEMENT_EXISTENCES + KB_KIND_COUNT
};
#undef NUMBER

#define TEXT(name, sql) sql,
static const char *const statement_sql[] = { STATEMENTS(TEXT) KB_KINDS(DOCUMENT) KB_KINDS(ITEM) KB_KINDS(LIST) KB_KINDS(EXISTS) };
#undef TEXT

struct kb {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	struct kb_search *search;
	json_t *languages;              /* [{tag, name, aliases}] */
	json_t *labels;                 /* lang -> group -> name -> text */
	json_t *relations;              /* lang -> name -> entry */
	json_t *problems;               /* lang -> slug -> entry */
	json_t *tables[KB_TABLE_COUNT]; /* lang -> key -> entry */
	char version[32];
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
static sqlite3_stmt *ask(struct kb *kb, int number, const char *lang)
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

	json_array_foreach (kb->languages, i, language) {
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

static enum kb_status read_tables(struct kb *kb)
{
#define KIND(name, kind) kind,
	static const char *const kinds[] = { KB_TABLES(KIND) };
#undef KIND

	kb->labels = load_kind(kb, "labels");
	kb->relations = load_kind(kb, "relations");
	kb->problems = load_kind(kb, "problems");
	for (int i = 0; i < KB_TABLE_COUNT; i++)
		if ((kb->tables[i] = load_kind(kb, kinds[i])) == NULL)
			return KB_FAILED;
	return kb->labels != NULL && kb->relations != NULL && kb->problems != NULL ? KB_OK : KB_FAILED;
}

static enum kb_status read_properties(struct kb *kb, char why[KB_WHY_MAX])
{
	json_auto_t *version = NULL;

	if (ask_once(kb, "SELECT json_object('tag', tag, 'name', name, 'aliases', json(aliases)) FROM language ORDER BY position", &kb->languages) !=
		    KB_OK ||
	    ask_once(kb, "SELECT json_quote(value) FROM property WHERE name = 'version'", &version) != KB_OK) {
		kb_file_explain(kb->db, why);
		return KB_FAILED;
	}
	if (json_array_size(kb->languages) == 0 || json_array_size(version) == 0) {
		snprintf(why, KB_WHY_MAX, "it holds no content; fill it with: sipcodes import");
		return KB_FAILED;
	}
	snprintf(kb->version, sizeof kb->version, "%s", json_string_value(json_array_get(version, 0)));
	if (read_tables(kb) != KB_OK) {
		kb_file_explain(kb->db, why);
		return KB_FAILED;
	}
	return KB_OK;
}

static enum kb_status open_file(struct kb *kb, const char *path, char why[KB_WHY_MAX])
{
	enum kb_status status;

	if (sqlite3_open_v2(path, &kb->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		snprintf(why, KB_WHY_MAX, "%s", kb->db != NULL ? sqlite3_errmsg(kb->db) : "out of memory");
		return KB_FAILED;
	}
	sqlite3_busy_timeout(kb->db, BUSY_TIMEOUT_MS);
	/* Else a statement is prepared anew whenever another value is bound to it, which costs more than running it. */
	sqlite3_db_config(kb->db, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL);
	status = kb_file_check(kb->db, why);
	if (status != KB_OK)
		return status;
	for (int i = 0; i < STATEMENT_COUNT; i++) {
		if (sqlite3_prepare_v3(kb->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &kb->statements[i], NULL) != SQLITE_OK) {
			kb_file_explain(kb->db, why);
			return KB_FAILED;
		}
	}
	kb->search = kb_search_open(kb->db);
	if (kb->search == NULL) {
		kb_file_explain(kb->db, why);
		return KB_FAILED;
	}
	return read_properties(kb, why);
}

enum kb_status kb_open(struct kb **out, const char *path, char why[KB_WHY_MAX])
{
	struct kb *kb = calloc(1, sizeof *kb);
	enum kb_status status;

	kb_memory_watch();
	*out = NULL;
	if (kb == NULL) {
		snprintf(why, KB_WHY_MAX, "out of memory");
		return KB_FAILED;
	}
	status = open_file(kb, path, why);
	if (status == KB_OK)
		*out = kb;
	else
		kb_close(kb);
	return status;
}

void kb_close(struct kb *kb)
{
	if (kb == NULL)
		return;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(kb->statements[i]);
	kb_search_close(kb->search);
	json_decref(kb->languages);
	json_decref(kb->labels);
	json_decref(kb->relations);
	json_decref(kb->problems);
	for (int i = 0; i < KB_TABLE_COUNT; i++)
		json_decref(kb->tables[i]);
	sqlite3_close(kb->db);
	free(kb);
}

const char *kb_error(const struct kb *kb)
{
	return sqlite3_errmsg(kb->db);
}

const char *kb_version(const struct kb *kb)
{
	return kb->version;
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
	return kb->languages;
}

const json_t *kb_labels(const struct kb *kb, const char *lang)
{
	return json_object_get(kb->labels, lang);
}

const json_t *kb_problem(const struct kb *kb, const char *slug, const char *lang)
{
	return json_object_get(json_object_get(kb->problems, lang), slug);
}

const json_t *kb_table(const struct kb *kb, enum kb_table table, const char *lang)
{
	return json_object_get(kb->tables[table], lang);
}

const char *kb_label(const json_t *labels, const char *group, const char *name)
{
	const char *label = json_string_value(json_object_get(json_object_get(labels, group), name));

	return label != NULL ? label : name;
}

/* ---- questions ---- */

enum { KEY_MAX = 16 };

/* The document that a statement has under a key. */
static enum kb_status by_key(struct kb *kb, int number, const char *key, const char *lang, json_t **out)
{
	auto_statement statement = ask(kb, number, lang);

	bind_text(statement, ":key", key);
	return one_document(statement, out);
}

enum kb_status kb_code(struct kb *kb, int code, const char *lang, json_t **out)
{
	char key[KEY_MAX];

	snprintf(key, sizeof key, "%d", code);
	return by_key(kb, STATEMENT_CODE, key, lang, out);
}

enum kb_status kb_code_brief(struct kb *kb, int code, const char *lang, json_t **out)
{
	char key[KEY_MAX];

	snprintf(key, sizeof key, "%d", code);
	return by_key(kb, STATEMENT_CODE_BRIEF, key, lang, out);
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

enum kb_status kb_document(struct kb *kb, enum kb_kind kind, const char *key, const char *lang, json_t **out)
{
	return by_key(kb, STATEMENT_DOCUMENTS + (int)kind, key, lang, out);
}

enum kb_status kb_item(struct kb *kb, enum kb_kind kind, const char *key, const char *lang, json_t **out)
{
	return by_key(kb, STATEMENT_ITEMS + (int)kind, key, lang, out);
}

enum kb_status kb_list(struct kb *kb, enum kb_kind kind, const char *lang, json_t **out)
{
	auto_statement statement = ask(kb, STATEMENT_LISTS + (int)kind, lang);

	return all_documents(statement, out);
}

enum kb_status kb_exists(struct kb *kb, enum kb_kind kind, const char *key, const char *lang)
{
	json_auto_t *unused = NULL;

	return by_key(kb, STATEMENT_EXISTENCES + (int)kind, key, lang, &unused);
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
	return kb_search_ask(kb->search, query, lang, kb->languages, out);
}

/* ---- products ---- */

static sqlite3_stmt *ask_vendor(struct kb *kb, enum statement number, const char *vendor, int code, const char *lang)
{
	sqlite3_stmt *statement = ask(kb, (int)number, lang);

	bind_text(statement, ":vendor", vendor);
	bind_int(statement, ":code", code);
	return statement;
}

enum kb_status kb_vendor_notes(struct kb *kb, const char *vendor, int code, const char *lang, json_t **out)
{
	auto_statement statement = ask_vendor(kb, STATEMENT_VENDOR_NOTES, vendor, code, lang);

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

/* What one side of a comparison is made of; body and item are new references. */
static enum kb_status read_side(struct kb *kb, int code, const char *lang, json_t **body, json_t **item)
{
	char key[KEY_MAX];
	auto_statement statement = ask(kb, STATEMENT_SIDE, lang);
	enum kb_status status;

	snprintf(key, sizeof key, "%d", code);
	bind_text(statement, ":key", key);
	status = one_document(statement, body);
	if (status == KB_OK && (*item = column_json(statement, 1)) == NULL)
		status = KB_FAILED;
	return status;
}

/* The products that treat the two differently. */
static enum kb_status read_vendors(struct kb *kb, int a, int b, const char *lang, json_t **out)
{
	auto_statement statement = ask(kb, STATEMENT_COMPARE_VENDORS, lang);

	bind_int(statement, ":a", a);
	bind_int(statement, ":b", b);
	return all_documents(statement, out);
}

enum kb_status kb_compare(struct kb *kb, int a, int b, const char *lang, json_t **out)
{
	json_auto_t *body_a = NULL, *item_a = NULL, *body_b = NULL, *item_b = NULL, *pair = NULL, *vendors = NULL;
	char key[KEY_MAX];
	enum kb_status status;

	if ((status = read_side(kb, a, lang, &body_a, &item_a)) != KB_OK || (status = read_side(kb, b, lang, &body_b, &item_b)) != KB_OK)
		return status;
	snprintf(key, sizeof key, "%d-%d", a < b ? a : b, a < b ? b : a);
	if (by_key(kb, STATEMENT_PAIR, key, lang, &pair) == KB_FAILED || read_vendors(kb, a, b, lang, &vendors) != KB_OK)
		return KB_FAILED;
	json_t *comparison = compare_codes(&(struct compare_side){ body_a, item_a }, &(struct compare_side){ body_b, item_b }, pair, vendors,
					   json_object_get(kb->relations, lang), kb_labels(kb, lang), lang);
	if (comparison == NULL)
		return KB_FAILED;
	*out = comparison;
	return KB_OK;
}
