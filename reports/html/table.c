/* The table of expectations, the worst first, and its filters. Without the script the
 * filters stay hidden and the table is all there. */
#include "reports/html/html.h"

#include "reports/cases.h"
#include "reports/phrase.h"

#include <inttypes.h>
#include <string.h>

/* More rows than this of what is as expected are counted, not shown. */
enum { MET_MAX = 5000 };

/* The order of results, and what they are called. */
static const struct kind {
    enum result result;
    const char *name;
} kinds[] = {
    {RESULT_BROKEN, "broken"}, {RESULT_INCONCLUSIVE, "undecided"}, {RESULT_WAIVED, "waived"},
    {RESULT_MET, "met"},       {RESULT_SCANNED, "scanned"},
};

struct table {
    struct xml *xml;
    bool is_scan;            /* nothing is expected, and there are no rules */
    const struct kind *kind; /* the one that is written now */
    size_t rows[RESULT_COUNT];
    size_t left_out;
};

static void open_cell(struct xml *xml, const char *label)
{
    xml_open(xml, "td");
    xml_attribute(xml, "data-label", label);
}

static void write_row(struct table *table, const struct host_verdicts *host,
                      const struct verdict *finding)
{
    struct xml *xml = table->xml;
    const struct observation *seen = &finding->seen;
    html_open(xml, "tr", result_name(table->kind->result));
    open_cell(xml, "Result");
    html_element(xml, "span", "badge", table->kind->name);
    xml_close(xml);
    open_cell(xml, "Host");
    xml_text_take(xml, phrase_host(host));
    xml_close(xml);
    open_cell(xml, "Ports");
    html_ports(xml, seen->proto, &seen->ports);
    xml_close(xml);
    if (!table->is_scan) {
        open_cell(xml, "Expected");
        xml_text(xml, finding->expected ? finding->expected : "");
        xml_close(xml);
    }
    open_cell(xml, "Found");
    html_open(xml, "i", port_state_name(seen->state));
    xml_close(xml);
    xml_text_format(xml, " %s, %s", port_state_name(seen->state), reason_name(seen->reason));
    xml_close(xml);
    if (!table->is_scan) {
        open_cell(xml, "Rule");
        xml_text(xml, finding->rule ? finding->rule : "");
        xml_close(xml);
    }
    xml_close(xml);
    xml_raw(xml, "\n");
}

static void write_case(void *context, const struct host_verdicts *host,
                       const struct report_case *item)
{
    struct table *table = context;
    if (item->result != table->kind->result)
        return;
    for (size_t i = 0; i < item->finding_count; i++) {
        bool fine = item->result == RESULT_MET || item->result == RESULT_SCANNED;
        if (fine && table->rows[item->result] >= MET_MAX) {
            table->left_out++;
            continue;
        }
        write_row(table, host, &item->findings[i]);
        table->rows[item->result]++;
    }
}

static void write_filter(struct xml *xml)
{
    xml_open(xml, "form");
    xml_attribute(xml, "id", "filter");
    xml_attribute(xml, "hidden", "hidden");
    xml_open(xml, "label");
    xml_text(xml, "Find ");
    xml_open(xml, "input");
    xml_attribute(xml, "type", "search");
    xml_attribute(xml, "id", "words");
    xml_attribute(xml, "placeholder", "host, port, state, rule");
    xml_close_void(xml);
    xml_close(xml);
    html_open(xml, "span", "kinds");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        xml_open(xml, "label");
        xml_attribute(xml, "class", result_name(kinds[i].result));
        xml_open(xml, "input");
        xml_attribute(xml, "type", "checkbox");
        xml_attribute(xml, "value", result_name(kinds[i].result));
        xml_attribute(xml, "checked", "checked");
        xml_close_void(xml);
        xml_text_format(xml, " %s", kinds[i].name);
        xml_close(xml);
    }
    xml_close(xml);
    xml_open(xml, "output");
    xml_attribute(xml, "id", "shown");
    xml_close(xml);
    xml_close(xml);
}

static void write_head(struct xml *xml, bool is_scan)
{
    static const struct {
        const char *name;
        bool in_scan;
    } columns[] = {
        {"Result", true},    {"Host", true},  {"Ports", true},
        {"Expected", false}, {"Found", true}, {"Rule", false},
    };
    xml_open(xml, "thead");
    xml_open(xml, "tr");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        if (is_scan && !columns[i].in_scan)
            continue;
        xml_open(xml, "th");
        xml_attribute(xml, "scope", "col");
        xml_text(xml, columns[i].name);
        xml_close(xml);
    }
    xml_close(xml);
    xml_close(xml);
}

void html_table(struct xml *xml, const struct audit *audit)
{
    struct table table = {.xml = xml, .is_scan = audit->result == RESULT_SCANNED};
    html_open(xml, "section", "table");
    html_element(xml, "h2", NULL, table.is_scan ? "Ports" : "Expectations");
    write_filter(xml);
    xml_open(xml, "table");
    xml_attribute(xml, "id", "expectations");
    write_head(xml, table.is_scan);
    xml_open(xml, "tbody");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        table.kind = &kinds[i];
        if (case_each(audit, write_case, &table) < 0)
            xml_fail_no_memory(xml);
    }
    xml_close(xml);
    xml_close(xml);
    if (table.left_out > 0) {
        html_open(xml, "p", "left-out");
        xml_text_format(xml, "%zu more are as expected; the JSON report has them.",
                        table.left_out);
        xml_close(xml);
    }
    xml_close(xml);
}
