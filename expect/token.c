#include "expect/token.h"

#include "expect/utf8.h"

#include <string.h>

static bool is_word_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("_.+-", byte));
}

static enum token_kind punctuation(char byte)
{
    static const struct {
        char byte;
        enum token_kind kind;
    } rows[] = {{',', TOKEN_COMMA},     {'/', TOKEN_SLASH}, {'(', TOKEN_BRACKET},
                {')', TOKEN_UNBRACKET}, {'|', TOKEN_BAR},   {';', TOKEN_SEPARATOR},
                {'\n', TOKEN_SEPARATOR}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].byte == byte)
            return rows[i].kind;
    }
    return TOKEN_OTHER;
}

struct token token_next(const struct text *text, size_t at)
{
    while (at < text->length && (text->bytes[at] == ' ' || text->bytes[at] == '\t'))
        at++;
    struct token token = {.kind = TOKEN_END, .start = at};
    if (at == text->length)
        return token;
    if (is_word_byte(text->bytes[at])) {
        token.kind = TOKEN_WORD;
        while (at + token.length < text->length && is_word_byte(text->bytes[at + token.length]))
            token.length++;
        return token;
    }
    uint32_t code;
    token.kind = punctuation(text->bytes[at]);
    token.length = utf8_decode(text->bytes + at, text->length - at, &code);
    return token;
}

bool token_is(const struct text *text, struct token token, const char *word)
{
    return token.kind == TOKEN_WORD && token.length == strlen(word) &&
           memcmp(text->bytes + token.start, word, token.length) == 0;
}
