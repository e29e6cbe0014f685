/* Content files: reads them, checks them, puts them into one language. No database. */
#ifndef SIPCODES_CONTENT_H
#define SIPCODES_CONTENT_H

#include "db/progress.h"

#include <jansson.h>

struct content;

/* Called for every fault found: the file, the JSON pointer in it ("" for the file as a whole), and what is wrong. */
typedef void content_fault(void *arg, const char *file, const char *pointer, const char *message);

/* Reads every content file below the folders and checks all of it: known keys, every language present, every reference
 * resolves, translations agree with the glossary. All faults are told, not only the first. Returns their number, or -1
 * if memory ran out; *out is set, for content_free, only when that is 0. progress may be NULL.
 *
 * DIR/codes/486.json is the entry 486 of the kind codes; DIR/glossary.json holds the entries of the kind glossary by key.
 * A kind is what has a schema in db/schema/. Files are at most 4 MiB. */
int content_load(const char *const dirs[], int count, content_fault *fault, void *arg, const struct progress *progress, struct content **out);

/* Reads and checks a file of an organisation's own notes (db/schema/site.json). Returns the number of faults, or -1 if memory ran
 * out; *out is a new reference, set only when that is 0. Whether the products that it names exist is not looked at. */
int content_load_site(const char *path, content_fault *fault, void *arg, json_t **out);

void content_free(struct content *content);

/* The entries: {kind: {key: value}}, in the order of the files' names and within a file as it stands. Borrowed. */
const json_t *content_entries(const struct content *content);

/* A copy of the value in which every text object is its string in lang: a new reference, NULL if memory ran out. */
json_t *content_localize(const struct content *content, const json_t *value, const char *lang);

#endif
