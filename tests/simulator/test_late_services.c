/* UDP services that take their time, and TCP ports that are forwarded to another site: on a
 * path of a third of a millisecond they answer when portvet has asked again long since, and are
 * open all the same. */
#include "tests/simulator/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SEEDS = 8, SERVICE = 1900 };

#define WIRE                             \
    {                                    \
        {.delay = 150 * NSEC_PER_USEC},  \
        {                                \
            .delay = 150 * NSEC_PER_USEC \
        }                                \
    }

static struct portset tcp_ports, udp_ports;
static struct target target;

static int choose_ports(void **state)
{
    (void)state;
    assert_int_equal(portset_parse(&tcp_ports, "20-30"), 0);
    assert_int_equal(portset_parse(&udp_ports, "1890-1910"), 0);
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

/* A host that drops all but a closed TCP port and one late service. */
struct late {
    nsec_t late, later;
    double loss;
    enum sim_behaviour witness; /* of TCP port 22 */
    bool dropped;               /* there is no service after all */
    nsec_t detour;              /* TCP port 25 is open at the end of it; 0: it is dropped */
    bool ignores_echo;
    double forged; /* packets a second */
    nsec_t deadline;
    const struct udp_library *library;
};

static struct sim_score run(const struct late *late, uint64_t seed)
{
    const struct sim_row rows[] = {
        {PROTO_TCP, 22, 22, {.behaviour = late->witness}},
        {PROTO_TCP,
         25,
         25,
         {.behaviour = late->detour ? SIM_OPEN : SIM_DROP, .late = late->detour}},
        {PROTO_UDP,
         SERVICE,
         SERVICE,
         {.behaviour = late->dropped ? SIM_DROP : SIM_OPEN,
          .late = late->late,
          .later = late->later}},
    };
    const struct sim_host host = {
        .first = target.address,
        .count = 1,
        .rows = rows,
        .row_count = sizeof rows / sizeof rows[0],
        .otherwise = {{.behaviour = SIM_DROP}, {.behaviour = SIM_DROP}},
        .ignores_echo = late->ignores_echo,
    };
    struct sim_scenario scenario = {
        .network = {.seed = seed, .wire = WIRE, .hosts = &host, .host_count = 1},
        .targets = &target,
        .target_count = 1,
        .library = late->library,
        .deadline = late->deadline,
    };
    scenario.network.wire.out.loss = scenario.network.wire.back.loss = late->loss;
    scenario.network.forger.rate = late->forged;
    struct sim_score score;
    struct error error = {""};
    if (sim_scenario_run(&scenario, &score, &error) < 0)
        fail_msg("%s", error.text);
    return score;
}

static void expect_open(const struct late *late, nsec_t most)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct sim_score score = run(late, seed);
        if (score.ports[SIM_RIGHT] != sim_score_verdicts(&score) || score.time > most)
            fail_msg("%d ms late, loss %g, seed %d: %d unknown, %d ms; %s",
                     (int)(late->late / NSEC_PER_MSEC), late->loss, (int)seed,
                     (int)score.ports[SIM_UNSAID], (int)(score.time / NSEC_PER_MSEC),
                     score.first_wrong);
    }
}

static const nsec_t delays[] = {
    2 * NSEC_PER_MSEC,  10 * NSEC_PER_MSEC,  18 * NSEC_PER_MSEC,  25 * NSEC_PER_MSEC,
    50 * NSEC_PER_MSEC, 120 * NSEC_PER_MSEC, 250 * NSEC_PER_MSEC, 500 * NSEC_PER_MSEC,
};

static void late_service_is_open(void **state)
{
    (void)state;
    static const enum sim_behaviour witnesses[] = {SIM_OPEN, SIM_CLOSED};
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        for (size_t w = 0; w < sizeof witnesses / sizeof witnesses[0]; w++) {
            struct late late = {.late = delays[i], .witness = witnesses[w]};
            expect_open(&late, 3 * NSEC_PER_SEC);
            late.loss = 0.05;
            expect_open(&late, 6 * NSEC_PER_SEC);
        }
    }
}

/* The latest tries, whose answers alone are believed, are lost now and then, all of them. Those
 * to earlier ones show that the port is not silent. */
static void service_that_answers_early_tries_is_not_silent(void **state)
{
    (void)state;
    enum { MANY_SEEDS = 200 };
    static const struct {
        nsec_t late;
        double loss;
    } rows[] = {
        {20 * NSEC_PER_MSEC, 0.05},  {120 * NSEC_PER_MSEC, 0.05}, {120 * NSEC_PER_MSEC, 0.20},
        {300 * NSEC_PER_MSEC, 0.05}, {300 * NSEC_PER_MSEC, 0.20},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct late late = {
            .late = rows[i].late, .loss = rows[i].loss, .witness = SIM_CLOSED};
        for (uint64_t seed = 1; seed <= MANY_SEEDS; seed++)
            assert_string_equal(run(&late, seed).first_wrong, "");
    }
}

static void know_service(struct udp_library *library, uint16_t answers_within_ms, bool never)
{
    struct udp_probe probe = {
        .name = strdup("late"),
        .answers_within_ms = answers_within_ms,
        .never_answers = never,
        .reply_transaction_offset = UDP_TRANSACTION_NOWHERE,
    };
    assert_non_null(probe.name);
    assert_int_equal(portset_add(&probe.ports, 1, UINT16_MAX), 0);
    assert_int_equal(udp_library_add(library, &probe), 0);
}

static void late_service_is_not_silent_because_time_is_up(void **state)
{
    (void)state;
    struct udp_library library = {0};
    know_service(&library, 0, true);
    struct late late = {.late = 600 * NSEC_PER_MSEC, .witness = SIM_OPEN};
    for (late.deadline = 300 * NSEC_PER_MSEC; late.deadline <= 700 * NSEC_PER_MSEC;
         late.deadline += 100 * NSEC_PER_MSEC) {
        struct late mute = late;
        mute.dropped = true;
        mute.library = &library;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            assert_int_equal(run(&late, seed).said[PORT_SILENT], 0);
            assert_int_not_equal(run(&mute, seed).said[PORT_SILENT], 0);
        }
    }
    udp_library_free(&library);
}

/* What is late may then be the only measure of the path. */
static void late_service_is_open_beside_nothing_but_echo(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        struct late late = {.late = delays[i], .witness = SIM_DROP};
        expect_open(&late, 15 * NSEC_PER_SEC);
    }
}

static void port_that_is_forwarded_to_another_site_is_open(void **state)
{
    (void)state;
    static const enum sim_behaviour witnesses[] = {SIM_OPEN, SIM_CLOSED};
    for (size_t w = 0; w < sizeof witnesses / sizeof witnesses[0]; w++) {
        struct late late = {.witness = witnesses[w]};
        for (late.detour = 20 * NSEC_PER_MSEC; late.detour <= 220 * NSEC_PER_MSEC;
             late.detour += 20 * NSEC_PER_MSEC)
            expect_open(&late, 6 * NSEC_PER_SEC);
    }
}

static void port_that_may_be_forwarded_is_not_dropped_because_time_is_up(void **state)
{
    (void)state;
    struct late late = {.witness = SIM_CLOSED, .detour = 200 * NSEC_PER_MSEC};
    for (late.deadline = 50 * NSEC_PER_MSEC; late.deadline < late.detour;
         late.deadline += 50 * NSEC_PER_MSEC) {
        for (uint64_t seed = 1; seed <= SEEDS; seed++)
            assert_int_equal(run(&late, seed).said[PORT_DROPPED], 0);
    }
}

static void service_that_is_late_at_random_is_open(void **state)
{
    (void)state;
    struct late late = {.later = 600 * NSEC_PER_MSEC, .witness = SIM_OPEN};
    expect_open(&late, 5 * NSEC_PER_SEC);
}

static void service_that_is_known_to_wait_is_waited_for(void **state)
{
    (void)state;
    struct udp_library library = {0};
    know_service(&library, 2500, false);
    struct late late = {.later = 2 * NSEC_PER_SEC, .witness = SIM_OPEN, .library = &library};
    expect_open(&late, 15 * NSEC_PER_SEC);
    udp_library_free(&library);
}

static void service_that_never_answers_is_not_waited_for(void **state)
{
    (void)state;
    struct udp_library library = {0};
    know_service(&library, 0, true);
    struct late late = {.witness = SIM_OPEN, .library = &library};
    expect_open(&late, 500 * NSEC_PER_MSEC);
    udp_library_free(&library);
}

static void late_service_is_open_where_nothing_else_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        struct late late = {.late = delays[i], .witness = SIM_DROP, .ignores_echo = true};
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct sim_score score = run(&late, seed);
            assert_int_equal(score.said[PORT_OPEN], 1);
        }
    }
}

static void late_service_is_not_silent_while_somebody_guesses(void **state)
{
    (void)state;
    struct late late = {.witness = SIM_OPEN, .forged = 20000};
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        late.late = delays[i];
        for (uint64_t seed = 1; seed <= SEEDS; seed++)
            assert_string_equal(run(&late, seed).first_wrong, "");
    }
}

/* Thousands of datagrams a second in the name of one port, some of which hit a port that we
 * sent from. */
static void port_that_somebody_guesses_at_is_not_open(void **state)
{
    (void)state;
    struct late forged = {
        .witness = SIM_CLOSED, .dropped = true, .forged = 3e6, .deadline = 300 * NSEC_PER_MSEC};
    static const uint64_t hits[] = {9, 13}; /* seeds whose guesses hit */
    for (size_t i = 0; i < sizeof hits / sizeof hits[0]; i++) {
        struct sim_score score = run(&forged, hits[i]);
        assert_string_equal(score.first_wrong, "");
        assert_int_equal(score.said[PORT_OPEN], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_service_is_open),
        cmocka_unit_test(service_that_answers_early_tries_is_not_silent),
        cmocka_unit_test(late_service_is_not_silent_because_time_is_up),
        cmocka_unit_test(late_service_is_open_beside_nothing_but_echo),
        cmocka_unit_test(port_that_is_forwarded_to_another_site_is_open),
        cmocka_unit_test(port_that_may_be_forwarded_is_not_dropped_because_time_is_up),
        cmocka_unit_test(service_that_is_late_at_random_is_open),
        cmocka_unit_test(late_service_is_open_where_nothing_else_answers),
        cmocka_unit_test(service_that_is_known_to_wait_is_waited_for),
        cmocka_unit_test(service_that_never_answers_is_not_waited_for),
        cmocka_unit_test(late_service_is_not_silent_while_somebody_guesses),
        cmocka_unit_test(port_that_somebody_guesses_at_is_not_open),
    };
    return cmocka_run_group_tests(tests, choose_ports, forget_ports);
}
