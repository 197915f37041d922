/* Workflow commands of GitHub Actions: an annotation at the line of the expectation for
 * each finding. GitHub shows ten of a kind in a step, so the rest is counted. */
#include "reports/cases.h"
#include "reports/phrase.h"
#include "reports/rule_place.h"
#include "reports/stream.h"
#include "reports/summary.h"
#include "reports/writers.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 10 };

/* A command's message, and a property of it. */
static const struct escape message = {{
    ['%'] = "%25",
    ['\r'] = "%0D",
    ['\n'] = "%0A",
}};
static const struct escape property = {{
    ['%'] = "%25",
    ['\r'] = "%0D",
    ['\n'] = "%0A",
    [':'] = "%3A",
    [','] = "%2C",
}};

/* A kind of annotation: what it is for and how many there were. */
struct kind {
    const char *command;
    enum result result;
    size_t count;
};

struct annotations {
    struct stream message, property; /* the same output */
    struct kind *kind;               /* the one that is written now */
};

static void write_place(struct annotations *to, const struct verdict *finding)
{
    struct rule_place place;
    if (!rule_place_read(&place, finding->rule))
        return;
    stream_put(&to->property, "file=");
    stream_take(&to->property, strndup(place.path, place.length));
    stream_put(&to->property, ",line=%u,", place.line);
}

static void write_finding(struct annotations *to, const struct host_verdicts *host,
                          const struct verdict *finding)
{
    const struct observation *seen = &finding->seen;
    stream_put(&to->property, "::%s ", to->kind->command);
    write_place(to, finding);
    stream_put(&to->property, "title=");
    stream_take(&to->property, phrase_host(host));
    stream_put(&to->property, " ");
    stream_take(&to->property, phrase_ports(seen->proto, &seen->ports, PHRASE_NAME_PORTS));
    stream_put(&to->message, "::");
    stream_take(&to->message, phrase_message(finding));
    stream_put(&to->message, "\n");
}

static void write_case(void *context, const struct host_verdicts *host,
                       const struct report_case *item)
{
    struct annotations *to = context;
    if (item->result != to->kind->result)
        return;
    for (size_t i = 0; i < item->finding_count; i++) {
        if (to->kind->count++ < SHOWN_MAX)
            write_finding(to, host, &item->findings[i]);
    }
}

static void write_warnings(struct annotations *to, const struct audit *audit)
{
    for (size_t i = 0; i < audit->warning_count && i < SHOWN_MAX; i++) {
        stream_put(&to->message, "::notice title=portvet::");
        stream_text(&to->message, audit->warnings[i]);
        stream_put(&to->message, "\n");
    }
}

int github_write(const struct audit *audit, const struct report_style *style, FILE *out,
                 struct error *error)
{
    (void)style;
    struct annotations to = {
        .message = {.out = out, .escape = &message},
        .property = {.out = out, .escape = &property},
    };
    struct kind kinds[] = {{"error", RESULT_BROKEN, 0}, {"warning", RESULT_INCONCLUSIVE, 0}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        to.kind = &kinds[i];
        if (case_each(audit, write_case, &to) < 0)
            return error_no_memory(error);
        if (kinds[i].count > SHOWN_MAX)
            stream_put(&to.message, "::%s title=portvet::and %zu more like these, %s\n",
                       kinds[i].command, kinds[i].count - SHOWN_MAX,
                       result_name(kinds[i].result));
    }
    write_warnings(&to, audit);
    stream_take(&to.message, summary_line(audit));
    stream_put(&to.message, "\n");
    to.message.out_of_memory |= to.property.out_of_memory;
    return stream_finish(&to.message, error);
}
