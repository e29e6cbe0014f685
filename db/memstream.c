/* A stream that writes into memory. */
#include "db/memstream.h"

#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum { FIRST_ROOM = 4096 };

static ssize_t write_to_memory(void *cookie, const char *bytes, size_t count)
{
	struct memstream *stream = cookie;
	size_t room = stream->room;

	while (room < stream->size + count + 1)
		room = room == 0 ? FIRST_ROOM : room * 2;
	if (room > stream->room) {
		char *data = realloc(stream->data, room);
		if (data == NULL)
			return 0;
		stream->data = data;
		stream->room = room;
	}
	memcpy(stream->data + stream->size, bytes, count);
	stream->size += count;
	stream->data[stream->size] = '\0';
	return (ssize_t)count;
}

FILE *memstream_open(struct memstream *stream)
{
	const cookie_io_functions_t functions = { .write = write_to_memory };

	*stream = (struct memstream){ NULL, 0, 0 };
	FILE *out = fopencookie(stream, "w", functions);
	if (out != NULL)
		__fsetlocking(out, FSETLOCKING_BYCALLER); /* it is one thread's: no lock for every character */
	return out;
}

int memstream_close(FILE *out, struct memstream *stream, bool failed)
{
	failed |= fflush(out) != 0 || ferror(out) != 0;
	failed |= fclose(out) != 0;
	if (!failed && stream->data == NULL) /* nothing was written */
		stream->data = calloc(1, 1);
	if (!failed && stream->data != NULL)
		return 0;
	free(stream->data);
	stream->data = NULL;
	return -1;
}
