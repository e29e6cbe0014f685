/* Negotiation by tables: RFC 9110 section 12, RFC 4647 section 3.4. */
#include "service/http/negotiate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_accept_weight(void **state)
{
	static const struct {
		const char *accept, *type;
		int weight;
	} rows[] = {
		{ NULL, "application/json", 1000 },
		{ "", "application/json", 1000 },
		{ " , ", "application/json", 1000 },
		{ "*/*", "application/json", 1000 },
		{ "application/json", "application/json", 1000 },
		{ "APPLICATION/Json", "application/json", 1000 },
		{ "application/*", "application/json", 1000 },
		{ "text/*", "application/json", 0 },
		{ "text/html", "application/json", 0 },
		{ "application/json;q=0", "application/json", 0 },
		{ "application/json; q=0.5", "application/json", 500 },
		{ "application/json ; q=0.5", "application/json", 500 },
		{ "application/json;Q=0.123", "application/json", 123 },
		{ "application/json;q=1.000", "application/json", 1000 },
		{ "application/json;q=1.001", "application/json", 0 },
		{ "application/json;q=0.1234", "application/json", 0 },
		{ "application/json;q=2", "application/json", 0 },
		{ "application/json;q=", "application/json", 0 },
		{ "application/json;q=.5", "application/json", 0 },
		{ "application/json;q=0.", "application/json", 0 },
		{ "application/json;version=1;q=0.4", "application/json", 400 },
		{ "*/*;q=0.1, application/json;q=0.9", "application/json", 900 },
		{ "application/json;q=0.2, */*;q=0.9", "application/json", 200 },
		{ "text/plain;q=0, */*", "text/plain", 0 },
		{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json", 800 },
		{ "application/jso", "application/json", 0 },
		{ "application/jsonx", "application/json", 0 },
		{ "garbage", "application/json", 0 },
		{ ";;;,,,q=1", "application/json", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		printf("%s | %s\n", rows[i].accept != NULL ? rows[i].accept : "(null)", rows[i].type);
		assert_int_equal(accept_weight(rows[i].accept, rows[i].type), rows[i].weight);
	}
}

static void test_negotiate_format(void **state)
{
	static const struct {
		const char *name, *accept;
		enum format format;
		const char *type;
	} rows[] = {
		{ NULL, NULL, FORMAT_JSON, "application/json" },
		{ NULL, "*/*", FORMAT_JSON, "application/json" },
		{ NULL, "text/plain", FORMAT_TEXT, "text/plain" },
		{ NULL, "text/markdown", FORMAT_TEXT, "text/markdown" },
		{ NULL, "text/*", FORMAT_TEXT, "text/markdown" },
		{ NULL, "text/plain, application/json", FORMAT_JSON, "application/json" },
		{ NULL, "text/plain, application/json;q=0.5", FORMAT_TEXT, "text/plain" },
		{ NULL, "application/problem+json", FORMAT_NONE, NULL },
		{ NULL, "text/html", FORMAT_NONE, NULL },
		{ NULL, "image/png, application/pdf", FORMAT_NONE, NULL },
		{ "text", "application/json", FORMAT_TEXT, "text/plain" },
		{ "json", "text/plain", FORMAT_JSON, "application/json" },
		{ "json", "image/png", FORMAT_JSON, "application/json" },
		{ "pdf", "*/*", FORMAT_NONE, NULL },
		{ "", "*/*", FORMAT_NONE, NULL },
		{ "JSON", "*/*", FORMAT_NONE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct negotiated_format got = negotiate_format(rows[i].name, rows[i].accept);
		printf("%zu: %s | %s\n", i, rows[i].name != NULL ? rows[i].name : "-", rows[i].accept != NULL ? rows[i].accept : "-");
		assert_int_equal(got.format, rows[i].format);
		if (rows[i].type != NULL)
			assert_string_equal(got.type, rows[i].type);
	}
}

static json_t *languages(void)
{
	return json_pack("[{s:s, s:[]}, {s:s, s:[s]}, {s:s, s:[s]}]", "tag", "en", "aliases", "tag", "id", "aliases", "in", "tag", "zh", "aliases",
			 "cmn");
}

static void test_negotiate_language(void **state)
{
	static const struct {
		const char *accept, *lang;
	} rows[] = {
		{ NULL, "en" },
		{ "", "en" },
		{ "*", "en" },
		{ "en", "en" },
		{ "id", "id" },
		{ "ID", "id" },
		{ "id-ID", "id" },
		{ "in", "id" },
		{ "in-ID", "id" },
		{ "zh-CN", "zh" },
		{ "zh-Hans", "zh" },
		{ "zh-Hans-CN", "zh" },
		{ "zh-TW", "zh" },
		{ "cmn-Hans", "zh" },
		{ "zh-x-private", "zh" },
		{ "fr", "en" },
		{ "fr, id;q=0.5", "id" },
		{ "en;q=0.5, zh;q=0.9", "zh" },
		{ "en;q=0, id;q=0.1", "id" },
		{ "id;q=0", "en" },
		{ "id, zh", "id" },
		{ "zh;q=0.5, id;q=0.5", "zh" },
		{ "idx, zhx", "en" },
		{ "id;q=nonsense, zh;q=0.1", "zh" },
		{ "-,--,-id", "en" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-id, zh", "zh" },
	};
	json_t *list = languages();
	struct language_name *names = language_names(list);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		printf("%s\n", rows[i].accept != NULL ? rows[i].accept : "(null)");
		assert_string_equal(negotiate_language(rows[i].accept, names), rows[i].lang);
	}
	assert_null(language_of_tag("fr", names));
	assert_null(language_of_tag("", names));
	assert_string_equal(language_of_tag("zh-Hant-TW", names), "zh");
	free(names);
	json_decref(list);
}

static void test_negotiate_gzip(void **state)
{
	static const struct {
		const char *accept;
		bool gzip;
	} rows[] = {
		{ NULL, false },
		{ "", false },
		{ "gzip", true },
		{ "GZIP", true },
		{ "gzip, deflate, br, zstd", true },
		{ "br, gzip;q=0.5", true },
		{ "br", false },
		{ "identity", false },
		{ "gzip;q=0", false },
		{ "gzip;q=0, *", false },
		{ "*", true },
		{ "*;q=0", false },
		{ "gzip;q=0.5, identity", false },
		{ "gzip;q=0.5, identity;q=0.5", true },
		{ "identity;q=0.5, *;q=0.7", true },
		{ "gzip;q=nonsense", false },
		{ "gzipped, xgzip", false },
		{ " ,gzip , ", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		printf("%s\n", rows[i].accept != NULL ? rows[i].accept : "(null)");
		assert_int_equal(negotiate_gzip(rows[i].accept), rows[i].gzip);
	}
}

static void test_etag_matches(void **state)
{
	static const struct {
		const char *field;
		bool matches;
	} rows[] = {
		{ NULL, false },
		{ "", false },
		{ "\"abc\"", true },
		{ "W/\"abc\"", true },
		{ "*", true },
		{ "\"x\", \"abc\"", true },
		{ "\"x\",\"abc\"", true },
		{ "  \"abc\"  ", true },
		{ "\"x\", W/\"abc\" , \"y\"", true },
		{ "\"abcd\"", false },
		{ "\"ab\"", false },
		{ "abc", false },
		{ "\"abc", false },
		{ "\"a,b\", \"abc\"", true },
		{ "\"x\" \"abc\"", true },
		{ "W/", false },
		{ "\"", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		printf("%s\n", rows[i].field != NULL ? rows[i].field : "(null)");
		assert_int_equal(etag_matches(rows[i].field, "\"abc\""), rows[i].matches);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accept_weight),  cmocka_unit_test(test_negotiate_format), cmocka_unit_test(test_negotiate_language),
		cmocka_unit_test(test_negotiate_gzip), cmocka_unit_test(test_etag_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
