/* Puts values of documents into the words of a language. Pure. */
#include "db/words.h"

#include "db/kb.h"
#include "db/memstream.h"
#include "db/template.h"

#include <stdlib.h>

/* What the slots of a template are looked up in. */
struct members {
	const json_t *object;
	const json_t *labels;
	int failed;
};

static json_t *find_words(void *arg, const char *name, bool optional)
{
	struct members *members = arg;
	const json_t *value = json_object_get(members->object, name);
	json_t *words;

	if (value == NULL || (optional && json_is_array(value) && json_array_size(value) == 0))
		return NULL;
	words = words_of(name, value, members->labels);
	if (words == NULL)
		members->failed = -1;
	return words;
}

int words_write(FILE *out, const char *template, const json_t *object, const json_t *labels)
{
	struct members members = { .object = object, .labels = labels };

	template_write(out, kb_label(labels, "templates", template), find_words, &members);
	return members.failed;
}

json_t *words_fill(const char *template, const json_t *object, const json_t *labels)
{
	struct memstream stream;
	FILE *out = memstream_open(&stream);
	json_t *words;

	if (out == NULL)
		return NULL;
	int failed = words_write(out, template, object, labels);
	if (memstream_close(out, &stream, failed != 0) != 0)
		return NULL;
	words = json_stringn(stream.data, stream.size);
	free(stream.data);
	return words;
}

/* What stands between the members of a list: a template of its own, "NAME_separator", or the one for all lists. */
static const char *separator_of(const char *name, const json_t *labels)
{
	char own[64];

	snprintf(own, sizeof own, "%s_separator", name);
	const char *separator = kb_label(labels, "templates", own);
	return separator != own ? separator : kb_label(labels, "templates", "list_separator");
}

static json_t *words_of_list(const char *name, const json_t *list, const json_t *labels)
{
	json_t *words = json_array();
	size_t i;
	const json_t *one;

	json_array_foreach ((json_t *)list, i, one)
		if (json_array_append_new(words, words_of(name, one, labels)) != 0) {
			json_decref(words);
			return NULL;
		}
	return template_join(words, separator_of(name, labels));
}

json_t *words_of(const char *name, const json_t *value, const json_t *labels)
{
	if (json_is_string(value))
		return json_string(kb_label(labels, name, json_string_value(value)));
	if (json_is_boolean(value))
		return json_string(kb_label(labels, name, json_is_true(value) ? "true" : "false"));
	if (json_is_integer(value))
		return json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_object(value))
		return words_fill(name, value, labels);
	if (json_array_size(value) > 0)
		return words_of_list(name, value, labels);
	return json_string(kb_label(labels, "templates", "none"));
}
