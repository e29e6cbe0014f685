/* What libmicrohttpd 0.9.75 lets through and HTTP does not allow. */
#ifndef SIPCODES_WIRE_H
#define SIPCODES_WIRE_H

#include <microhttpd.h>

/* What is wrong with the request as it came over the wire: a name of the group "wire" of the labels, or NULL if nothing is.
 * url, method and version are those that libmicrohttpd gave the access handler.
 *
 * Refused: lines that do not end in CRLF and folded header fields (RFC 9112 sections 2.2 and 5.2), control characters,
 * methods and field names that are no token (RFC 9110 section 5.6.2), a target that does not decode to UTF-8, Host missing,
 * repeated or malformed (RFC 9112 section 3.2), more than one body length or a transfer coding other than chunked (section
 * 6.3). Where the request ends is in doubt after some of these: close the connection after the answer. */
const char *wire_fault(struct MHD_Connection *connection, const char *url, const char *method, const char *version);

#endif
