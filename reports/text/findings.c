/* What was found, host by host. */
#include "reports/text/text.h"

#include "reports/phrase.h"
#include "reports/runs.h"
#include "reports/why.h"

/* What is being written. */
struct section {
    struct page *page;
    const char *heading; /* NULL once it has been written */
};

/* Writes a finding, and what to do about the one before when that is another thing. */
static void write_finding(struct page *page, const struct verdict *finding, enum result result,
                          const char **advice)
{
    const char *next = result == RESULT_INCONCLUSIVE ? why_remedy(&finding->seen) : NULL;
    if (*advice && *advice != next)
        page_paragraph(page, 6, PAGE_PLAIN, *advice);
    *advice = next;
    page_paragraph_take(page, 4, page_result_color(result), phrase_message(finding));
}

static void write_run(void *context, const struct host_run *run)
{
    struct section *section = context;
    struct page *page = section->page;
    if (section->heading) {
        page_colored(page, PAGE_BOLD, section->heading);
        stream_put(&page->stream, "\n");
        section->heading = NULL;
    }
    page_paragraph_take(page, 2, PAGE_PLAIN, run_hosts(run));
    if (run_problem(run))
        page_paragraph(page, 4, PAGE_PLAIN, run_problem(run));
    const char *advice = NULL;
    for (size_t i = 0; i < run->cases->count; i++) {
        const struct report_case *item = &run->cases->items[i];
        for (size_t k = 0; item->result == run->result && k < item->finding_count; k++)
            write_finding(page, &item->findings[k], run->result, &advice);
    }
    if (advice)
        page_paragraph(page, 6, PAGE_PLAIN, advice);
}

bool text_findings(struct page *page, const struct audit *audit, enum result result,
                   const char *heading)
{
    struct section section = {page, heading};
    if (run_each(audit, result, write_run, &section) < 0)
        page->stream.out_of_memory = true;
    if (!section.heading)
        stream_put(&page->stream, "\n");
    return !section.heading;
}
