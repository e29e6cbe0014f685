/* Holds the rules of db/schema/findings.json against what is seen in a trace. */
#ifndef SIPCODES_FINDING_H
#define SIPCODES_FINDING_H

#include "trace/trace.h"

#include <jansson.h>

struct finding_rule {
	const char *name;
	const json_t *entry;
	struct finding_condition *conditions; /* those under "if", then those under "unless" */
	struct finding_value *values;         /* of these */
	int if_count, count;
};

/* The rules in their order, an array that ends with one without a name; for finding_rules_free. It lives no longer than the entries,
 * {name: entry}. NULL if memory ran out. A condition on a fact that does not exist never holds. */
struct finding_rule *finding_rules(const json_t *entries);

/* NULL is allowed. */
void finding_rules_free(struct finding_rule *rules);

/* Does the rule hold for the transaction? */
bool finding_holds(const struct finding_rule *rule, const struct trace *trace, const struct trace_transaction *transaction);

/* The numbers of the lines that prove it, ascending, at most a dozen: a new array, NULL if memory ran out. */
json_t *finding_lines(const struct finding_rule *rule, const struct trace *trace, const struct trace_transaction *transaction);

/* Leaves in *value the fact of this name for the slot of a text, a new reference; NULL: it is not known. Returns 0, or -1 if memory ran out. */
int finding_slot(const struct trace_transaction *transaction, const char *name, json_t **value);

#endif
