/* Turns texts into search tokens. Pure: no database, no files. */
#include "db/tokens.h"

#include "db/digest.h"

#include <errno.h>
#include <libstemmer.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_STEMMERS = 16,
	MAX_LANG = 12,
	MAX_WORD = TOKEN_MAX - MAX_LANG,
	KNOWN_WORDS = 2048, /* a power of two */
};

/* A word whose token is known: most of a text are words that came before. */
struct known_word {
	int stemmer; /* its number and 1; 0: the place is free */
	char word[MAX_WORD];
	char token[TOKEN_MAX];
};

struct tokens {
	struct {
		char lang[MAX_LANG];
		struct sb_stemmer *stemmer; /* NULL: none for this language */
	} stemmers[MAX_STEMMERS];
	int count;
	bool failed;
	struct known_word known[KNOWN_WORDS]; /* each at the place that its digest says */
};

bool tokens_failed(struct tokens *tokens)
{
	bool failed = tokens->failed;

	tokens->failed = false;
	return failed;
}

struct tokens *tokens_open(void)
{
	return calloc(1, sizeof(struct tokens));
}

void tokens_close(struct tokens *tokens)
{
	if (tokens == NULL)
		return;
	for (int i = 0; i < tokens->count; i++)
		sb_stemmer_delete(tokens->stemmers[i].stemmer);
	free(tokens);
}

/* The number of the language's stemmer, which is kept for the next time; -1: there is no room for it. */
static int stemmer_of(struct tokens *tokens, const char *lang)
{
	for (int i = 0; i < tokens->count; i++)
		if (strcmp(tokens->stemmers[i].lang, lang) == 0)
			return i;
	if (tokens->count == MAX_STEMMERS || strlen(lang) >= MAX_LANG)
		return -1;
	snprintf(tokens->stemmers[tokens->count].lang, MAX_LANG, "%s", lang);
	errno = 0;
	tokens->stemmers[tokens->count].stemmer = sb_stemmer_new(lang, NULL);
	if (tokens->stemmers[tokens->count].stemmer == NULL && errno == ENOMEM) {
		tokens->failed = true;
		return -1;
	}
	return tokens->count++;
}

/* ---- characters ---- */

/* The character at s, and in *size its bytes; 0 at the end. The text is UTF-8. */
static unsigned long character(const char *s, size_t *size)
{
	unsigned char lead = (unsigned char)*s;

	*size = lead != '\0';
	if (lead < 0x80)
		return lead;
	unsigned long c = lead < 0xE0 ? lead & 0x1Fu : lead < 0xF0 ? lead & 0x0Fu : lead & 0x07u;

	for (*size = 1; ((unsigned char)s[*size] & 0xC0) == 0x80; ++*size)
		c = c << 6 | ((unsigned char)s[*size] & 0x3Fu);
	return c;
}

/* Of a script that is written without blanks: kana, ideographs, hangul. */
static bool is_east_asian(unsigned long c)
{
	return (c >= 0x3041 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
	       (c >= 0x20000 && c <= 0x3FFFD);
}

/* The small letter of ASCII that a Latin letter is without its accent, or 0. */
static char plain_letter(unsigned long c)
{
	static const char latin1[] = "aaaaaaaceeeeiiiidnooooo\0ouuuuyts"
				     "aaaaaaaceeeeiiiidnooooo\0ouuuuyty";

	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return (char)c;
	if (c >= 'A' && c <= 'Z')
		return "abcdefghijklmnopqrstuvwxyz"[c - 'A'];
	if (c >= 0xFF10 && c <= 0xFF19) /* full-width digits and letters, as Chinese keyboards give them */
		return "0123456789"[c - 0xFF10];
	if (c >= 0xFF21 && c <= 0xFF3A)
		return "abcdefghijklmnopqrstuvwxyz"[c - 0xFF21];
	if (c >= 0xFF41 && c <= 0xFF5A)
		return "abcdefghijklmnopqrstuvwxyz"[c - 0xFF41];
	if (c < 0xC0 || c > 0xFF)
		return '\0';
	return latin1[c - 0xC0];
}

/* ---- tokens ---- */

struct walk {
	struct tokens *tokens;
	const char *text, *lang;
	int stemmer;
	bool question;
	tokens_visit *visit;
	void *arg;
};

static void write_token(char token[TOKEN_MAX], const char *lang, const char *stem, size_t length)
{
	size_t prefix = strlen(lang) + 1, room = TOKEN_MAX - 1 - prefix;

	length = length < room ? length : room;
	memcpy(token, lang, prefix);
	token[prefix - 1] = '_';
	memcpy(token + prefix, stem, length);
	token[prefix + length] = '\0';
}

/* The token of a word. */
static void write_word_token(const struct walk *walk, const char *word, size_t n, char token[TOKEN_MAX])
{
	struct known_word *known = &walk->tokens->known[digest(DIGEST_START, word, n) % KNOWN_WORDS];

	if (known->stemmer == walk->stemmer + 1 && strcmp(known->word, word) == 0) {
		memcpy(token, known->token, TOKEN_MAX);
		return;
	}
	struct sb_stemmer *stemmer = walk->stemmer >= 0 ? walk->tokens->stemmers[walk->stemmer].stemmer : NULL;
	const char *stem = stemmer != NULL ? (const char *)sb_stemmer_stem(stemmer, (const sb_symbol *)word, (int)n) : word;
	walk->tokens->failed |= stem == NULL;
	write_token(token, walk->lang, stem != NULL ? stem : word, strlen(stem != NULL ? stem : word));
	if (stem == NULL || walk->stemmer < 0)
		return;
	known->stemmer = walk->stemmer + 1;
	memcpy(known->word, word, n + 1);
	memcpy(known->token, token, TOKEN_MAX);
}

/* A word from start on; returns its end. */
static size_t walk_word(const struct walk *walk, size_t start)
{
	char word[MAX_WORD], token[TOKEN_MAX];
	size_t n = 0, at = start, size;
	char letter;

	while ((letter = plain_letter(character(walk->text + at, &size))) != '\0') {
		if (n + 1 < sizeof word)
			word[n++] = letter;
		at += size;
	}
	word[n] = '\0';
	write_word_token(walk, word, n, token);
	walk->visit(walk->arg, token, word, start, at);
	return at;
}

static void emit_characters(const struct walk *walk, size_t start, size_t size)
{
	char token[TOKEN_MAX];

	write_token(token, walk->lang, walk->text + start, size);
	walk->visit(walk->arg, token, NULL, start, start + size);
}

/* A run of East Asian characters from start on; returns its end. */
static size_t walk_run(const struct walk *walk, size_t start)
{
	size_t at = start, size, next;

	character(walk->text + at, &size);
	for (;; at += size, size = next) {
		bool more = is_east_asian(character(walk->text + at + size, &next));
		if (!walk->question || (at == start && !more))
			emit_characters(walk, at, size);
		if (!more)
			return at + size;
		emit_characters(walk, at, size + next);
	}
}

void tokens_of(struct tokens *tokens, const char *text, const char *lang, bool question, tokens_visit *visit, void *arg)
{
	const struct walk walk = { tokens, text, lang, stemmer_of(tokens, lang), question, visit, arg };
	size_t at = 0, size;

	while (text[at] != '\0') {
		unsigned long c = character(text + at, &size);
		if (plain_letter(c) != '\0')
			at = walk_word(&walk, at);
		else if (is_east_asian(c))
			at = walk_run(&walk, at);
		else
			at += size;
	}
}
