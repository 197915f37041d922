/* The page of a text report: a terminal of some width, with or without colour, or no
 * terminal at all; then lines are as long as they are and nothing but text is written.
 * It wraps, cuts and pads by the columns that characters take, and knows no report. */
#ifndef REPORTS_TEXT_PAGE_H
#define REPORTS_TEXT_PAGE_H

#include "reports/reports.h"
#include "reports/stream.h"

struct page {
    struct stream stream;
    unsigned columns; /* 0: no terminal */
    bool color;
};

enum page_color {
    PAGE_PLAIN,
    PAGE_BOLD,
    PAGE_RED,
    PAGE_YELLOW,
    PAGE_GREEN,
    PAGE_BLUE,
};

/* The colour that stands for a result. */
enum page_color page_result_color(enum result result);

/* TEXT in COLOR, as one line without its end. */
void page_colored(struct page *page, enum page_color color, const char *text);

/* TEXT as a paragraph: wrapped at spaces and, where need be, after commas; its first line
 * is indented by INDENT, the others by two more. What comes before its first colon is in
 * COLOR. */
void page_paragraph(struct page *page, unsigned indent, enum page_color color,
                    const char *text);

/* The same for text that was just allocated; NULL: no memory. */
void page_paragraph_take(struct page *page, unsigned indent, enum page_color color, char *text);

/* TEXT; on a terminal, cut to WIDTH columns with "...". */
void page_text(struct page *page, const char *text, size_t width);

/* The same, padded to WIDTH columns. */
void page_cell(struct page *page, const char *text, size_t width);

/* The columns of a terminal that are left after USED, SIZE_MAX without a terminal. */
size_t page_room(const struct page *page, size_t used);

#endif
