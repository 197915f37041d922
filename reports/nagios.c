/* A Nagios plug-in's output (monitoring-plugins.org, development guidelines): a line under
 * 80 characters with the state and its measure, then the details. */
#include "reports/cases.h"
#include "reports/phrase.h"
#include "reports/stream.h"
#include "reports/writers.h"

#include <inttypes.h>

/* A vertical bar would begin the measures. */
static const struct escape detail = {{
    ['|'] = "/",
    ['\t'] = " ",
    ['\n'] = " ",
    ['\r'] = " ",
}};

enum nagios_state {
    NAGIOS_OK,
    NAGIOS_WARNING,
    NAGIOS_CRITICAL,
    NAGIOS_UNKNOWN,
};

static const char *const state_names[] = {
    [NAGIOS_OK] = "OK",
    [NAGIOS_WARNING] = "WARNING",
    [NAGIOS_CRITICAL] = "CRITICAL",
    [NAGIOS_UNKNOWN] = "UNKNOWN",
};

int nagios_exit_code(const struct audit *audit)
{
    static const enum nagios_state states[RESULT_COUNT] = {
        [RESULT_SCANNED] = NAGIOS_OK,      [RESULT_MET] = NAGIOS_OK,
        [RESULT_WAIVED] = NAGIOS_OK,       [RESULT_INCONCLUSIVE] = NAGIOS_UNKNOWN,
        [RESULT_BROKEN] = NAGIOS_CRITICAL,
    };
    enum nagios_state state = states[audit->result];
    if (state == NAGIOS_OK && audit->interrupted)
        return NAGIOS_UNKNOWN;
    if (state == NAGIOS_OK && audit->warning_count > 0)
        return NAGIOS_WARNING;
    return (int)state;
}

/* What the state is about: so many of so many ports. */
static void write_line(struct stream *text, const struct audit *audit)
{
    const struct audit_summary *summary = &audit->summary;
    const struct {
        uint64_t count;
        const char *what;
    } words[] = {
        [NAGIOS_OK] = {summary->met, "as expected"},
        [NAGIOS_WARNING] = {summary->met, "as expected, but see below"},
        [NAGIOS_CRITICAL] = {summary->broken, "broken"},
        [NAGIOS_UNKNOWN] = {summary->inconclusive, "undecided"},
    };
    int state = nagios_exit_code(audit);
    stream_put(text, "PORTVET %s: ", state_names[state]);
    if (audit->result == RESULT_SCANNED)
        stream_put(text, "%" PRIu64 " hosts scanned", summary->hosts);
    else
        stream_put(text, "%" PRIu64 " of %" PRIu64 " ports %s", words[state].count,
                   summary->expectations, words[state].what);
    stream_put(text, " | 'broken'=%" PRIu64 ";;1;0\n", summary->broken);
}

static void write_findings(void *context, const struct host_verdicts *host,
                           const struct report_case *item)
{
    struct stream *text = context;
    if (item->result != RESULT_BROKEN && item->result != RESULT_INCONCLUSIVE)
        return;
    for (size_t i = 0; i < item->finding_count; i++) {
        stream_put(text, "%s: ", result_name(item->result));
        stream_take(text, phrase_host(host));
        stream_put(text, " ");
        stream_take(text, phrase_message(&item->findings[i]));
        stream_put(text, "\n");
    }
}

/* Nothing that failed may read as a state of the hosts. */
int nagios_fail(const char *why, FILE *out)
{
    fprintf(out, "PORTVET %s: %s\n", state_names[NAGIOS_UNKNOWN], why);
    return NAGIOS_UNKNOWN;
}

int nagios_write(const struct audit *audit, const struct report_style *style, FILE *out,
                 struct error *error)
{
    (void)style;
    struct stream text = {.out = out, .escape = &detail};
    const struct audit_summary *summary = &audit->summary;
    write_line(&text, audit);
    if (case_each(audit, write_findings, &text) < 0)
        return error_no_memory(error);
    for (size_t i = 0; i < audit->warning_count; i++) {
        stream_put(&text, "warning: ");
        stream_text(&text, audit->warnings[i]);
        stream_put(&text, "\n");
    }
    stream_put(&text,
               "%" PRIu64 " ports | 'met'=%" PRIu64 ";;;0 'inconclusive'=%" PRIu64
               ";;;0 'waived'=%" PRIu64 ";;;0 'seconds'=%.3fs;;;0\n",
               summary->expectations, summary->met, summary->inconclusive, summary->waived,
               audit->traffic.seconds);
    return stream_finish(&text, error);
}
