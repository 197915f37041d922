/* Markdown for a step summary or a merge request: the result, what broke and why, what is
 * undecided, then the hosts. Texts are escaped so that they stay text. */
#include "reports/cases.h"
#include "reports/phrase.h"
#include "reports/stream.h"
#include "reports/summary.h"
#include "reports/why.h"
#include "reports/writers.h"

#include <inttypes.h>
#include <string.h>

/* Step summaries end at 1 MiB: longer lists are counted, not shown. */
enum { ROWS_MAX = 500, HOSTS_MAX = 200 };

/* Every mark of CommonMark and GitHub's tables; @ and # would name people and issues. */
static const struct escape text_escape = {{
    ['\t'] = " ",  ['\n'] = " ",   ['\r'] = " ",   ['\\'] = "\\\\", ['`'] = "\\`",
    ['*'] = "\\*", ['_'] = "\\_",  ['{'] = "\\{",  ['}'] = "\\}",   ['['] = "\\[",
    [']'] = "\\]", ['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['#'] = "&#35;",
    ['|'] = "\\|", ['~'] = "\\~",  ['!'] = "\\!",  ['@'] = "&#64;", ['$'] = "\\$",
}};

/* A table of the findings with one result. */
struct table {
    struct stream *markdown;
    enum result result;
    const char *heading;
    size_t rows;
};

static const char *shown(enum result result)
{
    static const char *const marks[RESULT_COUNT] = {
        [RESULT_SCANNED] = "scanned",   [RESULT_MET] = "met",
        [RESULT_WAIVED] = "waived",     [RESULT_INCONCLUSIVE] = "inconclusive",
        [RESULT_BROKEN] = "**broken**",
    };
    return marks[result];
}

static void write_row(struct stream *markdown, const struct host_verdicts *host,
                      const struct verdict *finding)
{
    const struct observation *seen = &finding->seen;
    char why[WHY_TEXT_SIZE];
    const char *advice = why_remedy(seen);
    stream_put(markdown, "| ");
    stream_take(markdown, phrase_host(host));
    stream_put(markdown, " | ");
    stream_take(markdown, phrase_ports(seen->proto, &seen->ports, PHRASE_SENTENCE_PORTS));
    stream_put(markdown, " | %s | ", port_state_name(seen->state));
    stream_text(markdown, finding->expected);
    stream_put(markdown, " | ");
    stream_text(markdown, why_sentence(seen, why));
    if (finding->result == RESULT_INCONCLUSIVE && advice) {
        stream_put(markdown, "<br>");
        stream_text(markdown, advice);
    }
    stream_put(markdown, " | ");
    stream_take(markdown, phrase_context(finding));
    stream_put(markdown, " |\n");
}

static void write_case(void *context, const struct host_verdicts *host,
                       const struct report_case *item)
{
    struct table *table = context;
    if (item->result != table->result)
        return;
    if (table->rows == 0)
        stream_put(table->markdown,
                   "### %s\n\n| host | ports | found | expected | why | where |\n"
                   "| --- | --- | --- | --- | --- | --- |\n",
                   table->heading);
    for (size_t i = 0; i < item->finding_count; i++) {
        if (table->rows++ < ROWS_MAX)
            write_row(table->markdown, host, &item->findings[i]);
    }
}

static int write_table(struct stream *markdown, const struct audit *audit, enum result result,
                       const char *heading)
{
    struct table table = {markdown, result, heading, 0};
    int status = case_each(audit, write_case, &table);
    if (table.rows > ROWS_MAX)
        stream_put(markdown, "\nand %zu more\n", table.rows - ROWS_MAX);
    if (table.rows > 0)
        stream_put(markdown, "\n");
    return status;
}

static void write_host(struct stream *markdown, const struct audit *audit,
                       const struct host_verdicts *host)
{
    struct host_counts counts;
    host_count(host, &counts);
    stream_put(markdown, "| ");
    stream_take(markdown, phrase_host(host));
    stream_put(markdown, " | %s |", shown(host_result(audit, host)));
    for (int state = PORT_OPEN; state < PORT_STATE_COUNT; state++)
        stream_put(markdown, " %" PRIu32 " |", counts.states[state]);
    stream_put(markdown, " %" PRIu32 " |\n", counts.states[PORT_UNKNOWN]);
}

/* Of a large fleet, the hosts that need looking at. */
static void write_hosts(struct stream *markdown, const struct audit *audit)
{
    size_t left_out = 0, rows = 0;
    stream_put(markdown, "### Hosts\n\n"
                         "| host | result | open | closed | rejected | dropped | silent | "
                         "unknown |\n"
                         "| --- | --- | --: | --: | --: | --: | --: | --: |\n");
    for (size_t i = 0; i < audit->host_count; i++) {
        const struct host_verdicts *host = &audit->hosts[i];
        bool fine = host_result(audit, host) <= RESULT_WAIVED;
        if (rows >= HOSTS_MAX || (fine && audit->host_count > HOSTS_MAX)) {
            left_out++;
            continue;
        }
        write_host(markdown, audit, host);
        rows++;
    }
    if (left_out > 0)
        stream_put(markdown, "\nand %zu more hosts\n", left_out);
    stream_put(markdown, "\n");
}

int markdown_write(const struct audit *audit, const struct report_style *style, FILE *out,
                   struct error *error)
{
    struct stream markdown = {.out = out, .escape = &text_escape};
    stream_put(&markdown, "## portvet");
    if (audit->name) {
        stream_put(&markdown, " ");
        stream_text(&markdown, audit->name);
    }
    if (audit->vantage) {
        stream_put(&markdown, " from ");
        stream_text(&markdown, audit->vantage);
    }
    stream_put(&markdown, "\n\n**");
    stream_take(&markdown, summary_line(audit));
    stream_put(&markdown, "**\n\n");
    for (size_t i = 0; i < audit->warning_count; i++) {
        stream_put(&markdown, "- warning: ");
        stream_text(&markdown, audit->warnings[i]);
        stream_put(&markdown, "\n%s", i + 1 == audit->warning_count ? "\n" : "");
    }
    int status = write_table(&markdown, audit, RESULT_BROKEN, "Broken");
    if (status == 0)
        status = write_table(&markdown, audit, RESULT_INCONCLUSIVE, "Undecided");
    if (status == 0)
        status = write_table(&markdown, audit, RESULT_WAIVED, "Waived");
    if (status == 0 && style->verbose)
        status = write_table(&markdown, audit, RESULT_MET, "Met");
    if (status == 0 && audit->result == RESULT_SCANNED)
        status = write_table(&markdown, audit, RESULT_SCANNED, "Ports");
    write_hosts(&markdown, audit);
    if (status < 0)
        return error_no_memory(error);
    return stream_finish(&markdown, error);
}
