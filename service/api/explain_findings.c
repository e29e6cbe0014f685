/* Of an explanation: what the rules find, the causes and the warnings. */
#include "service/api/explain.h"

#include "db/template.h"
#include "trace/finding.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_FINDINGS = 100,
	MAX_OF_A_RULE = 500, /* transactions for which one rule is told */
	MAX_LINES = 24,      /* of a finding, cause or warning */
};

static const char *const severities[] = { "fault", "warning", "info" };

/* ---- lists of lines ---- */

static bool has_integer(const json_t *list, json_int_t n)
{
	size_t i;
	const json_t *one;

	json_array_foreach ((json_t *)list, i, one)
		if (json_integer_value(one) == n)
			return true;
	return false;
}

/* Adds the lines that are not there yet, as long as there is room. */
static void merge_lines(struct explanation *e, json_t *lines, const json_t *more)
{
	size_t i;
	json_t *line;

	json_array_foreach ((json_t *)more, i, line)
		if (json_array_size(lines) < MAX_LINES && !has_integer(lines, json_integer_value(line)))
			explain_append(e, lines, json_incref(line));
}

/* ---- findings ---- */

/* What was found so far. */
struct found {
	const struct finding_rule *rule[MAX_FINDINGS];
	json_t *list; /* of the findings of these rules */
	int omitted;
};

/* What the slots of a text are looked up in. */
struct slots {
	const struct trace_transaction *transaction;
	bool failed;
};

static json_t *find_slot(void *arg, const char *name, bool optional)
{
	struct slots *slots = arg;
	json_t *value;

	(void)optional;
	slots->failed |= finding_slot(slots->transaction, name, &value) != 0;
	return value;
}

/* The text with what is seen of the transaction in its slots; NULL if memory ran out. */
static json_t *fill(const char *text, const struct trace_transaction *t)
{
	struct slots slots = { .transaction = t };
	json_t *filled = template_string(text, find_slot, &slots);

	if (slots.failed) {
		json_decref(filled);
		return NULL;
	}
	return filled;
}

/* The codes of a finding: those of its rule, else the final one. */
static json_t *codes_of(const json_t *entry, const struct trace_facts *facts)
{
	json_t *codes = json_object_get(entry, "codes");

	if (codes != NULL)
		return json_incref(codes);
	return facts->final > 0 ? json_pack("[i]", facts->final) : json_array();
}

static json_t *url_of(const json_t *entry, const struct trace_facts *facts)
{
	const char *kind;
	json_t *slug;

	json_object_foreach (json_object_get(entry, "see"), kind, slug) {
		if (json_is_string(slug))
			return json_sprintf("/%ss/%s", kind, json_string_value(slug));
		if (facts->cause > 0)
			return json_sprintf("/causes/%d", facts->cause);
	}
	return facts->final > 0 ? json_sprintf("/codes/%d", facts->final) : json_string("/codes");
}

static json_t *make_finding(struct explanation *e, const struct finding_rule *rule, const struct trace_transaction *t, json_t *text)
{
	return json_pack("{s:s, s:O, s:o, s:o, s:o, s:o, s:o, s:[o]}", "rule", rule->name, "severity", json_object_get(rule->entry, "severity"),
			 "title", fill(json_string_value(json_object_get(rule->entry, "title")), t), "text", text, "lines",
			 finding_lines(rule, e->trace, t), "codes", codes_of(rule->entry, &t->facts), "url", url_of(rule->entry, &t->facts), "calls",
			 explain_call(e->trace, (int)(t - e->trace->transactions)));
}

/* The finding that says the same, of this rule; NULL: there is none. */
static json_t *find_same(const struct found *found, const struct finding_rule *rule, const json_t *text)
{
	size_t i;
	json_t *finding;

	json_array_foreach (found->list, i, finding)
		if (found->rule[i] == rule && json_equal(json_object_get(finding, "text"), text))
			return finding;
	return NULL;
}

/* What holds for a transaction is told once, however many it holds for. */
static void add_finding(struct explanation *e, struct found *found, const struct finding_rule *rule, const struct trace_transaction *t)
{
	json_auto_t *text = fill(json_string_value(json_object_get(rule->entry, "text")), t);
	json_t *same = text != NULL ? find_same(found, rule, text) : NULL;
	size_t count = json_array_size(found->list);

	if (same != NULL) {
		json_auto_t *lines = finding_lines(rule, e->trace, t);
		json_t *call = explain_call(e->trace, (int)(t - e->trace->transactions)), *calls = json_object_get(same, "calls");
		merge_lines(e, json_object_get(same, "lines"), lines);
		if (!json_equal(json_array_get(calls, json_array_size(calls) - 1), call) && json_array_size(calls) < MAX_LINES)
			explain_append(e, calls, call);
		else
			json_decref(call);
	} else if (count < MAX_FINDINGS) {
		found->rule[count] = rule;
		explain_append(e, found->list, make_finding(e, rule, t, json_incref(text)));
	} else {
		found->omitted++;
	}
}

/* Most important first; what is equally important, in the order of the trace. */
static json_t *sorted(struct explanation *e, json_t *found)
{
	json_t *list = json_array();
	size_t i;
	json_t *finding;

	for (size_t k = 0; k < sizeof severities / sizeof severities[0]; k++)
		json_array_foreach (found, i, finding)
			if (strcmp(json_string_value(json_object_get(finding, "severity")), severities[k]) == 0)
				explain_append(e, list, json_incref(finding));
	json_decref(found);
	return list;
}

/* Holds one transaction against all rules; counts[i] is how often the rule was found before. */
static void find(struct explanation *e, struct found *found, const struct finding_rule *rules, int counts[], const struct trace_transaction *t)
{
	for (size_t i = 0; rules[i].name != NULL; i++) {
		if (!finding_holds(&rules[i], e->trace, t))
			continue;
		if (counts[i]++ < MAX_OF_A_RULE)
			add_finding(e, found, &rules[i], t);
		else
			found->omitted++;
	}
}

json_t *explain_findings(struct explanation *e, int *omitted)
{
	/* A sentence needs no rules. */
	if (e->trace->transaction_count == 0)
		return json_array();

	const json_t *entries = kb_table(e->kb, KB_TABLE_FINDINGS, e->lang);
	struct finding_rule *rules = finding_rules(entries);
	int *counts = calloc(json_object_size(entries) + 1, sizeof *counts);
	struct found found = { .list = json_array() };

	e->failed |= rules == NULL || counts == NULL;
	for (int i = 0; i < e->trace->transaction_count && !e->failed; i++)
		find(e, &found, rules, counts, &e->trace->transactions[i]);
	finding_rules_free(rules);
	free(counts);
	*omitted = found.omitted;
	return sorted(e, found.list);
}

/* ---- causes and warnings ---- */

/* A number that was met, with the line; told once with all its lines. entry NULL: nobody knows it. */
static void add_number(struct explanation *e, json_t *list, const char *member, const json_t *entry, const char *path, int line)
{
	json_int_t number = json_integer_value(json_object_get(entry, member));
	json_auto_t *lines = json_pack("[i]", line);
	size_t i;
	json_t *known;

	if (entry == NULL)
		return;
	json_array_foreach (list, i, known)
		if (json_integer_value(json_object_get(known, member)) == number) {
			merge_lines(e, json_object_get(known, "lines"), lines);
			return;
		}
	explain_append(e, list,
		       json_pack("{s:I, s:O, s:O, s:O, s:o}", member, number, "title", json_object_get(entry, "title"), "summary",
				 json_object_get(entry, "summary"), "lines", lines, "url", json_sprintf("/%s/%" JSON_INTEGER_FORMAT, path, number)));
}

/* The fields that belong to messages; where there is no message, those that stand alone. */
static int field_end(const struct explanation *e)
{
	return e->trace->message_count > 0 ? e->trace->field_count : e->trace->loose;
}

static int field_begin(const struct explanation *e)
{
	return e->trace->message_count > 0 ? e->trace->loose : 0;
}

json_t *explain_causes(struct explanation *e)
{
	json_t *list = json_array();

	for (int i = field_begin(e); i < field_end(e); i++) {
		const struct trace_field *field = &e->trace->fields[i];
		struct span rest = field->value;
		while (span_is(field->name, "Reason") && rest.size > 0) {
			struct span reason = span_take(&rest, ','), protocol = reason;
			int cause = span_number(trace_parameter(reason, ';', "cause"));
			if (span_is(span_take(&protocol, ';'), "Q.850"))
				add_number(e, list, "cause", explain_cause(e, cause), "causes", field->line);
		}
	}
	return list;
}

json_t *explain_warnings(struct explanation *e)
{
	json_t *list = json_array();

	for (int i = field_begin(e); i < field_end(e); i++) {
		const struct trace_field *field = &e->trace->fields[i];
		struct span rest = field->value;
		while (span_is(field->name, "Warning") && rest.size > 0)
			add_number(e, list, "warning", explain_warning(e, span_number(span_take(&rest, ','))), "warnings", field->line);
	}
	return list;
}
