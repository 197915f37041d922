#include "reports/writers.h"

#include <string.h>

static const struct report_writer writers[] = {
    {"text", "for a person: what broke and why, then a line a host", text_write, NULL, NULL},
    {"json", "everything, for programs; merge and diff read it", json_write, NULL, NULL},
    {"junit", "JUnit XML, for CI servers", junit_write, NULL, NULL},
    {"tap", "Test Anything Protocol, version 14", tap_write, NULL, NULL},
    {"nagios", "a plug-in's output, with a plug-in's exit codes", nagios_write,
     nagios_exit_code, nagios_fail},
    {"prometheus", "gauges for node_exporter's textfile collector", prometheus_write, NULL,
     NULL},
    {"sarif", "SARIF 2.1.0, for code scanning", sarif_write, NULL, NULL},
    {"github", "annotations for GitHub Actions", github_write, NULL, NULL},
    {"markdown", "for a step summary or a merge request", markdown_write, NULL, NULL},
    {"csv", "a row a verdict, for spreadsheets", csv_write, NULL, NULL},
    {"nmap", "XML as nmap writes it", nmap_write, NULL, NULL},
    {"html", "one page with a map of all ports of each host", html_write, NULL, NULL},
};

const struct report_writer *report_writers(size_t *count)
{
    *count = sizeof writers / sizeof writers[0];
    return writers;
}

const struct report_writer *report_writer_find(const char *name)
{
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++) {
        if (strcmp(writers[i].name, name) == 0)
            return &writers[i];
    }
    return NULL;
}
