/* Text from outside, made safe to show.
 *
 * Names, notes and reasons may hold any bytes. Whatever the format, bytes that are not
 * UTF-8, control characters and characters that XML 1.0 forbids become U+FFFD, and so do
 * the bidirectional overrides, which make a line read as something that it is not. What
 * else must be replaced is the format's own table. This module knows no format. */
#ifndef REPORTS_ESCAPE_H
#define REPORTS_ESCAPE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What a format writes instead of an ASCII character; NULL: the character itself. */
struct escape {
    const char *instead[128];
};

/* One line of text: tab, line feed and carriage return become spaces. */
extern const struct escape escape_line;

/* Takes the next character off *TEXT, which must not be at its end: its code point, or
 * U+FFFD for one that must not be shown. Only tab, line feed and carriage return are left
 * of the control characters. */
uint32_t escape_next(const char **text);

/* Writes TEXT (NULL: nothing) with the replacements of HOW. Errors are the stream's. */
void escape_write(FILE *out, const struct escape *how, const char *text);

/* TEXT as clean UTF-8 that the caller frees; NULL: no memory. */
char *escape_clean(const char *text);

/* How many columns TEXT takes on a terminal, after cleaning. */
size_t escape_width(const char *text);

#endif
