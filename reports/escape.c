#include "reports/escape.h"

#include "expect/utf8.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const struct escape escape_line = {{['\t'] = " ", ['\n'] = " ", ['\r'] = " "}};

/* Characters that are never shown. */
static const struct span {
    uint32_t first, last;
} hidden[] = {
    {0x00, 0x08},     {0x0b, 0x0c},     {0x0e, 0x1f},     /* controls */
    {0x7f, 0x9f},                                         /* DEL and C1 */
    {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}, /* separators, direction */
    {0xfeff, 0xfeff}, {0xfffe, 0xffff},                   /* byte order mark, none */
};

static bool is_hidden(uint32_t character)
{
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        if (character >= hidden[i].first && character <= hidden[i].last)
            return true;
    }
    return false;
}

uint32_t escape_next(const char **text)
{
    uint32_t character;
    *text += utf8_decode(*text, strnlen(*text, 4), &character);
    return is_hidden(character) ? UTF8_REPLACEMENT : character;
}

/* The UTF-8 form of CHARACTER; returns its length. */
static size_t encode(uint32_t character, char bytes[static 4])
{
    static const uint8_t marks[] = {0, 0xc0, 0xe0, 0xf0};
    size_t following = character < 0x80      ? 0
                       : character < 0x800   ? 1
                       : character < 0x10000 ? 2
                                             : 3;
    bytes[0] = (char)(marks[following] | character >> (6 * following));
    for (size_t i = 1; i <= following; i++)
        bytes[i] = (char)(0x80 | (character >> (6 * (following - i)) & 0x3f));
    return following + 1;
}

/* Bytes at the beginning that may be shown as they are: of most texts all. */
static size_t plain_length(const char *text, const struct escape *how)
{
    size_t length = 0;
    while (text[length] >= 0x20 && text[length] < 0x7f && !how->instead[(int)text[length]])
        length++;
    return length;
}

void escape_write(FILE *out, const struct escape *how, const char *text)
{
    while (text && *text) {
        size_t plain = plain_length(text, how);
        fwrite(text, 1, plain, out);
        text += plain;
        if (!*text)
            return;
        uint32_t character = escape_next(&text);
        const char *instead = character < 128 ? how->instead[character] : NULL;
        if (instead) {
            fputs(instead, out);
            continue;
        }
        char bytes[4];
        size_t length = encode(character, bytes);
        fwrite(bytes, 1, length, out);
    }
}

char *escape_clean(const char *text)
{
    static const struct escape nothing;
    if (!text[plain_length(text, &nothing)])
        return strdup(text);
    /* A bad byte grows to the three of U+FFFD, nothing grows more. */
    char *clean = malloc(strlen(text) * 3 + 4);
    if (!clean)
        return NULL;
    char *end = clean;
    while (*text)
        end += encode(escape_next(&text), end);
    *end = '\0';
    return clean;
}

size_t escape_width(const char *text)
{
    size_t width = 0;
    while (*text)
        width += utf8_width(escape_next(&text));
    return width;
}
