/* The engine against hosts, limits and faults, one at a time: no verdict may be wrong, and
 * unknown only what nobody could know. */
#include "tests/simulator/scenario.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SEEDS = 5 };

#define LINK                                          \
    {                                                 \
        {.delay = 10 * NSEC_PER_MSEC, .loss = 0.01},  \
        {                                             \
            .delay = 10 * NSEC_PER_MSEC, .loss = 0.01 \
        }                                             \
    }

static const struct sim_row edge_rows[] = {
    {PROTO_TCP, 22, 22, {.behaviour = SIM_CLOSED}},
    {PROTO_TCP, 80, 80, {.behaviour = SIM_OPEN}},
    {PROTO_TCP, 443, 443, {.behaviour = SIM_OPEN}},
    {PROTO_TCP, 900, 920, {.behaviour = SIM_REJECT_RESET}},
    {PROTO_UDP, 53, 53, {.behaviour = SIM_OPEN}},
};

#define FIRST .first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 10}}, .count = 1, .hops = 4
#define EDGE  .rows = edge_rows, .row_count = sizeof(edge_rows) / sizeof(edge_rows[0])

static const struct sim_router router = {
    .address = {.family = ADDR_IPV4, .bytes = {198, 51, 100, 1}}, .hops = 2};

static struct portset tcp_ports, udp_ports;
static struct target target;

static int choose_ports(void **state)
{
    (void)state;
    assert_int_equal(portset_add(&tcp_ports, 1, 1000), 0);
    assert_int_equal(portset_add(&udp_ports, 50, 60), 0);
    static const uint8_t address[4] = {203, 0, 113, 10};
    target = (struct target){.address = addr_ipv4(address),
                             .ports = {[PROTO_TCP] = &tcp_ports, [PROTO_UDP] = &udp_ports}};
    return 0;
}

static int forget_ports(void **state)
{
    (void)state;
    portset_free(&tcp_ports);
    portset_free(&udp_ports);
    return 0;
}

static struct sim_scenario against(const struct sim_host *host)
{
    return (struct sim_scenario){
        .network = {.wire = LINK,
                    .hosts = host,
                    .host_count = 1,
                    .routers = &router,
                    .router_count = 1,
                    .snap_length = 256},
        .targets = &target,
        .target_count = 1,
    };
}

/* Runs SCENARIO with several seeds; nothing may be wrong. */
static struct sim_score run(struct sim_scenario *scenario)
{
    struct sim_score total = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct sim_score score;
        struct error error = {""};
        scenario->network.seed = seed;
        if (sim_scenario_run(scenario, &score, &error) < 0)
            fail_msg("%s", error.text);
        sim_score_add(&total, &score);
    }
    if (total.ports[SIM_WRONG] > 0)
        fail_msg("%lu wrong; %s", (unsigned long)total.ports[SIM_WRONG], total.first_wrong);
    assert_int_equal(total.broken_packets, 0);
    assert_int_equal(sim_score_verdicts(&total), SEEDS * 1011);
    return total;
}

static void expect_unknown_at_most(struct sim_scenario *scenario, double share)
{
    struct sim_score score = run(scenario);
    double unknown = (double)score.ports[SIM_UNSAID] / (double)sim_score_verdicts(&score);
    if (unknown > share)
        fail_msg("%.2f %% unknown", 100 * unknown);
}

static void expect_all_unknown(struct sim_scenario *scenario, enum reason reason)
{
    struct sim_score score = run(scenario);
    assert_int_equal(score.ports[SIM_UNSAID], sim_score_verdicts(&score));
    assert_int_equal(score.unsaid[reason], score.ports[SIM_UNSAID]);
}

static void edge_host_is_told_to_the_last_port(void **state)
{
    (void)state;
    struct sim_host host = {FIRST, EDGE,
                            .otherwise = {{.behaviour = SIM_DROP}, {.behaviour = SIM_DROP}}};
    struct sim_scenario scenario = against(&host);
    expect_unknown_at_most(&scenario, 0);
    scenario.network.unfinished_checksums = true; /* as from a machine next door */
    expect_unknown_at_most(&scenario, 0);
}

static void dead_host_is_unknown(void **state)
{
    (void)state;
    struct sim_host host = {FIRST, .away = {0, NSEC_NEVER}};
    struct sim_scenario scenario = against(&host);
    expect_all_unknown(&scenario, REASON_HOST_SILENT);
}

static void host_that_a_router_cannot_reach_is_unknown(void **state)
{
    (void)state;
    struct sim_host host = {FIRST, .away = {0, NSEC_NEVER}, .away_router = 1};
    struct sim_scenario scenario = against(&host);
    struct sim_score score = run(&scenario);
    assert_int_equal(score.ports[SIM_UNSAID], sim_score_verdicts(&score));
}

static void address_without_route_or_neighbour_is_unknown(void **state)
{
    (void)state;
    struct sim_host host = {FIRST, .reach = SIM_NO_ROUTE};
    struct sim_scenario scenario = against(&host);
    expect_all_unknown(&scenario, REASON_NO_ROUTE);
    host.reach = SIM_NO_NEIGHBOUR;
    struct sim_score score = run(&scenario);
    assert_int_equal(score.ports[SIM_UNSAID], sim_score_verdicts(&score));
}

static void host_that_dies_in_mid_run_has_no_dropped_ports_that_are_not(void **state)
{
    (void)state;
    struct sim_host host = {FIRST, EDGE, .away = {0, NSEC_NEVER}};
    struct sim_scenario scenario = against(&host);
    for (nsec_t dies = 10 * NSEC_PER_MSEC; dies < NSEC_PER_SEC; dies = dies * 3 / 2) {
        host.away.from = dies;
        run(&scenario);
    }
}

static void host_that_is_away_for_a_while_is_told_all_the_same(void **state)
{
    (void)state;
    struct sim_host host = {FIRST, EDGE,
                            .otherwise = {{.behaviour = SIM_DROP}, {.behaviour = SIM_DROP}}};
    host.away = (struct sim_span){200 * NSEC_PER_MSEC, 500 * NSEC_PER_MSEC};
    struct sim_scenario scenario = against(&host);
    expect_unknown_at_most(&scenario, 0.001);
}

static void firewall_that_starts_to_block_does_not_make_ports_dropped(void **state)
{
    (void)state;
    struct sim_host host = {FIRST, EDGE, .blocks_after = 300};
    struct sim_scenario scenario = against(&host);
    run(&scenario);
    host.block_spares_echo = true;
    run(&scenario);
}

static void icmp_rejects_under_the_kernel_s_limit_are_never_dropped(void **state)
{
    (void)state;
    struct sim_host host = {
        FIRST, .otherwise = {{.behaviour = SIM_REJECT_ICMP, .icmp_type = 3, .icmp_code = 13},
                             {.behaviour = SIM_REJECT_ICMP, .icmp_type = 3, .icmp_code = 13}}};
    struct sim_scenario scenario = against(&host);
    run(&scenario);
}

static void udp_services_among_limited_closed_ports_are_found(void **state)
{
    (void)state;
    struct sim_host host = {FIRST, EDGE};
    struct sim_scenario scenario = against(&host);
    struct sim_score score = run(&scenario);
    assert_int_equal(score.said[PORT_OPEN], SEEDS * 3);
}

static void limit_on_resets_does_not_make_ports_dropped(void **state)
{
    (void)state;
    struct sim_host host = {FIRST, EDGE, .stack = &sim_freebsd,
                            .otherwise[PROTO_UDP] = {.behaviour = SIM_DROP}};
    struct sim_scenario scenario = against(&host);
    expect_unknown_at_most(&scenario, 0.001);
}

static void host_that_answers_every_syn_is_believed_nothing(void **state)
{
    (void)state;
    struct sim_host host = {
        FIRST, .otherwise = {{.behaviour = SIM_SYN_PROXY}, {.behaviour = SIM_DROP}}};
    struct sim_scenario scenario = against(&host);
    struct sim_score score = run(&scenario);
    assert_int_equal(score.unsaid[REASON_ANSWERS_EVERYTHING], SEEDS * 1000);
}

/* One host without a firewall, UDP alone, at full pace. */
static void every_udp_service_of_65535_ports_is_found(void **state)
{
    (void)state;
    struct portset all = {0};
    assert_int_equal(portset_add(&all, 1, 65535), 0);
    struct target sweep = {.address = target.address, .ports[PROTO_UDP] = &all};
    struct sim_row services[] = {
        {PROTO_UDP, 53, 53, {.behaviour = SIM_OPEN}},
        {PROTO_UDP, 5000, 5003, {.behaviour = SIM_OPEN}},
        {PROTO_UDP, 65535, 65535, {.behaviour = SIM_OPEN}},
    };
    struct sim_host host = {FIRST, .rows = services, .row_count = 3};
    struct sim_scenario scenario = against(&host);
    struct sim_score score;
    struct error error = {""};
    scenario.targets = &sweep;
    scenario.deadline = 10 * NSEC_PER_SEC;
    for (scenario.network.seed = 1; scenario.network.seed <= SEEDS; scenario.network.seed++) {
        assert_int_equal(sim_scenario_run(&scenario, &score, &error), 0);
        assert_int_equal(score.ports[SIM_WRONG], 0);
        assert_int_equal(score.said[PORT_OPEN], 6);
    }
    portset_free(&all);
}

static void expect_told_in_spite_of(const struct sim_fault *fault)
{
    struct sim_host host = {FIRST, EDGE,
                            .otherwise = {{.behaviour = SIM_CLOSED}, {.behaviour = SIM_DROP}}};
    struct sim_scenario scenario = against(&host);
    scenario.network.faults = fault;
    scenario.network.fault_count = 1;
    expect_unknown_at_most(&scenario, 0.001);
    host.otherwise[PROTO_TCP].behaviour = SIM_DROP;
    expect_unknown_at_most(&scenario, 0.001);
}

static void packets_that_the_capture_lost_are_asked_for_again(void **state)
{
    (void)state;
    struct sim_fault fault = {.kind = SIM_CAPTURE_LOSS, .chance = 0.5};
    fault.when = (struct sim_span){50 * NSEC_PER_MSEC, 300 * NSEC_PER_MSEC};
    expect_told_in_spite_of(&fault);
}

static void packets_that_did_not_leave_are_sent_again(void **state)
{
    (void)state;
    struct sim_fault fault = {.kind = SIM_SEND_ERROR, .error = ENOBUFS, .chance = 0.7};
    fault.when = (struct sim_span){20 * NSEC_PER_MSEC, 300 * NSEC_PER_MSEC};
    expect_told_in_spite_of(&fault);
}

static void link_that_flaps_costs_time_and_no_truth(void **state)
{
    (void)state;
    struct sim_fault fault = {.kind = SIM_LINK_DOWN};
    fault.when = (struct sim_span){50 * NSEC_PER_MSEC, 250 * NSEC_PER_MSEC};
    expect_told_in_spite_of(&fault);
}

static void ports_that_our_own_firewall_forbids_are_unknown(void **state)
{
    (void)state;
    struct sim_fault fault = {SIM_SEND_ERROR, {0, NSEC_NEVER}, EPERM, 100, 199, 1};
    struct sim_host host = {FIRST, EDGE,
                            .otherwise = {{.behaviour = SIM_DROP}, {.behaviour = SIM_DROP}}};
    struct sim_scenario scenario = against(&host);
    scenario.network.faults = &fault;
    scenario.network.fault_count = 1;
    struct sim_score score = run(&scenario);
    assert_int_equal(score.ports[SIM_UNSAID], SEEDS * 100);
    assert_int_equal(score.unsaid[REASON_SEND_FAILED], SEEDS * 100);
}

static void tries_or_time_that_run_out_are_no_proof(void **state)
{
    (void)state;
    struct sim_host host = {FIRST, EDGE,
                            .otherwise = {{.behaviour = SIM_DROP}, {.behaviour = SIM_DROP}}};
    struct sim_scenario scenario = against(&host);
    scenario.network.wire.out.loss = scenario.network.wire.back.loss = 0.2;
    scenario.max_tries = 3;
    struct sim_score score = run(&scenario);
    assert_true(score.unsaid[REASON_TRIES_EXHAUSTED] > 0);
    scenario.max_tries = 0;
    scenario.deadline = 100 * NSEC_PER_MSEC;
    score = run(&scenario);
    assert_true(score.unsaid[REASON_DEADLINE] > 0);
    assert_true(score.time <= SEEDS * 150 * NSEC_PER_MSEC);
}

static void bottleneck_is_kept_busy_and_not_flooded(void **state)
{
    (void)state;
    struct sim_host host = {FIRST, EDGE,
                            .otherwise = {{.behaviour = SIM_DROP}, {.behaviour = SIM_DROP}}};
    struct sim_scenario scenario = against(&host);
    struct sim_score free_way = run(&scenario);
    scenario.network.wire.out.rate = 2000;
    scenario.network.wire.out.queue = 50;
    struct sim_score narrow = run(&scenario);
    assert_int_equal(narrow.ports[SIM_UNSAID], 0);
    double needed = (double)free_way.sent / 2000 * 1e9;
    if ((double)narrow.time > 1.5 * needed)
        fail_msg("%.2f s for packets of %.2f s", (double)narrow.time / 1e9, needed / 1e9);
}

static void ten_ports_take_less_than_400_ms(void **state)
{
    (void)state;
    struct portset few = {0};
    struct target ten = {.address = target.address, .ports[PROTO_TCP] = &few};
    assert_int_equal(portset_parse(&few, "22,80,443,500-506"), 0);
    struct sim_host host = {FIRST, EDGE, .otherwise[PROTO_TCP] = {.behaviour = SIM_DROP}};
    struct sim_scenario scenario = against(&host);
    scenario.targets = &ten;
    scenario.network.wire.out.loss = scenario.network.wire.back.loss = 0;
    struct sim_score score;
    struct error error = {""};
    for (scenario.network.seed = 1; scenario.network.seed <= SEEDS; scenario.network.seed++) {
        assert_int_equal(sim_scenario_run(&scenario, &score, &error), 0);
        assert_int_equal(score.ports[SIM_RIGHT], 10);
        assert_in_range(score.time, 0, 400 * NSEC_PER_MSEC);
    }
    portset_free(&few);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edge_host_is_told_to_the_last_port),
        cmocka_unit_test(dead_host_is_unknown),
        cmocka_unit_test(host_that_a_router_cannot_reach_is_unknown),
        cmocka_unit_test(address_without_route_or_neighbour_is_unknown),
        cmocka_unit_test(host_that_dies_in_mid_run_has_no_dropped_ports_that_are_not),
        cmocka_unit_test(host_that_is_away_for_a_while_is_told_all_the_same),
        cmocka_unit_test(firewall_that_starts_to_block_does_not_make_ports_dropped),
        cmocka_unit_test(icmp_rejects_under_the_kernel_s_limit_are_never_dropped),
        cmocka_unit_test(udp_services_among_limited_closed_ports_are_found),
        cmocka_unit_test(limit_on_resets_does_not_make_ports_dropped),
        cmocka_unit_test(host_that_answers_every_syn_is_believed_nothing),
        cmocka_unit_test(every_udp_service_of_65535_ports_is_found),
        cmocka_unit_test(packets_that_the_capture_lost_are_asked_for_again),
        cmocka_unit_test(packets_that_did_not_leave_are_sent_again),
        cmocka_unit_test(link_that_flaps_costs_time_and_no_truth),
        cmocka_unit_test(ports_that_our_own_firewall_forbids_are_unknown),
        cmocka_unit_test(tries_or_time_that_run_out_are_no_proof),
        cmocka_unit_test(bottleneck_is_kept_busy_and_not_flooded),
        cmocka_unit_test(ten_ports_take_less_than_400_ms),
    };
    return cmocka_run_group_tests(tests, choose_ports, forget_ports);
}
