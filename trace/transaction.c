/* Puts messages together to transactions, and finds out what is seen of each. Pure. */
#include "trace/transaction.h"

#include "trace/field.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_VIA = 70,  /* values of Via that are looked at: no request passes more hops (RFC 3261 section 8.1.1.6) */
	MAX_HOPS = 32, /* branches of a transaction that are told apart */
	MAX_TAGS = 16, /* tags in To of its responses */
	MAX_WORD = 20, /* bytes of a method, a transport */
};

/* ---- header fields ---- */

/* The letters, digits and hyphens at the front, at most MAX_WORD. */
static struct span word_of(struct span s)
{
	size_t n = 0;

	while (n < s.size && n < MAX_WORD && (isalnum((unsigned char)s.start[n]) || s.start[n] == '-'))
		n++;
	return (struct span){ s.start, n };
}

static void read_via(struct trace_message *message, struct span value, struct span addresses[MAX_VIA])
{
	while (value.size > 0 && message->via_count < MAX_VIA) {
		struct span via = span_take(&value, ','), protocol, rest = via;
		if (via.size == 0)
			continue;
		protocol = span_take(&rest, ' ');
		struct span address = span_take(&rest, ';');
		for (int i = 0; i < message->via_count; i++)
			message->twice |= span_same(addresses[i], address);
		addresses[message->via_count] = address;
		if (message->via_count++ > 0)
			continue;
		message->sent_by = field_host(address);
		message->branch = trace_parameter(via, ';', "branch");
		message->received = trace_parameter(via, ';', "received");
		if (span_begins(protocol, "SIP/2.0/"))
			message->transport = word_of(span_after(protocol, 8));
	}
}

static struct span tag_of(struct span value)
{
	return trace_parameter(value, ';', "tag");
}

static void read_fields(const struct trace *trace, struct trace_message *message)
{
	struct span addresses[MAX_VIA] = { SPAN_EMPTY };

	for (int i = 0; i < message->field_count; i++) {
		const struct trace_field *field = &trace->fields[message->first_field + i];
		struct span rest = field->value;
		if (span_is(field->name, "Via")) {
			read_via(message, field->value, addresses);
		} else if (span_is(field->name, "Call-ID")) {
			message->call_id = field->value;
		} else if (span_is(field->name, "From")) {
			message->from_tag = tag_of(field->value);
		} else if (span_is(field->name, "To")) {
			message->to_tag = tag_of(field->value);
		} else if (span_is(field->name, "CSeq")) {
			message->cseq = span_number(rest);
			span_take(&rest, ' ');
			if (message->code > 0)
				message->method = word_of(span_trim(rest));
		} else if (span_is(field->name, "Content-Type") && span_find_any_case(field->value, "application/sdp") < field->value.size) {
			message->sdp.present = true;
		}
	}
}

/* ---- grouping ---- */

/* What a tree is searched by. Its nodes point at keys in an array that does not move. */
struct key {
	const struct trace *trace;
	int message;
	int number; /* of the call or the transaction */
};

static int compare_spans(struct span a, struct span b)
{
	size_t n = a.size < b.size ? a.size : b.size;
	int order = n > 0 ? memcmp(a.start, b.start, n) : 0;

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_calls(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	return compare_spans(x->trace->messages[x->message].call_id, y->trace->messages[y->message].call_id);
}

/* The method of the transaction that a message belongs to. */
static struct span transaction_method(const struct trace_message *message)
{
	static const struct span invite = { "INVITE", 6 };

	return span_is(message->method, "ACK") ? invite : message->method;
}

static int compare_transactions(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	const struct trace_message *m = &x->trace->messages[x->message], *n = &y->trace->messages[y->message];
	int order = (m->cseq > n->cseq) - (m->cseq < n->cseq);

	if (order == 0)
		order = compare_calls(a, b);
	if (order == 0)
		order = compare_spans(transaction_method(m), transaction_method(n));
	return order != 0 ? order : compare_spans(m->from_tag, n->from_tag);
}

static void keep_key(void *key)
{
	(void)key;
}

/* Finds the key's like in the tree, or puts it in; NULL if memory ran out. */
static struct key *intern(struct key *key, void **tree, int (*compare)(const void *, const void *))
{
	struct key **node = tsearch(key, tree, compare);

	return node != NULL ? *node : NULL;
}

static void add_message(struct trace *trace, struct trace_transaction *t, int index)
{
	struct trace_message *message = &trace->messages[index];

	message->transaction = (int)(t - trace->transactions);
	if (t->first < 0)
		t->first = index;
	else
		trace->messages[t->last].next = index;
	t->last = index;
	if (t->request < 0 && message->code == 0 && !span_is(message->method, "ACK"))
		t->request = index;
}

/* For messages without CSeq, as in a log that shows only first lines: a response is taken for one to the request before it, and
 * a request after a final response for a new one. */
struct guess {
	struct span method;
	int cseq;
	bool answered;
};

static void guess_transaction(struct guess *guess, struct trace_message *message)
{
	if (message->cseq >= 0)
		return;
	if (message->code > 0) {
		if (message->method.size == 0)
			message->method = guess->method;
		guess->answered |= message->code >= 200;
	} else if (!span_is(message->method, "ACK") && !span_is(message->method, "CANCEL")) {
		guess->cseq += guess->answered;
		guess->answered = false;
		guess->method = message->method;
	}
	message->cseq = guess->cseq;
}

static int group(struct trace *trace)
{
	size_t count = (size_t)trace->message_count;
	struct key *calls = calloc(count + 1, sizeof *calls), *keys = calloc(count + 1, sizeof *keys);
	void *call_tree = NULL, *tree = NULL;
	struct guess guess = { .method = SPAN_EMPTY };
	int result = -1;

	trace->transactions = calloc(count + 1, sizeof *trace->transactions);
	if (calls == NULL || keys == NULL || trace->transactions == NULL)
		goto done;
	for (int i = 0; i < trace->message_count; i++) {
		guess_transaction(&guess, &trace->messages[i]);
		if (trace->messages[i].method.size == 0)
			continue;
		calls[i] = (struct key){ trace, i, trace->call_count };
		keys[i] = (struct key){ trace, i, trace->transaction_count };
		struct key *call = intern(&calls[i], &call_tree, compare_calls), *key = intern(&keys[i], &tree, compare_transactions);
		if (call == NULL || key == NULL)
			goto done;
		trace->call_count += call == &calls[i];
		if (key == &keys[i])
			trace->transactions[trace->transaction_count++] = (struct trace_transaction){
				.call = call->number, .first = -1, .request = -1, .final = -1, .cancel = -1, .bye = -1, .retry = -1, .previous = -1
			};
		add_message(trace, &trace->transactions[key->number], i);
	}
	result = 0;
done:
	tdestroy(call_tree, keep_key);
	tdestroy(tree, keep_key);
	free(calls);
	free(keys);
	return result;
}

/* ---- hops ---- */

/* What went over one hop: what has one branch. */
struct hop {
	struct span branch;
	int sent, trying, finals, final_code;
	struct span final_tag;
};

struct hops {
	struct hop hop[MAX_HOPS];
	int count;
};

static struct hop *hop_of(struct hops *hops, const struct trace_message *message)
{
	for (int i = 0; i < hops->count; i++)
		if (span_same(hops->hop[i].branch, message->branch))
			return &hops->hop[i];
	if (hops->count == MAX_HOPS)
		return &hops->hop[MAX_HOPS - 1];
	hops->hop[hops->count] = (struct hop){ .branch = message->branch };
	return &hops->hop[hops->count++];
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

/* ---- facts ---- */

/* A set of tags. */
struct tags {
	struct span tag[MAX_TAGS];
	int count;
};

static void add_tag(struct tags *tags, struct span tag)
{
	for (int i = 0; i < tags->count; i++)
		if (span_same(tags->tag[i], tag))
			return;
	if (tags->count < MAX_TAGS && tag.size > 0)
		tags->tag[tags->count++] = tag;
}

static bool has_field(const struct trace *trace, const struct trace_message *message, const char *name)
{
	return trace_field(trace, message, name) != NULL;
}

static int field_number(const struct trace *trace, const struct trace_message *message, const char *name, int otherwise)
{
	const struct trace_field *field = trace_field(trace, message, name);
	int n = field != NULL ? span_number(field->value) : -1;

	return n >= 0 ? n : otherwise;
}

/* A cause in Reason (RFC 3326) of this protocol, else otherwise. */
static int reason_cause(const struct trace *trace, const struct trace_message *message, const char *protocol, int otherwise)
{
	for (int i = 0; i < message->field_count; i++) {
		const struct trace_field *field = &trace->fields[message->first_field + i];
		struct span rest = field->value;
		while (span_is(field->name, "Reason") && rest.size > 0) {
			struct span reason = span_take(&rest, ','), value = reason;
			int cause = span_number(trace_parameter(reason, ';', "cause"));
			if (cause >= 0 && span_is(span_take(&value, ';'), protocol))
				return cause;
		}
	}
	return otherwise;
}

static bool asks_for_prack(const struct trace *trace, const struct trace_message *message)
{
	const struct trace_field *require = trace_field(trace, message, "Require");

	return has_field(trace, message, "RSeq") || (require != NULL && span_find_any_case(require->value, "100rel") < require->value.size);
}

/* Is it rather the final response that the caller gets? That is the one with the fewest Via values; of several a 2xx, else the last. */
static bool is_nearer(const struct trace_message *message, const struct trace_message *best)
{
	if (message->via_count != best->via_count)
		return message->via_count < best->via_count;
	return message->code != best->code && (message->code / 100 == 2 || best->code / 100 != 2);
}

static void see_request(const struct trace *trace, const struct trace_message *message, struct trace_facts *f)
{
	int forwards = field_number(trace, message, "Max-Forwards", FACT_UNKNOWN);

	f->via = most(f->via, message->via_count);
	f->bytes = most(f->bytes, (int)(message->bytes < INT_MAX ? message->bytes : INT_MAX));
	if (forwards != FACT_UNKNOWN && (f->max_forwards == FACT_UNKNOWN || forwards < f->max_forwards))
		f->max_forwards = forwards;
}

/* Does the text show whether the message has a session description? Logs may show some header fields and leave out others. */
static bool shows_body(const struct trace *trace, const struct trace_message *message)
{
	return message->sdp.present || has_field(trace, message, "Content-Length") || has_field(trace, message, "Content-Type");
}

/* What is seen of the request's first copy. */
static void describe_request(const struct trace *trace, const struct trace_message *request, struct trace_facts *f)
{
	bool known = request->field_count > 0, body = shows_body(trace, request);

	f->transport = request->transport;
	f->in_dialog = !has_field(trace, request, "To") ? FACT_UNKNOWN : request->to_tag.size > 0;
	f->authorized = !known ? FACT_UNKNOWN : has_field(trace, request, "Authorization") || has_field(trace, request, "Proxy-Authorization");
	f->request_sdp = !body ? FACT_UNKNOWN : request->sdp.present;
	f->offers_fax = !body ? FACT_UNKNOWN : request->sdp.image;
	f->held = !known ? FACT_UNKNOWN
			 : request->to_tag.size > 0 && request->sdp.present &&
				   (request->sdp.nowhere || request->sdp.direction == SDP_SENDONLY || request->sdp.direction == SDP_INACTIVE);
	f->expires = field_number(trace, request, "Expires", FACT_UNKNOWN);
	f->sip_cause = reason_cause(trace, request, "SIP", FACT_UNKNOWN);
	f->cause = reason_cause(trace, request, "Q.850", FACT_UNKNOWN);
	f->transfer = request->fragment > 0 ? request->fragment : FACT_UNKNOWN;
}

/* Credentials are refused as stale if the nonce is too old, which a further attempt mends (RFC 7616 section 3.3). */
static bool is_stale(const struct trace *trace, const struct trace_message *message)
{
	static const char *const names[] = { "WWW-Authenticate", "Proxy-Authenticate" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const struct trace_field *field = trace_field(trace, message, names[i]);
		if (field != NULL && span_is(trace_parameter(field->value, ',', "stale"), "true"))
			return true;
	}
	return false;
}

/* Behind a NAT: Contact has a private address, but the message came from a public one. */
static bool is_behind_nat(const struct trace *trace, const struct trace_message *message)
{
	const struct trace_field *contact = trace_field(trace, message, "Contact");

	if (contact == NULL)
		return false;
	struct span uri = contact->value;
	size_t bracket = span_find(uri, "<");
	if (bracket < uri.size)
		uri = span_after(uri, bracket + 1);
	return field_is_private(field_host(uri)) && field_is_public(message->from);
}

static void describe_final(const struct trace *trace, const struct trace_message *final, const struct trace_message *request, struct trace_facts *f)
{
	bool known = final->field_count > 0;

	f->final = final->code;
	f->class = final->code / 100;
	f->response_fields_known = known;
	f->cause = reason_cause(trace, final, "Q.850", f->cause);
	f->warning = field_number(trace, final, "Warning", FACT_UNKNOWN);
	if (!known)
		return;
	f->retry_after = field_number(trace, final, "Retry-After", -1);
	f->response_sdp = shows_body(trace, final) ? final->sdp.present : FACT_UNKNOWN;
	f->stale = is_stale(trace, final);
	f->nat = is_behind_nat(trace, final);
	f->audio_refused = final->sdp.audio_refused && !final->sdp.audio;
	f->one_way = request != NULL && request->sdp.present && final->sdp.present && !request->sdp.nowhere && request->sdp.direction == SDP_BOTH &&
		     final->sdp.direction != SDP_BOTH;
	if (request != NULL && request->sdp.audio_refused && !request->sdp.audio)
		f->audio_refused = false;
}

static int between(double start, double end)
{
	double seconds = end - start;

	if (isnan(seconds))
		return FACT_UNKNOWN;
	/* Past midnight. */
	if (seconds < 0)
		seconds += 86400;
	return seconds >= 0 && seconds < 86400 ? (int)(seconds + 0.5) : FACT_UNKNOWN;
}

/* What one pass over the messages of a transaction sees. */
struct seen {
	struct hops hops;
	struct tags forks, answers;
	int first_ringing;   /* a message, -1: none */
	bool requests_known; /* a provisional response with its header is there */
};

static void see_provisional(const struct trace *trace, int index, struct trace_facts *f, struct seen *seen)
{
	const struct trace_message *message = &trace->messages[index];
	bool known = shows_body(trace, message);

	if (message->code == 100) {
		struct hop *hop = hop_of(&seen->hops, message);
		f->trying = most(f->trying, ++hop->trying);
		return;
	}
	add_tag(&seen->forks, message->to_tag);
	f->last_provisional = message->code;
	f->reliable = f->reliable == 1 || asks_for_prack(trace, message);
	if (seen->first_ringing < 0 && message->code >= 180 && message->code < 190)
		seen->first_ringing = index;
	if (f->early_sdp != 1)
		f->early_sdp = known ? message->sdp.present : FACT_UNKNOWN;
	if (message->code == 183 && f->progress_sdp != 1)
		f->progress_sdp = known ? message->sdp.present : FACT_UNKNOWN;
}

static void see_final(const struct trace *trace, struct trace_transaction *t, int index, struct seen *seen)
{
	const struct trace_message *message = &trace->messages[index];
	struct hop *hop = hop_of(&seen->hops, message);

	if (message->code / 100 == 2) {
		add_tag(&seen->forks, message->to_tag);
		add_tag(&seen->answers, message->to_tag);
	}
	if (hop->final_code == message->code && span_same(hop->final_tag, message->to_tag)) {
		hop->finals++;
	} else {
		hop->finals = 1;
		hop->final_code = message->code;
		hop->final_tag = message->to_tag;
	}
	t->facts.finals = most(t->facts.finals, hop->finals);
	if (t->final < 0 || is_nearer(message, &trace->messages[t->final]))
		t->final = index;
}

static void see_messages(const struct trace *trace, struct trace_transaction *t, struct seen *seen)
{
	struct trace_facts *f = &t->facts;
	struct span uri = SPAN_EMPTY;

	for (int i = t->first; i >= 0; i = trace->messages[i].next) {
		const struct trace_message *message = &trace->messages[i];
		if (message->code >= 200) {
			see_final(trace, t, i, seen);
		} else if (message->code >= 100) {
			see_provisional(trace, i, f, seen);
		} else if (span_is(message->method, "ACK")) {
			f->acked = 1;
		} else {
			f->sent = most(f->sent, ++hop_of(&seen->hops, message)->sent);
			f->looped |= message->twice && span_same(uri, message->uri);
			uri = message->uri;
			see_request(trace, message, f);
		}
	}
}

/* What the transaction's own messages show. */
static void describe(const struct trace *trace, struct trace_transaction *t)
{
	const struct trace_message *messages = trace->messages, *request = t->request >= 0 ? &messages[t->request] : NULL;
	struct seen seen = { .first_ringing = -1 };
	struct trace_facts *f = &t->facts;
	int hops = 0;

#define UNKNOWN(name) f->name = FACT_UNKNOWN;
	TRACE_NUMBERS(UNKNOWN)
#undef UNKNOWN
	f->method = transaction_method(&messages[t->first]);
	f->acked = f->cancelled = f->ended = f->retried = f->prack = f->looped = f->nat = f->reliable = f->stale = 0;
	f->challenges = f->sent = f->trying = f->finals = f->final = f->class = f->last_provisional = f->via = f->early_sdp = 0;
	f->audio_refused = f->one_way = 0;
	if (request != NULL)
		describe_request(trace, request, f);
	see_messages(trace, t, &seen);
	if (t->final >= 0)
		describe_final(trace, &messages[t->final], request, f);
	for (int i = 0; i < seen.hops.count; i++)
		hops += seen.hops.hop[i].sent > 0;
	f->hops = hops;
	f->forks = seen.forks.count;
	f->answers = seen.answers.count;
	f->later = trace->message_count - 1 - t->last;
	if (t->final >= 0 && request != NULL)
		f->seconds = between(request->time, messages[t->final].time);
	if (t->final >= 0 && seen.first_ringing >= 0)
		f->ringing = between(messages[seen.first_ringing].time, messages[t->final].time);
}

/* ---- how transactions stand to one another ---- */

/* Who sends the requests of a transaction: a tag in From. A registration may begin anew with another one. */
static struct span sender_of(const struct trace *trace, const struct trace_transaction *t)
{
	return span_is(t->facts.method, "REGISTER") ? SPAN_EMPTY : trace->messages[t->first].from_tag;
}

static int compare_ints(int a, int b)
{
	return (a > b) - (a < b);
}

/* By call, method, sender and CSeq number, which grows from attempt to attempt. */
static int compare_by_call(const void *a, const void *b, void *arg)
{
	const struct trace *trace = arg;
	const struct trace_transaction *x = &trace->transactions[*(const int *)a], *y = &trace->transactions[*(const int *)b];
	int order = compare_ints(x->call, y->call);

	if (order == 0)
		order = compare_spans(x->facts.method, y->facts.method);
	if (order == 0)
		order = compare_spans(sender_of(trace, x), sender_of(trace, y));
	if (order == 0)
		order = compare_ints(trace->messages[x->first].cseq, trace->messages[y->first].cseq);
	return order != 0 ? order : compare_ints(x->first, y->first);
}

/* One transaction after another of one call and method. */
static void link_attempts(struct trace *trace, int before, int after)
{
	struct trace_transaction *t = &trace->transactions[before], *u = &trace->transactions[after];
	bool challenged = t->facts.final == 401 || t->facts.final == 407;

	t->retry = after;
	t->facts.retried = 1;
	t->facts.retry_final = u->facts.final;
	u->previous = before;
	if (u->facts.final == 401 || u->facts.final == 407)
		u->facts.challenges = challenged ? t->facts.challenges + 1 : 1;
}

/* The branch that went over the hop nearest to the caller. */
static struct span first_branch(const struct trace *trace, const struct trace_transaction *t)
{
	return trace->messages[t->final >= 0 ? t->final : t->first].branch;
}

static void link_cancel(struct trace *trace, int number, struct trace_transaction *invite)
{
	const struct trace_transaction *cancel = &trace->transactions[number];

	for (int i = cancel->first; i >= 0; i = trace->messages[i].next)
		if (span_same(trace->messages[i].branch, first_branch(trace, invite))) {
			invite->cancel = number;
			invite->facts.cancelled = 1;
			invite->facts.cancel_final = cancel->facts.final;
			return;
		}
}

/* RAck names the CSeq of the INVITE (RFC 3262 section 7.2). */
static int acknowledged_cseq(const struct trace *trace, const struct trace_transaction *prack)
{
	const struct trace_field *rack = trace_field(trace, &trace->messages[prack->first], "RAck");
	struct span rest = rack != NULL ? rack->value : SPAN_EMPTY;

	span_take(&rest, ' ');
	return span_number(span_trim(rest));
}

/* The transactions of one call that have this method, within the sorted numbers. */
struct run {
	const int *numbers;
	int count;
};

static struct run find_run(const struct trace *trace, const int *numbers, int count, const char *method)
{
	struct run run = { numbers, 0 };

	for (int i = 0; i < count; i++)
		if (span_is(trace->transactions[numbers[i]].facts.method, method)) {
			if (run.count++ == 0)
				run.numbers = &numbers[i];
		}
	return run;
}

/* The sender's INVITE that has this CSeq number. */
static struct trace_transaction *find_invite(const struct trace *trace, struct run invites, const struct trace_transaction *other, int cseq)
{
	int low = 0, high = invites.count;

	while (low < high) {
		int middle = (low + high) / 2;
		struct trace_transaction *t = &trace->transactions[invites.numbers[middle]];
		int order = compare_spans(sender_of(trace, t), sender_of(trace, other));
		if (order == 0)
			order = compare_ints(trace->messages[t->first].cseq, cseq);
		if (order == 0)
			return t;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The BYE of the call, if the transaction came before it. */
static void link_bye(struct trace *trace, struct trace_transaction *invite, int number)
{
	const struct trace_transaction *bye = &trace->transactions[number];

	if (bye->first < invite->first)
		return;
	invite->bye = number;
	invite->facts.ended = 1;
	if (invite->final >= 0)
		invite->facts.talk = between(trace->messages[invite->final].time, trace->messages[bye->first].time);
}

/* The transactions of one call. */
static void link_call(struct trace *trace, const int *numbers, int count)
{
	struct run invites = find_run(trace, numbers, count, "INVITE"), cancels = find_run(trace, numbers, count, "CANCEL"),
		   pracks = find_run(trace, numbers, count, "PRACK"), byes = find_run(trace, numbers, count, "BYE");
	int bye = -1;

	for (int i = 0; i < count; i++) {
		struct trace_transaction *t = &trace->transactions[numbers[i]], *before = i > 0 ? &trace->transactions[numbers[i - 1]] : NULL;
		if (before != NULL && span_same(before->facts.method, t->facts.method) && span_same(sender_of(trace, before), sender_of(trace, t)))
			link_attempts(trace, numbers[i - 1], numbers[i]);
		else if (t->facts.final == 401 || t->facts.final == 407)
			t->facts.challenges = 1;
	}
	for (int i = 0; i < cancels.count; i++) {
		const struct trace_transaction *cancel = &trace->transactions[cancels.numbers[i]];
		struct trace_transaction *invite = find_invite(trace, invites, cancel, trace->messages[cancel->first].cseq);
		if (invite != NULL)
			link_cancel(trace, cancels.numbers[i], invite);
	}
	for (int i = 0; i < pracks.count; i++) {
		const struct trace_transaction *prack = &trace->transactions[pracks.numbers[i]];
		struct trace_transaction *invite = find_invite(trace, invites, prack, acknowledged_cseq(trace, prack));
		if (invite != NULL)
			invite->facts.prack = 1;
	}
	for (int i = 0; i < byes.count; i++)
		if (bye < 0 || trace->transactions[byes.numbers[i]].first < trace->transactions[bye].first)
			bye = byes.numbers[i];
	for (int i = 0; i < invites.count && bye >= 0; i++)
		link_bye(trace, &trace->transactions[invites.numbers[i]], bye);
}

static int link_all(struct trace *trace)
{
	int count = trace->transaction_count, *numbers = malloc(((size_t)count + 1) * sizeof *numbers);

	if (numbers == NULL)
		return -1;
	for (int i = 0; i < count; i++)
		numbers[i] = i;
	qsort_r(numbers, (size_t)count, sizeof *numbers, compare_by_call, trace);
	for (int start = 0, end; start < count; start = end) {
		for (end = start + 1; end < count && trace->transactions[numbers[end]].call == trace->transactions[numbers[start]].call; end++)
			;
		link_call(trace, &numbers[start], end - start);
	}
	free(numbers);
	return 0;
}

int transactions_find(struct trace *trace)
{
	for (int i = 0; i < trace->message_count; i++)
		read_fields(trace, &trace->messages[i]);
	if (group(trace) != 0)
		return -1;
	for (int i = 0; i < trace->transaction_count; i++)
		describe(trace, &trace->transactions[i]);
	return link_all(trace);
}
