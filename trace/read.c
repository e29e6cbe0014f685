/* Reads messages out of text, line by line, past whatever a log puts around them. Pure. */
#include "trace/field.h"
#include "trace/log.h"
#include "trace/transaction.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_METHOD = 20,   /* bytes */
	MAX_VERSIONS = 16, /* places in a line where a first line may end or begin */
	CONTEXT_LINES = 10 /* of the log before a message that tell of it */
};

struct reader {
	struct trace *trace;
	char *next, *end;
	char *physical_end; /* where the line ends that next is in */
	char *mark[2];      /* the next ones of the bytes that may begin an escaped line end, or the end of the text */
	int line;           /* the number of that line */
	bool failed;        /* memory ran out */
	enum { OUTSIDE, HEADER, BODY } state;
	struct span prefix; /* what stood before the first line of the message on the same line */
	bool summary;       /* the message has only its first line, which may come again */
	bool doubtful;      /* it is none unless it has header fields */
	struct span first;  /* its first line, with all that stands before */
	bool dissected;     /* the message is tshark's tree of it: lines are indented, and none is folded */
	int context;        /* the first line of the log since the last message */
	long body_left;     /* bytes of the body that are still to come, LONG_MAX where its length is not known */
	bool body_begun;
	bool opaque;     /* the body is something else than a session description */
	bool sdp, audio; /* the session description has begun; within it, a media line of audio or none was the last */
	int message_capacity, field_capacity, line_capacity;
};

/* Makes room for one more element; returns false if memory ran out. */
static bool reserve(void **array, int count, int *capacity, size_t size)
{
	if (count < *capacity)
		return true;
	int more = *capacity > 0 ? *capacity * 2 : 64;
	void *grown = realloc(*array, (size_t)more * size);
	if (grown == NULL)
		return false;
	*array = grown;
	*capacity = more;
	return true;
}

/* ---- lines ---- */

/* What an escaped line end begins with. */
static const char marks[2] = { '\\', '#' };

/* Logs that put a message into one line write its line ends so; the length of one of these at the front, or 0. */
static size_t escaped_end(const char *s, size_t size)
{
	static const char *const ends[] = { "\\r\\n", "\\\\r\\\\n", "#015#012", "#012", "\\x0d\\x0a" };

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		size_t n = strlen(ends[i]);
		if (n <= size && memcmp(s, ends[i], n) == 0)
			return n;
	}
	return 0;
}

/* The next mark from s on. Each is looked for anew only when it was passed, so that the text is gone through once for each. */
static char *next_mark(struct reader *r, char *s)
{
	for (int i = 0; i < 2; i++)
		if (r->mark[i] < s) {
			char *found = memchr(s, marks[i], (size_t)(r->end - s));
			r->mark[i] = found != NULL ? found : r->end;
		}
	return r->mark[0] < r->mark[1] ? r->mark[0] : r->mark[1];
}

/* Takes the next line, without its end; false: there is none. */
static bool take_line(struct reader *r, struct span *line)
{
	size_t ending = 0;
	char *s;

	if (r->next >= r->end)
		return false;
	if (r->next >= r->physical_end) {
		char *found = memchr(r->next, '\n', (size_t)(r->end - r->next));
		r->physical_end = found != NULL ? found + 1 : r->end;
		r->line++;
	}
	for (s = next_mark(r, r->next); s < r->physical_end; s = next_mark(r, s + 1))
		if ((ending = escaped_end(s, (size_t)(r->physical_end - s))) > 0)
			break;
	if (s > r->physical_end)
		s = r->physical_end;
	*line = (struct span){ r->next, (size_t)(s - r->next) };
	r->next = s + ending;
	while (line->size > 0 && (line->start[line->size - 1] == '\n' || line->start[line->size - 1] == '\r'))
		line->size--;
	return true;
}

/* What stands after the message's prefix, where the line begins with the like of it: digits for digits, else the same characters. Blanks at the
 * prefix's end may be missing. Of a line that begins otherwise, all. */
static struct span without_prefix(struct span prefix, struct span line)
{
	struct span shape = prefix;
	size_t i = 0, k = 0;

	while (shape.size > 0 && isspace((unsigned char)shape.start[shape.size - 1]))
		shape.size--;
	while (i < shape.size) {
		if (k == line.size)
			return line;
		if (isdigit((unsigned char)shape.start[i]) && isdigit((unsigned char)line.start[k])) {
			while (i < shape.size && isdigit((unsigned char)shape.start[i]))
				i++;
			while (k < line.size && isdigit((unsigned char)line.start[k]))
				k++;
		} else if (shape.start[i++] != line.start[k++]) {
			return line;
		}
	}
	for (size_t blanks = prefix.size - shape.size; blanks > 0 && k < line.size && isspace((unsigned char)line.start[k]); blanks--)
		k++;
	return span_after(line, k);
}

/* ---- first lines ---- */

struct first_line {
	struct span prefix, method, uri, phrase;
	int code;      /* 0: a request */
	bool summary;  /* the first line alone, which a log may have before the message itself */
	bool doubtful; /* a word stands before it, as in a sentence: no message unless header fields follow */
};

/* NNN and a reason phrase, which may be missing. */
static bool read_status(struct span s, struct first_line *first)
{
	if (s.size < 3 || s.start[0] < '1' || s.start[0] > '6' || !isdigit((unsigned char)s.start[1]) || !isdigit((unsigned char)s.start[2]) ||
	    (s.size > 3 && s.start[3] != ' '))
		return false;
	first->code = span_number((struct span){ s.start, 3 });
	first->phrase = span_trim(span_after(s, 3));
	return true;
}

/* Where the method begins in the capitals before the URI. A dump of packets has a header's bytes in front, which may be capitals too. */
static size_t method_offset(struct span capitals)
{
	static const char *const methods[] = { "INVITE", "ACK",    "BYE",   "CANCEL",  "REGISTER", "OPTIONS", "INFO",
					       "PRACK",  "UPDATE", "REFER", "MESSAGE", "NOTIFY",   "PUBLISH", "SUBSCRIBE" };
	size_t best = 0;

	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		size_t n = strlen(methods[i]);
		if (n > best && n <= capitals.size && memcmp(capitals.start + capitals.size - n, methods[i], n) == 0)
			best = n;
	}
	return best > 0 ? capitals.size - best : 0;
}

/* METHOD and URI at the end of what is given, or, if the rest may be more, at its front. */
static bool read_method(struct span line, size_t end, struct first_line *first)
{
	size_t uri = end, method;

	while (uri > 0 && line.start[uri - 1] != ' ')
		uri--;
	if (uri == end || uri == 0 || memchr(line.start + uri, ':', end - uri) == NULL)
		return false;
	for (method = uri - 1; method > 0 && isupper((unsigned char)line.start[method - 1]); method--)
		;
	size_t garbage = method_offset((struct span){ line.start + method, uri - 1 - method });
	method += garbage;
	size_t size = uri - 1 - method;
	if (size < 3 || size > MAX_METHOD || (garbage == 0 && method > 0 && isalnum((unsigned char)line.start[method - 1])))
		return false;
	first->prefix = (struct span){ line.start, method };
	first->method = (struct span){ line.start + method, size };
	first->uri = (struct span){ line.start + uri, end - uri };
	return true;
}

/* Newer ones say in brackets what is answered: "Status: 200 OK (INVITE) | ". */
static void read_answered_method(struct first_line *first)
{
	struct span phrase = first->phrase;
	size_t open = span_find(phrase, " ("), n = 0;

	if (open + 2 >= phrase.size || phrase.start[phrase.size - 1] != ')')
		return;
	struct span method = { phrase.start + open + 2, phrase.size - open - 3 };
	while (n < method.size && isupper((unsigned char)method.start[n]))
		n++;
	if (n == 0 || n < method.size || n > MAX_METHOD)
		return;
	first->method = method;
	first->phrase.size = open;
}

/* The one-line summaries of tshark: "SIP 400 Request: INVITE sip:... | ", "SIP 300 Status: 180 Ringing | ". */
static bool read_summary(struct span line, struct first_line *first)
{
	size_t sip = span_find(line, " SIP"), at;
	struct span rest;

	if (sip == line.size)
		return false;
	at = span_find(line, "Request: ");
	if (at < line.size && at > sip) {
		rest = span_after(line, at + 9);
		span_take(&rest, ' ');
		span_take(&rest, ' ');
		size_t end = rest.size > 0 ? (size_t)(rest.start - line.start) - 1 : line.size;
		if (!read_method(line, end, first))
			return false;
	} else {
		at = span_find(line, "Status: ");
		rest = at < line.size && at > sip ? span_after(line, at + 8) : SPAN_EMPTY;
		rest.size = span_find(rest, " | ");
		if (!read_status(rest, first))
			return false;
		read_answered_method(first);
	}
	first->prefix = (struct span){ line.start, at };
	first->summary = true;
	return true;
}

static bool ends_in_word(struct span prefix)
{
	return prefix.size >= 2 && prefix.start[prefix.size - 1] == ' ' && islower((unsigned char)prefix.start[prefix.size - 2]);
}

/* Does the prefix end like that of a summary of tcpdump: "10:00:00.1 IP 192.0.2.1.5060 > 192.0.2.2.5060: SIP: "? */
static bool ends_summary(struct span prefix)
{
	return prefix.size >= 5 && memcmp(prefix.start + prefix.size - 5, "SIP: ", 5) == 0;
}

/* Is the line the first one of a message (RFC 3261 section 7)? */
static bool read_first(struct span line, struct first_line *first)
{
	static const char version[] = "SIP/2.0";
	struct span rest = line;
	size_t at;

	/* Most lines end here. */
	if (span_find(line, "SIP") == line.size)
		return false;
	*first = (struct first_line){ SPAN_EMPTY, SPAN_EMPTY, SPAN_EMPTY, SPAN_EMPTY, 0, false, false };
	for (int times = 0; times < MAX_VERSIONS && (at = span_find(rest, version)) < rest.size; times++) {
		size_t start = (size_t)(rest.start - line.start) + at, end = start + sizeof version - 1;
		rest = span_after(line, end);
		if (rest.size > 0 && *rest.start == ' ' && read_status(span_after(rest, 1), first)) {
			first->prefix = (struct span){ line.start, start };
			first->summary = ends_summary(first->prefix);
			first->doubtful = ends_in_word(first->prefix);
			return true;
		}
		if ((rest.size == 0 || !(isalnum((unsigned char)*rest.start) || *rest.start == '/')) && start > 0 && line.start[start - 1] == ' ' &&
		    read_method(line, start - 1, first)) {
			first->summary = ends_summary(first->prefix);
			return true;
		}
	}
	return read_summary(line, first);
}

/* ---- messages ---- */

static struct trace_message *current(const struct reader *r)
{
	return &r->trace->messages[r->trace->message_count - 1];
}

static void add_line(struct reader *r, struct span text)
{
	if (!reserve((void **)&r->trace->lines, r->trace->line_count, &r->line_capacity, sizeof *r->trace->lines)) {
		r->failed = true;
		return;
	}
	r->trace->lines[r->trace->line_count++] = (struct trace_line){ text, r->line };
}

/* What looked like a message, but has no header fields, was a sentence. */
static void drop_doubtful(struct reader *r)
{
	struct trace_message *last = r->doubtful && r->trace->message_count > 0 ? current(r) : NULL;

	r->doubtful = false;
	if (last == NULL || last->field_count > 0)
		return;
	r->trace->message_count--;
	add_line(r, r->first);
}

static void leave_message(struct reader *r)
{
	drop_doubtful(r);
	r->state = OUTSIDE;
	r->context = r->trace->line_count;
}

/* Is this the message that the last line was the summary of? */
static bool is_summarized(const struct reader *r, const struct first_line *first)
{
	const struct trace_message *last = r->trace->message_count > 0 ? current(r) : NULL;

	return last != NULL && r->summary && !first->summary && last->field_count == 0 && last->code == first->code &&
	       span_same(last->method, first->method) && span_same(last->uri, first->uri) && span_same(last->phrase, first->phrase);
}

static void begin_message(struct reader *r, const struct first_line *first, size_t bytes)
{
	struct trace *trace = r->trace;
	struct trace_line nearest[CONTEXT_LINES];
	struct trace_message before = { .from = SPAN_EMPTY, .to = SPAN_EMPTY, .time = NAN };
	int count = 0;

	if (is_summarized(r, first))
		before = trace->messages[--trace->message_count];

	if (!reserve((void **)&trace->messages, trace->message_count, &r->message_capacity, sizeof *trace->messages)) {
		r->failed = true;
		return;
	}
	struct trace_message *message = &trace->messages[trace->message_count++];
	*message = (struct trace_message){ .line = r->line,
					   .code = first->code,
					   .method = first->method,
					   .uri = first->uri,
					   .phrase = first->phrase,
					   .call_id = SPAN_EMPTY,
					   .branch = SPAN_EMPTY,
					   .sent_by = SPAN_EMPTY,
					   .from_tag = SPAN_EMPTY,
					   .to_tag = SPAN_EMPTY,
					   .transport = SPAN_EMPTY,
					   .received = SPAN_EMPTY,
					   .cseq = -1,
					   .first_field = trace->field_count,
					   .bytes = bytes,
					   .from = before.from,
					   .to = before.to,
					   .here_from = before.here_from,
					   .here_to = before.here_to,
					   .time = before.time,
					   .transaction = -1,
					   .next = -1 };
	for (int i = trace->line_count - 1; i >= r->context && count < CONTEXT_LINES; i--)
		nearest[count++] = trace->lines[i];
	log_read(message, nearest, count, first->prefix);
	r->prefix = first->prefix;
	r->summary = first->summary;
	r->doubtful = first->doubtful;
	r->dissected = span_find(first->prefix, "-Line: ") < first->prefix.size;
	r->state = HEADER;
	r->body_left = LONG_MAX;
	r->sdp = false;
}

static void add_field(struct reader *r, struct span name, struct span value)
{
	struct trace *trace = r->trace;

	if (!reserve((void **)&trace->fields, trace->field_count, &r->field_capacity, sizeof *trace->fields)) {
		r->failed = true;
		return;
	}
	trace->fields[trace->field_count++] = (struct trace_field){ field_full_name(name), span_trim(value), r->line };
	if (r->state == HEADER)
		current(r)->field_count++;
	else
		trace->loose = trace->field_count;
}

/* A further line of the last field's value: what lies between becomes blanks, so that the value is one piece. */
static void unfold(struct reader *r, struct span line)
{
	struct trace_field *last = &r->trace->fields[r->trace->field_count - 1];
	size_t before = (size_t)(last->value.start - r->trace->text) + last->value.size, start = (size_t)(line.start - r->trace->text);

	if (last->value.size == 0)
		before = start;
	memset(r->trace->text + before, ' ', start - before);
	if (last->value.size == 0)
		last->value.start = line.start;
	last->value.size = (size_t)(line.start + line.size - last->value.start);
	last->value = span_trim(last->value);
}

/* Takes name and value of a header field apart; false: the line is none. */
static bool split_field(struct span line, struct span *name, struct span *value)
{
	size_t n = 0, colon;

	while (n < line.size && (isalnum((unsigned char)line.start[n]) || strchr("-.!%*_+`'~", line.start[n]) != NULL) && line.start[n] != '\0')
		n++;
	for (colon = n; colon < line.size && (line.start[colon] == ' ' || line.start[colon] == '\t'); colon++)
		;
	if (n == 0 || colon == line.size || line.start[colon] != ':')
		return false;
	*name = (struct span){ line.start, n };
	*value = span_after(line, colon + 1);
	return true;
}

static void begin_body(struct reader *r)
{
	struct trace_message *message = current(r);
	const struct trace_field *length = trace_field(r->trace, message, "Content-Length");
	const struct trace_field *type = trace_field(r->trace, message, "Content-Type");

	r->state = BODY;
	r->body_begun = false;
	r->opaque = type != NULL && !span_begins(type->value, "application/sdp");
	r->audio = true;
	if (length != NULL && span_number(length->value) >= 0)
		r->body_left = span_number(length->value);
	if (r->body_left == 0)
		leave_message(r);
}

/* ---- bodies ---- */

static void read_sdp_line(struct reader *r, struct span line)
{
	static const struct {
		const char *name;
		enum sdp_direction direction;
	} directions[] = {
		{ "a=sendrecv", SDP_BOTH }, { "a=sendonly", SDP_SENDONLY }, { "a=recvonly", SDP_RECVONLY }, { "a=inactive", SDP_INACTIVE }
	};
	struct trace_sdp *sdp = &current(r)->sdp;

	if (span_begins(line, "m=")) {
		struct span rest = span_after(line, 2), media = span_take(&rest, ' ');
		int port = span_number(span_take(&rest, ' '));
		r->audio = span_is(media, "audio");
		sdp->image |= span_is(media, "image") && port != 0;
		sdp->audio |= r->audio && port != 0;
		sdp->audio_refused |= r->audio && port == 0;
	} else if (span_begins(line, "c=IN IP4 0.0.0.0")) {
		sdp->nowhere = true;
	} else if (r->audio) {
		for (size_t i = 0; i < sizeof directions / sizeof directions[0]; i++)
			if (span_is(line, directions[i].name))
				sdp->direction = directions[i].direction;
	}
}

static bool is_sdp_line(struct span line)
{
	return line.size >= 2 && line.start[0] >= 'a' && line.start[0] <= 'z' && line.start[1] == '=';
}

/* The first line of a message/sipfrag body tells how a transfer went (RFC 3515 section 2.4.5). */
static bool read_fragment(struct reader *r, struct span line)
{
	struct trace_message *message = current(r);
	const struct trace_field *type = trace_field(r->trace, message, "Content-Type");
	struct first_line first;

	if (r->body_begun || type == NULL || span_find_any_case(type->value, "sipfrag") == type->value.size || !read_first(line, &first) ||
	    first.code == 0)
		return false;
	message->fragment = first.code;
	return true;
}

/* A line of a body. Returns false if it is none any more. */
static bool read_body_line(struct reader *r, struct span line)
{
	if (span_is(line, "v=0")) {
		r->sdp = true;
		current(r)->sdp.present = true;
	}
	if (!r->opaque && line.size > 0 && !is_sdp_line(line))
		return false;
	if (r->sdp)
		read_sdp_line(r, line);
	r->body_begun |= line.size > 0;
	if (r->body_left < LONG_MAX)
		r->body_left -= (long)line.size + 2;
	if (r->body_left <= 0)
		leave_message(r);
	return true;
}

/* ---- the whole ---- */

static void read_header_line(struct reader *r, struct span line)
{
	struct span name, value, text = span_trim(line);
	bool indented = text.size > 0 && text.start > line.start, first = current(r)->field_count == 0;

	if (text.size == 0) {
		begin_body(r);
	} else if (indented && !first && !r->dissected) {
		unfold(r, line);
	} else if (split_field(text, &name, &value)) {
		if (indented && !r->dissected)
			r->prefix = (struct span){ line.start, (size_t)(text.start - line.start) };
		add_field(r, name, value);
	} else if (!indented) {
		leave_message(r);
		add_line(r, line);
	}
}

static void read_outside_line(struct reader *r, struct span line)
{
	struct span name, value;

	if (r->trace->message_count == 0 && split_field(span_trim(line), &name, &value))
		add_field(r, name, value);
	if (line.size > 0)
		add_line(r, line);
}

static void read_line(struct reader *r, struct span raw)
{
	struct span line = r->state != OUTSIDE ? without_prefix(r->prefix, raw) : raw;
	struct first_line first;

	if (r->state != OUTSIDE)
		current(r)->bytes += line.size + 2;
	if (r->state == BODY && read_fragment(r, line)) {
		r->body_begun = true;
	} else if (read_first(raw, &first)) {
		drop_doubtful(r);
		r->first = raw;
		begin_message(r, &first, raw.size - first.prefix.size + 2);
	} else if (r->state == HEADER && r->dissected && raw.size > 0 && *raw.start != ' ') {
		leave_message(r);
		add_line(r, raw);
	} else if (r->state == HEADER) {
		read_header_line(r, line);
	} else if (r->state == OUTSIDE || !read_body_line(r, line)) {
		if (r->state == BODY)
			leave_message(r);
		read_outside_line(r, raw);
	}
}

struct trace *trace_read(const char *text, size_t size)
{
	struct trace *trace = calloc(1, sizeof *trace);
	struct reader r = { .trace = trace };
	struct span line;

	if (trace == NULL || (trace->text = malloc(size + 1)) == NULL)
		goto fail;
	if (size > 0)
		memcpy(trace->text, text, size);
	trace->text[size] = '\0';
	r.next = r.physical_end = r.mark[0] = r.mark[1] = trace->text;
	r.end = trace->text + size;
	while (!r.failed && take_line(&r, &line))
		read_line(&r, line);
	drop_doubtful(&r);
	if (r.failed || transactions_find(trace) != 0)
		goto fail;
	return trace;
fail:
	trace_free(trace);
	return NULL;
}

void trace_free(struct trace *trace)
{
	if (trace == NULL)
		return;
	free(trace->messages);
	free(trace->fields);
	free(trace->transactions);
	free(trace->lines);
	free(trace->text);
	free(trace);
}
