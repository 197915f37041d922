#include "expect/complaints.h"

#include "expect/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a longer line the part around the column is kept, in characters. */
enum { LINE_KEPT_MAX = 160, LINE_KEPT_BEFORE = 120 };

static void complaint_release(struct complaint *complaint)
{
    free(complaint->file);
    free(complaint->text);
    free(complaint->source_line);
    free(complaint->hint);
}

void complaints_free(struct complaints *complaints)
{
    for (size_t i = 0; i < complaints->count; i++)
        complaint_release(&complaints->items[i]);
    free(complaints->items);
    *complaints = (struct complaints){0};
}

bool complaints_any_error(const struct complaints *complaints)
{
    return complaints->errors > 0 || complaints->out_of_memory;
}

bool complaints_spare_files(const struct complaints *complaints)
{
    size_t own = 0;
    for (size_t i = 0; i < complaints->count; i++) {
        const struct complaint *complaint = &complaints->items[i];
        own += !complaint->warning && strcmp(complaint->file, COMMAND_LINE) == 0;
    }
    return own > 0 && own == complaints->errors;
}

static struct complaint *make_room(struct complaints *complaints)
{
    if (complaints->count == complaints->capacity) {
        size_t wanted = complaints->capacity ? complaints->capacity * 2 : 8;
        struct complaint *items = reallocarray(complaints->items, wanted, sizeof *items);
        if (!items)
            return NULL;
        complaints->items = items;
        complaints->capacity = wanted;
    }
    return &complaints->items[complaints->count];
}

/* Of a long line the part around the column; *CARET is where the column is in it. */
static char *copy_line(const struct complaint_place *place, unsigned *caret)
{
    const char *text = place->line_text;
    size_t first = place->column_offset, end = first;
    uint32_t code;
    *caret = 1;
    while (first > 0 && *caret < LINE_KEPT_BEFORE) {
        first -= utf8_step_back(text, first);
        ++*caret;
    }
    for (unsigned i = *caret; end < place->line_length && i <= LINE_KEPT_MAX; i++)
        end += utf8_decode(text + end, place->line_length - end, &code);
    return strndup(text + first, end - first);
}

static bool fill(struct complaint *complaint, const struct complaint_place *place,
                 const char *format, va_list arguments) __attribute__((format(printf, 3, 0)));

static bool fill(struct complaint *complaint, const struct complaint_place *place,
                 const char *format, va_list arguments)
{
    complaint->line = place->line;
    complaint->column = place->column;
    complaint->file = strdup(place->file);
    if (vasprintf(&complaint->text, format, arguments) < 0)
        complaint->text = NULL;
    if (place->line_text && place->line > 0)
        complaint->source_line = copy_line(place, &complaint->caret);
    return complaint->file && complaint->text &&
           (complaint->source_line || !place->line_text || place->line == 0);
}

struct complaint *complaints_vadd(struct complaints *complaints, bool warning,
                                  const struct complaint_place *place, const char *format,
                                  va_list arguments)
{
    if (!warning)
        complaints->errors++;
    if (complaints->count >= COMPLAINTS_KEPT_MAX)
        return NULL;
    struct complaint *complaint = make_room(complaints);
    if (!complaint) {
        complaints->out_of_memory = true;
        return NULL;
    }
    *complaint = (struct complaint){.warning = warning};
    if (!fill(complaint, place, format, arguments)) {
        complaint_release(complaint);
        complaints->out_of_memory = true;
        return NULL;
    }
    complaints->count++;
    return complaint;
}

struct complaint *complaints_add(struct complaints *complaints, bool warning,
                                 const struct complaint_place *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct complaint *complaint =
        complaints_vadd(complaints, warning, place, format, arguments);
    va_end(arguments);
    return complaint;
}

void complaint_set_hint(struct complaints *complaints, struct complaint *complaint,
                        const char *format, ...)
{
    if (!complaint)
        return;
    free(complaint->hint);
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&complaint->hint, format, arguments) < 0) {
        complaint->hint = NULL;
        complaints->out_of_memory = true;
    }
    va_end(arguments);
}

static void put_caret(FILE *out, const char *line, unsigned caret)
{
    size_t length = strlen(line);
    uint32_t code;
    size_t at = 0;
    for (unsigned i = 1; i < caret; i++) {
        code = ' ';
        if (at < length)
            at += utf8_decode(line + at, length - at, &code);
        if (code == '\t')
            fputc('\t', out);
        else
            fprintf(out, "%*s", (int)utf8_width(code), "");
    }
    fputs("^\n", out);
}

static void put_complaint(FILE *out, const struct complaint *complaint)
{
    utf8_put_safely(out, complaint->file);
    if (complaint->line > 0)
        fprintf(out, ":%u:%u", complaint->line, complaint->column);
    fprintf(out, ": %s: ", complaint->warning ? "warning" : "error");
    utf8_put_safely(out, complaint->text);
    fputc('\n', out);
    if (complaint->source_line) {
        fputs("  ", out);
        utf8_put_safely(out, complaint->source_line);
        fputs("\n  ", out);
        put_caret(out, complaint->source_line, complaint->caret);
    }
    if (complaint->hint) {
        fputs("  ", out);
        utf8_put_safely(out, complaint->hint);
        fputc('\n', out);
    }
}

char *complaint_format(const struct complaint *complaint)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    put_complaint(out, complaint);
    bool failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}
