/* Finds what libmicrohttpd 0.9.75 lets through and HTTP does not allow. Knows how that version parses, and nothing of the
 * service. */
#include "service/http/wire.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Beside letters and digits. */
static const char token_characters[] = "-_!#$%&'*+.^`|~";
static const char host_characters[] = ".:-_~!$&'()*+,;=%[]";

static bool is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Is s nothing but letters, digits and these characters, and not empty? */
static bool consists_of(const char *s, const char *characters)
{
	const char *end = s;

	while (*end != '\0' && (is_letter_or_digit(*end) || strchr(characters, *end) != NULL))
		end++;
	return end > s && *end == '\0';
}

static bool has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
			return true;
	return false;
}

static bool is_token(const char *s)
{
	return consists_of(s, token_characters);
}

/* The bytes of the UTF-8 sequence at s (RFC 3629), 0 if there is none. */
static size_t utf8_sequence(const unsigned char *s)
{
	size_t size = s[0] < 0x80 ? 1 : s[0] >= 0xC2 && s[0] < 0xE0 ? 2 : (s[0] & 0xF0) == 0xE0 ? 3 : s[0] >= 0xF0 && s[0] < 0xF5 ? 4 : 0;

	for (size_t i = 1; i < size; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F)) /* overlong; surrogates */
		return 0;
	if ((s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F)) /* overlong; beyond U+10FFFF */
		return 0;
	return size;
}

static bool is_utf8(const char *s)
{
	for (size_t n; *s != '\0'; s += n) {
		n = (unsigned char)*s < 0x80 ? 1 : utf8_sequence((const unsigned char *)s);
		if (n == 0)
			return false;
	}
	return true;
}

struct fields {
	const char *fault;
	const char *host;
	const char *next_line; /* where the next field has to begin */
	int hosts, lengths;
};

/* The parser writes a NUL over each byte of a line's end and leaves the lines where they are: if all of them end in CRLF and
 * none is folded, each begins two bytes behind the end of the one before. */
static const char *behind(const char *line)
{
	return line + strlen(line) + strlen("\r\n");
}

static enum MHD_Result see_field(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct fields *f = arg;

	(void)kind;
	if (value == NULL || name != f->next_line) {
		f->fault = "line-ending";
		return MHD_NO;
	}
	f->next_line = behind(value);
	if (!is_token(name))
		f->fault = "field-name";
	else if (has_control(value))
		f->fault = "control-character";
	if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
		f->hosts++;
		f->host = value;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
		f->lengths++;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
		f->lengths++;
		if (strcasecmp(value, "chunked") != 0)
			f->fault = "transfer-coding";
	}
	return f->fault == NULL ? MHD_YES : MHD_NO;
}

static enum MHD_Result see_argument(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	bool *fine = arg;

	(void)kind;
	*fine = is_utf8(name) && (value == NULL || is_utf8(value));
	return *fine ? MHD_YES : MHD_NO;
}

/* The header ends with an empty line; its size tells whether that was CRLF too. */
static bool ends_in_crlf(struct MHD_Connection *connection, const char *method, const char *empty_line)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	return info != NULL && info->header_size == (uintptr_t)empty_line + strlen("\r\n") - (uintptr_t)method;
}

static const char *host_fault(const struct fields *f, const char *version)
{
	if (f->hosts > 1)
		return "host-repeated";
	if (f->hosts == 0)
		return strcmp(version, MHD_HTTP_VERSION_1_0) == 0 ? NULL : "host-missing";
	return consists_of(f->host, host_characters) ? NULL : "host-invalid";
}

const char *wire_fault(struct MHD_Connection *connection, const char *url, const char *method, const char *version)
{
	struct fields f = { .next_line = behind(version) };
	bool arguments_fine = true;

	MHD_get_connection_values(connection, MHD_HEADER_KIND, see_field, &f);
	if (f.fault != NULL)
		return f.fault;
	if (!ends_in_crlf(connection, method, f.next_line))
		return "line-ending";
	if (f.lengths > 1)
		return "length";
	if (!is_token(method))
		return "method";
	if (has_control(url))
		return "control-character";
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, see_argument, &arguments_fine);
	if (!is_utf8(url) || !arguments_fine)
		return "encoding";
	return host_fault(&f, version);
}
