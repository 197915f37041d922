/* Test Anything Protocol, version 14 (testanything.org): a test point a case, with what
 * was found as YAML diagnostics. */
#include "reports/cases.h"
#include "reports/phrase.h"
#include "reports/stream.h"
#include "reports/writers.h"

static const struct escape description = {{
    ['\\'] = "\\\\",
    ['#'] = "\\#",
    ['\t'] = " ",
    ['\n'] = " ",
    ['\r'] = " ",
}};

/* A double-quoted scalar of YAML 1.2. */
static const struct escape scalar = {{
    ['\\'] = "\\\\",
    ['"'] = "\\\"",
    ['\t'] = "\\t",
    ['\n'] = "\\n",
    ['\r'] = "\\r",
}};

struct tap {
    struct stream description, scalar; /* the same output */
    size_t number;
};

static void count_point(void *context, const struct host_verdicts *host,
                        const struct report_case *item)
{
    (void)host;
    (void)item;
    *(size_t *)context += 1;
}

static void write_key(struct tap *tap, const char *key, char *value)
{
    stream_put(&tap->scalar, "  %s: \"", key);
    stream_take(&tap->scalar, value);
    stream_put(&tap->scalar, "\"\n");
}

static void write_diagnostics(struct tap *tap, const struct report_case *item)
{
    const struct verdict *rule = case_rule(item);
    stream_put(&tap->scalar, "  ---\n  result: %s\n", result_name(item->result));
    write_key(tap, "ports", portset_format(&item->ports));
    stream_put(&tap->scalar, "  expected: \"");
    stream_text(&tap->scalar, rule->expected);
    stream_put(&tap->scalar, "\"\n  rule: \"");
    stream_text(&tap->scalar, rule->rule);
    stream_put(&tap->scalar, "\"\n  found:\n");
    for (size_t i = 0; i < item->finding_count; i++) {
        stream_put(&tap->scalar, "    - \"");
        stream_take(&tap->scalar, phrase_message(&item->findings[i]));
        stream_put(&tap->scalar, "\"\n");
    }
    stream_put(&tap->scalar, "  ...\n");
}

static bool is_ok(enum result result)
{
    return result != RESULT_BROKEN && result != RESULT_INCONCLUSIVE;
}

static void write_point(void *context, const struct host_verdicts *host,
                        const struct report_case *item)
{
    struct tap *tap = context;
    const struct verdict *rule = case_rule(item);
    stream_put(&tap->description, "%s %zu - ", is_ok(item->result) ? "ok" : "not ok",
               ++tap->number);
    stream_take(&tap->description, phrase_case(host, item));
    if (item->result == RESULT_WAIVED) {
        stream_put(&tap->description, " # SKIP waived until ");
        stream_text(&tap->description, rule->waiver_until);
        stream_put(&tap->description, ": ");
        stream_text(&tap->description, rule->waiver);
    }
    stream_put(&tap->description, "\n");
    if (!is_ok(item->result))
        write_diagnostics(tap, item);
}

int tap_write(const struct audit *audit, const struct report_style *style, FILE *out,
              struct error *error)
{
    (void)style;
    struct tap tap = {
        .description = {.out = out, .escape = &description},
        .scalar = {.out = out, .escape = &scalar},
    };
    size_t points = 0;
    /* A run of which nothing is left to show, or that was cut short, is a point too. */
    bool has_run_point = audit->host_count == 0 || audit->interrupted;
    if (case_each(audit, count_point, &points) < 0)
        return error_no_memory(error);
    stream_put(&tap.description, "TAP version 14\n1..%zu\n", points + has_run_point);
    if (case_each(audit, write_point, &tap) < 0)
        return error_no_memory(error);
    if (has_run_point)
        stream_put(&tap.description, "%s %zu - run\n", audit->interrupted ? "not ok" : "ok",
                   points + 1);
    tap.description.out_of_memory |= tap.scalar.out_of_memory;
    return stream_finish(&tap.description, error);
}
