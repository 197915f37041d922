/* The page as a whole: what it is about, the result at a glance, and the parts in order. */
#include "reports/html/html.h"

#include "reports/draft.h"
#include "reports/phrase.h"
#include "reports/summary.h"
#include "reports/writers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Nothing is loaded from anywhere, and no script runs but ours, whose digest this is. */
static const char content_policy[] =
    "default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'sha256-HXxAenEXICyo8WBnrSJUi/+z0m516JSW+xFZeVIPuVE='; base-uri 'none'; "
    "form-action 'none'";

void html_open(struct xml *xml, const char *element, const char *class)
{
    xml_open(xml, element);
    xml_attribute(xml, "class", class);
}

void html_element(struct xml *xml, const char *element, const char *class, const char *text)
{
    html_open(xml, element, class);
    xml_text(xml, text);
    xml_close(xml);
}

void html_element_take(struct xml *xml, const char *element, const char *class, char *text)
{
    html_open(xml, element, class);
    xml_text_take(xml, text);
    xml_close(xml);
}

/* A long list with room to break lines in: "80, 443, 8000-8100". */
static char *spaced_list(const struct portset *ports)
{
    struct draft draft;
    if (!draft_open(&draft))
        return NULL;
    for (size_t i = 0; i < ports->count; i++) {
        const struct port_range *range = &ports->ranges[i];
        fprintf(draft.out, "%s%u", i ? ", " : "", range->first);
        if (range->last > range->first)
            fprintf(draft.out, "-%u", range->last);
    }
    return draft_close(&draft);
}

void html_ports(struct xml *xml, enum proto proto, const struct portset *ports)
{
    char *list = portset_format(ports);
    html_open(xml, "span", "ports");
    xml_text_format(xml, "%s ", proto_name(proto));
    if (list && strlen(list) > PHRASE_NAME_PORTS) {
        xml_open(xml, "details");
        html_element_take(xml, "summary", NULL, phrase_port_list(ports, PHRASE_NAME_PORTS));
        html_element_take(xml, "span", "list", spaced_list(ports));
        xml_close(xml);
    } else {
        html_element(xml, "span", "list", list ? list : "");
    }
    xml_close(xml);
    if (!list)
        xml_fail_no_memory(xml);
    free(list);
}

static void write_meta(struct xml *xml, const char *name, const char *key, const char *value)
{
    xml_open(xml, "meta");
    xml_attribute(xml, name, key);
    xml_attribute(xml, "content", value);
    xml_close_void(xml);
}

static void write_head(struct xml *xml, const struct audit *audit)
{
    xml_open(xml, "head");
    xml_open(xml, "meta");
    xml_attribute(xml, "charset", "utf-8");
    xml_close_void(xml);
    write_meta(xml, "http-equiv", "Content-Security-Policy", content_policy);
    write_meta(xml, "name", "viewport", "width=device-width, initial-scale=1");
    write_meta(xml, "name", "color-scheme", "light dark");
    xml_open(xml, "title");
    xml_text(xml, result_name(audit->result));
    xml_text_format(xml, ": portvet %s", audit->name ? audit->name : "");
    xml_close(xml);
    xml_open(xml, "style");
    xml_raw(xml, html_css);
    xml_close(xml);
    xml_close(xml);
}

static void write_title(struct xml *xml, const struct audit *audit)
{
    xml_open(xml, "h1");
    xml_text(xml, audit->name                       ? audit->name
                  : audit->result == RESULT_SCANNED ? "Port scan"
                                                    : "Port audit");
    if (audit->vantage) {
        html_element(xml, "span", "from", " from ");
        xml_text(xml, audit->vantage);
    }
    xml_close(xml);
}

/* The summary without its first word, which stands above it. */
static void write_sentence(struct xml *xml, const struct audit *audit)
{
    char *line = summary_line(audit);
    const char *rest = line ? strstr(line, ": ") : NULL;
    html_element(xml, "p", "sentence", rest ? rest + strlen(": ") : "");
    if (!line)
        xml_fail_no_memory(xml);
    free(line);
}

static void write_fact(struct xml *xml, const char *name, const char *value)
{
    if (!value)
        return;
    xml_open(xml, "div");
    html_element(xml, "dt", NULL, name);
    html_element(xml, "dd", NULL, value);
    xml_close(xml);
}

static void write_facts(struct xml *xml, const struct audit *audit)
{
    char started[64], packets[96];
    struct tm utc;
    gmtime_r(&audit->started.tv_sec, &utc);
    strftime(started, sizeof started, "%Y-%m-%d %H:%M:%S UTC", &utc);
    snprintf(packets, sizeof packets, "%" PRIu64 " sent, %" PRIu64 " answers",
             audit->traffic.sent, audit->traffic.received);
    html_open(xml, "dl", "facts");
    write_fact(xml, "Started", started);
    write_fact(xml, "Packets", packets);
    write_fact(xml, "Mode", audit->mode);
    for (size_t i = 0; i < audit->file_count; i++)
        write_fact(xml, "File", audit->files[i].path);
    write_fact(xml, "portvet", audit->version);
    xml_close(xml);
}

static void write_tile(struct xml *xml, enum result result, const char *name, uint64_t count)
{
    html_open(xml, "li", count > 0 ? result_name(result) : "none");
    xml_open(xml, "b");
    xml_text_format(xml, "%" PRIu64, count);
    xml_close(xml);
    xml_text_format(xml, " %s", name);
    xml_close(xml);
}

static void write_banner(struct xml *xml, const struct audit *audit)
{
    const struct audit_summary *summary = &audit->summary;
    html_open(xml, "header", result_name(audit->result));
    html_element(xml, "p", "word", result_name(audit->result));
    write_title(xml, audit);
    write_sentence(xml, audit);
    if (audit->result != RESULT_SCANNED) {
        html_open(xml, "ul", "tiles");
        write_tile(xml, RESULT_BROKEN, "broken", summary->broken);
        write_tile(xml, RESULT_INCONCLUSIVE, "undecided", summary->inconclusive);
        write_tile(xml, RESULT_WAIVED, "waived", summary->waived);
        write_tile(xml, RESULT_MET, "met", summary->met);
        xml_close(xml);
    }
    write_facts(xml, audit);
    xml_close(xml);
}

static void write_warnings(struct xml *xml, const struct audit *audit)
{
    if (audit->warning_count == 0)
        return;
    html_open(xml, "section", "warnings");
    html_element(xml, "h2", NULL, "Warnings");
    xml_open(xml, "ul");
    for (size_t i = 0; i < audit->warning_count; i++)
        html_element(xml, "li", NULL, audit->warnings[i]);
    xml_close(xml);
    xml_close(xml);
}

int html_write(const struct audit *audit, const struct report_style *style, FILE *out,
               struct error *error)
{
    (void)style;
    struct xml *xml = xml_new(out);
    if (!xml)
        return error_no_memory(error);
    xml_become_html(xml);
    xml_raw(xml, "<!DOCTYPE html>\n");
    xml_open(xml, "html");
    xml_attribute(xml, "lang", "en");
    write_head(xml, audit);
    xml_open(xml, "body");
    write_banner(xml, audit);
    xml_open(xml, "main");
    html_findings(xml, audit, RESULT_BROKEN, "What broke");
    html_findings(xml, audit, RESULT_INCONCLUSIVE, "What is undecided");
    html_findings(xml, audit, RESULT_WAIVED, "What is waived");
    write_warnings(xml, audit);
    html_hosts(xml, audit);
    html_table(xml, audit);
    xml_close(xml);
    xml_open(xml, "script");
    xml_raw(xml, html_script);
    xml_close(xml);
    xml_close(xml);
    xml_close(xml);
    xml_raw(xml, "\n");
    return xml_finish(xml, error);
}
