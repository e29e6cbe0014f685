/* The modules that know no file and no socket: routes, templates, schemas, relations of codes, pieces of traces. */
#include "db/compare.h"
#include "db/embedded.h"
#include "db/rules.h"
#include "db/schema.h"
#include "db/template.h"
#include "service/http/route.h"
#include "service/render/ladder.h"
#include "trace/agent.h"
#include "trace/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_routes(void **state)
{
	static const struct {
		const char *path, *route, *first, *second;
	} rows[] = {
		{ "/", "/", "", "" },
		{ "/codes", "/codes", "", "" },
		{ "/codes/", NULL, "", "" },
		{ "/codes/486", "/codes/{n}", "486", "" },
		{ "/codes/abc", "/codes/{n}", "abc", "" },
		{ "/codes/486/x", NULL, "", "" },
		{ "/compare/486/600", "/compare/{a}/{b}", "486", "600" },
		{ "/compare/486", NULL, "", "" },
		{ "/compare/486/", NULL, "", "" },
		{ "/compare//600", NULL, "", "" },
		{ "/classes/4", "/classes/{d}", "4", "" },
		{ "/glossary/early-media", "/glossary/{slug}", "early-media", "" },
		{ "/glossary/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "/glossary/{slug}",
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "" },
		{ "/glossary/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL, "", "" },
		{ "/openapi.json", "/openapi.json", "", "" },
		{ "/Codes", NULL, "", "" },
		{ "", NULL, "", "" },
		{ "*", NULL, "", "" },
		{ "//codes", NULL, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char params[API_MAX_PARAMS][ROUTE_MAX_PARAM] = { "", "" };
		const struct route *route = route_match(rows[i].path, params);
		printf("%s\n", rows[i].path);
		if (rows[i].route == NULL) {
			assert_null(route);
			continue;
		}
		assert_non_null(route);
		assert_string_equal(route->path, rows[i].route);
		assert_string_equal(params[0], rows[i].first);
		assert_string_equal(params[1], rows[i].second);
	}
}

static void test_templates(void **state)
{
	static const struct {
		const char *text, *filled;
	} rows[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "{word}", "hello" },
		{ "{number}", "486" },
		{ "{word}{word}", "hellohello" },
		{ "a {word} b {number}.", "a hello b 486." },
		{ "{absent}", "" },
		{ "{flag}", "" },
		{ "{", "{" },
		{ "{}", "{}" },
		{ "{word", "{word" },
		{ "{Word}", "{Word}" },
		{ "{ word }", "{ word }" },
		{ "{{word}}", "{hello}" },
		{ "{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}", "{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}" },
		{ "忙：{word}。", "忙：hello。" },
		{ "a{word? (…)}b", "a (hello)b" },
		{ "a{absent? (…)}b", "ab" },
		{ "a{empty? (…)}b", "ab" },
		{ "a{flag? (…)}b", "ab" },
		{ "{number?Q.850 …, then}", "Q.850 486, then" },
		{ "{word?no ellipsis}", "no ellipsis" },
		{ "{word?…}{word?……}", "hellohello…" },
		{ "{word?}", "" },
		{ "{word? (…)", "{word? (…)" },
		{ "{?…}", "{?…}" },
		{ "{word!}", "{word!}" },
	};
	json_t *slots = json_pack("{s:s, s:i, s:b, s:s}", "word", "hello", "number", 486, "flag", 1, "empty", "");

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *filled = template_fill(rows[i].text, slots);
		printf("%s\n", rows[i].text);
		assert_string_equal(json_string_value(filled), rows[i].filled);
		json_decref(filled);
	}
	assert_null(template_fill(NULL, slots));
	json_decref(slots);
}

struct heard {
	char faults[512];
	int texts, refs, members;
};

static void hear_fault(void *arg, const char *pointer, const char *message)
{
	struct heard *heard = arg;
	size_t n = strlen(heard->faults);

	snprintf(heard->faults + n, sizeof heard->faults - n, "%s|%s %s", n > 0 ? "; " : "", pointer, message);
}

static void hear_text(void *arg, const char *pointer, const char *what, const json_t *value)
{
	assert_string_equal(what, "name");
	(void)pointer;
	(void)value;
	((struct heard *)arg)->texts++;
}

static void hear_ref(void *arg, const char *pointer, const char *kind, const json_t *value)
{
	(void)pointer;
	(void)kind;
	(void)value;
	((struct heard *)arg)->refs++;
}

static void hear_member(void *arg, const char *pointer, const char *object, const json_t *value)
{
	assert_string_equal(object, "sources");
	(void)pointer;
	(void)value;
	((struct heard *)arg)->members++;
}

static const json_t *no_file(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static void test_schema(void **state)
{
	static const struct {
		const char *schema, *value, *faults;
	} rows[] = {
		{ "{}", "{\"a\":1}", "" },
		{ "{\"type\":\"object\"}", "[]", "| is not of type object" },
		{ "{\"type\":[\"string\",\"integer\"]}", "1", "" },
		{ "{\"type\":[\"string\",\"integer\"]}", "true", "| is of none of the allowed types" },
		{ "{\"type\":\"number\"}", "1", "" },
		{ "{\"type\":\"integer\"}", "1.5", "| is not of type integer" },
		{ "{\"required\":[\"a\",\"b\"]}", "{\"b\":1}", "| lacks \"a\"" },
		{ "{\"properties\":{\"a\":{}},\"additionalProperties\":false}", "{\"a\":1,\"b/~\":2}", "|/b~1~0 is not a known key" },
		{ "{\"additionalProperties\":{\"type\":\"string\"}}", "{\"a\":1}", "|/a is not of type string" },
		{ "{\"properties\":{\"a\":{\"items\":{\"minimum\":5,\"maximum\":7}}}}", "{\"a\":[4,5,7,8]}",
		  "|/a/0 is less than 5; |/a/3 is more than 7" },
		{ "{\"minItems\":2}", "[1]", "| has 1 items, fewer than 2" },
		{ "{\"maxItems\":1}", "[1,2]", "| has 2 items, more than 1" },
		{ "{\"uniqueItems\":true}", "[1,2,1]", "|/2 stands in the list twice" },
		{ "{\"minLength\":1}", "\"\"", "| is empty" },
		{ "{\"minLength\":3}", "\"忙音\"", "| is shorter than 3 characters" },
		{ "{\"maxLength\":2}", "\"忙音\"", "" },
		{ "{\"maxLength\":2}", "\"忙忙忙\"", "| is longer than 2 characters" },
		{ "{\"pattern\":\"^[0-9]+$\"}", "\"12a\"", "| \"12a\" does not match ^[0-9]+$" },
		{ "{\"pattern\":\"(\"}", "\"a\"", "| the schema's pattern ( does not compile" },
		{ "{\"enum\":[\"a\",\"b\"]}", "\"c\"", "| \"c\" is not one of: a b" },
		{ "{\"enum\":[\"a\"]}", "1", "| is not one of: a" },
		{ "{\"const\":4}", "5", "| is not the one value allowed here" },
		{ "{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":3}]}", "2", "| fits none of the allowed forms" },
		{ "{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":3}]}", "3", "" },
		{ "{\"allOf\":[{\"minimum\":3},{\"maximum\":5}]}", "6", "| is more than 5" },
		{ "{\"$defs\":{\"x\":{\"type\":\"string\"}},\"$ref\":\"#/$defs/x\"}", "1", "| is not of type string" },
		{ "{\"$ref\":\"#/$defs/none\"}", "1", "| the schema refers to #/$defs/none, which does not exist" },
		{ "{\"$ref\":\"other.json#/x\"}", "1", "| the schema refers to other.json#/x, which does not exist" },
		{ "{\"$ref\":\"#\"}", "1", "| is nested too deeply" },
		{ "{\"minProperties\":1}", "{}", "| has too few members" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct heard heard = { "", 0, 0, 0 };
		const struct schema_sink sink = { hear_fault, hear_text, hear_ref, hear_member, no_file, &heard };
		json_t *schema = json_loads(rows[i].schema, 0, NULL), *value = json_loads(rows[i].value, JSON_DECODE_ANY, NULL);
		printf("%s on %s\n", rows[i].schema, rows[i].value);
		assert_non_null(schema);
		assert_non_null(value);
		int faults = schema_check(schema, schema, value, "", &sink);
		assert_string_equal(heard.faults, rows[i].faults);
		assert_int_equal(faults > 0, rows[i].faults[0] != '\0');
		json_decref(schema);
		json_decref(value);
	}
	struct heard heard = { "", 0, 0, 0 };
	const struct schema_sink sink = { hear_fault, hear_text, hear_ref, hear_member, no_file, &heard };
	json_t *schema = json_loads("{\"items\":{\"x-text\":\"name\",\"x-ref\":\"codes\",\"x-member\":\"sources\"}}", 0, NULL),
	       *value = json_loads("[1,2]", 0, NULL);
	assert_int_equal(schema_check(schema, schema, value, "", &sink), 0);
	assert_int_equal(heard.texts, 2);
	assert_int_equal(heard.refs, 2);
	assert_int_equal(heard.members, 2);
	json_decref(schema);
	json_decref(value);
}

/* ---- rules ---- */

static void test_rules(void **state)
{
	static const struct {
		const char *kind, *key, *entry, *faults;
	} rows[] = {
		{ "codes", "486", "{\"code\":487}", "| is filed as 486 but is about 487" },
		{ "causes", "17", "{\"cause\":18}", "| is filed as 17 but is about 18" },
		{ "warnings", "399", "{\"warning\":399}", "" },
		{ "codes", "478", "{\"code\":478,\"status\":\"unregistered\",\"emitters\":[]}",
		  "|/emitters is empty: an unregistered code names who emits it" },
		{ "pairs", "486-600", "{\"a\":600,\"b\":486}", "| is filed as 486-600 but is about 486-600; a pair has its smaller code first" },
		{ "vendors", "x", "{\"notes\":[{\"codes\":[\"504-501\"]}]}", "|/notes/0 \"504-501\" does not go upwards within one class" },
		{ "vendors", "x", "{\"notes\":[{\"codes\":[\"499-501\"]}]}", "|/notes/0 \"499-501\" does not go upwards within one class" },
		{ "vendors", "x", "{\"notes\":[{\"codes\":[\"4xx\",\"486\"]}]}", "|/notes/0 \"4xx\" and \"486\" overlap" },
		{ "vendors", "x", "{\"notes\":[{\"codes\":[\"any\",\"6xx\"]}]}", "|/notes/0 \"any\" and \"6xx\" overlap" },
		{ "vendors", "x", "{\"notes\":[{\"codes\":[\"408\",\"501-504\",\"6xx\"]}]}", "" },
		{ "vendors", "x", "{\"notes\":[{\"direction\":\"sends\",\"action\":\"retry\"}]}",
		  "|/notes/0 has an action, but is not about a response that is received" },
		{ "vendors", "x", "{\"notes\":[{\"direction\":\"receives\",\"action\":\"translate\"}]}",
		  "|/notes/0 translates, but does not say what the response becomes" },
		{ "vendors", "x", "{\"sources\":{\"s\":{\"kind\":\"community\"}},\"notes\":[{\"source\":\"s\",\"confidence\":\"high\"}]}",
		  "|/notes/0 claims high confidence on the word of a third party" },
		{ "vendors", "x", "{\"sources\":{\"s\":{\"kind\":\"official\"}},\"notes\":[]}", "|/sources has \"s\", which nothing refers to" },
		{ "vendors", "x", "{\"sources\":{\"s\":{\"kind\":\"official\"}},\"notes\":[],\"timers\":[{\"source\":\"s\"}]}", "" },
		{ "scenarios", "x", "{\"vendors\":[\"cucm\"],\"sources\":[]}", "|/sources is empty: what is said of a product needs a source" },
		{ "scenarios", "x", "{\"vendors\":[],\"sources\":[]}", "" },
		{ "flows", "x", "{\"participants\":{\"a\":{}}}", "|/participants are 1; a flow has two to 6" },
		{ "flows", "x", "{\"participants\":{\"a\":{},\"b\":{}},\"steps\":[{\"kind\":\"note\"}]}", "|/steps/0 is a note without a text" },
		{ "flows", "x", "{\"participants\":{\"a\":{},\"b\":{}},\"steps\":[{\"kind\":\"request\",\"from\":\"a\",\"message\":\"BYE\"}]}",
		  "|/steps/0 lacks one of \"from\", \"to\" and \"message\"" },
		{ "flows", "x",
		  "{\"participants\":{\"a\":{},\"b\":{}},\"steps\":[{\"kind\":\"request\",\"from\":\"a\",\"to\":\"a\",\"message\":\"BYE\"}]}",
		  "|/steps/0 goes from a participant to itself" },
		{ "flows", "x",
		  "{\"participants\":{\"a\":{},\"b\":{}},\"steps\":[{\"kind\":\"response\",\"from\":\"a\",\"to\":\"b\",\"message\":\"200 OK\"}]}",
		  "|/steps/0 has a code and is no response, or is one and has none" },
		{ "flows", "x",
		  "{\"participants\":{\"a\":{},\"b\":{}},\"steps\":[{\"kind\":\"response\",\"from\":\"a\",\"to\":\"b\",\"message\":\"200 OK\",\"code\":202}]}",
		  "|/steps/0 has a message that does not begin with its code" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct heard heard = { "", 0, 0, 0 };
		json_t *entry = json_loads(rows[i].entry, 0, NULL);
		printf("%s\n", rows[i].entry);
		assert_non_null(entry);
		rules_check(rows[i].kind, rows[i].key, entry, "", hear_fault, &heard);
		assert_string_equal(heard.faults, rows[i].faults);
		json_decref(entry);
	}
}

/* ---- call flows ---- */

#define TWO "\"participants\":[{\"id\":\"a\",\"name\":\"Alice\"},{\"id\":\"b\",\"name\":\"代理\"}]"
#define STEP(kind, from, to, message) "{\"kind\":\"" kind "\",\"from\":\"" from "\",\"to\":\"" to "\",\"message\":\"" message "\"}"

static void test_ladder(void **state)
{
	static const struct {
		const char *flow, *text, *mermaid;
	} rows[] = {
		{ "{" TWO ",\"steps\":[" STEP("request", "a", "b", "INVITE") "," STEP("response", "b", "a", "200 OK") "]}",
		  "    Alice         代理\n"
		  "      |             |\n"
		  "1     |-- INVITE -->|\n"
		  "2     |<- 200 OK ---|\n",
		  "sequenceDiagram\n    participant p1 as Alice\n    participant p2 as 代理\n    p1->>p2: INVITE\n    p2-->>p1: 200 OK\n" },
		{ "{" TWO
		  ",\"steps\":[" STEP("media", "b", "a", "RTP") "," STEP("signal", "b", "a", "Setup") ",{\"kind\":\"note\",\"text\":\"a; b\"}]}",
		  "    Alice        代理\n"
		  "      |            |\n"
		  "1     |<== RTP ===>|\n"
		  "2     |<. Setup ...|\n"
		  "3     **************\n",
		  "sequenceDiagram\n    participant p1 as Alice\n    participant p2 as 代理\n    Note over p1,p2: RTP\n    p2->>p1: Setup\n"
		  "    Note over p1,p2: a#59; b\n" },
		{ "{" TWO ",\"steps\":[" STEP("one-way-media", "b", "a", "RTP") "]}",
		  "    Alice       代理\n"
		  "      |           |\n"
		  "1     |<== RTP ===|\n",
		  "sequenceDiagram\n    participant p1 as Alice\n    participant p2 as 代理\n    p2-)p1: RTP\n" },
		{ "{\"participants\":[],\"steps\":[]}", "", "sequenceDiagram\n" },
		{ "{" TWO ",\"steps\":[" STEP("request", "a", "nobody", "BYE") "]}",
		  "    Alice       代理\n"
		  "      |           |\n"
		  "1     *************\n",
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *flow = json_loads(rows[i].flow, 0, NULL);
		struct memstream text, mermaid;
		FILE *out = memstream_open(&text);
		assert_non_null(flow);
		assert_int_equal(ladder_text(flow, out), 0);
		assert_int_equal(memstream_close(out, &text, false), 0);
		printf("%s", text.data);
		assert_string_equal(text.data, rows[i].text);
		assert_int_equal(ladder_mermaid(flow, &mermaid), 0);
		if (rows[i].mermaid != NULL)
			assert_string_equal(mermaid.data, rows[i].mermaid);
		free(text.data);
		free(mermaid.data);
		json_decref(flow);
	}
}

/* The content is checked for a text for every problem that the program knows. */
static void test_every_problem_has_a_text(void **state)
{
	const struct embedded_file *file = embedded_find("db/schema/problems.json");
	json_t *schema = json_loadb(file->data, file->size, 0, NULL), *names = json_object_get(schema, "x-entries");

	(void)state;
	assert_int_equal(json_array_size(names), PROBLEM_COUNT - 1);
	for (size_t i = 1; i < PROBLEM_COUNT; i++) {
		bool found = false;
		for (size_t k = 0; k < json_array_size(names); k++)
			found |= strcmp(json_string_value(json_array_get(names, k)), problem_kinds[i].slug) == 0;
		printf("%s\n", problem_kinds[i].slug);
		assert_true(found);
	}
	json_decref(schema);
}

/* A code as far as its relation to another depends on it. */
static json_t *code(int number, const char *method, const char *subject, const char *policy, const char *status, const char *sender)
{
	return json_pack("{s:i, s:[s], s:s, s:{s:s}, s:s, s:[s]}", "code", number, "methods", method, "subject", subject, "retry", "policy", policy,
			 "status", status, "senders", sender);
}

static void test_relations(void **state)
{
	static const struct {
		struct {
			int code;
			const char *method, *subject, *policy, *status, *sender;
		} side[2];
		const char *relation;
		bool swapped; /* as given; asked the other way round it is the opposite */
	} rows[] = {
		{ { { 486, "INVITE", "callee", "later", "registered", "uas" }, { 600, "INVITE", "callee", "later", "registered", "uas" } },
		  "global-or-local",
		  true },
		{ { { 486, "INVITE", "callee", "later", "registered", "uas" },
		    { 489, "SUBSCRIBE", "capability", "after-change", "registered", "uas" } },
		  "different-methods",
		  false },
		{ { { 180, "INVITE", "progress", "none", "registered", "uas" }, { 404, "any", "address", "never", "registered", "proxy" } },
		  "progress-then-end",
		  false },
		{ { { 100, "any", "progress", "none", "registered", "proxy" }, { 180, "INVITE", "progress", "none", "registered", "uas" } },
		  "trying-first",
		  false },
		{ { { 180, "INVITE", "progress", "none", "registered", "uas" }, { 183, "INVITE", "progress", "none", "registered", "uas" } },
		  "both-provisional",
		  false },
		{ { { 200, "any", "success", "none", "registered", "uas" }, { 401, "any", "access", "after-change", "registered", "uas" } },
		  "repair-then-success",
		  true },
		{ { { 200, "any", "success", "none", "registered", "uas" }, { 404, "any", "address", "never", "registered", "proxy" } },
		  "success-or-failure",
		  false },
		{ { { 200, "any", "success", "none", "registered", "uas" }, { 202, "REFER", "success", "none", "deprecated", "uas" } },
		  "both-success",
		  false },
		{ { { 302, "any", "redirection", "redirect", "registered", "uas" }, { 404, "any", "address", "never", "registered", "proxy" } },
		  "redirect-or-refusal",
		  false },
		{ { { 301, "any", "redirection", "redirect", "registered", "uas" }, { 302, "any", "redirection", "redirect", "registered", "uas" } },
		  "both-redirect",
		  false },
		{ { { 600, "INVITE", "callee", "later", "registered", "uas" }, { 603, "any", "callee", "later", "registered", "uas" } },
		  "both-global",
		  false },
		{ { { 404, "any", "address", "never", "registered", "proxy" }, { 503, "any", "server", "elsewhere", "registered", "proxy" } },
		  "client-or-server",
		  false },
		{ { { 480, "any", "callee", "later", "registered", "uas" }, { 486, "INVITE", "callee", "later", "registered", "uas" } },
		  "same-subject",
		  false },
		{ { { 404, "any", "address", "never", "registered", "uas" }, { 486, "INVITE", "callee", "later", "registered", "uas" } },
		  "same-class",
		  false },
		{ { { 478, "any", "path", "elsewhere", "unregistered", "proxy" }, { 503, "any", "server", "elsewhere", "registered", "proxy" } },
		  "unregistered",
		  false },
		{ { { 476, "any", "path", "elsewhere", "unregistered", "proxy" }, { 478, "any", "path", "elsewhere", "unregistered", "proxy" } },
		  "both-unregistered",
		  false },
		{ { { 510, "any", "access", "elsewhere", "unregistered", "local" }, { 520, "any", "path", "elsewhere", "unregistered", "local" } },
		  "both-local",
		  false },
		{ { { 503, "any", "server", "elsewhere", "registered", "proxy" }, { 520, "any", "path", "elsewhere", "unregistered", "local" } },
		  "local-only",
		  true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *body[2];
		bool swapped;
		for (size_t k = 0; k < 2; k++)
			body[k] = code(rows[i].side[k].code, rows[i].side[k].method, rows[i].side[k].subject, rows[i].side[k].policy,
				       rows[i].side[k].status, rows[i].side[k].sender);
		printf("%d and %d\n", rows[i].side[0].code, rows[i].side[1].code);
		assert_string_equal(compare_relation(body[0], body[1], &swapped), rows[i].relation);
		assert_int_equal(swapped, rows[i].swapped);
		assert_string_equal(compare_relation(body[1], body[0], &swapped), rows[i].relation);
		assert_int_equal(swapped, !rows[i].swapped);
		json_decref(body[0]);
		json_decref(body[1]);
	}
}

/* Separators within quoted strings and between angle brackets are none. */
static void test_take(void **state)
{
	static const struct {
		const char *text, *taken, *rest;
	} rows[] = {
		{ "a;b;c", "a", "b;c" },
		{ " a ;", "a", "" },
		{ "a", "a", "" },
		{ "", "", "" },
		{ ";a", "", "a" },
		{ "<sip:a;b>;tag=1", "<sip:a;b>", "tag=1" },
		{ "\"a;b\";c", "\"a;b\"", "c" },
		{ "\"a\\\";b\";c", "\"a\\\";b\"", "c" },
		{ "a;\"b;c", "a", "\"b;c" },
		{ "\"a;b", "\"a;b", "" },
		{ "\"a;b\\", "\"a;b\\", "" },
		{ "<a;b", "<a;b", "" },
		{ "a>;<b;>;c", "a>", "<b;>;c" },
		{ "<\">;\">;c", "<\">;\">", "c" },
		{ "a\\;b", "a\\", "b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct span rest = { rows[i].text, strlen(rows[i].text) }, taken = span_take(&rest, ';');
		printf("%s\n", rows[i].text);
		assert_true(span_same(taken, (struct span){ rows[i].taken, strlen(rows[i].taken) }));
		assert_true(span_same(rest, (struct span){ rows[i].rest, strlen(rows[i].rest) }));
	}
}

/* The longest text counts, of equally long ones the first; in a field at the beginning of a word and letter case aside, in a log as it is. */
static void test_agents(void **state)
{
	static const struct {
		enum agent_place place;
		const char *value, *entry; /* NULL: none */
	} rows[] = {
		{ AGENT_FIELD, "phone/1", "short" },
		{ AGENT_FIELD, "PHONE", "short" },
		{ AGENT_FIELD, "my phone", "short" },
		{ AGENT_FIELD, "xphone", NULL },
		{ AGENT_FIELD, "Phones 1", "long" },
		{ AGENT_FIELD, "phon", NULL },
		{ AGENT_FIELD, "zz phone aa", "short" },
		{ AGENT_FIELD, "aa11 bb11", "first" },
		{ AGENT_FIELD, "bb11 aa11", "first" },
		{ AGENT_FIELD, "bb11", "second" },
		{ AGENT_FIELD, "", NULL },
		{ AGENT_FIELD, "log[", NULL },
		{ AGENT_LOG, "x: log[1]", "log" },
		{ AGENT_LOG, "xlog[", "log" },
		{ AGENT_LOG, "LOG[1]", NULL },
		{ AGENT_LOG, "log[ catalog[", "longlog" },
		{ AGENT_LOG, "catalog[ log[", "longlog" },
		{ AGENT_LOG, "log", NULL },
		{ AGENT_LOG, "phone", NULL },
		{ AGENT_LOG, "[", NULL },
	};
	json_t *entries =
		json_pack("{s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, s:s}}", "short", "where", "agent", "text",
			  "Phone", "long", "where", "agent", "text", "phones", "first", "where", "agent", "text", "aa11", "second", "where", "agent",
			  "text", "bb11", "log", "where", "log", "text", "log[", "longlog", "where", "log", "text", "catalog[");
	struct agent_texts *texts = agent_texts_read(entries);

	(void)state;
	assert_non_null(texts);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const json_t *found = agent_find(texts, rows[i].place, (struct span){ rows[i].value, strlen(rows[i].value) });
		printf("%s\n", rows[i].value);
		assert_ptr_equal(found, rows[i].entry != NULL ? json_object_get(entries, rows[i].entry) : NULL);
	}
	agent_texts_free(texts);
	json_decref(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take),      cmocka_unit_test(test_agents),
		cmocka_unit_test(test_routes),    cmocka_unit_test(test_templates),
		cmocka_unit_test(test_schema),    cmocka_unit_test(test_rules),
		cmocka_unit_test(test_ladder),    cmocka_unit_test(test_every_problem_has_a_text),
		cmocka_unit_test(test_relations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
