/* Whole bodies, held against tests/golden: every resource in every language and format. make golden writes them anew. */
#include "tests/harness.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *name, *target, *posted; /* a file, or NULL */
} resources[] = {
	{ "code-183", "/codes/183", NULL },
	{ "code-478", "/codes/478", NULL },
	{ "code-486", "/codes/486", NULL },
	{ "code-603", "/codes/603", NULL },
	{ "compare-180-486", "/compare/180/486", NULL },
	{ "compare-404-503", "/compare/404/503", NULL },
	{ "compare-600-486", "/compare/600/486", NULL },
	{ "codes-6xx", "/codes?class=6", NULL },
	{ "code-503-session-manager", "/codes/503?vendor=session-manager", NULL },
	{ "vendor-session-manager", "/vendors/session-manager", NULL },
	{ "vendor-session-manager-499", "/vendors/session-manager?code=499", NULL },
	{ "scenario-cucm-loop", "/scenarios/cucm-repeats-100-trying", NULL },
	{ "scenarios-cucm-100", "/scenarios?vendor=cucm&code=100", NULL },
	{ "topic-ack", "/topics/which-responses-need-an-ack", NULL },
	{ "flow-basic-call", "/flows/basic-call", NULL },
	{ "flow-pbx-behind-gateway", "/flows/pbx-behind-gateway", NULL },
	{ "timers", "/timers", NULL },
	{ "timer-b", "/timers/timer-b", NULL },
	{ "cause-17", "/causes/17", NULL },
	{ "warning-399", "/warnings/399", NULL },
	{ "classes", "/classes", NULL },
	{ "class-3", "/classes/3", NULL },
	{ "term-early-media", "/glossary/early-media", NULL },
	{ "search-busy", "/search?q=busy&limit=5", NULL },
	{ "search-nothing", "/search?q=xqzzvw&limit=3", NULL },
	{ "problems", "/problems", NULL },
	{ "problem-type", "/problems/code-not-defined", NULL },
	{ "problem-499", "/codes/499", NULL },
	{ "problem-abc", "/codes/abc", NULL },
	{ "explain-never-acked", "/explain", "tests/traces/rule-answer-never-acked.txt" },
	{ "explain-forked-call", "/explain?vendor=kamailio", "tests/traces/healthy-forked-call.txt" },
	{ "explain-sentence", "/explain", "tests/traces/format-sentence-en.txt" },
};
static const char *const langs[] = { "en", "id", "zh" };
static const char *const formats[] = { "json", "text" };
static const char *const endings[] = { "json", "md" };

/* JSON as a person reviews it: indented. */
static char *readable(const struct reply *reply, size_t format)
{
	if (format == 1)
		return strdup(reply->body);
	json_t *document = reply_json(reply);
	char *text = json_dumps(document, JSON_INDENT(2)), *line;
	assert_non_null(text);
	size_t size = strlen(text) + 2;
	line = malloc(size);
	assert_non_null(line);
	snprintf(line, size, "%s\n", text);
	free(text);
	json_decref(document);
	return line;
}

/* A GET, or a POST of the file. */
static void ask(int port, const char *target, const char *posted, struct reply *reply)
{
	size_t size;

	if (posted == NULL) {
		get(port, target, "", reply);
		return;
	}
	char *content = read_whole(posted, &size);
	post(port, target, "Content-Type: text/plain\r\n", content, size, reply);
	free(content);
}

static void test_golden(void **state)
{
	struct daemon daemon;
	char err[256];
	int different = 0;

	(void)state;
	daemon_start(&daemon, TEST_DB, "1");
	for (size_t r = 0; r < sizeof resources / sizeof resources[0]; r++) {
		for (size_t l = 0; l < 3; l++) {
			for (size_t f = 0; f < 2; f++) {
				char target[256], path[256];
				struct reply reply;
				size_t size;
				snprintf(target, sizeof target, "%s%clang=%s&format=%s", resources[r].target,
					 strchr(resources[r].target, '?') ? '&' : '?', langs[l], formats[f]);
				snprintf(path, sizeof path, "tests/golden/%s.%s.%s", resources[r].name, langs[l], endings[f]);
				ask(daemon.port, target, resources[r].posted, &reply);
				char *got = readable(&reply, f);
				if (getenv("GOLDEN_WRITE") != NULL) {
					write_whole(path, got, strlen(got));
				} else {
					char *expected = read_whole(path, &size);
					if (strcmp(got, expected) != 0) {
						printf("%s is not as in %s; see: make golden && git diff\n", target, path);
						different++;
					}
					free(expected);
				}
				free(got);
				reply_free(&reply);
			}
		}
	}
	assert_int_equal(daemon_stop(&daemon, SIGTERM, err, sizeof err), 0);
	assert_int_equal(different, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_golden) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
