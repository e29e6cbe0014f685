/* A body as a stream to write to. */
#include "service/render/render.h"

#include <stdlib.h>

FILE *body_open(struct body *body)
{
	body->data = NULL;
	body->size = 0;
	return open_memstream(&body->data, &body->size);
}

int body_close(FILE *out, struct body *body, bool failed)
{
	failed |= ferror(out) != 0;
	failed |= fclose(out) != 0;
	/* When memory runs out as it is closed, glibc 2.36 reports no error but leaves no data. */
	if (!failed && body->data != NULL)
		return 0;
	free(body->data);
	body->data = NULL;
	return -1;
}
