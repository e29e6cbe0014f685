/* Compares two codes: what a comparison says, out of what is known of each. Pure: no database, no files. */
#include "db/compare.h"

#include "db/kb.h"
#include "db/template.h"
#include "db/words.h"

#include <stdio.h>
#include <string.h>

static const char *get(const json_t *body, const char *name)
{
	const char *value = json_string_value(json_object_get(body, name));

	return value != NULL ? value : "";
}

static const char *get2(const json_t *body, const char *outer, const char *name)
{
	return get(json_object_get(body, outer), name);
}

static int code_of(const json_t *body)
{
	return (int)json_integer_value(json_object_get(body, "code"));
}

static int class_of(const json_t *body)
{
	return code_of(body) / 100;
}

static bool has(const json_t *list, const char *value)
{
	size_t i;
	const json_t *one;

	json_array_foreach ((json_t *)list, i, one)
		if (strcmp(json_string_value(one), value) == 0)
			return true;
	return false;
}

static bool share_a_method(const json_t *a, const json_t *b)
{
	const json_t *of_a = json_object_get(a, "methods"), *of_b = json_object_get(b, "methods");
	size_t i;
	const json_t *method;

	if (has(of_a, "any") || has(of_b, "any"))
		return true;
	json_array_foreach ((json_t *)of_a, i, method)
		if (has(of_b, json_string_value(method)))
			return true;
	return false;
}

static bool is_local(const json_t *body)
{
	const json_t *senders = json_object_get(body, "senders");

	return json_array_size(senders) == 1 && has(senders, "local");
}

static bool is_provisional(const json_t *body)
{
	return class_of(body) == 1;
}

static bool is_unregistered(const json_t *body)
{
	return strcmp(get(body, "status"), "unregistered") == 0;
}

/* Does it ask for the same request once more, changed or sent elsewhere? */
static bool asks_again(const json_t *body)
{
	const char *policy = get2(body, "retry", "policy");

	return strcmp(policy, "after-change") == 0 || strcmp(policy, "redirect") == 0;
}

/* ---- relation ---- */

static bool in_class(const json_t *body, int class)
{
	return class_of(body) == class;
}

static const char *relation_of_finals(const json_t *a, const json_t *b, bool *swapped)
{
	static const struct {
		int class;
		const char *one, *both;
	} rules[] = {
		{ 2, "success-or-failure", "both-success" },
		{ 3, "redirect-or-refusal", "both-redirect" },
		{ 6, "global-or-local", "both-global" },
	};

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		bool of_a = in_class(a, rules[i].class), of_b = in_class(b, rules[i].class);
		if (of_a && of_b)
			return rules[i].both;
		if (!of_a && !of_b)
			continue;
		*swapped = of_b;
		if (rules[i].class == 2 && asks_again(of_a ? b : a)) {
			*swapped = of_a;
			return "repair-then-success";
		}
		return rules[i].one;
	}
	if (class_of(a) != class_of(b)) {
		*swapped = class_of(a) > class_of(b);
		return "client-or-server";
	}
	return strcmp(get(a, "subject"), get(b, "subject")) == 0 ? "same-subject" : "same-class";
}

const char *compare_relation(const json_t *a, const json_t *b, bool *swapped)
{
	/* In doubt the smaller code is x, so that a comparison and its mirror image say the same. */
	*swapped = code_of(a) > code_of(b);
	if (is_local(a) && is_local(b))
		return "both-local";
	if (is_local(a) || is_local(b)) {
		*swapped = is_local(b);
		return "local-only";
	}
	if (!share_a_method(a, b))
		return "different-methods";
	if (is_provisional(a) && is_provisional(b))
		return code_of(a) == 100 || code_of(b) == 100 ? "trying-first" : "both-provisional";
	if (is_provisional(a) || is_provisional(b))
		return "progress-then-end";
	if (is_unregistered(a) && is_unregistered(b))
		return "both-unregistered";
	if (is_unregistered(a) || is_unregistered(b)) {
		*swapped = is_unregistered(b);
		return "unregistered";
	}
	return relation_of_finals(a, b, swapped);
}

/* ---- aspects ---- */

/* A code whose aspects are put into words. */
struct source {
	const json_t *body;
	const json_t *item;
};

typedef json_t *aspect_value(const struct source *code, const char *name, const json_t *labels);

/* The value of the field. */
static json_t *value_field(const struct source *code, const char *name, const json_t *labels)
{
	return words_of(name, json_object_get(code->body, name), labels);
}

static json_t *value_trait(const struct source *code, const char *name, const json_t *labels)
{
	return words_of(name, json_object_get(json_object_get(code->body, "traits"), name), labels);
}

static json_t *value_class(const struct source *code, const char *name, const json_t *labels)
{
	return words_of(name, json_object_get(code->item, name), labels);
}

static json_t *value_finality(const struct source *code, const char *name, const json_t *labels)
{
	(void)name;
	return words_of("final", json_object_get(code->item, "final"), labels);
}

/* Derived: RFC 3261 sections 13.2.2.4, 17.1.1.3 (ACK) and 17.1.2. */
static json_t *value_transaction(const struct source *code, const char *name, const json_t *labels)
{
	const json_t *methods = json_object_get(code->body, "methods");
	const char *value = "ends-without-ack";

	if (is_provisional(code->body))
		value = "continues";
	else if (has(methods, "INVITE") || has(methods, "any"))
		value = in_class(code->body, 2) ? "ends-with-ack-end-to-end" : "ends-with-ack-hop-by-hop";
	return json_string(kb_label(labels, name, value));
}

static json_t *value_retry(const struct source *code, const char *name, const json_t *labels)
{
	return words_of(name, json_object_get(json_object_get(code->body, name), "policy"), labels);
}

/* The member "name" of every object in a list, as words: header fields, or software that emits a code. */
static json_t *words_of_names(const char *name, const json_t *list, const json_t *labels)
{
	json_auto_t *names = json_array();
	size_t i;
	const json_t *one;

	json_array_foreach ((json_t *)list, i, one)
		if (json_array_append(names, json_object_get(one, "name")) != 0)
			return NULL;
	return words_of(name, names, labels);
}

static json_t *value_names(const struct source *code, const char *name, const json_t *labels)
{
	return words_of_names(name, json_object_get(code->body, name), labels);
}

static json_t *value_q850(const struct source *code, const char *name, const json_t *labels)
{
	const json_t *q850 = json_object_get(code->body, name);
	bool none = json_array_size(json_object_get(q850, "to_isup")) == 0 && json_array_size(json_object_get(q850, "from_isup")) == 0;

	return words_of(name, none ? NULL : q850, labels);
}

static json_t *value_references(const struct source *code, const char *name, const json_t *labels)
{
	return words_of("rfc_section", json_array_get(json_object_get(code->body, name), 0), labels);
}

static json_t *value_claim(const struct source *code, const char *name, const json_t *labels)
{
	(void)labels;
	return json_string(get2(code->body, "compare", name));
}

static const struct {
	const char *name; /* of the aspect, and of the field and the group of labels it comes from */
	aspect_value *value;
} aspects[] = {
	{ "claim", value_claim },       { "subject", value_field },
	{ "owner", value_field },       { "class", value_class },
	{ "finality", value_finality }, { "scope", value_field },
	{ "senders", value_field },     { "emitters", value_names },
	{ "methods", value_field },     { "transaction", value_transaction },
	{ "dialog", value_trait },      { "forking", value_trait },
	{ "retry", value_retry },       { "headers", value_names },
	{ "q850", value_q850 },         { "references", value_references },
};

/* ---- sides ---- */

/* The software that has the code, but not what only lists it in a table, if anything else is known to have it. */
static json_t *words_of_emitters(const json_t *emitters, const json_t *labels)
{
	json_auto_t *active = json_array();
	size_t i;
	const json_t *one;

	json_array_foreach ((json_t *)emitters, i, one)
		if (strcmp(get(one, "use"), "table") != 0 && json_array_append(active, (json_t *)one) != 0)
			return NULL;
	return words_of_names("emitters", json_array_size(active) > 0 ? active : emitters, labels);
}

json_t *compare_side(json_t *body, json_t *item, const json_t *labels)
{
	const struct source code = { body, item };
	static const char *const kept[] = { "code", "status", "methods", "senders", "subject", "retry", "compare", "phrases" };
	json_t *words = json_object();
	json_auto_t *side = json_pack("{s:O, s:o, s:o}", "item", item, "emitters", words_of_emitters(json_object_get(body, "emitters"), labels),
				      "aspects", words);

	if (side == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		if (json_object_get(body, kept[i]) != NULL && json_object_set(side, kept[i], json_object_get(body, kept[i])) != 0)
			return NULL;
	for (size_t i = 0; i < sizeof aspects / sizeof aspects[0]; i++)
		if (json_object_set_new(words, aspects[i].name, aspects[i].value(&code, aspects[i].name, labels)) != 0)
			return NULL;
	return json_incref(side);
}

/* Sorts the aspects into those in which the two differ and those in which they do not; what neither has is left out. The
 * claims stand in the verdict where that was not written for the pair; they are not said again. */
static int compare_aspects(const json_t *a, const json_t *b, bool curated, const json_t *labels, json_t *differences, json_t *same)
{
	const json_t *words_a = json_object_get(a, "aspects"), *words_b = json_object_get(b, "aspects");
	json_auto_t *none = words_of("", NULL, labels);

	if (none == NULL)
		return -1;
	for (size_t i = curated ? 0 : 1; i < sizeof aspects / sizeof aspects[0]; i++) {
		const char *name = aspects[i].name;
		json_t *of_a = json_object_get(words_a, name), *of_b = json_object_get(words_b, name);
		bool equal = json_equal(of_a, of_b);
		if (equal && json_equal(of_a, none))
			continue;
		json_t *row = json_pack("{s:s, s:s, s:O, s:O}", "aspect", name, "label", kb_label(labels, "aspects", name), "a", of_a, "b", of_b);
		if (json_array_append_new(equal ? same : differences, row) != 0)
			return -1;
	}
	return 0;
}

/* ---- texts ---- */

/* What the texts of relations.json can name of one code. side is 'x' or 'y'. */
static int add_slots(json_t *slots, char side, const json_t *code)
{
	const json_t *own = json_object_get(code, "compare"), *words = json_object_get(code, "aspects");
	const struct {
		const char *name;
		json_t *value;
	} values[] = {
		{ "", json_object_get(code, "code") },
		{ "claim_", json_object_get(own, "claim") },
		{ "test_", json_object_get(own, "test") },
		{ "methods_", json_object_get(words, "methods") },
		{ "subject_", json_object_get(words, "subject") },
		{ "emitters_", json_object_get(code, "emitters") },
	};
	char slot[32];
	int failed = 0;

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		snprintf(slot, sizeof slot, "%s%c", values[i].name, side);
		failed |= json_object_set(slots, slot, values[i].value);
	}
	return failed;
}

/* "trying-first" and "progress-then-end" have a direction; the mirror image says so. */
static const char *relation_type(const char *name, bool swapped)
{
	if (strcmp(name, "trying-first") == 0 || strcmp(name, "progress-then-end") == 0)
		return swapped ? "follows" : "precedes";
	return name;
}

static json_t *curated(const json_t *pair, bool swapped)
{
	const json_t *which = json_object_get(pair, "which");

	return json_pack("{s:O, s:O, s:O, s:{s:O, s:O}, s:b}", "verdict", json_object_get(pair, "verdict"), "relation",
			 json_object_get(pair, "relation"), "ask", json_object_get(pair, "ask"), "which", "a",
			 json_object_get(which, swapped ? "b" : "a"), "b", json_object_get(which, swapped ? "a" : "b"), "curated", 1);
}

static json_t *derived(const json_t *a, const json_t *b, const json_t *relation, bool swapped)
{
	json_auto_t *slots = json_object();

	if (add_slots(slots, swapped ? 'y' : 'x', a) != 0 || add_slots(slots, swapped ? 'x' : 'y', b) != 0)
		return NULL;
	return json_pack("{s:o, s:o, s:o, s:{s:O, s:O}, s:b}", "verdict", template_fill(get(relation, "verdict"), slots), "relation",
			 template_fill(get(relation, "text"), slots), "ask", template_fill(get(relation, "ask"), slots), "which", "a",
			 json_object_get(json_object_get(a, "compare"), "choose"), "b", json_object_get(json_object_get(b, "compare"), "choose"),
			 "curated", 0);
}

json_t *compare_codes(const json_t *a, const json_t *b, const json_t *pair, const json_t *relations, const json_t *labels, const char *lang)
{
	bool swapped;
	const char *name = compare_relation(a, b, &swapped);
	const json_t *relation = json_object_get(relations, name);
	json_auto_t *text = pair != NULL ? curated(pair, code_of(a) > code_of(b)) : derived(a, b, relation, swapped);
	json_auto_t *differences = json_array(), *same = json_array();

	if (text == NULL || compare_aspects(a, b, pair != NULL, labels, differences, same) != 0)
		return NULL;
	return json_pack("{s:s, s:O, s:O, s:O, s:{s:s, s:O}, s:O, s:O, s:O, s:O, s:O, s:O}", "lang", lang, "a", json_object_get(a, "item"), "b",
			 json_object_get(b, "item"), "comparable", json_object_get(relation, "comparable"), "relation", "type",
			 relation_type(name, swapped), "text", json_object_get(text, "relation"), "verdict", json_object_get(text, "verdict"),
			 "differences", differences, "same", same, "which", json_object_get(text, "which"), "ask", json_object_get(text, "ask"),
			 "curated", json_object_get(text, "curated"));
}
