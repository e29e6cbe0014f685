/* Of an explanation: the products, and the ladder, which names them. */
#include "service/api/explain.h"

#include "db/memstream.h"
#include "service/render/ladder.h"
#include "trace/field.h"
#include "trace/redact.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_VENDORS = 6,
	MAX_HANDLED = 8,      /* codes of failure of which it is told what a product does with them */
	MAX_NOTES = 2,        /* on each */
	MAX_METHOD = 32,      /* bytes of a method that notes are about, with its NUL */
	MAX_LOG_LINES = 5000, /* that are searched for what a product writes */
	MAX_LOG_LINE = 400,   /* bytes of each */
	MAX_VALUE = 120,      /* bytes of a Server or User-Agent field that are looked at */
	MAX_STEPS = 80,       /* messages that are drawn */
};

/* ---- who wrote it ---- */

/* Is one of the entry's products in the list? */
static bool is_listed(const json_t *list, const json_t *entry)
{
	size_t i, k;
	const json_t *known, *vendor;

	json_array_foreach ((json_t *)list, i, known)
		json_array_foreach (json_object_get(entry, "vendors"), k, vendor)
			if (json_equal(json_object_get(known, "vendor"), vendor))
				return true;
	return false;
}

/* The likeliest product of an entry. */
static const char *likeliest(const json_t *entry)
{
	return json_string_value(json_array_get(json_object_get(entry, "vendors"), 0));
}

static const struct trace_field *agent_field(const struct explanation *e, const struct trace_message *message)
{
	const struct trace_field *field = trace_field(e->trace, message, "User-Agent");

	return field != NULL ? field : trace_field(e->trace, message, "Server");
}

/* The entry of what a message says of its sender, or NULL. */
static const json_t *sender_entry(struct explanation *e, const struct trace_message *message)
{
	const struct trace_field *field = agent_field(e, message);

	if (field == NULL)
		return NULL;
	for (int i = 0; i < e->agent_count; i++)
		if (span_same(e->agents[i].value, field->value))
			return e->agents[i].entry;
	if (e->agent_count == EXPLAIN_AGENTS)
		return NULL;
	struct span value = field->value;
	if (value.size > MAX_VALUE)
		value.size = MAX_VALUE;
	const json_t *entry = agent_find(e->agent_texts, AGENT_FIELD, value);
	e->agents[e->agent_count].value = field->value;
	e->agents[e->agent_count++].entry = entry;
	return entry;
}

const char *explain_sender(struct explanation *e, const struct trace_message *message)
{
	return likeliest(sender_entry(e, message));
}

/* ---- products ---- */

/* What a product does with the codes of the trace, the most specific notes on each. */
static json_t *handling_of(struct explanation *e, const char *vendor)
{
	json_t *list = json_array();
	bool done[EXPLAIN_CODES] = { false };
	char method[MAX_METHOD];
	int count = 0;

	for (int i = 0; i < e->trace->message_count && count < MAX_HANDLED; i++) {
		int code = e->trace->messages[i].code;
		json_auto_t *notes = NULL;
		size_t k;
		json_t *note;
		if (code < 300 || code >= EXPLAIN_CODES || done[code])
			continue;
		done[code] = true;
		count++;
		snprintf(method, sizeof method, "%.*s", (int)e->trace->messages[i].method.size, e->trace->messages[i].method.start);
		e->failed |= kb_vendor_handling(e->kb, vendor, code, method, MAX_NOTES, e->lang, &notes) != KB_OK;
		json_array_foreach (notes, k, note)
			explain_append(e, list,
				       json_pack("{s:i, s:O, s:O*, s:O, s:o}", "code", code, "direction", json_object_get(note, "direction"),
						 "action", json_object_get(note, "action"), "text", json_object_get(note, "text"), "url",
						 json_sprintf("/codes/%d?vendor=%s", code, vendor)));
	}
	return list;
}

/* Adds a product, unless it is there; line 0: the client named it. */
static void add_vendor(struct explanation *e, json_t *list, const char *vendor, const char *field, int line)
{
	size_t i;
	const json_t *known;

	json_array_foreach (list, i, known)
		if (strcmp(json_string_value(json_object_get(known, "vendor")), vendor) == 0)
			return;
	if (json_array_size(list) >= MAX_VENDORS)
		return;
	const json_t *brief = explain_vendor(e, vendor);
	if (brief == NULL)
		return;
	/* json_copy does not tell when memory ran out. */
	json_t *product = json_object(), *handling = handling_of(e, vendor);
	e->failed |= json_object_update(product, (json_t *)brief) != 0;
	if (line > 0)
		explain_set(e, product, "evidence", json_pack("{s:s, s:i}", "field", field, "line", line));
	if (json_array_size(handling) > 0)
		explain_set(e, product, "handling", handling);
	else
		json_decref(handling);
	explain_append(e, list, product);
}

/* Fields that only one product writes. */
static void add_by_fields(struct explanation *e, json_t *list)
{
	for (int i = e->trace->loose; i < e->trace->field_count && json_array_size(list) < MAX_VENDORS; i++) {
		const struct trace_field *field = &e->trace->fields[i];
		char key[64];
		size_t n = 0;
		if (field->name.size >= sizeof key)
			continue;
		for (; n < field->name.size; n++)
			key[n] = (char)tolower((unsigned char)field->name.start[n]);
		key[n] = '\0';
		const json_t *entry = json_object_get(e->fields, key);
		const char *vendor = likeliest(entry);
		if (vendor != NULL && !is_listed(list, entry))
			add_vendor(e, list, vendor, json_string_value(json_object_get(entry, "name")), field->line);
	}
}

/* What the log itself says, which tells products apart that write the same into their messages. */
static void add_by_log(struct explanation *e, json_t *list)
{
	for (int i = 0; i < e->trace->line_count && i < MAX_LOG_LINES && json_array_size(list) < MAX_VENDORS; i++) {
		struct span text = e->trace->lines[i].text;
		if (text.size > MAX_LOG_LINE)
			text.size = MAX_LOG_LINE;
		const json_t *entry = agent_find(e->agent_texts, AGENT_LOG, text);
		if (entry != NULL && !is_listed(list, entry))
			add_vendor(e, list, likeliest(entry), "log", e->trace->lines[i].line);
	}
}

static void add_by_agents(struct explanation *e, json_t *list)
{
	for (int i = 0; i < e->trace->message_count && json_array_size(list) < MAX_VENDORS; i++) {
		const struct trace_field *field = agent_field(e, &e->trace->messages[i]);
		const json_t *entry = sender_entry(e, &e->trace->messages[i]);
		if (entry != NULL && !is_listed(list, entry))
			add_vendor(e, list, likeliest(entry), span_is(field->name, "Server") ? "Server" : "User-Agent", field->line);
	}
}

json_t *explain_vendors(struct explanation *e, const char *vendor)
{
	json_t *list = json_array();

	if (vendor != NULL)
		add_vendor(e, list, vendor, NULL, 0);
	add_by_log(e, list);
	add_by_agents(e, list);
	add_by_fields(e, list);
	return list;
}

/* ---- the ladder ---- */

/* An end of messages: a host, or the machine that wrote the log. */
struct end {
	struct span host;
	bool here;
};

struct ends {
	struct end end[EXPLAIN_ADDRESSES];
	const char *vendor[EXPLAIN_ADDRESSES];
	int count;
};

static bool is_known(struct end end)
{
	return end.here || end.host.size > 0;
}

/* Where a request comes from, and where it goes to, by the message itself. */
static struct end origin_of(const struct trace_message *request)
{
	return (struct end){ request->received.size > 0 ? request->received : request->sent_by, false };
}

static struct end target_of(const struct trace_message *request)
{
	return (struct end){ field_host(request->uri), false };
}

static struct end sender_by_log(const struct trace_message *message)
{
	return (struct end){ message->from, message->here_from };
}

static struct end receiver_by_log(const struct trace_message *message)
{
	return (struct end){ message->to, message->here_to };
}

/* The request that a response answers on its hop, the last one before it; NULL: it is not in the text. */
static const struct trace_message *request_of(const struct trace *trace, int index)
{
	const struct trace_message *message = &trace->messages[index], *found = NULL;

	if (message->transaction < 0)
		return NULL;
	for (int i = trace->transactions[message->transaction].first, steps = 0; i >= 0 && i < index && steps < MAX_STEPS;
	     i = trace->messages[i].next, steps++)
		if (trace->messages[i].code == 0 && span_same(trace->messages[i].branch, message->branch))
			found = &trace->messages[i];
	return found;
}

/* By the log, else by the message: a response goes the way of its request back. */
static void ends_of(const struct trace *trace, int index, struct end *from, struct end *to)
{
	const struct trace_message *message = &trace->messages[index], *request = message->code > 0 ? request_of(trace, index) : message;

	*from = sender_by_log(message);
	*to = receiver_by_log(message);
	if (message->code == 0) {
		if (!is_known(*from))
			*from = origin_of(message);
		if (!is_known(*to))
			*to = target_of(message);
		return;
	}
	if (!is_known(*from) && request != NULL)
		*from = is_known(receiver_by_log(request)) ? receiver_by_log(request) : target_of(request);
	if (!is_known(*to))
		*to = request != NULL && is_known(sender_by_log(request)) ? sender_by_log(request) : origin_of(message);
}

/* The place of an end among them, which it gets if there is room; -1: there is none. */
static int place_of(struct ends *ends, struct end end)
{
	for (int i = 0; i < ends->count; i++)
		if (ends->end[i].here == end.here && span_same(ends->end[i].host, end.host))
			return i;
	if (ends->count == EXPLAIN_ADDRESSES || !is_known(end))
		return -1;
	ends->end[ends->count] = end;
	return ends->count++;
}

/* A letter or, if nothing has to be left out, the host; and the product. */
static json_t *name_of(struct explanation *e, const struct ends *ends, int i)
{
	json_auto_t *host = redact_text(ends->end[i].host, false);
	const char letter[] = { (char)('A' + i), '\0' };
	const char *name = ends->end[i].here ? kb_label(e->labels, "explain", "here") : e->redact ? letter : json_string_value(host);

	if (ends->vendor[i] == NULL)
		return name != NULL ? json_string(name) : NULL;
	const json_t *brief = explain_vendor(e, ends->vendor[i]);
	if (name == NULL || brief == NULL)
		return NULL;
	return json_sprintf("%s: %s", name, json_string_value(json_object_get(brief, "name")));
}

static json_t *step_of(const struct explanation *e, const struct trace_message *message, int from, int to)
{
	const char ids[] = { (char)('A' + from), '\0', (char)('A' + to), '\0' };
	json_auto_t *phrase = redact_text(message->phrase, e->redact);

	if (phrase == NULL)
		return NULL;
	json_t *text = message->code > 0 ? json_sprintf("%d%s%s", message->code, message->phrase.size > 0 ? " " : "", json_string_value(phrase))
					 : json_stringn(message->method.start, message->method.size);

	return json_pack("{s:s, s:s, s:s, s:o, s:s*, s:i}", "kind", message->code > 0 ? "response" : "request", "from", &ids[0], "to", &ids[2],
			 "message", text, "detail", message->sdp.present ? "SDP" : NULL, "line", message->line);
}

static json_t *draw(const json_t *flow)
{
	struct memstream stream;
	FILE *out = memstream_open(&stream);

	if (out == NULL)
		return NULL;
	int failed = ladder_text(flow, out);
	if (memstream_close(out, &stream, failed != 0) != 0)
		return NULL;
	json_t *text = json_stringn(stream.data, stream.size);
	free(stream.data);
	return text;
}

json_t *explain_ladder(struct explanation *e)
{
	struct ends ends = { .count = 0 };
	json_t *steps = json_array(), *participants = json_array();
	json_auto_t *flow = json_pack("{s:o, s:o}", "participants", participants, "steps", steps);

	for (int i = 0; i < e->trace->message_count && json_array_size(steps) < MAX_STEPS; i++) {
		struct end from, to;
		ends_of(e->trace, i, &from, &to);
		int left = place_of(&ends, from), right = place_of(&ends, to);
		const char *sender = explain_sender(e, &e->trace->messages[i]);
		if (left >= 0 && ends.vendor[left] == NULL)
			ends.vendor[left] = sender;
		if (left >= 0 && right >= 0 && left != right)
			explain_append(e, steps, step_of(e, &e->trace->messages[i], left, right));
	}
	for (int i = 0; i < ends.count; i++) {
		const char id[] = { (char)('A' + i), '\0' };
		explain_append(e, participants, json_pack("{s:s, s:o}", "id", id, "name", name_of(e, &ends, i)));
	}
	return json_array_size(steps) > 0 ? draw(flow) : json_string("");
}
