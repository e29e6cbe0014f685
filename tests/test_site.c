/* An organisation's own notes: taken in, shown beside the shipped content, kept when that is upgraded from any schema. */
#include "tests/harness.h"

#include "db/embedded.h"
#include "db/kb.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

enum { APPLICATION_ID = 0x73697063 }; /* PRAGMA application_id of a knowledge base */

static char folder[64], db[128], site[128];

static const char notes[] = "{\"organisation\": \"PT Contoh\", \"notes\": ["
			    "{\"codes\": [\"503\"], \"vendor\": \"session-manager\", \"text\": {\"en\": \"Call the Avaya team.\","
			    " \"id\": \"Hubungi tim Avaya.\"}, \"url\": \"https://wiki.example/503\"},"
			    "{\"codes\": [\"5xx\", \"486\"], \"text\": \"Open a ticket.\"},"
			    "{\"codes\": [\"480-484\"], \"text\": {\"zh\": \"先查注册。\"}}]}";

static int make_folder(void **state)
{
	(void)state;
	temporary_folder(folder);
	snprintf(db, sizeof db, "%s/kb.db", folder);
	snprintf(site, sizeof site, "%s/site.json", folder);
	write_whole(site, notes, strlen(notes));
	return 0;
}

static int remove_it(void **state)
{
	(void)state;
	remove_folder(folder);
	return 0;
}

static void import(const char *const arguments[], int status, const char *says)
{
	const char *all[8] = { "import", "--db", db };
	struct outcome outcome;
	size_t n = 3;

	for (; *arguments != NULL; arguments++)
		all[n++] = *arguments;
	all[n] = NULL;
	run_sipcodes(&outcome, all);
	if (outcome.status != status || strstr(status == 0 ? outcome.out : outcome.err, says) == NULL)
		fail_msg("%d %s%s, expected: %s", outcome.status, outcome.out, outcome.err, says);
}

static void import_shipped(void)
{
	import((const char *const[]){ TEST_CONTENT, NULL }, 0, "entries imported into ");
}

static void import_site(void)
{
	import((const char *const[]){ "--site", site, NULL }, 0, "3 notes of PT Contoh imported into ");
}

static void execute(const char *path, const char *statements)
{
	sqlite3 *file;

	assert_int_equal(sqlite3_open(path, &file), SQLITE_OK);
	if (sqlite3_exec(file, statements, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(file));
	sqlite3_close(file);
}

/* What stands as site_notes in a document, as compact JSON. */
static void expect_notes(const json_t *document, const char *expected)
{
	char *got = json_dumps(json_object_get(document, "site_notes"), JSON_COMPACT);

	assert_string_equal(got, expected);
	free(got);
}

#define AVAYA(text, lang)                                                                                                                            \
	"{\"organisation\":\"PT Contoh\",\"vendor\":\"session-manager\",\"codes\":[\"503\"],\"text\":\"" text "\",\"lang\":\"" lang                  \
	"\",\"url\":\"https://wiki.example/503\"}"
#define TICKET "{\"organisation\":\"PT Contoh\",\"codes\":[\"5xx\",\"486\"],\"text\":\"Open a ticket.\"}"
#define CHINESE "{\"organisation\":\"PT Contoh\",\"codes\":[\"480-484\"],\"text\":\"先查注册。\",\"lang\":\"zh\"}"

/* Every note stands under its codes and its product, in the language asked for if it has it, else in one that it has. */
static void expect_all_notes(void)
{
	static const struct {
		int code;
		const char *lang, *notes;
	} rows[] = {
		{ 503, "en", "[" AVAYA("Call the Avaya team.", "en") "," TICKET "]" },
		{ 503, "id", "[" AVAYA("Hubungi tim Avaya.", "id") "," TICKET "]" },
		{ 503, "zh", "[" AVAYA("Call the Avaya team.", "en") "," TICKET "]" },
		{ 486, "en", "[" TICKET "]" },
		{ 480, "en", "[" CHINESE "]" },
		{ 484, "zh", "[" CHINESE "]" },
		{ 485, "en", "[]" },
		{ 600, "en", "[]" },
	};
	char why[KB_WHY_MAX];
	struct kb *kb;
	json_t *document = NULL;

	if (kb_open(&kb, db, why) != KB_OK)
		fail_msg("%s", why);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(kb_code(kb, rows[i].code, rows[i].lang, &document), KB_OK);
		printf("%d %s\n", rows[i].code, rows[i].lang);
		expect_notes(document, rows[i].notes);
		json_decref(document);
	}
	assert_int_equal(kb_document(kb, KB_VENDORS, "session-manager", "id", &document), KB_OK);
	expect_notes(document, "[" AVAYA("Hubungi tim Avaya.", "id") "]");
	json_decref(document);
	kb_close(kb);
}

static void test_notes_are_shown(void **state)
{
	(void)state;
	import((const char *const[]){ "--site", site, TEST_CONTENT, NULL }, 0, "entries and 3 notes of PT Contoh imported into ");
	expect_all_notes();
}

/* ?vendor= keeps the notes about that product and those about none; text shows them with the organisation's name. */
static void test_notes_over_http(void **state)
{
	struct daemon daemon;
	struct reply reply;
	char err[256];

	(void)state;
	daemon_start(&daemon, db, "1");
	get(daemon.port, "/codes/503?vendor=cucm", "", &reply);
	json_t *document = reply_json(&reply);
	expect_notes(document, "[" TICKET "]");
	json_decref(document);
	reply_free(&reply);
	get(daemon.port, "/codes/503?format=text&lang=id", "", &reply);
	assert_non_null(strstr(reply.body, "**PT Contoh** 503 (session-manager): Hubungi tim Avaya. [→](https://wiki.example/503)"));
	reply_free(&reply);
	assert_int_equal(daemon_stop(&daemon, SIGTERM, err, sizeof err), 0);
	assert_string_equal(err, "");
}

static void test_shipped_content_leaves_them(void **state)
{
	(void)state;
	import_shipped();
	expect_all_notes();
}

/* A site's file replaces the one before; one without notes takes them away. */
static void test_a_new_file_replaces_them(void **state)
{
	static const char none[] = "{\"organisation\": \"PT Contoh\", \"notes\": []}";
	char why[KB_WHY_MAX];
	struct kb *kb;
	json_t *document = NULL;

	(void)state;
	import_site();
	expect_all_notes();
	write_whole(site, none, strlen(none));
	import((const char *const[]){ "--site", site, NULL }, 0, "0 notes of PT Contoh imported into ");
	assert_int_equal(kb_open(&kb, db, why), KB_OK);
	assert_int_equal(kb_code(kb, 503, "en", &document), KB_OK);
	expect_notes(document, "[]");
	json_decref(document);
	kb_close(kb);
	write_whole(site, notes, strlen(notes));
	import_site();
}

/* What is wrong with a file is told, and the notes stay what they were. */
static void test_faults(void **state)
{
	static const struct {
		const char *json, *says;
	} rows[] = {
		{ "{\"organisation\": \"X\"}", "site.json: lacks \"notes\"" },
		{ "{\"organisation\": \"X\", \"notes\": [{\"codes\": [\"503\"]}]}", "site.json#/notes/0: lacks \"text\"" },
		{ "{\"organisation\": \"X\", \"notes\": [{\"codes\": [], \"text\": \"t\"}]}", "site.json#/notes/0/codes: has 0 items, fewer than 1" },
		{ "{\"organisation\": \"X\", \"notes\": [{\"codes\": [\"99\"], \"text\": \"t\"}]}",
		  "site.json#/notes/0/codes/0: \"99\" does not match" },
		{ "{\"organisation\": \"X\", \"notes\": [{\"codes\": [\"504-501\"], \"text\": \"t\"}]}", "\"504-501\" does not go upwards" },
		{ "{\"organisation\": \"X\", \"notes\": [{\"codes\": [\"499-501\"], \"text\": \"t\"}]}", "\"499-501\" does not go upwards" },
		{ "{\"organisation\": \"X\", \"notes\": [{\"codes\": [\"5xx\", \"503\"], \"text\": \"t\"}]}", "\"5xx\" and \"503\" overlap" },
		{ "{\"organisation\": \"X\", \"notes\": [{\"codes\": [\"503\"], \"text\": \"\"}]}", "site.json#/notes/0/text: fits none" },
		{ "{\"organisation\": \"X\", \"notes\": [{\"codes\": [\"503\"], \"text\": {}}]}", "site.json#/notes/0/text: fits none" },
		{ "{\"organisation\": \"X\", \"notes\": [{\"codes\": [\"503\"], \"text\": \"t\", \"more\": 1}]}", "more: is not a known key" },
		{ "{\"organisation\": \"X\", \"notes\": [{\"codes\": [\"503\"], \"vendor\": \"cucmm\", \"text\": \"t\"}]}",
		  "products that the knowledge base does not have: cucmm" },
		{ "[]", "is not a JSON object" },
		{ "{", "line 1, column 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		printf("%s\n", rows[i].json);
		write_whole(site, rows[i].json, strlen(rows[i].json));
		import((const char *const[]){ "--site", site, NULL }, 1, rows[i].says);
		expect_all_notes();
	}
	write_whole(site, notes, strlen(notes));
	struct outcome outcome;
	run_sipcodes(&outcome, (const char *const[]){ "check", "--site", site, NULL });
	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.out, "3 notes of PT Contoh, no faults\n");
	run_sipcodes(&outcome, (const char *const[]){ "import", "--db", "/nonexistent.db", "--site", site, NULL });
	assert_int_equal(outcome.status, 1);
	run_sipcodes(&outcome, (const char *const[]){ "serve", "--site", site, NULL });
	assert_int_equal(outcome.status, 2);
}

/* A file as the program of that schema left it, with a site's notes in it where that schema can hold them, and what it then had
 * for content. */
static void make_old_file(int schema)
{
	char statements[256];

	unlink(db);
	for (const struct embedded_file *f = embedded_files; f->name != NULL; f++)
		if (strncmp(f->name, "migrations/", 11) == 0 && strtol(f->name + 11, NULL, 10) <= schema)
			execute(db, f->data);
	snprintf(statements, sizeof statements, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID, schema);
	execute(db, statements);
	execute(db, "INSERT INTO language VALUES ('en', 0, 'English', '[]');"
		    "INSERT INTO entry VALUES ('codes', '503', 0);"
		    "INSERT INTO document VALUES ('codes', 'en', '503', '{\"code\":503,\"summary\":\"old\"}');"
		    "INSERT INTO property VALUES ('version', 'old')");
}

static void add_old_notes(void)
{
	json_t *file = json_loads(notes, 0, NULL);
	size_t i;
	json_t *note;

	json_array_foreach (json_object_get(file, "notes"), i, note) {
		const char *vendor = json_string_value(json_object_get(note, "vendor"));
		char *body = json_dumps(note, JSON_COMPACT), *statement;
		statement = sqlite3_mprintf("PRAGMA foreign_keys = ON; INSERT INTO site_note VALUES (%d, 'PT Contoh', %Q, %Q)", (int)i, vendor, body);
		execute(db, statement);
		sqlite3_free(statement);
		free(body);
	}
	json_decref(file);
}

/* From every released schema to the newest: the content is the shipped one, the site's notes are what they were. */
static void test_upgrades_keep_them(void **state)
{
	enum { FIRST_WITH_SITE_NOTES = 2 };
	int newest = 0;

	(void)state;
	for (const struct embedded_file *f = embedded_files; f->name != NULL; f++)
		if (strncmp(f->name, "migrations/", 11) == 0)
			newest = (int)strtol(f->name + 11, NULL, 10);
	assert_true(newest >= FIRST_WITH_SITE_NOTES);
	for (int schema = 1; schema <= newest; schema++) {
		printf("schema %d\n", schema);
		make_old_file(schema);
		if (schema >= FIRST_WITH_SITE_NOTES)
			add_old_notes();
		if (schema < newest)
			import((const char *const[]){ "--site", site, NULL }, 1, "it was made by an older sipcodes");
		import_shipped();
		if (schema < FIRST_WITH_SITE_NOTES) {
			/* The first release could hold none; the file it left takes them now, and keeps them from here on. */
			import_site();
			import_shipped();
		}
		expect_all_notes();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notes_are_shown),
		cmocka_unit_test(test_notes_over_http),
		cmocka_unit_test(test_shipped_content_leaves_them),
		cmocka_unit_test(test_a_new_file_replaces_them),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_upgrades_keep_them),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_it);
}
