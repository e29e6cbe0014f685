/* The knowledge base: opens it, asks it, imports into it.
 *
 * A handle belongs to one thread at a time. Questions answer with one JSON document in one language, a new reference
 * that the caller owns. Nothing here writes to standard output or standard error.
 */
#ifndef SIPCODES_KB_H
#define SIPCODES_KB_H

#include "db/progress.h"

#include <jansson.h>
#include <stdbool.h>

struct content;
struct kb;

enum kb_status {
	KB_OK,
	KB_NOT_FOUND, /* nothing of that name; the outputs are untouched */
	KB_FAILED,    /* out of memory, or the file cannot be read; kb_error tells */
};

enum { KB_WHY_MAX = 512 }; /* bytes, with the NUL, of a reason in words */

/* Opens the knowledge base in the file for reading, as it is at this moment: what is read from then on is a copy without a name in TMPDIR, /tmp,
 * /var/tmp or /dev/shm, so that the file may be replaced or written over. On failure *out is NULL and why says in words what is wrong: no such
 * file, not a knowledge base, damaged, empty, made by an older or a newer program, nowhere to copy it to. */
enum kb_status kb_open(struct kb **out, const char *path, char why[KB_WHY_MAX]);

/* The same for count threads, one handle each, all of one copy. On failure all of them are NULL. */
enum kb_status kb_open_all(struct kb *out[], int count, const char *path, char why[KB_WHY_MAX]);

/* Closes it; NULL is allowed. */
void kb_close(struct kb *kb);

/* What SQLite said of the last failure; valid until the next question. */
const char *kb_error(const struct kb *kb);

/* A digest of the content, 16 hexadecimal digits. It lives as long as the handle. */
const char *kb_version(const struct kb *kb);

/* The languages in their order, the default one first: [{"tag", "name", "aliases"}]. Borrowed. */
const json_t *kb_languages(const struct kb *kb);

/* The short texts of a language, {"group": {"name": "text"}}: headings, templates, the names of enumerated values.
 * Borrowed; NULL where there is no such language. */
const json_t *kb_labels(const struct kb *kb, const char *lang);

/* One label, or name itself where the group has none of that name. Borrowed. */
const char *kb_label(const json_t *labels, const char *group, const char *name);

/* A document as JSON with a line feed at its end, for whoever wants no more of it; free() ends its data. */
struct kb_ready {
	char *data;
	size_t size;
	bool gzip; /* whether it is compressed by gzip */
};

/* One code with everything that is known of it; of each product one note, the others by kb_vendor_notes. */
enum kb_status kb_code(struct kb *kb, int code, const char *lang, json_t **out);

/* What a list of codes is narrowed to; a NULL member does not narrow. */
struct kb_code_filter {
	const char *digit;  /* of the class, "1" to "6" */
	const char *status; /* registered, deprecated, unregistered */
	const char *method; /* in capitals; codes that can answer any request are in */
	const char *vendor; /* a slug; codes that one of its notes is about */
};

/* The codes in ascending order, in their short form: an array, empty where none fits. */
enum kb_status kb_codes(struct kb *kb, const struct kb_code_filter *filter, const char *lang, json_t **out);

/* The count codes nearest to a number within its class, ascending, in their short form. */
enum kb_status kb_codes_nearest(struct kb *kb, int code, int count, const char *lang, json_t **out);

/* The code that a user agent treats one as that it does not know (RFC 3261 section 8.1.3.2). */
enum kb_status kb_treat_as(struct kb *kb, int code, const char *lang, int *treat_as);

/* Two different codes side by side; a comparison is the mirror image of the one the other way round. */
enum kb_status kb_compare(struct kb *kb, int a, int b, const char *lang, json_t **out);
enum kb_status kb_ready_compare(struct kb *kb, int a, int b, const char *lang, struct kb_ready *out);

/* The kinds of entries that answer by themselves, and what they are called in the content. */
#define KB_KINDS(X)                                                                                                                                  \
	X(CODES, "codes")         /* by number */                                                                                                    \
	X(CLASSES, "classes")     /* by digit, "1" to "6"; with its codes */                                                                         \
	X(TERMS, "glossary")      /* of the glossary */                                                                                              \
	X(VENDORS, "vendors")     /* products: notes, timers, tables of causes */                                                                    \
	X(SCENARIOS, "scenarios") /* symptom, causes, fixes */                                                                                       \
	X(TOPICS, "topics")       /* a question and its answer */                                                                                    \
	X(FLOWS, "flows")         /* participants and steps */                                                                                       \
	X(TIMERS, "timers")                                                                                                                          \
	X(CAUSES, "causes")     /* of Q.850, by number; with the codes that RFC 3398 and products pair with it */                                    \
	X(WARNINGS, "warnings") /* codes of the Warning header field, by number */

#define KB_KIND_NAME(name, kind) KB_##name,
enum kb_kind { KB_KINDS(KB_KIND_NAME) KB_KIND_COUNT };
#undef KB_KIND_NAME

/* An entry's document (kb_document); {"total", "lang", "items"} with all of a kind (kb_list). */
enum kb_status kb_ready(struct kb *kb, enum kb_kind kind, const char *key, const char *lang, struct kb_ready *out);
enum kb_status kb_ready_list(struct kb *kb, enum kb_kind kind, const char *lang, struct kb_ready *out);

/* One entry with everything that is known of it; the same in its short form; all of its kind in their short form, in the order of
 * the content. */
enum kb_status kb_document(struct kb *kb, enum kb_kind kind, const char *key, const char *lang, json_t **out);
enum kb_status kb_item(struct kb *kb, enum kb_kind kind, const char *key, const char *lang, json_t **out);
enum kb_status kb_list(struct kb *kb, enum kb_kind kind, const char *lang, json_t **out);

/* Is there such an entry? KB_OK, KB_NOT_FOUND or KB_FAILED. */
enum kb_status kb_exists(struct kb *kb, enum kb_kind kind, const char *key, const char *lang);

/* The scenarios about a product (a slug, or NULL) and about a code (in decimal, or NULL), in their short form. */
enum kb_status kb_scenarios(struct kb *kb, const char *vendor, const char *code, const char *lang, json_t **out);

/* What a product does with a code, any from 100 to 699, defined or not: its notes that apply, as they stand in its document.
 * Of notes that compete (those with an action or a translation, of one part, direction and set of methods) only the most
 * specific one applies: a single code before a range, a range before a class, a class before any. */
enum kb_status kb_vendor_notes(struct kb *kb, const char *vendor, int code, const char *lang, json_t **out);

/* Of these notes, the first ones that are about responses to the method, not more than limit, in short: [{"direction", "action", "text"}]. */
enum kb_status kb_vendor_handling(struct kb *kb, const char *vendor, int code, const char *method, int limit, const char *lang, json_t **out);

/* The one note that says what the product does when it receives the code, with "range" (the part of its codes that fits), "over"
 * (the rules that it is more specific than) and "why" in words. KB_NOT_FOUND: no note says. */
enum kb_status kb_vendor_rule(struct kb *kb, const char *vendor, int code, const char *lang, json_t **out);

enum { KB_QUERY_BYTES = 256, KB_QUERY_TOKENS = 32, KB_QUERY_LIMIT = 50 };

struct kb_query {
	const char *text; /* at most KB_QUERY_BYTES bytes; of its words KB_QUERY_TOKENS are looked for */
	const char *type; /* code, vendor, scenario, topic, flow, timer, cause, warning, term, class; NULL: any */
	int limit;        /* 1 to KB_QUERY_LIMIT */
};

/* What is found for the text in any language, best first: {"items": [{"type", "title", "snippet", "codes", "url", "score"}]}, titles in
 * lang. A number leads to its entry. A word that nothing has is taken for one that is a letter or two away; where nothing is found
 * even so, "nearest" has what is found for the words that come nearest. */
enum kb_status kb_search(struct kb *kb, const struct kb_query *query, const char *lang, json_t **out);

/* A code in short, as in a list, with "phrases": the other reason phrases that it is seen with. */
enum kb_status kb_code_brief(struct kb *kb, int code, const char *lang, json_t **out);

/* A product in short: "vendor", "name", "url". */
enum kb_status kb_vendor_brief(struct kb *kb, const char *vendor, const char *lang, json_t **out);

/* The notes of all products about a reason phrase, letter case aside: an array, empty where there is none. */
enum kb_status kb_phrase_notes(struct kb *kb, const char *phrase, const char *lang, json_t **out);

/* The kinds of entries that a handler needs whole. */
#define KB_TABLES(X)                                                                                                                                 \
	X(FINDINGS, "findings") /* rules about traces, by name */                                                                                    \
	X(FIELDS, "fields")     /* header fields, by their name in small letters */                                                                  \
	X(AGENTS, "agents")     /* products, by what they write into a trace */                                                                      \
	X(TOOLS, "tools")       /* for chatbots, by name with hyphens */

#define KB_TABLE_NAME(name, kind) KB_TABLE_##name,
enum kb_table { KB_TABLES(KB_TABLE_NAME) KB_TABLE_COUNT };
#undef KB_TABLE_NAME

/* Reads them if no handle of the copy has done so yet: they are large, and most questions do without. KB_OK or KB_FAILED. */
enum kb_status kb_load_tables(struct kb *kb);

/* All entries of one of these kinds in a language, in the order of the content: {key: entry}. Borrowed; NULL before kb_load_tables. */
const json_t *kb_table(const struct kb *kb, enum kb_table table, const char *lang);

/* The texts of a kind of error answer, {"title", "detail"}. Borrowed; NULL where there is none of that slug. */
const json_t *kb_problem(const struct kb *kb, const char *slug, const char *lang);

/* The sum of all statements' full-scan steps since the handle was opened: 0 unless a query misses its index. */
int kb_full_scans(const struct kb *kb);

/* Brings the file to the newest schema, creating it if needed, one migration a transaction; then, in one transaction, replaces
 * all shipped content by content, and the site's notes by those of site, a document as in db/schema/site.json. Either may be
 * NULL: then what the file has of it stays. Without content the file must be up to date already. On failure what the file
 * holds is what it was and why says what went wrong. A handle that is open on the file may answer with a mixture of old
 * and new from then on: open it anew. progress: NULL if nobody is to be told. */
enum kb_status kb_import(const char *path, const struct content *content, const json_t *site, const struct progress *progress, char why[KB_WHY_MAX]);

#endif
