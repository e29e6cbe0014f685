/* The shipped content as it is served: complete in every language, nothing said twice, every pair compared. */
#include "tests/harness.h"

#include "db/kb.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_CODES = 600, REGISTERED_CODES = 75, LEAST_UNREGISTERED = 15, LEAST_PAIRS = 60, LEAST_TERMS = 80 };

static struct kb *kb;
static int codes[MAX_CODES];
static int code_count;
static const char *const langs[] = { "en", "id", "zh" };

static int open_kb(void **state)
{
	char why[KB_WHY_MAX];
	json_t *list;
	size_t i;
	const json_t *item;

	(void)state;
	if (kb_open(&kb, TEST_DB, why) != KB_OK || kb_codes(kb, &(struct kb_code_filter){ .digit = NULL }, "en", &list) != KB_OK)
		return -1;
	json_array_foreach (list, i, item)
		codes[code_count++] = (int)json_integer_value(json_object_get(item, "code"));
	json_decref(list);
	return 0;
}

static int close_kb(void **state)
{
	(void)state;
	kb_close(kb);
	return 0;
}

/* IANA's registry of response codes, as of 2026-08-17. */
static const struct {
	int code;
	const char *phrase;
} registry[] = {
	{ 100, "Trying" },
	{ 180, "Ringing" },
	{ 181, "Call Is Being Forwarded" },
	{ 182, "Queued" },
	{ 183, "Session Progress" },
	{ 199, "Early Dialog Terminated" },
	{ 200, "OK" },
	{ 202, "Accepted" },
	{ 204, "No Notification" },
	{ 300, "Multiple Choices" },
	{ 301, "Moved Permanently" },
	{ 302, "Moved Temporarily" },
	{ 305, "Use Proxy" },
	{ 380, "Alternative Service" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 407, "Proxy Authentication Required" },
	{ 408, "Request Timeout" },
	{ 410, "Gone" },
	{ 412, "Conditional Request Failed" },
	{ 413, "Request Entity Too Large" },
	{ 414, "Request-URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Unsupported URI Scheme" },
	{ 417, "Unknown Resource-Priority" },
	{ 420, "Bad Extension" },
	{ 421, "Extension Required" },
	{ 422, "Session Interval Too Small" },
	{ 423, "Interval Too Brief" },
	{ 424, "Bad Location Information" },
	{ 425, "Bad Alert Message" },
	{ 428, "Use Identity Header" },
	{ 429, "Provide Referrer Identity" },
	{ 430, "Flow Failed" },
	{ 433, "Anonymity Disallowed" },
	{ 436, "Bad Identity Info" },
	{ 437, "Unsupported Credential" },
	{ 438, "Invalid Identity Header" },
	{ 439, "First Hop Lacks Outbound Support" },
	{ 440, "Max-Breadth Exceeded" },
	{ 469, "Bad Info Package" },
	{ 470, "Consent Needed" },
	{ 480, "Temporarily Unavailable" },
	{ 481, "Call/Transaction Does Not Exist" },
	{ 482, "Loop Detected" },
	{ 483, "Too Many Hops" },
	{ 484, "Address Incomplete" },
	{ 485, "Ambiguous" },
	{ 486, "Busy Here" },
	{ 487, "Request Terminated" },
	{ 488, "Not Acceptable Here" },
	{ 489, "Bad Event" },
	{ 491, "Request Pending" },
	{ 493, "Undecipherable" },
	{ 494, "Security Agreement Required" },
	{ 500, "Server Internal Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Server Time-out" },
	{ 505, "Version Not Supported" },
	{ 513, "Message Too Large" },
	{ 555, "Push Notification Service Not Supported" },
	{ 580, "Precondition Failure" },
	{ 600, "Busy Everywhere" },
	{ 603, "Decline" },
	{ 604, "Does Not Exist Anywhere" },
	{ 606, "Not Acceptable" },
	{ 607, "Unwanted" },
	{ 608, "Rejected" },
};

static void test_every_registered_code(void **state)
{
	int registered = 0, unregistered = 0;

	(void)state;
	assert_int_equal(sizeof registry / sizeof registry[0], REGISTERED_CODES);
	for (size_t i = 0; i < REGISTERED_CODES; i++) {
		json_t *code = NULL;
		printf("%d\n", registry[i].code);
		assert_int_equal(kb_code(kb, registry[i].code, "en", &code), KB_OK);
		assert_string_equal(json_string_value(json_object_get(code, "phrase")), registry[i].phrase);
		assert_string_equal(json_string_value(json_object_get(code, "status")), registry[i].code == 202 ? "deprecated" : "registered");
		json_decref(code);
	}
	for (int i = 0; i < code_count; i++) {
		json_t *code = NULL;
		assert_int_equal(kb_code(kb, codes[i], "en", &code), KB_OK);
		if (strcmp(json_string_value(json_object_get(code, "status")), "unregistered") != 0) {
			registered++;
		} else {
			unregistered++;
			assert_true(json_array_size(json_object_get(code, "emitters")) > 0);
		}
		json_decref(code);
	}
	assert_int_equal(registered, REGISTERED_CODES);
	assert_true(unregistered >= LEAST_UNREGISTERED);
}

/* ---- texts ---- */

/* Adds every text below a value to an array; codes, slugs, addresses, enumerated values and the like are none. */
static void collect(const json_t *value, json_t *texts)
{
	static const char *const not_text[] = { "url",      "compare", "phrase",      "source",  "name",    "lang",  "terms",   "references",
						"emitters", "section", "status",      "senders", "methods", "scope", "subject", "owner",
						"traits",   "policy",  "requirement", "aspect",  "type",    "links" };
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_string(value))
		json_array_append(texts, (json_t *)value);
	json_array_foreach ((json_t *)value, i, member)
		collect(member, texts);
	json_object_foreach ((json_t *)value, key, member) {
		bool skip = false;
		for (i = 0; i < sizeof not_text / sizeof not_text[0]; i++)
			skip |= strcmp(key, not_text[i]) == 0;
		if (!skip)
			collect(member, texts);
	}
}

/* The length of the sentence at the start of s: up to ". ", "? ", "。" and the like, or to the end. */
static size_t sentence_length(const char *s)
{
	for (size_t n = 0; s[n] != '\0'; n++) {
		if ((s[n] == '.' || s[n] == '?' || s[n] == '!') && (s[n + 1] == ' ' || s[n + 1] == '\0'))
			return n + 1;
		if (strncmp(s + n, "。", 3) == 0 || strncmp(s + n, "？", 3) == 0 || strncmp(s + n, "；", 3) == 0)
			return n + 3;
	}
	return strlen(s);
}

enum { SHORTEST_SENTENCE = 24 }; /* bytes; what is shorter is a label or a name */

/* The first sentence that stands in a text twice or was seen before; NULL: none. seen maps sentences to where they stand. */
static const char *repeated_sentence(const json_t *texts, json_t *seen, const char *where)
{
	static char sentence[4096];
	size_t i;
	const json_t *text;

	json_array_foreach ((json_t *)texts, i, text) {
		for (const char *s = json_string_value(text); *s != '\0';) {
			size_t n = sentence_length(s);
			snprintf(sentence, sizeof sentence, "%.*s", (int)n, s);
			s += n;
			s += strspn(s, " ");
			if (n < SHORTEST_SENTENCE)
				continue;
			if (json_object_get(seen, sentence) != NULL)
				return sentence;
			json_object_set_new(seen, sentence, json_string(where));
		}
	}
	return NULL;
}

static void assert_no_slot(const json_t *texts, const char *where)
{
	size_t i;
	const json_t *text;

	json_array_foreach ((json_t *)texts, i, text)
		if (strchr(json_string_value(text), '{') != NULL)
			fail_msg("%s: a slot was not filled: %s", where, json_string_value(text));
}

/* Every code in every language: the contract's members are there, each text says something, none is the English one. */
/* Takes away what a document shows of other entries. */
static void keep_own(json_t *code)
{
	static const char *const foreign[] = { "vendors", "scenarios", "topics", "flows", "site_notes" };

	for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
		json_object_del(code, foreign[i]);
}

static void test_every_code_is_complete(void **state)
{
	static const char *const members[] = { "code", "phrase",  "title",   "lang",    "status",    "class",  "final", "summary",    "description",
					       "when", "fix",     "senders", "methods", "scope",     "effect", "retry", "headers",    "references",
					       "q850", "phrases", "related", "vendors", "scenarios", "topics", "flows", "site_notes", "links" };

	(void)state;
	for (int i = 0; i < code_count; i++) {
		json_t *english = NULL;
		for (size_t l = 0; l < 3; l++) {
			json_t *code = NULL, *texts = json_array();
			size_t k;
			const json_t *text;
			assert_int_equal(kb_code(kb, codes[i], langs[l], &code), KB_OK);
			for (k = 0; k < sizeof members / sizeof members[0]; k++)
				if (json_object_get(code, members[k]) == NULL)
					fail_msg("%d in %s lacks %s", codes[i], langs[l], members[k]);
			assert_true(json_array_size(json_object_get(code, "when")) >= 2);
			assert_true(json_array_size(json_object_get(code, "fix")) >= 2);
			assert_true(json_array_size(json_object_get(code, "related")) >= 1);
			assert_true(json_array_size(json_object_get(code, "references")) >= 1);
			keep_own(code);
			collect(code, texts);
			assert_true(json_array_size(texts) >= 12);
			assert_no_slot(texts, langs[l]);
			json_array_foreach (texts, k, text)
				if (l > 0 && json_equal(text, json_array_get(english, k)) && json_string_length(text) > SHORTEST_SENTENCE)
					fail_msg("%d: not translated to %s: %s", codes[i], langs[l], json_string_value(text));
			if (l == 0)
				english = texts;
			else
				assert_int_equal(json_array_size(texts), json_array_size(english));
			if (l > 0)
				json_decref(texts);
			json_decref(code);
		}
		json_decref(english);
	}
}

/* Each text was written for its code: no sentence of one stands in another, nor twice in one. */
static void test_no_sentence_is_shared(void **state)
{
	int repeated = 0;

	(void)state;
	for (size_t l = 0; l < 3; l++) {
		json_t *seen = json_object();
		for (int i = 0; i < code_count; i++) {
			json_t *code = NULL, *texts = json_array();
			char where[16];
			const char *again;
			snprintf(where, sizeof where, "%d", codes[i]);
			assert_int_equal(kb_code(kb, codes[i], langs[l], &code), KB_OK);
			json_object_del(code, "class");
			keep_own(code);
			/* the titles of the related codes are theirs */
			size_t k;
			json_t *related;
			json_array_foreach (json_object_get(code, "related"), k, related)
				json_object_del(related, "title");
			collect(code, texts);
			if ((again = repeated_sentence(texts, seen, where)) != NULL) {
				printf("%s, in %s and %s: %s\n", langs[l], json_string_value(json_object_get(seen, again)), where, again);
				repeated++;
			}
			json_decref(texts);
			json_decref(code);
		}
		json_decref(seen);
	}
	assert_int_equal(repeated, 0);
}

/* ---- comparisons ---- */

static json_t *swapped_rows(const json_t *rows)
{
	json_t *swapped = json_array();
	size_t i;
	const json_t *row;

	json_array_foreach ((json_t *)rows, i, row)
		json_array_append_new(swapped,
				      json_pack("{s:O, s:O, s:O, s:O}", "aspect", json_object_get(row, "aspect"), "label",
						json_object_get(row, "label"), "a", json_object_get(row, "b"), "b", json_object_get(row, "a")));
	return swapped;
}

/* The products that differ, with a and b swapped. */
static json_t *swapped_vendors(const json_t *vendors)
{
	json_t *swapped = json_array();
	size_t i;
	const json_t *vendor;

	json_array_foreach ((json_t *)vendors, i, vendor) {
		json_t *one = json_copy((json_t *)vendor);
		json_object_set(one, "a", json_object_get(vendor, "b"));
		json_object_set(one, "b", json_object_get(vendor, "a"));
		json_array_append_new(swapped, one);
	}
	return swapped;
}

/* The comparison as it would be the other way round. */
static json_t *mirror(const json_t *comparison)
{
	json_t *mirrored = json_copy((json_t *)comparison);
	const json_t *which = json_object_get(comparison, "which"), *relation = json_object_get(comparison, "relation");
	const char *type = json_string_value(json_object_get(relation, "type"));

	json_object_set(mirrored, "a", json_object_get(comparison, "b"));
	json_object_set(mirrored, "b", json_object_get(comparison, "a"));
	json_object_set_new(mirrored, "which", json_pack("{s:O, s:O}", "a", json_object_get(which, "b"), "b", json_object_get(which, "a")));
	json_object_set_new(mirrored, "differences", swapped_rows(json_object_get(comparison, "differences")));
	json_object_set_new(mirrored, "same", swapped_rows(json_object_get(comparison, "same")));
	json_object_set_new(mirrored, "vendors", swapped_vendors(json_object_get(comparison, "vendors")));
	if (strcmp(type, "precedes") == 0 || strcmp(type, "follows") == 0)
		json_object_set_new(mirrored, "relation",
				    json_pack("{s:s, s:O}", "type", strcmp(type, "precedes") == 0 ? "follows" : "precedes", "text",
					      json_object_get(relation, "text")));
	return mirrored;
}

/* A comparison says something in every part, names both codes and says no sentence twice. What both share stands on both
 * sides of "same" in a few words; that is no sentence. */
static void check_comparison(const json_t *comparison, int a, int b, const char *lang)
{
	static const char *const texts_of[] = { "verdict", "ask" };
	json_t *texts = json_array(), *seen = json_object(), *once = json_copy((json_t *)comparison);
	char where[64], number[16];
	const char *again, *verdict = json_string_value(json_object_get(comparison, "verdict"));

	snprintf(where, sizeof where, "/compare/%d/%d?lang=%s", a, b, lang);
	json_object_del(once, "same");
	collect(once, texts);
	assert_no_slot(texts, where);
	if ((again = repeated_sentence(texts, seen, where)) != NULL)
		fail_msg("%s says twice: %s", where, again);
	for (size_t i = 0; i < 2; i++) {
		if (json_string_length(json_object_get(comparison, texts_of[i])) < 20)
			fail_msg("%s has hardly a %s", where, texts_of[i]);
		snprintf(number, sizeof number, "%d", i == 0 ? a : b);
		if (strstr(verdict, number) == NULL)
			fail_msg("%s: the verdict does not name %s: %s", where, number, verdict);
	}
	assert_true(json_array_size(json_object_get(comparison, "differences")) >= 1);
	assert_string_not_equal(json_string_value(json_object_get(json_object_get(comparison, "which"), "a")),
				json_string_value(json_object_get(json_object_get(comparison, "which"), "b")));
	json_decref(once);
	json_decref(seen);
	json_decref(texts);
}

static void test_every_pair(void **state)
{
	int pairs = 0, curated = 0;

	(void)state;
	for (size_t l = 0; l < 3; l++) {
		for (int i = 0; i < code_count; i++) {
			for (int k = i + 1; k < code_count; k++) {
				json_t *there = NULL, *back = NULL;
				assert_int_equal(kb_compare(kb, codes[i], codes[k], langs[l], &there), KB_OK);
				assert_int_equal(kb_compare(kb, codes[k], codes[i], langs[l], &back), KB_OK);
				check_comparison(there, codes[i], codes[k], langs[l]);
				json_t *mirrored = mirror(there);
				if (!json_equal(mirrored, back))
					fail_msg("/compare/%d/%d is not the mirror image of /compare/%d/%d", codes[k], codes[i], codes[i], codes[k]);
				curated += json_is_true(json_object_get(there, "curated"));
				pairs++;
				json_decref(mirrored);
				json_decref(there);
				json_decref(back);
			}
		}
	}
	printf("%d ordered comparisons, %d pairs curated\n", 2 * pairs, curated / 3);
	assert_int_equal(2 * pairs, 3 * code_count * (code_count - 1));
	assert_true(curated / 3 >= LEAST_PAIRS);
}

/* The pairs that people really mix up were written by hand. */
static void test_curated_pairs(void **state)
{
	static const int pairs[][2] = {
		{ 486, 600 }, { 486, 480 }, { 180, 183 }, { 401, 407 }, { 401, 403 }, { 403, 603 }, { 408, 480 }, { 408, 504 }, { 487, 603 },
		{ 488, 606 }, { 302, 305 }, { 301, 302 }, { 500, 503 }, { 502, 503 }, { 404, 410 }, { 404, 604 }, { 404, 480 }, { 413, 513 },
		{ 414, 513 }, { 415, 488 }, { 420, 421 }, { 422, 423 }, { 481, 482 }, { 482, 483 }, { 484, 404 }, { 491, 500 }, { 603, 607 },
		{ 607, 608 }, { 100, 180 }, { 181, 302 }, { 183, 199 }, { 200, 202 }, { 405, 501 }, { 428, 438 }, { 436, 437 }, { 430, 480 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		json_t *comparison = NULL;
		assert_int_equal(kb_compare(kb, pairs[i][0], pairs[i][1], "en", &comparison), KB_OK);
		if (!json_is_true(json_object_get(comparison, "curated")))
			fail_msg("%d/%d is not curated", pairs[i][0], pairs[i][1]);
		json_decref(comparison);
	}
}

/* ---- the rest ---- */

static void test_glossary(void **state)
{
	static const char *const terms[] = { "proxy", "dialog", "early-media", "forking", "registrar", "glare" };
	json_t *list = NULL;

	(void)state;
	assert_int_equal(kb_list(kb, KB_TERMS, "zh", &list), KB_OK);
	assert_true(json_array_size(list) >= LEAST_TERMS);
	json_decref(list);
	for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
		json_t *term = NULL;
		printf("%s\n", terms[i]);
		assert_int_equal(kb_document(kb, KB_TERMS, terms[i], "id", &term), KB_OK);
		assert_int_equal(json_object_size(json_object_get(term, "terms")), 3);
		json_decref(term);
	}
}

static void test_classes(void **state)
{
	static const int treat_as[] = { 183, 200, 300, 400, 500, 600 };

	(void)state;
	for (int i = 0; i < 6; i++) {
		const char digit[] = { (char)('1' + i), '\0' };
		for (size_t l = 0; l < 3; l++) {
			json_t *class = NULL;
			size_t k;
			const json_t *item;
			assert_int_equal(kb_document(kb, KB_CLASSES, digit, langs[l], &class), KB_OK);
			assert_int_equal(json_integer_value(json_object_get(class, "treat_as")), treat_as[i]);
			assert_int_equal(json_is_true(json_object_get(class, "final")), i > 0);
			assert_true(json_array_size(json_object_get(class, "codes")) > 0);
			json_array_foreach (json_object_get(class, "codes"), k, item)
				assert_int_equal(json_integer_value(json_object_get(item, "code")) / 100, i + 1);
			json_decref(class);
		}
	}
}

/* The traps that the sources of this field fall into. */
static void test_facts(void **state)
{
	static const struct {
		int code;
		const char *pointer, *value;
	} rows[] = {
		{ 100, "scope", "\"hop-by-hop\"" },
		{ 180, "scope", "\"end-to-end\"" },
		{ 202, "status", "\"deprecated\"" },
		{ 409, "status", "\"unregistered\"" },
		{ 411, "status", "\"unregistered\"" },
		{ 436, "phrase", "\"Bad Identity Info\"" },
		{ 437, "phrase", "\"Unsupported Credential\"" },
		{ 200, "final", "true" },
		{ 183, "final", "false" },
		{ 422, "methods", "[\"INVITE\",\"UPDATE\"]" },
		{ 439, "methods", "[\"REGISTER\"]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *code = NULL, *expected = json_loads(rows[i].value, JSON_DECODE_ANY, NULL);
		printf("%d %s\n", rows[i].code, rows[i].pointer);
		assert_int_equal(kb_code(kb, rows[i].code, "en", &code), KB_OK);
		assert_true(json_equal(json_object_get(code, rows[i].pointer), expected));
		json_decref(expected);
		json_decref(code);
	}
	json_t *decline = NULL;
	bool found = false;
	size_t k;
	const json_t *phrase;
	assert_int_equal(kb_code(kb, 603, "en", &decline), KB_OK);
	json_array_foreach (json_object_get(decline, "phrases"), k, phrase)
		found |= strcmp(json_string_value(json_object_get(phrase, "phrase")), "Network Blocked") == 0;
	assert_true(found);
	json_decref(decline);
}

/* A SIP status to an ISUP cause and back, RFC 3398 sections 8.2.6.1 and 7.2.4.1. */
static void test_q850(void **state)
{
	static const struct {
		int code, to;
	} to_isup[] = { { 400, 41 }, { 401, 21 },  { 402, 21 },  { 403, 21 },  { 404, 1 },   { 405, 63 },  { 406, 79 },  { 407, 21 },  { 408, 102 },
			{ 410, 22 }, { 413, 127 }, { 414, 127 }, { 415, 79 },  { 416, 127 }, { 420, 127 }, { 421, 127 }, { 423, 127 }, { 480, 18 },
			{ 481, 41 }, { 482, 25 },  { 483, 25 },  { 484, 28 },  { 485, 1 },   { 486, 17 },  { 500, 41 },  { 501, 79 },  { 502, 38 },
			{ 503, 41 }, { 504, 102 }, { 505, 127 }, { 513, 127 }, { 600, 17 },  { 603, 21 },  { 604, 1 } };
	static const struct {
		int cause, code;
	} from_isup[] = { { 1, 404 },  { 2, 404 },  { 3, 404 },  { 17, 486 }, { 18, 408 },  { 19, 480 },  { 20, 480 }, { 21, 403 },
			  { 22, 410 }, { 23, 410 }, { 26, 404 }, { 27, 502 }, { 28, 484 },  { 29, 501 },  { 31, 480 }, { 34, 503 },
			  { 38, 503 }, { 41, 503 }, { 42, 503 }, { 47, 503 }, { 55, 403 },  { 57, 403 },  { 58, 503 }, { 65, 488 },
			  { 70, 488 }, { 79, 501 }, { 87, 403 }, { 88, 503 }, { 102, 504 }, { 111, 500 }, { 127, 500 } };

	(void)state;
	for (size_t i = 0; i < sizeof to_isup / sizeof to_isup[0]; i++) {
		json_t *code = NULL;
		printf("%d to %d\n", to_isup[i].code, to_isup[i].to);
		assert_int_equal(kb_code(kb, to_isup[i].code, "en", &code), KB_OK);
		assert_int_equal(json_integer_value(json_array_get(json_object_get(json_object_get(code, "q850"), "to_isup"), 0)), to_isup[i].to);
		json_decref(code);
	}
	for (size_t i = 0; i < sizeof from_isup / sizeof from_isup[0]; i++) {
		json_t *code = NULL;
		bool found = false;
		size_t k;
		const json_t *cause;
		printf("%d from %d\n", from_isup[i].code, from_isup[i].cause);
		assert_int_equal(kb_code(kb, from_isup[i].code, "en", &code), KB_OK);
		json_array_foreach (json_object_get(json_object_get(code, "q850"), "from_isup"), k, cause)
			found |= json_integer_value(cause) == from_isup[i].cause;
		assert_true(found);
		json_decref(code);
	}
}

/* Last: after all these questions no statement has scanned a table. */
static void test_no_full_scans(void **state)
{
	json_t *list = NULL;

	(void)state;
	assert_int_equal(kb_list(kb, KB_CLASSES, "en", &list), KB_OK);
	json_decref(list);
	assert_int_equal(kb_codes_nearest(kb, 499, 4, "en", &list), KB_OK);
	json_decref(list);
	assert_int_equal(kb_full_scans(kb), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_registered_code),
		cmocka_unit_test(test_every_code_is_complete),
		cmocka_unit_test(test_no_sentence_is_shared),
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_curated_pairs),
		cmocka_unit_test(test_glossary),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_q850),
		cmocka_unit_test(test_no_full_scans),
	};

	return cmocka_run_group_tests(tests, open_kb, close_kb);
}
