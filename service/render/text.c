/* Renders a document as Markdown that reads well in a terminal. What it says is in the document and in the labels;
 * the tables here say only in which order. */
#include "service/render/render.h"

#include "db/kb.h"
#include "db/template.h"
#include "db/words.h"

#include <string.h>

enum form {
	END,
	TITLE,     /* # the template, filled from the document */
	HEADING,   /* ## the label; no field */
	QUOTE,     /* > the field */
	LINE,      /* the template, filled from the document */
	PARAGRAPH, /* the field */
	BULLETS,   /* - every string of a list, or every member of an object */
	STEPS,     /* 1. every string of a list */
	ROWS,      /* - the template, filled from every object of a list */
	LABELLED,  /* - **name of the member:** the member */
	PAIRS,     /* - **label** and under it what holds for either side */
	FILLED,    /* the template, filled from the field, an object */
};

struct block {
	enum form form;
	const char *field;    /* "retry/text" is a member of a member */
	const char *heading;  /* a label of the group headings, or NULL */
	const char *template; /* a label of the group templates, or NULL */
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
	json_auto_t *slots = object != NULL ? words_of_members(object, w->labels) : NULL;

	if (slots == NULL)
		w->failed = true;
	else
		template_write(w->out, kb_label(w->labels, "templates", template), slots);
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
	return value == NULL || (json_is_array(value) && json_array_size(value) == 0);
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
		json_auto_t *slots = json_pack("{s:s, s:O}", "label", kb_label(w->labels, "aspects", name), "value", value);
		fputs("- ", w->out);
		if (slots == NULL)
			w->failed = true;
		else
			template_write(w->out, kb_label(w->labels, "templates", "labelled"), slots);
		putc('\n', w->out);
	}
}

/* Under each aspect, what holds for a and what for b. */
static void write_pairs(struct writer *w, const json_t *list, const char *template)
{
	static const char *const sides[] = { "a", "b" };
	size_t i;
	const json_t *row;

	json_array_foreach ((json_t *)list, i, row) {
		fputs("- ", w->out);
		fill(w, template, row);
		for (size_t k = 0; k < 2; k++) {
			json_auto_t *slots = json_pack("{s:O, s:O}", "side", json_object_get(json_object_get(w->document, sides[k]), "code"), "value",
						       json_object_get(row, sides[k]));
			fputs("  - ", w->out);
			fill(w, "difference_side", slots);
		}
	}
}

static void write_rows(struct writer *w, const json_t *list, const char *template)
{
	size_t i;
	const json_t *row;

	json_array_foreach ((json_t *)list, i, row) {
		fputs("- ", w->out);
		fill(w, template, row);
	}
}

static void write_block(struct writer *w, const struct block *block)
{
	const json_t *value = block->field != NULL ? field(w->document, block->field) : NULL;

	if (block->field != NULL && is_empty(value))
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
		fprintf(w->out, "%s\n", json_string_value(value));
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
		write_rows(w, value, block->template);
		break;
	case PAIRS:
		write_pairs(w, value, block->template);
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
