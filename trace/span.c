/* Pieces of text. Pure. */
#include "trace/span.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

bool span_same(struct span a, struct span b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.start, b.start, a.size) == 0);
}

size_t span_find(struct span s, const char *string)
{
	size_t n = strlen(string);

	/* Faster than memmem for what is as short and as rare as what is looked for here. */
	for (size_t i = 0; i + n <= s.size; i++) {
		const char *found = memchr(s.start + i, *string, s.size - n + 1 - i);
		if (found == NULL)
			break;
		if (memcmp(found, string, n) == 0)
			return (size_t)(found - s.start);
		i = (size_t)(found - s.start);
	}
	return s.size;
}

size_t span_find_any_case(struct span s, const char *string)
{
	size_t n = strlen(string);
	char small = (char)tolower((unsigned char)*string), capital = (char)toupper((unsigned char)*string);

	for (size_t i = 0; i + n <= s.size; i++)
		if ((s.start[i] == small || s.start[i] == capital) && strncasecmp(s.start + i, string, n) == 0)
			return i;
	return s.size;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

struct span span_trim(struct span s)
{
	while (s.size > 0 && is_blank(*s.start)) {
		s.start++;
		s.size--;
	}
	while (s.size > 0 && is_blank(s.start[s.size - 1]))
		s.size--;
	return s;
}

struct span span_after(struct span s, size_t bytes)
{
	return bytes > 0 ? (struct span){ s.start + bytes, s.size - bytes } : s;
}

/* Where the first separator is that is neither within a quoted string nor between angle brackets. */
static size_t find_separator(struct span s, char separator)
{
	static const bool special[256] = { ['"'] = true, ['\\'] = true, ['<'] = true, ['>'] = true };
	bool quoted = false, bracketed = false;
	size_t i = 0;

	for (; i < s.size; i++) {
		char c = s.start[i];
		if (c != separator && !special[(unsigned char)c])
			continue;
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == '<')
			bracketed = true;
		else if (!quoted && c == '>')
			bracketed = false;
		else if (!quoted && !bracketed && c == separator)
			break;
	}
	return i < s.size ? i : s.size;
}

struct span span_take(struct span *rest, char separator)
{
	const char *found = memchr(rest->start, separator, rest->size);
	size_t size = found != NULL ? (size_t)(found - rest->start) : rest->size;

	/* Most values have no such string or bracket before their separator. */
	if (memchr(rest->start, '"', size) != NULL || memchr(rest->start, '<', size) != NULL)
		size = find_separator(*rest, separator);
	struct span taken = { rest->start, size };
	*rest = span_after(*rest, size < rest->size ? size + 1 : size);
	return span_trim(taken);
}

int span_number(struct span s)
{
	int n = -1;

	for (size_t i = 0; i < s.size && s.start[i] >= '0' && s.start[i] <= '9'; i++) {
		int digit = s.start[i] - '0';
		if (n > (INT_MAX - digit) / 10)
			return INT_MAX;
		n = (n < 0 ? 0 : n * 10) + digit;
	}
	return n;
}
