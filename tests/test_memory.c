/* Memory runs out: at the first allocation, the second, ... until the work succeeds. Every failure is an answer or a refusal,
 * never a crash, and what follows is as if nothing had happened. Not in the sanitized flavour, whose allocator is its own. */
#include "tests/harness.h"

#include "db/content.h"
#include "db/kb.h"
#include "service/http/server.h"

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__

static void test_nothing(void **state)
{
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_nothing) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

/* ---- an allocator that fails on demand ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static atomic_long countdown = -1; /* allocations until one fails; below 0: none will */
static atomic_bool failed;
static pthread_t spared; /* the test's own thread, where only the server's shall fail */
static atomic_bool spare;

static bool fails_now(void)
{
	if (atomic_load(&countdown) < 0 || (atomic_load(&spare) && pthread_equal(pthread_self(), spared)))
		return false;
	if (atomic_fetch_sub(&countdown, 1) != 0)
		return false;
	atomic_store(&failed, true);
	return true;
}

void *malloc(size_t size)
{
	return fails_now() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails_now() ? NULL : __libc_realloc(old, size);
}

static void fail_at(long n)
{
	atomic_store(&failed, false);
	atomic_store(&countdown, n);
}

/* True if an allocation has failed since fail_at. */
static bool has_failed(void)
{
	atomic_store(&countdown, -1);
	return atomic_load(&failed);
}

/* All small numbers, then ever larger steps. */
static long next(long n)
{
	return n < 400 ? n + 1 : n + n / 40;
}

/* ---- questions ---- */

typedef enum kb_status question(struct kb *kb, json_t **out);

static enum kb_status ask_code(struct kb *kb, json_t **out)
{
	return kb_code(kb, 486, "id", out);
}

static enum kb_status ask_codes(struct kb *kb, json_t **out)
{
	return kb_codes(kb, &(struct kb_code_filter){ "6", NULL, "INVITE", "session-manager" }, "zh", out);
}

static enum kb_status ask_compare(struct kb *kb, json_t **out)
{
	return kb_compare(kb, 404, 503, "en", out);
}

static enum kb_status ask_curated(struct kb *kb, json_t **out)
{
	return kb_compare(kb, 600, 486, "zh", out);
}

static enum kb_status ask_class(struct kb *kb, json_t **out)
{
	return kb_document(kb, KB_CLASSES, "2", "en", out);
}

static enum kb_status ask_term(struct kb *kb, json_t **out)
{
	return kb_document(kb, KB_TERMS, "proxy", "en", out);
}

static enum kb_status ask_nearest(struct kb *kb, json_t **out)
{
	return kb_codes_nearest(kb, 499, 4, "en", out);
}

static enum kb_status ask_vendor(struct kb *kb, json_t **out)
{
	return kb_document(kb, KB_VENDORS, "session-manager", "id", out);
}

static enum kb_status ask_rule(struct kb *kb, json_t **out)
{
	return kb_vendor_rule(kb, "session-manager", 503, "zh", out);
}

static enum kb_status ask_notes(struct kb *kb, json_t **out)
{
	return kb_vendor_notes(kb, "session-manager", 503, "en", out);
}

static enum kb_status ask_scenarios(struct kb *kb, json_t **out)
{
	return kb_scenarios(kb, "cucm", "100", "en", out);
}

static enum kb_status ask_cause(struct kb *kb, json_t **out)
{
	return kb_document(kb, KB_CAUSES, "17", "en", out);
}

static enum kb_status ask_list(struct kb *kb, json_t **out)
{
	return kb_list(kb, KB_TIMERS, "en", out);
}

static void test_questions(void **state)
{
	static question *const questions[] = { ask_code,   ask_codes, ask_compare, ask_curated,   ask_class, ask_term, ask_nearest,
					       ask_vendor, ask_rule,  ask_notes,   ask_scenarios, ask_cause, ask_list };
	char why[KB_WHY_MAX];
	struct kb *kb;

	(void)state;
	assert_int_equal(kb_open(&kb, TEST_DB, why), KB_OK);
	for (size_t q = 0; q < sizeof questions / sizeof questions[0]; q++) {
		json_t *expected = NULL, *got = NULL;
		long n = 0;
		bool ran_out = true;
		assert_int_equal(questions[q](kb, &expected), KB_OK);
		while (ran_out) {
			got = NULL;
			fail_at(n);
			enum kb_status status = questions[q](kb, &got);
			ran_out = has_failed();
			/* A failure that did no harm (a cache that stayed small) may still give the right answer, never a wrong one. */
			if (status == KB_OK && !json_equal(got, expected))
				fail_msg("question %zu gave a wrong answer when allocation %ld failed", q, n);
			if (status != KB_OK)
				assert_null(got);
			json_decref(got);
			n = next(n);
		}
		printf("question %zu: %ld allocations\n", q, n);
		assert_int_equal(questions[q](kb, &got), KB_OK);
		assert_true(json_equal(got, expected));
		json_decref(got);
		json_decref(expected);
	}
	kb_close(kb);
}

static void test_open(void **state)
{
	char why[KB_WHY_MAX];
	bool ran_out = true;

	(void)state;
	for (long n = 0; ran_out; n = next(n)) {
		struct kb *kb = NULL;
		fail_at(n);
		enum kb_status status = kb_open(&kb, TEST_DB, why);
		assert_int_equal(status == KB_OK, kb != NULL);
		if (status == KB_OK)
			status = kb_load_tables(kb);
		ran_out = has_failed();
		if (status != KB_OK && kb != NULL)
			assert_int_equal(kb_load_tables(kb), KB_OK);
		if (!ran_out)
			assert_int_equal(status, KB_OK);
		kb_close(kb);
	}
}

/* ---- endpoints ---- */

/* A request: a GET, or a POST of the content. */
struct asked {
	const char *target, *type, *content;
};

static void ask(int port, const struct asked *asked, struct reply *reply)
{
	char fields[128];

	if (asked->content == NULL) {
		get(port, asked->target, "", reply);
		return;
	}
	snprintf(fields, sizeof fields, "Content-Type: %s\r\n", asked->type);
	post(port, asked->target, fields, asked->content, strlen(asked->content), reply);
}

static struct server *start_server(const struct server_config *config, int *port)
{
	char why[KB_WHY_MAX];
	struct server *server = server_start(config, why);

	assert_non_null(server);
	assert_int_equal(sscanf(server_address(server), "127.0.0.1:%d", port), 1);
	return server;
}

static void test_endpoints(void **state)
{
	static const char trace[] =
		"192.0.2.1 -> 192.0.2.2\nINVITE sip:b@192.0.2.2 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1;branch=z1\nCall-ID: a\nCSeq: 1 INVITE\n\n"
		"SIP/2.0 503 Resources\n unavailable\nVia: SIP/2.0/UDP 192.0.2.1;branch=z1\nCall-ID: a\nCSeq: 1 INVITE\nServer: Cisco-CUCM14\n"
		"Retry-After: 5\nReason: Q.850;cause=42\nWarning: 399 h \"x\"\n\nSIP/2.0 499 None\nCall-ID: b\nCSeq: 1 BYE\n\n";
	static const struct asked rows[] = {
		{ "/", NULL, NULL },
		{ "/codes?class=6&lang=zh", NULL, NULL },
		{ "/codes/486?lang=id", NULL, NULL },
		{ "/codes/603?format=text&lang=zh", NULL, NULL },
		{ "/compare/404/503", NULL, NULL },
		{ "/compare/486/600?format=text", NULL, NULL },
		{ "/classes/6", NULL, NULL },
		{ "/glossary/proxy?format=text", NULL, NULL },
		{ "/codes/503?vendor=session-manager&lang=zh", NULL, NULL },
		{ "/vendors/session-manager?code=503&format=text", NULL, NULL },
		{ "/vendors/nobody?code=99", NULL, NULL },
		{ "/scenarios?vendor=session-manager&code=503", NULL, NULL },
		{ "/flows/basic-call?lang=zh", NULL, NULL },
		{ "/flows/basic-call?format=text", NULL, NULL },
		{ "/causes/17?format=text", NULL, NULL },
		{ "/timers/timer-b?lang=id", NULL, NULL },
		{ "/search?q=busi+%E6%AD%A3%E5%BF%99&limit=3", NULL, NULL },
		{ "/search?q=xqzzvw&format=text", NULL, NULL },
		{ "/problems", NULL, NULL },
		{ "/codes/499?format=text", NULL, NULL },
		{ "/codes/abc", NULL, NULL },
		{ "/openapi.json", NULL, NULL },
		{ "/readyz", NULL, NULL },
		{ "/nothing", NULL, NULL },
		{ "/codes?class=9", NULL, NULL },
		{ "/explain?lang=id", "text/plain", trace },
		{ "/explain?format=text&lang=zh&vendor=cucm", "text/plain", trace },
		{ "/explain", "application/json", "{\"text\":\"gets 486\",\"vendor\":\"cucm\",\"redact\":false}" },
		{ "/explain", "application/json", "{\"text\":1}" },
		{ "/mcp?lang=zh", "application/json",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\"}}" },
		{ "/mcp", "application/json", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}" },
		{ "/mcp", "application/json",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"sipcodes://codes/486\"}}" },
		{ "/mcp", "application/json",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"explain_trace\",\"arguments\":{\"text\":\"gets 486\"}}}" },
		{ "/mcp", "application/json",
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"lookup_code\",\"arguments\":{\"code\":499,\"lang\":\"id\"}}}" },
		{ "/mcp", "application/json", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nothing\"}" },
		{ "/mcp", "application/json", "[" },
	};
	const struct server_config config = { .listen = "127.0.0.1:0", .db = TEST_DB, .threads = 1 };
	int port;
	struct server *server = start_server(&config, &port);

	(void)state;
	for (size_t t = 0; t < sizeof rows / sizeof rows[0]; t++) {
		struct reply expected, reply;
		bool ran_out = true;
		long n = 0;
		ask(port, &rows[t], &expected);
		assert_false(expected.closed);
		while (ran_out) {
			spared = pthread_self();
			atomic_store(&spare, true);
			fail_at(n);
			ask(port, &rows[t], &reply);
			ran_out = has_failed();
			atomic_store(&spare, false);
			if (!reply.closed && reply.status != expected.status && reply.status != 500 && reply.status != 503)
				fail_msg("%s: %d when allocation %ld failed", rows[t].target, reply.status, n);
			if (!reply.closed && reply.status == expected.status && strcmp(reply.body, expected.body) != 0)
				fail_msg("%s: another body when allocation %ld failed: %s", rows[t].target, n, reply.body);
			reply_free(&reply);
			n = next(n);
		}
		printf("%s: %ld allocations\n", rows[t].target, n);
		ask(port, &rows[t], &reply);
		assert_string_equal(reply.body, expected.body);
		reply_free(&reply);
		reply_free(&expected);
	}
	server_stop(server);
}

/* Memory runs out while an answer is made that is kept: it is the right one or none, then and from the cache. */
static void test_kept_answers(void **state)
{
	static const char *const targets[] = { "/codes/486", "/compare/486/600?lang=id", "/codes/503?format=text" };
	static const char gzip[] = "Accept-Encoding: gzip\r\n";
	const struct server_config config = { .listen = "127.0.0.1:0", .db = TEST_DB, .threads = 1, .cache_bytes = 1 << 20 };
	char why[KB_WHY_MAX];
	int port;
	struct server *server = start_server(&config, &port);

	(void)state;
	for (size_t t = 0; t < sizeof targets / sizeof targets[0]; t++) {
		struct reply expected, plain, reply;
		bool ran_out = true;
		get(port, targets[t], gzip, &expected);
		get(port, targets[t], "", &plain);
		for (long n = 0; ran_out; n += 1 + n / 20) {
			assert_int_equal(server_reload(server, why), KB_OK); /* nothing is kept any more */
			spared = pthread_self();
			atomic_store(&spare, true);
			fail_at(n);
			for (int again = 0; again < 2; again++) {
				get(port, targets[t], gzip, &reply);
				ran_out = has_failed();
				atomic_store(&spare, false);
				/* Where memory does not suffice for compressing it comes as it is. */
				const struct reply *right = reply_field(&reply, "Content-Encoding") != NULL ? &expected : &plain;
				if (!reply.closed && reply.status == 200 &&
				    (reply.size != right->size || memcmp(reply.body, right->body, reply.size) != 0))
					fail_msg("%s: another body when allocation %ld failed", targets[t], n);
				reply_free(&reply);
			}
		}
		reply_free(&expected);
		reply_free(&plain);
	}
	server_stop(server);
}

/* ---- how many allocations ---- */

/* The allocations of the server that explains so many calls, alike but for their Call-IDs and tags. */
static long count_allocations(int port, int calls)
{
	static const char call[] = "10:00:00.000 kamailio[1]: received from 192.0.2.1\n"
				   "INVITE sip:b@192.0.2.2 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1;branch=z%d\nFrom: <sip:a@192.0.2.1>;tag=%d\n"
				   "Call-ID: %d\nCSeq: 1 INVITE\nUser-Agent: phone\n\n"
				   "SIP/2.0 100 trying -- your call is important to us\nVia: SIP/2.0/UDP 192.0.2.1;branch=z%d\nCall-ID: %d\n"
				   "From: <sip:a@192.0.2.1>;tag=%d\nCSeq: 1 INVITE\n\n"
				   "SIP/2.0 486 Busy Here\nVia: SIP/2.0/UDP 192.0.2.1;branch=z%d\nCall-ID: %d\n"
				   "From: <sip:a@192.0.2.1>;tag=%d\nCSeq: 1 INVITE\nServer: kamailio (5.6.2)\n\n";
	struct reply reply;
	char *text = malloc((size_t)calls * 1024);
	int size = 0;

	assert_non_null(text);
	for (int i = 0; i < calls; i++)
		size += snprintf(text + size, 1024, call, i, i, i, i, i, i, i, i, i);
	spared = pthread_self();
	atomic_store(&spare, true);
	fail_at(LONG_MAX);
	post(port, "/explain", "Content-Type: text/plain\r\n", text, (size_t)size, &reply);
	long count = LONG_MAX - atomic_load(&countdown);
	assert_false(has_failed());
	atomic_store(&spare, false);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
	free(text);
	return count;
}

/* A longer trace asks nothing that was asked before, and makes nothing for which the answer has no room. Told by allocations, which are as many each
 * time. */
static void test_longer_traces(void **state)
{
	static const struct {
		int from, to;
		long most; /* for each call more */
	} rows[] = {
		{ 50, 100, 120 }, /* its responses and its transaction are in the answer */
		{ 600, 1200, 3 }, /* all lists are full */
	};
	const struct server_config config = { .listen = "127.0.0.1:0", .db = TEST_DB, .threads = 1 };
	int port;
	struct server *server = start_server(&config, &port);

	(void)state;
	count_allocations(port, 1);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		long fewer = count_allocations(port, rows[i].from), more = count_allocations(port, rows[i].to);
		printf("%d calls: %ld allocations, %d calls: %ld\n", rows[i].from, fewer, rows[i].to, more);
		assert_true(more - fewer <= rows[i].most * (rows[i].to - rows[i].from));
	}
	server_stop(server);
}

/* An answer that is kept is found and sent without one allocation, however it is asked for. */
static void test_kept_answers_allocate_nothing(void **state)
{
	static const struct {
		const char *target, *fields;
	} rows[] = {
		{ "/codes/486", "" },
		{ "/codes/486?lang=id&format=text", "" },
		{ "/compare/486/600", "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\n" },
		{ "/codes?class=4&method=INVITE", "Accept: text/html, application/json;q=0.9, */*;q=0.1\r\nUser-Agent: test\r\n" },
		{ "/codes/486", "If-None-Match: *\r\n" },
	};
	const struct server_config config = {
		.listen = "127.0.0.1:0", .db = TEST_DB, .threads = 1, .cache_bytes = 1 << 20, .access_log = "/dev/null"
	};
	int port, fd = -1;
	struct server *server = start_server(&config, &port);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct reply reply;
		long count = 1;
		for (int again = 0; again < 3; again++) { /* the first two fill the cache and open the log */
			spared = pthread_self();
			atomic_store(&spare, true);
			fail_at(LONG_MAX);
			get_on(&fd, port, rows[i].target, rows[i].fields, &reply);
			count = LONG_MAX - atomic_load(&countdown);
			assert_false(has_failed());
			atomic_store(&spare, false);
			reply_free(&reply);
			usleep(again == 0 ? 200000 : 0); /* until the log has been written for the first time */
		}
		printf("%s: %ld allocations\n", rows[i].target, count);
		assert_int_equal(count, 0);
	}
	close(fd);
	server_stop(server);
}

/* ---- import ---- */

static void ignore_fault(void *arg, const char *file, const char *pointer, const char *message)
{
	(void)file;
	(void)pointer;
	(void)message;
	++*(int *)arg;
}

/* A small content: one language, the classes and the few codes they name. */
static void make_small_content(const char *folder)
{
	static const char *const files[] = { "classes.json", "languages.json", "labels.json", "problems.json", "relations.json", "tools.json" };
	static const char *const codes[] = { "183", "200", "300", "400", "500", "600" };
	char from[256], to[256];
	size_t size;

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		snprintf(from, sizeof from, "%s/%s", TEST_CONTENT, files[i]);
		snprintf(to, sizeof to, "%s/%s", folder, files[i]);
		char *data = read_whole(from, &size);
		write_whole(to, data, size);
		free(data);
	}
	snprintf(to, sizeof to, "%s/codes", folder);
	assert_int_equal(mkdir(to, 0700), 0);
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		snprintf(from, sizeof from, "%s/codes/%s.json", TEST_CONTENT, codes[i]);
		snprintf(to, sizeof to, "%s/codes/%s.json", folder, codes[i]);
		json_t *code = json_load_file(from, 0, NULL);
		/* related codes stay within the few */
		json_t *related = json_array_get(json_object_get(code, "related"), 0);
		json_object_set_new(related, "code", json_integer(200));
		json_object_set_new(code, "related", json_pack("[O]", related));
		assert_int_equal(json_dump_file(code, to, 0), 0);
		json_decref(code);
	}
}

static void test_import(void **state)
{
	char folder[64], db[128], content_folder[128], why[KB_WHY_MAX];
	bool ran_out = true;
	int refused = 0, rounds = 0;

	(void)state;
	temporary_folder(folder);
	snprintf(db, sizeof db, "%s/kb.db", folder);
	snprintf(content_folder, sizeof content_folder, "%s/content", folder);
	assert_int_equal(mkdir(content_folder, 0700), 0);
	make_small_content(content_folder);
	size_t size;
	char *shipped = read_whole(TEST_DB, &size), version[32];
	struct kb *before = NULL;
	write_whole(db, shipped, size);
	assert_int_equal(kb_open(&before, db, why), KB_OK);
	snprintf(version, sizeof version, "%s", kb_version(before));
	kb_close(before);
	for (long n = 0; ran_out; n = n < 100 ? n + 1 : n + n / 10) {
		struct content *content = NULL;
		int faults = 0;
		const char *const dirs[] = { content_folder };
		fail_at(n);
		int result = content_load(dirs, 1, ignore_fault, &faults, NULL, &content);
		enum kb_status status = result == 0 ? kb_import(db, content, NULL, NULL, why) : KB_FAILED;
		ran_out = has_failed();
		content_free(content);
		refused += status != KB_OK;
		rounds++;
		if (!ran_out)
			assert_int_equal(status, KB_OK);
		/* whatever happened, the file holds what it held, or all of the new */
		struct kb *kb = NULL;
		assert_int_equal(kb_open(&kb, db, why), KB_OK);
		if (status != KB_OK)
			assert_string_equal(kb_version(kb), version);
		json_t *code = NULL;
		assert_int_equal(kb_code(kb, 486, "en", &code), status == KB_OK ? KB_NOT_FOUND : KB_OK);
		json_decref(code);
		kb_close(kb);
		if (status == KB_OK) /* some failures do no harm */
			write_whole(db, shipped, size);
	}
	free(shipped);
	printf("%d rounds, %d refused\n", rounds, refused);
	assert_true(refused > 50);
	remove_folder(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_kept_answers),
		cmocka_unit_test(test_kept_answers_allocate_nothing),
		cmocka_unit_test(test_longer_traces),
		cmocka_unit_test(test_import),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
