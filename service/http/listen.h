/* Listening sockets. */
#ifndef SIPCODES_LISTEN_H
#define SIPCODES_LISTEN_H

#include "db/kb.h"

enum { LISTEN_ADDRESS_MAX = 64 };

/* Listens on ADDR:PORT or [ADDR]:PORT with count sockets, among which the system shares out the connections (SO_REUSEPORT). Returns 0, leaves the
 * descriptors in fds and writes the real address; or returns -1 and why, also if somebody else listens there. */
int listen_on(const char *where, int count, int fds[], char address[LISTEN_ADDRESS_MAX], char why[KB_WHY_MAX]);

#endif
