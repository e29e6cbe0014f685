/* A libFuzzer target: whatever is posted to /explain is answered. The first byte says how it is asked for. */
#include "service/api/api.h"
#include "service/render/render.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kb *kb;
static const char *content_type;
static uint8_t options;

static const char *query(const void *source, const char *name)
{
	(void)source;
	if (strcmp(name, "redact") == 0)
		return options & 1 ? "false" : NULL;
	return strcmp(name, "vendor") == 0 && (options & 2) != 0 ? "cucm" : NULL;
}

static const char *field(const void *source, const char *name)
{
	(void)source;
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
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const langs[] = { "en", "id", "zh", "en" };
	json_t *document = NULL;
	struct memstream body;

	if (size == 0)
		return 0;
	options = data[0];
	content_type = options & 4 ? "application/json" : "text/plain";
	unsigned int status = 200;
	const struct api_request request = {
		.kb = kb,
		.lang = langs[options >> 6],
		.query = query,
		.field = field,
		.content = (const char *)data + 1,
		.content_size = size - 1,
		.status = &status,
	};
	enum problem problem = explain_post(&request, &document);
	if (problem == PROBLEM_INTERNAL || (problem == PROBLEM_NONE && document == NULL))
		abort();
	/* In one of eight it is rendered too, which costs more than all the rest. */
	if (problem == PROBLEM_NONE && (options & 0x38) == 0) {
		if (render_text(document, LAYOUT_EXPLANATION, kb_labels(kb, request.lang), &body) != 0)
			abort();
		free(body.data);
		if (render_json(document, &body) != 0)
			abort();
		free(body.data);
	}
	json_decref(document);
	return 0;
}
