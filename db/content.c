/* Reads content files, checks them, and puts them into one language. No database. */
#include "db/content.h"

#include "db/embedded.h"
#include "db/json_parse.h"
#include "db/rules.h"
#include "db/schema.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_PATH = 1024, MAX_FILE_BYTES = 4 << 20, MAX_POINTER = 512, MAX_MESSAGE = 512, MAX_KEY = 63 };

struct content {
	json_t *entries; /* kind -> key -> value */
	json_t *origins; /* kind -> key -> [file, pointer] */
	json_t *schemas; /* file name -> document */
};

struct load {
	struct content *content;
	content_fault *fault;
	void *arg;
	const struct progress *progress;
	int checked; /* entries */
	int faults;
	bool out_of_memory;
	/* the entry that is being checked */
	const char *kind;
	const char *key;
	const char *file;
	const json_t *entry;
};

static void tell(struct load *load, const char *file, const char *pointer, const char *message)
{
	load->faults++;
	load->fault(load->arg, file, pointer, message);
}

/* The schema of a kind, or NULL. */
static const json_t *schema_of(const struct content *content, const char *kind)
{
	char name[MAX_PATH];

	snprintf(name, sizeof name, "%s.json", kind);
	return json_object_get(content->schemas, name);
}

/* ---- reading ---- */

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

/* The bytes of the file, which the caller frees; NULL after a fault was told. */
static char *read_bytes(struct load *load, const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *data = malloc(MAX_FILE_BYTES + 1);

	if (data == NULL)
		load->out_of_memory = true;
	if (file == NULL && errno != ENOMEM)
		tell(load, path, "", strerror(errno));
	if (file == NULL || data == NULL)
		goto fail;
	*size = fread(data, 1, MAX_FILE_BYTES + 1, file);
	if (ferror(file)) {
		tell(load, path, "", strerror(errno));
		goto fail;
	}
	if (*size > MAX_FILE_BYTES) {
		tell(load, path, "", "is larger than 4 MiB");
		goto fail;
	}
	fclose(file);
	return data;
fail:
	if (file != NULL)
		fclose(file);
	else
		load->out_of_memory |= errno == ENOMEM;
	free(data);
	return NULL;
}

/* The JSON document in the file; NULL after a fault was told. */
static json_t *read_file(struct load *load, const char *path)
{
	char message[MAX_MESSAGE];
	size_t size;
	char *data = read_bytes(load, path, &size);
	json_error_t error;
	json_t *value;

	if (data == NULL)
		return NULL;
	value = json_parse(data, size, JSON_REJECT_DUPLICATES, &error);
	free(data);
	if (value == NULL && json_error_code(&error) == json_error_out_of_memory) {
		load->out_of_memory = true;
	} else if (value == NULL) {
		snprintf(message, sizeof message, "line %d, column %d: %s", error.line, error.column, error.text);
		tell(load, path, "", message);
	} else if (!json_is_object(value)) {
		tell(load, path, "", "is not a JSON object");
		json_decref(value);
		value = NULL;
	}
	return value;
}

/* Adds an entry; value is borrowed. */
static void add_entry(struct load *load, const char *kind, const char *key, json_t *value, const char *file, const char *pointer)
{
	json_t *entries = json_object_get(load->content->entries, kind);
	json_t *origins = json_object_get(load->content->origins, kind);

	if (json_object_get(entries, key) != NULL) {
		char message[MAX_MESSAGE];
		snprintf(message, sizeof message, "the entry %s %s was read before, from %s", kind, key,
			 json_string_value(json_array_get(json_object_get(origins, key), 0)));
		tell(load, file, pointer, message);
		return;
	}
	if (json_object_set(entries, key, value) != 0 || json_object_set_new(origins, key, json_pack("[ss]", file, pointer)) != 0)
		load->out_of_memory = true;
}

/* DIR/kind/key.json */
static void read_entry(struct load *load, const char *kind, const char *path, const char *name)
{
	json_auto_t *value = read_file(load, path);
	char key[MAX_PATH];

	snprintf(key, sizeof key, "%.*s", (int)(strlen(name) - strlen(".json")), name);
	if (value != NULL)
		add_entry(load, kind, key, value, path, "");
}

/* DIR/kind.json */
static void read_keyed(struct load *load, const char *kind, const char *path)
{
	json_auto_t *value = read_file(load, path);
	const char *key;
	json_t *member;

	json_object_foreach (value, key, member) {
		char pointer[MAX_POINTER];
		snprintf(pointer, sizeof pointer, "/%s", key);
		add_entry(load, kind, key, member, path, pointer);
	}
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Calls back for every file in the folder, in the order of the names. */
static void each_file(struct load *load, const char *dir, void (*visit)(struct load *, const char *kind, const char *path, const char *name),
		      const char *kind)
{
	struct dirent **names;
	int n = scandir(dir, &names, visible, alphasort);

	if (n < 0) {
		if (errno == ENOMEM)
			load->out_of_memory = true;
		else
			tell(load, dir, "", strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		char path[MAX_PATH];
		if (snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name) >= (int)sizeof path)
			tell(load, dir, "", "has a file whose path is longer than 1023 bytes");
		else
			visit(load, kind, path, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

static void visit_in_kind(struct load *load, const char *kind, const char *path, const char *name)
{
	if (ends_with(name, ".json"))
		read_entry(load, kind, path, name);
	else
		tell(load, path, "", "is not a .json file");
}

static bool is_kind(const struct load *load, const char *name)
{
	return json_object_get(load->content->entries, name) != NULL;
}

static void visit_top(struct load *load, const char *unused, const char *path, const char *name)
{
	char kind[MAX_PATH];
	struct stat st;

	(void)unused;
	if (stat(path, &st) != 0) {
		tell(load, path, "", strerror(errno));
		return;
	}
	snprintf(kind, sizeof kind, "%s", name);
	if (!S_ISDIR(st.st_mode) && ends_with(name, ".json"))
		kind[strlen(kind) - strlen(".json")] = '\0';
	else if (!S_ISDIR(st.st_mode))
		return; /* a note to the reader of the folder */
	if (!is_kind(load, kind))
		tell(load, path, "", "is of no known kind: db/schema has no schema of that name");
	else if (S_ISDIR(st.st_mode))
		each_file(load, path, visit_in_kind, kind);
	else
		read_keyed(load, kind, path);
}

/* ---- checking ---- */

static const json_t *languages(const struct load *load)
{
	return json_object_get(load->content->entries, "languages");
}

static const char *default_language(const struct load *load)
{
	return json_object_iter_key(json_object_iter((json_t *)languages(load)));
}

static void entry_fault(void *arg, const char *pointer, const char *message)
{
	struct load *load = arg;

	tell(load, load->file, pointer, message);
}

/* Tells a fault of a member of the value at the pointer. */
static void member_fault(struct load *load, const char *pointer, const char *member, const char *message)
{
	char place[MAX_POINTER];

	snprintf(place, sizeof place, "%s/%s", pointer, member);
	tell(load, load->file, place, message);
}

static bool is_blank(const char *s)
{
	return s[strspn(s, " \t\r\n")] == '\0';
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) != 0;
}

/* Is this place in a text within the name of a slot, "{retry_after"? */
static bool in_slot(const char *text, const char *at)
{
	while (at > text && (islower((unsigned char)at[-1]) || at[-1] == '_'))
		at--;
	return at > text && at[-1] == '{';
}

/* Does the text have the form as a word? Letters of ASCII match in either case; next to a letter or digit of ASCII is no
 * match, so that "fork" is not found in "forklift" but 分叉 is found anywhere. The name of a slot is no word. */
static bool mentions(const char *text, const char *form)
{
	const char first[] = { (char)tolower((unsigned char)*form), (char)toupper((unsigned char)*form), '\0' };
	size_t n = strlen(form);

	for (const char *at = strpbrk(text, first); at != NULL; at = strpbrk(at + 1, first)) {
		bool begins = at == text || !is_word(at[-1]) || !is_word(form[0]);
		if (begins && strncasecmp(at, form, n) == 0 && (!is_word(at[n]) || !is_word(form[n - 1])) && !in_slot(text, at))
			return true;
	}
	return false;
}

/* The first of the forms that the text has, or NULL. */
static const char *mentioned(const char *text, const json_t *forms)
{
	size_t i;
	const json_t *form;

	json_array_foreach ((json_t *)forms, i, form)
		if (mentions(text, json_string_value(form)))
			return json_string_value(form);
	return NULL;
}

/* Holds one text against one term of the glossary. */
static void check_term(struct load *load, const char *pointer, const json_t *text, const char *slug, const json_t *term)
{
	const json_t *match = json_object_get(term, "match");
	const char *source = json_string_value(json_object_get(text, default_language(load)));
	const char *form = source != NULL ? mentioned(source, json_object_get(match, default_language(load))) : NULL;
	char message[MAX_MESSAGE];
	const char *lang;
	json_t *forms;

	if (form != NULL) {
		json_object_foreach ((json_t *)match, lang, forms) {
			const char *translation = json_string_value(json_object_get(text, lang));
			if (translation == NULL || mentioned(translation, forms) != NULL)
				continue;
			snprintf(message, sizeof message, "does not render \"%s\" as the glossary does (%s: %s)", form, slug,
				 json_string_value(json_array_get(forms, 0)));
			member_fault(load, pointer, lang, message);
		}
	}
	json_object_foreach (json_object_get(term, "avoid"), lang, forms) {
		const char *translation = json_string_value(json_object_get(text, lang));
		form = translation != NULL ? mentioned(translation, forms) : NULL;
		if (form == NULL)
			continue;
		snprintf(message, sizeof message, "uses \"%s\", which the glossary avoids (%s)", form, slug);
		member_fault(load, pointer, lang, message);
	}
}

/* A text: every language, nothing else, nothing empty, the glossary's terms; and a sentence is not its own translation, as a
 * name may be. */
static void check_text(void *arg, const char *pointer, const char *what, const json_t *value)
{
	struct load *load = arg;
	const char *lang, *slug;
	json_t *unused, *string, *term;
	const json_t *original = json_object_get(value, default_language(load));

	json_object_foreach ((json_t *)languages(load), lang, unused) {
		string = json_object_get(value, lang);
		if (string == NULL)
			member_fault(load, pointer, lang, "is missing");
		else if (!json_is_string(string))
			member_fault(load, pointer, lang, "is not a string");
		else if (is_blank(json_string_value(string)))
			member_fault(load, pointer, lang, "is empty");
		else if (strcmp(what, "sentence") == 0 && string != original && json_equal(string, original))
			member_fault(load, pointer, lang, "is not translated");
	}
	json_object_foreach ((json_t *)value, lang, string)
		if (json_object_get(languages(load), lang) == NULL)
			member_fault(load, pointer, lang, "is in a language that languages.json does not have");
	if (strcmp(load->kind, "glossary") == 0 || strcmp(what, "words") == 0)
		return; /* the one may name what it tells to avoid, the others are no translations */
	json_object_foreach (json_object_get(load->content->entries, "glossary"), slug, term)
		check_term(load, pointer, value, slug, term);
}

static void check_reference(void *arg, const char *pointer, const char *kind, const json_t *value)
{
	struct load *load = arg;
	char key[64] = "", message[MAX_MESSAGE];

	if (json_is_integer(value))
		snprintf(key, sizeof key, "%lld", (long long)json_integer_value(value));
	else if (json_is_string(value))
		snprintf(key, sizeof key, "%s", json_string_value(value));
	if (json_object_get(json_object_get(load->content->entries, kind), key) != NULL)
		return;
	snprintf(message, sizeof message, "names %s, which %s does not have", key, kind);
	tell(load, load->file, pointer, message);
}

static void check_member(void *arg, const char *pointer, const char *object, const json_t *value)
{
	struct load *load = arg;
	const char *name = json_is_string(value) ? json_string_value(value) : "";
	char message[MAX_MESSAGE];

	if (json_object_get(json_object_get(load->entry, object), name) != NULL)
		return;
	snprintf(message, sizeof message, "names %s, which \"%s\" does not have", name, object);
	tell(load, load->file, pointer, message);
}

static const json_t *schema_file(void *arg, const char *name)
{
	const struct load *load = arg;

	return json_object_get(load->content->schemas, name);
}

/* A key stands in paths: letters, digits and single hyphens, as long as a segment may be there. */
static bool is_key(const char *key)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

	return *key != '\0' && *key != '-' && strlen(key) <= MAX_KEY && key[strspn(key, characters)] == '\0';
}

/* The entries without which the program cannot answer. */
static void check_entries(struct load *load, const char *kind, const json_t *entries)
{
	char name[MAX_PATH], message[MAX_MESSAGE];
	size_t i;
	const json_t *key;

	snprintf(name, sizeof name, "%s.json", kind);
	json_array_foreach (json_object_get(schema_of(load->content, kind), "x-entries"), i, key) {
		if (json_object_get(entries, json_string_value(key)) != NULL)
			continue;
		snprintf(message, sizeof message, "lacks the entry \"%s\"", json_string_value(key));
		tell(load, name, "", message);
	}
}

static void check_entry(struct load *load, const json_t *value, const char *pointer)
{
	const json_t *schema = schema_of(load->content, load->kind);
	const struct schema_sink sink = {
		.fault = entry_fault, .text = check_text, .ref = check_reference, .member = check_member, .file = schema_file, .arg = load
	};

	if (!is_key(load->key))
		tell(load, load->file, pointer, "has a key that cannot stand in a path");
	load->entry = value;
	schema_check(schema, schema, value, pointer, &sink);
	rules_check(load->kind, load->key, value, pointer, entry_fault, load);
}

static void check_all(struct load *load)
{
	json_t *entries, *value;

	json_object_foreach (load->content->entries, load->kind, entries) {
		check_entries(load, load->kind, entries);
		json_object_foreach (entries, load->key, value) {
			const json_t *origin = json_object_get(json_object_get(load->content->origins, load->kind), load->key);
			load->file = json_string_value(json_array_get(origin, 0));
			check_entry(load, value, json_string_value(json_array_get(origin, 1)));
			progress_tell(load->progress, "entries checked", ++load->checked);
		}
	}
}

/* ---- the whole ---- */

static bool is_schema(const char *name)
{
	return strncmp(name, "db/schema/", strlen("db/schema/")) == 0;
}

/* Reads the schemas that are built into the program; each but the common one and that of a site's file names a kind. */
static bool prepare(struct content *content)
{
	content->entries = json_object();
	content->origins = json_object();
	content->schemas = json_object();
	for (const struct embedded_file *f = embedded_files; f->name != NULL; f++) {
		char kind[MAX_PATH];
		const char *name = f->name + strlen("db/schema/");
		if (!is_schema(f->name))
			continue;
		if (json_object_set_new(content->schemas, name, json_parse(f->data, f->size, 0, NULL)) != 0)
			return false;
		snprintf(kind, sizeof kind, "%.*s", (int)(strlen(name) - strlen(".json")), name);
		if (strcmp(kind, "common") == 0 || strcmp(kind, "site") == 0)
			continue;
		if (json_object_set_new(content->entries, kind, json_object()) != 0 ||
		    json_object_set_new(content->origins, kind, json_object()) != 0)
			return false;
	}
	return true;
}

int content_load(const char *const dirs[], int count, content_fault *fault, void *arg, const struct progress *progress, struct content **out)
{
	struct load load = { .fault = fault, .arg = arg, .progress = progress };

	load.content = calloc(1, sizeof *load.content);
	if (load.content == NULL || !prepare(load.content)) {
		content_free(load.content);
		return -1;
	}
	for (int i = 0; i < count; i++)
		each_file(&load, dirs[i], visit_top, NULL);
	if (!load.out_of_memory && json_object_size(languages(&load)) == 0)
		tell(&load, count > 0 ? dirs[0] : "", "", "has no languages.json with at least one language");
	else if (!load.out_of_memory)
		check_all(&load);
	if (load.out_of_memory || load.faults > 0) {
		content_free(load.content);
		return load.out_of_memory ? -1 : load.faults;
	}
	*out = load.content;
	return 0;
}

int content_load_site(const char *path, content_fault *fault, void *arg, json_t **out)
{
	struct load load = { .fault = fault, .arg = arg, .file = path, .kind = "site", .key = "" };
	const struct schema_sink sink = { .fault = entry_fault, .file = schema_file, .arg = &load };
	json_auto_t *site = NULL;

	load.content = calloc(1, sizeof *load.content);
	if (load.content == NULL || !prepare(load.content))
		load.out_of_memory = true;
	else
		site = read_file(&load, path);
	if (site != NULL) {
		const json_t *schema = schema_of(load.content, load.kind);
		schema_check(schema, schema, site, "", &sink);
		rules_check(load.kind, load.key, site, "", entry_fault, &load);
	}
	content_free(load.content);
	if (load.out_of_memory || load.faults > 0)
		return load.out_of_memory ? -1 : load.faults;
	*out = json_incref(site);
	return 0;
}

void content_free(struct content *content)
{
	if (content == NULL)
		return;
	json_decref(content->entries);
	json_decref(content->origins);
	json_decref(content->schemas);
	free(content);
}

const json_t *content_entries(const struct content *content)
{
	return content->entries;
}

/* A text object has every language for a key and no other. */
static bool is_text(const struct content *content, const json_t *value)
{
	const json_t *tags = json_object_get(content->entries, "languages");
	const char *lang;
	json_t *unused;

	if (json_object_size(value) != json_object_size(tags))
		return false;
	json_object_foreach ((json_t *)tags, lang, unused)
		if (json_object_get(value, lang) == NULL)
			return false;
	return true;
}

json_t *content_localize(const struct content *content, const json_t *value, const char *lang)
{
	json_t *copy, *member;
	const char *key;
	size_t i;

	if (json_is_object(value) && is_text(content, value))
		return json_incref(json_object_get(value, lang));
	if (json_is_object(value)) {
		copy = json_object();
		json_object_foreach ((json_t *)value, key, member)
			if (json_object_set_new(copy, key, content_localize(content, member, lang)) != 0)
				goto fail;
		return copy;
	}
	if (json_is_array(value)) {
		copy = json_array();
		json_array_foreach ((json_t *)value, i, member)
			if (json_array_append_new(copy, content_localize(content, member, lang)) != 0)
				goto fail;
		return copy;
	}
	return json_incref((json_t *)value);
fail:
	json_decref(copy);
	return NULL;
}
