/* Forwarded ports whose rejections come back as they are: over any wire, limited or forged at,
 * they are told right, and where they lead. */
#include "tests/simulator/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { SEEDS = 3, PORTS = 60, SENT_ON = 10 };

#define DELAY .delay = 10 * NSEC_PER_MSEC, .jitter = 2 * NSEC_PER_MSEC

static const struct sim_wire good = {{DELAY}, {DELAY}};
static const struct sim_wire lossy = {{DELAY, .loss = 0.05, .duplicate = 0.01},
                                      {DELAY, .loss = 0.05, .duplicate = 0.01}};

/* One address family: a host, and the machine behind to which some of its ports lead. */
struct place {
    struct addr host;
    struct sim_router behind;
    struct sim_forwarding elsewhere, same_port;
    uint8_t type, code; /* administratively prohibited */
};

static const struct place places[] = {
    {
        .host = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 10}},
        .behind = {.address = {.family = ADDR_IPV4, .bytes = {10, 0, 0, 5}}, .hops = 5},
        .elsewhere = {{.family = ADDR_IPV4, .bytes = {10, 0, 0, 5}}, 8443},
        .same_port = {{.family = ADDR_IPV4, .bytes = {10, 0, 0, 5}}, 0},
        .type = 3,
        .code = 13,
    },
    {
        .host = {.family = ADDR_IPV6, .bytes = {0x20, 1, 0xd, 0xb8, [15] = 10}},
        .behind = {.address = {.family = ADDR_IPV6, .bytes = {0xfd, [15] = 5}}, .hops = 5},
        .elsewhere = {{.family = ADDR_IPV6, .bytes = {0xfd, [15] = 5}}, 8443},
        .same_port = {{.family = ADDR_IPV6, .bytes = {0xfd, [15] = 5}}, 0},
        .type = 1,
        .code = 1,
    },
};

/* Ports 1-60 of the host: one open, ten sent on, the rest dropped. */
static struct sim_score run(const struct place *place, const struct sim_config *network)
{
    const struct sim_answer rejected = {
        .behaviour = SIM_REJECT_ICMP,
        .icmp_type = place->type,
        .icmp_code = place->code,
        .router = 1,
        .forwarding = &place->elsewhere,
    };
    struct sim_answer as_it_is = rejected;
    as_it_is.forwarding = &place->same_port;
    const struct sim_row rows[] = {{PROTO_TCP, 5, 5, {.behaviour = SIM_OPEN}},
                                   {PROTO_TCP, 11, 15, rejected},
                                   {PROTO_TCP, 21, 25, as_it_is}};
    const struct sim_host host = {
        .first = place->host,
        .count = 1,
        .hops = 4,
        .rows = rows,
        .row_count = sizeof(rows) / sizeof(rows[0]),
        .otherwise = {{.behaviour = SIM_DROP}},
    };
    struct portset ports = {0};
    struct target target = {.address = place->host, .ports = {[PROTO_TCP] = &ports}};
    struct sim_router behind = place->behind;
    struct sim_scenario scenario = {.network = *network, .targets = &target, .target_count = 1};
    struct sim_score total = {0}, score;
    struct error error = {""};
    if (network->routers != NULL)
        behind.icmp = network->routers[0].icmp;
    scenario.network.hosts = &host;
    scenario.network.host_count = 1;
    scenario.network.routers = &behind;
    scenario.network.router_count = 1;
    assert_int_equal(portset_add(&ports, 1, PORTS), 0);
    for (scenario.network.seed = 1; scenario.network.seed <= SEEDS; scenario.network.seed++) {
        if (sim_scenario_run(&scenario, &score, &error) < 0)
            fail_msg("%s", error.text);
        sim_score_add(&total, &score);
    }
    portset_free(&ports);
    return total;
}

/* Nothing may be wrong, and everything is said, in both families. */
static void assert_told(const struct sim_config *network)
{
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct sim_score score = run(&places[i], network);
        if (score.ports[SIM_WRONG] > 0)
            fail_msg("%lu wrong; %s", (unsigned long)score.ports[SIM_WRONG], score.first_wrong);
        assert_int_equal(score.said[PORT_REJECTED], SEEDS * SENT_ON);
        assert_int_equal(score.said[PORT_DROPPED], SEEDS * (PORTS - SENT_ON - 1));
    }
}

static void rejection_from_behind_tells_where_the_port_leads(void **state)
{
    (void)state;
    assert_told(&(struct sim_config){.wire = good});
}

static void loss_hides_none(void **state)
{
    (void)state;
    assert_told(&(struct sim_config){.wire = lossy, .snap_length = 256});
}

static void limited_rejections_from_behind_are_no_drops(void **state)
{
    (void)state;
    static const struct sim_router limited = {.icmp = {6, 1}};
    assert_told(&(struct sim_config){.wire = good, .routers = &limited});
}

static void forgers_change_nothing(void **state)
{
    (void)state;
    assert_told(&(struct sim_config){.wire = good, .forger = {.rate = 20000, .flips = 1}});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rejection_from_behind_tells_where_the_port_leads),
        cmocka_unit_test(loss_hides_none),
        cmocka_unit_test(limited_rejections_from_behind_are_no_drops),
        cmocka_unit_test(forgers_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
