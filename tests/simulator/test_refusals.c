/* Firewalls that refuse above a limit, whatever the port: what they refuse by chance must not
 * be called refused, and what is refused by port must be. */
#include "tests/simulator/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { SEEDS = 50 };

#define MS NSEC_PER_MSEC

static const struct sim_answer by_reset = {.behaviour = SIM_REJECT_RESET},
                               by_icmp = {.behaviour = SIM_REJECT_ICMP,
                                          .icmp_type = 3,
                                          .icmp_code = 3};

/* Of 100 ports ten are open, ten rejected and the others closed. */
static struct sim_score run(const struct sim_limit *syns, const struct sim_answer *above,
                            nsec_t delay)
{
    static const uint8_t address[4] = {203, 0, 113, 10};
    const struct sim_row rows[] = {
        {PROTO_TCP, 80, 89, {.behaviour = SIM_OPEN}},
        {PROTO_TCP, 90, 99, *above},
    };
    const struct sim_host host = {
        .first = addr_ipv4(address),
        .count = 1,
        .rows = rows,
        .row_count = sizeof rows / sizeof rows[0],
        .hops = 2,
        .syns = *syns,
        .above = *above,
    };
    struct portset ports = {0};
    assert_int_equal(portset_add(&ports, 50, 149), 0);
    const struct target target = {.address = host.first, .ports[PROTO_TCP] = &ports};
    struct sim_score total = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const struct sim_scenario scenario = {
            .network = {.seed = seed,
                        .wire = {{.delay = delay}, {.delay = delay}},
                        .hosts = &host,
                        .host_count = 1},
            .targets = &target,
            .target_count = 1,
        };
        struct sim_score score;
        struct error error = {""};
        if (sim_scenario_run(&scenario, &score, &error) < 0)
            fail_msg("%s", error.text);
        sim_score_add(&total, &score);
    }
    portset_free(&ports);
    if (total.ports[SIM_WRONG] > 0)
        fail_msg("%lu wrong; %s", (unsigned long)total.ports[SIM_WRONG], total.first_wrong);
    return total;
}

static void resets_above_a_limit_are_no_verdict(void **state)
{
    (void)state;
    const struct sim_limit syns = {30, 20};
    struct sim_score score = run(&syns, &by_reset, 0);
    assert_true(score.unsaid[REASON_RATE_LIMITED] > 0);
    (void)run(&syns, &by_reset, 10 * MS);
}

static void icmp_errors_above_a_limit_are_no_verdict(void **state)
{
    (void)state;
    const struct sim_limit syns = {30, 20};
    struct sim_score score = run(&syns, &by_icmp, 0);
    assert_true(score.unsaid[REASON_RATE_LIMITED] > 0);
    (void)run(&syns, &by_icmp, 10 * MS);
}

static void refusals_by_port_are_told(void **state)
{
    (void)state;
    const struct sim_limit none = {0, 0};
    assert_int_equal(run(&none, &by_reset, 10 * MS).ports[SIM_UNSAID], 0);
    assert_int_equal(run(&none, &by_icmp, 10 * MS).ports[SIM_UNSAID], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resets_above_a_limit_are_no_verdict),
        cmocka_unit_test(icmp_errors_above_a_limit_are_no_verdict),
        cmocka_unit_test(refusals_by_port_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
