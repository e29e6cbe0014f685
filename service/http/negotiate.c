/* Content negotiation. Pure: no sockets, no database, no allocation. */
#include "service/http/negotiate.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_TAG = 36, FULL_WEIGHT = 1000 }; /* RFC 5646 section 4.4.1: 35 characters are enough */

static bool is_ows(char c)
{
	return c == ' ' || c == '\t';
}

/* What stands before the next element of a list. */
static const char *skip_commas(const char *s)
{
	while (is_ows(*s) || *s == ',')
		s++;
	return s;
}

/* One element of a comma-separated field: its value and the weight that its q parameter gives it. */
struct element {
	const char *value;
	size_t size;
	int weight;
};

/* qvalue (RFC 9110 section 12.4.2) in thousandths, or -1 if it is none. */
static int parse_weight(const char *s, size_t size)
{
	int weight, scale = 100;

	if (size == 0 || (*s != '0' && *s != '1') || (size > 1 && s[1] != '.') || size > 5)
		return -1;
	weight = (*s - '0') * FULL_WEIGHT;
	for (size_t i = 2; i < size; i++, scale /= 10) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		weight += (s[i] - '0') * scale;
	}
	return weight <= FULL_WEIGHT ? weight : -1;
}

static size_t trimmed(const char *s, size_t size)
{
	while (size > 0 && is_ows(s[size - 1]))
		size--;
	return size;
}

/* Takes the next element off a list; false at its end. The weight is -1 where its q is malformed. */
static bool next_element(const char **list, struct element *element)
{
	const char *s = skip_commas(*list);

	if (*s == '\0')
		return false;
	size_t size = strcspn(s, ",");
	size_t value = strcspn(s, ",;");
	*element = (struct element){ .value = s, .size = trimmed(s, value), .weight = FULL_WEIGHT };
	for (size_t at = value; at < size;) {
		const char *parameter = s + at + 1;
		while (is_ows(*parameter))
			parameter++;
		size_t n = strcspn(parameter, ",;");
		if (n >= 2 && (parameter[0] == 'q' || parameter[0] == 'Q') && parameter[1] == '=')
			element->weight = parse_weight(parameter + 2, trimmed(parameter + 2, n - 2));
		at = (size_t)(parameter - s) + n;
	}
	*list = s + size;
	return true;
}

/* How specifically a media range covers a type: 0 not at all, 1 by everything, 2 by its main type, 3 exactly. */
static int specificity(const struct element *range, const char *type)
{
	size_t main = strcspn(type, "/") + 1;

	if (range->size == strlen(type) && strncasecmp(range->value, type, range->size) == 0)
		return 3;
	if (range->size == main + 1 && strncasecmp(range->value, type, main) == 0 && range->value[main] == '*')
		return 2;
	return range->size == 3 && strncmp(range->value, "*/*", 3) == 0;
}

/* How much an Accept field wants each of the media types. */
static void weigh(const char *accept, const struct negotiated_format types[], size_t count, int weights[])
{
	struct element range;
	int best[FORMAT_TYPES] = { 0 };
	bool any = accept == NULL || *skip_commas(accept) == '\0';

	for (size_t i = 0; i < count; i++)
		weights[i] = any ? FULL_WEIGHT : 0;
	while (!any && next_element(&accept, &range)) {
		for (size_t i = 0; i < count; i++) {
			int how = specificity(&range, types[i].type);
			if (range.weight >= 0 && how > best[i]) {
				best[i] = how;
				weights[i] = range.weight;
			}
		}
	}
}

int accept_weight(const char *accept, const char *type)
{
	int weight;

	weigh(accept, &(struct negotiated_format){ FORMAT_NONE, type }, 1, &weight);
	return weight;
}

const char *const format_names[] = { "json", "text", NULL };

static const struct negotiated_format served[FORMAT_TYPES] = {
	{ FORMAT_JSON, "application/json" },
	{ FORMAT_TEXT, "text/markdown" },
	{ FORMAT_TEXT, "text/plain" },
};

struct negotiated_format negotiate_format(const char *name, const char *accept)
{
	const struct negotiated_format none = { FORMAT_NONE, NULL };
	int weights[FORMAT_TYPES], best = -1;

	if (name != NULL && strcmp(name, "json") == 0)
		return served[0];
	if (name != NULL)
		return strcmp(name, "text") == 0 ? served[2] : none;
	weigh(accept, served, FORMAT_TYPES, weights);
	for (int i = 0; i < FORMAT_TYPES; i++)
		if (weights[i] > (best >= 0 ? weights[best] : 0))
			best = i;
	return best >= 0 ? served[best] : none;
}

bool negotiate_gzip(const char *accept)
{
	struct element coding;
	int gzip = -1, identity = 0, others = 0;

	while (accept != NULL && next_element(&accept, &coding)) {
		int weight = coding.weight >= 0 ? coding.weight : 0;
		if (coding.size == 4 && strncasecmp(coding.value, "gzip", 4) == 0)
			gzip = weight;
		else if (coding.size == 8 && strncasecmp(coding.value, "identity", 8) == 0)
			identity = weight;
		else if (coding.size == 1 && *coding.value == '*')
			others = weight;
	}
	gzip = gzip >= 0 ? gzip : others;
	return gzip > 0 && gzip >= identity;
}

struct language_name *language_names(const json_t *languages)
{
	size_t i, k, count = 1;
	const json_t *language, *alias;

	json_array_foreach ((json_t *)languages, i, language)
		count += 1 + json_array_size(json_object_get(language, "aliases"));
	struct language_name *names = calloc(count, sizeof *names), *next = names;
	json_array_foreach ((json_t *)languages, i, language) {
		const char *tag = json_string_value(json_object_get(language, "tag"));
		if (names == NULL)
			return NULL;
		*next++ = (struct language_name){ tag, tag };
		json_array_foreach (json_object_get(language, "aliases"), k, alias)
			*next++ = (struct language_name){ json_string_value(alias), tag };
	}
	return names;
}

/* The language with this very tag or alias. */
static const char *language_exact(const char *tag, size_t size, const struct language_name *names)
{
	for (; names->name != NULL; names++)
		if (strncasecmp(names->name, tag, size) == 0 && names->name[size] == '\0')
			return names->tag;
	return NULL;
}

static const char *language_lookup(const char *tag, size_t size, const struct language_name *names)
{
	const char *found = NULL;

	if (size >= MAX_TAG)
		return NULL;
	while (size > 0 && found == NULL) {
		found = language_exact(tag, size, names);
		while (size > 0 && tag[size - 1] != '-')
			size--;
		if (size > 0)
			size--;
		/* a single letter, such as x, goes with what followed it */
		if (size >= 2 && tag[size - 2] == '-')
			size -= 2;
	}
	return found;
}

const char *language_of_tag(const char *tag, const struct language_name *names)
{
	return language_lookup(tag, strlen(tag), names);
}

const char *negotiate_language(const char *accept, const struct language_name *names)
{
	const char *best = names->tag;
	struct element range;
	int weight = 0;

	while (accept != NULL && next_element(&accept, &range)) {
		const char *found = range.weight > weight ? language_lookup(range.value, range.size, names) : NULL;
		if (found != NULL) {
			best = found;
			weight = range.weight;
		}
	}
	return best;
}

bool etag_matches(const char *if_none_match, const char *etag)
{
	size_t size = strlen(etag);

	if (if_none_match == NULL)
		return false;
	for (const char *s = skip_commas(if_none_match); *s != '\0'; s = skip_commas(s)) {
		if (*s == '*')
			return true;
		if (strncmp(s, "W/", 2) == 0)
			s += 2;
		if (*s != '"')
			return false;
		size_t n = strcspn(s + 1, "\"") + 2;
		if (n == size && strncmp(s, etag, size) == 0)
			return true;
		if (strlen(s) < n)
			return false;
		s += n;
	}
	return false;
}
