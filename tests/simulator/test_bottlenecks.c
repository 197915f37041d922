/* One host at the end of a path that carries little: every verdict is right, and it takes
 * little longer than the packets of a path that carries all would take there. */
#include "tests/simulator/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define MS NSEC_PER_MSEC

enum { PORTS = 3000, SEEDS = 3 };

static struct portset ports;
static struct target target;

static const struct sim_row rows[] = {
    {PROTO_TCP, 22, 22, {.behaviour = SIM_CLOSED}},
    {PROTO_TCP, 443, 443, {.behaviour = SIM_OPEN}},
    {PROTO_TCP, 900, 920, {.behaviour = SIM_REJECT_RESET}},
};

static const struct sim_host host = {
    .first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 10}},
    .count = 1,
    .hops = 4,
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .otherwise[PROTO_TCP] = {.behaviour = SIM_DROP},
};

static int choose_ports(void **state)
{
    (void)state;
    static const uint8_t address[4] = {203, 0, 113, 10};
    target = (struct target){.address = addr_ipv4(address), .ports[PROTO_TCP] = &ports};
    return portset_add(&ports, 1, PORTS);
}

static int forget_ports(void **state)
{
    (void)state;
    portset_free(&ports);
    return 0;
}

struct path {
    double rate; /* packets per second; 0: all */
    uint32_t queue;
    nsec_t rtt;
    double loss; /* each way */
};

static struct sim_score run(const struct path *path)
{
    struct sim_way back = {.delay = path->rtt / 2, .loss = path->loss}, out = back;
    out.rate = path->rate;
    out.queue = path->queue;
    struct sim_scenario scenario = {
        .network = {.wire = {out, back}, .hosts = &host, .host_count = 1, .snap_length = 256},
        .targets = &target,
        .target_count = 1,
    };
    struct sim_score total = {0};
    for (scenario.network.seed = 1; scenario.network.seed <= SEEDS; scenario.network.seed++) {
        struct sim_score score;
        struct error error = {""};
        if (sim_scenario_run(&scenario, &score, &error) < 0)
            fail_msg("%s", error.text);
        sim_score_add(&total, &score);
    }
    return total;
}

/* The time that a run over PATH takes more than over one that carries all, as a share of what
 * the latter's packets take at its rate. */
static double cost_of(const struct path *path)
{
    struct path free_path = {.rtt = path->rtt, .loss = path->loss};
    struct sim_score narrow = run(path), free_way = run(&free_path);
    if (narrow.ports[SIM_WRONG] > 0)
        fail_msg("%s", narrow.first_wrong);
    if (narrow.ports[SIM_UNSAID] > 0)
        fail_msg("%.0f packets/s, queue of %u, %d ms: %lu unknown", path->rate, path->queue,
                 (int)(path->rtt / MS), (unsigned long)narrow.ports[SIM_UNSAID]);
    double needed = (double)free_way.sent / path->rate * (double)NSEC_PER_SEC;
    return (double)(narrow.time - free_way.time) / needed;
}

static void any_bottleneck_is_found_and_used(void **state)
{
    (void)state;
    static const double rates[] = {500, 2000, 10000};
    static const uint32_t queues[] = {20, 50, 200};
    static const nsec_t rtts[] = {5 * MS, 20 * MS, 80 * MS, 200 * MS};
    double total = 0, count = 0;
    for (size_t r = 0; r < 3; r++) {
        for (size_t q = 0; q < 3; q++) {
            for (size_t t = 0; t < 4; t++) {
                struct path path = {rates[r], queues[q], rtts[t], 0.01};
                double cost = cost_of(&path);
                if (cost > 1.7)
                    fail_msg("%.0f packets/s, queue of %u, %d ms: %.2f", path.rate, path.queue,
                             (int)(path.rtt / MS), cost);
                total += cost;
                count++;
            }
        }
    }
    if (total > 1.3 * count)
        fail_msg("%.2f on average", total / count);
}

/* Longer than an answer is usually waited for: those that come late tell of the queue. */
static void a_queue_that_outlasts_the_timeout_is_noticed(void **state)
{
    (void)state;
    struct path path = {300, 400, 20 * MS, 0.01};
    assert_true(cost_of(&path) < 1.7);
}

static void loss_of_the_path_s_own_is_not_taken_for_a_bottleneck(void **state)
{
    (void)state;
    struct path path = {.rtt = 30 * MS, .loss = 0.2};
    struct sim_score score = run(&path);
    assert_int_equal(score.ports[SIM_WRONG], 0);
    if (score.time > SEEDS * 4 * NSEC_PER_SEC)
        fail_msg("%.1f s", (double)score.time / 1e9);
}

/* Half of the open ports, or a quarter, are forwarded to another site: their answers take
 * longer however little is sent. */
static void ports_behind_a_detour_are_not_taken_for_a_bottleneck(void **state)
{
    (void)state;
    enum { OPEN = 200, STEP = 44, DETOUR_SEEDS = 10 };
    static struct sim_row far_rows[OPEN];
    struct portset many = {0};
    assert_int_equal(portset_add(&many, 1, OPEN * STEP), 0);
    struct target far_target = target;
    far_target.ports[PROTO_TCP] = &many;
    struct sim_host far_host = host;
    far_host.rows = far_rows;
    far_host.row_count = OPEN;
    for (int every = 2; every <= 4; every += 2) {
        for (int i = 0; i < OPEN; i++) {
            uint16_t port = (uint16_t)(STEP * i + 1);
            nsec_t late = i % every == 0 ? 20 * MS : 0;
            far_rows[i] =
                (struct sim_row){PROTO_TCP, port, port, {.behaviour = SIM_OPEN, .late = late}};
        }
        for (uint64_t seed = 1; seed <= DETOUR_SEEDS; seed++) {
            struct sim_scenario scenario = {
                .network = {.seed = seed,
                            .wire = {{.delay = 10 * MS, .loss = 0.05},
                                     {.delay = 10 * MS, .loss = 0.05}},
                            .hosts = &far_host,
                            .host_count = 1},
                .targets = &far_target,
                .target_count = 1,
                .patience = 20 * NSEC_PER_SEC,
            };
            struct sim_score score;
            struct error error = {""};
            if (sim_scenario_run(&scenario, &score, &error) < 0)
                fail_msg("seed %d: %s", (int)seed, error.text);
            assert_string_equal(score.first_wrong, "");
        }
    }
    portset_free(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bottleneck_is_found_and_used),
        cmocka_unit_test(a_queue_that_outlasts_the_timeout_is_noticed),
        cmocka_unit_test(ports_behind_a_detour_are_not_taken_for_a_bottleneck),
        cmocka_unit_test(loss_of_the_path_s_own_is_not_taken_for_a_bottleneck),
    };
    return cmocka_run_group_tests(tests, choose_ports, forget_ports);
}
