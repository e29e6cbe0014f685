/* A libFuzzer target: whatever is posted to /explain is read, held against the rules and, one in eight, answered. The first byte says how it is
 * asked for. */
#include "service/api/api.h"
#include "service/render/render.h"
#include "trace/finding.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kb *kb;
static struct finding_rule *rules;
static const char *content_type;
static uint8_t options;

static const char *query(const void *source, const char *name)
{
	(void)source;
	if (strcmp(name, "redact") == 0)
		return options & 1 ? "false" : NULL;
	return strcmp(name, "vendor") == 0 && (options & 2) != 0 ? "cucm" : NULL;
}

static const char *field(const void *source, const char *name, char buffer[API_MAX_FIELD])
{
	(void)source;
	(void)buffer;
	return strcmp(name, "Content-Type") == 0 ? content_type : NULL;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char why[KB_WHY_MAX];

	(void)argc;
	(void)argv;
	if (kb_open(&kb, "build/sipcodes.db", why) != KB_OK) {
		fprintf(stderr, "build/sipcodes.db: %s\n", why);
		exit(1);
	}
	rules = finding_rules(kb_table(kb, KB_TABLE_FINDINGS, "en"));
	return rules != NULL ? 0 : 1;
}

/* Reads it, and finds what can be found. */
static void find(const char *text, size_t size)
{
	struct trace *trace = trace_read(text, size);

	if (trace == NULL)
		abort();
	for (int i = 0; i < trace->transaction_count; i++)
		for (const struct finding_rule *rule = rules; rule->name != NULL; rule++)
			if (finding_holds(rule, trace, &trace->transactions[i]))
				json_decref(finding_lines(rule, trace, &trace->transactions[i]));
	trace_free(trace);
}

/* Answers it, in JSON and text. */
static void answer(const char *content, size_t size)
{
	static const char *const langs[] = { "en", "id", "zh", "en" };
	json_t *document = NULL;
	struct memstream body;
	unsigned int status = 200;
	const struct api_request request = {
		.kb = kb,
		.lang = langs[options >> 6],
		.query = query,
		.field = field,
		.content = content,
		.content_size = size,
		.status = &status,
	};
	enum problem problem = explain_post(&request, &document);

	if (problem == PROBLEM_INTERNAL || (problem == PROBLEM_NONE && document == NULL))
		abort();
	if (problem == PROBLEM_NONE) {
		if (render_text(document, LAYOUT_EXPLANATION, kb_labels(kb, request.lang), &body) != 0)
			abort();
		free(body.data);
		if (render_json(document, &body) != 0)
			abort();
		free(body.data);
	}
	json_decref(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	options = data[0];
	content_type = options & 4 ? "application/json" : "text/plain";
	find((const char *)data + 1, size - 1);
	if (size % 8 == 0)
		answer((const char *)data + 1, size - 1);
	return 0;
}
