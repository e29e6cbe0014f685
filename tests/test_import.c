/* Content with faults is refused as a whole, each fault named; files that are no knowledge base are told from one another. */
#include "tests/harness.h"

#include "db/kb.h"

#include <errno.h>
#include <glob.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

static char folder[64];

static void path_in_folder(char path[384], const char *name)
{
	snprintf(path, 384, "%s/%s", folder, name);
}

static int copy_content(void **state)
{
	char to[384];

	(void)state;
	temporary_folder(folder);
	path_in_folder(to, "content");
	run_tool((const char *const[]){ "cp", "-r", TEST_CONTENT, to, NULL });
	return 0;
}

static int remove_copy(void **state)
{
	(void)state;
	remove_folder(folder);
	return 0;
}

/* Puts the value at a pointer without escapes; NULL takes away what is there. */
static void put(json_t *document, const char *pointer, const char *value)
{
	json_t *at = document, *new_value = value != NULL ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;
	char name[64];

	for (;;) {
		size_t n = strcspn(++pointer, "/");
		snprintf(name, sizeof name, "%.*s", (int)n, pointer);
		pointer += n;
		if (*pointer == '\0')
			break;
		at = json_is_array(at) ? json_array_get(at, (size_t)atoi(name)) : json_object_get(at, name);
		assert_non_null(at);
	}
	if (json_is_array(at))
		value != NULL ? json_array_set_new(at, (size_t)atoi(name), new_value) : json_array_remove(at, (size_t)atoi(name));
	else
		value != NULL ? json_object_set_new(at, name, new_value) : json_object_del(at, name);
}

static bool same_bytes(const char *a, const char *b)
{
	size_t size_a, size_b;
	char *of_a = read_whole(a, &size_a), *of_b = read_whole(b, &size_b);
	bool same = size_a == size_b && memcmp(of_a, of_b, size_a) == 0;

	free(of_a);
	free(of_b);
	return same;
}

static void import(struct outcome *outcome, const char *db, const char *content)
{
	run_sipcodes(outcome, (const char *const[]){ "import", "--db", db, content, NULL });
}

/* Imports a copy in which the file is replaced by what is written, and expects a refusal with that message and an untouched
 * database. */
static void expect_refusal(const char *file, const char *data, size_t size, const char *expected)
{
	char content[384], path[384], db[384], line[768];
	struct outcome outcome;
	size_t original_size = 0;
	char *original = NULL, name[256];

	path_in_folder(content, "content");
	path_in_folder(db, "kb.db");
	snprintf(name, sizeof name, "content/%s", file);
	path_in_folder(path, name);
	if (access(path, F_OK) == 0)
		original = read_whole(path, &original_size);
	write_whole(path, data, size);
	import(&outcome, db, content);
	snprintf(line, sizeof line, "%s%s", path, expected);
	if (strstr(outcome.err, line) == NULL)
		fail_msg("expected: %s\ngot: %s", line, outcome.err);
	assert_int_equal(outcome.status, 1);
	assert_string_equal(outcome.out, "");
	assert_true(same_bytes(db, TEST_DB));
	if (original != NULL)
		write_whole(path, original, original_size);
	else
		unlink(path);
	free(original);
}

static void test_faults(void **state)
{
	static const struct {
		const char *file, *pointer, *value, *expected;
	} rows[] = {
		{ "codes/486.json", "/title/zh", NULL, "#/title/zh: is missing" },
		{ "codes/486.json", "/title/zh", "\"  \"", "#/title/zh: is empty" },
		{ "codes/486.json", "/title/zh", "4", "#/title/zh: is not a string" },
		{ "codes/486.json", "/title/fr", "\"Occupé\"", "#/title/fr: is in a language that languages.json does not have" },
		{ "codes/486.json", "/summary/id", "\"The INVITE reached the callee's user agent, which cannot or will not take another call now.\"",
		  "#/summary/id: is not translated" },
		{ "codes/486.json", "/when/1/id", NULL, "#/when/1/id: is missing" },
		{ "codes/486.json", "/effect/dialog", NULL, "#/effect: lacks \"dialog\"" },
		{ "codes/486.json", "/surprise", "1", "#/surprise: is not a known key" },
		{ "codes/486.json", "/headers/0/surprise", "1", "#/headers/0/surprise: is not a known key" },
		{ "codes/486.json", "/code", "487", ": is filed as 486 but is about 487" },
		{ "codes/486.json", "/code", "99", "#/code: is less than 100" },
		{ "codes/486.json", "/status", "\"unheard-of\"", "#/status: \"unheard-of\" is not one of: registered deprecated unregistered" },
		{ "codes/486.json", "/methods/0", "\"invite\"", "#/methods/0: \"invite\" is not one of:" },
		{ "codes/486.json", "/senders", "[]", "#/senders: has 0 items, fewer than 1" },
		{ "codes/486.json", "/related/0/code", "499", "#/related/0/code: names 499, which codes does not have" },
		{ "codes/486.json", "/references/0/section", "\"twenty\"", "#/references/0/section: \"twenty\" does not match" },
		{ "codes/478.json", "/emitters", "[]", "#/emitters: is empty" },
		{ "codes/486.json", "/q850/to_isup/0", "128", "#/q850/to_isup/0: is more than 127" },
		{ "pairs/486-600.json", "/verdict/en", "\"\"", "#/verdict/en: is empty" },
		{ "pairs/486-600.json", "/b", "499", "#/b: names 499, which codes does not have" },
		{ "pairs/486-600.json", "/which/a", NULL, "#/which: lacks \"a\"" },
		{ "classes.json", "/4/digit", "5", "#/4: is filed as 4 but is about 5" },
		{ "classes.json", "/4/treat_as", "499", "#/4/treat_as: names 499, which codes does not have" },
		{ "classes.json", "/4/name/id", NULL, "#/4/name/id: is missing" },
		{ "glossary.json", "/proxy/definition/zh", NULL, "#/proxy/definition/zh: is missing" },
		{ "glossary.json", "/proxy/codes", "[499]", "#/proxy/codes/0: names 499, which codes does not have" },
		{ "glossary.json", "/a slug", "{}", "#/a slug: has a key that cannot stand in a path" },
		{ "labels.json", "/aspects/class/id", NULL, "#/aspects/class/id: is missing" },
		{ "relations.json", "/same-class/comparable", "1", "#/same-class/comparable: is not of type boolean" },
		{ "relations.json", "/same-class/ask/zh", NULL, "#/same-class/ask/zh: is missing" },
		{ "problems.json", "/not-found/title/zh", NULL, "#/not-found/title/zh: is missing" },
		{ "languages.json", "/en/name", NULL, "#/en: lacks \"name\"" },
		/* the glossary: a rendering it avoids, and a term it knows rendered as something else */
		{ "codes/486.json", "/title/id", "\"Otentikasi\"", "#/title/id: uses \"" },
		{ "codes/486.json", "/retry/text", "{\"en\": \"Ask the registrar.\", \"id\": \"Tanya saja.\", \"zh\": \"问一问。\"}",
		  "#/retry/text/zh: does not render \"registrar\" as the glossary does" },
	};
	char db[384];

	(void)state;
	path_in_folder(db, "kb.db");
	size_t size;
	char *original = read_whole(TEST_DB, &size);
	write_whole(db, original, size);
	free(original);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char path[384];
		snprintf(path, sizeof path, "%s/%s", TEST_CONTENT, rows[i].file);
		json_t *document = json_load_file(path, 0, NULL);
		printf("%s %s\n", rows[i].file, rows[i].expected);
		assert_non_null(document);
		put(document, rows[i].pointer, rows[i].value);
		char *data = json_dumps(document, JSON_INDENT(2));
		expect_refusal(rows[i].file, data, strlen(data), rows[i].expected);
		free(data);
		json_decref(document);
	}
}

/* Files that are not even content. */
static void test_broken_files(void **state)
{
	static const struct {
		const char *file, *data, *expected;
	} rows[] = {
		{ "codes/486.json", "", ": line 1, column 0:" },
		{ "codes/486.json", "{\"code\": 486,", ": line 1, column 13:" },
		{ "codes/486.json", "[1]", ": is not a JSON object" },
		{ "codes/486.json", "{\"code\": 486, \"code\": 486}", ": line 1, column 20: duplicate object key" },
		{ "codes/486.json", "\xff\xfe{}", ": line 1, column 0:" },
		{ "codes/notes.txt", "a note", ": is not a .json file" },
		{ "surprise.json", "{}", ": is of no known kind" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		printf("%s %s\n", rows[i].file, rows[i].expected);
		expect_refusal(rows[i].file, rows[i].data, strlen(rows[i].data), rows[i].expected);
	}
	static char large[(4 << 20) + 1];
	memset(large, ' ', sizeof large);
	expect_refusal("codes/486.json", large, sizeof large, ": is larger than 4 MiB");
}

/* An entry that the program asks for is missing altogether. */
static void test_missing_entries(void **state)
{
	static const struct {
		const char *file, *key;
	} rows[] = { { "problems.json", "not-found" }, { "relations.json", "same-class" }, { "classes.json", "3" }, { "labels.json", "wire" } };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char path[384], name[128], expected[128];
		struct outcome outcome;
		size_t size;
		snprintf(name, sizeof name, "content/%s", rows[i].file);
		path_in_folder(path, name);
		char *original = read_whole(path, &size);
		json_t *document = json_loads(original, 0, NULL);
		json_object_del(document, rows[i].key);
		assert_int_equal(json_dump_file(document, path, 0), 0);
		json_decref(document);
		path_in_folder(path, "content");
		run_sipcodes(&outcome, (const char *const[]){ "check", path, NULL });
		path_in_folder(path, name);
		write_whole(path, original, size);
		free(original);
		snprintf(expected, sizeof expected, "%s: lacks the entry \"%s\"", rows[i].file, rows[i].key);
		printf("%s\n", expected);
		assert_int_equal(outcome.status, 1);
		assert_non_null(strstr(outcome.err, expected));
	}
}

/* All faults are told at once, not only the first. */
static void test_all_faults(void **state)
{
	struct outcome outcome;
	char content[384], path[384];
	size_t size;
	char *original;

	(void)state;
	path_in_folder(content, "content");
	path_in_folder(path, "content/codes/486.json");
	original = read_whole(path, &size);
	json_t *document = json_loads(original, 0, NULL);
	put(document, "/title/zh", NULL);
	put(document, "/scope", "\"far\"");
	put(document, "/related/0/code", "498");
	json_dump_file(document, path, 0);
	json_decref(document);
	run_sipcodes(&outcome, (const char *const[]){ "check", content, NULL });
	write_whole(path, original, size);
	free(original);
	assert_int_equal(outcome.status, 1);
	assert_non_null(strstr(outcome.err, "#/title/zh: is missing"));
	assert_non_null(strstr(outcome.err, "#/scope: \"far\" is not one of"));
	assert_non_null(strstr(outcome.err, "#/related/0/code: names 498"));
	assert_non_null(strstr(outcome.err, "3 faults found"));
}

static void test_check_is_content_with_the_shipped_content(void **state)
{
	struct outcome outcome;

	(void)state;
	run_sipcodes(&outcome, (const char *const[]){ "check", TEST_CONTENT, NULL });
	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, 0);
	assert_non_null(strstr(outcome.out, "no faults"));
}

/* A second language more is content and nothing else: the copy gets French, and the program serves it. */
static void add_french(json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_object(value) && json_object_size(value) == 3 && json_object_get(value, "en") && json_object_get(value, "id") &&
	    json_object_get(value, "zh")) {
		if (json_is_string(json_object_get(value, "en")))
			json_object_set_new(value, "fr", json_sprintf("[fr] %s", json_string_value(json_object_get(value, "en"))));
		return;
	}
	json_object_foreach (value, key, member)
		add_french(member);
	json_array_foreach (value, i, member)
		add_french(member);
}

/* Adds it to every file that the pattern, below the copy, fits. */
static void french_files(const char *pattern)
{
	char path[384];
	glob_t found;

	path_in_folder(path, pattern);
	assert_int_equal(glob(path, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		json_t *document = json_load_file(found.gl_pathv[i], 0, NULL);
		assert_non_null(document);
		add_french(document);
		assert_int_equal(json_dump_file(document, found.gl_pathv[i], 0), 0);
		json_decref(document);
	}
	globfree(&found);
}

static void test_a_language_is_content_only(void **state)
{
	char path[384], content[384], db[384], target[64], err[512];
	struct outcome outcome;
	struct daemon daemon;
	struct reply reply;

	(void)state;
	french_files("content/*.json");
	french_files("content/*/*.json");
	path_in_folder(path, "content/languages.json");
	json_t *languages = json_load_file(path, 0, NULL);
	json_object_set_new(languages, "fr", json_pack("{s:s, s:[]}", "name", "Français", "aliases"));
	json_dump_file(languages, path, 0);
	json_decref(languages);
	path_in_folder(content, "content");
	path_in_folder(db, "french.db");
	import(&outcome, db, content);
	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, 0);
	daemon_start(&daemon, db, "1");
	static const char *const targets[] = { "/codes/486",
					       "/compare/486/600",
					       "/classes/4",
					       "/glossary/proxy",
					       "/codes/499",
					       "/",
					       "/vendors/cucm",
					       "/scenarios/cucm-repeats-100-trying",
					       "/topics/early-media",
					       "/flows/cancel",
					       "/timers",
					       "/causes/17",
					       "/warnings/399" };
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		snprintf(target, sizeof target, "%s?lang=fr-CA", targets[i]);
		get(daemon.port, target, "", &reply);
		assert_string_equal(reply_field(&reply, "Content-Language"), "fr");
		assert_non_null(strstr(reply.body, "[fr] "));
		reply_free(&reply);
	}
	assert_int_equal(daemon_stop(&daemon, SIGTERM, err, sizeof err), 0);
	assert_string_equal(err, "");
}

/* ---- the database file ---- */

static void sql(const char *path, const char *statements)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, statements, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void test_unusable_databases(void **state)
{
	static const struct {
		const char *name;
		const char *sql; /* run on a copy of the knowledge base, or on nothing if fresh */
		bool fresh;
		long overwrite, truncate; /* bytes at which the copy is damaged or cut; 0: not */
		const char *expected;
	} rows[] = {
		{ "missing.db", NULL, false, -1, 0, "unable to open database file" },
		{ "empty.db", "", true, 0, 0, "it is empty; fill it with: sipcodes import" },
		{ "foreign.db", "CREATE TABLE t (a)", true, 0, 0, "it is an SQLite database, but not a knowledge base of sipcodes" },
		{ "newer.db", "PRAGMA user_version = 999", false, 0, 0, "it was made by a newer sipcodes (schema 999;" },
		{ "older.db", "PRAGMA user_version = 0", false, 0, 0, "it was made by an older sipcodes (schema 0;" },
		{ "hollow.db", "DELETE FROM document; DELETE FROM entry; DELETE FROM language; DELETE FROM property", false, 0, 0,
		  "it holds no content; fill it with: sipcodes import" },
		{ "text.db", NULL, true, 0, 0, "file is not a database" },
		{ "wal.db", "PRAGMA journal_mode = WAL", false, 0, 0, "it is in WAL mode; change that with: PRAGMA journal_mode = DELETE" },
		{ "damaged.db", NULL, false, 3 * 4096 + 7, 0, "it is damaged" },
		{ "cut.db", NULL, false, 0, 40000, "it is damaged" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct outcome outcome;
		char path[384], expected[1024];
		size_t size;
		path_in_folder(path, rows[i].name);
		printf("%s\n", rows[i].name);
		if (rows[i].fresh && rows[i].sql == NULL) {
			write_whole(path, "this is a text, not a database, and it is longer than its head\n", 63);
		} else if (!rows[i].fresh && rows[i].overwrite >= 0) {
			char *data = read_whole(TEST_DB, &size);
			if (rows[i].overwrite > 0)
				memset(data + rows[i].overwrite, 0x5a, 8 * 4096);
			write_whole(path, data, rows[i].truncate > 0 ? (size_t)rows[i].truncate : size);
			free(data);
		}
		if (rows[i].sql != NULL)
			sql(path, rows[i].sql);
		run_sipcodes(&outcome, (const char *const[]){ "serve", "--listen", "127.0.0.1:0", "--db", path, NULL });
		snprintf(expected, sizeof expected, "sipcodes: %s: %s", path, rows[i].expected);
		if (strncmp(outcome.err, expected, strlen(expected)) != 0)
			fail_msg("expected: %s\ngot: %s", expected, outcome.err);
		assert_int_equal(outcome.status, 1);
	}
}

/* Importing the same content again changes nothing that a client can see; a foreign file is not touched. */
static void test_import_again(void **state)
{
	char db[384], foreign[384];
	struct outcome outcome;
	struct kb *kb;
	char why[KB_WHY_MAX], version[32];

	(void)state;
	path_in_folder(db, "again.db");
	import(&outcome, db, TEST_CONTENT);
	assert_int_equal(outcome.status, 0);
	assert_int_equal(kb_open(&kb, db, why), KB_OK);
	snprintf(version, sizeof version, "%s", kb_version(kb));
	kb_close(kb);
	import(&outcome, db, TEST_CONTENT);
	assert_int_equal(outcome.status, 0);
	assert_int_equal(kb_open(&kb, db, why), KB_OK);
	assert_string_equal(kb_version(kb), version);
	kb_close(kb);

	path_in_folder(foreign, "foreign-import.db");
	sql(foreign, "CREATE TABLE t (a)");
	import(&outcome, foreign, TEST_CONTENT);
	assert_int_equal(outcome.status, 1);
	assert_non_null(strstr(outcome.err, "not a knowledge base of sipcodes"));
}

/* Two folders are one content; what stands in both is refused. */
static void test_two_folders(void **state)
{
	struct outcome outcome;

	(void)state;
	run_sipcodes(&outcome, (const char *const[]){ "check", TEST_CONTENT, TEST_CONTENT, NULL });
	assert_int_equal(outcome.status, 1);
	assert_non_null(strstr(outcome.err, "the entry codes 486 was read before, from " TEST_CONTENT "/codes/486.json"));
}

/* A terminal for standard error is told how far it is, in one line that is gone at the end; anything else nothing. */
static void test_progress(void **state)
{
	static const char end[] = "\r\033[K";
	static char shown[1 << 16];
	struct outcome outcome;
	char db[384];
	size_t size = 0;
	int terminal, other, status;
	ssize_t n;

	(void)state;
	path_in_folder(db, "progress.db");
	import(&outcome, db, TEST_CONTENT);
	assert_string_equal(outcome.err, "");

	assert_int_equal(openpty(&terminal, &other, NULL, NULL, NULL), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(other, STDERR_FILENO);
		if (freopen("/dev/null", "w", stdout) != NULL)
			execl(sipcodes(), "sipcodes", "import", "--db", db, TEST_CONTENT, (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	close(other);
	while (size + 1 < sizeof shown && (n = read(terminal, shown + size, sizeof shown - 1 - size)) > 0)
		size += (size_t)n;
	close(terminal);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_non_null(strstr(shown, " entries checked\033[K"));
	assert_non_null(strstr(shown, " answers made ready\033[K"));
	assert_null(strchr(shown, '\n'));
	assert_true(size > strlen(end));
	assert_string_equal(shown + size - strlen(end), end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_is_content_with_the_shipped_content),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_broken_files),
		cmocka_unit_test(test_missing_entries),
		cmocka_unit_test(test_all_faults),
		cmocka_unit_test(test_unusable_databases),
		cmocka_unit_test(test_import_again),
		cmocka_unit_test(test_two_folders),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_a_language_is_content_only), /* last: it changes the copy */
	};

	return cmocka_run_group_tests(tests, copy_content, remove_copy);
}
