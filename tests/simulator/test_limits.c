/* Rejects by ICMP under a limit, among ports that are dropped: what looks alike must not be
 * called alike, and what can be told is told. */
#include "tests/simulator/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROWS_MOST = 600, PORTS = 1000 };

#define MS NSEC_PER_MSEC

struct bench {
    struct sim_host host;
    struct sim_row rows[ROWS_MOST];
    struct sim_router router;
    struct portset ports, declared;
    struct target target;
    struct sim_scenario scenario;
};

/* A host that drops all ports but 80, over a path of 20 ms that loses 1 % each way. */
static struct bench *bench_new(void)
{
    static const uint8_t address[4] = {203, 0, 113, 10}, hop[4] = {198, 51, 100, 1};
    static const struct sim_way way = {.delay = 10 * MS, .loss = 0.01};
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    assert_int_equal(portset_add(&bench->ports, 1, PORTS), 0);
    bench->rows[0] = (struct sim_row){PROTO_TCP, 80, 80, {.behaviour = SIM_OPEN}};
    bench->host = (struct sim_host){
        .first = addr_ipv4(address),
        .count = 1,
        .rows = bench->rows,
        .row_count = 1,
        .otherwise = {{.behaviour = SIM_DROP}, {.behaviour = SIM_DROP}},
        .hops = 4,
    };
    bench->router = (struct sim_router){.address = addr_ipv4(hop), .hops = 2};
    bench->target =
        (struct target){.address = addr_ipv4(address), .ports[PROTO_TCP] = &bench->ports};
    bench->scenario = (struct sim_scenario){
        .network = {.wire = {way, way},
                    .hosts = &bench->host,
                    .host_count = 1,
                    .routers = &bench->router,
                    .router_count = 1},
        .targets = &bench->target,
        .target_count = 1,
    };
    return bench;
}

static void bench_free(struct bench *bench)
{
    portset_free(&bench->ports);
    portset_free(&bench->declared);
    free(bench);
}

static struct sim_answer reject(uint8_t router)
{
    return (struct sim_answer){
        .behaviour = SIM_REJECT_ICMP, .icmp_type = 3, .icmp_code = 13, .router = router};
}

/* Every STEPth port from 100 on is rejected. */
static void reject_every(struct bench *bench, uint16_t step, uint8_t router)
{
    for (uint16_t port = 100; port <= PORTS && bench->host.row_count < ROWS_MOST; port += step)
        bench->rows[bench->host.row_count++] =
            (struct sim_row){PROTO_TCP, port, port, reject(router)};
}

static struct sim_score run(struct bench *bench, uint64_t seeds)
{
    struct sim_score total = {0};
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct sim_score score;
        struct error error = {""};
        bench->scenario.network.seed = seed;
        if (sim_scenario_run(&bench->scenario, &score, &error) < 0)
            fail_msg("%s", error.text);
        sim_score_add(&total, &score);
    }
    if (total.ports[SIM_WRONG] > 0)
        fail_msg("%lu wrong; %s", (unsigned long)total.ports[SIM_WRONG], total.first_wrong);
    return total;
}

static void few_rejects_among_many_drops_are_told_within_25_seconds(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    reject_every(bench, 50, 0);
    struct sim_score score = run(bench, 10);
    assert_int_equal(score.ports[SIM_UNSAID], 0);
    assert_in_range(score.time, 0, 10 * 25 * NSEC_PER_SEC);
    bench_free(bench);
}

static void short_audit_is_quick_and_leaves_a_token_for_the_next(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    portset_free(&bench->ports);
    assert_int_equal(portset_add(&bench->ports, 80, 100), 0);
    reject_every(bench, 1000, 0);
    struct sim_score score = run(bench, 10);
    assert_int_equal(score.ports[SIM_UNSAID], 0);
    assert_in_range(score.time, 10 * NSEC_PER_SEC, 10 * 4 * NSEC_PER_SEC);
    bench_free(bench);
}

static void slow_path_does_not_keep_them_from_being_told(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    reject_every(bench, 100, 0);
    bench->scenario.network.wire.out.rate = 200;
    bench->scenario.network.wire.out.queue = 50;
    struct sim_score score = run(bench, 5);
    assert_int_equal(score.ports[SIM_UNSAID], 0);
    bench_free(bench);
}

static void time_for_rejects_is_not_up_while_silence_is_being_proven(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    reject_every(bench, 300, 0);
    bench->scenario.network.wire.out.rate = 200;
    bench->scenario.network.wire.out.queue = 50;
    bench->scenario.limited_budget = 20 * NSEC_PER_SEC;
    struct sim_score score = run(bench, 5);
    assert_int_equal(score.ports[SIM_UNSAID], 0);
    assert_true(score.time > 5 * 20 * NSEC_PER_SEC);
    bench_free(bench);
}

static void time_for_rejects_of_nearly_all_ports_is_up_in_time(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->host.otherwise[PROTO_TCP] = reject(0);
    bench->scenario.limited_budget = 20 * NSEC_PER_SEC;
    struct sim_score score = run(bench, 5);
    assert_true(score.unsaid[REASON_RATE_LIMITED] > 5 * PORTS / 2);
    assert_in_range(score.time, 0, 5 * 30 * NSEC_PER_SEC);
    bench_free(bench);
}

static void bucket_of_one_token_makes_no_port_dropped(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->router.icmp = (struct sim_limit){1, 2};
    reject_every(bench, 50, 1);
    struct sim_score score = run(bench, 20);
    assert_in_range(score.ports[SIM_UNSAID], 0, 20 * PORTS / 100);
    bench_free(bench);
}

static void strangers_who_take_the_tokens_make_no_port_dropped(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->router.icmp = (struct sim_limit){10, 10};
    bench->router.crowded_every = 3001 * MS;
    reject_every(bench, 100, 1);
    for (nsec_t crowded = 100; crowded <= 2000; crowded += 380) {
        bench->router.crowded_for = crowded * MS;
        run(bench, 10);
    }
    bench_free(bench);
}

static void request_that_overtakes_a_probe_is_no_proof(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    portset_free(&bench->ports);
    assert_int_equal(portset_add(&bench->ports, 80, 119), 0);
    bench->rows[0].last = 95;
    reject_every(bench, 100, 0);
    bench->rows[1].last = 102;
    bench->scenario.network.wire.out.jitter = 30 * MS;
    run(bench, 300);
    bench_free(bench);
}

static void half_of_the_ports_rejected_is_not_taken_for_all(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    reject_every(bench, 2, 0);
    run(bench, 5);
    bench_free(bench);
}

static void set_loss(struct bench *bench, double loss)
{
    bench->scenario.network.wire.out.loss = loss;
    bench->scenario.network.wire.back.loss = loss;
}

/* Six tokens at once and one a second later, each answer lost with the chance of 5 %: that the
 * rejects alone take six seconds is the bucket's doing. */
static void few_ports_are_told_in_seconds_over_a_path_that_loses(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    portset_free(&bench->ports);
    assert_int_equal(portset_add(&bench->ports, 80, 119), 0);
    reject_every(bench, 1000, 0);
    bench->rows[1].last = 111;
    bench->target.declared[PROTO_TCP] = &bench->ports;
    set_loss(bench, 0.05);
    bench->scenario.limited_budget = 20 * NSEC_PER_SEC;
    struct sim_score score = run(bench, 40);
    assert_int_equal(score.ports[SIM_UNSAID], 0);
    assert_in_range(score.time, 0, 40 * 18 * NSEC_PER_SEC);
    bench_free(bench);
}

static void loss_is_not_taken_for_a_limit(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct sim_stack unlimited = sim_linux;
    unlimited.icmp[0] = unlimited.icmp_total = (struct sim_limit){0, 0};
    bench->host.stack = &unlimited;
    portset_free(&bench->ports);
    assert_int_equal(portset_add(&bench->ports, 80, 119), 0);
    reject_every(bench, 4, 0);
    set_loss(bench, 0.1);
    struct sim_score score = run(bench, 40);
    assert_int_equal(score.ports[SIM_UNSAID], 0);
    assert_in_range(score.time, 0, 40 * 4 * NSEC_PER_SEC);
    bench_free(bench);
}

/* Fifty tokens, and a thousand a second: gone in the midst of a fast batch, there at its end.
 */
static void quick_limiter_makes_no_port_dropped(void **state)
{
    (void)state;
    static const struct sim_limit quick[] = {{50, 1000}, {5, 100}, {1, 12}, {2, 6}};
    for (size_t i = 0; i < sizeof quick / sizeof quick[0]; i++) {
        struct bench *bench = bench_new();
        struct sim_stack stack = sim_linux;
        stack.icmp[0] = quick[i];
        bench->host.stack = &stack;
        reject_every(bench, 2, 0);
        set_loss(bench, 0.05);
        bench->scenario.limited_budget = 60 * NSEC_PER_SEC;
        run(bench, 10);
        bench_free(bench);
    }
}

static void open_port_is_none_of_those_that_a_sample_stands_for(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->host.otherwise[PROTO_TCP] = reject(0);
    set_loss(bench, 0.2);
    struct sim_score score = run(bench, 20);
    assert_int_equal(score.said[PORT_OPEN], 20);
    bench_free(bench);
}

static void rejects_of_nearly_all_ports_are_told_by_a_sample(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->host.otherwise[PROTO_TCP] = reject(0);
    struct sim_score score = run(bench, 5);
    assert_int_equal(score.said[PORT_REJECTED], 5 * (PORTS - 1));
    assert_in_range(score.time, 0, 5 * 320 * NSEC_PER_SEC);
    bench_free(bench);
}

static void ports_named_one_by_one_come_first(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->host.otherwise[PROTO_TCP] = reject(0);
    assert_int_equal(portset_add(&bench->declared, 500, 509), 0);
    bench->target.declared[PROTO_TCP] = &bench->declared;
    bench->scenario.deadline = 25 * NSEC_PER_SEC;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        bench->scenario.network.seed = seed;
        struct sim_score score;
        struct error error = {""};
        assert_int_equal(sim_scenario_run(&bench->scenario, &score, &error), 0);
        assert_int_equal(score.ports[SIM_WRONG], 0);
        assert_in_range(score.said[PORT_REJECTED], 10, 60);
        assert_in_range(score.time, 0, 26 * NSEC_PER_SEC);
    }
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_rejects_among_many_drops_are_told_within_25_seconds),
        cmocka_unit_test(short_audit_is_quick_and_leaves_a_token_for_the_next),
        cmocka_unit_test(slow_path_does_not_keep_them_from_being_told),
        cmocka_unit_test(time_for_rejects_is_not_up_while_silence_is_being_proven),
        cmocka_unit_test(time_for_rejects_of_nearly_all_ports_is_up_in_time),
        cmocka_unit_test(bucket_of_one_token_makes_no_port_dropped),
        cmocka_unit_test(strangers_who_take_the_tokens_make_no_port_dropped),
        cmocka_unit_test(request_that_overtakes_a_probe_is_no_proof),
        cmocka_unit_test(half_of_the_ports_rejected_is_not_taken_for_all),
        cmocka_unit_test(few_ports_are_told_in_seconds_over_a_path_that_loses),
        cmocka_unit_test(loss_is_not_taken_for_a_limit),
        cmocka_unit_test(quick_limiter_makes_no_port_dropped),
        cmocka_unit_test(open_port_is_none_of_those_that_a_sample_stands_for),
        cmocka_unit_test(rejects_of_nearly_all_ports_are_told_by_a_sample),
        cmocka_unit_test(ports_named_one_by_one_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
