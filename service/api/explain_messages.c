/* Of an explanation: the responses, what header fields say, the transactions. */
#include "service/api/explain.h"

#include "db/template.h"
#include "trace/redact.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
	MAX_RESPONSES = 500,
	MAX_TRANSACTIONS = 300,
	MAX_SAID = 20,     /* fields of a message that are told */
	MAX_CODES = 20,    /* of a transaction's responses that are listed */
	MAX_LINES = 24,    /* of a code */
	MAX_MENTIONS = 50, /* codes that a text without messages mentions */
	MAX_FIELD_NAME = 64,
	MAX_DIGITS = 6, /* of a number that is told */
};

/* ---- header fields ---- */

/* Is the code in the ranges of a field: "421", "3xx", "501-504", "any"? */
static bool in_ranges(const json_t *ranges, int code)
{
	size_t i;
	const json_t *range;

	json_array_foreach ((json_t *)ranges, i, range) {
		const char *s = json_string_value(range);
		int first = span_number((struct span){ s, strlen(s) });
		if (strcmp(s, "any") == 0 || (s[1] == 'x' && s[0] - '0' == code / 100) || first == code ||
		    (s[3] == '-' && first <= code && span_number((struct span){ s + 4, 3 }) >= code))
			return true;
	}
	return ranges == NULL;
}

/* The words of a list, as many as there is room for. */
static void set_tokens(struct explanation *e, json_t *slots, struct span value)
{
	json_t *words = json_array();
	int count = 0;

	while (value.size > 0) {
		struct span word = span_take(&value, ',');
		if (word.size > 0 && count++ < MAX_CODES)
			explain_append(e, words, redact_text(word, e->redact));
	}
	explain_set(e, slots, "count", json_integer(count));
	explain_set(e, slots, "value", template_join(words, kb_label(e->labels, "templates", "list_separator")));
}

/* How many addresses there are, and the scheme of the first. */
static void set_addresses(struct explanation *e, json_t *slots, struct span value)
{
	struct span first = value;
	size_t bracket = span_find(value, "<");
	int count = 0;

	if (bracket < first.size)
		first = span_after(first, bracket + 1);
	while (value.size > 0)
		count += span_take(&value, ',').size > 0;
	first.size = span_find(first, ":");
	explain_set(e, slots, "count", json_integer(count));
	explain_set(e, slots, "scheme", redact_text(first, e->redact));
}

static bool is_number(struct span s)
{
	size_t n = 0;

	while (n < s.size && isdigit((unsigned char)s.start[n]))
		n++;
	return n == s.size && n > 0 && n <= MAX_DIGITS;
}

/* The parameters of a value, each by its name. */
static void set_parameters(struct explanation *e, json_t *slots, struct span value, char separator)
{
	struct span first = separator == ',' ? span_take(&value, ' ') : span_take(&value, ';');

	/* Seconds, an error number: the text says what; who somebody is stands in an address. */
	explain_set(e, slots, "value", redact_text(first, e->redact && !is_number(first)));
	for (int count = 0; value.size > 0 && count < MAX_SAID; count++) {
		struct span part = span_take(&value, separator), name = span_take(&part, '=');
		char key[MAX_FIELD_NAME];
		size_t n = 0;
		for (; n < name.size && n + 1 < sizeof key && (isalnum((unsigned char)name.start[n]) || name.start[n] == '-'); n++)
			key[n] = (char)(name.start[n] == '-' ? '_' : tolower((unsigned char)name.start[n]));
		key[n] = '\0';
		if (part.size >= 2 && part.start[0] == '"' && part.start[part.size - 1] == '"')
			part = (struct span){ part.start + 1, part.size - 2 };
		if (n > 0 && part.size > 0)
			explain_set(e, slots, key, redact_text(part, e->redact && strcmp(key, "algorithm") != 0));
	}
}

/* What a field's text can show of its value, by its form. */
static json_t *value_slots(struct explanation *e, const char *form, struct span value)
{
	json_t *slots = json_object();

	if (strcmp(form, "number") == 0) {
		int n = span_number(value);
		if (n >= 0)
			explain_set(e, slots, "value", json_integer(n));
	} else if (strcmp(form, "tokens") == 0) {
		set_tokens(e, slots, value);
	} else if (strcmp(form, "addresses") == 0) {
		set_addresses(e, slots, value);
	} else if (strcmp(form, "challenge") == 0) {
		set_parameters(e, slots, value, ',');
	} else if (strcmp(form, "parameters") == 0) {
		set_parameters(e, slots, value, ';');
	} else {
		explain_set(e, slots, "value", redact_text(value, e->redact));
	}
	return slots;
}

/* The entry of a header field, or NULL. */
static const json_t *entry_of(struct explanation *e, struct span name)
{
	char key[MAX_FIELD_NAME];
	size_t n = 0;

	if (name.size >= sizeof key)
		return NULL;
	for (; n < name.size; n++)
		key[n] = (char)tolower((unsigned char)name.start[n]);
	key[n] = '\0';
	return json_object_get(e->fields, key);
}

static void say_field(struct explanation *e, json_t *said, const struct trace_field *field, const struct trace_message *message)
{
	const json_t *entry = entry_of(e, field->name);
	const char *in = json_string_value(json_object_get(entry, "in")), *form = json_string_value(json_object_get(entry, "form"));

	if (entry == NULL || json_array_size(said) >= MAX_SAID)
		return;
	if (message != NULL && ((strcmp(in, "request") == 0 && message->code > 0) || (strcmp(in, "response") == 0 && message->code == 0) ||
				(message->code > 0 && !in_ranges(json_object_get(entry, "codes"), message->code))))
		return;
	json_auto_t *slots = value_slots(e, form, field->value);
	/* A number that is none says nothing. */
	if (strcmp(form, "number") == 0 && json_object_get(slots, "value") == NULL)
		return;
	json_t *text = template_fill(json_string_value(json_object_get(entry, "text")), slots);
	explain_append(e, said, json_pack("{s:O, s:i, s:o}", "field", json_object_get(entry, "name"), "line", field->line, "text", text));
}

/* Reason and Warning lead to the cause, code or warning that they name; entry NULL: to none that is known. */
static void say_number(struct explanation *e, json_t *said, const struct trace_field *field, const json_t *entry, const char *path, int number)
{
	if (entry == NULL || json_array_size(said) >= MAX_SAID)
		return;
	explain_append(e, said,
		       json_pack("{s:s, s:i, s:o, s:o}", "field", span_is(field->name, "Reason") ? "Reason" : "Warning", "line", field->line, "text",
				 json_sprintf("%d %s", number, json_string_value(json_object_get(entry, "title"))), "url",
				 json_sprintf("/%s/%d", path, number)));
}

static void say_reason(struct explanation *e, json_t *said, const struct trace_field *field)
{
	struct span rest = field->value;

	while (rest.size > 0 && json_array_size(said) < MAX_SAID) {
		struct span reason = span_take(&rest, ','), parameters = reason, protocol = span_take(&parameters, ';');
		int cause = span_number(trace_parameter(reason, ';', "cause"));
		if (span_is(protocol, "Q.850"))
			say_number(e, said, field, explain_cause(e, cause), "causes", cause);
		else if (span_is(protocol, "SIP"))
			say_number(e, said, field, explain_code(e, cause), "codes", cause);
	}
}

static void say_warning(struct explanation *e, json_t *said, const struct trace_field *field)
{
	int number = span_number(field->value);

	say_number(e, said, field, explain_warning(e, number), "warnings", number);
}

json_t *explain_fields(struct explanation *e, const struct trace_message *message)
{
	int first = message != NULL ? message->first_field : 0, count = message != NULL ? message->field_count : e->trace->loose;
	json_t *said = json_array();

	for (int i = first; i < first + count && json_array_size(said) < MAX_SAID; i++) {
		const struct trace_field *field = &e->trace->fields[i];
		if (span_is(field->name, "Reason"))
			say_reason(e, said, field);
		else if (span_is(field->name, "Warning"))
			say_warning(e, said, field);
		else
			say_field(e, said, field, message);
	}
	return said;
}

static void set_fields(struct explanation *e, json_t *object, const struct trace_message *message)
{
	json_t *said = explain_fields(e, message);

	if (json_array_size(said) > 0)
		explain_set(e, object, "says", said);
	else
		json_decref(said);
}

/* ---- responses ---- */

/* How a code that nobody defined is to be treated (RFC 3261 section 8.1.3.2). */
static json_t *undefined_code(struct explanation *e, int line, int code)
{
	const json_t *class = explain_class(e, code);

	return json_pack("{s:i, s:i, s:O, s:O, s:O, s:o}", "line", line, "code", code, "title",
			 json_object_get(kb_problem(e->kb, "code-not-defined", e->lang), "title"), "summary", json_object_get(class, "summary"),
			 "treat_as", json_object_get(class, "treat_as"), "url", json_sprintf("/codes/%d", code));
}

/* A code in short at a line of the text. */
static json_t *code_at(struct explanation *e, int line, int code)
{
	const json_t *brief = explain_code(e, code);

	if (brief == NULL)
		return undefined_code(e, line, code);
	return json_pack("{s:i, s:i, s:O, s:O, s:O}", "line", line, "code", code, "title", json_object_get(brief, "title"), "summary",
			 json_object_get(brief, "summary"), "url", json_object_get(brief, "url"));
}

/* What a reason phrase other than the registered one means, and which products send it. */
static void explain_phrase(struct explanation *e, json_t *response, const struct trace_message *message)
{
	const json_t *brief = explain_code(e, message->code), *known;
	json_t *senders = json_array();
	size_t i;

	if (message->phrase.size > 0 && !span_is(message->phrase, json_string_value(json_object_get(brief, "phrase")))) {
		json_auto_t *phrase = redact_text(message->phrase, false);
		json_array_foreach (json_object_get(brief, "phrases"), i, known)
			if (span_is(message->phrase, json_string_value(json_object_get(known, "phrase"))))
				explain_set(e, response, "phrase_text", json_incref(json_object_get(known, "text")));
		e->failed |= phrase == NULL;
		const json_t *notes = phrase != NULL ? explain_phrase_notes(e, json_string_value(phrase)) : NULL;
		json_array_foreach ((json_t *)notes, i, known)
			explain_append(e, senders,
				       json_pack("{s:O, s:O, s:O, s:O}", "vendor", json_object_get(known, "vendor"), "name",
						 json_object_get(known, "name"), "text", json_object_get(known, "text"), "url",
						 json_object_get(known, "url")));
	}
	if (json_array_size(senders) > 0)
		explain_set(e, response, "phrase_of", senders);
	else
		json_decref(senders);
}

static json_t *response_of(struct explanation *e, const struct trace_message *message)
{
	json_t *response = code_at(e, message->line, message->code);

	if (message->phrase.size > 0)
		explain_set(e, response, "phrase", redact_text(message->phrase, e->redact));
	if (message->transaction >= 0) {
		explain_set(e, response, "call", explain_call(e->trace, message->transaction));
		explain_set(e, response, "cseq", explain_cseq(message));
	}
	if (explain_code(e, message->code) != NULL)
		explain_phrase(e, response, message);
	set_fields(e, response, message);
	return response;
}

json_t *explain_responses(struct explanation *e, int *omitted)
{
	json_t *list = json_array();

	for (int i = 0; i < e->trace->message_count; i++) {
		if (e->trace->messages[i].code == 0)
			continue;
		if (json_array_size(list) < MAX_RESPONSES)
			explain_append(e, list, response_of(e, &e->trace->messages[i]));
		else
			(*omitted)++;
	}
	return list;
}

/* Does a number of three digits stand alone at the offset: no part of a word, of a longer number, or of a quantity? */
static bool stands_alone(struct span s, size_t at)
{
	static const char *const units[] = { "%", " %", "ms", " ms", " s ", "s ", " sec", "kb", " kb", NULL };
	struct span after = span_after(s, at + 3);

	if (at > 0 && (isalnum((unsigned char)s.start[at - 1]) || strchr(".:-+/@#", s.start[at - 1]) != NULL))
		return false;
	if (after.size > 0 && (isalnum((unsigned char)*after.start) || strchr(":@/-", *after.start) != NULL))
		return false;
	if (after.size > 1 && *after.start == '.' && isdigit((unsigned char)after.start[1]))
		return false;
	for (size_t i = 0; units[i] != NULL; i++)
		if (span_begins(after, units[i]))
			return false;
	return true;
}

/* Is the line a header field that is told as such? They are in the order of the lines; *next is where to look on. */
static bool is_told(struct explanation *e, int line, int *next)
{
	while (*next < e->trace->loose && e->trace->fields[*next].line < line)
		(*next)++;
	if (*next == e->trace->loose || e->trace->fields[*next].line != line)
		return false;
	struct span name = e->trace->fields[*next].name;
	return entry_of(e, name) != NULL || span_is(name, "Reason") || span_is(name, "Warning");
}

json_t *explain_mentions(struct explanation *e)
{
	json_t *list = json_array();
	int next = 0;

	for (int i = 0; i < e->trace->line_count && json_array_size(list) < MAX_MENTIONS; i++) {
		struct span s = e->trace->lines[i].text;
		if (is_told(e, e->trace->lines[i].line, &next))
			continue;
		for (size_t k = 0; k + 3 <= s.size && json_array_size(list) < MAX_MENTIONS; k++) {
			if (s.start[k] < '1' || s.start[k] > '6' || !isdigit((unsigned char)s.start[k + 1]) ||
			    !isdigit((unsigned char)s.start[k + 2]) || !stands_alone(s, k))
				continue;
			int code = span_number((struct span){ s.start + k, 3 });
			if (explain_code(e, code) != NULL)
				explain_append(e, list, code_at(e, e->trace->lines[i].line, code));
			k += 2;
		}
	}
	return list;
}

json_t *explain_codes(struct explanation *e, const json_t *responses)
{
	json_t *places[EXPLAIN_CODES] = { NULL }, *list = json_array();
	size_t i;
	const json_t *response;

	json_array_foreach ((json_t *)responses, i, response) {
		json_int_t code = json_integer_value(json_object_get(response, "code"));
		if (places[code] == NULL) {
			places[code] = json_array();
			json_t *entry = json_pack("{s:I, s:O, s:O, s:O*, s:o, s:O}", "code", code, "title", json_object_get(response, "title"),
						  "summary", json_object_get(response, "summary"), "treat_as", json_object_get(response, "treat_as"),
						  "lines", places[code], "url", json_object_get(response, "url"));
			explain_append(e, list, entry);
			if (e->failed)
				break;
		}
		if (json_array_size(places[code]) < MAX_LINES)
			explain_append(e, places[code], json_incref(json_object_get(response, "line")));
	}
	return list;
}

/* ---- transactions ---- */

/* What became of it: a label of the group outcome. */
static const char *outcome_of(const struct trace *trace, const struct trace_transaction *t)
{
	const struct trace_facts *f = &t->facts;

	if (f->final == 0)
		return f->last_provisional > 0 || f->trying > 0 ? "pending" : "unanswered";
	if (f->final == 401 || f->final == 407)
		return "challenged";
	if (f->final == 487)
		return "cancelled";
	(void)trace;
	return f->class == 2 ? "succeeded" : f->class == 3 ? "redirected" : "refused";
}

static json_t *transaction_of(struct explanation *e, int number)
{
	const struct trace *trace = e->trace;
	const struct trace_transaction *t = &trace->transactions[number];
	const struct trace_message *first = &trace->messages[t->first];
	json_t *codes = json_array();

	for (int i = t->first; i >= 0 && json_array_size(codes) < MAX_CODES; i = trace->messages[i].next)
		if (trace->messages[i].code > 0)
			explain_append(e, codes, json_integer(trace->messages[i].code));
	json_t *transaction =
		json_pack("{s:o, s:o, s:s%, s:i, s:i, s:o, s:s}", "call", explain_call(trace, number), "cseq",
			  json_sprintf("%d %.*s", first->cseq, (int)t->facts.method.size, t->facts.method.start), "method", t->facts.method.start,
			  t->facts.method.size, "line", first->line, "sent", t->facts.sent, "responses", codes, "outcome", outcome_of(trace, t));
	if (t->facts.final > 0)
		explain_set(e, transaction, "final", json_integer(t->facts.final));
	if (t->request >= 0)
		set_fields(e, transaction, &trace->messages[t->request]);
	return transaction;
}

json_t *explain_transactions(struct explanation *e, int *omitted)
{
	json_t *list = json_array();

	for (int i = 0; i < e->trace->transaction_count; i++) {
		const struct trace_facts *facts = &e->trace->transactions[i].facts;
		/* An ACK alone is none. */
		if (facts->sent == 0 && facts->final == 0 && facts->last_provisional == 0 && facts->trying == 0)
			continue;
		if (json_array_size(list) < MAX_TRANSACTIONS)
			explain_append(e, list, transaction_of(e, i));
		else
			(*omitted)++;
	}
	return list;
}
