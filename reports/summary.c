#include "reports/summary.h"

#include "reports/draft.h"

#include <inttypes.h>
#include <stdio.h>

void host_count(const struct host_verdicts *host, struct host_counts *counts)
{
    *counts = (struct host_counts){0};
    for (size_t i = 0; i < host->count; i++) {
        const struct verdict *verdict = &host->verdicts[i];
        uint32_t ports = portset_size(&verdict->seen.ports);
        counts->results[verdict->result] += ports;
        counts->states[verdict->seen.state] += ports;
    }
}

enum result host_result(const struct audit *audit, const struct host_verdicts *host)
{
    struct host_counts counts;
    host_count(host, &counts);
    if (counts.results[RESULT_BROKEN] > 0)
        return RESULT_BROKEN;
    if (counts.results[RESULT_INCONCLUSIVE] > 0 || (host->count == 0 && host->problem))
        return RESULT_INCONCLUSIVE;
    if (audit->result == RESULT_SCANNED)
        return counts.states[PORT_UNKNOWN] > 0 ? RESULT_INCONCLUSIVE : RESULT_SCANNED;
    return RESULT_MET;
}

static size_t hosts_with(const struct audit *audit, enum result result)
{
    size_t count = 0;
    for (size_t i = 0; i < audit->host_count; i++)
        count += host_result(audit, &audit->hosts[i]) == result;
    return count;
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void write_rest(FILE *out, uint64_t count, const char *what)
{
    if (count > 0)
        fprintf(out, "; %" PRIu64 " %s", count, what);
}

static void write_met(FILE *out, const struct audit *audit)
{
    const struct audit_summary *summary = &audit->summary;
    if (summary->met < summary->expectations)
        fprintf(out, "%" PRIu64 " of %" PRIu64 " ports", summary->met, summary->expectations);
    else
        fprintf(out, "%s%" PRIu64 " port%s", summary->met > 1 ? "all " : "", summary->met,
                plural(summary->met));
    fprintf(out, " on %" PRIu64 " host%s as expected", summary->hosts, plural(summary->hosts));
    write_rest(out, summary->waived, "waived");
}

static void write_unmet(FILE *out, const struct audit *audit)
{
    const struct audit_summary *summary = &audit->summary;
    bool broken = audit->result == RESULT_BROKEN;
    fprintf(out, "%" PRIu64 " of %" PRIu64 " port%s",
            broken ? summary->broken : summary->inconclusive, summary->expectations,
            plural(summary->expectations));
    if (summary->hosts == 1)
        fputs(" on 1 host", out);
    else
        fprintf(out, ", on %zu of %" PRIu64 " hosts", hosts_with(audit, audit->result),
                summary->hosts);
    if (broken)
        write_rest(out, summary->inconclusive, "inconclusive");
    write_rest(out, summary->met, "met");
    write_rest(out, summary->waived, "waived");
}

static void write_scanned(FILE *out, const struct audit *audit)
{
    uint64_t states[PORT_STATE_COUNT] = {0}, ports = 0;
    for (size_t i = 0; i < audit->host_count; i++) {
        struct host_counts counts;
        host_count(&audit->hosts[i], &counts);
        for (int state = 0; state < PORT_STATE_COUNT; state++) {
            states[state] += counts.states[state];
            ports += counts.states[state];
        }
    }
    fprintf(out, "%" PRIu64 " port%s on %" PRIu64 " host%s", ports, plural(ports),
            audit->summary.hosts, plural(audit->summary.hosts));
    for (int state = PORT_OPEN; state < PORT_STATE_COUNT; state++)
        write_rest(out, states[state], port_state_name((enum port_state)state));
    write_rest(out, states[PORT_UNKNOWN], port_state_name(PORT_UNKNOWN));
}

static void write_line(FILE *out, const struct audit *audit)
{
    static void (*const writers[RESULT_COUNT])(FILE *, const struct audit *) = {
        [RESULT_SCANNED] = write_scanned, [RESULT_MET] = write_met,
        [RESULT_WAIVED] = write_met,      [RESULT_INCONCLUSIVE] = write_unmet,
        [RESULT_BROKEN] = write_unmet,
    };
    fprintf(out, "%s: ", result_name(audit->result));
    writers[audit->result](out, audit);
    fprintf(out, "; in %.*f s", audit->traffic.seconds < 1 ? 2 : 1, audit->traffic.seconds);
    if (audit->interrupted)
        fputs("; interrupted before the end", out);
}

char *summary_line(const struct audit *audit)
{
    struct draft draft;
    if (!draft_open(&draft))
        return NULL;
    write_line(draft.out, audit);
    return draft_close(&draft);
}
