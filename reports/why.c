#include "reports/why.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ANY = -1 };

/* {by}: who answered; {said}: what the answer said; {tries} and {confirmed}: how often. */
struct why_row {
    int proto, state, reason, origin; /* ANY: all */
    const char *sentence;
    const char *remedy;
};

/* The first row that fits counts. */
static const struct why_row rows[] = {
    {ANY, PORT_OPEN, REASON_RESPONDER, ANY,
     "packets get out: the responder at the other end signed an answer", NULL},
    {PROTO_TCP, PORT_OPEN, REASON_SYN_ACK, ORIGIN_UNKNOWN,
     "every port answers here, but a full handshake went further than on random ports: a "
     "service accepts connections",
     NULL},
    {PROTO_TCP, PORT_OPEN, ANY, ANY, "a service accepts connections from here", NULL},
    {PROTO_UDP, PORT_OPEN, ANY, ANY, "a service answers from here", NULL},

    {ANY, PORT_CLOSED, ANY, ORIGIN_HOST,
     "the host's own stack refuses it ({said}), so nobody listens and no firewall is in the "
     "way",
     NULL},
    {ANY, PORT_CLOSED, ANY, ORIGIN_UPSTREAM,
     "a machine behind the address refuses it ({said}): a device on the way forwards this port",
     NULL},
    {ANY, PORT_CLOSED, ANY, ANY,
     "it is refused ({said}), and nothing shows whether the host or a firewall did it", NULL},

    {ANY, PORT_REJECTED, REASON_RATE_LIMITED, ANY,
     "a firewall rejects, but limits how often (told from {confirmed} ports, asked one by one)",
     NULL},
    {ANY, PORT_REJECTED, ANY, ORIGIN_FIREWALL, "a firewall on the host refuses it ({said})",
     NULL},
    {ANY, PORT_REJECTED, ANY, ORIGIN_UPSTREAM,
     "a firewall or router on the way, {by}, refuses it ({said})", NULL},
    {ANY, PORT_REJECTED, ANY, ANY, "a firewall refuses it ({said})", NULL},

    {ANY, PORT_DROPPED, REASON_LOCAL_FIREWALL, ANY,
     "this machine's own firewall does not let it out", NULL},
    {ANY, PORT_DROPPED, ANY, ANY,
     "a firewall drops it (no answer to up to {tries} probes, while the host is up)", NULL},
    {ANY, PORT_SILENT, ANY, ANY,
     "no answer, and over UDP a firewall that drops and a service that is mute look alike",
     "If the service never answers a stranger, expect \"open or silent\"."},

    {ANY, PORT_UNKNOWN, REASON_HOST_SILENT, ANY,
     "the host answered nothing at all, so its silence proves nothing",
     "Check that the address is right and the machine is up."},
    {ANY, PORT_UNKNOWN, REASON_WENT_SILENT, ANY,
     "the host answered and then stopped: it went down, or it blocks this scanner",
     "Look for a ban on the host, or run again with a lower --max-rate."},
    {ANY, PORT_UNKNOWN, REASON_SEND_FAILED, ANY, "probes could not leave this machine",
     "Look at this machine's own firewall, its interface and its routes."},
    {ANY, PORT_UNKNOWN, REASON_LOCAL_FIREWALL, ANY,
     "this machine's own firewall does not let probes out",
     "Let this machine's firewall pass what the audit sends."},
    {ANY, PORT_UNKNOWN, REASON_CAPTURE_LOSS, ANY,
     "this machine lost packets that it captured, so an answer may have been missed",
     "Run again with a lower --max-rate."},
    {ANY, PORT_UNKNOWN, REASON_LINK_DOWN, ANY,
     "this machine's network went down or changed during the run",
     "Run again when the network is stable."},
    {ANY, PORT_UNKNOWN, REASON_CONFLICT, ANY, "valid answers contradict each other",
     "Look at the answers with portvet explain --probe; several machines may share the "
     "address."},
    {ANY, PORT_UNKNOWN, REASON_RATE_LIMITED, ANY,
     "answers come at a limited rate, so that silence, or a refusal, proves nothing",
     "Name the ports that matter one by one: they are asked first, and one after the other."},
    {ANY, PORT_UNKNOWN, REASON_ANSWERS_EVERYTHING, ANY,
     "every port answers, even random ones, so a SYN proxy or tarpit hides what is behind it",
     "Audit from behind the proxy, or let it pass this scanner."},
    {ANY, PORT_UNKNOWN, REASON_TRIES_EXHAUSTED, ANY,
     "--max-tries was reached before silence was proof", "Raise --max-tries or leave it out."},
    {ANY, PORT_UNKNOWN, REASON_DEADLINE, ANY, "--deadline came before there was proof",
     "Give a longer --deadline or a higher --max-rate."},
    {ANY, PORT_UNKNOWN, REASON_INTERRUPTED, ANY,
     "the run was interrupted before there was proof", "Run again to the end."},
    {ANY, PORT_UNKNOWN, REASON_UNRESOLVED, ANY, "the name has no address",
     "Check the name and this machine's resolver."},
    {ANY, PORT_UNKNOWN, REASON_NO_ROUTE, ANY, "this machine has no route to the host",
     "Add a route, or leave the address family out with -4 or -6."},
    {ANY, PORT_UNKNOWN, REASON_WRONG_KEY, ORIGIN_HOST,
     "probes get there, for the machine refuses some itself, and no answer is signed with this "
     "key: it has another, no responder runs, or the clocks are more than 5 s apart",
     "Ask the responder for its counters with SIGUSR1: \"not signed\" grows where the keys "
     "differ, \"stale\" where the clocks do."},
    {ANY, PORT_UNKNOWN, REASON_WRONG_KEY, ANY,
     "the machine answers, and no answer is signed with this key: it has another, no responder "
     "runs, the clocks are more than 5 s apart, or no probe gets there",
     "Ask the responder for its counters with SIGUSR1: \"not signed\" grows where the keys "
     "differ, \"stale\" where the clocks do, neither where no probe arrives."},
    {ANY, PORT_UNKNOWN, REASON_UNSIGNED, ANY,
     "the responder answered UDP but no SYN, so that nothing shows whether its answers to SYNs "
     "could come",
     "Let one TCP port out; if one is, look for a device on the way that drops SYNs with an "
     "MD5 "
     "option or strips it."},
    {ANY, PORT_UNKNOWN, REASON_TTL_EXCEEDED, ANY,
     "probes do not arrive, for at {by} their time to live was used up",
     "Look for a routing loop with traceroute."},
    {ANY, PORT_UNKNOWN, REASON_NO_RESPONSE, ANY,
     "no answer, and no proof that an answer would have been seen", "Run again."},
    {ANY, PORT_UNKNOWN, REASON_NONE, ANY, "it was not probed", "Run again."},
    {ANY, PORT_UNKNOWN, ANY, ANY, "{by} says {said}, which does not tell what the port is",
     "Check that the machine is up, and the route to it."},
    {ANY, ANY, ANY, ANY, "{said}", NULL},
};

/* What an answer says, in words. */
static const char *const said[REASON_COUNT] = {
    [REASON_NONE] = "nothing",
    [REASON_SYN_ACK] = "SYN-ACK",
    [REASON_UDP_RESPONSE] = "an answer",
    [REASON_RESET] = "reset",
    [REASON_RESPONDER] = "a signed answer",
    [REASON_PORT_UNREACHABLE] = "ICMP port unreachable",
    [REASON_PROTO_UNREACHABLE] = "ICMP protocol unreachable",
    [REASON_HOST_UNREACHABLE] = "ICMP host unreachable",
    [REASON_NET_UNREACHABLE] = "ICMP network unreachable",
    [REASON_HOST_UNKNOWN] = "ICMP host unknown",
    [REASON_NET_UNKNOWN] = "ICMP network unknown",
    [REASON_HOST_ISOLATED] = "ICMP source host isolated",
    [REASON_HOST_TOS] = "ICMP host unreachable for this type of service",
    [REASON_NET_TOS] = "ICMP network unreachable for this type of service",
    [REASON_ADMIN_PROHIBITED] = "ICMP administratively prohibited",
    [REASON_HOST_PROHIBITED] = "ICMP host prohibited",
    [REASON_NET_PROHIBITED] = "ICMP network prohibited",
    [REASON_HOST_PRECEDENCE] = "ICMP precedence violation",
    [REASON_PRECEDENCE_CUTOFF] = "ICMP precedence cut off",
    [REASON_FRAGMENTATION_NEEDED] = "ICMP fragmentation needed",
    [REASON_SOURCE_ROUTE_FAILED] = "ICMP source route failed",
    [REASON_BEYOND_SCOPE] = "ICMP beyond the scope of the source address",
    [REASON_SOURCE_POLICY] = "ICMP source address failed policy",
    [REASON_REJECT_ROUTE] = "ICMP reject route",
    [REASON_PACKET_TOO_BIG] = "ICMP packet too big",
    [REASON_TTL_EXCEEDED] = "ICMP time exceeded",
    [REASON_REASSEMBLY_TIMEOUT] = "ICMP reassembly time exceeded",
    [REASON_PARAMETER_PROBLEM] = "ICMP parameter problem",
    [REASON_SOURCE_QUENCH] = "ICMP source quench",
    [REASON_NO_RESPONSE] = "no answer",
    [REASON_HOST_SILENT] = "the host is silent",
    [REASON_WENT_SILENT] = "the host went silent",
    [REASON_SEND_FAILED] = "sending failed",
    [REASON_CAPTURE_LOSS] = "the capture lost packets",
    [REASON_LINK_DOWN] = "the link was down",
    [REASON_CONFLICT] = "answers that contradict each other",
    [REASON_RATE_LIMITED] = "answers at a limited rate",
    [REASON_ANSWERS_EVERYTHING] = "an answer on every port",
    [REASON_TRIES_EXHAUSTED] = "no answer to the tries allowed",
    [REASON_DEADLINE] = "no answer in the time allowed",
    [REASON_INTERRUPTED] = "no answer before the interruption",
    [REASON_UNRESOLVED] = "no address",
    [REASON_NO_ROUTE] = "no route",
    [REASON_WRONG_KEY] = "no answer signed with this key",
    [REASON_LOCAL_FIREWALL] = "refused by this machine's own firewall",
    [REASON_UNSIGNED] = "no signed answer to a SYN",
};

static bool fits(int wanted, unsigned value)
{
    return wanted == ANY || (unsigned)wanted == value;
}

static const struct why_row *row_find(const struct observation *seen)
{
    const struct why_row *row = rows;
    while (!fits(row->proto, seen->proto) || !fits(row->state, seen->state) ||
           !fits(row->reason, seen->reason) || !fits(row->origin, seen->origin))
        row++; /* the last row fits everything */
    return row;
}

static void write_by(const struct observation *seen, char value[static ADDR_TEXT_SIZE])
{
    if (seen->by.family == ADDR_NONE)
        snprintf(value, ADDR_TEXT_SIZE, "somebody");
    else
        addr_format(&seen->by, value);
}

static void write_said(const struct observation *seen, char value[static ADDR_TEXT_SIZE])
{
    snprintf(value, ADDR_TEXT_SIZE, "%s", said[seen->reason]);
}

static void write_tries(const struct observation *seen, char value[static ADDR_TEXT_SIZE])
{
    snprintf(value, ADDR_TEXT_SIZE, "%u", seen->tries);
}

static void write_confirmed(const struct observation *seen, char value[static ADDR_TEXT_SIZE])
{
    snprintf(value, ADDR_TEXT_SIZE, "%" PRIu32, seen->confirmed);
}

static const struct placeholder {
    const char *name;
    void (*write)(const struct observation *seen, char value[static ADDR_TEXT_SIZE]);
} placeholders[] = {
    {"{by}", write_by},
    {"{said}", write_said},
    {"{tries}", write_tries},
    {"{confirmed}", write_confirmed},
};

static const struct placeholder *placeholder_at(const char *text)
{
    for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++) {
        if (strncmp(text, placeholders[i].name, strlen(placeholders[i].name)) == 0)
            return &placeholders[i];
    }
    return NULL;
}

const char *why_sentence(const struct observation *seen, char text[static WHY_TEXT_SIZE])
{
    const char *from = row_find(seen)->sentence;
    size_t length = 0;
    while (*from && length + ADDR_TEXT_SIZE < WHY_TEXT_SIZE) {
        const struct placeholder *found = placeholder_at(from);
        if (!found) {
            text[length++] = *from++;
            continue;
        }
        found->write(seen, text + length);
        length += strlen(text + length);
        from += strlen(found->name);
    }
    text[length] = '\0';
    if (observation_has_syn_ack(seen))
        snprintf(
            text + length, WHY_TEXT_SIZE - length,
            "; a SYN-ACK came, but nothing shows that the host does not send one for every "
            "port");
    char place[FORWARDING_TEXT_SIZE];
    if (*forwarding_format(&seen->forwarded, place))
        snprintf(text + length, WHY_TEXT_SIZE - length,
                 "; it arrived as %s: a device on the way forwards this port", place);
    return text;
}

const char *why_remedy(const struct observation *seen)
{
    return row_find(seen)->remedy;
}
