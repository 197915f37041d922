#include "tests/simulator/truth.h"

#include "tests/simulator/places.h"

#define BIT(value) (1u << (value))

enum {
    ANY_HOST = BIT(ORIGIN_HOST) | BIT(ORIGIN_UNKNOWN),
    AT_HOST = BIT(ORIGIN_FIREWALL) | BIT(ORIGIN_UNKNOWN),
    BEFORE_HOST = BIT(ORIGIN_UPSTREAM) | BIT(ORIGIN_UNKNOWN),
};

enum icmp_kind { NO_ICMP, PORT_ERROR, OTHER_ERROR };

/* One thing that may be said of a behaviour. */
struct allowed {
    enum proto proto;
    enum sim_behaviour behaviour;
    enum icmp_kind error; /* SIM_REJECT_ICMP: which */
    enum port_state state;
    enum reason reason; /* REASON_NONE: the one that belongs to the ICMP code */
    unsigned origins;   /* for what stands at the host itself; 0: those of a firewall */
};

/* A RST or port-unreachable of a firewall that nothing betrays may pass for closed, but not
 * for the host's own word; a refusal for which no token was left may be called limited. */
static const struct allowed table[] = {
    {PROTO_TCP, SIM_OPEN, NO_ICMP, PORT_OPEN, REASON_SYN_ACK, ANY_HOST},
    {PROTO_TCP, SIM_CLOSED, NO_ICMP, PORT_CLOSED, REASON_RESET, ANY_HOST},
    {PROTO_TCP, SIM_CLOSED, NO_ICMP, PORT_CLOSED, REASON_RATE_LIMITED, ANY_HOST},
    {PROTO_TCP, SIM_DROP, NO_ICMP, PORT_DROPPED, REASON_NO_RESPONSE, BIT(ORIGIN_UNKNOWN)},
    {PROTO_TCP, SIM_REJECT_RESET, NO_ICMP, PORT_REJECTED, REASON_RESET, 0},
    {PROTO_TCP, SIM_REJECT_RESET, NO_ICMP, PORT_CLOSED, REASON_RESET, BIT(ORIGIN_UNKNOWN)},
    {PROTO_TCP, SIM_REJECT_ICMP, PORT_ERROR, PORT_REJECTED, REASON_NONE, 0},
    {PROTO_TCP, SIM_REJECT_ICMP, OTHER_ERROR, PORT_REJECTED, REASON_NONE, 0},
    {PROTO_TCP, SIM_REJECT_ICMP, PORT_ERROR, PORT_REJECTED, REASON_RATE_LIMITED, 0},
    {PROTO_TCP, SIM_REJECT_ICMP, OTHER_ERROR, PORT_REJECTED, REASON_RATE_LIMITED, 0},
    {PROTO_UDP, SIM_OPEN, NO_ICMP, PORT_OPEN, REASON_UDP_RESPONSE, ANY_HOST},
    {PROTO_UDP, SIM_MUTE, NO_ICMP, PORT_SILENT, REASON_NO_RESPONSE, BIT(ORIGIN_UNKNOWN)},
    {PROTO_UDP, SIM_DROP, NO_ICMP, PORT_SILENT, REASON_NO_RESPONSE, BIT(ORIGIN_UNKNOWN)},
    {PROTO_UDP, SIM_CLOSED, NO_ICMP, PORT_CLOSED, REASON_PORT_UNREACHABLE, ANY_HOST},
    {PROTO_UDP, SIM_CLOSED, NO_ICMP, PORT_CLOSED, REASON_RATE_LIMITED, ANY_HOST},
    {PROTO_UDP, SIM_REJECT_ICMP, PORT_ERROR, PORT_REJECTED, REASON_NONE, 0},
    {PROTO_UDP, SIM_REJECT_ICMP, OTHER_ERROR, PORT_REJECTED, REASON_NONE, 0},
    {PROTO_UDP, SIM_REJECT_ICMP, PORT_ERROR, PORT_REJECTED, REASON_RATE_LIMITED, 0},
    {PROTO_UDP, SIM_REJECT_ICMP, OTHER_ERROR, PORT_REJECTED, REASON_RATE_LIMITED, 0},
    {PROTO_UDP, SIM_REJECT_ICMP, PORT_ERROR, PORT_CLOSED, REASON_NONE, BIT(ORIGIN_UNKNOWN)},
    {PROTO_UDP, SIM_REJECT_ICMP, PORT_ERROR, PORT_CLOSED, REASON_RATE_LIMITED,
     BIT(ORIGIN_UNKNOWN)},
};

/* Said again here, apart from probes/answer.c, for the codes that scenarios use. */
static const struct {
    enum addr_family family;
    uint8_t type, code;
    enum reason reason;
} reasons[] = {
    {ADDR_IPV4, 3, 0, REASON_NET_UNREACHABLE},   {ADDR_IPV4, 3, 1, REASON_HOST_UNREACHABLE},
    {ADDR_IPV4, 3, 2, REASON_PROTO_UNREACHABLE}, {ADDR_IPV4, 3, 3, REASON_PORT_UNREACHABLE},
    {ADDR_IPV4, 3, 9, REASON_NET_PROHIBITED},    {ADDR_IPV4, 3, 10, REASON_HOST_PROHIBITED},
    {ADDR_IPV4, 3, 13, REASON_ADMIN_PROHIBITED}, {ADDR_IPV6, 1, 0, REASON_NET_UNREACHABLE},
    {ADDR_IPV6, 1, 1, REASON_ADMIN_PROHIBITED},  {ADDR_IPV6, 1, 3, REASON_HOST_UNREACHABLE},
    {ADDR_IPV6, 1, 4, REASON_PORT_UNREACHABLE},  {ADDR_IPV6, 1, 5, REASON_SOURCE_POLICY},
    {ADDR_IPV6, 1, 6, REASON_REJECT_ROUTE},
};

static enum reason reason_of(const struct addr *address, const struct sim_answer *answer)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].family == address->family && reasons[i].type == answer->icmp_type &&
            reasons[i].code == answer->icmp_code)
            return reasons[i].reason;
    return REASON_NONE;
}

static const struct sim_host *host_of(const struct sim_config *config,
                                      const struct addr *address)
{
    for (size_t i = 0; i < config->host_count; i++)
        if (sim_host_has(&config->hosts[i], address))
            return &config->hosts[i];
    return NULL;
}

/* Nothing that this port says can ever reach us. */
static bool is_out_of_reach(const struct sim_config *config, const struct sim_host *host,
                            uint16_t port)
{
    if (host->reach != SIM_REACHABLE ||
        (host->away.from == 0 && host->away.until == NSEC_NEVER))
        return true;
    for (size_t i = 0; i < config->fault_count; i++) {
        const struct sim_fault *fault = &config->faults[i];
        if (fault->kind == SIM_SEND_ERROR && fault->when.from == 0 &&
            fault->when.until == NSEC_NEVER && fault->chance >= 1 &&
            fault->first_port <= port && port <= fault->last_port)
            return true;
    }
    return false;
}

/* Whoever answered must be the machine or router whose behaviour it is; nobody answered
 * where silence or a limit is reported. */
static bool is_by_right_one(const struct sim_config *config, const struct addr *address,
                            const struct sim_answer *answer, const struct observation *seen)
{
    if (seen->reason == REASON_NO_RESPONSE)
        return seen->by.family == ADDR_NONE;
    if (seen->reason == REASON_RATE_LIMITED && seen->by.family == ADDR_NONE)
        return true;
    bool by_router = answer->behaviour == SIM_REJECT_ICMP && answer->router != 0;
    return addr_equal(&seen->by,
                      by_router ? &config->routers[answer->router - 1].address : address);
}

/* A limited refusal says nothing of where the port leads, for nobody saw it. */
static bool is_forwarded_right(const struct sim_answer *answer, const struct observation *seen,
                               uint16_t port)
{
    struct forwarding truth = {.port = 0};
    if (answer->forwarding != NULL && seen->reason != REASON_RATE_LIMITED) {
        truth.address = answer->forwarding->address;
        truth.port = answer->forwarding->port == port ? 0 : answer->forwarding->port;
    }
    return forwarding_compare(&truth, &seen->forwarded) == 0;
}

static bool is_allowed(const struct allowed *row, const struct addr *address,
                       const struct sim_answer *answer, const struct observation *seen)
{
    enum reason told = reason_of(address, answer);
    enum icmp_kind kind = NO_ICMP;
    if (answer->behaviour == SIM_REJECT_ICMP)
        kind = told == REASON_PORT_UNREACHABLE ? PORT_ERROR : OTHER_ERROR;
    unsigned origins = row->origins;
    if (origins == 0)
        origins = answer->router == 0 ? AT_HOST : BEFORE_HOST;
    return row->proto == seen->proto && row->behaviour == answer->behaviour &&
           row->error == kind && row->state == seen->state &&
           (row->reason == REASON_NONE ? told : row->reason) == seen->reason &&
           (origins & BIT(seen->origin)) != 0;
}

enum sim_verdict sim_truth_judge(const struct sim_config *config, const struct addr *address,
                                 const struct observation *seen, uint16_t port)
{
    if (seen->state == PORT_UNKNOWN)
        return SIM_UNSAID;
    const struct sim_host *host = host_of(config, address);
    const struct sim_answer *answer = simulator_truth(config, address, seen->proto, port);
    if (host == NULL || answer == NULL || is_out_of_reach(config, host, port) ||
        !is_by_right_one(config, address, answer, seen) ||
        !is_forwarded_right(answer, seen, port))
        return SIM_WRONG;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (is_allowed(&table[i], address, answer, seen))
            return SIM_RIGHT;
    return SIM_WRONG;
}
