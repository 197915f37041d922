/* The list of hosts, a line each, in columns. */
#include "reports/text/text.h"

#include "reports/draft.h"
#include "reports/phrase.h"
#include "reports/summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_MAX_WIDTH = 40,
    VANTAGE_MAX_WIDTH = 20,
    RESULT_WIDTH = 12, /* "inconclusive" */
    GAP = 2,
    MIN_DETAIL = 8, /* less room is better left empty */
};

/* Widths; 0: no host has anything there. */
struct columns {
    size_t name, address, vantage;
};

/* The address of a host that is called by another name; else "". */
static const char *second_name(const struct host_verdicts *host,
                               char text[static ADDR_TEXT_SIZE])
{
    if (host->address.family == ADDR_NONE)
        return "";
    addr_format(&host->address, text);
    return host->name && strcmp(host->name, text) != 0 ? text : "";
}

static const char *first_name(const struct host_verdicts *host,
                              char text[static ADDR_TEXT_SIZE])
{
    return host->name ? host->name : addr_format(&host->address, text);
}

static void widen(size_t *width, const char *text)
{
    size_t wanted = escape_width(text);
    if (wanted > *width)
        *width = wanted;
}

static struct columns measure(const struct audit *audit)
{
    struct columns columns = {0};
    char text[ADDR_TEXT_SIZE];
    for (size_t i = 0; i < audit->host_count; i++) {
        widen(&columns.name, first_name(&audit->hosts[i], text));
        widen(&columns.address, second_name(&audit->hosts[i], text));
        if (audit->hosts[i].vantage)
            widen(&columns.vantage, audit->hosts[i].vantage);
    }
    if (columns.name > NAME_MAX_WIDTH)
        columns.name = NAME_MAX_WIDTH;
    if (columns.vantage > VANTAGE_MAX_WIDTH)
        columns.vantage = VANTAGE_MAX_WIDTH;
    return columns;
}

/* A list in the making: "1 broken, 2 waived; 443/tcp open, 7 closed". */
struct enumeration {
    struct draft draft;
    const char *joint; /* what comes before the next item */
};

static void enumerate(struct enumeration *list, uint32_t count, const char *what)
{
    if (count > 0) {
        fprintf(list->draft.out, "%s%" PRIu32 " %s", list->joint, count, what);
        list->joint = ", ";
    }
}

/* The open ports by number: they are what people look for. */
static void enumerate_open(struct enumeration *list, const struct host_verdicts *host,
                           enum proto proto)
{
    struct portset open = {0};
    for (size_t i = 0; i < host->count; i++) {
        const struct observation *seen = &host->verdicts[i].seen;
        if (seen->proto == proto && seen->state == PORT_OPEN &&
            portset_add_set(&open, &seen->ports) < 0)
            list->draft.incomplete = true;
    }
    if (open.count > 0) {
        fputs(list->joint, list->draft.out);
        draft_take(&list->draft, phrase_ports(proto, &open, PHRASE_NAME_PORTS));
        fputs(" open", list->draft.out);
        list->joint = ", ";
    }
    portset_free(&open);
}

/* What is behind a host's result, in short; the caller frees it. */
static char *host_detail(const struct host_verdicts *host)
{
    struct enumeration list = {.joint = ""};
    struct host_counts counts;
    if (!draft_open(&list.draft))
        return NULL;
    host_count(host, &counts);
    for (int result = RESULT_BROKEN; result > RESULT_MET; result--)
        enumerate(&list, counts.results[result], result_name((enum result)result));
    list.joint = *list.joint ? "; " : "";
    for (int proto = 0; proto < PROTO_COUNT; proto++)
        enumerate_open(&list, host, (enum proto)proto);
    for (int state = PORT_CLOSED; state < PORT_STATE_COUNT; state++)
        enumerate(&list, counts.states[state], port_state_name((enum port_state)state));
    return draft_close(&list.draft);
}

/* A cell and the gap behind it; returns the columns used. Nothing of width 0. */
static size_t write_column(struct page *page, const char *text, size_t width)
{
    if (width == 0)
        return 0;
    page_cell(page, text, width);
    stream_put(&page->stream, "%*s", GAP, "");
    return width + GAP;
}

static void write_host(struct page *page, const struct audit *audit,
                       const struct host_verdicts *host, const struct columns *columns)
{
    char text[ADDR_TEXT_SIZE];
    struct stream *stream = &page->stream;
    enum result result = host_result(audit, host);
    size_t used = write_column(page, first_name(host, text), columns->name);
    used += write_column(page, second_name(host, text), columns->address);
    used += write_column(page, host->vantage ? host->vantage : "", columns->vantage);
    page_colored(page, page_result_color(result), result_name(result));
    stream_put(stream, "%*s", (int)(RESULT_WIDTH + GAP - strlen(result_name(result))), "");
    used += RESULT_WIDTH + GAP;

    char *detail = host_detail(host);
    if (detail && page_room(page, used) > MIN_DETAIL)
        page_text(page, detail, page_room(page, used));
    stream->out_of_memory |= !detail;
    stream_put(stream, "\n");
    free(detail);
}

void text_hosts(struct page *page, const struct audit *audit)
{
    struct columns columns = measure(audit);
    for (size_t i = 0; i < audit->host_count; i++)
        write_host(page, audit, &audit->hosts[i], &columns);
}
