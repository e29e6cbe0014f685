/* Renders a document as JSON. */
#include "service/render/render.h"

#include "db/json_parse.h"

#include <stdlib.h>
#include <string.h>

int render_json(const json_t *document, struct memstream *body)
{
	size_t size;
	char *text = json_text(document, &size);
	char *line = text != NULL ? realloc(text, size + 2) : NULL;

	if (line == NULL) {
		free(text);
		return -1;
	}
	memcpy(line + size, "\n", 2); /* for the terminal it is read in */
	*body = (struct memstream){ .data = line, .size = size + 1 };
	return 0;
}
