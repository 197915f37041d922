#include "probes/state.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const char *const proto_names[PROTO_COUNT] = {
    [PROTO_TCP] = "tcp",
    [PROTO_UDP] = "udp",
};

static const char *const port_state_names[PORT_STATE_COUNT] = {
    [PORT_UNKNOWN] = "unknown",   [PORT_OPEN] = "open",       [PORT_CLOSED] = "closed",
    [PORT_REJECTED] = "rejected", [PORT_DROPPED] = "dropped", [PORT_SILENT] = "silent",
};

static const char *const reason_names[REASON_COUNT] = {
    [REASON_NONE] = "none",
    [REASON_SYN_ACK] = "syn-ack",
    [REASON_UDP_RESPONSE] = "udp-response",
    [REASON_RESET] = "reset",
    [REASON_RESPONDER] = "responder",
    [REASON_PORT_UNREACHABLE] = "port-unreachable",
    [REASON_PROTO_UNREACHABLE] = "proto-unreachable",
    [REASON_HOST_UNREACHABLE] = "host-unreachable",
    [REASON_NET_UNREACHABLE] = "net-unreachable",
    [REASON_HOST_UNKNOWN] = "host-unknown",
    [REASON_NET_UNKNOWN] = "net-unknown",
    [REASON_HOST_ISOLATED] = "host-isolated",
    [REASON_HOST_TOS] = "host-tos",
    [REASON_NET_TOS] = "net-tos",
    [REASON_ADMIN_PROHIBITED] = "admin-prohibited",
    [REASON_HOST_PROHIBITED] = "host-prohibited",
    [REASON_NET_PROHIBITED] = "net-prohibited",
    [REASON_HOST_PRECEDENCE] = "host-precedence",
    [REASON_PRECEDENCE_CUTOFF] = "precedence-cutoff",
    [REASON_FRAGMENTATION_NEEDED] = "fragmentation-needed",
    [REASON_SOURCE_ROUTE_FAILED] = "source-route-failed",
    [REASON_BEYOND_SCOPE] = "beyond-scope",
    [REASON_SOURCE_POLICY] = "source-policy",
    [REASON_REJECT_ROUTE] = "reject-route",
    [REASON_PACKET_TOO_BIG] = "packet-too-big",
    [REASON_TTL_EXCEEDED] = "ttl-exceeded",
    [REASON_REASSEMBLY_TIMEOUT] = "reassembly-timeout",
    [REASON_PARAMETER_PROBLEM] = "parameter-problem",
    [REASON_SOURCE_QUENCH] = "source-quench",
    [REASON_UNASSIGNED_CODE] = "unassigned-code",
    [REASON_NO_RESPONSE] = "no-response",
    [REASON_HOST_SILENT] = "host-silent",
    [REASON_WENT_SILENT] = "went-silent",
    [REASON_SEND_FAILED] = "send-failed",
    [REASON_CAPTURE_LOSS] = "capture-loss",
    [REASON_LINK_DOWN] = "link-down",
    [REASON_CONFLICT] = "conflict",
    [REASON_RATE_LIMITED] = "rate-limited",
    [REASON_ANSWERS_EVERYTHING] = "answers-everything",
    [REASON_TRIES_EXHAUSTED] = "tries-exhausted",
    [REASON_DEADLINE] = "deadline",
    [REASON_INTERRUPTED] = "interrupted",
    [REASON_UNRESOLVED] = "unresolved",
    [REASON_NO_ROUTE] = "no-route",
    [REASON_WRONG_KEY] = "wrong-key",
    [REASON_LOCAL_FIREWALL] = "local-firewall",
    [REASON_UNSIGNED] = "unsigned",
};

static const char *const origin_names[ORIGIN_COUNT] = {
    [ORIGIN_UNKNOWN] = "unknown",   [ORIGIN_HOST] = "host",   [ORIGIN_FIREWALL] = "firewall",
    [ORIGIN_UPSTREAM] = "upstream", [ORIGIN_LOCAL] = "local",
};

static const char *name_at(const char *const *names, size_t count, unsigned index)
{
    assert(index < count && names[index]);
    return names[index];
}

static int index_of(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return (int)i;
    }
    return -1;
}

const char *proto_name(enum proto proto)
{
    return name_at(proto_names, PROTO_COUNT, proto);
}

const char *port_state_name(enum port_state state)
{
    return name_at(port_state_names, PORT_STATE_COUNT, state);
}

const char *reason_name(enum reason reason)
{
    return name_at(reason_names, REASON_COUNT, reason);
}

const char *origin_name(enum origin origin)
{
    return name_at(origin_names, ORIGIN_COUNT, origin);
}

int proto_from_name(const char *name)
{
    return index_of(proto_names, PROTO_COUNT, name);
}

int port_state_from_name(const char *name)
{
    return index_of(port_state_names, PORT_STATE_COUNT, name);
}

int reason_from_name(const char *name)
{
    return index_of(reason_names, REASON_COUNT, name);
}

int origin_from_name(const char *name)
{
    return index_of(origin_names, ORIGIN_COUNT, name);
}
