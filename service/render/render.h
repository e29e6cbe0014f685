/* Turns a document into a representation. Every format shows the same document. */
#ifndef SIPCODES_RENDER_H
#define SIPCODES_RENDER_H

#include "db/memstream.h"

#include <jansson.h>

/* How a document is laid out as text; the tables are in text.c. */
enum layout {
	LAYOUT_SERVICE,
	LAYOUT_LLMS, /* text only */
	LAYOUT_CODES,
	LAYOUT_CODE,
	LAYOUT_COMPARISON,
	LAYOUT_CLASSES,
	LAYOUT_CLASS,
	LAYOUT_VENDORS,
	LAYOUT_VENDOR,
	LAYOUT_SCENARIOS,
	LAYOUT_SCENARIO,
	LAYOUT_TOPICS,
	LAYOUT_TOPIC,
	LAYOUT_FLOWS,
	LAYOUT_FLOW,
	LAYOUT_TIMERS,
	LAYOUT_TIMER,
	LAYOUT_CAUSES,
	LAYOUT_CAUSE,
	LAYOUT_WARNINGS,
	LAYOUT_WARNING,
	LAYOUT_SEARCH,
	LAYOUT_EXPLANATION,
	LAYOUT_TERMS,
	LAYOUT_TERM,
	LAYOUT_PROBLEM_TYPES,
	LAYOUT_PROBLEM_TYPE,
	LAYOUT_PROBLEM,
	LAYOUT_HEALTH,
	LAYOUT_RAW, /* JSON only */
	LAYOUT_COUNT
};

/* Both return 0 and leave the representation in *body, or -1 if memory ran out. labels are those of the document's language (kb_labels). */
int render_json(const json_t *document, struct memstream *body);
int render_text(const json_t *document, enum layout layout, const json_t *labels, struct memstream *body);

#endif
