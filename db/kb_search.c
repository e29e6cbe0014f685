/* Searches the knowledge base: a question becomes tokens in every language, the index says which entries have them. */
#include "db/kb_search.h"

#include "db/json_parse.h"
#include "db/kb_memory.h"
#include "db/memstream.h"
#include "db/tokens.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_LANGUAGES = 16,
	MAX_WORDS = KB_QUERY_TOKENS * MAX_LANGUAGES,
	MAX_HITS = 200, /* rows of the index that are looked at */
	MAX_ROWS = 2 * MAX_HITS,
	MAX_RANKED = 20, /* of them those whose titles are looked at */
	MAX_KEY = 96,    /* bytes of a key with its NUL; a note's is its product's and a number */
	MAX_NAME = 16,   /* of a kind or a language */
	SNIPPET_BYTES = 240,
	BEFORE_MATCH = 60, /* bytes of a long text that stand before the first match in it */
	MAX_SPANS = 32,
	COMMON_WORD = 600,  /* entries: a word that more have tells them apart no more */
	MAX_LOOKED_FOR = 8, /* words of a language: of a long question the rarest ones say what it is about */
	SHORTEST_TEXT = 12, /* bytes; shorter strings are names and values, not texts */
};

/* The weights of a match are those in the title, in the words for a code, in the summary, anywhere else. */
#define STATEMENTS(X)                                                                                                                                \
	X(MATCH, "SELECT rowid, bm25(search_index, 8.0, 24.0, 4.0, 0.6) FROM search_index WHERE search_index MATCH :words")                          \
	X(ENTRY, "SELECT kind, lang, key, told FROM search_entry WHERE id = :id")                                                                    \
	X(KNOWN, "SELECT entries FROM search_token WHERE token = :word")                                                                             \
	X(WORDS, "SELECT word, token, entries FROM search_word WHERE lang = :lang AND length BETWEEN :shortest AND :longest")                        \
	X(ITEM, "SELECT item FROM search_shown WHERE kind = :kind AND lang = :lang AND key = :key")                                                  \
	X(TEXTS, "SELECT texts FROM search_shown WHERE kind = :kind AND lang = :lang AND key = :key")                                                \
	X(NOTE_ITEM, "SELECT json_object('type', 'vendor', 'title', body ->> '$.name', 'summary', body ->> '$.text', 'codes',"                       \
		     "  (SELECT json_group_array(CAST(value AS INTEGER)) FROM json_each(body, '$.codes') WHERE value GLOB '[1-6][0-9][0-9]'),"       \
		     "  'url', '/vendors/' || vendor) FROM note WHERE lang = :lang AND vendor = :vendor AND number = :number")                       \
	X(NOTE_TEXTS, "SELECT replace(body ->> '$.text', char(10), ' ') || char(10) ||"                                                              \
		      "  replace(coalesce(body ->> '$.diagnostic', ''), char(10), ' ') || char(10) || coalesce(body ->> '$.knob.name', '')"          \
		      " FROM note WHERE lang = :lang AND vendor = :vendor AND number = :number")

#define NUMBER(name, sql) SEARCH_##name,
enum statement { STATEMENTS(NUMBER) STATEMENT_COUNT };
#undef NUMBER

#define TEXT(name, sql) sql,
static const char *const statement_sql[] = { STATEMENTS(TEXT) };
#undef TEXT

/* The kinds of entries, the types they are shown as, and what a match in one is worth beside one in another. */
static const struct {
	const char *kind, *type;
	double weight;
} kinds[] = {
	{ "codes", "code", 1.0 },       { "scenarios", "scenario", 1.4 }, { "topics", "topic", 1.3 },  { "causes", "cause", 1.0 },
	{ "vendors", "vendor", 0.9 },   { "notes", "vendor", 0.5 },       { "flows", "flow", 0.9 },    { "timers", "timer", 1.0 },
	{ "warnings", "warning", 0.9 }, { "glossary", "term", 1.0 },      { "classes", "class", 1.0 },
};

/* How much it counts that much else is told of an entry. */
static const double TOLD_WEIGHT = 0.2;

struct kb_search {
	sqlite3 *db;
	struct tokens *tokens;
	sqlite3_stmt *statements[STATEMENT_COUNT];
};

/* A word of the question in one language. */
struct word {
	char token[TOKEN_MAX];
	char spelling[TOKEN_MAX]; /* "": East Asian characters */
	const char *lang;
	size_t start; /* where in the question it begins: the same place, the same word in another language */
	bool known;   /* the index has it, and it is looked for */
	int entries;  /* how many have it, as far as that was asked */
};

struct hit {
	char kind[MAX_NAME], lang[MAX_NAME], key[MAX_KEY];
	double score;
};

struct question {
	struct kb_search *search;
	const struct kb_query *query;
	const char *answer; /* the language asked for */
	const json_t *languages;
	struct word words[MAX_WORDS];
	size_t word_count;
	const char *lang;   /* the language that is being read */
	size_t of_language; /* its words */
	struct hit hits[MAX_HITS + KB_QUERY_TOKENS];
	size_t hit_count;
};

/* ---- statements ---- */

static sqlite3_stmt *ask(struct kb_search *search, enum statement number)
{
	return search->statements[number];
}

static void done(sqlite3_stmt **statement)
{
	sqlite3_reset(*statement);
	sqlite3_clear_bindings(*statement);
}

#define auto_statement __attribute__((cleanup(done))) sqlite3_stmt *

static void bind(sqlite3_stmt *statement, const char *name, const char *value)
{
	sqlite3_bind_text(statement, sqlite3_bind_parameter_index(statement, name), value, -1, SQLITE_STATIC);
}

static void bind_number(sqlite3_stmt *statement, const char *name, int value)
{
	sqlite3_bind_int(statement, sqlite3_bind_parameter_index(statement, name), value);
}

/* NULL if memory ran out: no column that is asked for is NULL. */
static const char *column(sqlite3_stmt *statement, int number)
{
	return (const char *)sqlite3_column_text(statement, number);
}

struct kb_search *kb_search_open(sqlite3 *db)
{
	struct kb_search *search = calloc(1, sizeof *search);

	if (search == NULL || (search->tokens = tokens_open()) == NULL)
		goto fail;
	search->db = db;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		if (sqlite3_prepare_v3(db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &search->statements[i], NULL) != SQLITE_OK)
			goto fail;
	return search;
fail:
	kb_search_close(search);
	return NULL;
}

void kb_search_close(struct kb_search *search)
{
	if (search == NULL)
		return;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(search->statements[i]);
	tokens_close(search->tokens);
	free(search);
}

int kb_search_full_scans(const struct kb_search *search)
{
	int steps = 0;

	for (int i = 0; i < STATEMENT_COUNT; i++)
		steps += sqlite3_stmt_status(search->statements[i], SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
	return steps;
}

/* ---- words ---- */

static void add_word(void *arg, const char *token, const char *spelling, size_t start, size_t end)
{
	struct question *question = arg;

	(void)end;
	if (question->of_language == KB_QUERY_TOKENS || question->word_count == MAX_WORDS)
		return;
	for (size_t i = 0; i < question->word_count; i++)
		if (strcmp(question->words[i].token, token) == 0)
			return;
	struct word *word = &question->words[question->word_count++];
	snprintf(word->token, sizeof word->token, "%s", token);
	snprintf(word->spelling, sizeof word->spelling, "%s", spelling != NULL ? spelling : "");
	word->lang = question->lang;
	word->start = start;
	word->known = false;
	word->entries = 0;
	question->of_language++;
}

static enum kb_status look_up(struct kb_search *search, struct word *word)
{
	auto_statement statement = ask(search, SEARCH_KNOWN);

	bind(statement, ":word", word->token);
	int step = sqlite3_step(statement);
	word->known = step == SQLITE_ROW;
	word->entries = step == SQLITE_ROW ? sqlite3_column_int(statement, 0) : 0;
	return step == SQLITE_ROW || step == SQLITE_DONE ? KB_OK : KB_FAILED;
}

/* The question's words in every language. */
static enum kb_status read_words(struct question *question)
{
	size_t i;
	const json_t *language;

	json_array_foreach ((json_t *)question->languages, i, language) {
		question->of_language = 0;
		question->lang = json_string_value(json_object_get(language, "tag"));
		tokens_of(question->search->tokens, question->query->text, question->lang, true, add_word, question);
	}
	for (i = 0; i < question->word_count; i++)
		if (look_up(question->search, &question->words[i]) != KB_OK)
			return KB_FAILED;
	return tokens_failed(question->search->tokens) ? KB_FAILED : KB_OK;
}

/* Optimal string alignment distance, at most limit + 1: how many letters have to be put in, taken out, changed or swapped with
 * their neighbour. */
static size_t distance(const char *a, const char *b, size_t limit)
{
	size_t n = strlen(a), m = strlen(b), rows[3][TOKEN_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	if (n > m + limit || m > n + limit)
		return limit + 1;
	for (size_t k = 0; k <= m; k++)
		last[k] = k;
	for (size_t i = 1; i <= n; i++) {
		size_t least = now[0] = i;
		for (size_t k = 1; k <= m; k++) {
			size_t best = last[k - 1] + (a[i - 1] != b[k - 1]);
			best = last[k] + 1 < best ? last[k] + 1 : best;
			best = now[k - 1] + 1 < best ? now[k - 1] + 1 : best;
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] && before[k - 2] + 1 < best)
				best = before[k - 2] + 1;
			now[k] = best;
			least = best < least ? best : least;
		}
		if (least > limit)
			return limit + 1;
		size_t *free_row = before;
		before = last;
		last = now;
		now = free_row;
	}
	return last[m];
}

/* How many letters of a word may be wrong. */
static size_t tolerance(const char *word, bool far)
{
	size_t n = strlen(word);

	return far ? n : n < 4 ? 0 : n < 8 ? 1 : 2;
}

/* Replaces a word by the nearest one of its language that the texts have; of two as near, by the one that stands there more often. */
static enum kb_status correct(struct kb_search *search, struct word *word, bool far)
{
	auto_statement statement = ask(search, SEARCH_WORDS);
	size_t best = tolerance(word->spelling, far);
	int step, most = 0;

	bind(statement, ":lang", word->lang);
	bind_number(statement, ":shortest", (int)(strlen(word->spelling) - best));
	bind_number(statement, ":longest", (int)(strlen(word->spelling) + best));
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *spelling = column(statement, 0), *token = column(statement, 1);
		int entries = sqlite3_column_int(statement, 2);
		if (spelling == NULL || token == NULL)
			return KB_FAILED;
		size_t away = distance(word->spelling, spelling, best);
		if (away > best || (away == best && entries <= most))
			continue;
		best = away;
		most = entries;
		snprintf(word->token, sizeof word->token, "%s", token);
		word->known = true;
	}
	return step == SQLITE_DONE ? KB_OK : KB_FAILED;
}

/* A word that no language knows is written wrongly. */
static enum kb_status correct_words(struct question *question, bool far)
{
	bool is_known[MAX_WORDS] = { false };

	for (size_t i = 0; i < question->word_count; i++)
		for (size_t k = 0; k < question->word_count; k++)
			is_known[i] |= question->words[k].known && question->words[k].start == question->words[i].start;
	for (size_t i = 0; i < question->word_count; i++)
		if (!is_known[i] && question->words[i].spelling[0] != '\0' && correct(question->search, &question->words[i], far) != KB_OK)
			return KB_FAILED;
	return KB_OK;
}

/* Lets go of words like "but" and "no", in a language that has a rarer one of the question's. */
static void skip_common_words(struct question *question)
{
	for (size_t i = 0; i < question->word_count; i++) {
		struct word *word = &question->words[i];
		for (size_t k = 0; word->entries > COMMON_WORD && k < question->word_count; k++)
			if (question->words[k].lang == word->lang && question->words[k].known && question->words[k].entries <= COMMON_WORD)
				word->known = false;
	}
}

/* How many words of its language that are looked for are rarer. */
static int count_rarer(const struct question *question, const struct word *word)
{
	int count = 0;

	for (size_t i = 0; i < question->word_count; i++) {
		const struct word *other = &question->words[i];
		count += other->known && strcmp(other->lang, word->lang) == 0 &&
			 (other->entries < word->entries || (other->entries == word->entries && other < word));
	}
	return count;
}

/* Lets go of all but the rarest words of each language. */
static void keep_rarest_words(struct question *question)
{
	bool is_kept[MAX_WORDS];

	for (size_t i = 0; i < question->word_count; i++)
		is_kept[i] = question->words[i].known && count_rarer(question, &question->words[i]) < MAX_LOOKED_FOR;
	for (size_t i = 0; i < question->word_count; i++)
		question->words[i].known = is_kept[i];
}

/* ---- hits ---- */

static double weight_of(const char *kind)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].weight;
	return 0;
}

static bool is_wanted(const char *kind, const char *type)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return type == NULL || strcmp(kinds[i].type, type) == 0;
	return false;
}

/* The same for what is shown: an entry, whatever the language; all notes of a product are one. */
static bool is_same(const struct hit *hit, const char *kind, const char *key)
{
	if (strcmp(hit->kind, kind) != 0)
		return false;
	return strcmp(kind, "notes") == 0 ? strncmp(hit->key, key, strcspn(key, "/") + 1) == 0 : strcmp(hit->key, key) == 0;
}

static void add_hit(struct question *question, const char *kind, const char *lang, const char *key, double score)
{
	if (!is_wanted(kind, question->query->type) || strlen(key) >= MAX_KEY ||
	    question->hit_count == sizeof question->hits / sizeof question->hits[0])
		return;
	for (size_t i = 0; i < question->hit_count; i++) {
		if (!is_same(&question->hits[i], kind, key))
			continue;
		/* What came before is better, but words found in the language asked for read better. */
		if (strcmp(lang, question->answer) == 0 && strcmp(kind, "notes") != 0)
			snprintf(question->hits[i].lang, sizeof question->hits[i].lang, "%s", lang);
		return;
	}
	struct hit *hit = &question->hits[question->hit_count++];
	snprintf(hit->kind, sizeof hit->kind, "%s", kind);
	snprintf(hit->lang, sizeof hit->lang, "%s", lang);
	snprintf(hit->key, sizeof hit->key, "%s", key);
	hit->score = score;
}

/* The known words as a question to the index, each a string of its own: nothing in them is syntax. */
static char *match_expression(const struct question *question)
{
	struct memstream stream;
	FILE *out = memstream_open(&stream);
	bool begun = false;

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < question->word_count; i++) {
		if (!question->words[i].known)
			continue;
		fprintf(out, "%s\"%s\"", begun ? " OR " : "", question->words[i].token);
		begun = true;
	}
	return memstream_close(out, &stream, false) == 0 ? stream.data : NULL;
}

/* A row of the index and how well it matches: the smaller the number, the better. */
struct row {
	sqlite3_int64 id;
	double rank;
};

/* The best rows so far, at the front once they are sorted; there is room for as many again before that has to be done. */
struct rows {
	struct row row[MAX_ROWS];
	size_t count;
	bool full; /* MAX_HITS are known, and the last of them is the worst that counts */
};

static int by_rank(const void *a, const void *b)
{
	const struct row *of_a = a, *of_b = b;

	if (of_a->rank != of_b->rank)
		return of_a->rank < of_b->rank ? -1 : 1;
	return of_a->id < of_b->id ? -1 : 1;
}

static void keep_best(struct rows *rows)
{
	qsort(rows->row, rows->count, sizeof rows->row[0], by_rank);
	rows->full = rows->count >= MAX_HITS;
	rows->count = rows->full ? MAX_HITS : rows->count;
}

static void add_row(struct rows *rows, sqlite3_int64 id, double rank)
{
	if (rows->full && rank >= rows->row[MAX_HITS - 1].rank)
		return;
	rows->row[rows->count++] = (struct row){ id, rank };
	if (rows->count == MAX_ROWS)
		keep_best(rows);
}

/* Which entry a row is of. */
static enum kb_status add_entry(struct question *question, const struct row *row)
{
	auto_statement statement = ask(question->search, SEARCH_ENTRY);

	bind_number(statement, ":id", (int)row->id);
	if (sqlite3_step(statement) != SQLITE_ROW)
		return KB_FAILED;
	const char *kind = column(statement, 0), *lang = column(statement, 1), *key = column(statement, 2);
	if (kind == NULL || lang == NULL || key == NULL)
		return KB_FAILED;
	add_hit(question, kind, lang, key, -row->rank * weight_of(kind) * (1 + TOLD_WEIGHT * log1p(sqlite3_column_int(statement, 3))));
	return KB_OK;
}

static enum kb_status match(struct question *question)
{
	auto_statement statement = ask(question->search, SEARCH_MATCH);
	char *expression = match_expression(question);
	struct rows rows = { .count = 0 };
	int step = SQLITE_DONE;

	if (expression == NULL)
		return KB_FAILED;
	if (*expression != '\0') {
		bind(statement, ":words", expression);
		while ((step = sqlite3_step(statement)) == SQLITE_ROW)
			add_row(&rows, sqlite3_column_int64(statement, 0), sqlite3_column_double(statement, 1));
	}
	sqlite3_reset(statement);
	free(expression);
	keep_best(&rows);
	for (size_t i = 0; i < rows.count && step == SQLITE_DONE; i++)
		if (add_entry(question, &rows.row[i]) != KB_OK)
			return KB_FAILED;
	return step == SQLITE_DONE ? KB_OK : KB_FAILED;
}

static int by_score(const void *a, const void *b)
{
	double of_a = ((const struct hit *)a)->score, of_b = ((const struct hit *)b)->score;

	return of_a < of_b ? 1 : of_a > of_b ? -1 : 0;
}

/* ---- numbers ---- */

/* What a number can be the key of, likeliest first. */
static const struct {
	const char *kind;
	long first, last;
	double score; /* above what any words reach */
} numbered[] = {
	{ "codes", 100, 699, 1000 },
	{ "warnings", 300, 399, 900 },
	{ "causes", 1, 127, 800 },
};

/* A number in the question leads to its entry: 486 to the code; 4xx to the class; 17 to the cause if it stands alone or after "850", for
 * else it may be seconds. */
static void add_numbers(struct question *question, const char *lang)
{
	const char *text = question->query->text;
	bool alone = text[strspn(text, "0123456789 ")] == '\0';
	long before = 0;

	for (const char *s = text; *s != '\0';) {
		size_t digits = strspn(s, "0123456789");
		if (digits == 0) {
			s++;
			continue;
		}
		long n = digits <= 3 ? strtol(s, NULL, 10) : 0;
		char key[8];
		snprintf(key, sizeof key, "%ld", n);
		if (digits == 1 && strncasecmp(s + 1, "xx", 2) == 0)
			add_hit(question, "classes", lang, key, numbered[0].score);
		for (size_t i = 0; i < sizeof numbered / sizeof numbered[0]; i++)
			if (n >= numbered[i].first && n <= numbered[i].last &&
			    (strcmp(numbered[i].kind, "causes") == 0 ? alone || before == 850 : before != 850))
				add_hit(question, numbered[i].kind, lang, key, numbered[i].score);
		before = n;
		s += digits;
	}
}

/* ---- what is shown ---- */

/* What is asked for of an entry, and of a note, whose key is its product's and its number. */
enum part { PART_ITEM, PART_TEXTS };

static const enum statement part_statements[][2] = {
	[PART_ITEM] = { SEARCH_ITEM, SEARCH_NOTE_ITEM },
	[PART_TEXTS] = { SEARCH_TEXTS, SEARCH_NOTE_TEXTS },
};

/* The part of an entry in a language, a copy; KB_NOT_FOUND: there is no such entry. */
static enum kb_status read_part(struct kb_search *search, enum part part, const struct hit *hit, const char *lang, char **out)
{
	const char *slash = strcmp(hit->kind, "notes") == 0 ? strchr(hit->key, '/') : NULL;
	auto_statement statement = ask(search, part_statements[part][slash != NULL]);
	char vendor[MAX_KEY];

	bind(statement, ":lang", lang);
	if (slash != NULL) {
		snprintf(vendor, sizeof vendor, "%.*s", (int)(slash - hit->key), hit->key);
		bind(statement, ":vendor", vendor);
		bind_number(statement, ":number", (int)strtol(slash + 1, NULL, 10));
	} else {
		bind(statement, ":kind", hit->kind);
		bind(statement, ":key", hit->key);
	}
	int step = sqlite3_step(statement);
	if (step != SQLITE_ROW)
		return step == SQLITE_DONE ? KB_NOT_FOUND : KB_FAILED;
	const char *text = column(statement, 0);
	*out = text != NULL ? strdup(text) : NULL;
	return *out != NULL ? KB_OK : KB_FAILED;
}

static enum kb_status read_item(struct kb_search *search, const struct hit *hit, const char *lang, json_t **out)
{
	char *text = NULL;
	enum kb_status status = read_part(search, PART_ITEM, hit, lang, &text);

	if (status != KB_OK)
		return status;
	*out = json_parse(text, strlen(text), 0, NULL);
	free(text);
	return *out != NULL ? KB_OK : KB_FAILED;
}

/* Where the question's words stand in a text of a language. */
struct spans {
	const struct question *question;
	size_t prefix; /* bytes that tokens of the language begin with */
	struct {
		size_t start, end;
	} at[MAX_SPANS];
	size_t count;
	bool found[MAX_WORDS];
	size_t different; /* words found */
};

static void add_span(void *arg, const char *token, const char *word, size_t start, size_t end)
{
	struct spans *spans = arg;

	(void)word;
	for (size_t i = 0; i < spans->question->word_count; i++) {
		const struct word *asked = &spans->question->words[i];
		/* Tokens of a language begin alike: what stands behind that tells most of them apart at once. */
		if (!asked->known || asked->token[spans->prefix] != token[spans->prefix] || strcmp(asked->token, token) != 0)
			continue;
		spans->different += !spans->found[i];
		spans->found[i] = true;
		if (spans->count > 0 && spans->at[spans->count - 1].end >= start)
			spans->at[spans->count - 1].end = end; /* neighbours in a run */
		else if (spans->count < MAX_SPANS) {
			spans->at[spans->count].start = start;
			spans->at[spans->count++].end = end;
		}
		return;
	}
}

/* The line of the texts that has most of the words; *best keeps where they stand in it. NULL: none has any. Writes a NUL over every line's end. */
static const char *best_line(char *texts, const char *lang, struct spans *best)
{
	const char *found = NULL;

	for (char *line = texts, *end; line != NULL; line = end) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		if (strlen(line) < SHORTEST_TEXT)
			continue;
		struct spans spans = { .question = best->question, .prefix = best->prefix };
		tokens_of(best->question->search->tokens, line, lang, false, add_span, &spans);
		if (spans.different > best->different) {
			*best = spans;
			found = line;
		}
	}
	return found;
}

static bool begins_character(char c)
{
	return ((unsigned char)c & 0xC0) != 0x80;
}

/* The text around its first match, each match between "**". NULL if memory ran out. */
static json_t *snippet(const char *text, const struct spans *spans)
{
	size_t size = strlen(text), at = 0, end = size;
	struct memstream stream;
	FILE *out = memstream_open(&stream);

	if (out == NULL)
		return NULL;
	if (size > SNIPPET_BYTES) {
		at = spans->count > 0 && spans->at[0].start > BEFORE_MATCH ? spans->at[0].start - BEFORE_MATCH : 0;
		while (!begins_character(text[at]))
			at++;
		end = at + SNIPPET_BYTES < size ? at + SNIPPET_BYTES : size;
		while (!begins_character(text[end]))
			end--;
	}
	fputs(at > 0 ? "…" : "", out);
	for (size_t i = 0; i < spans->count && spans->at[i].end <= end; i++) {
		fwrite(text + at, 1, spans->at[i].start - at, out);
		fprintf(out, "**%.*s**", (int)(spans->at[i].end - spans->at[i].start), text + spans->at[i].start);
		at = spans->at[i].end;
	}
	fwrite(text + at, 1, end - at, out);
	fputs(end < size ? "…" : "", out);
	if (memstream_close(out, &stream, false) != 0)
		return NULL;
	json_t *string = json_stringn(stream.data, stream.size);
	free(stream.data);
	return string;
}

/* An entry as it is shown: in the language asked for, but the snippet in the one that the words were found in, unless the summary has
 * them too. */
static enum kb_status show(const struct question *question, const struct hit *hit, const char *lang, json_t **out)
{
	json_auto_t *item = NULL;
	struct spans spans = { .question = question, .prefix = strlen(hit->lang) + 1 };
	char *texts = NULL;
	enum kb_status status = read_item(question->search, hit, lang, &item);

	if (status != KB_OK)
		return status;
	if (read_part(question->search, PART_TEXTS, hit, hit->lang, &texts) != KB_OK)
		return KB_FAILED;
	const char *line = best_line(texts, hit->lang, &spans);
	const char *shown = line != NULL ? line : json_string_value(json_object_get(item, "summary"));
	bool failed = tokens_failed(question->search->tokens) || json_object_set_new(item, "snippet", snippet(shown, &spans)) != 0;
	free(texts);
	if (failed || json_object_del(item, "summary") != 0 || json_object_set_new(item, "score", json_real(round(hit->score * 1000) / 1000)) != 0)
		return KB_FAILED;
	*out = json_incref(item);
	return KB_OK;
}

/* How much of the question stands in the title of the entry that was hit, 0 to 1. */
static enum kb_status cover(const struct question *question, const struct hit *hit, double *covered)
{
	json_auto_t *item = NULL;
	struct spans spans = { .question = question, .prefix = strlen(hit->lang) + 1 };
	size_t asked = 0;

	enum kb_status status = read_item(question->search, hit, hit->lang, &item);

	*covered = 0;
	if (status != KB_OK) /* a number that no entry has */
		return status == KB_NOT_FOUND ? KB_OK : KB_FAILED;
	tokens_of(question->search->tokens, json_string_value(json_object_get(item, "title")), hit->lang, false, add_span, &spans);
	for (size_t i = 0; i < question->word_count; i++)
		asked += question->words[i].known && strcmp(question->words[i].lang, hit->lang) == 0;
	*covered = asked > 0 ? (double)spans.different / (double)asked : 0;
	return tokens_failed(question->search->tokens) ? KB_FAILED : KB_OK;
}

/* Puts the best hits into order: a title that has all that was asked for counts twice. */
static enum kb_status rank(struct question *question)
{
	double covered;

	qsort(question->hits, question->hit_count, sizeof question->hits[0], by_score);
	for (size_t i = 0; i < question->hit_count && i < MAX_RANKED; i++) {
		if (cover(question, &question->hits[i], &covered) != KB_OK)
			return KB_FAILED;
		question->hits[i].score *= 1 + covered;
	}
	qsort(question->hits, question->hit_count, sizeof question->hits[0], by_score);
	return KB_OK;
}

static json_t *show_all(struct question *question, const char *lang)
{
	json_auto_t *items = json_array();

	if (rank(question) != KB_OK)
		return NULL;
	for (size_t i = 0; i < question->hit_count && json_array_size(items) < (size_t)question->query->limit; i++) {
		json_t *item = NULL;
		enum kb_status status = show(question, &question->hits[i], lang, &item);
		if (status == KB_FAILED || (status == KB_OK && json_array_append_new(items, item) != 0))
			return NULL;
	}
	return json_incref(items);
}

enum kb_status kb_search_ask(struct kb_search *search, const struct kb_query *query, const char *lang, const json_t *languages, json_t **out)
{
	struct question *question = calloc(1, sizeof *question);

	kb_memory_refused();
	json_t *items = NULL, *nearest = NULL;
	enum kb_status status = KB_FAILED;

	if (question == NULL)
		return KB_FAILED;
	question->search = search;
	question->query = query;
	question->answer = lang;
	question->languages = languages;
	add_numbers(question, lang);
	if (read_words(question) != KB_OK || correct_words(question, false) != KB_OK)
		goto done;
	skip_common_words(question);
	keep_rarest_words(question);
	if (match(question) != KB_OK || (items = show_all(question, lang)) == NULL)
		goto done;
	if (json_array_size(items) == 0 &&
	    (correct_words(question, true) != KB_OK || match(question) != KB_OK || (nearest = show_all(question, lang)) == NULL))
		goto done;
	json_t *found = kb_memory_refused() ? NULL : json_pack("{s:O, s:O*}", "items", items, "nearest", nearest);
	if (found != NULL) {
		*out = found;
		status = KB_OK;
	}
done:
	json_decref(items);
	json_decref(nearest);
	free(question);
	return status;
}

/* ---- filling ---- */

/* One column of an entry, as it becomes tokens. */
struct filling {
	json_t *words; /* of the language: word -> [token, how often] */
	FILE *out;
	bool failed;
};

static void write_token(void *arg, const char *token, const char *word, size_t start, size_t end)
{
	struct filling *filling = arg;

	(void)start;
	(void)end;
	fputs(token, filling->out);
	fputc(' ', filling->out);
	if (word == NULL)
		return;
	json_t *counted = json_object_get(filling->words, word);
	if (counted != NULL)
		json_integer_set(json_array_get(counted, 1), json_integer_value(json_array_get(counted, 1)) + 1);
	else if (json_object_set_new(filling->words, word, json_pack("[s, i]", token, 1)) != 0)
		filling->failed = true;
}

/* The tokens of a text, one after the other, and its words counted; NULL if that failed. */
static char *tokens_text(struct tokens *tokens, const char *text, const char *lang, json_t *words)
{
	struct memstream stream;
	struct filling filling = { .words = words, .out = memstream_open(&stream) };

	if (filling.out == NULL)
		return NULL;
	tokens_of(tokens, text, lang, false, write_token, &filling);
	return memstream_close(filling.out, &stream, tokens_failed(tokens) || filling.failed) == 0 ? stream.data : NULL;
}

/* The words of a language, borrowed from those of all languages; NULL if memory ran out. */
static json_t *words_of(json_t *all_words, const char *lang)
{
	json_t *words = json_object_get(all_words, lang);

	if (words == NULL && json_object_set_new(all_words, lang, json_object()) == 0)
		words = json_object_get(all_words, lang);
	return words;
}

enum fill_statement { SOURCE, ADD_ENTRY, ADD_TOKENS, ADD_WORD, FILL_STATEMENTS };

static const char *const fill_sql[] = {
	[SOURCE] = "SELECT kind, lang, key, title, words, summary, body FROM search_source",
	[ADD_ENTRY] = "INSERT INTO search_entry (id, kind, lang, key, told) VALUES (?1, ?2, ?3, ?4,"
		      " iif(?2 = 'codes', (SELECT told FROM search_told WHERE code = CAST(?4 AS INTEGER)), 0))",
	[ADD_TOKENS] = "INSERT INTO search_index (rowid, title, words, summary, body) VALUES (?1, ?2, ?3, ?4, ?5)",
	[ADD_WORD] = "INSERT INTO search_word (lang, length, word, token, entries) VALUES (?1, length(?2), ?2, ?3, ?4)",
};

enum { SOURCE_KIND, SOURCE_LANG, SOURCE_KEY, SOURCE_TEXTS, SOURCE_COLUMNS = 7 };

static int fill_entry(sqlite3_stmt *const statements[], struct tokens *tokens, json_t *all_words, int id)
{
	sqlite3_stmt *source = statements[SOURCE], *entry = statements[ADD_ENTRY], *index = statements[ADD_TOKENS];
	const char *lang = column(source, SOURCE_LANG);
	json_t *words = lang != NULL ? words_of(all_words, lang) : NULL;
	int rc = sqlite3_bind_int(entry, 1, id);

	for (int i = SOURCE_KIND; i <= SOURCE_KEY && rc == SQLITE_OK; i++)
		rc = sqlite3_bind_value(entry, i + 2, sqlite3_column_value(source, i));
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int(index, 1, id);
	for (int i = SOURCE_TEXTS; i < SOURCE_COLUMNS && rc == SQLITE_OK; i++) {
		const char *original = column(source, i);
		char *text = original != NULL && words != NULL ? tokens_text(tokens, original, lang, words) : NULL;
		rc = text != NULL ? sqlite3_bind_text(index, i - SOURCE_TEXTS + 2, text, -1, free) : SQLITE_NOMEM;
	}
	if (rc == SQLITE_OK && (rc = sqlite3_step(entry)) == SQLITE_DONE)
		rc = sqlite3_step(index);
	sqlite3_reset(entry);
	sqlite3_reset(index);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int fill_words(sqlite3_stmt *add, const json_t *all_words)
{
	const char *lang, *word;
	json_t *words, *counted;
	int rc = SQLITE_DONE;

	json_object_foreach ((json_t *)all_words, lang, words) {
		json_object_foreach (words, word, counted) {
			sqlite3_bind_text(add, 1, lang, -1, SQLITE_STATIC);
			sqlite3_bind_text(add, 2, word, -1, SQLITE_STATIC);
			sqlite3_bind_text(add, 3, json_string_value(json_array_get(counted, 0)), -1, SQLITE_STATIC);
			sqlite3_bind_int64(add, 4, json_integer_value(json_array_get(counted, 1)));
			if (rc == SQLITE_DONE)
				rc = sqlite3_step(add);
			sqlite3_reset(add);
		}
	}
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* A word occurs a hundred times: all are counted before they are written. */
static int fill_all(sqlite3_stmt *const statements[], struct tokens *tokens, const struct progress *progress)
{
	json_auto_t *all_words = json_object();
	int step, rc = SQLITE_OK;

	for (int id = 1; (step = sqlite3_step(statements[SOURCE])) == SQLITE_ROW; id++) {
		if ((rc = fill_entry(statements, tokens, all_words, id)) != SQLITE_OK)
			return rc;
		progress_tell(progress, "texts made ready for the search", id);
	}
	return step == SQLITE_DONE ? fill_words(statements[ADD_WORD], all_words) : step;
}

int kb_search_fill(sqlite3 *db, const struct progress *progress)
{
	static const char empty[] =
		"DELETE FROM search_entry; DELETE FROM search_word; INSERT INTO search_index (search_index) VALUES ('delete-all')";
	sqlite3_stmt *statements[FILL_STATEMENTS] = { NULL };
	struct tokens *tokens = tokens_open();
	int rc = tokens != NULL ? sqlite3_exec(db, empty, NULL, NULL, NULL) : SQLITE_NOMEM;

	for (int i = 0; i < FILL_STATEMENTS && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v2(db, fill_sql[i], -1, &statements[i], NULL);
	if (rc == SQLITE_OK)
		rc = fill_all(statements, tokens, progress);
	for (int i = 0; i < FILL_STATEMENTS; i++)
		sqlite3_finalize(statements[i]);
	tokens_close(tokens);
	return rc;
}
