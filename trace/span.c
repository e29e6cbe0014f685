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
	const char *found = s.size > 0 ? memmem(s.start, s.size, string, strlen(string)) : NULL;

	return found != NULL ? (size_t)(found - s.start) : s.size;
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

struct span span_take(struct span *rest, char separator)
{
	bool quoted = false;
	int brackets = 0;
	size_t i = 0;

	for (; i < rest->size; i++) {
		char c = rest->start[i];
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == '<')
			brackets = 1;
		else if (!quoted && c == '>')
			brackets = 0;
		else if (!quoted && brackets == 0 && c == separator)
			break;
	}
	if (i > rest->size)
		i = rest->size;
	struct span taken = { rest->start, i };
	*rest = i < rest->size ? span_after(*rest, i + 1) : span_after(*rest, i);
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
