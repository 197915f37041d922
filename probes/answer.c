#include "probes/answer.h"

/* Short names for the columns of the table. */
#define UNKNOWN  PORT_UNKNOWN
#define CLOSED   PORT_CLOSED
#define REJECTED PORT_REJECTED
#define V4       ADDR_IPV4
#define V6       ADDR_IPV6

/* TCP is refused by a host's stack with RST (RFC 9293, 3.10.7.1), so ICMP to TCP is always
 * a filter's. UDP to a port where nobody listens draws port-unreachable from the stack
 * (RFC 1122, 4.1.3.1); every other refusal of UDP is a filter's: a host that speaks IP
 * without UDP, the honest source of a protocol-unreachable, is not met in practice. What
 * speaks of the packet and not of the port says nothing of the port. */
static const struct icmp_row rows[] = {
    {V4, 3, 0, REJECTED, REJECTED, REASON_NET_UNREACHABLE, true, "RFC 792"},
    {V4, 3, 1, REJECTED, REJECTED, REASON_HOST_UNREACHABLE, true, "RFC 792"},
    {V4, 3, 2, REJECTED, REJECTED, REASON_PROTO_UNREACHABLE, false, "RFC 792"},
    {V4, 3, 3, REJECTED, CLOSED, REASON_PORT_UNREACHABLE, false, "RFC 792; RFC 1122, 4.1.3.1"},
    {V4, 3, 4, UNKNOWN, UNKNOWN, REASON_FRAGMENTATION_NEEDED, false, "RFC 792; RFC 1191"},
    {V4, 3, 5, REJECTED, REJECTED, REASON_SOURCE_ROUTE_FAILED, false, "RFC 792"},
    {V4, 3, 6, REJECTED, REJECTED, REASON_NET_UNKNOWN, true, "RFC 1122, 3.2.2.1"},
    {V4, 3, 7, REJECTED, REJECTED, REASON_HOST_UNKNOWN, true, "RFC 1122, 3.2.2.1"},
    {V4, 3, 8, REJECTED, REJECTED, REASON_HOST_ISOLATED, true, "RFC 1122, 3.2.2.1"},
    {V4, 3, 9, REJECTED, REJECTED, REASON_NET_PROHIBITED, false, "RFC 1122, 3.2.2.1"},
    {V4, 3, 10, REJECTED, REJECTED, REASON_HOST_PROHIBITED, false, "RFC 1122, 3.2.2.1"},
    {V4, 3, 11, REJECTED, REJECTED, REASON_NET_TOS, true, "RFC 1122, 3.2.2.1"},
    {V4, 3, 12, REJECTED, REJECTED, REASON_HOST_TOS, true, "RFC 1122, 3.2.2.1"},
    {V4, 3, 13, REJECTED, REJECTED, REASON_ADMIN_PROHIBITED, false, "RFC 1812, 5.2.7.1"},
    {V4, 3, 14, REJECTED, REJECTED, REASON_HOST_PRECEDENCE, false, "RFC 1812, 5.2.7.1"},
    {V4, 3, 15, REJECTED, REJECTED, REASON_PRECEDENCE_CUTOFF, false, "RFC 1812, 5.2.7.1"},
    {V4, 4, 0, UNKNOWN, UNKNOWN, REASON_SOURCE_QUENCH, false, "RFC 792; RFC 6633"},
    {V4, 11, 0, UNKNOWN, UNKNOWN, REASON_TTL_EXCEEDED, false, "RFC 792"},
    {V4, 11, 1, UNKNOWN, UNKNOWN, REASON_REASSEMBLY_TIMEOUT, false, "RFC 792"},
    {V4, 12, 0, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 792"},
    {V4, 12, 1, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 1108"},
    {V4, 12, 2, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 1812, 5.2.7.2"},

    {V6, 1, 0, REJECTED, REJECTED, REASON_NET_UNREACHABLE, true, "RFC 4443, 3.1"},
    {V6, 1, 1, REJECTED, REJECTED, REASON_ADMIN_PROHIBITED, false, "RFC 4443, 3.1"},
    {V6, 1, 2, REJECTED, REJECTED, REASON_BEYOND_SCOPE, false, "RFC 4443, 3.1"},
    {V6, 1, 3, REJECTED, REJECTED, REASON_HOST_UNREACHABLE, true, "RFC 4443, 3.1"},
    {V6, 1, 4, REJECTED, CLOSED, REASON_PORT_UNREACHABLE, false, "RFC 4443, 3.1"},
    {V6, 1, 5, REJECTED, REJECTED, REASON_SOURCE_POLICY, false, "RFC 4443, 3.1"},
    {V6, 1, 6, REJECTED, REJECTED, REASON_REJECT_ROUTE, false, "RFC 4443, 3.1"},
    {V6, 1, 7, REJECTED, REJECTED, REASON_SOURCE_ROUTE_FAILED, false, "RFC 6550, 20.18"},
    {V6, 1, 8, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 8883, 3.1"},
    {V6, 2, 0, UNKNOWN, UNKNOWN, REASON_PACKET_TOO_BIG, false, "RFC 4443, 3.2"},
    {V6, 3, 0, UNKNOWN, UNKNOWN, REASON_TTL_EXCEEDED, false, "RFC 4443, 3.3"},
    {V6, 3, 1, UNKNOWN, UNKNOWN, REASON_REASSEMBLY_TIMEOUT, false, "RFC 4443, 3.3"},
    {V6, 4, 0, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 4443, 3.4"},
    {V6, 4, 1, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 4443, 3.4"},
    {V6, 4, 2, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 4443, 3.4"},
    {V6, 4, 3, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 7112"},
    {V6, 4, 4, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 8754"},
    {V6, 4, 5, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 8883, 2.1"},
    {V6, 4, 6, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 8883, 2.2"},
    {V6, 4, 7, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 8883, 2.3"},
    {V6, 4, 8, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 8883, 2.4"},
    {V6, 4, 9, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 8883, 2.5"},
    {V6, 4, 10, UNKNOWN, UNKNOWN, REASON_PARAMETER_PROBLEM, false, "RFC 8883, 2.6"},
};

const struct icmp_row *answer_icmp_rows(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}

static const struct icmp_row *find_row(uint8_t family, uint8_t type, uint8_t code)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].family == family && rows[i].type == type && rows[i].code == code)
            return &rows[i];
    }
    return NULL;
}

/* An ICMP error that the target did not send itself. */
static void read_distant_error(struct answer *answer, const struct reply *reply,
                               const struct icmp_row *row)
{
    answer->maybe_absent = row && row->about_reach;
    if (addr_equal(&reply->from, &reply->prober)) {
        /* This machine gave up, for want of a neighbour or by its own firewall: nothing
         * is known of the target. */
        answer->origin = ORIGIN_LOCAL;
        answer->state = PORT_UNKNOWN;
        return;
    }
    answer->origin = ORIGIN_UPSTREAM;
    if (answer->state == PORT_CLOSED)
        answer->state = PORT_REJECTED;
}

/* To another address: then what comes in the target's name may have been translated back. */
static bool was_sent_on(const struct reply *reply)
{
    return reply->forwarded.address.family != ADDR_NONE &&
           !addr_equal(&reply->forwarded.address, &reply->target);
}

static void read_error(struct answer *answer, const struct reply *reply)
{
    const struct icmp_row *row =
        find_row(reply->from.family, reply->icmp_type, reply->icmp_code);
    answer->reason = row ? row->reason : REASON_UNASSIGNED_CODE;
    answer->state = PORT_UNKNOWN;
    if (row)
        answer->state = reply->proto == PROTO_TCP ? row->tcp : row->udp;
    answer->origin = answer->state == PORT_REJECTED ? ORIGIN_FIREWALL : ORIGIN_UNKNOWN;
    if (answer->host_spoke && was_sent_on(reply))
        answer->origin = ORIGIN_UNKNOWN;
    if (!answer->host_spoke)
        read_distant_error(answer, reply, row);
}

bool answer_read(struct answer *answer, const struct reply *reply)
{
    *answer = (struct answer){.host_spoke = addr_equal(&reply->from, &reply->target)};
    switch (reply->kind) {
    case REPLY_SYN_ACK:
        answer->state = PORT_OPEN;
        answer->reason = REASON_SYN_ACK;
        answer->origin = ORIGIN_HOST;
        return true;
    case REPLY_UDP:
        answer->state = PORT_OPEN;
        answer->reason = REASON_UDP_RESPONSE;
        answer->origin = ORIGIN_HOST;
        return true;
    case REPLY_RESET:
        answer->state = PORT_CLOSED;
        answer->reason = REASON_RESET;
        return true;
    case REPLY_ICMP_ERROR:
        read_error(answer, reply);
        return true;
    case REPLY_TCP_OTHER:
    case REPLY_ECHO:
        break;
    }
    return false;
}
