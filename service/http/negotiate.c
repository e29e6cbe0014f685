/* Content negotiation. Pure: no sockets, no database, no allocation. */
#include "service/http/negotiate.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { MAX_TAG = 36, FULL_WEIGHT = 1000 }; /* RFC 5646 section 4.4.1: 35 characters are enough */

static const char ows[] = " \t";

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
	while (size > 0 && strchr(ows, s[size - 1]) != NULL)
		size--;
	return size;
}

/* Takes the next element off a list; false at its end. The weight is -1 where its q is malformed. */
static bool next_element(const char **list, struct element *element)
{
	const char *s = *list + strspn(*list, " \t,");

	if (*s == '\0')
		return false;
	size_t size = strcspn(s, ",");
	size_t value = strcspn(s, ",;");
	*element = (struct element){ .value = s, .size = trimmed(s, value), .weight = FULL_WEIGHT };
	for (size_t at = value; at < size;) {
		const char *parameter = s + at + 1;
		parameter += strspn(parameter, ows);
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

int accept_weight(const char *accept, const char *type)
{
	struct element range;
	int best = 0, weight = 0;

	if (accept == NULL || accept[strspn(accept, " \t,")] == '\0')
		return FULL_WEIGHT;
	while (next_element(&accept, &range)) {
		int how = specificity(&range, type);
		if (range.weight >= 0 && how > best) {
			best = how;
			weight = range.weight;
		}
	}
	return weight;
}

const char *const format_names[] = { "json", "text", NULL };

struct negotiated_format negotiate_format(const char *name, const char *accept)
{
	static const struct negotiated_format served[] = {
		{ FORMAT_JSON, "application/json" },
		{ FORMAT_TEXT, "text/markdown" },
		{ FORMAT_TEXT, "text/plain" },
	};
	struct negotiated_format best = { FORMAT_NONE, NULL };
	int weight = 0;

	if (name != NULL && strcmp(name, "json") == 0)
		return served[0];
	if (name != NULL)
		return strcmp(name, "text") == 0 ? served[2] : best;
	for (size_t i = 0; i < sizeof served / sizeof served[0]; i++) {
		int w = accept_weight(accept, served[i].type);
		if (w > weight) {
			weight = w;
			best = served[i];
		}
	}
	return best;
}

/* The language with this very tag or alias. */
static const char *language_exact(const char *tag, size_t size, const json_t *languages)
{
	size_t i, k;
	const json_t *language, *alias;

	json_array_foreach ((json_t *)languages, i, language) {
		const char *known = json_string_value(json_object_get(language, "tag"));
		if (strlen(known) == size && strncasecmp(known, tag, size) == 0)
			return known;
		json_array_foreach (json_object_get(language, "aliases"), k, alias)
			if (json_string_length(alias) == size && strncasecmp(json_string_value(alias), tag, size) == 0)
				return known;
	}
	return NULL;
}

static const char *language_lookup(const char *tag, size_t size, const json_t *languages)
{
	const char *found = NULL;

	if (size >= MAX_TAG)
		return NULL;
	while (size > 0 && found == NULL) {
		found = language_exact(tag, size, languages);
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

const char *language_of_tag(const char *tag, const json_t *languages)
{
	return language_lookup(tag, strlen(tag), languages);
}

const char *negotiate_language(const char *accept, const json_t *languages)
{
	const char *best = json_string_value(json_object_get(json_array_get(languages, 0), "tag"));
	struct element range;
	int weight = 0;

	while (accept != NULL && next_element(&accept, &range)) {
		const char *found = range.weight > weight ? language_lookup(range.value, range.size, languages) : NULL;
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
	for (const char *s = if_none_match + strspn(if_none_match, " \t,"); *s != '\0'; s += strspn(s, " \t,")) {
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
