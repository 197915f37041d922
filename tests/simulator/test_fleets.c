/* Many hosts at once, seen through a path that carries less than is sent: the pace has only
 * what the first of them answer to go by. */
#include "tests/simulator/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HOSTS = 256, PORTS = 20 };

static struct portset ports;
static struct target targets[HOSTS];

static const struct sim_row two_open[] = {
    {PROTO_TCP, 1005, 1006, {.behaviour = SIM_OPEN}},
};

#define FLEET                                                                           \
    .first = {.family = ADDR_IPV4, .bytes = {10, 64, 0, 0}}, .count = HOSTS, .hops = 4, \
    .delay = 5 * NSEC_PER_MSEC, .rows = two_open, .row_count = 1

static int name_hosts(void **state)
{
    (void)state;
    assert_int_equal(portset_add(&ports, 1000, 1000 + PORTS - 1), 0);
    for (int i = 0; i < HOSTS; i++) {
        const uint8_t address[4] = {10, 64, 0, (uint8_t)i};
        targets[i] = (struct target){.address = addr_ipv4(address), .ports[PROTO_TCP] = &ports};
    }
    return 0;
}

static int forget_hosts(void **state)
{
    (void)state;
    portset_free(&ports);
    return 0;
}

static struct sim_score run(const struct sim_host *hosts, size_t host_count, double rate,
                            uint32_t queue)
{
    struct sim_scenario scenario = {
        .network = {.wire = {{.delay = 10 * NSEC_PER_MSEC, .rate = rate, .queue = queue},
                             {.delay = 10 * NSEC_PER_MSEC}},
                    .hosts = hosts,
                    .host_count = host_count,
                    .snap_length = 256,
                    .seed = 3},
        .targets = targets,
        .target_count = HOSTS,
    };
    struct sim_score score;
    struct error error = {""};
    if (sim_scenario_run(&scenario, &score, &error) < 0)
        fail_msg("%s", error.text);
    if (score.ports[SIM_WRONG] > 0)
        fail_msg("%s", score.first_wrong);
    return score;
}

/* Our own kernel's RSTs, one for each SYN-ACK, have to pass the bottleneck as well. */
static void expect_told(const struct sim_host *hosts, size_t host_count, double rate,
                        uint32_t queue)
{
    struct sim_score score = run(hosts, host_count, rate, queue);
    assert_int_equal(score.ports[SIM_RIGHT], HOSTS * PORTS);
    double busy = (double)score.sent / rate * (double)NSEC_PER_SEC;
    if ((double)score.time > 1.5 * busy + (double)NSEC_PER_SEC)
        fail_msg("%.2f s for packets of %.2f s", (double)score.time / 1e9, busy / 1e9);
}

static void expect_all_told(const struct sim_host *fleet, double rate, uint32_t queue)
{
    expect_told(fleet, 1, rate, queue);
}

static void hosts_that_answer_everything_do_not_flood_a_bottleneck(void **state)
{
    (void)state;
    struct sim_host fleet = {FLEET, .otherwise[PROTO_TCP] = {.behaviour = SIM_CLOSED}};
    expect_all_told(&fleet, 2000, 50);
    expect_all_told(&fleet, 20000, 200);
}

static void hosts_that_drop_most_do_not_flood_a_bottleneck(void **state)
{
    (void)state;
    struct sim_host fleet = {FLEET, .otherwise[PROTO_TCP] = {.behaviour = SIM_DROP}};
    expect_all_told(&fleet, 2000, 50);
    expect_all_told(&fleet, 20000, 200);
}

static void hosts_near_and_far_tell_of_the_same_bottleneck(void **state)
{
    (void)state;
    struct sim_host fleet[2] = {
        {FLEET, .otherwise[PROTO_TCP] = {.behaviour = SIM_CLOSED}},
        {FLEET, .otherwise[PROTO_TCP] = {.behaviour = SIM_CLOSED}},
    };
    fleet[0].count = fleet[1].count = HOSTS / 2;
    fleet[1].first.bytes[3] = HOSTS / 2;
    fleet[1].delay = 40 * NSEC_PER_MSEC;
    expect_told(fleet, 2, 2000, 50);
    expect_told(fleet, 2, 10000, 100);
}

static void loss_alone_tells_of_a_queue_too_short_to_delay(void **state)
{
    (void)state;
    struct sim_host fleet = {FLEET, .otherwise[PROTO_TCP] = {.behaviour = SIM_DROP}};
    expect_all_told(&fleet, 5000, 20);
}

/* Half of the fleet, and so half of its beacons, goes away. */
static void beacons_that_die_do_not_hold_up_the_others(void **state)
{
    (void)state;
    struct sim_host fleet[2] = {
        {FLEET, .otherwise[PROTO_TCP] = {.behaviour = SIM_CLOSED}},
        {FLEET, .otherwise[PROTO_TCP] = {.behaviour = SIM_CLOSED}},
    };
    fleet[0].count = fleet[1].count = HOSTS / 2;
    fleet[1].first.bytes[3] = HOSTS / 2;
    fleet[0].away = (struct sim_span){300 * NSEC_PER_MSEC, NSEC_NEVER};
    struct sim_score score = run(fleet, 2, 5000, 100);
    assert_true(score.ports[SIM_RIGHT] >= HOSTS / 2 * PORTS);
    if (score.time > 30 * NSEC_PER_SEC)
        fail_msg("%.1f s right %lu", (double)score.time / 1e9,
                 (unsigned long)score.ports[SIM_RIGHT]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_that_answer_everything_do_not_flood_a_bottleneck),
        cmocka_unit_test(hosts_that_drop_most_do_not_flood_a_bottleneck),
        cmocka_unit_test(hosts_near_and_far_tell_of_the_same_bottleneck),
        cmocka_unit_test(loss_alone_tells_of_a_queue_too_short_to_delay),
        cmocka_unit_test(beacons_that_die_do_not_hold_up_the_others),
    };
    return cmocka_run_group_tests(tests, name_hosts, forget_hosts);
}
