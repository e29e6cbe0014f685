/* Puts messages together to transactions, and finds out what is seen of each. */
#ifndef SIPCODES_TRANSACTION_H
#define SIPCODES_TRANSACTION_H

#include "trace/trace.h"

/* Fills in what the messages' header fields say, the transactions and their facts, all but the fact "defined", which is unknown. Returns -1 if
 * memory ran out. */
int transactions_find(struct trace *trace);

#endif
