/* Header fields and their values (RFC 3261 section 7.3). */
#ifndef SIPCODES_FIELD_H
#define SIPCODES_FIELD_H

#include "trace/trace.h"

/* The name spelt out where it is a compact form, else as it is. */
struct span field_full_name(struct span name);

/* The host in a URI or a Via value's sent-by, without port: "sip:a@b:5060;x" has b. */
struct span field_host(struct span uri);

/* Is it an IPv4 address of a private network (RFC 1918), or one of RFC 6598; is it an IPv4 address at all, and none of these? */
bool field_is_private(struct span host);
bool field_is_public(struct span host);

#endif
