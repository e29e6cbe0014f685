/* Turns a document into a representation. Every format shows the same document. */
#ifndef SIPCODES_RENDER_H
#define SIPCODES_RENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* How a document is laid out as text; the tables are in text.c. */
enum layout {
	LAYOUT_SERVICE,
	LAYOUT_CODES,
	LAYOUT_CODE,
	LAYOUT_COMPARISON,
	LAYOUT_CLASSES,
	LAYOUT_CLASS,
	LAYOUT_TERMS,
	LAYOUT_TERM,
	LAYOUT_PROBLEM_TYPES,
	LAYOUT_PROBLEM_TYPE,
	LAYOUT_PROBLEM,
	LAYOUT_HEALTH,
	LAYOUT_RAW, /* JSON only */
	LAYOUT_COUNT
};

/* A body to send: free data with free(). */
struct body {
	char *data;
	size_t size;
};

/* Opens a stream that writes into the body; NULL if memory ran out. */
FILE *body_open(struct body *body);

/* Closes it. Returns 0 if all was written; -1, and no data, if anything or the caller (failed) failed. */
int body_close(FILE *out, struct body *body, bool failed);

/* Both return 0 and set *body, or -1 if memory ran out. labels are those of the document's language (kb_labels). */
int render_json(const json_t *document, struct body *body);
int render_text(const json_t *document, enum layout layout, const json_t *labels, struct body *body);

#endif
