/* A listening socket. */
#ifndef SIPCODES_LISTEN_H
#define SIPCODES_LISTEN_H

#include "db/kb.h"

enum { LISTEN_ADDRESS_MAX = 64 };

/* Listens on ADDR:PORT or [ADDR]:PORT. Returns the descriptor and writes the real address; or -1 and why. */
int listen_on(const char *where, char address[LISTEN_ADDRESS_MAX], char why[KB_WHY_MAX]);

#endif
