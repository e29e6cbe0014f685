/* The benchmark's base line: bare libmicrohttpd that answers every request with one prepared response. Knows nothing of the service. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { MAX_ANSWER = 1 << 20 };

static struct MHD_Response *prepared;

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
				  const char *upload_data, size_t *upload_data_size, void **request_cls)
{
	(void)cls, (void)url, (void)method, (void)version, (void)upload_data, (void)upload_data_size;
	/* Queued on the first call, 0.9.75 would close the connection after it. */
	if (*request_cls == NULL) {
		*request_cls = &prepared;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, prepared);
}

/* The fields that libmicrohttpd writes itself. */
static int is_own(const char *name)
{
	return strcasecmp(name, "Date") == 0 || strcasecmp(name, "Content-Length") == 0 || strcasecmp(name, "Connection") == 0;
}

/* Makes a response of a whole HTTP answer of that many bytes, NUL after them; NULL if it is none. The body stays where it is. */
static struct MHD_Response *prepare(char *answer, size_t size)
{
	char *end = strstr(answer, "\r\n\r\n"), *line = strstr(answer, "\r\n");

	if (end == NULL)
		return NULL;
	size_t head = (size_t)(end - answer) + 4;
	struct MHD_Response *response = MHD_create_response_from_buffer(size - head, answer + head, MHD_RESPMEM_PERSISTENT);
	end[2] = '\0';
	while (line != NULL && response != NULL) {
		char *name = line + 2, *value = strstr(name, ": ");
		line = strstr(name, "\r\n");
		if (value == NULL || line == NULL)
			break;
		*value = *line = '\0';
		if (!is_own(name) && MHD_add_response_header(response, name, value + 2) != MHD_YES)
			return NULL;
	}
	return response;
}

int main(int argc, char *argv[])
{
	static char answer[MAX_ANSWER + 1];
	const struct sockaddr_in where = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;

	if (file == NULL) {
		fputs("usage: mhd FILE, a whole HTTP answer\n", stderr);
		return EXIT_FAILURE;
	}
	prepared = prepare(answer, fread(answer, 1, MAX_ANSWER, file));
	fclose(file);
	struct MHD_Daemon *daemon = prepared != NULL ? MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, NULL,
									MHD_OPTION_SOCK_ADDR, &where, MHD_OPTION_END)
						     : NULL;
	if (daemon == NULL) {
		fputs("mhd: cannot serve that\n", stderr);
		return EXIT_FAILURE;
	}
	fprintf(stderr, "listening on http://127.0.0.1:%d\n", (int)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	for (;;)
		pause();
}
