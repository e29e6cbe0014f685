/* Fills the {slots} of a text. Pure. */
#include "db/template.h"

#include "db/memstream.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_NAME = 32 };

/* The length of the slot that starts at s, braces included, and its name; 0 if none starts there. */
static size_t slot_at(const char *s, char name[MAX_NAME])
{
	size_t n;

	if (*s != '{')
		return 0;
	n = strspn(s + 1, "abcdefghijklmnopqrstuvwxyz_");
	if (n == 0 || n >= MAX_NAME || s[1 + n] != '}')
		return 0;
	memcpy(name, s + 1, n);
	name[n] = '\0';
	return n + 2;
}

void template_write(FILE *out, const char *text, const json_t *slots)
{
	char name[MAX_NAME];

	while (*text != '\0') {
		size_t n = slot_at(text, name);
		const json_t *value = n > 0 ? json_object_get(slots, name) : NULL;
		if (n == 0)
			putc(*text++, out);
		else if (json_is_string(value))
			fputs(json_string_value(value), out);
		else if (json_is_integer(value))
			fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		text += n;
	}
}

/* Closes the stream and makes a string of what was written. */
static json_t *close_into_string(FILE *out, struct memstream *stream)
{
	json_t *string;

	if (memstream_close(out, stream, false) != 0)
		return NULL;
	string = json_stringn(stream->data, stream->size);
	free(stream->data);
	return string;
}

json_t *template_fill(const char *text, const json_t *slots)
{
	struct memstream stream;
	FILE *out;

	if (text == NULL || slots == NULL || (out = memstream_open(&stream)) == NULL)
		return NULL;
	template_write(out, text, slots);
	return close_into_string(out, &stream);
}

json_t *template_join(json_t *strings, const char *separator)
{
	json_auto_t *list = strings;
	struct memstream stream;
	size_t i;
	const json_t *one;
	FILE *out;

	if (list == NULL || (out = memstream_open(&stream)) == NULL)
		return NULL;
	json_array_foreach (list, i, one) {
		fputs(i > 0 ? separator : "", out);
		fputs(json_string_value(one), out);
	}
	return close_into_string(out, &stream);
}
