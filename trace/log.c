/* Reads the lines that a log has between the messages. Their words are those of programs, the same in every language. Pure. */
#include "trace/log.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { MAX_LINE = 400 }; /* bytes of a line that are looked at */

/* ---- addresses ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Is there a letter or digit right before it? Then what begins here is the rest of a word. */
static bool within_word(struct span s, size_t at)
{
	return at > 0 && (isalnum((unsigned char)s.start[at - 1]) || s.start[at - 1] == '.');
}

/* The length of an IPv4 address at the front, 0: there is none. */
static size_t ipv4_length(struct span s)
{
	size_t i = 0;

	for (int part = 0; part < 4; part++) {
		size_t start = i;
		int n = 0;
		for (; i < s.size && is_digit(s.start[i]) && i - start < 3; i++)
			n = n * 10 + (s.start[i] - '0');
		if (i == start || n > 255)
			return 0;
		if (part < 3 && (i == s.size || s.start[i++] != '.'))
			return 0;
	}
	return i < s.size && is_digit(s.start[i]) ? 0 : i;
}

/* The length of an IPv6 address at the front, 0: there is none. A time of day has two colons as well. */
static size_t ipv6_length(struct span s)
{
	size_t i = 0;
	int colons = 0;
	bool doubled = false;

	for (; i < s.size && (isxdigit((unsigned char)s.start[i]) || s.start[i] == ':'); i++) {
		colons += s.start[i] == ':';
		doubled |= i > 0 && s.start[i] == ':' && s.start[i - 1] == ':';
	}
	return colons >= 2 && (doubled || colons >= 4) ? i : 0;
}

/* Finds the next address from *at on, and moves *at behind it. */
static bool next_address(struct span s, size_t *at, struct span *address, size_t *start)
{
	for (size_t i = *at; i < s.size; i++) {
		if ((!isxdigit((unsigned char)s.start[i]) && s.start[i] != ':') || within_word(s, i))
			continue;
		struct span rest = span_after(s, i);
		size_t n = ipv4_length(rest);
		if (n == 0)
			n = ipv6_length(rest);
		if (n == 0)
			continue;
		*address = (struct span){ rest.start, n };
		*start = i;
		*at = i + n;
		return true;
	}
	*at = s.size;
	return false;
}

/* ---- who to whom ---- */

/* Does the line have one of the words, letter case aside? They are small and of two bytes or more. */
static bool says(struct span line, const char *const words[])
{
	bool begins[256] = { false };

	for (int k = 0; words[k] != NULL; k++) {
		unsigned char c = (unsigned char)*words[k];
		begins[tolower(c)] = begins[toupper(c)] = true;
	}
	for (size_t i = 0; i + 1 < line.size; i++) {
		if (!begins[(unsigned char)line.start[i]])
			continue;
		int second = tolower((unsigned char)line.start[i + 1]);
		for (int k = 0; words[k] != NULL; k++)
			if ((unsigned char)words[k][1] == second && span_begins(span_after(line, i), words[k]))
				return true;
	}
	return false;
}

static const char *const incoming[] = { "received", "recv", "incoming", "read from", "receive ", NULL };
static const char *const outgoing[] = { "sent", "send", "outgoing", "transmit", NULL };
static const char *const arrows[] = { "->", "=>", "\xe2\x86\x92", " > ", NULL };
static const char *const back_arrows[] = { "<-", "<=", "\xe2\x86\x90", NULL };
static const char *const sources[] = { "src", "source", NULL };
static const char *const destinations[] = { "dst", "dest", NULL };

/* A line with two addresses. */
static void read_both(struct trace_message *message, struct span line, struct span first, struct span second, struct span between)
{
	bool backwards = says(between, back_arrows) && !says(between, arrows);

	if (!backwards && !says(between, arrows))
		backwards = says(line, incoming);
	message->from = backwards ? second : first;
	message->to = backwards ? first : second;
}

static bool knows_ends(const struct trace_message *message)
{
	return (message->from.size > 0 || message->here_from) && (message->to.size > 0 || message->here_to);
}

static void read_ends(struct trace_message *message, struct span line)
{
	struct span first, second;
	size_t at = 0, start = 0, other = 0;
	bool in, out;

	if (!next_address(line, &at, &first, &start)) {
		if (message->here_from || message->here_to)
			return;
		message->here_to = says(line, incoming);
		message->here_from = !message->here_to && says(line, outgoing);
		return;
	}
	size_t end = at;
	while (next_address(line, &at, &second, &other)) {
		if (span_same(first, second))
			continue;
		read_both(message, line, first, second, (struct span){ line.start + end, other - end });
		message->here_from = message->here_to = false;
		return;
	}
	struct span before = { line.start, start };
	if (says(before, sources) && message->from.size == 0) {
		message->from = first;
	} else if (says(before, destinations) && message->to.size == 0) {
		message->to = first;
	} else if (message->from.size == 0 && message->to.size == 0) {
		in = says(line, incoming);
		out = !in && says(line, outgoing);
		if (!in && !out) {
			in = span_find_any_case(before, "from ") < before.size;
			out = !in && span_find_any_case(before, "to ") < before.size;
		}
		if (in) {
			message->from = first;
			message->here_to = true;
		} else if (out) {
			message->to = first;
			message->here_from = true;
		}
	}
}

/* ---- when ---- */

static bool two_digits(struct span s, size_t at)
{
	return at + 1 < s.size && is_digit(s.start[at]) && is_digit(s.start[at + 1]);
}

/* The fraction of a second after a point or a comma. */
static double read_fraction(struct span s, size_t at)
{
	double value = 0, unit = 0.1;

	if (at >= s.size || (s.start[at] != '.' && s.start[at] != ','))
		return 0;
	for (size_t i = at + 1; i < s.size && is_digit(s.start[i]); i++, unit /= 10)
		value += unit * (s.start[i] - '0');
	return value;
}

/* HH:MM:SS with or without a fraction; else seconds since the capture began, with at least three decimals. NAN: neither. */
static double read_time(struct span s)
{
	for (size_t i = 0; i + 8 <= s.size; i++)
		if (two_digits(s, i) && s.start[i + 2] == ':' && two_digits(s, i + 3) && s.start[i + 5] == ':' && two_digits(s, i + 6))
			return span_number(span_after(s, i)) * 3600.0 + span_number(span_after(s, i + 3)) * 60.0 + span_number(span_after(s, i + 6)) +
			       read_fraction(s, i + 8);
	for (size_t i = 0; i < s.size; i++) {
		if (within_word(s, i) || !is_digit(s.start[i]))
			continue;
		size_t point = i, end;
		while (point < s.size && is_digit(s.start[point]))
			point++;
		end = point + 1;
		while (end < s.size && is_digit(s.start[end]))
			end++;
		if (point < s.size && s.start[point] == '.' && end - point > 3 && (end == s.size || s.start[end] == ' '))
			return span_number(span_after(s, i)) + read_fraction(s, point);
		i = point;
	}
	return NAN;
}

void log_read(struct trace_message *message, const struct trace_line *lines, int count, struct span prefix)
{
	for (int i = -1; i < count; i++) {
		struct span line = i < 0 ? prefix : lines[i].text;
		if (line.size > MAX_LINE)
			line.size = MAX_LINE;
		if (line.size == 0)
			continue;
		if (!knows_ends(message))
			read_ends(message, line);
		if (isnan(message->time))
			message->time = read_time(line);
	}
}
