/* The engine's word on who said no, and on hosts that say yes to everything: firewalls are
 * found where the wire lets them be, and no stack is taken for one. */
#include "tests/simulator/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { SEEDS = 5, TCP_PORTS = 40, REJECTED = 10, OPEN = 2, LOSSY_SEEDS = 100 };

#define DELAY .delay = 10 * NSEC_PER_MSEC, .loss = 0.01

static const struct sim_wire straight = {{DELAY}, {DELAY}};
static const struct sim_wire cleared_out = {{DELAY, .clears_dscp = true}, {DELAY}};
static const struct sim_wire cleared_back = {{DELAY}, {DELAY, .clears_dscp = true}};

/* 1-40: two open, ten rejected, the rest as the host has it. */
static const struct sim_row rows[] = {
    {PROTO_TCP, 5, 6, {.behaviour = SIM_OPEN}},
    {PROTO_TCP, 11, 20, {.behaviour = SIM_REJECT_RESET}},
};

static struct sim_host make_host(const struct sim_stack *stack, enum sim_behaviour otherwise)
{
    return (struct sim_host){
        .first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 10}},
        .count = 1,
        .hops = 4,
        .stack = stack,
        .rows = rows,
        .row_count = sizeof(rows) / sizeof(rows[0]),
        .otherwise = {{.behaviour = otherwise}},
    };
}

/* So many SEEDS against HOST over WIRE; nothing may be wrong. */
static struct sim_score run_seeds(const struct sim_host *host, const struct sim_wire *wire,
                                  uint64_t seeds)
{
    struct portset ports = {0};
    struct target target = {.address = host->first, .ports = {[PROTO_TCP] = &ports}};
    struct sim_scenario scenario = {
        .network = {.wire = *wire, .hosts = host, .host_count = 1, .snap_length = 256},
        .targets = &target,
        .target_count = 1,
    };
    struct sim_score total = {0}, score;
    struct error error = {""};
    assert_int_equal(portset_add(&ports, 1, TCP_PORTS), 0);
    for (scenario.network.seed = 1; scenario.network.seed <= seeds; scenario.network.seed++) {
        if (sim_scenario_run(&scenario, &score, &error) < 0)
            fail_msg("%s", error.text);
        sim_score_add(&total, &score);
    }
    portset_free(&ports);
    if (total.ports[SIM_WRONG] > 0)
        fail_msg("%lu wrong; %s", (unsigned long)total.ports[SIM_WRONG], total.first_wrong);
    return total;
}

static struct sim_score run(const struct sim_host *host, const struct sim_wire *wire)
{
    return run_seeds(host, wire, SEEDS);
}

static void firewall_is_found_where_dscp_comes_back(void **state)
{
    (void)state;
    struct sim_host host = make_host(&sim_linux, SIM_CLOSED);
    struct sim_score score = run(&host, &straight);
    assert_int_equal(score.said[PORT_REJECTED], SEEDS * REJECTED);
    assert_int_equal(score.said[PORT_CLOSED], SEEDS * (TCP_PORTS - REJECTED - OPEN));
}

static void firewall_is_found_behind_a_rule_that_drops_invalid_packets(void **state)
{
    (void)state;
    struct sim_host host = make_host(&sim_linux, SIM_CLOSED);
    host.drops_invalid = true;
    struct sim_score score = run(&host, &straight);
    assert_int_equal(score.said[PORT_REJECTED], SEEDS * REJECTED);
}

static void firewall_is_found_port_by_port_where_dscp_is_cleared(void **state)
{
    (void)state;
    struct sim_host host = make_host(&sim_linux, SIM_CLOSED);
    struct sim_score score = run(&host, &cleared_out);
    assert_int_equal(score.said[PORT_REJECTED], SEEDS * REJECTED);
    score = run(&host, &cleared_back);
    assert_int_equal(score.said[PORT_REJECTED], SEEDS * REJECTED);
}

static void nothing_is_claimed_where_everything_is_hidden(void **state)
{
    (void)state;
    struct sim_host host = make_host(&sim_linux, SIM_CLOSED);
    host.drops_invalid = true;
    struct sim_score score = run(&host, &cleared_out);
    assert_int_equal(score.said[PORT_REJECTED], 0);
}

static void other_stacks_are_no_firewalls(void **state)
{
    (void)state;
    static const struct sim_stack *const stacks[] = {&sim_freebsd, &sim_windows};
    for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
        struct sim_host host = make_host(stacks[i], SIM_CLOSED);
        struct sim_score score = run(&host, &straight);
        assert_int_equal(score.said[PORT_REJECTED], SEEDS * REJECTED);
        host.row_count = 1; /* without its firewall */
        score = run(&host, &straight);
        assert_int_equal(score.said[PORT_REJECTED], 0);
    }
}

static void open_means_nothing_where_everything_answers(void **state)
{
    (void)state;
    struct sim_host host = make_host(&sim_linux, SIM_SYN_PROXY);
    struct sim_score score = run(&host, &straight);
    assert_int_equal(score.said[PORT_OPEN], 0);
    assert_int_equal(score.unsaid[REASON_ANSWERS_EVERYTHING], SEEDS * (TCP_PORTS - REJECTED));
}

static void nor_where_many_answers_are_lost(void **state)
{
    (void)state;
    static const struct sim_way lossy = {.delay = 10 * NSEC_PER_MSEC, .loss = 0.2};
    const struct sim_wire wire = {lossy, lossy};
    struct sim_host host = make_host(&sim_linux, SIM_SYN_PROXY);
    struct sim_score score = run_seeds(&host, &wire, LOSSY_SEEDS);
    assert_int_equal(score.said[PORT_OPEN], 0);
}

static void open_is_open_where_other_ports_are_dropped(void **state)
{
    (void)state;
    struct sim_host host = make_host(&sim_linux, SIM_DROP);
    struct sim_score score = run(&host, &straight);
    assert_int_equal(score.said[PORT_OPEN], SEEDS * OPEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(firewall_is_found_where_dscp_comes_back),
        cmocka_unit_test(firewall_is_found_behind_a_rule_that_drops_invalid_packets),
        cmocka_unit_test(firewall_is_found_port_by_port_where_dscp_is_cleared),
        cmocka_unit_test(nothing_is_claimed_where_everything_is_hidden),
        cmocka_unit_test(other_stacks_are_no_firewalls),
        cmocka_unit_test(open_means_nothing_where_everything_answers),
        cmocka_unit_test(nor_where_many_answers_are_lost),
        cmocka_unit_test(open_is_open_where_other_ports_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
