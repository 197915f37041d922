/* What was found, host by host. Neighbours of which the same is to be said are named
 * together, so that a mistake on a whole fleet is read once. */
#include "reports/text/text.h"

#include "reports/phrase.h"
#include "reports/why.h"

#include <stdlib.h>
#include <string.h>

/* Hosts named one by one over what is said of all of them; the others are counted. */
enum { HOSTS_NAMED = 5 };

/* Hosts, one after the other, of which the same is to be said. */
struct run {
    char *said; /* NULL: no run has begun */
    size_t named[HOSTS_NAMED + 1], count;
};

/* What is being written. */
struct section {
    struct page *page;
    const struct audit *audit;
    enum result result;
    const char *heading; /* NULL once it has been written */
};

static bool says_problem(const struct host_verdicts *host, enum result result)
{
    return host->problem && result == RESULT_INCONCLUSIVE;
}

/* Every message on HOST, for comparing; "" when there is none. The caller frees it. */
static char *everything_said(const struct host_verdicts *host, const struct case_list *list,
                             enum result result)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    if (says_problem(host, result))
        fprintf(out, "%s\n", host->problem);
    bool complete = true;
    for (size_t i = 0; i < list->count; i++) {
        const struct report_case *item = &list->items[i];
        for (size_t k = 0; item->result == result && k < item->finding_count; k++) {
            char *message = phrase_message(&item->findings[k]);
            fprintf(out, "%s\n", message ? message : "");
            complete = complete && message;
            free(message);
        }
    }
    if (fclose(out) == 0 && complete)
        return text;
    free(text);
    return NULL;
}

/* Writes a finding, and what to do about the one before when that is another thing. */
static void write_finding(struct section *section, const struct verdict *finding,
                          const char **advice)
{
    struct page *page = section->page;
    bool undecided = section->result == RESULT_INCONCLUSIVE;
    const char *next = undecided ? why_remedy(&finding->seen) : NULL;
    if (*advice && *advice != next)
        page_paragraph(page, 6, PAGE_PLAIN, *advice);
    *advice = next;
    page_paragraph_take(page, 4, page_result_color(section->result), phrase_message(finding));
}

static void write_findings(struct section *section, const struct host_verdicts *host)
{
    struct page *page = section->page;
    struct case_list list;
    if (case_list_fill(&list, host) < 0) {
        page->stream.out_of_memory = true;
        return;
    }
    if (says_problem(host, section->result))
        page_paragraph(page, 4, PAGE_PLAIN, host->problem);
    const char *advice = NULL;
    for (size_t i = 0; i < list.count; i++) {
        const struct report_case *item = &list.items[i];
        for (size_t k = 0; item->result == section->result && k < item->finding_count; k++)
            write_finding(section, &item->findings[k], &advice);
    }
    if (advice)
        page_paragraph(page, 6, PAGE_PLAIN, advice);
    case_list_free(&list);
}

static void write_host_names(struct section *section, const struct run *run)
{
    struct page *page = section->page;
    char *text = NULL;
    size_t length, named = run->count > HOSTS_NAMED + 1 ? HOSTS_NAMED : run->count;
    FILE *out = open_memstream(&text, &length);
    for (size_t i = 0; out && i < named; i++) {
        struct stream names = {.out = out, .escape = &escape_line};
        stream_put(&names, "%s", i ? ", " : "");
        stream_take(&names, phrase_host(&section->audit->hosts[run->named[i]]));
        page->stream.out_of_memory |= names.out_of_memory;
    }
    if (out && named < run->count)
        fprintf(out, " and %zu more hosts", run->count - named);
    if (!out || fclose(out) != 0) {
        free(text);
        text = NULL;
    }
    page_paragraph_take(page, 2, PAGE_PLAIN, text);
}

static void write_run(struct section *section, struct run *run)
{
    if (!run->said)
        return;
    if (section->heading) {
        page_colored(section->page, PAGE_BOLD, section->heading);
        stream_put(&section->page->stream, "\n");
        section->heading = NULL;
    }
    write_host_names(section, run);
    write_findings(section, &section->audit->hosts[run->named[0]]);
    free(run->said);
    *run = (struct run){0};
}

/* Adds the host to RUN, or writes that and begins another. Takes SAID. */
static void extend_run(struct section *section, struct run *run, char *said, size_t host)
{
    if (*said == '\0') {
        free(said);
        return;
    }
    if (run->said && strcmp(run->said, said) == 0) {
        free(said);
    } else {
        write_run(section, run);
        run->said = said;
    }
    if (run->count <= HOSTS_NAMED)
        run->named[run->count] = host;
    run->count++;
}

bool text_findings(struct page *page, const struct audit *audit, enum result result,
                   const char *heading)
{
    struct section section = {page, audit, result, heading};
    struct run run = {0};
    for (size_t i = 0; i < audit->host_count; i++) {
        struct case_list list;
        char *said = NULL;
        if (case_list_fill(&list, &audit->hosts[i]) == 0)
            said = everything_said(&audit->hosts[i], &list, result);
        case_list_free(&list);
        if (said)
            extend_run(&section, &run, said, i);
        else
            page->stream.out_of_memory = true;
    }
    write_run(&section, &run);
    if (!section.heading)
        stream_put(&page->stream, "\n");
    return !section.heading;
}
