/* The text format of Prometheus, for node_exporter's textfile collector: gauges without
 * timestamps (the collector refuses those), zeros too, a newline at the end. */
#include "reports/stream.h"
#include "reports/summary.h"
#include "reports/writers.h"

#include <inttypes.h>

/* A label's value. */
static const struct escape label = {{
    ['\\'] = "\\\\",
    ['"'] = "\\\"",
    ['\n'] = "\\n",
}};

/* What portvet_result is, by result: like the exit codes. */
static const int result_codes[RESULT_COUNT] = {
    [RESULT_BROKEN] = 1,
    [RESULT_INCONCLUSIVE] = 2,
};

static void write_head(struct stream *text, const char *name, const char *help)
{
    stream_put(text, "# HELP portvet_%s %s\n# TYPE portvet_%s gauge\n", name, help, name);
}

static void write_expectations(struct stream *text, const struct audit_summary *summary)
{
    const struct {
        enum result result;
        uint64_t count;
    } rows[] = {
        {RESULT_MET, summary->met},
        {RESULT_BROKEN, summary->broken},
        {RESULT_INCONCLUSIVE, summary->inconclusive},
        {RESULT_WAIVED, summary->waived},
    };
    write_head(text, "expectations", "Ports with an expectation, by its result.");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        stream_put(text, "portvet_expectations{result=\"%s\"} %" PRIu64 "\n",
                   result_name(rows[i].result), rows[i].count);
}

static void write_run(struct stream *text, const struct audit *audit)
{
    bool success = !audit->interrupted && result_codes[audit->result] == 0;
    int64_t finished = audit->finished.tv_sec;
    write_head(text, "result", "Result of the last run: 0 met, 1 broken, 2 inconclusive.");
    stream_put(text, "portvet_result %d\n", result_codes[audit->result]);
    write_head(text, "last_run_timestamp_seconds", "When the last run ended.");
    stream_put(text, "portvet_last_run_timestamp_seconds %" PRId64 "\n", finished);
    write_head(text, "last_success_timestamp_seconds",
               "When the last run ended, if all of it was met; else 0.");
    stream_put(text, "portvet_last_success_timestamp_seconds %" PRId64 "\n",
               success ? finished : 0);
    write_head(text, "run_duration_seconds", "How long the last run took.");
    stream_put(text, "portvet_run_duration_seconds %.3f\n", audit->traffic.seconds);
}

static void write_hosts(struct stream *text, const struct audit *audit)
{
    write_head(text, "host_broken", "Broken ports of a host.");
    for (size_t i = 0; i < audit->host_count; i++) {
        const struct host_verdicts *host = &audit->hosts[i];
        struct host_counts counts;
        char address[ADDR_TEXT_SIZE];
        host_count(host, &counts);
        stream_put(text, "portvet_host_broken{host=\"");
        stream_text(text, host->name);
        stream_put(text, "\",address=\"%s\"", addr_format(&host->address, address));
        if (host->vantage) {
            stream_put(text, ",vantage=\"");
            stream_text(text, host->vantage);
            stream_put(text, "\"");
        }
        stream_put(text, "} %" PRIu32 "\n", counts.results[RESULT_BROKEN]);
    }
}

int prometheus_write(const struct audit *audit, const struct report_style *style, FILE *out,
                     struct error *error)
{
    (void)style;
    struct stream text = {.out = out, .escape = &label};
    write_expectations(&text, &audit->summary);
    write_run(&text, audit);
    write_hosts(&text, audit);
    return stream_finish(&text, error);
}
