/* Whether a yes means anything, however the run ends: an open port is said to be open only
 * where the same run has shown that its host does not answer everything. */
#include "tests/simulator/scenario.h"
#include "tests/simulator/wires.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { PORTS = 3, SEEDS = 5, LOSSY_SEEDS = 200, WIRE_SEEDS = 30 };

#define MS         NSEC_PER_MSEC
#define ROUND_TRIP (20 * MS)

static const struct sim_row served[] = {{PROTO_TCP, 80, 82, {.behaviour = SIM_OPEN}}};
static const struct sim_router router = {
    .address = {.family = ADDR_IPV4, .bytes = {198, 51, 100, 1}}, .hops = 2};

/* Three ports are open, all others are as OTHERWISE has it. */
static struct sim_host make_host(enum sim_behaviour otherwise)
{
    return (struct sim_host){
        .first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 10}},
        .count = 1,
        .hops = 4,
        .rows = served,
        .row_count = otherwise == SIM_SYN_PROXY ? 0 : 1,
        .otherwise = {{.behaviour = otherwise}},
    };
}

static struct sim_scenario against(const struct sim_host *host)
{
    return (struct sim_scenario){
        .network = {.wire = {{.delay = ROUND_TRIP / 2}, {.delay = ROUND_TRIP / 2}},
                    .hosts = host,
                    .host_count = 1,
                    .routers = &router,
                    .router_count = 1,
                    .snap_length = 256},
        .target_count = 1,
    };
}

/* Asks for PORTS, with several seeds; nothing may be wrong. */
static struct sim_score ask(struct sim_scenario *scenario, const char *asked, uint64_t seeds)
{
    struct portset ports = {0};
    struct target target = {.address = scenario->network.hosts->first, .ports = {&ports}};
    struct sim_score total = {0}, score;
    struct error error = {""};
    assert_int_equal(portset_parse(&ports, asked), 0);
    scenario->targets = &target;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        scenario->network.seed = seed;
        if (sim_scenario_run(scenario, &score, &error) < 0)
            fail_msg("%s", error.text);
        sim_score_add(&total, &score);
    }
    portset_free(&ports);
    if (total.ports[SIM_WRONG] > 0)
        fail_msg("%lu wrong; %s", (unsigned long)total.ports[SIM_WRONG], total.first_wrong);
    return total;
}

static struct sim_score run(struct sim_scenario *scenario)
{
    return ask(scenario, "80-82", SEEDS);
}

static void expect_unknown(struct sim_scenario *scenario, enum reason reason)
{
    struct sim_score score = run(scenario);
    assert_int_equal(score.said[PORT_OPEN], 0);
    assert_int_equal(score.unsaid[reason], SEEDS * PORTS);
}

static void expect_open(struct sim_scenario *scenario)
{
    struct sim_score score = run(scenario);
    assert_int_equal(score.said[PORT_OPEN], SEEDS * PORTS);
}

/* ---- the run ends before the question is settled ---- */

static void no_deadline_makes_a_proxy_look_open(void **state)
{
    (void)state;
    struct sim_host host = make_host(SIM_SYN_PROXY);
    struct sim_scenario scenario = against(&host);
    for (unsigned loss = 0; loss <= 30; loss += 10) {
        scenario.network.wire.out.loss = scenario.network.wire.back.loss = loss / 100.0;
        for (scenario.deadline = MS; scenario.deadline < 300 * MS; scenario.deadline += 3 * MS)
            assert_int_equal(run(&scenario).said[PORT_OPEN], 0);
    }
}

static void nor_does_any_wire(void **state)
{
    (void)state;
    struct sim_host proxy = make_host(SIM_SYN_PROXY), host = make_host(SIM_DROP);
    for (size_t i = 0; i < sim_wire_count; i++) {
        const struct sim_named_wire *wire = &sim_wires[i];
        struct sim_scenario scenario = against(&proxy);
        scenario.network.wire = wire->wire;
        scenario.network.forger = wire->forger;
        scenario.network.faults = wire->faults;
        scenario.network.fault_count = wire->fault_count;
        assert_int_equal(ask(&scenario, "80-82", WIRE_SEEDS).said[PORT_OPEN], 0);
        for (scenario.deadline = 10 * MS; scenario.deadline < 500 * MS;
             scenario.deadline += 70 * MS)
            assert_int_equal(ask(&scenario, "80-82", WIRE_SEEDS).said[PORT_OPEN], 0);
        scenario.network.hosts = &host; /* while this one is open */
        scenario.deadline = 0;
        assert_int_equal(ask(&scenario, "80-82", WIRE_SEEDS).said[PORT_OPEN],
                         WIRE_SEEDS * PORTS);
    }
}

static void it_is_recognised_two_round_trips_after_its_first_answer(void **state)
{
    (void)state;
    struct sim_host host = make_host(SIM_SYN_PROXY);
    struct sim_scenario scenario = against(&host);
    scenario.deadline = 3 * ROUND_TRIP + 3 * MS;
    expect_unknown(&scenario, REASON_ANSWERS_EVERYTHING);
    scenario.deadline = 3 * ROUND_TRIP - MS; /* one decoy has answered */
    expect_unknown(&scenario, REASON_DEADLINE);
}

static void open_is_open_one_round_trip_after_the_first_answer(void **state)
{
    (void)state;
    struct sim_host host = make_host(SIM_CLOSED);
    struct sim_scenario scenario = against(&host);
    scenario.deadline = 2 * ROUND_TRIP + 3 * MS;
    expect_open(&scenario);
}

static void and_unknown_before(void **state)
{
    (void)state;
    struct sim_host host = make_host(SIM_CLOSED);
    struct sim_scenario scenario = against(&host);
    scenario.deadline = 2 * ROUND_TRIP - MS;
    expect_unknown(&scenario, REASON_DEADLINE);
}

static void where_all_else_is_dropped_it_takes_some_tries(void **state)
{
    (void)state;
    struct sim_host host = make_host(SIM_DROP);
    struct sim_scenario scenario = against(&host);
    scenario.deadline = 100 * MS;
    expect_unknown(&scenario, REASON_DEADLINE);
    scenario.deadline = 200 * MS;
    expect_open(&scenario);
}

static void max_tries_leave_the_question_to_be_settled(void **state)
{
    (void)state;
    struct sim_host proxy = make_host(SIM_SYN_PROXY), host = make_host(SIM_DROP);
    struct sim_scenario scenario = against(&proxy);
    scenario.max_tries = 1;
    expect_unknown(&scenario, REASON_ANSWERS_EVERYTHING);
    scenario = against(&host);
    scenario.max_tries = 1;
    expect_open(&scenario);
}

/* ---- silence of decoys that is none ---- */

static void host_that_goes_away_after_its_answer_is_not_open(void **state)
{
    (void)state;
    static const enum sim_behaviour kinds[] = {SIM_SYN_PROXY, SIM_DROP, SIM_CLOSED};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct sim_host host = make_host(kinds[i]);
        struct sim_scenario scenario = against(&host);
        host.away = (struct sim_span){15 * MS, NSEC_NEVER};
        expect_unknown(&scenario, REASON_WENT_SILENT);
        host.away_router = 1; /* which says so */
        expect_unknown(&scenario, REASON_WENT_SILENT);
    }
}

static void one_that_comes_back_is_judged_then(void **state)
{
    (void)state;
    struct sim_host proxy = make_host(SIM_SYN_PROXY), host = make_host(SIM_DROP);
    struct sim_scenario scenario = against(&proxy);
    proxy.away = host.away = (struct sim_span){15 * MS, 400 * MS};
    expect_unknown(&scenario, REASON_ANSWERS_EVERYTHING);
    scenario = against(&host);
    expect_open(&scenario);
}

static void decoys_that_are_lost_prove_nothing(void **state)
{
    (void)state;
    struct sim_host host = make_host(SIM_SYN_PROXY);
    struct sim_scenario scenario = against(&host);
    scenario.network.wire.out.loss = scenario.network.wire.back.loss = 0.2;
    struct sim_score score = ask(&scenario, "80-82", LOSSY_SEEDS);
    assert_int_equal(score.said[PORT_OPEN], 0);
    scenario.network.wire =
        (struct sim_wire){{.delay = ROUND_TRIP / 2}, {.delay = ROUND_TRIP / 2}};
    scenario.network.wire.out.gap_mean = 100 * MS;
    scenario.network.wire.out.burst_mean = 200 * MS;
    scenario.network.wire.out.burst_loss = 1;
    score = ask(&scenario, "80-82", LOSSY_SEEDS);
    assert_int_equal(score.said[PORT_OPEN], 0);
}

static void expect_fault(struct sim_fault fault, enum reason reason)
{
    struct sim_host proxy = make_host(SIM_SYN_PROXY), host = make_host(SIM_DROP);
    struct sim_scenario scenario = against(&proxy);
    fault.when = (struct sim_span){ROUND_TRIP + 2 * MS, NSEC_NEVER};
    scenario.network.faults = &fault;
    scenario.network.fault_count = 1;
    assert_int_equal(run(&scenario).said[PORT_OPEN], 0);
    scenario.network.hosts = &host;
    expect_unknown(&scenario, reason);
    fault.when.until = 300 * MS; /* and then all is well */
    expect_open(&scenario);
}

static void nor_do_those_that_did_not_leave(void **state)
{
    (void)state;
    expect_fault((struct sim_fault){.kind = SIM_SEND_ERROR,
                                    .error = EPERM,
                                    .first_port = 20000,
                                    .last_port = 65535,
                                    .chance = 1},
                 REASON_SEND_FAILED);
}

static void nor_do_those_whose_answers_the_capture_may_have_lost(void **state)
{
    (void)state;
    expect_fault((struct sim_fault){.kind = SIM_CAPTURE_LOSS, .chance = 1},
                 REASON_CAPTURE_LOSS);
}

/* ---- decoys among the ports of the audit ---- */

static void they_are_asked_at_once_where_all_ports_are_scanned(void **state)
{
    (void)state;
    static const char every[] = "1-65535";
    struct sim_host proxy = make_host(SIM_SYN_PROXY), host = make_host(SIM_CLOSED);
    struct sim_scenario scenario = against(&proxy);
    scenario.max_rate = 1000;
    for (scenario.deadline = 20 * MS; scenario.deadline < 500 * MS;
         scenario.deadline += 60 * MS)
        assert_int_equal(ask(&scenario, every, 1).said[PORT_OPEN], 0);
    assert_true(ask(&scenario, every, 1).unsaid[REASON_ANSWERS_EVERYTHING] > 0);
    scenario.network.hosts = &host;
    assert_true(ask(&scenario, every, 1).said[PORT_OPEN] > 0);
}

/* ---- what it costs ---- */

static void a_refusal_costs_one_packet(void **state)
{
    (void)state;
    struct sim_host host = make_host(SIM_CLOSED);
    struct sim_scenario scenario = against(&host);
    uint64_t refused = ask(&scenario, "90-92", SEEDS).sent;
    assert_int_equal(run(&scenario).sent, refused + SEEDS);
}

static void silence_costs_a_few_and_no_time_worth_speaking_of(void **state)
{
    (void)state;
    struct sim_host host = make_host(SIM_DROP);
    struct sim_scenario scenario = against(&host);
    struct sim_score score = run(&scenario);
    assert_true(score.sent <= SEEDS * (PORTS + 19));
    assert_true(score.time <= SEEDS * 200 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_deadline_makes_a_proxy_look_open),
        cmocka_unit_test(nor_does_any_wire),
        cmocka_unit_test(it_is_recognised_two_round_trips_after_its_first_answer),
        cmocka_unit_test(open_is_open_one_round_trip_after_the_first_answer),
        cmocka_unit_test(and_unknown_before),
        cmocka_unit_test(where_all_else_is_dropped_it_takes_some_tries),
        cmocka_unit_test(max_tries_leave_the_question_to_be_settled),
        cmocka_unit_test(host_that_goes_away_after_its_answer_is_not_open),
        cmocka_unit_test(one_that_comes_back_is_judged_then),
        cmocka_unit_test(decoys_that_are_lost_prove_nothing),
        cmocka_unit_test(nor_do_those_that_did_not_leave),
        cmocka_unit_test(nor_do_those_whose_answers_the_capture_may_have_lost),
        cmocka_unit_test(they_are_asked_at_once_where_all_ports_are_scanned),
        cmocka_unit_test(a_refusal_costs_one_packet),
        cmocka_unit_test(silence_costs_a_few_and_no_time_worth_speaking_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
