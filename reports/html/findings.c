/* What was found, said as in the text report: what, why, where, what to do. */
#include "reports/html/html.h"

#include "reports/phrase.h"
#include "reports/runs.h"
#include "reports/why.h"

struct section {
    struct xml *xml;
    const char *heading; /* NULL once it has been written */
};

static void write_finding(struct xml *xml, const struct verdict *finding, enum result result)
{
    const struct observation *seen = &finding->seen;
    const char *advice = result == RESULT_INCONCLUSIVE ? why_remedy(seen) : NULL;
    char why[WHY_TEXT_SIZE];
    xml_open(xml, "li");
    html_open(xml, "div", "what");
    html_ports(xml, seen->proto, &seen->ports);
    xml_text(xml, " ");
    html_element(xml, "span", "found", port_state_name(seen->state));
    if (finding->expected) {
        xml_text(xml, " expected ");
        html_element(xml, "span", "expected", finding->expected);
    }
    xml_close(xml);
    html_element(xml, "p", "why", why_sentence(seen, why));
    if (advice)
        html_element(xml, "p", "advice", advice);
    html_element_take(xml, "p", "where", phrase_context(finding));
    xml_close(xml);
}

static void write_run(void *context, const struct host_run *run)
{
    struct section *section = context;
    struct xml *xml = section->xml;
    if (section->heading) {
        html_open(xml, "section", result_name(run->result));
        html_element(xml, "h2", NULL, section->heading);
        section->heading = NULL;
    }
    xml_open(xml, "article");
    html_element_take(xml, "h3", NULL, run_hosts(run));
    if (run_problem(run))
        html_element(xml, "p", "problem", run_problem(run));
    html_open(xml, "ul", "findings");
    for (size_t i = 0; i < run->cases->count; i++) {
        const struct report_case *item = &run->cases->items[i];
        for (size_t k = 0; item->result == run->result && k < item->finding_count; k++)
            write_finding(xml, &item->findings[k], run->result);
    }
    xml_close(xml);
    xml_close(xml);
}

void html_findings(struct xml *xml, const struct audit *audit, enum result result,
                   const char *heading)
{
    struct section section = {xml, heading};
    if (run_each(audit, result, write_run, &section) < 0)
        xml_fail_no_memory(xml);
    if (!section.heading)
        xml_close(xml);
}
