/* The report for a person at a terminal: what broke first, and why; then what could not be
 * decided, and what to do; then a line a host; the sum last, where the eye is. */
#include "reports/text/text.h"

#include "reports/summary.h"
#include "reports/writers.h"

#include <stdio.h>

static void write_checked(struct page *page, const struct audit *audit, bool verbose)
{
    bool any = text_findings(page, audit, RESULT_BROKEN, "Broken");
    any |= text_findings(page, audit, RESULT_INCONCLUSIVE, "Undecided");
    any |= text_findings(page, audit, RESULT_WAIVED, "Waived");
    if (verbose)
        any |= text_findings(page, audit, RESULT_MET, "Met");
    text_hosts(page, audit);
    if (any)
        stream_put(&page->stream, "\n");
}

static void write_warnings(struct page *page, const struct audit *audit)
{
    for (size_t i = 0; i < audit->warning_count; i++) {
        char *line;
        if (asprintf(&line, "warning: %s", audit->warnings[i]) < 0)
            line = NULL;
        page_paragraph_take(page, 0, PAGE_YELLOW, line);
    }
}

int text_write(const struct audit *audit, const struct report_style *style, FILE *out,
               struct error *error)
{
    struct page page = {
        .stream = {.out = out, .escape = &escape_line},
        .columns = style->columns,
        .color = style->color,
    };
    if (audit->result == RESULT_SCANNED)
        text_scan(&page, audit);
    else
        write_checked(&page, audit, style->verbose);
    write_warnings(&page, audit);
    page_paragraph_take(&page, 0, page_result_color(audit->result), summary_line(audit));
    return stream_finish(&page.stream, error);
}
