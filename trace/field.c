/* Header fields and their values. Pure. */
#include "trace/field.h"

#include <ctype.h>
#include <string.h>

/* Compact forms, by letter (RFC 3261 section 20 and the RFCs of the fields). */
static const char *const compact[26] = {
	['a' - 'a'] = "Accept-Contact",
	['b' - 'a'] = "Referred-By",
	['c' - 'a'] = "Content-Type",
	['d' - 'a'] = "Request-Disposition",
	['e' - 'a'] = "Content-Encoding",
	['f' - 'a'] = "From",
	['i' - 'a'] = "Call-ID",
	['j' - 'a'] = "Reject-Contact",
	['k' - 'a'] = "Supported",
	['l' - 'a'] = "Content-Length",
	['m' - 'a'] = "Contact",
	['n' - 'a'] = "Identity-Info",
	['o' - 'a'] = "Event",
	['r' - 'a'] = "Refer-To",
	['s' - 'a'] = "Subject",
	['t' - 'a'] = "To",
	['u' - 'a'] = "Allow-Events",
	['v' - 'a'] = "Via",
	['x' - 'a'] = "Session-Expires",
	['y' - 'a'] = "Identity",
};

struct span field_full_name(struct span name)
{
	int letter = name.size == 1 ? tolower((unsigned char)*name.start) : 0;

	if (letter < 'a' || letter > 'z' || compact[letter - 'a'] == NULL)
		return name;
	return (struct span){ compact[letter - 'a'], strlen(compact[letter - 'a']) };
}

const struct trace_field *trace_field(const struct trace *trace, const struct trace_message *message, const char *name)
{
	size_t n = strlen(name);

	for (int i = 0; i < message->field_count; i++) {
		const struct trace_field *field = &trace->fields[message->first_field + i];
		if (field->name.size == n && span_begins(field->name, name))
			return field;
	}
	return NULL;
}

static struct span unquoted(struct span s)
{
	if (s.size >= 2 && s.start[0] == '"' && s.start[s.size - 1] == '"')
		return (struct span){ s.start + 1, s.size - 2 };
	return s;
}

struct span trace_parameter(struct span value, char separator, const char *name)
{
	size_t n = strlen(name);

	/* A challenge's scheme stands before its first parameter, parted by a blank. */
	if (separator == ',')
		span_take(&value, ' ');
	while (value.size > 0) {
		struct span part = span_take(&value, separator);
		if (part.size > n && span_begins(part, name)) {
			struct span rest = span_trim(span_after(part, n));
			if (rest.size > 0 && *rest.start == '=')
				return unquoted(span_trim(span_after(rest, 1)));
		}
	}
	return SPAN_EMPTY;
}

struct span field_host(struct span uri)
{
	size_t at, n = 0;

	if (span_find(uri, ":") < uri.size && (span_begins(uri, "sip") || span_begins(uri, "tel")))
		uri = span_after(uri, span_find(uri, ":") + 1);
	at = span_find(uri, "@");
	if (at < uri.size)
		uri = span_after(uri, at + 1);
	if (uri.size > 0 && *uri.start == '[') {
		n = span_find(uri, "]");
		return (struct span){ uri.start + 1, n > 0 ? n - 1 : 0 };
	}
	while (n < uri.size && strchr(":;>? \t,", uri.start[n]) == NULL)
		n++;
	return (struct span){ uri.start, n };
}

/* The four numbers of an IPv4 address; false: it is none. */
static bool read_ipv4(struct span host, int part[4])
{
	for (int i = 0; i < 4; i++) {
		struct span digits = i < 3 ? span_take(&host, '.') : host;
		part[i] = span_number(digits);
		if (part[i] < 0 || part[i] > 255 || digits.size > 3)
			return false;
		for (size_t k = 0; k < digits.size; k++)
			if (!isdigit((unsigned char)digits.start[k]))
				return false;
	}
	return true;
}

bool field_is_private(struct span host)
{
	int p[4];

	return read_ipv4(host, p) &&
	       (p[0] == 10 || (p[0] == 172 && p[1] >= 16 && p[1] < 32) || (p[0] == 192 && p[1] == 168) || (p[0] == 100 && p[1] >= 64 && p[1] < 128));
}

bool field_is_public(struct span host)
{
	int p[4];

	return read_ipv4(host, p) && !field_is_private(host) && p[0] != 127 && p[0] != 0;
}
