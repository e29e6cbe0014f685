/* Content negotiation: RFC 9110 section 12, RFC 4647 section 3.4. */
#ifndef SIPCODES_NEGOTIATE_H
#define SIPCODES_NEGOTIATE_H

#include <jansson.h>
#include <stdbool.h>

enum format { FORMAT_JSON, FORMAT_TEXT, FORMAT_NONE };

enum { FORMAT_TYPES = 3 }; /* the media types that are served */

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

/* Does an Accept-Encoding field want gzip (RFC 9110 section 12.5.3), and no less than the content as it is? NULL: no. */
bool negotiate_gzip(const char *accept);

/* A name that means a language, its tag or an alias. */
struct language_name {
	const char *name, *tag;
};

/* The names of all languages of a list [{"tag", "aliases"}], the default one's tag first; the last one has a NULL name. free() ends them; their
 * strings belong to the list. NULL if memory ran out. */
struct language_name *language_names(const json_t *languages);

/* The language that a tag means, by lookup (RFC 4647 section 3.4): the tag is shortened from its end until it is a name. NULL: none. */
const char *language_of_tag(const char *tag, const struct language_name *names);

/* The language that an Accept-Language field wants most and that exists, else the default one. */
const char *negotiate_language(const char *accept, const struct language_name *names);

/* Does an If-None-Match field have this strong entity-tag, by weak comparison (RFC 9110 section 13.1.2)? */
bool etag_matches(const char *if_none_match, const char *etag);

#endif
