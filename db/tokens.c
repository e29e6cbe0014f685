/* Turns texts into search tokens. Pure: no database, no files. */
#include "db/tokens.h"

#include <ctype.h>
#include <errno.h>
#include <libstemmer.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_STEMMERS = 16, MAX_LANG = 12 };

struct tokens {
	struct {
		char lang[MAX_LANG];
		struct sb_stemmer *stemmer; /* NULL: none for this language */
	} stemmers[MAX_STEMMERS];
	int count;
	bool failed;
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

/* The language's stemmer, kept for the next time. */
static struct sb_stemmer *stemmer_of(struct tokens *tokens, const char *lang)
{
	for (int i = 0; i < tokens->count; i++)
		if (strcmp(tokens->stemmers[i].lang, lang) == 0)
			return tokens->stemmers[i].stemmer;
	if (tokens->count == MAX_STEMMERS || strlen(lang) >= MAX_LANG)
		return NULL;
	snprintf(tokens->stemmers[tokens->count].lang, MAX_LANG, "%s", lang);
	errno = 0;
	tokens->stemmers[tokens->count].stemmer = sb_stemmer_new(lang, NULL);
	if (tokens->stemmers[tokens->count].stemmer == NULL && errno == ENOMEM) {
		tokens->failed = true;
		return NULL;
	}
	return tokens->stemmers[tokens->count++].stemmer;
}

/* ---- characters ---- */

/* The character at s, and in *size its bytes; 0 at the end. The text is UTF-8. */
static unsigned long character(const char *s, size_t *size)
{
	*size = 0;
	if (*s == '\0')
		return 0;
	unsigned char lead = (unsigned char)*s;
	unsigned long c = lead < 0x80 ? lead : lead < 0xE0 ? lead & 0x1Fu : lead < 0xF0 ? lead & 0x0Fu : lead & 0x07u;

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

	if (c < 0x80)
		return isalnum((int)c) ? (char)tolower((int)c) : '\0';
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
	bool question;
	tokens_visit *visit;
	void *arg;
};

static void emit(const struct walk *walk, const char *stem, size_t length, const char *word, size_t start, size_t end)
{
	char token[TOKEN_MAX];

	snprintf(token, sizeof token, "%s_%.*s", walk->lang, (int)length, stem);
	walk->visit(walk->arg, token, word, start, end);
}

/* A word from start on; returns its end. */
static size_t walk_word(const struct walk *walk, size_t start)
{
	char word[TOKEN_MAX - MAX_LANG];
	size_t n = 0, at = start, size;
	char letter;

	while ((letter = plain_letter(character(walk->text + at, &size))) != '\0') {
		if (n + 1 < sizeof word)
			word[n++] = letter;
		at += size;
	}
	word[n] = '\0';
	struct sb_stemmer *stemmer = stemmer_of(walk->tokens, walk->lang);
	const char *stem = stemmer != NULL ? (const char *)sb_stemmer_stem(stemmer, (const sb_symbol *)word, (int)n) : word;
	walk->tokens->failed |= stem == NULL;
	emit(walk, stem != NULL ? stem : word, strlen(stem != NULL ? stem : word), word, start, at);
	return at;
}

/* A run of East Asian characters from start on; returns its end. */
static size_t walk_run(const struct walk *walk, size_t start)
{
	size_t at = start, size, next;

	character(walk->text + at, &size);
	for (;; at += size, size = next) {
		bool more = is_east_asian(character(walk->text + at + size, &next));
		if (!walk->question || (at == start && !more))
			emit(walk, walk->text + at, size, NULL, at, at + size);
		if (!more)
			return at + size;
		emit(walk, walk->text + at, size + next, NULL, at, at + size + next);
	}
}

void tokens_of(struct tokens *tokens, const char *text, const char *lang, bool question, tokens_visit *visit, void *arg)
{
	const struct walk walk = { tokens, text, lang, question, visit, arg };
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
