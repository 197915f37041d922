/* One host's observations as rules. */
#include "expect/learn.h"

#include <errno.h>
#include <stdlib.h>

/* More services than these make no readable comment. */
enum { SERVICES_MAX = 16 };

/* The ports of one protocol by state. */
struct lesson {
    enum proto proto;
    const struct service_names *names;
    struct portset states[PORT_STATE_COUNT];
    enum port_state rest; /* what `others` says; PORT_UNKNOWN: nothing */
};

static int sort_ports(struct lesson *lesson, const struct host_verdicts *host)
{
    for (size_t i = 0; i < host->count; i++) {
        const struct observation *seen = &host->verdicts[i].seen;
        if (seen->proto == lesson->proto &&
            portset_add_set(&lesson->states[seen->state], &seen->ports) != 0)
            return -ENOMEM;
    }
    return 0;
}

/* Chooses the most frequent state but open for `others`, if all ports were scanned. */
static void choose_rest(struct lesson *lesson)
{
    uint32_t total = 0, most = 0;
    lesson->rest = PORT_UNKNOWN;
    for (int state = 0; state < PORT_STATE_COUNT; state++) {
        const struct portset *ports = &lesson->states[state];
        uint32_t count = portset_size(ports);
        total += portset_has(ports, 0) ? count - 1 : count;
        if (state == PORT_UNKNOWN || state == PORT_OPEN || count <= most)
            continue;
        lesson->rest = (enum port_state)state;
        most = count;
    }
    if (total < 65535)
        lesson->rest = PORT_UNKNOWN;
}

static void put_services(FILE *out, const struct lesson *lesson, const struct portset *ports)
{
    uint32_t count = portset_size(ports);
    const char *separator = "  # ";
    for (uint32_t i = 0; i < count && count <= SERVICES_MAX; i++) {
        const char *name =
            service_names_find(lesson->names, portset_nth(ports, i), lesson->proto);
        if (!name)
            continue;
        fprintf(out, "%s%s", separator, name);
        separator = ", ";
    }
}

static int put_rule(FILE *out, const struct lesson *lesson, enum port_state state)
{
    const struct portset *ports = &lesson->states[state];
    char *text = portset_format(ports);
    if (!text)
        return -ENOMEM;
    fprintf(out, "- %s%s %s", lesson->proto == PROTO_UDP ? "udp " : "", text,
            port_state_name(state));
    if (state == PORT_OPEN)
        put_services(out, lesson, ports);
    fputc('\n', out);
    free(text);
    return 0;
}

/* Ports without a verdict are no rule: whoever reviews the file must decide. */
static int put_unknown(FILE *out, const struct lesson *lesson)
{
    const struct portset *ports = &lesson->states[PORT_UNKNOWN];
    if (ports->count == 0)
        return 0;
    char *text = portset_format(ports);
    if (!text)
        return -ENOMEM;
    fprintf(out, "# not known: %s %s\n", proto_name(lesson->proto), text);
    free(text);
    return 0;
}

/* Port 0 is not among `others`. */
static int put_rest(FILE *out, struct lesson *lesson)
{
    struct portset *ports = &lesson->states[lesson->rest];
    bool zero = portset_has(ports, 0);
    portset_free(ports);
    if (zero && (portset_add(ports, 0, 0) != 0 || put_rule(out, lesson, lesson->rest) != 0))
        return -ENOMEM;
    fprintf(out, "- %sothers %s\n", lesson->proto == PROTO_UDP ? "udp " : "",
            port_state_name(lesson->rest));
    return 0;
}

static int put_lesson(FILE *out, struct lesson *lesson)
{
    static const enum port_state order[] = {PORT_OPEN, PORT_CLOSED, PORT_REJECTED, PORT_DROPPED,
                                            PORT_SILENT};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        enum port_state state = order[i];
        if (lesson->states[state].count == 0 || state == lesson->rest)
            continue;
        if (put_rule(out, lesson, state) != 0)
            return -ENOMEM;
    }
    if (lesson->rest != PORT_UNKNOWN && put_rest(out, lesson) != 0)
        return -ENOMEM;
    return put_unknown(out, lesson);
}

static bool is_anything_known(const struct host_verdicts *host)
{
    for (size_t i = 0; i < host->count; i++) {
        if (host->verdicts[i].seen.state != PORT_UNKNOWN)
            return true;
    }
    return false;
}

static int put_host(FILE *out, const struct host_verdicts *host,
                    const struct service_names *names)
{
    int failed = 0;
    for (int proto = 0; proto < PROTO_COUNT && !failed; proto++) {
        struct lesson lesson = {.proto = (enum proto)proto, .names = names};
        failed = sort_ports(&lesson, host);
        choose_rest(&lesson);
        if (!failed)
            failed = put_lesson(out, &lesson);
        for (int state = 0; state < PORT_STATE_COUNT; state++)
            portset_free(&lesson.states[state]);
    }
    return failed;
}

char *learn_rules(const struct host_verdicts *host, const struct service_names *names)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    int failed = is_anything_known(host) ? put_host(out, host, names) : 0;
    if (ferror(out))
        failed = -ENOMEM;
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}
