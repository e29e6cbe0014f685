/* /explain: what happened in a trace */
#include "service/api/explain.h"

#include "db/json_parse.h"
#include "db/words.h"
#include "service/api/api.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What the client wants: the text and how. */
struct wish {
	const char *text;
	size_t size;
	const char *vendor; /* NULL: none */
	bool redact;
	json_t *object; /* what it was posted as, if as JSON */
};

/* ---- the request ---- */

static bool is_media_type(const char *field, const char *type)
{
	size_t n = strlen(type);

	return field != NULL && strncasecmp(field, type, n) == 0 && (field[n] == '\0' || strchr("; \t", field[n]) != NULL);
}

static enum problem unsupported(const char *value, json_t **out)
{
	*out = json_pack("{s:s, s:[s, s]}", "value", value, "media_types", "text/plain", "application/json");
	return PROBLEM_UNSUPPORTED_MEDIA_TYPE;
}

static enum problem invalid_member(const char *member, json_t **out)
{
	*out = json_pack("{s:s}", "member", member);
	return PROBLEM_INVALID_CONTENT;
}

/* {"text": ..., "vendor": ..., "redact": ...} */
static enum problem read_object(const struct api_request *request, struct wish *wish, json_t **out)
{
	const char *name, *content = request->content != NULL ? request->content : "";
	json_t *value;
	json_error_t error;

	wish->object = json_parse(content, request->content_size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (wish->object == NULL && json_error_code(&error) == json_error_out_of_memory)
		return PROBLEM_INTERNAL;
	if (!json_is_object(wish->object))
		return invalid_member("{}", out);
	json_object_foreach (wish->object, name, value) {
		bool string = strcmp(name, "text") == 0 || strcmp(name, "vendor") == 0;
		if ((string && !json_is_string(value)) || (!string && (strcmp(name, "redact") != 0 || !json_is_boolean(value))))
			return invalid_member(name, out);
	}
	const json_t *text = json_object_get(wish->object, "text"), *redact = json_object_get(wish->object, "redact");
	if (text == NULL)
		return invalid_member("text", out);
	wish->text = json_string_value(text);
	wish->size = json_string_length(text);
	if (redact != NULL)
		wish->redact = json_is_true(redact);
	return PROBLEM_NONE;
}

static enum problem read_redact(const struct api_request *request, struct wish *wish, json_t **out)
{
	const char *value = request->query(request->source, "redact");

	if (value == NULL)
		return PROBLEM_NONE;
	wish->redact = strcmp(value, "false") != 0;
	if (wish->redact && strcmp(value, "true") != 0)
		return api_invalid_parameter("redact", value, json_pack("[s, s]", "true", "false"), out);
	return PROBLEM_NONE;
}

/* What was posted without saying what it is, is text. */
static enum problem read_wish(const struct api_request *request, struct wish *wish, json_t **out)
{
	char type_field[API_MAX_FIELD], coding_field[API_MAX_FIELD];
	const char *type = request->field(request->source, "Content-Type", type_field);
	const char *coding = request->field(request->source, "Content-Encoding", coding_field);
	enum problem problem = read_redact(request, wish, out);

	if (problem != PROBLEM_NONE)
		return problem;
	if (coding != NULL && strcasecmp(coding, "identity") != 0)
		return unsupported(coding, out);
	if (is_media_type(type, "application/json")) {
		problem = read_object(request, wish, out);
		if (problem != PROBLEM_NONE)
			return problem;
		wish->vendor = json_string_value(json_object_get(wish->object, "vendor"));
	} else if (type != NULL && !is_media_type(type, "text/plain") && !is_media_type(type, "application/x-www-form-urlencoded")) {
		return unsupported(type, out);
	} else {
		wish->text = request->content != NULL ? request->content : "";
		wish->size = request->content_size;
	}
	return wish->vendor != NULL ? api_known_vendor(request, wish->vendor, out) : api_vendor(request, &wish->vendor, out);
}

/* ---- what the parts share ---- */

/* Keeps what was asked for, or that there is none. */
static const json_t *keep(struct explanation *e, json_t **place, enum kb_status status)
{
	e->failed |= status == KB_FAILED;
	if (status == KB_NOT_FOUND)
		*place = json_null();
	return json_is_object(*place) ? *place : NULL;
}

static const json_t *entry(struct explanation *e, json_t **place, enum kb_kind kind, int number)
{
	char key[16];

	if (*place != NULL)
		return json_is_object(*place) ? *place : NULL;
	snprintf(key, sizeof key, "%d", number);
	return keep(e, place, kb_item(e->kb, kind, key, e->lang, place));
}

const json_t *explain_code(struct explanation *e, int code)
{
	if (code < 100 || code >= EXPLAIN_CODES)
		return NULL;
	if (e->codes[code] != NULL)
		return json_is_object(e->codes[code]) ? e->codes[code] : NULL;
	return keep(e, &e->codes[code], kb_code_brief(e->kb, code, e->lang, &e->codes[code]));
}

const json_t *explain_cause(struct explanation *e, int cause)
{
	return cause > 0 && cause < EXPLAIN_CAUSES ? entry(e, &e->causes[cause], KB_CAUSES, cause) : NULL;
}

const json_t *explain_warning(struct explanation *e, int warning)
{
	return warning > 0 && warning < EXPLAIN_WARNINGS ? entry(e, &e->warnings[warning], KB_WARNINGS, warning) : NULL;
}

const json_t *explain_class(struct explanation *e, int code)
{
	json_t **place = &e->classes[code / 100];
	const char digit[] = { (char)('0' + code / 100), '\0' };

	if (*place == NULL)
		e->failed |= kb_document(e->kb, KB_CLASSES, digit, e->lang, place) != KB_OK;
	return *place;
}

const json_t *explain_vendor(struct explanation *e, const char *vendor)
{
	json_t *brief = NULL;

	if (json_object_get(e->vendors, vendor) == NULL) {
		enum kb_status status = kb_vendor_brief(e->kb, vendor, e->lang, &brief);
		e->failed |= status == KB_FAILED;
		if (status == KB_OK)
			explain_set(e, e->vendors, vendor, brief);
	}
	return json_object_get(e->vendors, vendor);
}

const json_t *explain_phrase_notes(struct explanation *e, const char *phrase)
{
	json_t *notes = NULL;

	if (json_object_get(e->phrases, phrase) == NULL) {
		if (kb_phrase_notes(e->kb, phrase, e->lang, &notes) == KB_OK)
			explain_set(e, e->phrases, phrase, notes);
		else
			e->failed = true;
	}
	return json_object_get(e->phrases, phrase);
}

void explain_append(struct explanation *e, json_t *list, json_t *value)
{
	if (json_array_append_new(list, value) != 0)
		e->failed = true;
}

void explain_set(struct explanation *e, json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value) != 0)
		e->failed = true;
}

json_t *explain_call(const struct trace *trace, int transaction)
{
	return json_sprintf("call-%d", trace->transactions[transaction].call + 1);
}

json_t *explain_cseq(const struct trace_message *message)
{
	return json_sprintf("%d %.*s", message->cseq, (int)message->method.size, message->method.start);
}

/* ---- the document ---- */

/* Whether somebody defined the final code is all that the knowledge base adds to what is seen. */
static void mark_defined(struct explanation *e)
{
	for (int i = 0; i < e->trace->transaction_count; i++) {
		struct trace_facts *facts = &e->trace->transactions[i].facts;
		if (facts->final > 0)
			facts->defined = explain_code(e, facts->final) != NULL;
	}
}

static void set_list(struct explanation *e, json_t *document, const char *name, json_t *list)
{
	e->failed |= list == NULL;
	if (json_array_size(list) > 0)
		explain_set(e, document, name, list);
	else
		json_decref(list);
}

static json_t *build(struct explanation *e, const char *vendor)
{
	struct trace *trace = e->trace;
	int responses = 0, transactions = 0, findings = 0;
	json_auto_t *document = json_pack("{s:s, s:i, s:b}", "lang", e->lang, "messages", trace->message_count, "redacted", e->redact);

	mark_defined(e);
	explain_set(e, document, "findings", explain_findings(e, &findings));
	explain_set(e, document, "ladder", explain_ladder(e));
	json_t *list = trace->message_count > 0 ? explain_responses(e, &responses) : explain_mentions(e);
	explain_set(e, document, "codes", explain_codes(e, list));
	explain_set(e, document, "responses", list);
	explain_set(e, document, "transactions", explain_transactions(e, &transactions));
	explain_set(e, document, "vendors", explain_vendors(e, vendor));
	explain_set(e, document, "causes", explain_causes(e));
	explain_set(e, document, "warnings", explain_warnings(e));
	if (trace->message_count == 0) {
		set_list(e, document, "says", explain_fields(e, NULL));
		if (json_array_size(json_object_get(document, "responses")) == 0 && json_object_get(document, "says") == NULL)
			explain_set(e, document, "hint", json_string(kb_label(e->labels, "explain", "hint")));
	}
	if (responses + transactions + findings > 0)
		explain_set(e, document, "omitted",
			    json_pack("{s:i, s:i, s:i}", "responses", responses, "transactions", transactions, "findings", findings));
	return e->failed ? NULL : json_incref(document);
}

static void forget(json_t *entries[], int count)
{
	for (int i = 0; i < count; i++)
		json_decref(entries[i]);
}

enum problem explain_post(const struct api_request *request, json_t **out)
{
	struct wish wish = { .redact = true };
	enum problem problem = read_wish(request, &wish, out);
	struct explanation e = { .kb = request->kb,
				 .lang = request->lang,
				 .labels = kb_labels(request->kb, request->lang),
				 .vendors = json_object(),
				 .phrases = json_object(),
				 .redact = wish.redact };

	if (problem == PROBLEM_NONE)
		problem = api_problem(kb_load_tables(request->kb));
	if (problem == PROBLEM_NONE) {
		e.fields = kb_table(e.kb, KB_TABLE_FIELDS, e.lang);
		e.trace = trace_read(wish.text, wish.size);
		e.agent_texts = agent_texts_read(kb_table(e.kb, KB_TABLE_AGENTS, e.lang));
		*out = e.trace != NULL && e.agent_texts != NULL ? build(&e, wish.vendor) : NULL;
		problem = *out != NULL ? PROBLEM_NONE : PROBLEM_INTERNAL;
	}
	forget(e.codes, EXPLAIN_CODES);
	forget(e.causes, EXPLAIN_CAUSES);
	forget(e.warnings, EXPLAIN_WARNINGS);
	forget(e.classes, EXPLAIN_CODES / 100);
	json_decref(e.vendors);
	json_decref(e.phrases);
	agent_texts_free(e.agent_texts);
	trace_free(e.trace);
	json_decref(wish.object);
	return problem;
}
