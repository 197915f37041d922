#include "expect/source.h"

#include "expect/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the line break at TEXT[AT], 0 when there is none. */
static size_t break_length(const char *text, size_t length, size_t at)
{
    static const struct {
        const char *bytes;
        size_t length;
    } breaks[] = {{"\r\n", 2},     {"\n", 1},           {"\r", 1},
                  {"\xC2\x85", 2}, {"\xE2\x80\xA8", 3}, {"\xE2\x80\xA9", 3}};
    if (!strchr("\n\r\xC2\xE2", text[at]))
        return 0;
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        if (length - at >= breaks[i].length &&
            memcmp(text + at, breaks[i].bytes, breaks[i].length) == 0)
            return breaks[i].length;
    }
    return 0;
}

/* Counts the lines, and writes their starts when LINES is not NULL. */
static size_t scan_lines(const char *text, size_t length, uint32_t *lines)
{
    size_t count = 1;
    if (lines)
        lines[0] = 0;
    for (size_t at = 0, used; at < length; at += used) {
        used = break_length(text, length, at);
        if (used == 0) {
            used = 1;
            continue;
        }
        if (lines)
            lines[count] = (uint32_t)(at + used);
        count++;
    }
    return count;
}

struct source *source_new(struct arena *arena, const char *name, const char *text,
                          size_t length)
{
    struct source *source = arena_alloc(arena, sizeof *source);
    size_t line_count = scan_lines(text, length, NULL);
    uint32_t *lines = arena_array(arena, line_count, sizeof *lines);
    char *name_copy = arena_copy(arena, name, strlen(name));
    char *text_copy = arena_copy(arena, text, length);
    if (!source || !lines || !name_copy || !text_copy)
        return NULL;
    scan_lines(text, length, lines);
    *source = (struct source){name_copy, text_copy, length, lines, line_count};
    return source;
}

/* Index of the line that holds OFFSET. */
static size_t find_line(const struct source *source, size_t offset)
{
    size_t low = 0, high = source->line_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (source->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Where the line ends, without its break. */
static size_t line_end(const struct source *source, size_t line)
{
    if (line + 1 == source->line_count)
        return source->length;
    size_t start = source->lines[line], end = source->lines[line + 1];
    for (size_t length = 3; length > 0; length--) {
        if (end - start >= length &&
            break_length(source->text, source->length, end - length) == length)
            return end - length;
    }
    return end;
}

unsigned place_line(struct place place)
{
    if (place.source->line_count == 0)
        return 0;
    return (unsigned)find_line(place.source, place.offset) + 1;
}

struct complaint_place place_describe(struct place place)
{
    const struct source *source = place.source;
    struct complaint_place described = {.file = source->name};
    if (source->line_count == 0)
        return described;
    size_t line = find_line(source, place.offset);
    size_t start = source->lines[line], end = line_end(source, line);
    described.line = (unsigned)line + 1;
    described.column = (unsigned)utf8_count(source->text + start, place.offset - start) + 1;
    described.line_text = source->text + start;
    described.line_length = end - start;
    described.column_offset = place.offset - start;
    return described;
}

/* Spares the work for those of a million complaints that nobody will see. */
static struct complaint_place describe_if_kept(const struct complaints *complaints,
                                               struct place place)
{
    if (complaints->count < COMPLAINTS_KEPT_MAX)
        return place_describe(place);
    return (struct complaint_place){.file = place.source->name};
}

struct complaint *complain(struct complaints *complaints, struct place place,
                           const char *format, ...)
{
    struct complaint_place described = describe_if_kept(complaints, place);
    va_list arguments;
    va_start(arguments, format);
    struct complaint *complaint =
        complaints_vadd(complaints, false, &described, format, arguments);
    va_end(arguments);
    return complaint;
}

struct complaint *warn(struct complaints *complaints, struct place place, const char *format,
                       ...)
{
    struct complaint_place described = describe_if_kept(complaints, place);
    va_list arguments;
    va_start(arguments, format);
    struct complaint *complaint =
        complaints_vadd(complaints, true, &described, format, arguments);
    va_end(arguments);
    return complaint;
}

void complaint_point_to(struct complaints *complaints, struct complaint *complaint,
                        const char *what, struct place place)
{
    struct complaint_place described = place_describe(place);
    if (described.line == 0)
        complaint_set_hint(complaints, complaint, "%s: %s", what, described.file);
    else
        complaint_set_hint(complaints, complaint, "%s: %s:%u:%u", what, described.file,
                           described.line, described.column);
}

struct place text_place(const struct text *text, size_t index)
{
    return (struct place){text->source, text->at[index]};
}

bool text_from_source(struct text *text, struct arena *arena, const struct source *source,
                      size_t offset, size_t length)
{
    char *bytes = arena_copy(arena, source->text + offset, length);
    uint32_t *at = arena_array(arena, length + 1, sizeof *at);
    if (!bytes || !at)
        return false;
    for (size_t i = 0; i <= length; i++)
        at[i] = (uint32_t)(offset + i);
    *text = (struct text){source, bytes, length, at};
    return true;
}

bool text_of_string(struct text *text, struct arena *arena, const struct source *source,
                    const char *string)
{
    size_t length = strlen(string);
    char *bytes = arena_copy(arena, string, length);
    uint32_t *at = arena_array(arena, length + 1, sizeof *at);
    if (!bytes || !at)
        return false;
    *text = (struct text){source, bytes, length, at};
    return true;
}
