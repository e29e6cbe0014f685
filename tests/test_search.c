/* The search: real questions lead to the right code, whatever the language; nothing in a question can harm. */
#include "tests/harness.h"

#include "db/kb.h"
#include "db/tokens.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LEAST_QUESTIONS = 150, LEAST_FIRST_PERCENT = 80, LEAST_THREE_PERCENT = 95 };

static struct kb *kb;

static int open_kb(void **state)
{
	char why[KB_WHY_MAX];

	(void)state;
	return kb_open(&kb, TEST_DB, why) != KB_OK;
}

static int close_kb(void **state)
{
	(void)state;
	kb_close(kb);
	return 0;
}

static json_t *search(const char *text, const char *type, const char *lang, int limit)
{
	const struct kb_query query = { .text = text, .type = type, .limit = limit };
	json_t *found = NULL;

	if (kb_search(kb, &query, lang, &found) != KB_OK)
		fail_msg("%s: %s", text, kb_error(kb));
	return found;
}

/* ---- tokens ---- */

static void write_token(void *arg, const char *token, const char *word, size_t start, size_t end)
{
	char *line = arg;
	size_t n = strlen(line);

	(void)word;
	snprintf(line + n, 512 - n, "%s%s@%zu-%zu", n > 0 ? " " : "", token, start, end);
}

static void test_tokens(void **state)
{
	static const struct {
		const char *text, *lang;
		bool question;
		const char *tokens;
	} rows[] = {
		{ "", "en", false, "" },
		{ "Busy, calling", "en", false, "en_busi@0-4 en_call@6-13" },
		{ "panggil memanggil panggilan dipanggil", "id", false, "id_panggil@0-7 id_panggil@8-17 id_panggil@18-27 id_panggil@28-37" },
		{ "对方正忙", "zh", true, "zh_对方@0-6 zh_方正@3-9 zh_正忙@6-12" },
		{ "正忙", "zh", false, "zh_正@0-3 zh_正忙@0-6 zh_忙@3-6" },
		{ "忙", "zh", true, "zh_忙@0-3" },
		{ "回480码", "zh", true, "zh_回@0-3 zh_480@3-6 zh_码@6-9" },
		{ "４８６", "zh", true, "zh_486@0-9" },
		{ "Français", "fr", true, "fr_franc@0-9" },
		{ "\"OR\" NEAR(* ^", "xx", true, "xx_or@1-3 xx_near@5-9" },
		{ "a_b", "xx", true, "xx_a@0-1 xx_b@2-3" },
	};
	struct tokens *tokens = tokens_open();

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char line[512] = "";
		tokens_of(tokens, rows[i].text, rows[i].lang, rows[i].question, write_token, line);
		printf("%s\n", rows[i].text);
		assert_string_equal(line, rows[i].tokens);
	}
	assert_false(tokens_failed(tokens));
	tokens_close(tokens);
}

/* ---- questions ---- */

/* The place of the first of the codes ("486|600") among the results, from 1; 0: not there. */
static int place_of(const json_t *items, const char *codes)
{
	size_t i;
	const json_t *item;

	json_array_foreach ((json_t *)items, i, item) {
		char number[8];
		snprintf(number, sizeof number, "%d", (int)json_integer_value(json_array_get(json_object_get(item, "codes"), 0)));
		if (strstr(codes, number) != NULL)
			return (int)i + 1;
	}
	return 0;
}

/* Each line of tests/search/questions.tsv: the language, what is typed, the code or codes that it should lead to. */
static void test_questions(void **state)
{
	FILE *file = fopen("tests/search/questions.tsv", "r");
	char line[512];
	int count = 0, first = 0, three = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof line, file) != NULL) {
		char *rest = line, *lang = strsep(&rest, "\t"), *question = strsep(&rest, "\t"), *codes = strsep(&rest, "\n");
		assert_non_null(codes);
		json_t *found = search(question, "code", lang, 3);
		int place = place_of(json_object_get(found, "items"), codes);
		count++;
		first += place == 1;
		three += place >= 1;
		if (place != 1)
			printf("%s %s: %s is %s\n", lang, question, codes,
			       place == 0   ? "not among the first three"
			       : place == 2 ? "second"
					    : "third");
		json_decref(found);
	}
	fclose(file);
	printf("measure: search: %d questions: the right code first for %d (%.1f %%), among three for %d (%.1f %%)\n", count, first,
	       100.0 * first / count, three, 100.0 * three / count);
	assert_true(count >= LEAST_QUESTIONS);
	assert_true(100 * first >= LEAST_FIRST_PERCENT * count);
	assert_true(100 * three >= LEAST_THREE_PERCENT * count);
}

/* What is first, whatever its type. */
static void test_first(void **state)
{
	static const struct {
		const char *question, *type, *lang, *url;
	} rows[] = {
		{ "486", NULL, "en", "/codes/486" },
		{ "SIP 603 decline", NULL, "zh", "/codes/603" },
		{ "4xx", NULL, "en", "/classes/4" },
		{ "6XX", NULL, "id", "/classes/6" },
		{ "Q.850 17", NULL, "en", "/causes/17" },
		{ "q850 cause=102", NULL, "zh", "/causes/102" },
		{ "34", NULL, "id", "/causes/34" },
		{ "399", "warning", "en", "/warnings/399" },
		{ "回铃音", "term", "en", "/glossary/ringback-tone" },
		{ "timer b", "timer", "id", "/timers/timer-b" },
		{ "kamailio", "vendor", "zh", "/vendors/kamailio" },
		{ "call drops after 32 seconds", NULL, "en", "/scenarios/call-drops-after-32-seconds" },
		{ "phone rings but no audio before answer", NULL, "en", "/scenarios/phone-rings-but-no-audio-before-answer" },
		{ "busy", NULL, "en", "/codes/486" },
		{ "nomor sedang sibuk", NULL, "id", "/codes/486" },
		{ "对方正忙", NULL, "zh", "/codes/486" },
		{ "what is a prack", "topic", "en", "/topics/what-is-a-prack" },
		{ "glare", "flow", "id", "/flows/glare-491" },
		{ "regstration", "term", "en", "/glossary/registration" },    /* a letter is missing */
		{ "rnigback tone", "term", "en", "/glossary/ringback-tone" }, /* two are swapped */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *found = search(rows[i].question, rows[i].type, rows[i].lang, 5);
		const json_t *best = json_array_get(json_object_get(found, "items"), 0);
		printf("%s\n", rows[i].question);
		assert_string_equal(json_string_value(json_object_get(best, "url")), rows[i].url);
		json_decref(found);
	}
}

/* Forms of a word find what its other forms stand in: English inflections, Indonesian affixes, Chinese of one and two characters. */
static void test_forms(void **state)
{
	static const struct {
		const char *lang, *forms[5];
	} rows[] = {
		{ "en", { "register", "registered", "registering", NULL } },
		{ "en", { "forward", "forwarding", "forwarded", "forwards", NULL } },
		{ "id", { "panggil", "memanggil", "panggilan", "dipanggil", NULL } },
		{ "id", { "jawab", "menjawab", "dijawab", "jawaban", NULL } },
		{ "zh", { "忙", "占线", "忙音", NULL } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t k = 0; rows[i].forms[k] != NULL; k++) {
			json_t *found = search(rows[i].forms[k], NULL, rows[i].lang, 10);
			printf("%s\n", rows[i].forms[k]);
			assert_true(json_array_size(json_object_get(found, "items")) >= 3);
			json_decref(found);
		}
	}
}

/* Answers are in the language asked for, scores fall, the match is marked, and no entry stands twice. */
static void test_results(void **state)
{
	static const char *const langs[] = { "en", "id", "zh" };

	(void)state;
	for (size_t l = 0; l < 3; l++) {
		json_t *found = search("对方正忙 busy sibuk", NULL, langs[l], 20), *seen = json_object();
		size_t i;
		const json_t *item;
		double last = 1e9;
		int marked = 0;
		json_array_foreach (json_object_get(found, "items"), i, item) {
			const char *snippet = json_string_value(json_object_get(item, "snippet")),
				   *url = json_string_value(json_object_get(item, "url"));
			assert_true(json_real_value(json_object_get(item, "score")) <= last);
			last = json_real_value(json_object_get(item, "score"));
			marked += strstr(snippet, "**") != NULL;
			if (strcmp(json_string_value(json_object_get(item, "type")), "vendor") != 0)
				assert_null(json_object_get(seen, url));
			json_object_set_new(seen, url, json_true());
		}
		assert_int_equal(i, 20);
		assert_true(marked >= 15);
		json_decref(seen);
		json_decref(found);
	}
}

/* Nothing is found: what is nearest. */
static void test_nearest(void **state)
{
	json_t *found = search("xqzzvw", NULL, "en", 5);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(found, "items")), 0);
	assert_true(json_array_size(json_object_get(found, "nearest")) >= 1);
	json_decref(found);
	found = search("busy", NULL, "en", 5);
	assert_null(json_object_get(found, "nearest"));
	json_decref(found);
}

/* No question is syntax, or too much. */
static void test_hostile_questions(void **state)
{
	static const char *const rows[] = {
		"\"",
		"\"\"",
		"*",
		"a*",
		"(",
		")",
		"NEAR(a b, 3)",
		"title:busy",
		"a AND OR NOT b",
		"^busy",
		"{busy}",
		"-busy",
		"+busy",
		"'; DROP TABLE document; --",
		"busy\" OR \"x",
		"%",
		"_",
		"__",
		"\\",
		"\t",
		"忙\"",
		"ﷺ",
		"🙂",
		"\xF0\x90\x8D\x88",
		"00000000000000000000",
		"999999999999999999999999",
		"4xxx",
		"x4",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"a b c d e f g h i j k l m n o p q r s t u v w x y z aa bb cc dd ee ff gg hh ii jj kk ll mm nn oo pp qq rr ss tt uu vv ww xx yy zz",
		"一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		printf("%s\n", rows[i]);
		json_decref(search(rows[i], NULL, "zh", 50));
	}
}

static void test_no_full_scans(void **state)
{
	(void)state;
	assert_int_equal(kb_full_scans(kb), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_hostile_questions),
		cmocka_unit_test(test_no_full_scans),
	};

	return cmocka_run_group_tests(tests, open_kb, close_kb);
}
