/* A piece of text that somebody else owns; not ended by a NUL. */
#ifndef SIPCODES_SPAN_H
#define SIPCODES_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct span {
	const char *start;
	size_t size;
};

#define SPAN_EMPTY ((struct span){ "", 0 })

/* Equal byte by byte. */
bool span_same(struct span a, struct span b);

/* Beginning with a string, equal to a string, letter case aside. Inline, so that the length of a literal is a constant: most strings that are
 * compared have another one. */
static inline bool span_begins(struct span s, const char *string)
{
	size_t n = strlen(string);

	return n == 0 || (n <= s.size && strncasecmp(s.start, string, n) == 0);
}

static inline bool span_is(struct span s, const char *string)
{
	return strlen(string) == s.size && span_begins(s, string);
}

/* Where the string first stands in it, as an offset; letter case counts, or does not. s.size: nowhere. */
size_t span_find(struct span s, const char *string);
size_t span_find_any_case(struct span s, const char *string);

/* What is left without blanks at both ends; without its first bytes, of which there are as many. */
struct span span_trim(struct span s);
struct span span_after(struct span s, size_t bytes);

/* Takes what stands before the first separator off the front of the rest, and the separator too; all of it if there is none.
 * A separator within a quoted string or between angle brackets is none (RFC 3261 section 25.1). */
struct span span_take(struct span *rest, char separator);

/* The decimal number at the front, at most INT_MAX; -1: there is none. */
int span_number(struct span s);

#endif
