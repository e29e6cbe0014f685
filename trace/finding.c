/* Holds rules against what is seen in a trace. Pure. */
#include "trace/finding.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINES = 12 };

/* Facts that are no numbers. */
enum fact_kind { FACT_NUMBER, FACT_METHOD, FACT_TRANSPORT, FACT_SAW, FACT_PHRASE, FACT_REQUEST_FIELDS, FACT_RESPONSE_FIELDS, FACT_NONE };

struct fact {
	const char *name;
	enum fact_kind kind;
	size_t offset; /* of a number */
};

#define NUMBER(name) { #name, FACT_NUMBER, offsetof(struct trace_facts, name) },
static const struct fact facts[] = {
	TRACE_NUMBERS(NUMBER){ "method", FACT_METHOD, 0 },
	{ "transport", FACT_TRANSPORT, 0 },
	{ "saw", FACT_SAW, 0 },
	{ "phrase", FACT_PHRASE, 0 },
	{ "request_fields", FACT_REQUEST_FIELDS, 0 },
	{ "response_fields", FACT_RESPONSE_FIELDS, 0 },
};
#undef NUMBER

struct finding_condition {
	enum fact_kind kind;
	size_t offset;
	const json_t *wanted;
};

/* ---- reading ---- */

static const struct fact *fact_of(const char *name)
{
	static const struct fact none = { "", FACT_NONE, 0 };

	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
		if (facts[i].name[0] == name[0] && strcmp(facts[i].name, name) == 0)
			return &facts[i];
	return &none;
}

static struct finding_condition condition_of(const char *name, const json_t *wanted)
{
	const struct fact *fact = fact_of(name);

	return (struct finding_condition){ fact->kind, fact->offset, wanted };
}

/* Reads a rule, its conditions to where they begin; returns where they end. */
static struct finding_condition *read_rule(struct finding_rule *rule, const char *name, const json_t *entry, struct finding_condition *conditions)
{
	static const char *const parts[] = { "if", "unless" };
	const char *fact;
	json_t *wanted;

	*rule = (struct finding_rule){ .name = name, .entry = entry, .conditions = conditions };
	for (size_t i = 0; i < 2; i++) {
		json_object_foreach (json_object_get(entry, parts[i]), fact, wanted)
			conditions[rule->count++] = condition_of(fact, wanted);
		if (i == 0)
			rule->if_count = rule->count;
	}
	return conditions + rule->count;
}

struct finding_rule *finding_rules(const json_t *entries)
{
	const char *name;
	json_t *entry;
	size_t count = 0, i = 0;

	json_object_foreach ((json_t *)entries, name, entry)
		count += json_object_size(json_object_get(entry, "if")) + json_object_size(json_object_get(entry, "unless"));
	struct finding_rule *rules = calloc(json_object_size(entries) + 1, sizeof *rules);
	struct finding_condition *conditions = calloc(count + 1, sizeof *conditions);
	if (rules == NULL || conditions == NULL) {
		free(rules);
		free(conditions);
		return NULL;
	}
	rules->conditions = conditions;
	json_object_foreach ((json_t *)entries, name, entry)
		conditions = read_rule(&rules[i++], name, entry, conditions);
	return rules;
}

void finding_rules_free(struct finding_rule *rules)
{
	if (rules == NULL)
		return;
	/* All conditions are one piece, which begins with those of the first rule. */
	free(rules->conditions);
	free(rules);
}

/* ---- conditions ---- */

/* A number, a range, true or false, or a list of which one has to fit. */
static bool number_fits(const json_t *wanted, int n)
{
	size_t i;
	const json_t *one;

	if (json_is_integer(wanted))
		return json_integer_value(wanted) == n;
	if (json_is_boolean(wanted))
		return json_is_true(wanted) == (n == 1);
	if (json_is_object(wanted)) {
		const json_t *min = json_object_get(wanted, "min"), *max = json_object_get(wanted, "max");
		return (min == NULL || n >= json_integer_value(min)) && (max == NULL || n <= json_integer_value(max));
	}
	json_array_foreach ((json_t *)wanted, i, one)
		if (number_fits(one, n))
			return true;
	return false;
}

typedef bool name_test(const void *arg, const char *name);

/* A name, or a list of which one has to fit. */
static bool name_fits(const json_t *wanted, name_test *fits, const void *arg)
{
	size_t i;
	const json_t *one;

	if (json_is_string(wanted))
		return fits(arg, json_string_value(wanted));
	json_array_foreach ((json_t *)wanted, i, one)
		if (name_fits(one, fits, arg))
			return true;
	return false;
}

static bool is_name(const void *arg, const char *name)
{
	return span_is(*(const struct span *)arg, name);
}

static bool is_part(const void *arg, const char *name)
{
	const struct span *s = arg;

	return span_find_any_case(*s, name) < s->size;
}

struct field_place {
	const struct trace *trace;
	const struct trace_message *message;
};

static bool has_field(const void *arg, const char *name)
{
	const struct field_place *place = arg;

	return trace_field(place->trace, place->message, name) != NULL;
}

/* Is there a response whose code fits? 0 fits if there is none at all. */
static bool saw(const json_t *wanted, const struct trace *trace, const struct trace_transaction *t)
{
	bool any = false;

	for (int i = t->first; i >= 0; i = trace->messages[i].next) {
		if (trace->messages[i].code == 0)
			continue;
		any = true;
		if (number_fits(wanted, trace->messages[i].code))
			return true;
	}
	return !any && number_fits(wanted, 0);
}

static bool condition_holds(const struct finding_condition *condition, const struct trace *trace, const struct trace_transaction *t)
{
	const struct trace_message *request = t->request >= 0 ? &trace->messages[t->request] : NULL;
	const struct trace_message *final = t->final >= 0 ? &trace->messages[t->final] : NULL;
	int n;

	switch (condition->kind) {
	case FACT_NUMBER:
		memcpy(&n, (const char *)&t->facts + condition->offset, sizeof n);
		return n != FACT_UNKNOWN && number_fits(condition->wanted, n);
	case FACT_METHOD:
		return name_fits(condition->wanted, is_name, &t->facts.method);
	case FACT_TRANSPORT:
		return name_fits(condition->wanted, is_name, &t->facts.transport);
	case FACT_SAW:
		return saw(condition->wanted, trace, t);
	case FACT_PHRASE:
		return final != NULL && name_fits(condition->wanted, is_part, &final->phrase);
	case FACT_REQUEST_FIELDS:
		return request != NULL && name_fits(condition->wanted, has_field, &(struct field_place){ trace, request });
	case FACT_RESPONSE_FIELDS:
		return final != NULL && name_fits(condition->wanted, has_field, &(struct field_place){ trace, final });
	case FACT_NONE:
		break;
	}
	return false;
}

bool finding_holds(const struct finding_rule *rule, const struct trace *trace, const struct trace_transaction *transaction)
{
	for (int i = 0; i < rule->count; i++)
		if (condition_holds(&rule->conditions[i], trace, transaction) != (i < rule->if_count))
			return false;
	return true;
}

/* ---- evidence ---- */

struct lines {
	int line[MAX_LINES];
	int count;
};

static void add_line(struct lines *lines, int line)
{
	int i = lines->count;

	for (int k = 0; k < lines->count; k++)
		if (lines->line[k] == line)
			return;
	if (lines->count == MAX_LINES)
		return;
	lines->count++;
	for (; i > 0 && lines->line[i - 1] > line; i--)
		lines->line[i] = lines->line[i - 1];
	lines->line[i] = line;
}

/* The messages of a transaction that are evidence of this kind. */
static void add_messages(struct lines *lines, const struct trace *trace, const struct trace_transaction *t, const char *kind)
{
	for (int i = t->first; i >= 0 && lines->count < MAX_LINES; i = trace->messages[i].next) {
		const struct trace_message *message = &trace->messages[i];
		bool ack = message->code == 0 && span_is(message->method, "ACK");
		if ((strcmp(kind, "request") == 0 && message->code == 0 && !ack) || (strcmp(kind, "ack") == 0 && ack) ||
		    (strcmp(kind, "provisional") == 0 && message->code > 0 && message->code < 200) ||
		    (strcmp(kind, "final") == 0 && message->code >= 200 && message->code == t->facts.final))
			add_line(lines, message->line);
	}
}

static void add_first(struct lines *lines, const struct trace *trace, int transaction)
{
	if (transaction >= 0)
		add_line(lines, trace->messages[trace->transactions[transaction].first].line);
}

/* The requests in a row that were challenged, with their challenges. */
static void add_attempts(struct lines *lines, const struct trace *trace, const struct trace_transaction *t)
{
	while (lines->count < MAX_LINES) {
		add_messages(lines, trace, t, "final");
		add_line(lines, trace->messages[t->first].line);
		if (t->facts.challenges <= 1 || t->previous < 0)
			return;
		t = &trace->transactions[t->previous];
	}
}

json_t *finding_lines(const struct finding_rule *rule, const struct trace *trace, const struct trace_transaction *transaction)
{
	struct lines lines = { .count = 0 };
	json_t *array = json_array();
	size_t i;
	const json_t *one;

	json_array_foreach (json_object_get(rule->entry, "evidence"), i, one) {
		const char *kind = json_string_value(one);
		if (strcmp(kind, "cancel") == 0)
			add_first(&lines, trace, transaction->cancel);
		else if (strcmp(kind, "bye") == 0)
			add_first(&lines, trace, transaction->bye);
		else if (strcmp(kind, "retry") == 0)
			add_first(&lines, trace, transaction->retry);
		else if (strcmp(kind, "attempts") == 0)
			add_attempts(&lines, trace, transaction);
		else
			add_messages(&lines, trace, transaction, kind);
	}
	for (int k = 0; k < lines.count; k++)
		if (json_array_append_new(array, json_integer(lines.line[k])) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

/* Is 0 no number of these, but says that there is none? */
static bool is_code(const char *name)
{
	static const char *const codes[] = { "final", "retry_final", "cancel_final", "last_provisional", "cause" };

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (strcmp(codes[i], name) == 0)
			return true;
	return false;
}

static json_t *word_of(struct span s)
{
	return s.size > 0 ? json_stringn(s.start, s.size) : json_string("");
}

int finding_slot(const struct trace_transaction *transaction, const char *name, json_t **value)
{
	const struct trace_facts *f = &transaction->facts;
	const struct fact *fact = fact_of(name);
	int n;

	*value = NULL;
	switch (fact->kind) {
	case FACT_METHOD:
		*value = word_of(f->method);
		break;
	case FACT_TRANSPORT:
		*value = word_of(f->transport);
		break;
	case FACT_NUMBER:
		memcpy(&n, (const char *)f + fact->offset, sizeof n);
		if (n < 0 || (n == 0 && is_code(name)))
			return 0;
		*value = json_integer(n);
		break;
	case FACT_SAW:
	case FACT_PHRASE:
	case FACT_REQUEST_FIELDS:
	case FACT_RESPONSE_FIELDS:
	case FACT_NONE:
		return 0;
	}
	return *value != NULL ? 0 : -1;
}
