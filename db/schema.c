/* Checks JSON values against JSON Schemas. Pure: no files, no database. */
#include "db/schema.h"

#include <math.h>
#include <regex.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 64, MAX_POINTER = 512, MAX_MESSAGE = 256 };

struct check {
	const struct schema_sink *sink;
	int faults;
	int depth;
};

static void check_value(struct check *c, const json_t *root, const json_t *schema, const json_t *value, const char *pointer);

__attribute__((format(printf, 3, 4))) static void fault(struct check *c, const char *pointer, const char *format, ...)
{
	char message[MAX_MESSAGE];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	c->faults++;
	if (c->sink->fault != NULL)
		c->sink->fault(c->sink->arg, pointer, message);
}

/* Appends a member name to a pointer, escaped as RFC 6901 section 3 says. Too long a result is cut. */
static void pointer_member(char out[MAX_POINTER], const char *pointer, const char *name)
{
	size_t n = (size_t)snprintf(out, MAX_POINTER, "%s/", pointer);

	for (; *name != '\0' && n + 3 < MAX_POINTER; name++) {
		if (*name == '~' || *name == '/') {
			out[n++] = '~';
			out[n++] = *name == '~' ? '0' : '1';
		} else {
			out[n++] = *name;
		}
	}
	if (n < MAX_POINTER)
		out[n] = '\0';
}

static void pointer_index(char out[MAX_POINTER], const char *pointer, size_t index)
{
	snprintf(out, MAX_POINTER, "%s/%zu", pointer, index);
}

static size_t code_points(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xC0) != 0x80;
	return n;
}

/* The part of root that "#/a/b" names. No escapes: this project's schemas need none but "~1" in OpenAPI, which nothing refers to. */
static const json_t *resolve(const json_t *root, const char *fragment)
{
	char name[MAX_POINTER];

	while (*fragment == '/') {
		size_t n = strcspn(++fragment, "/");
		if (n >= sizeof name)
			return NULL;
		memcpy(name, fragment, n);
		name[n] = '\0';
		root = json_object_get(root, name);
		fragment += n;
	}
	return root;
}

static void check_ref(struct check *c, const json_t *root, const char *ref, const json_t *value, const char *pointer)
{
	const char *hash = strchr(ref, '#');
	const json_t *target;

	if (hash == NULL)
		hash = ref + strlen(ref);
	if (hash != ref) {
		char file[MAX_POINTER];
		snprintf(file, sizeof file, "%.*s", (int)(hash - ref), ref);
		root = c->sink->file != NULL ? c->sink->file(c->sink->arg, file) : NULL;
	}
	target = resolve(root, *hash == '#' ? hash + 1 : hash);
	if (target == NULL)
		fault(c, pointer, "the schema refers to %s, which does not exist", ref);
	else
		check_value(c, root, target, value, pointer);
}

static bool has_type(const json_t *value, const char *type)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return strcmp(type, "object") == 0;
	case JSON_ARRAY:
		return strcmp(type, "array") == 0;
	case JSON_STRING:
		return strcmp(type, "string") == 0;
	case JSON_INTEGER:
		return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
	case JSON_REAL:
		return strcmp(type, "number") == 0;
	case JSON_TRUE:
	case JSON_FALSE:
		return strcmp(type, "boolean") == 0;
	case JSON_NULL:
		return strcmp(type, "null") == 0;
	}
	return false;
}

static void check_type(struct check *c, const json_t *types, const json_t *value, const char *pointer)
{
	size_t i;
	const json_t *type;

	if (json_is_string(types)) {
		if (!has_type(value, json_string_value(types)))
			fault(c, pointer, "is not of type %s", json_string_value(types));
		return;
	}
	json_array_foreach ((json_t *)types, i, type)
		if (has_type(value, json_string_value(type)))
			return;
	fault(c, pointer, "is of none of the allowed types");
}

static void check_enum(struct check *c, const json_t *allowed, const json_t *value, const char *pointer)
{
	char list[MAX_MESSAGE - 64] = "";
	size_t i, n = 0;
	const json_t *one;

	json_array_foreach ((json_t *)allowed, i, one) {
		if (json_equal(one, value))
			return;
		if (json_is_string(one) && n < sizeof list)
			n += (size_t)snprintf(list + n, sizeof list - n, " %s", json_string_value(one));
	}
	if (json_is_string(value))
		fault(c, pointer, "\"%.40s\" is not one of:%s", json_string_value(value), list);
	else
		fault(c, pointer, "is not one of:%s", list);
}

static void check_object(struct check *c, const json_t *root, const json_t *schema, json_t *value, const char *pointer)
{
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *additional = json_object_get(schema, "additionalProperties");
	const json_t *name;
	const char *key;
	json_t *member;
	size_t i;
	char place[MAX_POINTER];

	if (json_object_size(value) < (size_t)json_integer_value(json_object_get(schema, "minProperties")))
		fault(c, pointer, "has too few members");
	json_array_foreach (json_object_get(schema, "required"), i, name)
		if (json_object_get(value, json_string_value(name)) == NULL)
			fault(c, pointer, "lacks \"%s\"", json_string_value(name));
	json_object_foreach (value, key, member) {
		const json_t *sub = json_object_get(properties, key);
		pointer_member(place, pointer, key);
		if (sub != NULL)
			check_value(c, root, sub, member, place);
		else if (json_is_false(additional))
			fault(c, place, "is not a known key");
		else if (json_is_object(additional))
			check_value(c, root, additional, member, place);
	}
}

static void check_array(struct check *c, const json_t *root, const json_t *schema, json_t *value, const char *pointer)
{
	const json_t *items = json_object_get(schema, "items");
	const json_t *min = json_object_get(schema, "minItems");
	const json_t *max = json_object_get(schema, "maxItems");
	bool unique = json_is_true(json_object_get(schema, "uniqueItems"));
	size_t size = json_array_size(value);
	char place[MAX_POINTER];

	if (min != NULL && size < (size_t)json_integer_value(min))
		fault(c, pointer, "has %zu items, fewer than %lld", size, (long long)json_integer_value(min));
	if (max != NULL && size > (size_t)json_integer_value(max))
		fault(c, pointer, "has %zu items, more than %lld", size, (long long)json_integer_value(max));
	for (size_t i = 0; i < size; i++) {
		pointer_index(place, pointer, i);
		if (items != NULL)
			check_value(c, root, items, json_array_get(value, i), place);
		for (size_t k = 0; unique && k < i; k++)
			if (json_equal(json_array_get(value, i), json_array_get(value, k)))
				fault(c, place, "stands in the list twice");
	}
}

static void check_string(struct check *c, const json_t *schema, const char *value, const char *pointer)
{
	const json_t *min = json_object_get(schema, "minLength");
	const json_t *max = json_object_get(schema, "maxLength");
	const char *pattern = json_string_value(json_object_get(schema, "pattern"));
	regex_t regex;

	if (min != NULL && code_points(value) < (size_t)json_integer_value(min))
		fault(c, pointer, *value == '\0' ? "is empty" : "is shorter than %lld characters", (long long)json_integer_value(min));
	if (max != NULL && code_points(value) > (size_t)json_integer_value(max))
		fault(c, pointer, "is longer than %lld characters", (long long)json_integer_value(max));
	if (pattern == NULL)
		return;
	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
		fault(c, pointer, "the schema's pattern %s does not compile", pattern);
		return;
	}
	if (regexec(&regex, value, 0, NULL, 0) != 0)
		fault(c, pointer, "\"%.40s\" does not match %s", value, pattern);
	regfree(&regex);
}

static void check_number(struct check *c, const json_t *schema, double value, const char *pointer)
{
	const json_t *min = json_object_get(schema, "minimum");
	const json_t *max = json_object_get(schema, "maximum");

	if (min != NULL && value < json_number_value(min))
		fault(c, pointer, "is less than %g", json_number_value(min));
	if (max != NULL && value > json_number_value(max))
		fault(c, pointer, "is more than %g", json_number_value(max));
}

/* True if value fits one of the schemas; their faults are not reported. */
static bool fits_any(const struct check *c, const json_t *root, const json_t *schemas, const json_t *value, const char *pointer)
{
	struct schema_sink silent = { .file = c->sink->file, .arg = c->sink->arg };
	size_t i;
	const json_t *one;

	json_array_foreach ((json_t *)schemas, i, one) {
		struct check trial = { .sink = &silent, .depth = c->depth };
		check_value(&trial, root, one, value, pointer);
		if (trial.faults == 0)
			return true;
	}
	return false;
}

static void check_keywords(struct check *c, const json_t *root, const json_t *schema, const json_t *value, const char *pointer)
{
	const json_t *keyword;
	size_t i;
	const json_t *one;

	if ((keyword = json_object_get(schema, "$ref")) != NULL)
		check_ref(c, root, json_string_value(keyword), value, pointer);
	if ((keyword = json_object_get(schema, "type")) != NULL)
		check_type(c, keyword, value, pointer);
	if ((keyword = json_object_get(schema, "const")) != NULL && !json_equal(keyword, value))
		fault(c, pointer, "is not the one value allowed here");
	if ((keyword = json_object_get(schema, "enum")) != NULL)
		check_enum(c, keyword, value, pointer);
	json_array_foreach (json_object_get(schema, "allOf"), i, one)
		check_value(c, root, one, value, pointer);
	if ((keyword = json_object_get(schema, "anyOf")) != NULL && !fits_any(c, root, keyword, value, pointer))
		fault(c, pointer, "fits none of the allowed forms");
	if ((keyword = json_object_get(schema, "x-text")) != NULL && c->sink->text != NULL)
		c->sink->text(c->sink->arg, pointer, json_string_value(keyword), value);
	if ((keyword = json_object_get(schema, "x-ref")) != NULL && c->sink->ref != NULL)
		c->sink->ref(c->sink->arg, pointer, json_string_value(keyword), value);
	if ((keyword = json_object_get(schema, "x-member")) != NULL && c->sink->member != NULL)
		c->sink->member(c->sink->arg, pointer, json_string_value(keyword), value);
}

static void check_value(struct check *c, const json_t *root, const json_t *schema, const json_t *value, const char *pointer)
{
	if (c->depth >= MAX_DEPTH) {
		fault(c, pointer, "is nested too deeply");
		return;
	}
	c->depth++;
	check_keywords(c, root, schema, value, pointer);
	if (json_is_object(value))
		check_object(c, root, schema, (json_t *)value, pointer);
	else if (json_is_array(value))
		check_array(c, root, schema, (json_t *)value, pointer);
	else if (json_is_string(value))
		check_string(c, schema, json_string_value(value), pointer);
	else if (json_is_number(value))
		check_number(c, schema, json_number_value(value), pointer);
	c->depth--;
}

int schema_check(const json_t *root, const json_t *schema, const json_t *value, const char *pointer, const struct schema_sink *sink)
{
	struct check c = { .sink = sink };

	check_value(&c, root, schema, value, pointer);
	return c.faults;
}
