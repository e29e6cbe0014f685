/* The knowledge of products, and the three sources that this service was asked to cover: each row names what it asks. */
#include "tests/harness.h"

#include "db/kb.h"

#include <ctype.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LEAST_VENDORS = 30, LEAST_NOTES = 500, LEAST_SCENARIOS = 40, LEAST_TOPICS = 40, LEAST_FLOWS = 12 };

static struct kb *kb;
static const char *const langs[] = { "en", "id", "zh" };

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

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value != NULL ? value : "";
}

static bool has(const json_t *list, const char *value)
{
	size_t i;
	const json_t *one;

	json_array_foreach ((json_t *)list, i, one)
		if (json_is_string(one) && strcmp(json_string_value(one), value) == 0)
			return true;
	return false;
}

static json_t *document(enum kb_kind kind, const char *key, const char *lang)
{
	json_t *got = NULL;

	if (kb_document(kb, kind, key, lang, &got) != KB_OK)
		fail_msg("there is no %s", key);
	return got;
}

static json_t *list(enum kb_kind kind)
{
	json_t *items = NULL;

	assert_int_equal(kb_list(kb, kind, "en", &items), KB_OK);
	return items;
}

/* Does a text have all the words, which a "|" parts? In either case. */
static bool says(const char *string, const char *words)
{
	char word[128];

	while (*words != '\0') {
		size_t n = strcspn(words, "|");
		snprintf(word, sizeof word, "%.*s", (int)n, words);
		if (strcasestr(string, word) == NULL)
			return false;
		words += n + (words[n] == '|');
	}
	return true;
}

/* ---- how much there is ---- */

static void test_there_is_enough(void **state)
{
	static const struct {
		enum kb_kind kind;
		size_t least;
	} rows[] = {
		{ KB_VENDORS, LEAST_VENDORS },
		{ KB_SCENARIOS, LEAST_SCENARIOS },
		{ KB_TOPICS, LEAST_TOPICS },
		{ KB_FLOWS, LEAST_FLOWS },
		{ KB_CAUSES, 71 },
		{ KB_WARNINGS, 15 },
		{ KB_TIMERS, 17 },
	};
	size_t i, notes = 0;
	const json_t *vendor;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *items = list(rows[i].kind);
		printf("kind %d: %zu\n", (int)rows[i].kind, json_array_size(items));
		assert_true(json_array_size(items) >= rows[i].least);
		json_decref(items);
	}
	json_t *vendors = list(KB_VENDORS);
	json_array_foreach (vendors, i, vendor)
		notes += (size_t)json_integer_value(json_object_get(vendor, "notes"));
	printf("%zu notes\n", notes);
	assert_true(notes >= LEAST_NOTES);
	json_decref(vendors);
}

/* The products that people really run. */
static void test_products_are_known(void **state)
{
	static const char *const slugs[] = { "cucm",
					     "cube",
					     "expressway",
					     "webex-calling",
					     "session-manager",
					     "communication-manager",
					     "avaya-sbce",
					     "audiocodes",
					     "oracle-sbc",
					     "ribbon-sbc-core",
					     "ribbon-sbc-edge",
					     "teams-direct-routing",
					     "asterisk-pjsip",
					     "asterisk-chan-sip",
					     "freeswitch",
					     "kamailio",
					     "opensips",
					     "pjsip",
					     "sofia-sip",
					     "yate",
					     "sip-js",
					     "jssip",
					     "linphone",
					     "twilio",
					     "telnyx",
					     "bandwidth",
					     "vonage",
					     "didww",
					     "genesys",
					     "3cx",
					     "zoom-phone",
					     "ims" };

	(void)state;
	for (size_t i = 0; i < sizeof slugs / sizeof slugs[0]; i++) {
		printf("%s\n", slugs[i]);
		assert_int_equal(kb_exists(kb, KB_VENDORS, slugs[i], "en"), KB_OK);
	}
}

/* Every note says who says so, and the same in every language: what is not text is equal. No two notes say the same. */
static void test_notes_have_sources(void **state)
{
	json_t *vendors = list(KB_VENDORS);
	size_t i, k;
	const json_t *vendor, *note;

	(void)state;
	for (size_t l = 0; l < 3; l++) {
		json_t *seen = json_object();
		json_array_foreach (vendors, i, vendor) {
			const char *slug = text(vendor, "slug");
			json_t *got = document(KB_VENDORS, slug, langs[l]), *english = document(KB_VENDORS, slug, "en");
			json_array_foreach (json_object_get(got, "notes"), k, note) {
				const json_t *source = json_object_get(note, "source");
				const json_t *original = json_array_get(json_object_get(english, "notes"), k);
				if (text(source, "title")[0] == '\0' || strncmp(text(source, "url"), "http", 4) != 0)
					fail_msg("%s, note %zu, has no source", slug, k);
				assert_true(json_equal(source, json_object_get(original, "source")));
				assert_true(json_equal(json_object_get(note, "codes"), json_object_get(original, "codes")));
				if (json_object_get(seen, text(note, "text")) != NULL)
					fail_msg("%s says again what %s says: %s", slug, text(seen, text(note, "text")), text(note, "text"));
				json_object_set_new(seen, text(note, "text"), json_string(slug));
			}
			json_decref(got);
			json_decref(english);
		}
		json_decref(seen);
	}
	json_decref(vendors);
}

/* ---- rules ---- */

/* What Avaya's table of response handling says that Session Manager does. */
static const char *session_manager_action(int code)
{
	if (code == 100)
		return "";
	if (code < 200)
		return "stop-alternate-routing";
	if (code < 300)
		return "complete";
	if (code == 408 || (code >= 501 && code <= 504))
		return "alternate-address";
	if (code == 422 || code == 423 || code == 484)
		return "to-caller";
	return code >= 400 && code < 500 ? "alternate-route" : "to-caller";
}

static void test_session_manager_walk(void **state)
{
	(void)state;
	for (int code = 100; code < 700; code++) {
		json_t *rule = NULL;
		enum kb_status status = kb_vendor_rule(kb, "session-manager", code, "en", &rule);
		assert_int_equal(status, code == 100 ? KB_NOT_FOUND : KB_OK);
		if (strcmp(text(rule, "action"), session_manager_action(code)) != 0)
			fail_msg("%d: %s", code, text(rule, "action"));
		json_decref(rule);
	}
}

/* The single code goes before the range, the range before the class; and the rule says which it goes before. */
static void test_the_most_specific_rule_applies(void **state)
{
	static const struct {
		int code;
		const char *range, *over; /* NULL: nothing */
	} rows[] = {
		{ 408, "408", "4xx" }, { 422, "422", "4xx" }, { 503, "501-504", "5xx" },
		{ 500, "5xx", NULL },  { 486, "4xx", NULL },  { 180, "101-199", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t l = 0; l < 3; l++) {
			json_t *rule = NULL;
			printf("%d %s\n", rows[i].code, langs[l]);
			assert_int_equal(kb_vendor_rule(kb, "session-manager", rows[i].code, langs[l], &rule), KB_OK);
			const json_t *over = json_object_get(rule, "over");
			assert_string_equal(text(rule, "range"), rows[i].range);
			assert_int_equal(json_array_size(over), rows[i].over != NULL);
			assert_non_null(strstr(text(rule, "why"), rows[i].range));
			if (rows[i].over != NULL) {
				assert_true(has(over, rows[i].over));
				assert_non_null(strstr(text(rule, "why"), rows[i].over));
			}
			json_decref(rule);
		}
	}
}

/* Of notes that compete only the most specific one applies; the others stand in the product's document. */
static void test_rules_that_lose_are_not_shown(void **state)
{
	json_t *notes = NULL;
	size_t i;
	const json_t *note;
	int rules = 0;

	(void)state;
	assert_int_equal(kb_vendor_notes(kb, "session-manager", 408, "en", &notes), KB_OK);
	json_array_foreach (notes, i, note)
		if (json_object_get(note, "action") != NULL && json_object_get(note, "methods") == NULL) {
			assert_string_equal(text(note, "action"), "alternate-address");
			rules++;
		}
	assert_int_equal(rules, 1);
	json_decref(notes);
}

/* A code shows each product once: with the rule for a call if it has one, and where the rest is. */
static void test_codes_show_each_product_once(void **state)
{
	static const int codes[] = { 100, 180, 302, 404, 408, 480, 486, 488, 500, 503, 603 };

	(void)state;
	for (size_t c = 0; c < sizeof codes / sizeof codes[0]; c++) {
		json_t *code = NULL, *seen = json_object();
		size_t i;
		const json_t *note;
		assert_int_equal(kb_code(kb, codes[c], "en", &code), KB_OK);
		json_array_foreach (json_object_get(code, "vendors"), i, note) {
			const char *slug = text(note, "vendor");
			json_t *all = NULL, *rule = NULL;
			char url[128];
			assert_null(json_object_get(seen, slug));
			json_object_set_new(seen, slug, json_true());
			assert_int_equal(kb_vendor_notes(kb, slug, codes[c], "en", &all), KB_OK);
			assert_int_equal(json_integer_value(json_object_get(note, "notes")), json_array_size(all));
			snprintf(url, sizeof url, "/codes/%d?vendor=%s", codes[c], slug);
			assert_string_equal(text(note, "all"), url);
			if (kb_vendor_rule(kb, slug, codes[c], "en", &rule) == KB_OK && json_object_get(rule, "methods") == NULL)
				assert_string_equal(text(note, "text"), text(rule, "text"));
			json_decref(rule);
			json_decref(all);
		}
		assert_true(json_object_size(seen) > 5);
		json_decref(seen);
		json_decref(code);
	}
}

/* A comparison shows the products that treat the two differently, and only those. */
static void test_comparisons_show_products(void **state)
{
	static const struct {
		int a, b;
		const char *action_a, *action_b; /* NULL: Session Manager treats both alike */
	} rows[] = {
		{ 404, 408, "alternate-route", "alternate-address" },
		{ 408, 404, "alternate-address", "alternate-route" },
		{ 486, 600, "alternate-route", "to-caller" },
		{ 486, 480, NULL, NULL },
		{ 503, 504, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *comparison = NULL;
		size_t k;
		const json_t *vendor;
		bool found = false;
		assert_int_equal(kb_compare(kb, rows[i].a, rows[i].b, "en", &comparison), KB_OK);
		json_array_foreach (json_object_get(comparison, "vendors"), k, vendor) {
			const json_t *a = json_object_get(vendor, "a"), *b = json_object_get(vendor, "b");
			assert_string_not_equal(text(a, "action"), text(b, "action"));
			if (strcmp(text(vendor, "vendor"), "session-manager") != 0 || json_object_get(vendor, "methods") != NULL)
				continue;
			found = true;
			assert_string_equal(text(a, "action"), rows[i].action_a);
			assert_string_equal(text(b, "action"), rows[i].action_b);
		}
		assert_int_equal(found, rows[i].action_a != NULL);
		json_decref(comparison);
	}
}

/* ---- the three sources ---- */

/* Is there a note or timer of the product with these words, for the code, in all three languages? */
static bool product_says(const char *slug, const char *member, const char *code, const char *words)
{
	json_t *product = document(KB_VENDORS, slug, "en");
	bool found = false;
	size_t i;
	const json_t *one;

	json_array_foreach (json_object_get(product, member), i, one) {
		char all[8192];
		const json_t *knob = json_object_get(one, "knob");
		snprintf(all, sizeof all, "%s %s %s %s %s %s %s %s", text(one, "text"), text(one, "diagnostic"), text(one, "name"),
			 text(one, "default"), text(one, "where"), text(knob, "name"), text(knob, "default"), text(knob, "where"));
		if ((code == NULL || has(json_object_get(one, "codes"), code)) && says(all, words))
			found = true;
	}
	json_decref(product);
	return found;
}

static void test_session_manager_in_full(void **state)
{
	static const struct {
		const char *asks, *code, *words;
	} rows[] = {
		{ "2xx completes the call", "2xx", "completed" },
		{ "3xx goes to the caller", "3xx", "caller" },
		{ "422, 423 and 484 go to the caller", "422", "caller" },
		{ "5xx but 501-504 go to the caller", "5xx", "caller|501 to 504" },
		{ "6xx goes to the caller", "6xx", "caller" },
		{ "408: another address or entity link of the same entity", "408", "address|entity link|same SIP entity" },
		{ "501-504 likewise", "501-504", "address|entity link|same SIP entity" },
		{ "other 4xx: another routing policy", "4xx", "routing policy" },
		{ "an early dialog ends alternate routing", "101-199", "early dialog" },
		{ "Timer B or F expired is answered as 408", "408", "Timer B|Timer F|408" },
		{ "then the next address, then the next policy", "408", "remaining addresses|next routing policy" },
		{ "the timers are those of the destination entity", "408", "destination entity" },
		{ "the egress address decides on the location", NULL, "IP address|patterns|location" },
		{ "an FQDN is resolved first", NULL, "FQDN|resolved" },
		{ "call admission control exceeded is 488", "488", "call admission control" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!product_says("session-manager", "notes", rows[i].code, rows[i].words))
			fail_msg("not answered: %s", rows[i].asks);
}

/* All texts of a document in one string, which the caller frees. */
static char *all_texts(const json_t *value)
{
	char *dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	assert_non_null(dump);
	return dump;
}

static void test_cucm_and_100_trying(void **state)
{
	static const struct {
		const char *asks;
		enum kb_kind kind;
		const char *key, *words;
	} rows[] = {
		{ "digit analysis behind the 100", KB_VENDORS, "cucm", "digit analysis|100" },
		{ "what stops the INVITE's retransmission", KB_VENDORS, "cucm", "retransmi|provisional" },
		{ "which timer then runs", KB_VENDORS, "cucm", "SIP Expires Timer" },
		{ "repeated 100s as the sign of a routing loop", KB_SCENARIOS, "cucm-repeats-100-trying", "route pattern|PSTN|loop" },
		{ "partitions and calling search spaces", KB_SCENARIOS, "cucm-repeats-100-trying", "partition|calling search space" },
		{ "the Call Forward Unregistered loop", KB_SCENARIOS, "cucm-repeats-100-trying",
		  "Call Forward Unregistered|MaximumForwardUnRegisteredHopsToDn" },
		{ "the same among the product's notes", KB_VENDORS, "cucm", "MaximumForwardUnRegisteredHopsToDn" },
		{ "100 sent, but nothing received", KB_SCENARIOS, "cube-gets-no-answer-after-100", "firewall|100" },
		{ "SIP Trying Timer", KB_VENDORS, "cucm", "SIP Trying Timer" },
		{ "the retry counts", KB_VENDORS, "cucm", "Retry Count for SIP Rel1XX" },
		{ "where they are", KB_VENDORS, "cucm", "Service Parameters|Clusterwide Parameters (Device - SIP)" },
		{ "100 and then nothing: how long CUCM waits", KB_SCENARIOS, "cucm-100-trying-then-nothing", "SIP Expires Timer|retransmi" },
		{ "CUBE's timers", KB_VENDORS, "cube", "timers" },
		{ "two clusters over a trunk", KB_FLOWS, "cucm-clusters-over-trunk", "100 Trying|180 Ringing|200 OK|ACK" },
		{ "a PBX that does not speak SIP: the gateway makes Call Proceeding", KB_FLOWS, "pbx-behind-gateway", "Call Proceeding|100 Trying" },
		{ "180 becomes Alerting, 200 becomes Connect", KB_FLOWS, "pbx-behind-gateway", "180 Ringing|Alerting|200 OK|Connect" },
		{ "BYE becomes Disconnect and Release", KB_FLOWS, "pbx-behind-gateway", "BYE|Disconnect|Release" },
		{ "the same among CUBE's notes", KB_VENDORS, "cube", "Call Proceeding|Alerting|Connect" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *got = document(rows[i].kind, rows[i].key, "en");
		char *texts = all_texts(got);
		if (!says(texts, rows[i].words))
			fail_msg("not answered: %s (%s)", rows[i].asks, rows[i].words);
		free(texts);
		json_decref(got);
	}
}

static void test_questions(void **state)
{
	static const struct {
		const char *asks, *slug, *words;
	} rows[] = {
		{ "What are SIP response codes: the classes", "what-are-the-classes", "1xx|2xx|3xx|4xx|5xx|6xx" },
		{ "What is a provisional response, what a final one", "provisional-and-final", "provisional|final" },
		{ "What is RFC 3261", "what-is-rfc-3261", "3261" },
		{ "Why is PRACK needed", "why-prack", "PRACK" },
		{ "What is a PRACK", "what-is-a-prack", "RSeq|RAck" },
		{ "How is a PRACK protected", "how-is-prack-protected", "authenticat" },
		{ "What is a 183 for", "what-is-183-for", "183|early media" },
		{ "180 against 183", "180-or-183", "180|183" },
		{ "Which responses need an ACK", "which-responses-need-an-ack", "ACK|INVITE" },
		{ "Why has a 100 no body", "why-has-100-no-body", "100|body" },
		{ "Who must send a 100, and when", "who-must-send-100", "200 ms" },
		{ "Early media", "early-media", "early media" },
		{ "Session timers", "session-timers", "Session-Expires|Min-SE|422" },
		{ "Forking and 6xx", "forking-and-6xx", "6xx|CANCEL" },
		{ "3xx and recursion", "redirection-and-recursion", "Contact|recurs" },
		{ "Retry-After", "retry-after", "Retry-After|503" },
		{ "603+ and Reason", "603-plus-and-reason", "603|Network Blocked" },
		{ "Treat-as rules", "treat-as-rules", "x00|183" },
		{ "Registration loops of 401", "registration-401-loops", "401|nonce" },
		{ "Glare and 491", "glare-and-491", "491" },
		{ "SIP over TCP and 513", "tcp-and-513", "513|UDP" },
		{ "STIR codes", "stir-shaken-codes", "428|436|437|438" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t l = 0; l < 3; l++) {
			json_t *got = document(KB_TOPICS, rows[i].slug, langs[l]);
			char *texts = all_texts(got);
			if (l == 0 && !says(texts, rows[i].words))
				fail_msg("not answered: %s (%s)", rows[i].asks, rows[i].words);
			assert_true(json_array_size(json_object_get(got, "answer")) >= 1);
			free(texts);
			json_decref(got);
		}
	}
}

/* ---- causes and timers ---- */

static void test_causes_side_by_side(void **state)
{
	static const struct {
		const char *vendor, *part; /* NULL: it has only one table */
	} rows[] = { { "asterisk-pjsip", NULL }, { "freeswitch", NULL }, { "audiocodes", "Gateway" }, { "oracle-sbc", NULL } };
	json_t *busy = document(KB_CAUSES, "17", "en");

	(void)state;
	assert_string_equal(text(busy, "name"), "User busy");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(json_object_get(busy, "to_sip"), 0), "code")), 486);
	assert_int_equal(json_array_size(json_object_get(busy, "from_sip")), 2); /* 486 and 600 */
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool found = false;
		size_t k;
		const json_t *vendor;
		json_array_foreach (json_object_get(busy, "vendors"), k, vendor)
			found |= strcmp(text(vendor, "vendor"), rows[i].vendor) == 0 &&
				 (rows[i].part == NULL || strcmp(text(vendor, "part"), rows[i].part) == 0);
		if (!found)
			fail_msg("%s is not among the products of cause 17", rows[i].vendor);
	}
	json_decref(busy);
}

static bool has_code(const json_t *items, json_int_t code)
{
	size_t i;
	const json_t *item;

	json_array_foreach ((json_t *)items, i, item)
		if (json_integer_value(json_object_get(item, "code")) == code)
			return true;
	return false;
}

/* Whether a product differs from RFC 3398 is right for every cause: does it pair the cause with a code that the RFC does not? */
static void test_causes_say_who_differs(void **state)
{
	static const char *const directions[] = { "to_sip", "from_sip" };
	json_t *causes = list(KB_CAUSES);
	size_t i, k, n, m;
	const json_t *item, *vendor, *code;
	int differ = 0, agree = 0;

	(void)state;
	json_array_foreach (causes, i, item) {
		char key[16];
		snprintf(key, sizeof key, "%d", (int)json_integer_value(json_object_get(item, "cause")));
		json_t *cause = document(KB_CAUSES, key, "en");
		json_array_foreach (json_object_get(cause, "vendors"), k, vendor) {
			bool differs = false;
			for (n = 0; n < 2; n++)
				json_array_foreach (json_object_get(vendor, directions[n]), m, code)
					differs |= !has_code(json_object_get(cause, directions[n]), json_integer_value(code));
			assert_int_equal(json_is_true(json_object_get(vendor, "differs")), differs);
			differ += differs;
			agree += !differs;
		}
		json_decref(cause);
	}
	printf("%d mappings as RFC 3398, %d others\n", agree, differ);
	assert_true(differ > 0 && agree > 0);
	json_decref(causes);
}

/* A note about the responses to some requests does not stand under a code that can answer none of them. */
static void test_notes_keep_to_their_methods(void **state)
{
	static const char *const methods[] = { "INVITE", "OPTIONS" }; /* all that 486 can answer */
	json_t *vendors = list(KB_VENDORS);
	size_t i, k;
	const json_t *vendor, *note;
	int with_methods = 0;

	(void)state;
	json_array_foreach (vendors, i, vendor) {
		json_t *notes = NULL;
		assert_int_equal(kb_vendor_notes(kb, text(vendor, "slug"), 486, "en", &notes), KB_OK);
		json_array_foreach (notes, k, note) {
			const json_t *own = json_object_get(note, "methods");
			if (own == NULL)
				continue;
			with_methods++;
			if (!has(own, methods[0]) && !has(own, methods[1]))
				fail_msg("%s: %s", text(vendor, "slug"), text(note, "text"));
		}
		json_decref(notes);
	}
	assert_true(with_methods > 10);
	json_decref(vendors);
}

/* RFC 3261 table 4. */
static void test_timers(void **state)
{
	static const struct {
		const char *slug, *value;
	} rows[] = {
		{ "t1", "500 ms" },     { "t2", "4 s" },       { "t4", "5 s" },         { "timer-a", "500 ms" }, { "timer-b", "32 s" },
		{ "timer-c", "3 min" }, { "timer-d", "32 s" }, { "timer-e", "500 ms" }, { "timer-f", "32 s" },   { "timer-g", "500 ms" },
		{ "timer-h", "32 s" },  { "timer-i", "5 s" },  { "timer-j", "32 s" },   { "timer-k", "5 s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *timer = document(KB_TIMERS, rows[i].slug, "en");
		printf("%s\n", rows[i].slug);
		if (strstr(text(timer, "value"), rows[i].value) == NULL)
			fail_msg("%s is %s", rows[i].slug, text(timer, "value"));
		json_decref(timer);
	}
}

/* Last: no question has scanned a table. */
static void test_no_full_scans(void **state)
{
	json_t *items = NULL;

	(void)state;
	assert_int_equal(kb_scenarios(kb, "cucm", "100", "en", &items), KB_OK);
	assert_true(json_array_size(items) >= 1);
	json_decref(items);
	assert_int_equal(kb_codes(kb, &(struct kb_code_filter){ .vendor = "session-manager" }, "en", &items), KB_OK);
	assert_true(json_array_size(items) >= 1);
	json_decref(items);
	assert_int_equal(kb_full_scans(kb), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_is_enough),
		cmocka_unit_test(test_products_are_known),
		cmocka_unit_test(test_notes_have_sources),
		cmocka_unit_test(test_session_manager_walk),
		cmocka_unit_test(test_the_most_specific_rule_applies),
		cmocka_unit_test(test_rules_that_lose_are_not_shown),
		cmocka_unit_test(test_codes_show_each_product_once),
		cmocka_unit_test(test_comparisons_show_products),
		cmocka_unit_test(test_notes_keep_to_their_methods),
		cmocka_unit_test(test_session_manager_in_full),
		cmocka_unit_test(test_cucm_and_100_trying),
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_causes_side_by_side),
		cmocka_unit_test(test_causes_say_who_differs),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_no_full_scans),
	};

	return cmocka_run_group_tests(tests, open_kb, close_kb);
}
