/* Turns texts and questions into the tokens that the search compares. */
#ifndef SIPCODES_TOKENS_H
#define SIPCODES_TOKENS_H

#include <stdbool.h>
#include <stdio.h>

/* Stemmers by language (libstemmer); a language that it does not know has whole words for tokens. One thread at a time. */
struct tokens;

struct tokens *tokens_open(void);         /* NULL if memory ran out */
void tokens_close(struct tokens *tokens); /* NULL is allowed */

/* Did memory run out for a stemmer since this was asked last? Then words stand as they are where they should be stemmed. */
bool tokens_failed(struct tokens *tokens);

enum { TOKEN_MAX = 64 }; /* bytes of a token with its NUL; longer words are cut */

/* Called for every token in the order of the text: the token; the word in small letters before it was stemmed, NULL for East Asian
 * characters; the bytes of the text that it comes from. */
typedef void tokens_visit(void *arg, const char *token, const char *word, size_t start, size_t end);

/* Visits the tokens of a text, each "LANG_" and then
 *   a run of letters and digits of ASCII, in small letters, stemmed as the language has it; accents on Latin letters are taken off;
 *   of a run of East Asian characters, which has no blanks between words, every two neighbours; every single one too, unless it
 *   is a question's (of two or more) that is looked up.
 * lang must be shorter than 12 bytes. */
void tokens_of(struct tokens *tokens, const char *text, const char *lang, bool question, tokens_visit *visit, void *arg);

#endif
