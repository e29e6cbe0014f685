/* Puts values of documents into the words of a language. Pure. */
#include "db/words.h"

#include "db/kb.h"
#include "db/template.h"

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
	return template_join(words, kb_label(labels, "templates", "list_separator"));
}

json_t *words_of(const char *name, const json_t *value, const json_t *labels)
{
	if (json_is_string(value))
		return json_string(kb_label(labels, name, json_string_value(value)));
	if (json_is_boolean(value))
		return json_string(kb_label(labels, name, json_is_true(value) ? "true" : "false"));
	if (json_is_integer(value))
		return json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_object(value)) {
		json_auto_t *slots = words_of_members(value, labels);
		return template_fill(kb_label(labels, "templates", name), slots);
	}
	if (json_array_size(value) > 0)
		return words_of_list(name, value, labels);
	return json_string(kb_label(labels, "templates", "none"));
}

json_t *words_of_members(const json_t *object, const json_t *labels)
{
	json_t *slots = json_object(), *value;
	const char *name;

	json_object_foreach ((json_t *)object, name, value)
		if (json_object_set_new(slots, name, words_of(name, value, labels)) != 0) {
			json_decref(slots);
			return NULL;
		}
	return slots;
}
