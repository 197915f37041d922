/* JUnit as Jenkins, GitLab and the Ant schema take it: testsuites > testsuite > testcase,
 * one suite a host address, one case a rule and outcome. The strict dialect: elements and
 * attributes in the schema's order, no output inside a case. */
#include "reports/cases.h"
#include "reports/draft.h"
#include "reports/phrase.h"
#include "reports/summary.h"
#include "reports/writers.h"
#include "reports/xml.h"

#include <stdlib.h>
#include <string.h>

/* How an outcome is shown; NULL: as a case that passed. */
static const struct outcome {
    const char *element;
    bool has_type; /* and a body: GitLab shows the text alone, and nothing for a skip */
} outcomes[RESULT_COUNT] = {
    [RESULT_SCANNED] = {NULL, false},     [RESULT_MET] = {NULL, false},
    [RESULT_WAIVED] = {"skipped", false}, [RESULT_INCONCLUSIVE] = {"error", true},
    [RESULT_BROKEN] = {"failure", true},
};

/* Jenkins splits the class name at its last dot, so dots inside a part must go. */
static void append_part(FILE *out, const char *part)
{
    fputc('.', out);
    for (; *part; part++)
        fputc(*part == '.' ? '_' : *part, out);
}

/* portvet.<group>.<host>; the caller frees it. */
static char *class_name(const struct host_verdicts *host)
{
    char address[ADDR_TEXT_SIZE];
    struct draft draft;
    if (!draft_open(&draft))
        return NULL;
    fputs("portvet", draft.out);
    if (host->group)
        append_part(draft.out, host->group);
    append_part(draft.out, host->name ? host->name : addr_format(&host->address, address));
    return draft_close(&draft);
}

/* One line a finding: what was seen, why, which rule. */
static void write_messages(struct xml *xml, const struct report_case *item)
{
    for (size_t i = 0; i < item->finding_count; i++) {
        xml_text_take(xml, phrase_message(&item->findings[i]));
        xml_text(xml, "\n");
    }
}

/* Opens a case; NAME was just allocated. */
static void open_case(struct xml *xml, const struct host_verdicts *host, char *name)
{
    xml_open(xml, "testcase");
    xml_attribute_take(xml, "name", name);
    xml_attribute_take(xml, "classname", class_name(host));
    xml_attribute(xml, "time", "0.000");
}

static void write_case(struct xml *xml, const struct host_verdicts *host,
                       const struct report_case *item)
{
    const struct outcome *outcome = &outcomes[item->result];
    open_case(xml, host, phrase_case(host, item));
    if (outcome->element) {
        xml_open(xml, outcome->element);
        if (outcome->has_type)
            xml_attribute(xml, "type", result_name(item->result));
        xml_attribute_take(xml, "message", phrase_message(case_rule(item)));
        if (outcome->has_type)
            write_messages(xml, item);
        xml_close(xml);
    }
    xml_close(xml);
}

/* The one case of a suite that has no verdicts: Jenkins rejects an empty suite, and one
 * without cases would read as a pass. */
static void write_bare_case(struct xml *xml, const struct host_verdicts *host)
{
    open_case(xml, host, phrase_host(host));
    if (host->problem) {
        xml_open(xml, "error");
        xml_attribute(xml, "type", result_name(RESULT_INCONCLUSIVE));
        xml_attribute(xml, "message", host->problem);
        xml_text(xml, host->problem);
        xml_close(xml);
    }
    xml_close(xml);
}

static void write_counts(struct xml *xml, const struct host_verdicts *host,
                         const struct case_list *list)
{
    size_t counts[RESULT_COUNT] = {0};
    for (size_t i = 0; i < list->count; i++)
        counts[list->items[i].result]++;
    if (list->count == 0)
        counts[host->problem ? RESULT_INCONCLUSIVE : RESULT_MET]++;
    xml_attribute_format(xml, "tests", "%zu", list->count ? list->count : 1);
    xml_attribute_format(xml, "failures", "%zu", counts[RESULT_BROKEN]);
    xml_attribute_format(xml, "errors", "%zu", counts[RESULT_INCONCLUSIVE]);
    xml_attribute_format(xml, "skipped", "%zu", counts[RESULT_WAIVED]);
}

static void write_property(struct xml *xml, const char *name, const char *value)
{
    if (!value)
        return;
    xml_open(xml, "property");
    xml_attribute(xml, "name", name);
    xml_attribute(xml, "value", value);
    xml_close(xml);
}

static void open_suite(struct xml *xml, const struct audit *audit,
                       const struct host_verdicts *host, const struct case_list *list)
{
    struct tm utc;
    char started[32];
    gmtime_r(&audit->started.tv_sec, &utc);
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%S", &utc);

    xml_open(xml, "testsuite");
    xml_attribute_take(xml, "name", phrase_host(host));
    xml_attribute(xml, "timestamp", started);
    xml_attribute_take(xml, "hostname", phrase_host(host));
    write_counts(xml, host, list);
    /* The hosts were audited side by side: their shares add up to the run. */
    xml_attribute_format(xml, "time", "%.3f",
                         audit->traffic.seconds / (double)(audit->host_count + 1));
    xml_attribute(xml, "package", "portvet");
}

static void close_suite(struct xml *xml, const struct case_list *list)
{
    xml_open(xml, "system-out");
    for (size_t i = 0; i < list->count; i++)
        write_messages(xml, &list->items[i]);
    xml_close(xml);
    xml_open(xml, "system-err");
    xml_close(xml);
    xml_close(xml);
}

static void write_suite(struct xml *xml, const struct audit *audit, size_t id,
                        const struct host_verdicts *host)
{
    struct case_list list;
    if (case_list_fill(&list, host) < 0) {
        xml_fail_no_memory(xml);
        return;
    }
    open_suite(xml, audit, host, &list);
    xml_attribute_format(xml, "id", "%zu", id);
    xml_open(xml, "properties");
    write_property(xml, "portvet", audit->version);
    write_property(xml, "expectations", audit->name);
    write_property(xml, "vantage", audit->vantage);
    write_property(xml, "mode", audit->mode);
    xml_close(xml);
    for (size_t i = 0; i < list.count; i++)
        write_case(xml, host, &list.items[i]);
    if (list.count == 0)
        write_bare_case(xml, host);
    close_suite(xml, &list);
    case_list_free(&list);
}

/* Says in a case of its own when there is nothing to show or the run was cut short. */
static void write_run_suite(struct xml *xml, const struct audit *audit)
{
    char name[] = "run", interrupted[] = "the run was interrupted before the end";
    const struct host_verdicts run = {
        .name = name,
        .problem = audit->interrupted ? interrupted : NULL,
    };
    write_suite(xml, audit, audit->host_count, &run);
}

int junit_write(const struct audit *audit, const struct report_style *style, FILE *out,
                struct error *error)
{
    (void)style;
    struct xml *xml = xml_new(out);
    if (!xml)
        return error_no_memory(error);
    xml_declare(xml);
    xml_open(xml, "testsuites");
    for (size_t i = 0; i < audit->host_count; i++)
        write_suite(xml, audit, i, &audit->hosts[i]);
    if (audit->host_count == 0 || audit->interrupted)
        write_run_suite(xml, audit);
    xml_close(xml);
    return xml_finish(xml, error);
}
