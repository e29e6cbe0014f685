/* Finds what libmicrohttpd 0.9.75 lets through and HTTP does not allow. Knows how that version parses, and nothing of the
 * service. */
#include "service/http/wire.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

static const char token_characters[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char host_characters[] = "-._~!$&'()*+,;=:%[]0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static bool has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
			return true;
	return false;
}

struct fields {
	const char *fault;
	const char *host;
	const char *last_value;
	int hosts, lengths;
};

static enum MHD_Result see_field(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct fields *f = arg;

	(void)kind;
	if (value == NULL)
		value = "";
	if (*name == '\0' || name[strspn(name, token_characters)] != '\0')
		f->fault = "field-name";
	else if (has_control(value))
		f->fault = "control-character";
	/* The parser writes a NUL over each byte of a line's end: two for CRLF, one for a lone LF. The byte behind the first
	 * is there in any case: the line that ends the header follows. */
	else if (value[strlen(value) + 1] != '\0')
		f->fault = "line-ending";
	if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
		f->hosts++;
		f->host = value;
	}
	f->lengths += strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0 || strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0;
	f->last_value = value;
	return f->fault == NULL ? MHD_YES : MHD_NO;
}

/* The header ends with the last value, its CRLF and an empty line; its size tells whether both were there in full. */
static bool ends_in_crlf(struct MHD_Connection *connection, const char *method, const char *last)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	uintptr_t expected = (uintptr_t)last + strlen(last) + strlen("\r\n\r\n") - (uintptr_t)method;

	return info != NULL && info->header_size == expected;
}

const char *wire_fault(struct MHD_Connection *connection, const char *url, const char *method, const char *version)
{
	struct fields f = { .last_value = version };
	bool http_1_0 = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;

	if (!http_1_0 && strcmp(version, MHD_HTTP_VERSION_1_1) != 0)
		return "version";
	if (has_control(url))
		return "control-character";
	if (version[strlen(version) + 1] != '\0')
		return "line-ending";
	MHD_get_connection_values(connection, MHD_HEADER_KIND, see_field, &f);
	if (f.fault != NULL)
		return f.fault;
	if (!ends_in_crlf(connection, method, f.last_value))
		return "line-ending";
	if (f.hosts > 1)
		return "host-repeated";
	if (f.hosts == 0)
		return http_1_0 ? NULL : "host-missing";
	if (*f.host == '\0' || f.host[strspn(f.host, host_characters)] != '\0')
		return "host-invalid";
	return f.lengths > 1 ? "length" : NULL;
}
