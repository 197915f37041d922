/* The engine over every wire, with hosts of every kind: a short form of the campaign. */
#include "tests/simulator/population.h"
#include "tests/simulator/scenario.h"
#include "tests/simulator/wires.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { RUNS = 6, HOSTS = 6, PORTS = 150 };

static void run_over(const struct sim_named_wire *wire, uint64_t seed, struct sim_score *sum)
{
    struct sim_population population;
    struct error error = {""};
    assert_int_equal(sim_population_init(&population, seed, HOSTS, PORTS), 0);
    struct sim_scenario scenario = {
        .network = {.seed = seed,
                    .wire = wire->wire,
                    .hosts = population.hosts,
                    .host_count = population.count,
                    .routers = sim_population_routers,
                    .router_count = sim_population_router_count,
                    .forger = wire->forger,
                    .faults = wire->faults,
                    .fault_count = wire->fault_count,
                    .snap_length = 256},
        .targets = population.targets,
        .target_count = population.count,
    };
    struct sim_score score;
    if (sim_scenario_run(&scenario, &score, &error) < 0)
        fail_msg("%s: %s", wire->name, error.text);
    sim_score_add(sum, &score);
    sim_population_free(&population);
}

static void no_wire_makes_a_verdict_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sim_wire_count; i++) {
        struct sim_score sum = {0};
        for (uint64_t seed = 1; seed <= RUNS; seed++)
            run_over(&sim_wires[i], seed, &sum);
        if (sum.ports[SIM_WRONG] > 0)
            fail_msg("%s: %lu wrong; %s", sim_wires[i].name,
                     (unsigned long)sum.ports[SIM_WRONG], sum.first_wrong);
        assert_int_equal(sum.broken_packets, 0);
    }
}

static void same_seed_gives_the_same_run(void **state)
{
    (void)state;
    struct sim_score one = {0}, two = {0};
    run_over(&sim_wires[sim_wire_count - 1], 5, &one);
    run_over(&sim_wires[sim_wire_count - 1], 5, &two);
    assert_memory_equal(&one, &two, sizeof(one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_wire_makes_a_verdict_wrong),
        cmocka_unit_test(same_seed_gives_the_same_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
