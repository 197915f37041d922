/* Writes one of the audits of the unit tests as a report, for programs that check it:
 *   write_report FORMAT AUDIT [TEXT]
 * AUDIT: met, broken, scan, interrupted, merged, empty, fleet, heavy, hostile; TEXT is what a
 * hostile audit has in every field. */
#include "../unit/audit_fixture.h"
#include "reports/reports.h"

#include <stdlib.h>
#include <string.h>

static struct audit *make_fleet(void)
{
    return fixture_fleet(1000);
}

static struct audit *make_heavy(void)
{
    return fixture_heavy(100);
}

static const struct {
    const char *name;
    struct audit *(*make)(void);
} audits[] = {
    {"met", fixture_met},       {"broken", fixture_broken},
    {"scan", fixture_scan},     {"interrupted", fixture_interrupted},
    {"merged", fixture_merged}, {"empty", fixture_empty},
    {"fleet", make_fleet},      {"heavy", make_heavy},
};

static struct audit *make(const char *name, const char *text)
{
    if (strcmp(name, "hostile") == 0)
        return fixture_hostile(text);
    for (size_t i = 0; i < sizeof audits / sizeof audits[0]; i++) {
        if (strcmp(audits[i].name, name) == 0)
            return audits[i].make();
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const struct report_writer *writer = argc > 2 ? report_writer_find(argv[1]) : NULL;
    struct audit *audit = argc > 2 ? make(argv[2], argc > 3 ? argv[3] : "") : NULL;
    if (!writer || !audit) {
        fputs("usage: write_report FORMAT AUDIT [TEXT]\n", stderr);
        return 64;
    }
    struct error error = {{0}};
    int status = writer->write(audit, &(struct report_style){0}, stdout, &error);
    audit_free(audit);
    if (status < 0)
        fprintf(stderr, "%s\n", error.text);
    return status < 0;
}
