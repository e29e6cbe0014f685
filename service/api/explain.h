/* What the parts of an explanation share: explain.c reads the request and puts the document together. */
#ifndef SIPCODES_EXPLAIN_H
#define SIPCODES_EXPLAIN_H

#include "db/kb.h"
#include "trace/agent.h"
#include "trace/trace.h"

#include <stdbool.h>

enum {
	EXPLAIN_CODES = 700,
	EXPLAIN_CAUSES = 128,
	EXPLAIN_WARNINGS = 400,
	EXPLAIN_AGENTS = 64, /* different values of Server and User-Agent that are looked at */
	EXPLAIN_ADDRESSES = 6,
};

struct explanation {
	struct kb *kb;
	const char *lang;
	const json_t *labels, *fields;
	struct agent_texts *agent_texts;
	struct trace *trace;
	bool redact;
	bool failed; /* memory ran out, or the knowledge base cannot be read */
	/* What was asked for, by number; null: there is none. */
	json_t *codes[EXPLAIN_CODES], *causes[EXPLAIN_CAUSES], *warnings[EXPLAIN_WARNINGS];
	json_t *classes[EXPLAIN_CODES / 100]; /* by their digit */
	json_t *vendors, *phrases;            /* products in short, by slug; notes, by reason phrase */
	struct {
		struct span value;
		const json_t *entry; /* of what it gives away; NULL: nothing */
	} agents[EXPLAIN_AGENTS];
	int agent_count;
};

/* A code in short, borrowed; NULL if nobody defined it or if that failed. */
const json_t *explain_code(struct explanation *e, int code);

/* The same for a Q.850 cause, and for a code of the Warning header field. */
const json_t *explain_cause(struct explanation *e, int cause);
const json_t *explain_warning(struct explanation *e, int warning);

/* The class of a code that nobody defined, borrowed; NULL if that failed. */
const json_t *explain_class(struct explanation *e, int code);

/* A product in short, borrowed; NULL if there is none of this slug, or if that failed. */
const json_t *explain_vendor(struct explanation *e, const char *vendor);

/* What products send this reason phrase: notes, borrowed; NULL if that failed. */
const json_t *explain_phrase_notes(struct explanation *e, const char *phrase);

/* Appends to a list and sets a member; both take the reference, and mark the explanation as failed where that is NULL or memory runs out. */
void explain_append(struct explanation *e, json_t *list, json_t *value);
void explain_set(struct explanation *e, json_t *object, const char *name, json_t *value);

/* "call-1" and "1 INVITE": short labels for a Call-ID and a CSeq. New references; NULL where there is none. */
json_t *explain_call(const struct trace *trace, int transaction);
json_t *explain_cseq(const struct trace_message *message);

/* What the header fields of a message say, or those that stand alone in the text (message NULL): [{"field", "text", "url"}]. Empty where they say
 * nothing. A new reference. */
json_t *explain_fields(struct explanation *e, const struct trace_message *message);

/* The responses in the order of the trace; the transactions. How many were left out stands in *omitted. */
json_t *explain_responses(struct explanation *e, int *omitted);
json_t *explain_transactions(struct explanation *e, int *omitted);

/* Where the text has no message: the codes that its lines mention, in the same form. */
json_t *explain_mentions(struct explanation *e);

/* Each code of such a list once, with its lines. */
json_t *explain_codes(struct explanation *e, const json_t *responses);

/* What the rules find. */
json_t *explain_findings(struct explanation *e, int *omitted);

/* The causes in Reason and the codes in Warning, each with the lines. */
json_t *explain_causes(struct explanation *e);
json_t *explain_warnings(struct explanation *e);

/* The products that the text gives away, or that the client names (vendor, or NULL), with what they do with the codes of the trace. */
json_t *explain_vendors(struct explanation *e, const char *vendor);

/* The product that sent a message, by its Server or User-Agent field; NULL: none that is known. */
const char *explain_sender(struct explanation *e, const struct trace_message *message);

/* The messages between their ends, as text; empty where the text does not tell enough. A new reference. */
json_t *explain_ladder(struct explanation *e);

#endif
