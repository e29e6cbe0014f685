/* Draws a call flow in plain characters or as Mermaid source. Pure: it knows only the document. */
#include "service/render/ladder.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	MIN_NUMBER_WIDTH = 4, /* "12  " before each line */
	MIN_GAP = 12,         /* columns between two lifelines */
	ARROW_ROOM = 8        /* columns of an arrow beside its label */
};

static const char *get(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value != NULL ? value : "";
}

static bool is(const json_t *object, const char *name, const char *value)
{
	return strcmp(get(object, name), value) == 0;
}

/* ---- widths ---- */

/* Does the character take two columns? East Asian Wide and Fullwidth (Unicode Standard Annex 11), as far as they are letters,
 * ideographs and punctuation. */
static bool is_wide(unsigned long c)
{
	static const struct {
		unsigned long first, last;
	} wide[] = {
		{ 0x1100, 0x115F }, { 0x2E80, 0x303E }, { 0x3041, 0xA4CF }, { 0xAC00, 0xD7A3 },   { 0xF900, 0xFAFF },
		{ 0xFE30, 0xFE6F }, { 0xFF00, 0xFF60 }, { 0xFFE0, 0xFFE6 }, { 0x20000, 0x3FFFD },
	};

	for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
		if (c >= wide[i].first && c <= wide[i].last)
			return true;
	return false;
}

/* The columns that a UTF-8 string takes in a terminal. */
static int width(const char *s)
{
	int columns = 0;

	while (*s != '\0') {
		unsigned char lead = (unsigned char)*s++;
		unsigned long c = lead < 0x80 ? lead : lead < 0xE0 ? lead & 0x1Fu : lead < 0xF0 ? lead & 0x0Fu : lead & 0x07u;
		for (; ((unsigned char)*s & 0xC0) == 0x80; s++)
			c = c << 6 | ((unsigned char)*s & 0x3Fu);
		columns += is_wide(c) ? 2 : 1;
	}
	return columns;
}

static void repeat(FILE *out, char c, int times)
{
	for (; times > 0; times--)
		putc(c, out);
}

/* ---- the plan ---- */

struct plan {
	const json_t *participants;
	int count;
	int number_width;
	int x[LADDER_MAX_PARTICIPANTS]; /* the columns of the lifelines, from 0 */
};

/* The place of a participant, -1 for one that is not drawn. */
static int place_of(const struct plan *plan, const char *id)
{
	for (int i = 0; i < plan->count; i++)
		if (is(json_array_get(plan->participants, (size_t)i), "id", id))
			return i;
	return -1;
}

static const char *name_of(const struct plan *plan, int place)
{
	return get(json_array_get(plan->participants, (size_t)place), "name");
}

/* The ends of a step from left to right; false for one that is not between two that are drawn. */
static bool ends(const struct plan *plan, const json_t *step, int *left, int *right)
{
	int from = place_of(plan, get(step, "from")), to = place_of(plan, get(step, "to"));

	*left = from < to ? from : to;
	*right = from < to ? to : from;
	return *left >= 0 && *left != *right;
}

static int label_width(const json_t *step)
{
	const char *detail = get(step, "detail");

	return width(get(step, "message")) + (*detail != '\0' ? width(detail) + 3 : 0);
}

static void write_label(const json_t *step, FILE *out)
{
	const char *detail = get(step, "detail");

	fputs(get(step, "message"), out);
	if (*detail != '\0')
		fprintf(out, " (%s)", detail);
}

/* The number that stands before a step: of its line in a trace, else its place. */
static json_int_t number_of(const json_t *step, size_t i)
{
	const json_t *line = json_object_get(step, "line");

	return line != NULL ? json_integer_value(line) : (json_int_t)i + 1;
}

/* Sets the lifelines so far apart that every label fits on its arrow: arrows between neighbours first, then the longer ones. */
static void make_plan(struct plan *plan, const json_t *flow)
{
	int gaps[LADDER_MAX_PARTICIPANTS] = { 0 };
	size_t i, count;
	const json_t *step;
	int left, right;

	plan->participants = json_object_get(flow, "participants");
	plan->number_width = MIN_NUMBER_WIDTH;
	json_array_foreach (json_object_get(flow, "steps"), i, step) {
		int digits = snprintf(NULL, 0, "%" JSON_INTEGER_FORMAT, number_of(step, i));
		if (digits + 2 > plan->number_width)
			plan->number_width = digits + 2;
	}
	count = json_array_size(plan->participants);
	plan->count = (int)(count < LADDER_MAX_PARTICIPANTS ? count : LADDER_MAX_PARTICIPANTS);
	for (int k = 0; k + 1 < plan->count; k++) {
		int names = (width(name_of(plan, k)) + width(name_of(plan, k + 1))) / 2 + 3;
		gaps[k] = names > MIN_GAP ? names : MIN_GAP;
	}
	for (int span = 1; span < plan->count; span++) {
		json_array_foreach (json_object_get(flow, "steps"), i, step) {
			if (!ends(plan, step, &left, &right) || right - left != span)
				continue;
			int room = 0, need = label_width(step) + ARROW_ROOM;
			for (int k = left; k < right; k++)
				room += gaps[k];
			if (room < need)
				gaps[right - 1] += need - room;
		}
	}
	plan->x[0] = plan->count > 0 ? width(name_of(plan, 0)) / 2 : 0;
	for (int k = 1; k < plan->count; k++)
		plan->x[k] = plan->x[k - 1] + gaps[k - 1];
}

/* ---- text ---- */

static void write_names(const struct plan *plan, FILE *out)
{
	int column = 0;

	repeat(out, ' ', plan->number_width);
	for (int i = 0; i < plan->count; i++) {
		int start = plan->x[i] - width(name_of(plan, i)) / 2;
		repeat(out, ' ', start - column);
		fputs(name_of(plan, i), out);
		column = start + width(name_of(plan, i));
	}
	putc('\n', out);
}

/* The lifelines from one place to another, the column after the last one in *column. */
static void write_lifelines(const struct plan *plan, int from, int to, int *column, FILE *out)
{
	for (int i = from; i < to; i++) {
		repeat(out, ' ', plan->x[i] - *column);
		putc('|', out);
		*column = plan->x[i] + 1;
	}
}

static bool is_media(const json_t *step)
{
	return is(step, "kind", "media") || is(step, "kind", "one-way-media");
}

/* Between two lifelines: "-- INVITE (SDP offer) ->", the line of "=" for media and of "." for another protocol. */
static void write_arrow(const struct plan *plan, const json_t *step, int left, int right, FILE *out)
{
	char line = *(is_media(step) ? "=" : is(step, "kind", "signal") ? "." : "-");
	int room = plan->x[right] - plan->x[left] - 1 - label_width(step) - 2;
	bool both = is(step, "kind", "media"), to_right = place_of(plan, get(step, "to")) == right;
	int before = room / 2;

	putc(both || !to_right ? '<' : line, out);
	repeat(out, line, before - 1);
	putc(' ', out);
	write_label(step, out);
	putc(' ', out);
	repeat(out, line, room - before - 1);
	putc(both || to_right ? '>' : line, out);
}

static void write_step(const struct plan *plan, const json_t *step, json_int_t number, FILE *out)
{
	int left, right, column = 0;

	fprintf(out, "%-*" JSON_INTEGER_FORMAT, plan->number_width, number);
	if (ends(plan, step, &left, &right)) {
		write_lifelines(plan, 0, left + 1, &column, out);
		write_arrow(plan, step, left, right, out);
		column = plan->x[right];
		write_lifelines(plan, right, plan->count, &column, out);
	} else {
		/* A note: its text stands below the ladder, under the number. */
		repeat(out, ' ', plan->x[0]);
		repeat(out, '*', plan->x[plan->count - 1] - plan->x[0] + 1);
	}
	putc('\n', out);
}

int ladder_text(const json_t *flow, FILE *out)
{
	struct plan plan = { .count = 0 };
	size_t i;
	const json_t *step;
	int column = 0;

	make_plan(&plan, flow);
	if (plan.count == 0)
		return 0;
	write_names(&plan, out);
	repeat(out, ' ', plan.number_width);
	write_lifelines(&plan, 0, plan.count, &column, out);
	putc('\n', out);
	json_array_foreach (json_object_get(flow, "steps"), i, step)
		write_step(&plan, step, number_of(step, i), out);
	return ferror(out) ? -1 : 0;
}

/* ---- Mermaid ---- */

/* In a message of a sequence diagram ";" ends the line and "#" begins an entity. */
static void write_escaped(const char *s, FILE *out)
{
	for (; *s != '\0'; s++) {
		if (*s == ';' || *s == '#')
			fprintf(out, "#%d;", *s);
		else
			putc(*s, out);
	}
}

static void write_mermaid_step(const struct plan *plan, const json_t *step, FILE *out)
{
	int left, right, from = place_of(plan, get(step, "from")), to = place_of(plan, get(step, "to"));
	const char *detail = get(step, "detail");

	if (!ends(plan, step, &left, &right)) {
		fprintf(out, "    Note over p1,p%d: ", plan->count);
		write_escaped(get(step, "text"), out);
	} else {
		if (is(step, "kind", "media"))
			fprintf(out, "    Note over p%d,p%d: ", left + 1, right + 1);
		else
			fprintf(out, "    p%d%sp%d: ", from + 1, is(step, "kind", "response") ? "-->>" : is_media(step) ? "-)" : "->>", to + 1);
		write_escaped(get(step, "message"), out);
		if (*detail != '\0') {
			fputs(" (", out);
			write_escaped(detail, out);
			putc(')', out);
		}
	}
	putc('\n', out);
}

int ladder_mermaid(const json_t *flow, struct memstream *source)
{
	struct plan plan = { .count = 0 };
	size_t i;
	const json_t *step;
	FILE *out = memstream_open(source);

	if (out == NULL)
		return -1;
	make_plan(&plan, flow);
	fputs("sequenceDiagram\n", out);
	for (int k = 0; k < plan.count; k++) {
		fprintf(out, "    participant p%d as ", k + 1);
		write_escaped(name_of(&plan, k), out);
		putc('\n', out);
	}
	json_array_foreach (json_object_get(flow, "steps"), i, step)
		write_mermaid_step(&plan, step, out);
	return memstream_close(out, source, false);
}
