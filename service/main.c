/* The command line: serve, import, check. */
#include "db/content.h"
#include "db/kb.h"
#include "service/http/server.h"
#include "service/version.h"
#include "service/watch.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where `make install` puts the knowledge base. */
#ifndef SIPCODES_DB
#define SIPCODES_DB "/usr/local/share/sipcodes/sipcodes.db"
#endif

enum {
	EXIT_USAGE = 2,
	MAX_ORIGINS = 16,
	CACHE_BYTES = 4 << 20, /* a thread, unless --cache-bytes says otherwise */
	LOOK_EVERY_MS = 250,   /* at the knowledge base's file */
	REWRITE_EVERY_MS = 100,
};

static const char usage[] = "Usage: sipcodes serve [--listen ADDR:PORT] [--db FILE] [--threads N]\n"
			    "                      [--cache-bytes N] [--access-log FILE] [--allow-origin ORIGIN]...\n"
			    "       sipcodes import [--db FILE] [--site FILE] [DIR...]\n"
			    "       sipcodes check [--site FILE] [DIR...]\n"
			    "       sipcodes --help | --version\n"
			    "\n"
			    "Tells what SIP response codes mean and how two of them differ.\n"
			    "\n"
			    "  serve   answers HTTP requests out of the knowledge base\n"
			    "  import  checks the content in the folders and puts it into the knowledge base,\n"
			    "          all of it or nothing; notes of a site stay as they are\n"
			    "  check   only checks the content\n"
			    "\n"
			    "  --listen ADDR:PORT  where to listen; port 0 takes a free one (127.0.0.1:8080)\n"
			    "  --db FILE           the knowledge base (" SIPCODES_DB ")\n"
			    "  --site FILE         an organisation's own notes, shown beside the shipped content;\n"
			    "                      they replace those imported before\n"
			    "  --threads N         how many threads answer, 1 to 64 (one a processor)\n"
			    "  --cache-bytes N     how many bytes of ready answers are kept, of all threads together\n"
			    "                      (4194304 a thread; 0: none)\n"
			    "  --access-log FILE   where each request is logged, as a line of JSON; -: standard\n"
			    "                      output; off: nowhere (off)\n"
			    "  --allow-origin ORIGIN\n"
			    "                      pages of this origin, such as https://helpdesk.example.com,\n"
			    "                      may use /mcp; may be given up to 16 times\n"
			    "\n"
			    "serve also reads SIPCODES_LISTEN, SIPCODES_DB, SIPCODES_THREADS, SIPCODES_CACHE_BYTES\n"
			    "and SIPCODES_ACCESS_LOG; import reads SIPCODES_DB. An option wins over the\n"
			    "environment. On SIGHUP, and when the file is replaced, serve goes over to what it\n"
			    "holds then. See sipcodes(1).\n";

static int fail(const char *what)
{
	fprintf(stderr, "sipcodes: %s\n", what);
	return EXIT_FAILURE;
}

static int misused(const char *what, const char *value)
{
	fprintf(stderr, "sipcodes: %s%s\nTry: sipcodes --help\n", what, value);
	return EXIT_USAGE;
}

static const char *from_environment(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : otherwise;
}

/* ---- content ---- */

/* The line on a terminal that says how far long work is. */
struct progress_line {
	bool terminal, shown;
	struct timespec written;
};

/* Writes the line anew, if the last is not too young to have been read. */
static void show_progress(void *arg, const char *what, int done)
{
	struct progress_line *line = arg;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	long age = (now.tv_sec - line->written.tv_sec) * 1000 + (now.tv_nsec - line->written.tv_nsec) / 1000000;
	if (!line->terminal || age < REWRITE_EVERY_MS)
		return;
	line->written = now;
	line->shown = true;
	fprintf(stderr, "\r%d %s\033[K", done, what);
}

/* Makes room for what is to stay. */
static void clear_progress(struct progress_line *line)
{
	if (line->shown)
		fputs("\r\033[K", stderr);
	line->shown = false;
}

static void print_fault(void *arg, const char *file, const char *pointer, const char *message)
{
	clear_progress(arg);
	fprintf(stderr, "%s%s%s: %s\n", file, *pointer != '\0' ? "#" : "", pointer, message);
}

/* What check and import are given. */
struct input {
	const char *site; /* a file, or NULL */
	char *const *dirs;
	int count;
};

static const char *plural(int n)
{
	return n == 1 ? "" : "s";
}

/* Checks what is given; 0 if it is without fault, and then *content and *site are set, or NULL where nothing was given. */
static int load(const struct input *input, struct progress_line *line, struct content **content, json_t **site)
{
	const struct progress progress = { .tell = show_progress, .arg = line };
	int faults = 0;

	if (input->count > 0)
		faults = content_load((const char *const *)input->dirs, input->count, print_fault, line, &progress, content);
	if (faults >= 0 && input->site != NULL) {
		int more = content_load_site(input->site, print_fault, line, site);
		faults = more < 0 ? more : faults + more;
	}
	clear_progress(line);
	if (faults < 0)
		return fail("out of memory");
	if (faults > 0)
		fprintf(stderr, "sipcodes: %d fault%s found\n", faults, plural(faults));
	return faults > 0 ? EXIT_FAILURE : 0;
}

static int count_entries(const struct content *content)
{
	const char *kind;
	json_t *entries;
	size_t n = 0;

	json_object_foreach ((json_t *)content_entries(content), kind, entries)
		n += json_object_size(entries);
	return (int)n;
}

/* Says what was read, and what became of it. */
static void report(const struct content *content, const json_t *site, const char *fate)
{
	int notes = (int)json_array_size(json_object_get(site, "notes"));

	if (content != NULL)
		printf("%d entries%s", count_entries(content), site != NULL ? " and " : "");
	if (site != NULL)
		printf("%d note%s of %s", notes, plural(notes), json_string_value(json_object_get(site, "organisation")));
	printf("%s\n", fate);
}

static int run_check(const struct input *input)
{
	struct progress_line line = { .terminal = isatty(STDERR_FILENO) };
	struct content *content = NULL;
	json_auto_t *site = NULL;

	if (input->count == 0 && input->site == NULL)
		return misused("check needs a folder or --site", "");
	int status = load(input, &line, &content, &site);
	if (status == 0)
		report(content, site, ", no faults");
	content_free(content);
	return status;
}

static int run_import(const char *db, const struct input *input)
{
	struct progress_line line = { .terminal = isatty(STDERR_FILENO) };
	const struct progress progress = { .tell = show_progress, .arg = &line };
	struct content *content = NULL;
	json_auto_t *site = NULL;
	char why[KB_WHY_MAX], fate[KB_WHY_MAX];

	if (input->count == 0 && input->site == NULL)
		return misused("import needs a folder or --site", "");
	int status = load(input, &line, &content, &site);
	enum kb_status imported = status == 0 ? kb_import(db, content, site, &progress, why) : KB_OK;
	clear_progress(&line);
	if (imported != KB_OK) {
		fprintf(stderr, "sipcodes: %s: %s\n", db, why);
		status = EXIT_FAILURE;
	}
	snprintf(fate, sizeof fate, " imported into %s", db);
	if (status == 0)
		report(content, site, fate);
	content_free(content);
	return status;
}

/* ---- serve ---- */

/* A number from least to most, and nothing else. */
static bool parse_number(const char *text, long least, long most, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *number >= least && *number <= most;
}

static int default_threads(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > SERVER_MAX_THREADS ? SERVER_MAX_THREADS : (int)n;
}

/* Goes over to what the file holds now, or says in one line why not. */
static void reload(struct server *server)
{
	char why[KB_WHY_MAX];

	if (server_reload(server, why) == KB_OK)
		fprintf(stderr, "sipcodes: now answering out of version %s of the knowledge base\n", server_version(server));
	else
		fprintf(stderr, "sipcodes: still answering out of version %s of the knowledge base: %s\n", server_version(server), why);
}

/* Until it is told to end. */
static void watch_over(struct server *server, struct watch *watch, const sigset_t *signals)
{
	const struct timespec until_look = { .tv_nsec = LOOK_EVERY_MS * 1000000L };
	int received;

	do {
		received = sigtimedwait(signals, NULL, &until_look);
		if (received == SIGHUP)
			server_reopen_log(server);
		if (received == SIGHUP || (received < 0 && watch_changed(watch))) {
			watch_take(watch);
			reload(server);
		}
		server_settle(server);
	} while (received != SIGTERM && received != SIGINT);
}

static int run_serve(const struct server_config *config)
{
	struct watch watch = { .path = config->db };
	char why[KB_WHY_MAX];
	sigset_t signals;

	/* Blocked before any thread starts, so that none but this one takes them. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);

	watch_take(&watch);
	struct server *server = server_start(config, why);
	if (server == NULL)
		return fail(why);
	fprintf(stderr, "listening on http://%s\n", server_address(server));
	watch_over(server, &watch, &signals);
	server_stop(server);
	return EXIT_SUCCESS;
}

/* ---- the command line ---- */

static const struct option options[] = {
	{ "listen", required_argument, NULL, 'l' },      { "db", required_argument, NULL, 'd' },
	{ "threads", required_argument, NULL, 't' },     { "allow-origin", required_argument, NULL, 'o' },
	{ "cache-bytes", required_argument, NULL, 'c' }, { "access-log", required_argument, NULL, 'a' },
	{ "site", required_argument, NULL, 's' },        { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },           { NULL, 0, NULL, 0 },
};

int main(int argc, char *argv[])
{
	const char *origins[MAX_ORIGINS + 1] = { NULL };
	int origin_count = 0;
	struct server_config config = { .origins = origins,
					.listen = from_environment("SIPCODES_LISTEN", "127.0.0.1:8080"),
					.db = from_environment("SIPCODES_DB", SIPCODES_DB) };
	const char *threads = from_environment("SIPCODES_THREADS", NULL), *site = NULL;
	const char *cache_bytes = from_environment("SIPCODES_CACHE_BYTES", NULL), *access_log = from_environment("SIPCODES_ACCESS_LOG", "off");
	long number;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			config.listen = optarg;
			break;
		case 'd':
			config.db = optarg;
			break;
		case 't':
			threads = optarg;
			break;
		case 'c':
			cache_bytes = optarg;
			break;
		case 'a':
			access_log = optarg;
			break;
		case 'o':
			if (origin_count == MAX_ORIGINS)
				return misused("--allow-origin was given too often", "");
			origins[origin_count++] = optarg;
			break;
		case 's':
			site = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'v':
			puts("sipcodes " SIPCODES_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs("Try: sipcodes --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		return misused("what shall it do?", " serve, import or check");
	const char *command = argv[optind++];
	if (*config.db == '\0')
		return misused("--db takes the name of a file", "");
	const struct input input = { .site = site, .dirs = argv + optind, .count = argc - optind };
	if (strcmp(command, "import") == 0)
		return run_import(config.db, &input);
	if (strcmp(command, "check") == 0)
		return run_check(&input);
	if (strcmp(command, "serve") != 0)
		return misused("there is no command ", command);
	if (optind < argc || site != NULL)
		return misused("serve takes no argument ", optind < argc ? argv[optind] : "--site");
	number = default_threads();
	if (threads != NULL && !parse_number(threads, 1, SERVER_MAX_THREADS, &number))
		return misused("--threads takes a number from 1 to 64, not ", threads);
	config.threads = (int)number;
	number = (long)config.threads * CACHE_BYTES;
	if (cache_bytes != NULL && !parse_number(cache_bytes, 0, LONG_MAX, &number))
		return misused("--cache-bytes takes a number of bytes, not ", cache_bytes);
	config.cache_bytes = (size_t)number;
	if (access_log == NULL || *access_log == '\0')
		return misused("--access-log takes the name of a file, - or off", "");
	config.access_log = strcmp(access_log, "off") != 0 ? access_log : NULL;
	return run_serve(&config);
}
