/* What a log says of a message: who sent it to whom, and when. */
#ifndef SIPCODES_LOG_H
#define SIPCODES_LOG_H

#include "trace/trace.h"

/* Sets from, to, here_from, here_to and time of the message by the lines before it, nearest first, and by what stands before its
 * first line on the same one. What they do not say stays as it is. */
void log_read(struct trace_message *message, const struct trace_line *lines, int count, struct span prefix);

#endif
