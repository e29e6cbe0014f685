/* Fills the {slots} of a text. Pure. */
#include "db/template.h"

#include "db/memstream.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_NAME = 32 };

/* A slot of a text: its length with the braces; its name; the text around its value in the second form, else NULL. */
struct slot {
	size_t length;
	char name[MAX_NAME];
	const char *around;
	size_t around_length;
};

/* Is there a slot at s? */
static bool slot_at(const char *s, struct slot *slot)
{
	size_t n, end;

	if (*s != '{')
		return false;
	n = strspn(s + 1, "abcdefghijklmnopqrstuvwxyz_");
	end = 1 + n + strcspn(s + 1 + n, "}");
	if (n == 0 || n >= MAX_NAME || s[end] == '\0' || (s[1 + n] != '}' && s[1 + n] != '?'))
		return false;
	memcpy(slot->name, s + 1, n);
	slot->name[n] = '\0';
	slot->length = end + 1;
	slot->around = s[1 + n] == '?' ? s + n + 2 : NULL;
	slot->around_length = slot->around != NULL ? end - n - 2 : 0;
	return true;
}

static void write_value(FILE *out, const json_t *value)
{
	if (json_is_string(value))
		fputs(json_string_value(value), out);
	else if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

static void write_slot(FILE *out, const struct slot *slot, const json_t *value)
{
	static const char ellipsis[] = "…";
	const char *place;

	if (slot->around == NULL) {
		write_value(out, value);
	} else if (json_is_integer(value) || json_string_length(value) > 0) {
		place = memmem(slot->around, slot->around_length, ellipsis, strlen(ellipsis));
		size_t before = place != NULL ? (size_t)(place - slot->around) : slot->around_length;
		fwrite(slot->around, 1, before, out);
		if (place == NULL)
			return;
		write_value(out, value);
		fwrite(place + strlen(ellipsis), 1, slot->around_length - before - strlen(ellipsis), out);
	}
}

void template_write(FILE *out, const char *text, template_slot *find, void *arg)
{
	struct slot slot;

	while (*text != '\0') {
		if (!slot_at(text, &slot)) {
			putc(*text++, out);
			continue;
		}
		json_auto_t *value = find(arg, slot.name, slot.around != NULL);
		write_slot(out, &slot, value);
		text += slot.length;
	}
}

static json_t *find_member(void *arg, const char *name, bool optional)
{
	(void)optional;
	return json_incref(json_object_get(arg, name));
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

json_t *template_string(const char *text, template_slot *find, void *arg)
{
	struct memstream stream;
	FILE *out = memstream_open(&stream);

	if (out == NULL)
		return NULL;
	template_write(out, text, find, arg);
	return close_into_string(out, &stream);
}

json_t *template_fill(const char *text, const json_t *slots)
{
	return text != NULL && slots != NULL ? template_string(text, find_member, (void *)slots) : NULL;
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
