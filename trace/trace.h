/* Reads SIP out of text: whole messages, or what a log has left of them, and what is seen in their transactions.
 *
 * Pure: knows no database, no language, no HTTP. The time it takes grows with the size of the text and no faster.
 */
#ifndef SIPCODES_TRACE_H
#define SIPCODES_TRACE_H

#include "trace/facts.h"
#include "trace/span.h"

/* A header field. A value that came in several lines is one: what parted them has become blanks. */
struct trace_field {
	struct span name, value;
	int line;
};

/* Which way the media flow, as an offer or answer says of itself (RFC 3264 section 5.1). */
enum sdp_direction { SDP_BOTH, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };

/* The session description in a message (RFC 4566), as far as an explanation needs it. */
struct trace_sdp {
	bool present;
	bool image;         /* a media line of image: T.38 */
	bool audio;         /* a media line of audio whose port is not 0 */
	bool audio_refused; /* one whose port is 0 */
	bool nowhere;       /* the address 0.0.0.0 */
	enum sdp_direction direction;
};

struct trace_message {
	int line;           /* of its first line, from 1 */
	int code;           /* 0: a request */
	struct span method; /* of the request; of a response, that in CSeq */
	struct span uri, phrase;
	struct span call_id, branch, sent_by, from_tag, to_tag, transport;
	struct span received; /* the address that the top Via says it came from */
	int cseq;             /* -1: not in the text */
	int first_field, field_count;
	int via_count;
	bool twice; /* one address stands twice in Via */
	size_t bytes;
	struct trace_sdp sdp;
	int fragment; /* the code in a message/sipfrag body (RFC 3420), 0: none */
	/* What the log says: who sent it to whom, as far as it is known ("" for the machine that wrote the log); and when, in seconds,
	 * NAN: unknown. */
	struct span from, to;
	bool here_from, here_to;
	double time;
	int transaction; /* -1: none */
	int next;        /* the next message of the transaction, -1: the last */
};

/* A request with all its copies and responses: what has one Call-ID, CSeq number and method. An ACK belongs to the INVITE. */
struct trace_transaction {
	int call;        /* Call-IDs are numbered from 0 in the order of the text */
	int first, last; /* messages */
	int request;     /* the first message that is a request, -1: none */
	int final;       /* the final response nearest to the caller, -1: none */
	int cancel;      /* the transaction that cancels it, -1: none */
	int bye;         /* the one that ends what it began, -1: none */
	int retry;       /* the next one of its method in the call, -1: none */
	int previous;    /* the one before it, -1: none */
	struct trace_facts facts;
};

/* A line that belongs to no message: what the program that wrote the log says itself. */
struct trace_line {
	struct span text;
	int line;
};

struct trace {
	struct trace_message *messages;
	int message_count;
	struct trace_field *fields; /* those of a message side by side; those without a message last */
	int field_count;
	int loose; /* the first field without a message */
	struct trace_transaction *transactions;
	int transaction_count;
	int call_count;
	struct trace_line *lines;
	int line_count;
	char *text;
};

/* Reads a text. The result, for trace_free, keeps a copy of it; NULL if memory ran out. */
struct trace *trace_read(const char *text, size_t size);

/* NULL is allowed. */
void trace_free(struct trace *trace);

/* The first field of the message with this name, as it is spelt out, letter case aside; its compact form counts (RFC 3261 section 7.3.3).
 * NULL: there is none. */
const struct trace_field *trace_field(const struct trace *trace, const struct trace_message *message, const char *name);

/* A parameter of a field's value, name=value after semicolons or, in a challenge or credentials, after commas; without its quotation marks.
 * Empty: there is none. */
struct span trace_parameter(struct span value, char separator, const char *name);

#endif
