/* Rule text to tokens: words, punctuation, and the `;` or newline between rules. */
#ifndef EXPECT_TOKEN_H
#define EXPECT_TOKEN_H

#include "expect/source.h"

#include <stdbool.h>

enum token_kind {
    TOKEN_WORD,      /* letters, digits and _ . + - */
    TOKEN_COMMA,     /* , */
    TOKEN_SLASH,     /* / */
    TOKEN_BRACKET,   /* ( */
    TOKEN_UNBRACKET, /* ) */
    TOKEN_BAR,       /* | */
    TOKEN_SEPARATOR, /* ; or a newline */
    TOKEN_OTHER,     /* a character that has no meaning here */
    TOKEN_END,
};

struct token {
    enum token_kind kind;
    size_t start, length; /* in the text */
};

/* The token at or after byte AT of TEXT; blanks are skipped. */
struct token token_next(const struct text *text, size_t at);

bool token_is(const struct text *text, struct token token, const char *word);

#endif
