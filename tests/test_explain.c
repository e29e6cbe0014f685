/* /explain: sample traces in the forms of many logs, each rule, what must not come back, bad input, and that time grows with size alone. */
#include "tests/harness.h"

#include "trace/facts.h"
#include "trace/trace.h"

#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { MAX_CONTENT = 1 << 20 };

static struct daemon daemon_;

static int start(void **state)
{
	(void)state;
	daemon_start(&daemon_, TEST_DB, "1");
	return 0;
}

static int stop(void **state)
{
	char err[4096];

	(void)state;
	int status = daemon_stop(&daemon_, SIGTERM, err, sizeof err);
	if (err[0] != '\0')
		printf("standard error: %s\n", err);
	return status != 0 || err[0] != '\0';
}

/* The explanation of a text, a new reference. */
static json_t *explain(const char *target, const char *text, size_t size)
{
	struct reply reply;

	post(daemon_.port, target, "Content-Type: text/plain\r\n", text, size, &reply);
	assert_int_equal(reply.status, 200);
	json_t *document = reply_json(&reply);
	reply_free(&reply);
	return document;
}

static json_t *explain_string(const char *text)
{
	return explain("/explain", text, strlen(text));
}

/* ---- sample traces ---- */

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The member of every item, as a list; of strings each one once, sorted. */
static json_t *collect(const json_t *items, const char *member)
{
	json_t *list = json_array();
	size_t i, n = 0;
	json_t *item;
	const char *names[256];

	json_array_foreach ((json_t *)items, i, item) {
		json_t *value = json_object_get(item, member);
		if (json_is_string(value) && n < 256)
			names[n++] = json_string_value(value);
		else
			json_array_append(list, value);
	}
	qsort(names, n, sizeof names[0], compare_strings);
	for (i = 0; i < n; i++)
		if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
			json_array_append_new(list, json_string(names[i]));
	return list;
}

/* What a trace's file of expectations says, held against the explanation; returns the number of differences. */
static int differences(const char *name, const json_t *expected, const json_t *document)
{
	static const struct {
		const char *expectation, *list, *member;
	} rows[] = {
		{ "codes", "responses", "code" }, { "findings", "findings", "rule" },    { "vendors", "vendors", "vendor" },
		{ "causes", "causes", "cause" },  { "warnings", "warnings", "warning" },
	};
	int count = 0;

	if (!json_equal(json_object_get(expected, "messages"), json_object_get(document, "messages"))) {
		printf("%s: %lld messages\n", name, (long long)json_integer_value(json_object_get(document, "messages")));
		count++;
	}
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *got = collect(json_object_get(document, rows[i].list), rows[i].member);
		const json_t *wanted = json_object_get(expected, rows[i].expectation);
		if (wanted != NULL && !json_equal(got, wanted)) {
			char *a = json_dumps(wanted, JSON_COMPACT), *b = json_dumps(got, JSON_COMPACT);
			printf("%s: %s should be %s, is %s\n", name, rows[i].expectation, a, b);
			free(a);
			free(b);
			count++;
		}
		json_decref(got);
	}
	return count;
}

static void test_sample_traces(void **state)
{
	glob_t files;
	int wrong = 0, healthy = 0;

	(void)state;
	assert_int_equal(glob("tests/traces/*.txt", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		char path[256];
		size_t size;
		char *text = read_whole(files.gl_pathv[i], &size);
		snprintf(path, sizeof path, "%.*sjson", (int)strlen(files.gl_pathv[i]) - 3, files.gl_pathv[i]);
		json_t *expected = json_load_file(path, 0, NULL), *document = explain("/explain", text, size), *finding;
		size_t k;
		assert_non_null(expected);
		wrong += differences(files.gl_pathv[i], expected, document) > 0;
		if (strstr(files.gl_pathv[i], "/healthy-") != NULL) {
			healthy++;
			json_array_foreach (json_object_get(document, "findings"), k, finding)
				assert_string_equal(json_string_value(json_object_get(finding, "severity")), "info");
		}
		json_decref(expected);
		json_decref(document);
		free(text);
	}
	printf("measure: explain: %zu sample traces, %d of them healthy, %d not explained as expected\n", files.gl_pathc, healthy, wrong);
	globfree(&files);
	assert_int_equal(wrong, 0);
}

/* Every rule of the content has a trace in which it is found. */
static void test_every_rule_is_found(void **state)
{
	json_t *rules = json_load_file("db/content/findings.json", 0, NULL), *entry;
	const char *rule;

	(void)state;
	assert_true(json_object_size(rules) >= 30);
	json_object_foreach (rules, rule, entry) {
		char path[256];
		size_t size, i;
		bool found = false;
		const json_t *finding;
		snprintf(path, sizeof path, "tests/traces/rule-%s.txt", rule);
		char *text = read_whole(path, &size);
		json_t *document = explain("/explain", text, size);
		json_array_foreach (json_object_get(document, "findings"), i, finding) {
			if (strcmp(json_string_value(json_object_get(finding, "rule")), rule) != 0)
				continue;
			found = true;
			assert_true(json_array_size(json_object_get(finding, "lines")) > 0);
			assert_null(strchr(json_string_value(json_object_get(finding, "text")), '{'));
		}
		if (!found)
			fail_msg("%s is not found in %s", rule, path);
		json_decref(document);
		free(text);
	}
	json_decref(rules);
}

/* The facts that rules may speak of are those that are found out. */
static void test_schema_has_the_facts(void **state)
{
	json_t *schema = json_load_file("db/schema/findings.json", 0, NULL);
	json_t *facts = json_object_get(json_object_get(json_object_get(json_object_get(schema, "$defs"), "conditions"), "properties"), "method");

	(void)state;
	assert_non_null(facts);
	facts = json_object_get(json_object_get(json_object_get(schema, "$defs"), "conditions"), "properties");
	static const char *const names[] = {
#define NAME(name) #name,
		TRACE_NUMBERS(NAME)
#undef NAME
			"method",
		"transport",
		"saw",
		"phrase",
		"request_fields",
		"response_fields"
	};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (json_object_get(facts, names[i]) == NULL)
			fail_msg("db/schema/findings.json does not know %s", names[i]);
	assert_int_equal(json_object_size(facts), sizeof names / sizeof names[0]);
	json_decref(schema);
}

/* ---- what must not come back ---- */

/* Nothing of who somebody is: users, hosts, Call-IDs, tags, branches, credentials. */
static void test_nothing_private_comes_back(void **state)
{
	static const char text[] =
		"INVITE sip:secretcallee@callee.example.net SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 198.51.100.77:5062;branch=z9hG4bKsecretbranch\r\n"
		"From: \"Secret Name\" <sip:+6281234567890@caller.example.com>;tag=secrettag\r\n"
		"To: <sip:secretcallee@callee.example.net>\r\n"
		"Call-ID: secretcallid@198.51.100.77\r\n"
		"CSeq: 7 INVITE\r\n"
		"Contact: <sip:+6281234567890@198.51.100.77:5062>\r\n"
		"Proxy-Authorization: Digest username=\"secretuser\", realm=\"secretrealm\", nonce=\"secretnonce\", response=\"secretresponse\"\r\n"
		"P-Asserted-Identity: <sip:+6281234567890@caller.example.com>\r\n"
		"Diversion: <sip:+6281234500000@caller.example.com>;reason=user-busy\r\n"
		"User-Agent: secretphone-4711-00aabbcc\r\n"
		"\r\n"
		"SIP/2.0 404 User +6281234567890 at secret@callee.example.net not found on 203.0.113.99\r\n"
		"Via: SIP/2.0/UDP 198.51.100.77:5062;branch=z9hG4bKsecretbranch\r\n"
		"Call-ID: secretcallid@198.51.100.77\r\n"
		"CSeq: 7 INVITE\r\n"
		"To: <sip:secretcallee@callee.example.net>;tag=secrettag2\r\n"
		"WWW-Authenticate: Digest realm=\"secretrealm\", nonce=\"secretnonce\", algorithm=MD5\r\n"
		"Warning: 399 203.0.113.99 \"secretwarning\"\r\n"
		"Reason: Q.850;cause=1;text=\"secretreason\"\r\n"
		"\r\n";
	static const char *const secrets[] = { "secret", "Secret", "6281234", "198.51.100", "203.0.113", "example.net", "example.com", "z9hG4bK" };
	static const char *const formats[] = { "/explain?format=json", "/explain?format=text" };

	(void)state;
	for (size_t f = 0; f < 2; f++) {
		struct reply reply;
		post(daemon_.port, formats[f], "Content-Type: text/plain\r\n", text, sizeof text - 1, &reply);
		assert_int_equal(reply.status, 200);
		for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
			if (strstr(reply.body, secrets[i]) != NULL)
				fail_msg("%s comes back: %s", secrets[i], reply.body);
		assert_non_null(strstr(reply.body, "404"));
		reply_free(&reply);
	}
	json_t *document = explain("/explain?redact=false", text, sizeof text - 1);
	const char *phrase = json_string_value(json_object_get(json_array_get(json_object_get(document, "responses"), 0), "phrase"));
	assert_non_null(strstr(phrase, "203.0.113.99"));
	assert_false(json_is_true(json_object_get(document, "redacted")));
	json_decref(document);
}

/* ---- forms of input ---- */

static void test_sentences(void **state)
{
	static const struct {
		const char *text;
		int codes[4];
	} rows[] = {
		{ "the customer gets 486 and after that 503 when calling", { 486, 503, 0 } },
		{ "pelanggan mendapat 486, lalu 503.", { 486, 503, 0 } },
		{ "\xe5\xae\xa2\xe6\x88\xb7\xe5\x85\x88\xe6\x94\xb6\xe5\x88\xb0 486\xef\xbc\x8c\xe5\x86\x8d\xe6\x94\xb6\xe5\x88\xb0 503",
		  { 486, 503, 0 } },
		{ "call 4861 at 10.0.486.1, 486ms and 100 % of 200s later", { 0 } },
		{ "(487)", { 487, 0 } },
		{ "nothing here", { 0 } },
		{ "", { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *document = explain_string(rows[i].text), *responses = json_object_get(document, "responses");
		size_t n = 0;
		printf("%s\n", rows[i].text);
		for (; rows[i].codes[n] != 0; n++)
			assert_int_equal(json_integer_value(json_object_get(json_array_get(responses, n), "code")), rows[i].codes[n]);
		assert_int_equal(json_array_size(responses), n);
		assert_int_equal(json_object_get(document, "hint") != NULL, n == 0);
		json_decref(document);
	}
}

static void test_json_content(void **state)
{
	static const struct {
		const char *content;
		int status;
	} rows[] = {
		{ "{\"text\":\"SIP/2.0 486 Busy Here\\r\\n\\r\\n\"}", 200 },
		{ "{\"text\":\"486\",\"vendor\":\"cucm\",\"redact\":false}", 200 },
		{ "{\"text\":\"486\",\"vendor\":\"no-such-product\"}", 400 },
		{ "{\"text\":\"\\u0000\"}", 200 },
		{ "{\"text\":486}", 400 },
		{ "{\"vendor\":\"cucm\"}", 400 },
		{ "{\"text\":\"486\",\"more\":1}", 400 },
		{ "{\"text\":\"486\",\"redact\":\"no\"}", 400 },
		{ "{\"text\":\"486\",\"text\":\"487\"}", 400 },
		{ "[\"486\"]", 400 },
		{ "{\"text\":", 400 },
		{ "", 400 },
		{ "\xff", 400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct reply reply;
		printf("%s\n", rows[i].content);
		post(daemon_.port, "/explain", "Content-Type: application/json\r\n", rows[i].content, strlen(rows[i].content), &reply);
		assert_int_equal(reply.status, rows[i].status);
		reply_free(&reply);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *target, *fields;
		int status;
	} rows[] = {
		{ "/explain", "Content-Type: image/png\r\n", 415 },
		{ "/explain", "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n", 415 },
		{ "/explain", "", 200 },
		{ "/explain", "Content-Type: text/plain; charset=utf-8\r\n", 200 },
		{ "/explain", "Content-Type: text/plainly\r\n", 415 },
		{ "/explain?redact=perhaps", "", 400 },
		{ "/explain?vendor=none", "", 400 },
		{ "/explain?vendor=cucm", "", 200 },
		{ "/explain?lang=fr", "", 400 },
		{ "/explain", "Accept: image/png\r\n", 406 },
	};
	struct reply reply;
	char *much = malloc(MAX_CONTENT + 1);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		printf("%s %s\n", rows[i].target, rows[i].fields);
		post(daemon_.port, rows[i].target, rows[i].fields, "486", 3, &reply);
		assert_int_equal(reply.status, rows[i].status);
		assert_string_equal(reply_field(&reply, "Cache-Control"), "no-store");
		reply_free(&reply);
	}
	get(daemon_.port, "/explain", "", &reply);
	assert_int_equal(reply.status, 405);
	assert_string_equal(reply_field(&reply, "Allow"), "POST, OPTIONS");
	reply_free(&reply);
	assert_non_null(much);
	memset(much, 'x', MAX_CONTENT + 1);
	post(daemon_.port, "/explain", "", much, MAX_CONTENT, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
	post(daemon_.port, "/explain", "", much, MAX_CONTENT + 1, &reply);
	assert_int_equal(reply.status, 413);
	reply_free(&reply);
	free(much);
}

/* Content that comes in chunks is read the same way, and bounded as well. */
static void test_chunks(void **state)
{
	static const char head[] = "POST /explain HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
	struct reply reply;
	size_t size = 0;
	char *request = malloc(3 * MAX_CONTENT);
	int fd = client_connect(daemon_.port);

	(void)state;
	assert_non_null(request);
	size = (size_t)snprintf(request, MAX_CONTENT, "%s15\r\nSIP/2.0 486 Busy Here\r\n4\r\n\r\n\r\n\r\n0\r\n\r\n", head);
	client_send(fd, request, size, false, &reply);
	assert_int_equal(reply.status, 200);
	json_t *document = reply_json(&reply);
	assert_int_equal(json_integer_value(json_object_get(document, "messages")), 1);
	json_decref(document);
	reply_free(&reply);
	close(fd);
	size = (size_t)snprintf(request, MAX_CONTENT, "%s", head);
	while (size < 2 * MAX_CONTENT) {
		memcpy(request + size, "1000\r\n", 6);
		memset(request + size + 6, 'x', 4096);
		memcpy(request + size + 6 + 4096, "\r\n", 2);
		size += 6 + 4096 + 2;
	}
	memcpy(request + size, "0\r\n\r\n", 5);
	fd = client_connect(daemon_.port);
	client_send(fd, request, size + 5, false, &reply);
	assert_int_equal(reply.status, 413);
	reply_free(&reply);
	close(fd);
	free(request);
}

/* What make fuzz found: inputs that were no message of any kind, but were not answered. */
static void test_found_by_fuzzing(void **state)
{
	static const char *const rows[] = {
		"2: SIP/Status: 180 Rin<- Tran (WWWW!WWWW\xbfWWW80)", /* a method in brackets that is none */
		" SIP Status: 200 OK ()",
		" SIP Status: 200 (",
		" SIP Status: 200 OK (INVITE)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *document = explain_string(rows[i]);
		assert_int_equal(json_integer_value(json_object_get(document, "messages")), 1);
		json_decref(document);
	}
}

/* ---- size ---- */

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The pattern, over and over, {} in it replaced by a number that grows. */
static char *repeated(const char *pattern, size_t size)
{
	char *text = malloc(size + 512);
	size_t n = 0;

	assert_non_null(text);
	for (int i = 0; n < size; i++) {
		const char *slot = strstr(pattern, "{}");
		if (slot == NULL)
			n += (size_t)snprintf(text + n, 512, "%s", pattern);
		else
			n += (size_t)snprintf(text + n, 512, "%.*s%d%s", (int)(slot - pattern), pattern, i, slot + 2);
	}
	return text;
}

/* What could make one step look at everything that came before it. */
static const char *const patterns[] = {
	"SIP/2.0 200 OK\n",
	"INVITE sip:a SIP/2.0\ni:{}\n\n",
	"INVITE sip:a SIP/2.0\ni:1\nCSeq:{} INVITE\n\n",
	"INVITE sip:a SIP/2.0\ni:1\nCSeq:1 INVITE\nv:SIP/2.0/UDP a;branch={}\n\n",
	"CANCEL sip:a SIP/2.0\ni:1\nCSeq:{} CANCEL\n\n",
	"SIP/2.0 401 x\ni:1\nCSeq:{} REGISTER\nt:<sip:a>;tag={}\n\n",
	"BYE sip:a SIP/2.0\ni:1\nCSeq:{} BYE\nf:<sip:a>;tag=1\n\n",
	"a:\n",
	" \n",
	"x\\r\\n",
	"#015#012",
	"SIP/2.0",
	" SIP/2.0 ",
	"SIP/2.0 200 OK\\r\\nVia: a\\r\\n b\\r\\n",
	"Reason: Q.850;cause={}\n",
	"Via: a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a\n",
	"\"\\\"<<\",;",
	"486 ",
	"1.2.3.4 -> 5.6.7.8 12:34:56.789\n",
	"OPTIONS sip:a SIP/2.0\nUser-Agent: phone {}\n\n",
	"SIP/2.0 603 Network Blocked {}\ni:1\nCSeq:1 INVITE\n\n",
	"NOTIFY sip:a SIP/2.0\nc: message/sipfrag\n\nSIP/2.0 200 OK\n",
	"\xff\xfe\x80",
};

/* Four times the size takes about four times as long: far from the sixteen times of what is quadratic. */
static void test_time_grows_with_size(void **state)
{
	double worst = 0;
	const char *worst_pattern = "";

	(void)state;
	for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
		double seconds[2];
		for (int k = 0; k < 2; k++) {
			size_t size = k == 0 ? MAX_CONTENT / 4 : MAX_CONTENT;
			char *text = repeated(patterns[i], size);
			seconds[k] = 1e9;
			for (int round = 0; round < 3; round++) {
				double begin = cpu_seconds();
				struct trace *trace = trace_read(text, size);
				assert_non_null(trace);
				trace_free(trace);
				double taken = cpu_seconds() - begin;
				seconds[k] = taken < seconds[k] ? taken : seconds[k];
			}
			free(text);
		}
		if (seconds[1] > worst) {
			worst = seconds[1];
			worst_pattern = patterns[i];
		}
		/* Below a millisecond the clock says little. */
		if (seconds[0] > 0.001 && seconds[1] > 10 * seconds[0])
			fail_msg("%s: %.1f ms for 256 kB, %.1f ms for 1 MiB", patterns[i], seconds[0] * 1e3, seconds[1] * 1e3);
	}
	printf("measure: explain: 1 MiB of the worst pattern is read in %.0f ms: %.40s\n", worst * 1e3, worst_pattern);
}

/* The whole answer to 1 MiB of each takes the server less than a second of its time. */
static void test_worst_answers(void **state)
{
	double worst = 0;
	const char *worst_pattern = "";

	(void)state;
	for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
		char *text = repeated(patterns[i], MAX_CONTENT);
		long before = daemon_cpu_ms(&daemon_);
		json_t *document = explain("/explain", text, MAX_CONTENT);
		double seconds = (double)(daemon_cpu_ms(&daemon_) - before) / 1000;
		assert_true(json_array_size(json_object_get(document, "responses")) <= 500);
		json_decref(document);
		free(text);
		if (seconds > worst) {
			worst = seconds;
			worst_pattern = patterns[i];
		}
	}
	printf("measure: explain: 1 MiB of the worst pattern is answered in %.0f ms of CPU: %.40s\n", worst * 1e3, worst_pattern);
	if (strstr(sipcodes(), "/san/") == NULL)
		assert_true(worst < 1.0);
}

/* ---- damage ---- */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Sample traces with bytes changed, pieces cut out, doubled and swapped are read to the end. */
static void test_damaged_traces(void **state)
{
	uint32_t seed = 4711;
	glob_t files;
	int count = 0;

	(void)state;
	assert_int_equal(glob("tests/traces/*.txt", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		size_t size;
		char *text = read_whole(files.gl_pathv[i], &size), *damaged = malloc(2 * size + 1);
		assert_non_null(damaged);
		for (int round = 0; round < 30 && size > 0; round++, count++) {
			size_t cut = next_random(&seed) % size, length = next_random(&seed) % 200, n = 0;
			memcpy(damaged, text, cut);
			n = cut;
			if (round % 3 == 0 && cut + length <= size) {
				memcpy(damaged + n, text + cut, length);
				n += length;
			}
			size_t rest = cut + (round % 3 == 1 && cut + length <= size ? length : 0);
			memcpy(damaged + n, text + rest, size - rest);
			n += size - rest;
			for (int flips = round; flips > 0 && n > 0; flips--)
				damaged[next_random(&seed) % n] = (char)next_random(&seed);
			struct trace *trace = trace_read(damaged, n);
			assert_non_null(trace);
			trace_free(trace);
			if (round == 0) {
				json_t *document = explain("/explain?lang=zh&redact=false", damaged, n);
				assert_non_null(json_object_get(document, "findings"));
				json_decref(document);
			}
		}
		free(damaged);
		free(text);
	}
	printf("measure: explain: %d damaged traces read\n", count);
	globfree(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample_traces),
		cmocka_unit_test(test_every_rule_is_found),
		cmocka_unit_test(test_schema_has_the_facts),
		cmocka_unit_test(test_nothing_private_comes_back),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_json_content),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_found_by_fuzzing),
		cmocka_unit_test(test_time_grows_with_size),
		cmocka_unit_test(test_worst_answers),
		cmocka_unit_test(test_damaged_traces),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
