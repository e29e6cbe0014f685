/* Leaves out of a text what says who somebody is. Pure. */
#include "trace/redact.h"

#include <ctype.h>
#include <string.h>

enum { MAX_DIGITS = 3 }; /* of a number that says nothing of who somebody is: response codes, causes, seconds */

/* The bytes of a well-formed UTF-8 sequence at the front that is no control character (RFC 3629), 0: there is none. */
static size_t character_length(const unsigned char *s, size_t size)
{
	size_t n = *s < 0x80 ? 1 : *s >= 0xC2 && *s < 0xE0 ? 2 : (*s & 0xF0) == 0xE0 ? 3 : *s >= 0xF0 && *s < 0xF5 ? 4 : 0;

	if (n == 0 || n > size || *s < 0x20 || *s == 0x7F)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	if ((*s == 0xE0 && s[1] < 0xA0) || (*s == 0xED && s[1] > 0x9F) || (*s == 0xF0 && s[1] < 0x90) || (*s == 0xF4 && s[1] > 0x8F) ||
	    (*s == 0xC2 && s[1] < 0xA0))
		return 0;
	return n;
}

/* Does the word say who somebody is? An address, a URI, a number of more than a few digits, whatever is in it besides. */
static bool tells(struct span word)
{
	int digits = 0, points = 0;

	for (size_t i = 0; i < word.size; i++) {
		digits += isdigit((unsigned char)word.start[i]) != 0;
		points += word.start[i] == '.' || word.start[i] == ':';
		if (word.start[i] == '@')
			return true;
	}
	return digits > MAX_DIGITS || (digits > 0 && points >= 3) || span_begins(word, "sip:") || span_begins(word, "sips:") ||
	       span_begins(word, "tel:");
}

static bool is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '"' || c == '<' || c == '>' || c == '(' || c == ')' || c == ',' || c == ';' || c == '=' || c == '\'';
}

/* Adds as much of the bytes as is well formed and has room. */
static void add(char out[REDACT_MAX], size_t *size, struct span s)
{
	for (size_t i = 0, n; i<s.size; i += n> 0 ? n : 1) {
		n = character_length((const unsigned char *)s.start + i, s.size - i);
		if (*size + n > REDACT_MAX)
			return;
		memcpy(out + *size, s.start + i, n);
		*size += n;
	}
}

json_t *redact_text(struct span text, bool redact)
{
	static const struct span ellipsis = { "\xe2\x80\xa6", 3 };
	char out[REDACT_MAX];
	size_t size = 0, i = 0;

	while (i < text.size && size < REDACT_MAX) {
		struct span word = { text.start + i, 0 };
		while (i + word.size < text.size && !is_separator(word.start[word.size]))
			word.size++;
		add(out, &size, redact && tells(word) ? ellipsis : word);
		i += word.size;
		if (i < text.size)
			add(out, &size, (struct span){ text.start + i++, 1 });
	}
	return json_stringn(out, size);
}
