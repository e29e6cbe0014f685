/* Percent-encoding (RFC 3986 section 2.1). */
#ifndef SIPCODES_URI_H
#define SIPCODES_URI_H

#include <stddef.h>

/* Bytes that a text of so many bytes takes at most when it is encoded; both with the NUL. */
#define URI_ENCODED_MAX(bytes) (3 * ((bytes)-1) + 1)

/* Writes the path as a URI reference again: what may not stand in one is percent-encoded, a quote and a backslash too. What does not fit is cut
 * off. Returns the bytes written, without the NUL. */
size_t uri_encode(const char *path, char *out, size_t size);

#endif
