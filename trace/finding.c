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

/* What fits: the numbers of a range, or a name. */
struct finding_value {
	json_int_t min, max;
	const char *name;
};

/* Holds if one of its values fits. */
struct finding_condition {
	enum fact_kind kind;
	size_t offset;
	const struct finding_value *values;
	int count;
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

/* How many values there can be in what is wanted; all of a rule's. */
static size_t count_values(const json_t *wanted)
{
	const json_t *one;
	size_t count = 0, i;

	if (!json_is_array(wanted))
		return 2;
	json_array_foreach ((json_t *)wanted, i, one)
		count += count_values(one);
	return count;
}

/* Reads a name, a number, a range, true or false, which is all but true, or a list of these, to where the values begin; returns where they end. */
static struct finding_value *read_values(const json_t *wanted, struct finding_value *values)
{
	const json_t *one;
	size_t i;

	if (json_is_string(wanted)) {
		*values++ = (struct finding_value){ .name = json_string_value(wanted) };
	} else if (json_is_integer(wanted)) {
		*values++ = (struct finding_value){ .min = json_integer_value(wanted), .max = json_integer_value(wanted) };
	} else if (json_is_object(wanted)) {
		const json_t *min = json_object_get(wanted, "min"), *max = json_object_get(wanted, "max");
		*values++ = (struct finding_value){ .min = min != NULL ? json_integer_value(min) : INT_MIN,
						    .max = max != NULL ? json_integer_value(max) : INT_MAX };
	} else if (json_is_true(wanted)) {
		*values++ = (struct finding_value){ .min = 1, .max = 1 };
	} else if (json_is_false(wanted)) {
		*values++ = (struct finding_value){ .min = INT_MIN, .max = 0 };
		*values++ = (struct finding_value){ .min = 2, .max = INT_MAX };
	}
	json_array_foreach ((json_t *)wanted, i, one)
		values = read_values(one, values);
	return values;
}

/* Reads a rule, its conditions and values to where they begin, and moves both behind them. */
static void read_rule(struct finding_rule *rule, const char *name, const json_t *entry, struct finding_condition **conditions,
		      struct finding_value **values)
{
	static const char *const parts[] = { "if", "unless" };
	const char *fact_name;
	json_t *wanted;

	*rule = (struct finding_rule){ .name = name, .entry = entry, .conditions = *conditions, .values = *values };
	for (size_t i = 0; i < 2; i++) {
		json_object_foreach (json_object_get(entry, parts[i]), fact_name, wanted) {
			const struct fact *fact = fact_of(fact_name);
			struct finding_value *end = read_values(wanted, *values);
			rule->conditions[rule->count++] = (struct finding_condition){ fact->kind, fact->offset, *values, (int)(end - *values) };
			*values = end;
		}
		if (i == 0)
			rule->if_count = rule->count;
	}
	*conditions += rule->count;
}

/* How many conditions a part of a rule has; adds to *values how many values these can have. */
static size_t count_conditions(const json_t *part, size_t *values)
{
	const char *fact;
	json_t *wanted;

	json_object_foreach ((json_t *)part, fact, wanted)
		*values += count_values(wanted);
	return json_object_size(part);
}

struct finding_rule *finding_rules(const json_t *entries)
{
	const char *name;
	json_t *entry;
	size_t condition_count = 0, value_count = 0, i = 0;

	json_object_foreach ((json_t *)entries, name, entry)
		condition_count += count_conditions(json_object_get(entry, "if"), &value_count) +
				   count_conditions(json_object_get(entry, "unless"), &value_count);
	struct finding_rule *rules = calloc(json_object_size(entries) + 1, sizeof *rules);
	struct finding_condition *conditions = calloc(condition_count + 1, sizeof *conditions);
	struct finding_value *values = calloc(value_count + 1, sizeof *values);
	if (rules == NULL || conditions == NULL || values == NULL) {
		free(rules);
		free(conditions);
		free(values);
		return NULL;
	}
	rules->conditions = conditions;
	rules->values = values;
	json_object_foreach ((json_t *)entries, name, entry)
		read_rule(&rules[i++], name, entry, &conditions, &values);
	return rules;
}

void finding_rules_free(struct finding_rule *rules)
{
	if (rules == NULL)
		return;
	/* All conditions are one piece, which begins with those of the first rule; so are all values. */
	free(rules->conditions);
	free(rules->values);
	free(rules);
}

/* ---- conditions ---- */

static bool number_fits(const struct finding_condition *condition, int n)
{
	for (int i = 0; i < condition->count; i++)
		if (condition->values[i].min <= n && n <= condition->values[i].max)
			return true;
	return false;
}

static bool word_fits(const struct finding_condition *condition, struct span word)
{
	for (int i = 0; i < condition->count; i++)
		if (span_is(word, condition->values[i].name))
			return true;
	return false;
}

static bool part_fits(const struct finding_condition *condition, struct span text)
{
	for (int i = 0; i < condition->count; i++)
		if (span_find_any_case(text, condition->values[i].name) < text.size)
			return true;
	return false;
}

static bool field_fits(const struct finding_condition *condition, const struct trace *trace, const struct trace_message *message)
{
	for (int i = 0; i < condition->count; i++)
		if (trace_field(trace, message, condition->values[i].name) != NULL)
			return true;
	return false;
}

/* Is there a response whose code fits? 0 fits if there is none at all. */
static bool saw_fits(const struct finding_condition *condition, const struct trace *trace, const struct trace_transaction *t)
{
	bool any = false;

	for (int i = t->first; i >= 0; i = trace->messages[i].next) {
		if (trace->messages[i].code == 0)
			continue;
		any = true;
		if (number_fits(condition, trace->messages[i].code))
			return true;
	}
	return !any && number_fits(condition, 0);
}

static bool condition_holds(const struct finding_condition *condition, const struct trace *trace, const struct trace_transaction *t)
{
	int n;

	switch (condition->kind) {
	case FACT_NUMBER:
		memcpy(&n, (const char *)&t->facts + condition->offset, sizeof n);
		return n != FACT_UNKNOWN && number_fits(condition, n);
	case FACT_METHOD:
		return word_fits(condition, t->facts.method);
	case FACT_TRANSPORT:
		return word_fits(condition, t->facts.transport);
	case FACT_SAW:
		return saw_fits(condition, trace, t);
	case FACT_PHRASE:
		return t->final >= 0 && part_fits(condition, trace->messages[t->final].phrase);
	case FACT_REQUEST_FIELDS:
		return t->request >= 0 && field_fits(condition, trace, &trace->messages[t->request]);
	case FACT_RESPONSE_FIELDS:
		return t->final >= 0 && field_fits(condition, trace, &trace->messages[t->final]);
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
