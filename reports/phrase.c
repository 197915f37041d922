#include "reports/phrase.h"

#include "reports/draft.h"
#include "reports/why.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* asprintf() that says "no memory" by NULL alone. */
__attribute__((format(printf, 1, 2))) static char *formatted(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text;
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    return length < 0 ? NULL : text;
}

char *phrase_host(const struct host_verdicts *host)
{
    char address[ADDR_TEXT_SIZE];
    addr_format(&host->address, address);
    bool has_name = host->name && *host->name, has_address = *address != '\0';
    bool has_both = has_name && has_address && strcmp(host->name, address) != 0;
    return formatted("%s%s%s%s%s%s",
                     has_name      ? host->name
                     : has_address ? address
                                   : "?",
                     has_both ? " (" : "", has_both ? address : "", has_both ? ")" : "",
                     host->vantage ? " from " : "", host->vantage ? host->vantage : "");
}

char *phrase_port_list(const struct portset *ports, size_t max)
{
    char *list = portset_format(ports);
    if (!list || strlen(list) <= max)
        return list;
    size_t kept = max;
    while (kept > 0 && list[kept] != ',')
        kept--;
    char *text =
        formatted("%.*s,... (%" PRIu32 " ports)", (int)kept, list, portset_size(ports));
    free(list);
    return text;
}

char *phrase_ports(enum proto proto, const struct portset *ports, size_t max)
{
    char *list = phrase_port_list(ports, max);
    if (!list)
        return NULL;
    char *text = ports->count == 1 ? formatted("%s/%s", list, proto_name(proto))
                                   : formatted("%s %s", proto_name(proto), list);
    free(list);
    return text;
}

/* The rule's own words, when they stay the same whatever else happens to the host's
 * ports. */
static bool goes_by_rule(const struct report_case *item)
{
    const char *text = case_rule(item)->rule_text;
    return item->rest && text &&
           (strncmp(text, "others", strlen("others")) == 0 || strcmp(text, "all") == 0);
}

char *phrase_case(const struct host_verdicts *host, const struct report_case *item)
{
    const struct verdict *rule = case_rule(item);
    char *label = phrase_host(host);
    char *ports = goes_by_rule(item) ? strdup(rule->rule_text)
                                     : phrase_port_list(&item->ports, PHRASE_NAME_PORTS);
    char *name = NULL;
    if (label && ports)
        name = formatted("%s %s %s%s%s", label, proto_name(rule->seen.proto), ports,
                         rule->expected ? " " : "", rule->expected ? rule->expected : "");
    free(label);
    free(ports);
    return name;
}

char *phrase_finding(const struct verdict *finding)
{
    const struct observation *seen = &finding->seen;
    const char *state = port_state_name(seen->state), *expected = finding->expected;
    bool as_expected = !expected || strcmp(expected, state) == 0;
    char why[WHY_TEXT_SIZE];
    char *ports = phrase_ports(seen->proto, &seen->ports, PHRASE_SENTENCE_PORTS);
    if (!ports)
        return NULL;
    char *text = formatted("%s %s%s%s: %s", ports, state, as_expected ? "" : ", expected ",
                           as_expected ? "" : expected, why_sentence(seen, why));
    free(ports);
    return text;
}

static void write_waiver(FILE *out, const struct verdict *finding)
{
    fprintf(out, "; %s", finding->waiver_expired ? "its waiver expired" : "waived");
    if (finding->waiver_until)
        fprintf(out, "%s %s", finding->waiver_expired ? " on" : " until",
                finding->waiver_until);
    if (finding->waiver_owner)
        fprintf(out, " by %s", finding->waiver_owner);
    fprintf(out, ": %s", finding->waiver);
}

/* The words of the rule, unless they only repeat the ports. */
static void write_rule(struct draft *draft, const struct verdict *finding)
{
    char *ports = portset_format(&finding->seen.ports);
    if (!ports)
        draft->incomplete = true;
    fprintf(draft->out, "; rule %s", finding->rule);
    if (ports && finding->rule_text && strcmp(finding->rule_text, ports) != 0)
        fprintf(draft->out, " (%s)", finding->rule_text);
    free(ports);
}

/* Each part after a "; ", so that parts can follow anything. */
static char *context_parts(const struct verdict *finding)
{
    struct draft draft;
    if (!draft_open(&draft))
        return NULL;
    if (finding->rule)
        write_rule(&draft, finding);
    if (finding->note)
        fprintf(draft.out, "; note: %s", finding->note);
    if (finding->waiver)
        write_waiver(draft.out, finding);
    return draft_close(&draft);
}

char *phrase_context(const struct verdict *finding)
{
    char *text = context_parts(finding);
    size_t joint = strlen("; ");
    if (text && *text)
        memmove(text, text + joint, strlen(text + joint) + 1);
    return text;
}

char *phrase_message(const struct verdict *finding)
{
    char *what = phrase_finding(finding);
    char *context = phrase_context(finding);
    char *text = NULL;
    if (what && context)
        text = formatted("%s%s%s", what, *context ? "; " : "", context);
    free(what);
    free(context);
    return text;
}
