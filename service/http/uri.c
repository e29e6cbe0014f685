/* Percent-encoding. Pure: no sockets, no allocation. */
#include "service/http/uri.h"

#include <stdbool.h>
#include <string.h>

static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("/-._~!$&'()*+,;=:@", c) != NULL;
}

size_t uri_encode(const char *path, char *out, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;

	for (const char *s = path; *s != '\0' && n + (is_plain(*s) ? 1 : 3) < size; s++) {
		if (is_plain(*s)) {
			out[n++] = *s;
		} else {
			out[n++] = '%';
			out[n++] = digits[(unsigned char)*s >> 4];
			out[n++] = digits[(unsigned char)*s & 0xF];
		}
	}
	out[n] = '\0';
	return n;
}
