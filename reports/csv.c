/* Comma-separated values (RFC 4180): a header, then a row a verdict, every field of the
 * JSON report. Texts are quoted, and one that a spreadsheet would take for a formula gets
 * an apostrophe in front. */
#include "reports/stream.h"
#include "reports/writers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct escape quoted = {{
    ['"'] = "\"\"",
    ['\t'] = " ",
    ['\n'] = " ",
    ['\r'] = " ",
}};

/* The places of rules given with -e begin like a formula, and are none. */
static bool looks_like_formula(const char *text)
{
    return *text && strchr("=+-@", *text) && strncmp(text, "-e:", strlen("-e:")) != 0;
}

static void write_text(struct stream *csv, const char *text)
{
    stream_put(csv, ",");
    if (!text)
        return;
    stream_put(csv, looks_like_formula(text) ? "\"'" : "\"");
    stream_text(csv, text);
    stream_put(csv, "\"");
}

static void write_address(struct stream *csv, const struct addr *address)
{
    char text[ADDR_TEXT_SIZE];
    write_text(csv, address->family == ADDR_NONE ? NULL : addr_format(address, text));
}

static void write_forwarding(struct stream *csv, const struct forwarding *forwarding)
{
    char text[FORWARDING_TEXT_SIZE];
    write_text(csv, *forwarding_format(forwarding, text) ? text : NULL);
}

static void write_observation(struct stream *csv, const struct observation *seen)
{
    char *ports = portset_format(&seen->ports);
    if (!ports)
        csv->out_of_memory = true;
    stream_put(csv, ",%s", proto_name(seen->proto));
    write_text(csv, ports);
    stream_put(csv, ",%" PRIu32 ",%s,%s,%s", portset_size(&seen->ports),
               port_state_name(seen->state), reason_name(seen->reason),
               origin_name(seen->origin));
    write_address(csv, &seen->by);
    stream_put(csv, ",%u,%u,%.9g,%" PRIu32, seen->ttl, seen->tries, seen->miss,
               seen->confirmed);
    free(ports);
}

static void write_row(struct stream *csv, const struct audit *audit,
                      const struct host_verdicts *host, const struct verdict *verdict)
{
    stream_put(csv, "%s", result_name(verdict->result));
    write_text(csv, host->name);
    write_address(csv, &host->address);
    write_text(csv, host->group);
    write_text(csv, host->vantage ? host->vantage : audit->vantage);
    write_observation(csv, &verdict->seen);
    write_text(csv, verdict->expected);
    write_text(csv, verdict->rule);
    write_text(csv, verdict->rule_text);
    write_text(csv, verdict->note);
    write_text(csv, verdict->waiver);
    write_text(csv, verdict->waiver_owner);
    write_text(csv, verdict->waiver_until);
    stream_put(csv, ",%s", verdict->waiver_expired ? "true" : "false");
    write_text(csv, host->problem);
    write_forwarding(csv, &verdict->seen.forwarded);
    stream_put(csv, "\r\n");
}

int csv_write(const struct audit *audit, const struct report_style *style, FILE *out,
              struct error *error)
{
    (void)style;
    struct stream csv = {.out = out, .escape = &quoted};
    stream_put(&csv,
               "result,host,address,group,vantage,proto,ports,count,state,reason,origin,by,ttl,"
               "tries,miss,confirmed,expected,rule,rule_text,note,waiver,waiver_owner,"
               "waiver_until,waiver_expired,problem,forwarded\r\n");
    for (size_t i = 0; i < audit->host_count; i++) {
        const struct host_verdicts *host = &audit->hosts[i];
        for (size_t k = 0; k < host->count; k++)
            write_row(&csv, audit, host, &host->verdicts[k]);
    }
    return stream_finish(&csv, error);
}
