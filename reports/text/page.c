#include "reports/text/page.h"

#include "expect/utf8.h"
#include "reports/draft.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *const color_codes[] = {
    [PAGE_PLAIN] = "",         [PAGE_BOLD] = "\033[1m",
    [PAGE_RED] = "\033[1;31m", [PAGE_YELLOW] = "\033[1;33m",
    [PAGE_GREEN] = "\033[32m", [PAGE_BLUE] = "\033[34m",
};

static const char color_end[] = "\033[0m";

/* Narrower than this, lines run over rather than become a column of letters. */
enum { MIN_ROOM = 20 };

enum page_color page_result_color(enum result result)
{
    static const enum page_color colors[RESULT_COUNT] = {
        [RESULT_SCANNED] = PAGE_BOLD, [RESULT_MET] = PAGE_GREEN,
        [RESULT_WAIVED] = PAGE_BLUE,  [RESULT_INCONCLUSIVE] = PAGE_YELLOW,
        [RESULT_BROKEN] = PAGE_RED,
    };
    return colors[result];
}

void page_colored(struct page *page, enum page_color color, const char *text)
{
    bool colored = page->color && color != PAGE_PLAIN;
    if (colored)
        stream_put(&page->stream, "%s", color_codes[color]);
    stream_text(&page->stream, text);
    if (colored)
        stream_put(&page->stream, "%s", color_end);
}

static size_t width_of(const char *text, size_t length)
{
    size_t width = 0;
    uint32_t character;
    for (size_t at = 0; at < length; width += utf8_width(character))
        at += utf8_decode(text + at, length - at, &character);
    return width;
}

/* How many bytes of LINE, which is clean, go into ROOM columns: all, or up to a space or
 * behind a comma, or, when there is neither, as many as fit. */
static size_t line_length(const char *line, size_t room)
{
    size_t at = 0, width = 0, end = strlen(line), space = 0, comma = 0;
    while (at < end) {
        uint32_t character;
        size_t length = utf8_decode(line + at, end - at, &character);
        width += utf8_width(character);
        if (character == ' ')
            space = at;
        if (width > room)
            break;
        at += length;
        if (character == ',')
            comma = at;
    }
    if (at == end)
        return end;
    /* A long list of ports is broken at a comma rather than pushed down whole. */
    if (space > 0 && (comma < space || width_of(line, space) * 2 > room))
        return space;
    if (comma > 0)
        return comma;
    return at > 0 ? at : 1;
}

/* The LENGTH bytes of a line, the first COLORED of them in COLOR. */
static void write_line(struct page *page, enum page_color color, const char *line,
                       size_t length, size_t colored)
{
    FILE *out = page->stream.out;
    if (colored > length)
        colored = length;
    bool shown = page->color && color != PAGE_PLAIN && colored > 0;
    fprintf(out, "%s%.*s%s%.*s\n", shown ? color_codes[color] : "", (int)colored, line,
            shown ? color_end : "", (int)(length - colored), line + colored);
}

/* TEXT as one clean line that the caller frees; NULL: no memory. */
static char *clean_line(const char *text)
{
    struct draft draft;
    if (!draft_open(&draft))
        return NULL;
    escape_write(draft.out, &escape_line, text);
    return draft_close(&draft);
}

void page_paragraph(struct page *page, unsigned indent, enum page_color color, const char *text)
{
    char *clean = clean_line(text);
    if (!clean) {
        page->stream.out_of_memory = true;
        return;
    }
    const char *lead_end = clean + strcspn(clean, ":"), *line = clean;
    for (unsigned margin = indent; *line; margin = indent + 2) {
        size_t room = page_room(page, margin);
        size_t length = line_length(line, room > MIN_ROOM ? room : MIN_ROOM);
        stream_put(&page->stream, "%*s", (int)margin, "");
        write_line(page, color, line, length, line < lead_end ? (size_t)(lead_end - line) : 0);
        line += length;
        line += strspn(line, " ");
    }
    free(clean);
}

void page_paragraph_take(struct page *page, unsigned indent, enum page_color color, char *text)
{
    if (text)
        page_paragraph(page, indent, color, text);
    else
        page->stream.out_of_memory = true;
    free(text);
}

/* How many bytes of TEXT go into ROOM columns. */
static size_t fitting_length(const char *text, size_t room)
{
    const char *end = text;
    size_t used = 0;
    while (*end) {
        const char *next = end;
        used += utf8_width(escape_next(&next));
        if (used > room)
            break;
        end = next;
    }
    return (size_t)(end - text);
}

void page_text(struct page *page, const char *text, size_t width)
{
    if (page->columns == 0 || escape_width(text) <= width) {
        stream_text(&page->stream, text);
        return;
    }
    size_t mark = strlen("...");
    size_t length = fitting_length(text, width > mark ? width - mark : 0);
    stream_take(&page->stream, strndup(text, length));
    stream_put(&page->stream, "...");
}

void page_cell(struct page *page, const char *text, size_t width)
{
    page_text(page, text, width);
    size_t used = escape_width(text);
    if (used < width)
        stream_put(&page->stream, "%*s", (int)(width - used), "");
}

size_t page_room(const struct page *page, size_t used)
{
    if (page->columns == 0)
        return SIZE_MAX;
    return page->columns > used ? page->columns - used : 0;
}
