/* The judge of the scenarios: what each behaviour may be called, and what not. */
#include "tests/simulator/truth.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct sim_router routers[] = {
    {.address = {.family = ADDR_IPV4, .bytes = {198, 51, 100, 1}}, .hops = 2},
};

static const struct sim_row rows[] = {
    {PROTO_TCP, 1, 1, {.behaviour = SIM_OPEN}},
    {PROTO_TCP, 2, 2, {.behaviour = SIM_CLOSED}},
    {PROTO_TCP, 3, 3, {.behaviour = SIM_DROP}},
    {PROTO_TCP, 4, 4, {.behaviour = SIM_REJECT_RESET}},
    {PROTO_TCP, 5, 5, {.behaviour = SIM_REJECT_RESET, .router = 1}},
    {PROTO_TCP, 6, 6, {.behaviour = SIM_REJECT_ICMP, .icmp_type = 3, .icmp_code = 13}},
    {PROTO_TCP,
     7,
     7,
     {.behaviour = SIM_REJECT_ICMP, .icmp_type = 3, .icmp_code = 9, .router = 1}},
    {PROTO_TCP, 8, 8, {.behaviour = SIM_SYN_PROXY}},
    {PROTO_UDP, 1, 1, {.behaviour = SIM_OPEN}},
    {PROTO_UDP, 2, 2, {.behaviour = SIM_CLOSED}},
    {PROTO_UDP, 3, 3, {.behaviour = SIM_DROP}},
    {PROTO_UDP, 4, 4, {.behaviour = SIM_MUTE}},
    {PROTO_UDP, 5, 5, {.behaviour = SIM_REJECT_ICMP, .icmp_type = 3, .icmp_code = 3}},
    {PROTO_UDP, 6, 6, {.behaviour = SIM_REJECT_ICMP, .icmp_type = 3, .icmp_code = 10}},
};

enum who { NOBODY, HOST, ROUTER };

static const struct {
    enum proto proto;
    uint16_t port;
    enum port_state state;
    enum reason reason;
    enum origin origin;
    enum who by;
    enum sim_verdict verdict;
} cases[] = {
    {PROTO_TCP, 1, PORT_OPEN, REASON_SYN_ACK, ORIGIN_HOST, HOST, SIM_RIGHT},
    {PROTO_TCP, 1, PORT_OPEN, REASON_SYN_ACK, ORIGIN_UPSTREAM, HOST, SIM_WRONG},
    {PROTO_TCP, 1, PORT_CLOSED, REASON_RESET, ORIGIN_HOST, HOST, SIM_WRONG},
    {PROTO_TCP, 1, PORT_DROPPED, REASON_NO_RESPONSE, ORIGIN_UNKNOWN, NOBODY, SIM_WRONG},
    {PROTO_TCP, 1, PORT_UNKNOWN, REASON_CONFLICT, ORIGIN_UNKNOWN, HOST, SIM_UNSAID},
    {PROTO_TCP, 2, PORT_CLOSED, REASON_RESET, ORIGIN_HOST, HOST, SIM_RIGHT},
    {PROTO_TCP, 2, PORT_CLOSED, REASON_RESET, ORIGIN_UNKNOWN, HOST, SIM_RIGHT},
    {PROTO_TCP, 2, PORT_CLOSED, REASON_RESET, ORIGIN_FIREWALL, HOST, SIM_WRONG},
    {PROTO_TCP, 2, PORT_CLOSED, REASON_RESET, ORIGIN_HOST, ROUTER, SIM_WRONG},
    {PROTO_TCP, 2, PORT_REJECTED, REASON_RESET, ORIGIN_UNKNOWN, HOST, SIM_WRONG},
    {PROTO_TCP, 2, PORT_OPEN, REASON_SYN_ACK, ORIGIN_HOST, HOST, SIM_WRONG},
    {PROTO_TCP, 3, PORT_DROPPED, REASON_NO_RESPONSE, ORIGIN_UNKNOWN, NOBODY, SIM_RIGHT},
    {PROTO_TCP, 3, PORT_DROPPED, REASON_NO_RESPONSE, ORIGIN_UNKNOWN, HOST, SIM_WRONG},
    {PROTO_TCP, 3, PORT_REJECTED, REASON_RATE_LIMITED, ORIGIN_UNKNOWN, NOBODY, SIM_WRONG},
    {PROTO_TCP, 3, PORT_CLOSED, REASON_RESET, ORIGIN_UNKNOWN, HOST, SIM_WRONG},
    {PROTO_TCP, 4, PORT_REJECTED, REASON_RESET, ORIGIN_FIREWALL, HOST, SIM_RIGHT},
    {PROTO_TCP, 4, PORT_CLOSED, REASON_RESET, ORIGIN_UNKNOWN, HOST, SIM_RIGHT},
    {PROTO_TCP, 4, PORT_CLOSED, REASON_RESET, ORIGIN_HOST, HOST, SIM_WRONG},
    {PROTO_TCP, 4, PORT_REJECTED, REASON_RESET, ORIGIN_UPSTREAM, HOST, SIM_WRONG},
    {PROTO_TCP, 5, PORT_REJECTED, REASON_RESET, ORIGIN_UPSTREAM, HOST, SIM_RIGHT},
    {PROTO_TCP, 5, PORT_REJECTED, REASON_RESET, ORIGIN_FIREWALL, HOST, SIM_WRONG},
    {PROTO_TCP, 6, PORT_REJECTED, REASON_ADMIN_PROHIBITED, ORIGIN_FIREWALL, HOST, SIM_RIGHT},
    {PROTO_TCP, 6, PORT_REJECTED, REASON_HOST_PROHIBITED, ORIGIN_FIREWALL, HOST, SIM_WRONG},
    {PROTO_TCP, 6, PORT_REJECTED, REASON_RATE_LIMITED, ORIGIN_UNKNOWN, NOBODY, SIM_RIGHT},
    {PROTO_TCP, 6, PORT_DROPPED, REASON_NO_RESPONSE, ORIGIN_UNKNOWN, NOBODY, SIM_WRONG},
    {PROTO_TCP, 6, PORT_CLOSED, REASON_ADMIN_PROHIBITED, ORIGIN_UNKNOWN, HOST, SIM_WRONG},
    {PROTO_TCP, 7, PORT_REJECTED, REASON_NET_PROHIBITED, ORIGIN_UPSTREAM, ROUTER, SIM_RIGHT},
    {PROTO_TCP, 7, PORT_REJECTED, REASON_NET_PROHIBITED, ORIGIN_UPSTREAM, HOST, SIM_WRONG},
    {PROTO_TCP, 7, PORT_REJECTED, REASON_NET_PROHIBITED, ORIGIN_FIREWALL, ROUTER, SIM_WRONG},
    {PROTO_TCP, 8, PORT_OPEN, REASON_SYN_ACK, ORIGIN_HOST, HOST, SIM_WRONG},
    {PROTO_TCP, 8, PORT_UNKNOWN, REASON_ANSWERS_EVERYTHING, ORIGIN_UNKNOWN, HOST, SIM_UNSAID},
    {PROTO_UDP, 1, PORT_OPEN, REASON_UDP_RESPONSE, ORIGIN_HOST, HOST, SIM_RIGHT},
    {PROTO_UDP, 1, PORT_SILENT, REASON_NO_RESPONSE, ORIGIN_UNKNOWN, NOBODY, SIM_WRONG},
    {PROTO_UDP, 2, PORT_CLOSED, REASON_PORT_UNREACHABLE, ORIGIN_UNKNOWN, HOST, SIM_RIGHT},
    {PROTO_UDP, 2, PORT_CLOSED, REASON_RATE_LIMITED, ORIGIN_UNKNOWN, NOBODY, SIM_RIGHT},
    {PROTO_UDP, 2, PORT_REJECTED, REASON_PORT_UNREACHABLE, ORIGIN_FIREWALL, HOST, SIM_WRONG},
    {PROTO_UDP, 2, PORT_SILENT, REASON_NO_RESPONSE, ORIGIN_UNKNOWN, NOBODY, SIM_WRONG},
    {PROTO_UDP, 3, PORT_SILENT, REASON_NO_RESPONSE, ORIGIN_UNKNOWN, NOBODY, SIM_RIGHT},
    {PROTO_UDP, 3, PORT_DROPPED, REASON_NO_RESPONSE, ORIGIN_UNKNOWN, NOBODY, SIM_WRONG},
    {PROTO_UDP, 4, PORT_SILENT, REASON_NO_RESPONSE, ORIGIN_UNKNOWN, NOBODY, SIM_RIGHT},
    {PROTO_UDP, 4, PORT_OPEN, REASON_UDP_RESPONSE, ORIGIN_HOST, HOST, SIM_WRONG},
    {PROTO_UDP, 5, PORT_REJECTED, REASON_PORT_UNREACHABLE, ORIGIN_FIREWALL, HOST, SIM_RIGHT},
    {PROTO_UDP, 5, PORT_CLOSED, REASON_PORT_UNREACHABLE, ORIGIN_UNKNOWN, HOST, SIM_RIGHT},
    {PROTO_UDP, 5, PORT_CLOSED, REASON_PORT_UNREACHABLE, ORIGIN_HOST, HOST, SIM_WRONG},
    {PROTO_UDP, 6, PORT_REJECTED, REASON_HOST_PROHIBITED, ORIGIN_FIREWALL, HOST, SIM_RIGHT},
    {PROTO_UDP, 6, PORT_CLOSED, REASON_HOST_PROHIBITED, ORIGIN_UNKNOWN, HOST, SIM_WRONG},
};

static struct sim_host host = {
    .first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 10}},
    .count = 1,
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
};

static struct sim_config config = {
    .hosts = &host, .host_count = 1, .routers = routers, .router_count = 1};

static struct observation observe(size_t i)
{
    struct observation seen = {.proto = cases[i].proto,
                               .state = cases[i].state,
                               .reason = cases[i].reason,
                               .origin = cases[i].origin};
    if (cases[i].by != NOBODY)
        seen.by = cases[i].by == HOST ? host.first : routers[0].address;
    return seen;
}

static void each_behaviour_has_its_names_and_no_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct observation seen = observe(i);
        if (sim_truth_judge(&config, &host.first, &seen, cases[i].port) != cases[i].verdict)
            fail_msg("case %zu: %s/%u", i, proto_name(cases[i].proto), cases[i].port);
    }
}

static void nothing_is_forwarded_but_by_its_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct observation seen = observe(i);
        seen.forwarded = (struct forwarding){routers[0].address, 8443};
        if (sim_truth_judge(&config, &host.first, &seen, cases[i].port) == SIM_RIGHT)
            fail_msg("case %zu: %s/%u", i, proto_name(cases[i].proto), cases[i].port);
    }
}

static void nothing_but_unknown_is_right_of_a_host_out_of_reach(void **state)
{
    (void)state;
    static const struct sim_fault fault = {SIM_SEND_ERROR, {0, NSEC_NEVER}, EPERM, 1, 99, 1};
    for (int way = 0; way < 4; way++) {
        host.away = way == 0 ? (struct sim_span){0, NSEC_NEVER} : (struct sim_span){0, 0};
        host.reach = way == 1 ? SIM_NO_ROUTE : way == 2 ? SIM_NO_NEIGHBOUR : SIM_REACHABLE;
        config.faults = &fault;
        config.fault_count = way == 3;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            struct observation seen = observe(i);
            assert_int_equal(sim_truth_judge(&config, &host.first, &seen, cases[i].port),
                             seen.state == PORT_UNKNOWN ? SIM_UNSAID : SIM_WRONG);
        }
    }
    host.reach = SIM_REACHABLE;
    config.fault_count = 0;
}

static void what_is_said_of_nobody_is_wrong(void **state)
{
    (void)state;
    static const uint8_t bytes[4] = {203, 0, 113, 99};
    struct addr nobody = addr_ipv4(bytes);
    struct observation seen = observe(0);
    assert_int_equal(sim_truth_judge(&config, &nobody, &seen, 1), SIM_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_behaviour_has_its_names_and_no_others),
        cmocka_unit_test(nothing_is_forwarded_but_by_its_row),
        cmocka_unit_test(nothing_but_unknown_is_right_of_a_host_out_of_reach),
        cmocka_unit_test(what_is_said_of_nobody_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
