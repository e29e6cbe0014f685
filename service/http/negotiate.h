/* Content negotiation: RFC 9110 section 12, RFC 4647 section 3.4. */
#ifndef SIPCODES_NEGOTIATE_H
#define SIPCODES_NEGOTIATE_H

#include <jansson.h>
#include <stdbool.h>

enum format { FORMAT_JSON, FORMAT_TEXT, FORMAT_NONE };

/* How much an Accept field wants a media type, in thousandths: the weight of the most specific range that covers it, 0 if
 * none does. A range that cannot be parsed is passed over. accept NULL or blank: 1000. */
int accept_weight(const char *accept, const char *type);

struct negotiated_format {
	enum format format;
	const char *type; /* the media type that was chosen */
};

/* The format that the client wants most: by name ("json", "text"; ?format=, NULL: not given), else by its Accept field.
 * Equal wishes go to the one served first: JSON, then text. FORMAT_NONE: there is none, or no format of that name. */
struct negotiated_format negotiate_format(const char *name, const char *accept);

/* The names of the formats, the last one NULL. */
extern const char *const format_names[];

/* The language that a tag means, by lookup (RFC 4647 section 3.4): the tag is shortened from its end until a language of the
 * list [{"tag", "aliases"}] has it. NULL: none. The result belongs to the list. */
const char *language_of_tag(const char *tag, const json_t *languages);

/* The language that an Accept-Language field wants most and that exists, else the first of the list. */
const char *negotiate_language(const char *accept, const json_t *languages);

/* Does an If-None-Match field have this strong entity-tag, by weak comparison (RFC 9110 section 13.1.2)? */
bool etag_matches(const char *if_none_match, const char *etag);

#endif
