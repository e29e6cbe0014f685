/* Checks what a schema cannot say of an entry. Pure: no files, no database. */
#include "db/rules.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_POINTER = 512, MAX_MESSAGE = 512, MAX_PARTICIPANTS = 6 };

struct rules {
	const char *pointer; /* of the entry */
	rules_fault *fault;
	void *arg;
};

/* Tells a fault of what stands at the place within the entry. */
__attribute__((format(printf, 3, 4))) static void fault(const struct rules *rules, const char *place, const char *format, ...)
{
	char pointer[MAX_POINTER], message[MAX_MESSAGE];
	va_list args;

	snprintf(pointer, sizeof pointer, "%s%s", rules->pointer, place);
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	rules->fault(rules->arg, pointer, message);
}

static const char *string(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value != NULL ? value : "";
}

static bool is(const json_t *object, const char *name, const char *value)
{
	return strcmp(string(object, name), value) == 0;
}

static bool has(const json_t *object, const char *name)
{
	return json_object_get(object, name) != NULL;
}

/* An entry's key says again what stands in it: 486 the code, 4 the digit, 17 the cause, 399 the warning. */
static void check_number(const struct rules *rules, const char *key, const json_t *entry)
{
	static const char *const numbers[] = { "code", "digit", "cause", "warning" };

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		const json_t *number = json_object_get(entry, numbers[i]);
		char expected[32];
		snprintf(expected, sizeof expected, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
		if (json_is_integer(number) && strcmp(expected, key) != 0)
			fault(rules, "", "is filed as %s but is about %s", key, expected);
	}
}

static void check_code(const struct rules *rules, const char *key, const json_t *code)
{
	const json_t *emitters = json_object_get(code, "emitters");

	(void)key;
	if (is(code, "status", "unregistered") && json_is_array(emitters) && json_array_size(emitters) == 0)
		fault(rules, "/emitters", "is empty: an unregistered code names who emits it");
}

static void check_pair(const struct rules *rules, const char *key, const json_t *pair)
{
	json_int_t a = json_integer_value(json_object_get(pair, "a")), b = json_integer_value(json_object_get(pair, "b"));
	char expected[64];

	snprintf(expected, sizeof expected, "%" JSON_INTEGER_FORMAT "-%" JSON_INTEGER_FORMAT, a < b ? a : b, a < b ? b : a);
	if (strcmp(expected, key) != 0 || a >= b)
		fault(rules, "", "is filed as %s but is about %s; a pair has its smaller code first", key, expected);
}

/* ---- products ---- */

/* The first and the last code of a range as it is written. */
static void bounds(const char *range, long *first, long *last)
{
	const char *hyphen = strchr(range, '-');

	*first = strtol(range, NULL, 10);
	*last = hyphen != NULL ? strtol(hyphen + 1, NULL, 10) : *first;
	if (strcmp(range + 1, "xx") == 0) {
		*first *= 100;
		*last = *first + 99;
	} else if (strcmp(range, "any") == 0) {
		*first = 100;
		*last = 699;
	}
}

/* A range goes upwards and stays in a class, so that its width says how specific it is, and no two of a note overlap, so that
 * one of them says why the note applies. */
static void check_ranges(const struct rules *rules, const char *place, const json_t *note)
{
	const json_t *ranges = json_object_get(note, "codes"), *one, *other;
	long first, last, begin, end;
	size_t i, k;

	json_array_foreach ((json_t *)ranges, i, one) {
		if (!json_is_string(one) || json_string_length(one) < 3)
			continue;
		bounds(json_string_value(one), &first, &last);
		if (strchr(json_string_value(one), '-') != NULL && (first >= last || first / 100 != last / 100))
			fault(rules, place, "\"%s\" does not go upwards within one class", json_string_value(one));
		for (k = 0; k < i; k++) {
			other = json_array_get(ranges, k);
			if (!json_is_string(other) || json_string_length(other) < 3)
				continue;
			bounds(json_string_value(other), &begin, &end);
			if (first <= end && begin <= last)
				fault(rules, place, "\"%s\" and \"%s\" overlap", json_string_value(other), json_string_value(one));
		}
	}
}

static void check_note(const struct rules *rules, const char *place, const json_t *note, const json_t *sources)
{
	const json_t *source = json_object_get(sources, string(note, "source"));

	check_ranges(rules, place, note);
	if (has(note, "action") && !is(note, "direction", "receives"))
		fault(rules, place, "has an action, but is not about a response that is received");
	if (is(note, "action", "translate") && !has(note, "becomes"))
		fault(rules, place, "translates, but does not say what the response becomes");
	if (is(source, "kind", "community") && is(note, "confidence", "high"))
		fault(rules, place, "claims high confidence on the word of a third party");
}

static void check_site(const struct rules *rules, const char *key, const json_t *site)
{
	char place[MAX_POINTER];
	size_t i;
	const json_t *note;

	(void)key;
	json_array_foreach (json_object_get(site, "notes"), i, note) {
		snprintf(place, sizeof place, "/notes/%zu/codes", i);
		check_ranges(rules, place, note);
	}
}

/* Is the source of that id used by one of the objects in the list? */
static bool uses(const json_t *list, const char *id)
{
	size_t i;
	const json_t *one;

	json_array_foreach ((json_t *)list, i, one)
		if (is(one, "source", id))
			return true;
	return false;
}

static void check_vendor(const struct rules *rules, const char *key, const json_t *vendor)
{
	const json_t *sources = json_object_get(vendor, "sources"), *note;
	const char *id;
	json_t *unused;
	char place[MAX_POINTER];
	size_t i;

	(void)key;
	json_array_foreach (json_object_get(vendor, "notes"), i, note) {
		snprintf(place, sizeof place, "/notes/%zu", i);
		check_note(rules, place, note, sources);
	}
	json_object_foreach ((json_t *)sources, id, unused)
		if (!uses(json_object_get(vendor, "notes"), id) && !uses(json_object_get(vendor, "timers"), id) &&
		    !uses(json_object_get(vendor, "causes"), id))
			fault(rules, "/sources", "has \"%s\", which nothing refers to", id);
}

/* ---- scenarios and flows ---- */

static void check_scenario(const struct rules *rules, const char *key, const json_t *scenario)
{
	(void)key;
	if (json_array_size(json_object_get(scenario, "vendors")) > 0 && json_array_size(json_object_get(scenario, "sources")) == 0)
		fault(rules, "/sources", "is empty: what is said of a product needs a source");
}

static void check_step(const struct rules *rules, const char *place, const json_t *step)
{
	if (is(step, "kind", "note")) {
		if (!has(step, "text"))
			fault(rules, place, "is a note without a text");
		return;
	}
	if (!has(step, "from") || !has(step, "to") || !has(step, "message"))
		fault(rules, place, "lacks one of \"from\", \"to\" and \"message\"");
	else if (is(step, "from", string(step, "to")))
		fault(rules, place, "goes from a participant to itself");
	if (is(step, "kind", "response") != has(step, "code"))
		fault(rules, place, "has a code and is no response, or is one and has none");
	if (has(step, "code") && strtol(string(step, "message"), NULL, 10) != (long)json_integer_value(json_object_get(step, "code")))
		fault(rules, place, "has a message that does not begin with its code");
}

static void check_flow(const struct rules *rules, const char *key, const json_t *flow)
{
	size_t count = json_object_size(json_object_get(flow, "participants")), i;
	const json_t *step;
	char place[MAX_POINTER];

	(void)key;
	if (count < 2 || count > MAX_PARTICIPANTS)
		fault(rules, "/participants", "are %zu; a flow has two to %d", count, MAX_PARTICIPANTS);
	json_array_foreach (json_object_get(flow, "steps"), i, step) {
		snprintf(place, sizeof place, "/steps/%zu", i);
		check_step(rules, place, step);
	}
}

void rules_check(const char *kind, const char *key, const json_t *entry, const char *pointer, rules_fault *fault_sink, void *arg)
{
	static const struct {
		const char *kind;
		void (*check)(const struct rules *rules, const char *key, const json_t *entry);
	} checks[] = {
		{ "codes", check_code },         { "pairs", check_pair }, { "vendors", check_vendor },
		{ "scenarios", check_scenario }, { "flows", check_flow }, { "site", check_site },
	};
	const struct rules rules = { .pointer = pointer, .fault = fault_sink, .arg = arg };

	check_number(&rules, key, entry);
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
		if (strcmp(checks[i].kind, kind) == 0)
			checks[i].check(&rules, key, entry);
}
