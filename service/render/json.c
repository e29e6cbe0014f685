/* Renders a document as JSON. */
#include "service/render/render.h"

#include <stdio.h>
#include <stdlib.h>

int render_json(const json_t *document, struct memstream *body)
{
	FILE *out = memstream_open(body);

	if (out == NULL)
		return -1;
	int failed = json_dumpf(document, out, JSON_COMPACT);
	failed |= putc('\n', out) == EOF; /* for the terminal it is read in */
	return memstream_close(out, body, failed != 0);
}
