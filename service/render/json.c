/* Renders a document as JSON. */
#include "service/render/render.h"

#include <stdio.h>
#include <stdlib.h>

int render_json(const json_t *document, struct body *body)
{
	FILE *out = open_memstream(&body->data, &body->size);

	if (out == NULL)
		return -1;
	int failed = json_dumpf(document, out, JSON_COMPACT);
	failed |= putc('\n', out) == EOF; /* for the terminal it is read in */
	failed |= fclose(out);
	if (failed != 0)
		free(body->data);
	return failed == 0 ? 0 : -1;
}
