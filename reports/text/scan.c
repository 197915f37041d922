/* A scan for a person: a table of ports for each host, in the order of ports; what fills
 * whole ranges is folded at its end. */
#include "reports/text/text.h"

#include "reports/phrase.h"
#include "reports/text/alike.h"
#include "reports/why.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A finding that is not open and has more ports than this is one line at the end. */
enum { ROWS_MAX = 16 };

/* Ports of one row, and what was found on them. */
struct row {
    struct port_range range;
    const struct observation *seen;
};

static bool is_folded(const struct observation *seen)
{
    return seen->state != PORT_OPEN && portset_size(&seen->ports) > ROWS_MAX;
}

static int by_port(const void *a, const void *b)
{
    const struct row *one = a, *other = b;
    if (one->seen->proto != other->seen->proto)
        return one->seen->proto < other->seen->proto ? -1 : 1;
    return (one->range.first > other->range.first) - (one->range.first < other->range.first);
}

/* The rows of a table, sorted; *COUNT of them. The caller frees them; NULL: no memory. */
static struct row *make_rows(const struct case_list *list, size_t *count)
{
    size_t room = 1;
    for (size_t i = 0; i < list->count; i++) {
        for (size_t k = 0; k < list->items[i].finding_count; k++)
            room += list->items[i].findings[k].seen.ports.count;
    }
    struct row *rows = calloc(room, sizeof *rows);
    *count = 0;
    for (size_t i = 0; rows && i < list->count; i++) {
        for (size_t k = 0; k < list->items[i].finding_count; k++) {
            const struct observation *seen = &list->items[i].findings[k].seen;
            for (size_t r = 0; !is_folded(seen) && r < seen->ports.count; r++)
                rows[(*count)++] = (struct row){seen->ports.ranges[r], seen};
        }
    }
    if (rows && *count > 0)
        qsort(rows, *count, sizeof *rows, by_port);
    return rows;
}

static const char row_format[] = "  %-15s  %-8s  %-18s  %s";

enum { ORIGIN_TEXT_SIZE = ADDR_TEXT_SIZE + FORWARDING_TEXT_SIZE + 32 };

/* "upstream, 198.51.100.254; arrived as 10.0.0.5:8443". */
static void describe_origin(const struct observation *seen, char text[static ORIGIN_TEXT_SIZE])
{
    char by[ADDR_TEXT_SIZE], place[FORWARDING_TEXT_SIZE];
    bool nobody = seen->by.family == ADDR_NONE && seen->origin == ORIGIN_UNKNOWN;
    bool names_sender = seen->by.family != ADDR_NONE && seen->origin == ORIGIN_UPSTREAM;
    forwarding_format(&seen->forwarded, place);
    snprintf(text, ORIGIN_TEXT_SIZE, "%s%s%s%s%s", nobody ? "-" : origin_name(seen->origin),
             names_sender ? ", " : "", names_sender ? addr_format(&seen->by, by) : "",
             *place ? "; arrived as " : "", place);
}

static void write_row(struct page *page, const struct row *row)
{
    char ports[32], origin[ORIGIN_TEXT_SIZE], line[ORIGIN_TEXT_SIZE + 80];
    const struct observation *seen = row->seen;
    if (row->range.first == row->range.last)
        snprintf(ports, sizeof ports, "%u/%s", row->range.first, proto_name(seen->proto));
    else
        snprintf(ports, sizeof ports, "%u-%u/%s", row->range.first, row->range.last,
                 proto_name(seen->proto));
    describe_origin(seen, origin);
    snprintf(line, sizeof line, row_format, ports, port_state_name(seen->state),
             reason_name(seen->reason), origin);
    page_colored(page, seen->state == PORT_OPEN ? PAGE_GREEN : PAGE_PLAIN, line);
    stream_put(&page->stream, "\n");
}

static void write_table(struct page *page, const struct case_list *list)
{
    size_t count;
    struct row *rows = make_rows(list, &count);
    if (!rows) {
        page->stream.out_of_memory = true;
        return;
    }
    if (count > 0) {
        char line[160];
        snprintf(line, sizeof line, row_format, "PORT", "STATE", "REASON", "ORIGIN");
        page_colored(page, PAGE_BOLD, line);
        stream_put(&page->stream, "\n");
    }
    for (size_t i = 0; i < count; i++)
        write_row(page, &rows[i]);
    free(rows);
}

/* "65532/tcp dropped, no-response: 1-79,81-442,..." */
static char *folded_line(const struct observation *seen, size_t room)
{
    char *line = NULL, head[96];
    int length = snprintf(
        head, sizeof head, "%" PRIu32 " %s %s, %s: ", portset_size(&seen->ports),
        proto_name(seen->proto), port_state_name(seen->state), reason_name(seen->reason));
    size_t used = (size_t)length + strlen("... (65536 ports)");
    char *ports = phrase_port_list(&seen->ports, room > used ? room - used : 0);
    if (ports && asprintf(&line, "%s%s", head, ports) < 0)
        line = NULL;
    free(ports);
    return line;
}

/* What is undecided is explained once for the host. */
static void write_folded(struct page *page, const struct observation *seen)
{
    char why[WHY_TEXT_SIZE];
    page_paragraph_take(page, 2, PAGE_PLAIN, folded_line(seen, page_room(page, 2)));
    if (seen->state != PORT_UNKNOWN)
        return;
    page_paragraph(page, 4, PAGE_PLAIN, why_sentence(seen, why));
    if (why_remedy(seen))
        page_paragraph(page, 4, PAGE_PLAIN, why_remedy(seen));
}

/* ", up, 14.1 ms away"; of several hosts, the nearest and the farthest. */
static void write_distance(struct stream *stream, const struct host_verdicts *hosts,
                           size_t count)
{
    double least = hosts->rtt_ms, most = hosts->rtt_ms;
    for (size_t i = 1; i < count; i++) {
        least = hosts[i].rtt_ms < least ? hosts[i].rtt_ms : least;
        most = hosts[i].rtt_ms > most ? hosts[i].rtt_ms : most;
    }
    stream_put(stream, hosts->alive ? ", up" : "");
    if (!hosts->alive || least <= 0)
        return;
    stream_put(stream, ", %.*f", least < 1 ? 2 : 1, least);
    if (count > 1)
        stream_put(stream, " to %.*f", most < 1 ? 2 : 1, most);
    stream_put(stream, " ms away");
}

static void write_heading(struct page *page, const struct host_verdicts *hosts, size_t count)
{
    struct stream *stream = &page->stream;
    char *name = phrase_host(hosts), last[ADDR_TEXT_SIZE];
    if (name)
        page_colored(page, PAGE_BOLD, name);
    stream->out_of_memory |= !name;
    if (count > 1)
        stream_put(stream, " to %s, %zu hosts alike",
                   addr_format(&hosts[count - 1].address, last), count);
    write_distance(stream, hosts, count);
    stream_put(stream, "\n");
    if (hosts->problem)
        page_paragraph(page, 2, PAGE_YELLOW, hosts->problem);
    free(name);
}

static void write_hosts(struct page *page, const struct host_verdicts *hosts, size_t count)
{
    struct case_list list;
    write_heading(page, hosts, count);
    if (case_list_fill(&list, hosts) < 0) {
        page->stream.out_of_memory = true;
        return;
    }
    write_table(page, &list);
    for (size_t i = 0; i < list.count; i++) {
        for (size_t k = 0; k < list.items[i].finding_count; k++) {
            const struct observation *seen = &list.items[i].findings[k].seen;
            if (is_folded(seen))
                write_folded(page, seen);
        }
    }
    stream_put(&page->stream, "\n");
    case_list_free(&list);
}

void text_scan(struct page *page, const struct audit *audit)
{
    for (size_t i = 0, count; i < audit->host_count; i += count) {
        count = alike_count(audit, i);
        write_hosts(page, &audit->hosts[i], count);
    }
}
