/* Renders a document as Markdown that reads well in a terminal. What it says is in the document and in the labels;
 * the tables here say only in which order. */
#include "service/render/render.h"

#include "db/kb.h"
#include "db/words.h"
#include "service/render/ladder.h"

#include <string.h>

enum form {
	END,
	TITLE,     /* # the template, filled from the document */
	HEADING,   /* ## the label; no field */
	QUOTE,     /* > the field */
	LINE,      /* the template, filled from the document */
	PARAGRAPH, /* the field, or every string of it */
	BULLETS,   /* - every string of a list, or every member of an object */
	STEPS,     /* 1. every string of a list */
	ROWS,      /* - the template, filled from every object of a list */
	LABELLED,  /* - **name of the member:** the member */
	TEXTS,     /* the same, of those that have a text */
	TOLD,      /* the same, of those that have more to tell than what they are: fields, a phrase */
	DETAILS,   /* the same, and under each what else there is of it */
	PRODUCTS,  /* notes of products as ROWS, or as DETAILS if they are all of one product */
	PAIRS,     /* - the template, and under it what holds for either side */
	FILLED,    /* the template, filled from the field, an object */
	LADDER,    /* the document as a call flow */
	VERBATIM,  /* the field, a text of several lines, as it is */
};

struct block {
	enum form form;
	const char *field;    /* "retry/text" is a member of a member */
	const char *heading;  /* a label of the group headings, or NULL */
	const char *template; /* a label of the group templates, or NULL */
};

/* What DETAILS shows under a row: a member, and the template for the row. */
static const struct {
	const char *field, *template;
} details[] = {
	{ "phrase", "note_phrase" },         { "knob", "note_knob" },       { "where", "note_where" },
	{ "diagnostic", "note_diagnostic" }, { "release", "note_release" }, { "contradiction", "note_contradiction" },
	{ "evidence", "cause_evidence" },    { "fix", "cause_fix" },        { "map", "cause_map" },
	{ "source", "note_source" },
};

static const struct block code_blocks[] = {
	{ TITLE, NULL, NULL, "code_title" },
	{ QUOTE, "summary", NULL, NULL },
	{ LINE, NULL, NULL, "facts" },
	{ LINE, NULL, NULL, "facts_methods" },
	{ PARAGRAPH, "description", NULL, NULL },
	{ BULLETS, "when", "when", NULL },
	{ STEPS, "fix", "fix", NULL },
	{ PARAGRAPH, "retry/text", "retry", NULL },
	{ LABELLED, "effect", "effect", NULL },
	{ ROWS, "headers", "headers", "header" },
	{ FILLED, "q850", "q850", "q850" },
	{ PARAGRAPH, "q850/text", NULL, NULL },
	{ ROWS, "phrases", "phrases", "phrase" },
	{ ROWS, "emitters", "emitters", "emitter" },
	{ ROWS, "site_notes", "site_notes", "site_note" },
	{ FILLED, "rule", "rule", "rule" },
	{ PARAGRAPH, "rule/why", NULL, NULL },
	{ PRODUCTS, "vendors", "vendors", NULL },
	{ ROWS, "scenarios", "scenarios_of", "page_item" },
	{ ROWS, "topics", "topics_of", "page_link" },
	{ ROWS, "flows", "flows_of", "page_link" },
	{ ROWS, "related", "related", "related" },
	{ ROWS, "references", "references", "reference" },
	{ END, NULL, NULL, NULL },
};

static const struct block comparison_blocks[] = {
	{ TITLE, NULL, NULL, "comparison_title" },
	{ QUOTE, "verdict", NULL, NULL },
	{ BULLETS, "which", "which", NULL },
	{ PARAGRAPH, "ask", "ask", NULL },
	{ PARAGRAPH, "relation/text", "relation", NULL },
	{ PAIRS, "differences", "differences", "difference" },
	{ PAIRS, "vendors", "vendors_differ", "vendor_difference" },
	{ ROWS, "same", "same", "same_row" },
	{ END, NULL, NULL, NULL },
};

static const struct block *const layouts[LAYOUT_COUNT] = {
	[LAYOUT_SERVICE] =
		(const struct block[]){
			{ HEADING, NULL, "service", NULL },
			{ PARAGRAPH, "description", NULL, NULL },
			{ FILLED, "versions", NULL, "versions" },
			{ ROWS, "links", "links", "link" },
			{ ROWS, "languages", "languages", "language" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_LLMS] =
		(const struct block[]){
			{ TITLE, NULL, NULL, "llms_title" },
			{ QUOTE, "description", NULL, NULL },
			{ LINE, NULL, NULL, "llms_use" },
			{ ROWS, "links", "links", "link" },
			{ ROWS, "codes", "codes", "llms_code" },
			{ ROWS, "topics", "topics", "llms_page" },
			{ ROWS, "scenarios", "scenarios", "llms_page" },
			{ ROWS, "flows", "flows", "llms_page" },
			{ ROWS, "vendors", "vendors_list", "llms_page" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_CODES] =
		(const struct block[]){
			{ HEADING, NULL, "codes", NULL },
			{ ROWS, "items", NULL, "code_item" },
			{ LINE, NULL, NULL, "total" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_CODE] = code_blocks,
	[LAYOUT_COMPARISON] = comparison_blocks,
	[LAYOUT_CLASSES] =
		(const struct block[]){
			{ HEADING, NULL, "classes", NULL },
			{ ROWS, "items", NULL, "class_item" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_CLASS] =
		(const struct block[]){
			{ TITLE, NULL, NULL, "class_title" },
			{ QUOTE, "summary", NULL, NULL },
			{ PARAGRAPH, "description", NULL, NULL },
			{ ROWS, "codes", "codes", "code_item" },
			{ FILLED, "reference", "references", "reference" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_VENDORS] =
		(const struct block[]){
			{ HEADING, NULL, "vendors_list", NULL },
			{ ROWS, "items", NULL, "vendor_item" },
			{ LINE, NULL, NULL, "total" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_VENDOR] =
		(const struct block[]){
			{ TITLE, NULL, NULL, "title" },
			{ QUOTE, "summary", NULL, NULL },
			{ LINE, NULL, NULL, "vendor_facts" },
			{ PARAGRAPH, "description", NULL, NULL },
			{ FILLED, "rule", "rule", "rule" },
			{ PARAGRAPH, "rule/why", NULL, NULL },
			{ ROWS, "site_notes", "site_notes", "site_note" },
			{ DETAILS, "notes", "notes", "note" },
			{ DETAILS, "timers", "vendor_timers", "vendor_timer" },
			{ DETAILS, "causes", "vendor_causes", "cause_table" },
			{ ROWS, "scenarios", "scenarios_of", "page_item" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_SCENARIOS] =
		(const struct block[]){
			{ HEADING, NULL, "scenarios", NULL },
			{ ROWS, "items", NULL, "page_item" },
			{ LINE, NULL, NULL, "total" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_SCENARIO] =
		(const struct block[]){
			{ TITLE, NULL, NULL, "title" },
			{ QUOTE, "summary", NULL, NULL },
			{ PARAGRAPH, "symptom", "symptom", NULL },
			{ DETAILS, "causes", "likely_causes", "cause" },
			{ ROWS, "vendors", "vendors_of", "page_link" },
			{ ROWS, "codes", "codes_of", "code_item" },
			{ ROWS, "flows", "flows_of", "page_link" },
			{ ROWS, "references", "references", "reference" },
			{ ROWS, "sources", "sources", "source" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_TOPICS] =
		(const struct block[]){
			{ HEADING, NULL, "topics", NULL },
			{ ROWS, "items", NULL, "page_item" },
			{ LINE, NULL, NULL, "total" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_TOPIC] =
		(const struct block[]){
			{ TITLE, NULL, NULL, "title" },
			{ QUOTE, "summary", NULL, NULL },
			{ PARAGRAPH, "answer", NULL, NULL },
			{ ROWS, "codes", "codes_of", "code_item" },
			{ ROWS, "topics", "topics_of", "page_link" },
			{ ROWS, "flows", "flows_of", "page_link" },
			{ ROWS, "references", "references", "reference" },
			{ ROWS, "sources", "sources", "source" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_FLOWS] =
		(const struct block[]){
			{ HEADING, NULL, "flows", NULL },
			{ ROWS, "items", NULL, "page_item" },
			{ LINE, NULL, NULL, "total" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_FLOW] =
		(const struct block[]){
			{ TITLE, NULL, NULL, "title" },
			{ QUOTE, "summary", NULL, NULL },
			{ PARAGRAPH, "description", NULL, NULL },
			{ LADDER, "steps", NULL, NULL },
			{ TEXTS, "steps", "steps", "step" },
			{ ROWS, "codes", "codes_of", "code_link" },
			{ ROWS, "topics", "topics_of", "page_link" },
			{ ROWS, "references", "references", "reference" },
			{ ROWS, "sources", "sources", "source" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_TIMERS] =
		(const struct block[]){
			{ HEADING, NULL, "timers", NULL },
			{ ROWS, "items", NULL, "timer_item" },
			{ LINE, NULL, NULL, "total" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_TIMER] =
		(const struct block[]){
			{ TITLE, NULL, NULL, "timer_title" },
			{ QUOTE, "summary", NULL, NULL },
			{ LINE, NULL, NULL, "timer_facts" },
			{ PARAGRAPH, "description", NULL, NULL },
			{ ROWS, "vendors", "vendor_timers", "timer_of_vendor" },
			{ ROWS, "codes", "codes_of", "code_item" },
			{ ROWS, "references", "references", "reference" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_CAUSES] =
		(const struct block[]){
			{ HEADING, NULL, "causes", NULL },
			{ ROWS, "items", NULL, "cause_item" },
			{ LINE, NULL, NULL, "total" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_CAUSE] =
		(const struct block[]){
			{ TITLE, NULL, NULL, "q850_title" },
			{ QUOTE, "summary", NULL, NULL },
			{ LINE, NULL, NULL, "q850_facts" },
			{ PARAGRAPH, "description", NULL, NULL },
			{ STEPS, "fix", "fix", NULL },
			{ ROWS, "to_sip", "to_sip", "code_item" },
			{ ROWS, "from_sip", "from_sip", "code_item" },
			{ ROWS, "vendors", "causes_of_vendors", "vendor_cause" },
			{ ROWS, "references", "references", "reference" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_WARNINGS] =
		(const struct block[]){
			{ HEADING, NULL, "warnings", NULL },
			{ ROWS, "items", NULL, "warning_item" },
			{ LINE, NULL, NULL, "total" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_WARNING] =
		(const struct block[]){
			{ TITLE, NULL, NULL, "warning_title" },
			{ QUOTE, "summary", NULL, NULL },
			{ PARAGRAPH, "description", NULL, NULL },
			{ STEPS, "fix", "fix", NULL },
			{ ROWS, "codes", "codes_of", "code_item" },
			{ ROWS, "references", "references", "reference" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_SEARCH] =
		(const struct block[]){
			{ TITLE, NULL, NULL, "search_title" },
			{ ROWS, "items", NULL, "search_item" },
			{ ROWS, "nearest", "search_nearest", "search_item" },
			{ LINE, NULL, NULL, "total" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_EXPLANATION] =
		(const struct block[]){
			{ HEADING, NULL, "explanation", NULL },
			{ LINE, NULL, NULL, "explanation_facts" },
			{ PARAGRAPH, "hint", NULL, NULL },
			{ ROWS, "findings", "findings", "finding" },
			{ VERBATIM, "ladder", "ladder", NULL },
			{ ROWS, "codes", "codes_seen", "code_seen" },
			{ TOLD, "responses", "responses", "response" },
			{ ROWS, "transactions", "transactions", "transaction_row" },
			{ ROWS, "says", "says", "said" },
			{ ROWS, "vendors", "vendors_seen", "vendor_seen" },
			{ ROWS, "causes", "causes_seen", "cause_seen" },
			{ ROWS, "warnings", "warnings_seen", "warning_seen" },
			{ FILLED, "omitted", "omitted", "omitted" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_TERMS] =
		(const struct block[]){
			{ HEADING, NULL, "glossary", NULL },
			{ ROWS, "items", NULL, "term_item" },
			{ LINE, NULL, NULL, "total" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_TERM] =
		(const struct block[]){
			{ TITLE, NULL, NULL, "title" },
			{ PARAGRAPH, "definition", NULL, NULL },
			{ LABELLED, "terms", "languages", NULL },
			{ ROWS, "codes", "codes_of_term", "code_item" },
			{ ROWS, "references", "references", "reference" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_PROBLEM_TYPES] =
		(const struct block[]){
			{ HEADING, NULL, "problems", NULL },
			{ ROWS, "items", NULL, "problem_item" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_PROBLEM_TYPE] =
		(const struct block[]){
			{ TITLE, NULL, NULL, "title" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_PROBLEM] =
		(const struct block[]){
			{ TITLE, NULL, NULL, "problem_title" },
			{ PARAGRAPH, "detail", NULL, NULL },
			{ ROWS, "nearest", "nearest", "code_item" },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_HEALTH] =
		(const struct block[]){
			{ PARAGRAPH, "status", NULL, NULL },
			{ END, NULL, NULL, NULL },
		},
	[LAYOUT_RAW] = (const struct block[]){ { END, NULL, NULL, NULL } },
};

/* ---- writing ---- */

struct writer {
	FILE *out;
	const json_t *document;
	const json_t *labels;
	bool begun; /* something was written: a blank line goes before what follows */
	bool failed;
};

static void fill(struct writer *w, const char *template, const json_t *object)
{
	/* There is an object, unless memory ran out for it. */
	if (object == NULL || words_write(w->out, template, object, w->labels) != 0)
		w->failed = true;
	putc('\n', w->out);
}

static const json_t *field(const json_t *document, const char *path)
{
	char name[32];
	const char *slash = strchr(path, '/');

	if (slash == NULL)
		return json_object_get(document, path);
	snprintf(name, sizeof name, "%.*s", (int)(slash - path), path);
	return json_object_get(json_object_get(document, name), slash + 1);
}

/* Is there nothing to show: absent, an empty list, an object of nothing but these? */
static bool is_empty(const json_t *value)
{
	const char *name;
	json_t *member;

	if (json_is_object(value)) {
		json_object_foreach ((json_t *)value, name, member)
			if (!is_empty(member))
				return false;
		return true;
	}
	return value == NULL || (json_is_array(value) && json_array_size(value) == 0) || (json_is_string(value) && json_string_length(value) == 0);
}

static void write_list(struct writer *w, const json_t *list, bool numbered)
{
	size_t i;
	const json_t *item;

	json_array_foreach ((json_t *)list, i, item) {
		if (numbered)
			fprintf(w->out, "%zu. %s\n", i + 1, json_string_value(item));
		else
			fprintf(w->out, "- %s\n", json_string_value(item));
	}
}

static void write_members(struct writer *w, const json_t *object, bool labelled)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)object, name, value) {
		if (!labelled) {
			fprintf(w->out, "- %s\n", json_string_value(value));
			continue;
		}
		json_auto_t *row = json_pack("{s:s, s:O}", "label", kb_label(w->labels, "aspects", name), "value", value);
		fputs("- ", w->out);
		fill(w, "labelled", row);
	}
}

/* Under each row, what holds for a and what for b: a string, or an object in the words of the template "treatment". */
static void write_pairs(struct writer *w, const json_t *list, const char *template)
{
	static const char *const sides[] = { "a", "b" };
	size_t i;
	const json_t *row;

	json_array_foreach ((json_t *)list, i, row) {
		fputs("- ", w->out);
		fill(w, template, row);
		for (size_t k = 0; k < 2; k++) {
			json_auto_t *side = json_pack("{s:O, s:o}", "side", json_object_get(json_object_get(w->document, sides[k]), "code"), "value",
						      words_of("treatment", json_object_get(row, sides[k]), w->labels));
			fputs("  - ", w->out);
			fill(w, "difference_side", side);
		}
	}
}

/* Under a row what else there is of it. */
static void write_row_details(struct writer *w, const json_t *row)
{
	for (size_t i = 0; i < sizeof details / sizeof details[0]; i++) {
		if (is_empty(json_object_get(row, details[i].field)))
			continue;
		fputs("  - ", w->out);
		fill(w, details[i].template, row);
	}
}

/* Has the row more to tell than what it is? */
static bool tells_more(const json_t *row)
{
	return json_object_get(row, "says") != NULL || json_object_get(row, "phrase_text") != NULL || json_object_get(row, "phrase_of") != NULL;
}

static bool is_shown(const json_t *row, enum form form)
{
	return form == TEXTS ? json_object_get(row, "text") != NULL : form != TOLD || tells_more(row);
}

/* The rows of a list that the form shows. */
static bool shows_any(const json_t *list, enum form form)
{
	size_t i;
	const json_t *row;

	json_array_foreach ((json_t *)list, i, row)
		if (is_shown(row, form))
			return true;
	return false;
}

/* ROWS; TEXTS and TOLD, which leave rows out; DETAILS. */
static void write_rows(struct writer *w, const json_t *list, const char *template, enum form form)
{
	size_t i;
	const json_t *row;

	json_array_foreach ((json_t *)list, i, row) {
		if (!is_shown(row, form))
			continue;
		fputs("- ", w->out);
		fill(w, template, row);
		if (form == DETAILS)
			write_row_details(w, row);
	}
}

/* Notes of products: one of each, which leads to the others, or all of one product. */
static void write_products(struct writer *w, const json_t *notes)
{
	bool one_of_each = json_object_get(json_array_get(notes, 0), "all") != NULL;

	write_rows(w, notes, one_of_each ? "product" : "note", one_of_each ? ROWS : DETAILS);
}

static void write_paragraphs(struct writer *w, const json_t *value)
{
	size_t i;
	const json_t *paragraph;

	if (json_is_string(value))
		fprintf(w->out, "%s\n", json_string_value(value));
	json_array_foreach ((json_t *)value, i, paragraph)
		fprintf(w->out, "%s%s\n", i > 0 ? "\n" : "", json_string_value(paragraph));
}

static void write_ladder(struct writer *w)
{
	fputs("```text\n", w->out);
	if (ladder_text(w->document, w->out) != 0)
		w->failed = true;
	fputs("```\n", w->out);
}

static void write_block(struct writer *w, const struct block *block)
{
	const json_t *value = block->field != NULL ? field(w->document, block->field) : NULL;

	if (block->field != NULL && (is_empty(value) || (block->form == TOLD && !shows_any(value, TOLD))))
		return;
	if (w->begun)
		putc('\n', w->out);
	w->begun = true;
	if (block->heading != NULL)
		fprintf(w->out, "%s %s\n", block->form == HEADING ? "#" : "##", kb_label(w->labels, "headings", block->heading));
	if (block->heading != NULL && block->form != HEADING)
		putc('\n', w->out);
	switch (block->form) {
	case TITLE:
		fputs("# ", w->out);
		fill(w, block->template, w->document);
		break;
	case LINE:
		fill(w, block->template, w->document);
		break;
	case FILLED:
		fill(w, block->template, value);
		break;
	case QUOTE:
		fprintf(w->out, "> %s\n", json_string_value(value));
		break;
	case PARAGRAPH:
		write_paragraphs(w, value);
		break;
	case BULLETS:
	case STEPS:
		if (json_is_object(value))
			write_members(w, value, false);
		else
			write_list(w, value, block->form == STEPS);
		break;
	case LABELLED:
		write_members(w, value, true);
		break;
	case ROWS:
	case TEXTS:
	case TOLD:
	case DETAILS:
		write_rows(w, value, block->template, block->form);
		break;
	case PRODUCTS:
		write_products(w, value);
		break;
	case PAIRS:
		write_pairs(w, value, block->template);
		break;
	case LADDER:
		write_ladder(w);
		break;
	case VERBATIM:
		fprintf(w->out, "```text\n%s```\n", json_string_value(value));
		break;
	case HEADING:
	case END:
		break;
	}
}

int render_text(const json_t *document, enum layout layout, const json_t *labels, struct memstream *body)
{
	struct writer w = { .document = document, .labels = labels, .out = memstream_open(body) };

	if (w.out == NULL)
		return -1;
	for (const struct block *b = layouts[layout]; b->form != END; b++)
		write_block(&w, b);
	return memstream_close(w.out, body, w.failed);
}
