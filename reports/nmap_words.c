#include "reports/nmap_words.h"

static const char *const state_names[NMAP_STATE_COUNT] = {
    [NMAP_OPEN] = "open",         [NMAP_CLOSED] = "closed",
    [NMAP_FILTERED] = "filtered", [NMAP_OPEN_FILTERED] = "open|filtered",
    [NMAP_UNKNOWN] = "unknown",
};

static const enum nmap_state states[PORT_STATE_COUNT] = {
    [PORT_UNKNOWN] = NMAP_UNKNOWN,  [PORT_OPEN] = NMAP_OPEN,
    [PORT_CLOSED] = NMAP_CLOSED,    [PORT_REJECTED] = NMAP_FILTERED,
    [PORT_DROPPED] = NMAP_FILTERED, [PORT_SILENT] = NMAP_OPEN_FILTERED,
};

/* The others: nothing answered. */
static const char *const reasons[REASON_COUNT] = {
    [REASON_SYN_ACK] = "syn-ack",
    [REASON_UDP_RESPONSE] = "udp-response",
    [REASON_RESET] = "reset",
    [REASON_RESPONDER] = "udp-response",
    [REASON_PORT_UNREACHABLE] = "port-unreach",
    [REASON_PROTO_UNREACHABLE] = "proto-unreach",
    [REASON_HOST_UNREACHABLE] = "host-unreach",
    [REASON_NET_UNREACHABLE] = "net-unreach",
    [REASON_HOST_UNKNOWN] = "unknown-response",
    [REASON_NET_UNKNOWN] = "unknown-response",
    [REASON_HOST_ISOLATED] = "unknown-response",
    [REASON_HOST_TOS] = "unknown-response",
    [REASON_NET_TOS] = "unknown-response",
    [REASON_ADMIN_PROHIBITED] = "admin-prohibited",
    [REASON_HOST_PROHIBITED] = "host-prohibited",
    [REASON_NET_PROHIBITED] = "net-prohibited",
    [REASON_HOST_PRECEDENCE] = "unknown-response",
    [REASON_PRECEDENCE_CUTOFF] = "unknown-response",
    [REASON_FRAGMENTATION_NEEDED] = "unknown-response",
    [REASON_SOURCE_ROUTE_FAILED] = "unknown-response",
    [REASON_BEYOND_SCOPE] = "unknown-response",
    [REASON_SOURCE_POLICY] = "unknown-response",
    [REASON_REJECT_ROUTE] = "unknown-response",
    [REASON_PACKET_TOO_BIG] = "unknown-response",
    [REASON_TTL_EXCEEDED] = "time-exceeded",
    [REASON_REASSEMBLY_TIMEOUT] = "unknown-response",
    [REASON_PARAMETER_PROBLEM] = "unknown-response",
    [REASON_SOURCE_QUENCH] = "source-quench",
    [REASON_CONFLICT] = "unknown-response",
    [REASON_ANSWERS_EVERYTHING] = "unknown-response",
    [REASON_WRONG_KEY] = "unknown-response",
    [REASON_UNSIGNED] = "unknown-response",
    [REASON_NO_ROUTE] = "no-route",
    [REASON_RATE_LIMITED] = "admin-prohibited",
};

const char *nmap_state_name(enum nmap_state state)
{
    return state_names[state];
}

enum nmap_state nmap_state_of(const struct observation *seen)
{
    if (seen->state == PORT_REJECTED && seen->reason == REASON_RESET)
        return NMAP_CLOSED;
    return states[seen->state];
}

const char *nmap_reason(enum reason reason)
{
    return reasons[reason] ? reasons[reason] : "no-response";
}
