#include "expect/utf8.h"

#include <stdbool.h>
#include <string.h>

/* Length and smallest code point of a sequence, by its first byte. */
static const struct lead {
    uint8_t mask, bits, length;
    uint32_t least;
} leads[] = {
    {0x80, 0x00, 1, 0},
    {0xE0, 0xC0, 2, 0x80},
    {0xF0, 0xE0, 3, 0x800},
    {0xF8, 0xF0, 4, 0x10000},
};

static const struct lead *find_lead(uint8_t byte)
{
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
        if ((byte & leads[i].mask) == leads[i].bits)
            return &leads[i];
    }
    return NULL;
}

static bool is_scalar_value(uint32_t code)
{
    return code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

size_t utf8_decode(const char *bytes, size_t length, uint32_t *code)
{
    const struct lead *lead = find_lead((uint8_t)bytes[0]);
    if (lead == &leads[0]) {
        *code = (uint8_t)bytes[0];
        return 1;
    }
    *code = UTF8_REPLACEMENT;
    if (!lead || lead->length > length)
        return 1;
    uint32_t value = (uint8_t)bytes[0] & (uint8_t)~lead->mask;
    for (size_t i = 1; i < lead->length; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        if ((byte & 0xC0) != 0x80)
            return 1;
        value = value << 6 | (byte & 0x3F);
    }
    if (value < lead->least || !is_scalar_value(value))
        return 1;
    *code = value;
    return lead->length;
}

static bool is_continuation(char byte)
{
    return ((uint8_t)byte & 0xC0) == 0x80;
}

size_t utf8_step_back(const char *bytes, size_t at)
{
    uint32_t code;
    for (size_t length = 1; length <= 4 && length <= at; length++) {
        if (!is_continuation(bytes[at - length]))
            return utf8_decode(bytes + at - length, length, &code) == length ? length : 1;
    }
    return 1;
}

size_t utf8_count(const char *bytes, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += !is_continuation(bytes[i]);
    return count;
}

struct code_range {
    uint32_t first, last;
};

static const struct code_range combining[] = {
    {0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},   {0x64B, 0x65F},
    {0x200B, 0x200F}, {0x20D0, 0x20F0}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};

static const struct code_range wide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF}, {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
    {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};

static bool is_in(const struct code_range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    }
    return false;
}

unsigned utf8_width(uint32_t code)
{
    if (is_in(combining, sizeof combining / sizeof combining[0], code))
        return 0;
    return is_in(wide, sizeof wide / sizeof wide[0], code) ? 2 : 1;
}

/* Tabs stay (a caret's line repeats them). Other control characters could steer the
 * reader's terminal, marks of direction and byte order would show a line that it is not. */
static bool is_harmless(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } harmful[] = {{0x00, 0x08},     {0x0A, 0x1F},     {0x7F, 0x9F},    {0x200E, 0x200F},
                   {0x2028, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF}};
    for (size_t i = 0; i < sizeof harmful / sizeof harmful[0]; i++) {
        if (code >= harmful[i].first && code <= harmful[i].last)
            return false;
    }
    return true;
}

void utf8_put_safely(FILE *out, const char *text)
{
    size_t length = strlen(text);
    uint32_t code;
    for (size_t at = 0, used; at < length; at += used) {
        used = utf8_decode(text + at, length - at, &code);
        if (code == UTF8_REPLACEMENT || !is_harmless(code))
            fputs("\xEF\xBF\xBD", out);
        else
            fwrite(text + at, 1, used, out);
    }
}
