/* Text from outside as code points: decoding that never fails, and how wide a character
 * stands on a terminal. It knows no locale: the answers are the same everywhere. */
#ifndef EXPECT_UTF8_H
#define EXPECT_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { UTF8_REPLACEMENT = 0xFFFD };

/* Decodes the character at the start of BYTES (LENGTH at least 1) and returns how many
 * bytes it takes. A byte that starts no valid character (RFC 3629) counts as one
 * replacement character. */
size_t utf8_decode(const char *bytes, size_t length, uint32_t *code);

/* How many bytes the character before byte AT (at least 1) takes; an invalid byte is a
 * character of its own. */
size_t utf8_step_back(const char *bytes, size_t at);

/* How many characters the LENGTH bytes hold. Where they are not UTF-8, stray continuation
 * bytes are not counted. */
size_t utf8_count(const char *bytes, size_t length);

/* Terminal columns of a printable character: 0 (combining), 1, or 2 (East Asian wide,
 * Unicode TR 11). */
unsigned utf8_width(uint32_t code);

/* Writes TEXT with U+FFFD for what is not UTF-8 and for characters that could steer a
 * terminal or show a line that it is not (control characters but the tab, marks of
 * direction and byte order). Errors are the stream's. */
void utf8_put_safely(FILE *out, const char *text);

#endif
