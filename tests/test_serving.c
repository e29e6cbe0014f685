/* What makes the service fast, and what must stay as it is with it: the cache, compression, generations, the access log. */
#include "tests/harness.h"

#include "db/gzip.h"
#include "service/http/cache.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

enum { MAX_EXPANDED = 1 << 22 };

static char folder[64], db[128];

/* ---- the cache by itself ---- */

static struct ready_answer make_answer(size_t size)
{
	static char content[1 << 16];
	struct ready_answer answer = { .full = MHD_create_response_from_buffer(size, content, MHD_RESPMEM_PERSISTENT), .size = size };

	assert_non_null(answer.full);
	return answer;
}

static bool has(struct cache *cache, const char *key)
{
	return cache_get(cache, key, strlen(key)) != NULL;
}

/* An answer takes 4096 bytes beside its content. */
static void test_least_recently_used_goes(void **state)
{
	struct cache *cache = cache_open(3 * 5000);
	static const char *const keys[] = { "one", "two", "three" };

	(void)state;
	assert_non_null(cache);
	for (size_t i = 0; i < 3; i++) {
		struct ready_answer answer = make_answer(900);
		assert_non_null(cache_put(cache, keys[i], strlen(keys[i]), &answer));
	}
	assert_true(has(cache, "one")); /* so that "two" is the one that was not asked for longest */
	struct ready_answer answer = make_answer(900);
	assert_non_null(cache_put(cache, "four", 4, &answer));
	assert_false(has(cache, "two"));
	assert_true(has(cache, "one") && has(cache, "three") && has(cache, "four"));

	answer = make_answer(5000); /* for which two have to go */
	assert_non_null(cache_put(cache, "five", 4, &answer));
	assert_true(has(cache, "four") && has(cache, "five"));
	assert_false(has(cache, "one") || has(cache, "three"));

	answer = make_answer(12000); /* larger than the cache: nothing goes for it */
	assert_null(cache_put(cache, "six", 3, &answer));
	ready_answer_free(&answer);
	assert_true(has(cache, "four") && has(cache, "five"));

	cache_clear(cache);
	assert_false(has(cache, "four") || has(cache, "five"));
	cache_close(cache);
}

/* Many more keys than there is room for: what is found is what was put there. */
static void test_many_keys(void **state)
{
	enum { KEYS = 5000, KEPT = 100 };
	struct cache *cache = cache_open(KEPT * (4096 + 64));

	(void)state;
	for (int i = 0; i < KEYS; i++) {
		char key[16];
		snprintf(key, sizeof key, "%d", i);
		struct ready_answer answer = make_answer(64);
		snprintf(answer.etag, sizeof answer.etag, "%d", i);
		assert_non_null(cache_put(cache, key, strlen(key), &answer));
	}
	int found = 0;
	for (int i = 0; i < KEYS; i++) {
		char key[16];
		snprintf(key, sizeof key, "%d", i);
		const struct ready_answer *answer = cache_get(cache, key, strlen(key));
		found += answer != NULL;
		if (answer != NULL)
			assert_string_equal(answer->etag, key);
		assert_int_equal(answer != NULL, i >= KEYS - KEPT);
	}
	assert_int_equal(found, KEPT);
	cache_close(cache);

	cache = cache_open(0);
	struct ready_answer answer = make_answer(1);
	assert_null(cache_put(cache, "x", 1, &answer));
	ready_answer_free(&answer);
	cache_close(cache);
}

/* ---- a daemon ---- */

/* Copies the knowledge base to db, changed by the statements, under another name first: the daemon never sees half of it. */
static void put_knowledge_base(const char *statements)
{
	char made[160];
	size_t size;
	char *data = read_whole(TEST_DB, &size);
	sqlite3 *file;

	snprintf(made, sizeof made, "%s.new", db);
	write_whole(made, data, size);
	free(data);
	assert_int_equal(sqlite3_open(made, &file), SQLITE_OK);
	if (sqlite3_exec(file, statements, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(file));
	sqlite3_close(file);
	assert_int_equal(rename(made, db), 0);
}

static int make_folder(void **state)
{
	(void)state;
	temporary_folder(folder);
	snprintf(db, sizeof db, "%s/kb.db", folder);
	return 0;
}

static int remove_it(void **state)
{
	(void)state;
	remove_folder(folder);
	return 0;
}

static void start(struct daemon *daemon, const char *cache_bytes)
{
	const char *const arguments[] = { "serve", "--listen", "127.0.0.1:0", "--db", TEST_DB, "--threads", "2", "--cache-bytes", cache_bytes, NULL };

	daemon_start_with(daemon, arguments);
}

static void stop(struct daemon *daemon)
{
	char err[1024];

	assert_int_equal(daemon_stop(daemon, SIGTERM, err, sizeof err), 0);
	assert_string_equal(err, "");
}

static char *field_of(const struct reply *reply, const char *name)
{
	const char *value = reply_field(reply, name);

	return value != NULL ? strdup(value) : NULL;
}

/* An answer is the same from the cache, without one and from one that is far too small, and the compressed one expands to it. */
static void test_the_same_answers(void **state)
{
	static const char *const targets[] = {
		"/",
		"/codes",
		"/codes/486",
		"/codes/486?lang=id",
		"/codes/486?lang=zh&format=text",
		"/codes/486?vendor=cucm",
		"/codes/486?vendor=session-manager",
		"/codes?class=4&method=INVITE",
		"/codes?class=4",
		"/compare/486/600",
		"/compare/600/486",
		"/compare/486/600?format=text",
		"/compare/180/183?lang=id",
		"/classes/4",
		"/vendors",
		"/vendors/cucm",
		"/vendors/cucm?code=503",
		"/vendors/cucm?code=499",
		"/scenarios?code=503",
		"/flows/cancel?format=text",
		"/causes/17",
		"/glossary",
		"/search?q=busy",
		"/problems/not-found",
		"/openapi.json",
		"/llms.txt",
	};
	static const char *const caches[] = { "0", "65536", "16777216" };
	struct daemon daemons[3];

	(void)state;
	for (size_t d = 0; d < 3; d++)
		start(&daemons[d], caches[d]);
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		struct reply first;
		printf("%s\n", targets[i]);
		get(daemons[0].port, targets[i], "", &first);
		assert_int_equal(first.status, 200);
		assert_null(reply_field(&first, "Content-Encoding"));
		char *etag = field_of(&first, "ETag"), *gzip_etag = NULL;
		for (size_t n = 0; n < 9; n++) { /* each daemon three times, on whatever thread */
			struct reply again, zipped;
			get(daemons[n % 3].port, targets[i], "", &again);
			assert_int_equal(again.size, first.size);
			assert_memory_equal(again.body, first.body, first.size);
			assert_string_equal(reply_field(&again, "ETag"), etag);
			reply_free(&again);

			get(daemons[n % 3].port, targets[i], "Accept-Encoding: br, gzip\r\n", &zipped);
			assert_int_equal(zipped.status, 200);
			if (reply_field(&zipped, "Content-Encoding") == NULL) { /* too short, or not kept */
				assert_memory_equal(zipped.body, first.body, first.size);
				reply_free(&zipped);
				continue;
			}
			assert_string_equal(reply_field(&zipped, "Content-Encoding"), "gzip");
			assert_string_not_equal(reply_field(&zipped, "ETag"), etag);
			if (gzip_etag == NULL)
				gzip_etag = field_of(&zipped, "ETag");
			assert_string_equal(reply_field(&zipped, "ETag"), gzip_etag);
			assert_true(zipped.size < first.size);
			size_t size = 0;
			char *body = gzip_expand(zipped.body, zipped.size, MAX_EXPANDED, &size);
			assert_non_null(body);
			assert_int_equal(size, first.size);
			assert_memory_equal(body, first.body, size);
			free(body);
			reply_free(&zipped);
		}
		if (gzip_etag != NULL) { /* which means the compressed one only */
			char fields[128];
			struct reply conditional;
			snprintf(fields, sizeof fields, "If-None-Match: %s\r\nAccept-Encoding: gzip\r\n", gzip_etag);
			get(daemons[2].port, targets[i], fields, &conditional);
			assert_int_equal(conditional.status, 304);
			reply_free(&conditional);
			snprintf(fields, sizeof fields, "If-None-Match: %s\r\n", gzip_etag);
			get(daemons[2].port, targets[i], fields, &conditional);
			assert_int_equal(conditional.status, 200);
			reply_free(&conditional);
		}
		free(etag);
		free(gzip_etag);
		reply_free(&first);
	}
	/* What is posted is answered by the first request as by any other. */
	static const char trace[] = "SIP/2.0 503 Busy\nRetry-After: 5\nServer: Cisco-CUCM14\nCSeq: 1 INVITE\n\n";
	struct reply first, again;
	post(daemons[0].port, "/explain", "Content-Type: text/plain\r\n", trace, sizeof trace - 1, &first);
	assert_int_equal(first.status, 200);
	assert_non_null(strstr(first.body, "Retry-After"));
	for (size_t n = 0; n < 6; n++) {
		post(daemons[n % 3].port, "/explain", "Content-Type: text/plain\r\n", trace, sizeof trace - 1, &again);
		assert_string_equal(again.body, first.body);
		reply_free(&again);
	}
	reply_free(&first);
	for (size_t d = 0; d < 3; d++)
		stop(&daemons[d]);
}

/* ---- generations ---- */

/* Another generation: its document of 486 is that of 487, its heading for it another one. */
static const char changed[] = "UPDATE ready SET body = (SELECT body FROM ready AS o WHERE o.kind = 'codes' AND o.lang = ready.lang AND o.key = '487')"
			      " WHERE kind = 'codes' AND key = '486';"
			      "UPDATE document SET body = replace(body, 'When you see it', 'When it comes') WHERE kind = 'labels';"
			      "UPDATE property SET value = '00000000000000ff' WHERE name = 'version'";
static const char unchanged[] = "SELECT 1";

/* Which generation an answer to /codes/486?format=text is of: 0, 1, or -1 if it is a mixture or none. */
static int generation_of(const struct reply *reply)
{
	bool old_document = strstr(reply->body, "# 486 Busy Here") != NULL, new_document = strstr(reply->body, "# 487 Request Terminated") != NULL;
	bool old_heading = strstr(reply->body, "## When you see it") != NULL, new_heading = strstr(reply->body, "## When it comes") != NULL;

	if (reply->status != 200 || old_document == new_document || old_heading == new_heading || old_document != old_heading)
		return -1;
	return new_document;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static atomic_bool enough;
static atomic_int wrong, answered, of_new;

static void *ask_all_the_time(void *arg)
{
	const struct daemon *daemon = arg;
	int fd = -1;

	while (!atomic_load(&enough)) {
		struct reply reply;
		get_on(&fd, daemon->port, "/codes/486?format=text", "", &reply);
		int generation = generation_of(&reply);
		atomic_fetch_add(generation < 0 ? &wrong : generation == 1 ? &of_new : &answered, 1);
		reply_free(&reply);
	}
	close(fd);
	return NULL;
}

/* The next line of the daemon's standard error. */
static void expect_line(struct daemon *daemon, const char *begin)
{
	char line[1024];

	assert_non_null(fgets(line, sizeof line, daemon->err));
	if (strncmp(line, begin, strlen(begin)) != 0)
		fail_msg("expected: %s\ngot: %s", begin, line);
}

static void etag_of(const struct daemon *daemon, const char *target, char etag[32])
{
	struct reply reply;

	get(daemon->port, target, "", &reply);
	assert_int_equal(reply.status, 200);
	snprintf(etag, 32, "%s", reply_field(&reply, "ETag"));
	reply_free(&reply);
}

/* Replaced under load, back and forth: within two seconds everything is of the new one, and no answer fails or is of both. */
static void test_replaced_under_load(void **state)
{
	enum { CLIENTS = 4 };
	struct daemon daemon;
	pthread_t clients[CLIENTS];
	char err[256], etags[2][32];

	(void)state;
	put_knowledge_base(unchanged);
	daemon_start(&daemon, db, "2");
	etag_of(&daemon, "/codes/486", etags[0]);
	atomic_store(&enough, false);
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_create(&clients[i], NULL, ask_all_the_time, &daemon), 0);
	for (int round = 0; round < 4; round++) {
		double start = seconds();
		put_knowledge_base(round % 2 == 0 ? changed : unchanged);
		if (round == 2)
			kill(daemon.pid, SIGHUP); /* which does not wait for a look at the file */
		expect_line(&daemon, round % 2 == 0 ? "sipcodes: now answering out of version 00000000000000ff of the knowledge base"
						    : "sipcodes: now answering out of version ");
		printf("round %d: %.2f s\n", round, seconds() - start);
		assert_true(seconds() - start < 2 + 1); /* of which up to one is for making the file */
		etag_of(&daemon, "/codes/486", etags[1]);
		assert_int_equal(strcmp(etags[0], etags[1]) != 0, round % 2 == 0);
	}
	atomic_store(&enough, true);
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(clients[i], NULL);
	printf("%d answers of the one, %d of the other, %d wrong\n", atomic_load(&answered), atomic_load(&of_new), atomic_load(&wrong));
	assert_true(atomic_load(&answered) > 0 && atomic_load(&of_new) > 0);
	assert_int_equal(atomic_load(&wrong), 0);
	assert_int_equal(daemon_stop(&daemon, SIGTERM, err, sizeof err), 0);
	assert_string_equal(err, "");
}

/* The copies of knowledge bases, which have no name any more, that the daemon has open. */
static int count_copies(const struct daemon *daemon)
{
	char path[64], target[256];
	int count = 0;

	for (int fd = 0; fd < 64; fd++) {
		snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)daemon->pid, fd);
		ssize_t size = readlink(path, target, sizeof target - 1);
		target[size > 0 ? size : 0] = '\0';
		count += strstr(target, "/sipcodes-") != NULL && strstr(target, "(deleted)") != NULL;
	}
	return count;
}

/* Threads that nobody asks anything let go of what they had, too. */
static void test_idle_threads_change_over(void **state)
{
	struct daemon daemon;
	char err[256];

	(void)state;
	put_knowledge_base(unchanged);
	daemon_start(&daemon, db, "4");
	assert_int_equal(count_copies(&daemon), 4);
	for (int round = 0; round < 3; round++) {
		kill(daemon.pid, SIGHUP);
		expect_line(&daemon, "sipcodes: now answering out of version ");
	}
	assert_int_equal(count_copies(&daemon), 4);
	assert_int_equal(daemon_stop(&daemon, SIGTERM, err, sizeof err), 0);
	assert_string_equal(err, "");
}

/* The file is written over with what is none, cut, taken away: each is said once, and the service goes on with what it has, also with what
 * nobody has asked for yet. */
static void test_a_file_that_cannot_be_used(void **state)
{
	static const char text[] = "this is a text, not a database, and it is longer than its head\n";
	struct daemon daemon;
	struct reply reply;
	char err[1024], says[512];

	(void)state;
	put_knowledge_base(unchanged);
	daemon_start(&daemon, db, "2");
	write_whole(db, text, sizeof text - 1);
	snprintf(says, sizeof says, "sipcodes: still answering out of version ");
	expect_line(&daemon, says);
	get(daemon.port, "/codes/487?lang=id", "", &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
	kill(daemon.pid, SIGHUP);
	expect_line(&daemon, says);
	unlink(db);
	usleep(700000); /* two looks and more: a file that is not there is not another one */
	get(daemon.port, "/codes/503?lang=zh&format=text", "", &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
	put_knowledge_base(changed);
	expect_line(&daemon, "sipcodes: now answering out of version 00000000000000ff of the knowledge base");
	get(daemon.port, "/codes/486?format=text", "", &reply);
	assert_int_equal(generation_of(&reply), 1);
	reply_free(&reply);
	assert_int_equal(daemon_stop(&daemon, SIGTERM, err, sizeof err), 0);
	assert_string_equal(err, "");
}

/* ---- the access log ---- */

/* The lines of the log so far, as an array. */
static json_t *read_log(const char *path)
{
	FILE *in = fopen(path, "r");
	json_t *lines = json_array();
	char line[2048];

	assert_non_null(in);
	while (fgets(line, sizeof line, in) != NULL) {
		json_t *record = json_loads(line, 0, NULL);
		if (record == NULL)
			fail_msg("not JSON: %s", line);
		json_array_append_new(lines, record);
	}
	fclose(in);
	return lines;
}

/* Waits until the log has so many lines. */
static json_t *wait_for_log(const char *path, size_t count)
{
	json_t *lines = read_log(path);

	for (int i = 0; i < 300 && json_array_size(lines) < count; i++) {
		json_decref(lines);
		usleep(10000);
		lines = read_log(path);
	}
	assert_int_equal(json_array_size(lines), count);
	return lines;
}

static void test_access_log(void **state)
{
	static const struct {
		const char *target, *fields, *expected; /* members of the record */
	} rows[] = {
		{ "/codes/486", "",
		  "{'method':'GET','path':'/codes/486','status':200,'lang':'en','type':'application/json','gzip':false,'cached':false}" },
		{ "/codes/486", "", "{'status':200,'cached':true,'client':'127.0.0.1'}" },
		{ "/codes/486?lang=id&format=text", "Accept-Encoding: gzip\r\n",
		  "{'path':'/codes/486','lang':'id','type':'text/plain','gzip':true}" },
		{ "/search?q=6281234", "", "{'path':'/search','cached':false}" }, /* the query is nobody's business */
		{ "/codes/486", "If-None-Match: *\r\n", "{'status':304,'bytes':0,'type':'','cached':true}" },
		{ "/codes/499", "", "{'status':404,'type':'application/problem+json'}" },
		{ "/a%20%22b%5c", "", "{'path':'/a%20%22b%5C','status':404}" },
		{ "/%ff%0d", "", "{'status':400,'path':'/%FF%0D'}" },
	};
	const size_t count = sizeof rows / sizeof rows[0];
	char path[160], moved[192], err[256];
	snprintf(path, sizeof path, "%s/access.log", folder);
	snprintf(moved, sizeof moved, "%s.1", path);
	const char *const arguments[] = { "serve", "--listen", "127.0.0.1:0", "--db", TEST_DB, "--threads", "1", "--access-log", path, NULL };
	struct daemon daemon;
	struct reply reply;

	(void)state;
	daemon_start_with(&daemon, arguments);
	for (size_t i = 0; i < count; i++) {
		get(daemon.port, rows[i].target, rows[i].fields, &reply);
		reply_free(&reply);
	}
	json_t *lines = wait_for_log(path, count);
	for (size_t i = 0; i < count; i++) {
		const char *key;
		json_t *value, *record = json_array_get(lines, i);
		char expected[512];
		snprintf(expected, sizeof expected, "%s", rows[i].expected);
		for (char *c = expected; *c != '\0'; c++)
			*c = *c == '\'' ? '"' : *c;
		json_t *members = json_loads(expected, 0, NULL);
		assert_non_null(members);
		json_object_foreach (members, key, value) {
			printf("%s %s\n", rows[i].target, key);
			assert_true(json_equal(json_object_get(record, key), value));
		}
		static const char *const always[] = { "time", "client", "method", "path", "status", "bytes", "lang", "type", "gzip", "cached", "us" };
		assert_int_equal(json_object_size(record), sizeof always / sizeof always[0]);
		for (size_t k = 0; k < sizeof always / sizeof always[0]; k++)
			assert_non_null(json_object_get(record, always[k]));
		json_decref(members);
	}
	assert_int_equal(json_integer_value(json_object_get(json_array_get(lines, 0), "bytes")),
			 json_integer_value(json_object_get(json_array_get(lines, 1), "bytes")));
	json_decref(lines);

	/* Rotated: what comes after SIGHUP is in a new file. */
	assert_int_equal(rename(path, moved), 0);
	kill(daemon.pid, SIGHUP);
	expect_line(&daemon, "sipcodes: now answering out of version ");
	for (int i = 0; i < 300 && access(path, F_OK) != 0; i++)
		usleep(10000);
	get(daemon.port, "/livez", "", &reply);
	reply_free(&reply);
	json_decref(wait_for_log(path, 1));
	json_decref(wait_for_log(moved, count));
	get(daemon.port, "/readyz", "", &reply);
	reply_free(&reply);
	assert_int_equal(daemon_stop(&daemon, SIGTERM, err, sizeof err), 0);
	assert_string_equal(err, "");
	json_decref(wait_for_log(path, 2)); /* the end loses nothing */
}

/* A log that cannot be written does not keep anybody from an answer, and is said once. */
static void test_a_log_that_cannot_be_written(void **state)
{
	const char *const full[] = { "serve", "--listen", "127.0.0.1:0", "--db", TEST_DB, "--threads", "1", "--access-log", "/dev/full", NULL };
	struct outcome outcome;
	struct daemon daemon;
	char err[1024];

	(void)state;
	run_sipcodes(&outcome,
		     (const char *const[]){ "serve", "--listen", "127.0.0.1:0", "--db", TEST_DB, "--access-log", "/nonexistent/log", NULL });
	assert_int_equal(outcome.status, 1);
	assert_string_equal(outcome.err, "sipcodes: the access log /nonexistent/log: No such file or directory\n");
	daemon_start_with(&daemon, full);
	for (int i = 0; i < 3; i++) {
		struct reply reply;
		get(daemon.port, "/codes/486", "", &reply);
		assert_int_equal(reply.status, 200);
		reply_free(&reply);
		usleep(150000); /* longer than the writer waits */
	}
	assert_int_equal(daemon_stop(&daemon, SIGTERM, err, sizeof err), 0);
	assert_string_equal(err, "sipcodes: cannot write the access log /dev/full: No space left on device\n");
}

/* A log into a pipe that nobody reads holds up neither answers nor the end. */
static void test_a_log_that_nobody_reads(void **state)
{
	char pipe_path[160], err[1024];
	const char *const arguments[] = { "serve", "--listen", "127.0.0.1:0", "--db", TEST_DB, "--threads", "1", "--access-log", pipe_path, NULL };
	struct daemon daemon;
	int fd = -1;

	(void)state;
	snprintf(pipe_path, sizeof pipe_path, "%s/pipe", folder);
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	int reader = open(pipe_path, O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	daemon_start_with(&daemon, arguments);
	for (int i = 0; i < 2000; i++) { /* several times what a pipe holds */
		struct reply reply;
		get_on(&fd, daemon.port, "/livez", "", &reply);
		assert_int_equal(reply.status, 200);
		reply_free(&reply);
	}
	close(fd);
	usleep(300000);
	double start = seconds();
	assert_int_equal(daemon_stop(&daemon, SIGTERM, err, sizeof err), 0);
	assert_true(seconds() - start < 5);
	assert_non_null(strstr(err, "sipcodes: nobody takes the last lines of the access log "));
	close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_least_recently_used_goes),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_the_same_answers),
		cmocka_unit_test(test_replaced_under_load),
		cmocka_unit_test(test_idle_threads_change_over),
		cmocka_unit_test(test_a_file_that_cannot_be_used),
		cmocka_unit_test(test_access_log),
		cmocka_unit_test(test_a_log_that_cannot_be_written),
		cmocka_unit_test(test_a_log_that_nobody_reads),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_it);
}
