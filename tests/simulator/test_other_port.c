/* Services that pick another port to answer, as TFTP does: such an answer is taken where the
 * library says that the service does so, and what it says fits the question. */
#include "tests/simulator/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEEDS = 8, SERVICE = 69, OTHER = 32769, BESIDE = 70 };

static struct portset ports;

static int choose_ports(void **state)
{
    (void)state;
    return portset_parse(&ports, "60-80");
}

static int forget_ports(void **state)
{
    (void)state;
    portset_free(&ports);
    return 0;
}

struct known {
    bool other_port;           /* what the library says */
    uint16_t transaction;      /* bytes of it in the question, from its third on */
    int32_t reply_transaction; /* where the answer has them */
    struct sim_answer service;
};

/* The question is 0, 1 and a transaction; an answer begins with 0, 5. */
static void learn(struct udp_library *library, const struct known *known)
{
    struct udp_probe probe = {
        .name = strdup("tftp"),
        .payload = calloc(1, 10),
        .payload_length = 10,
        .transaction_offset = 2,
        .transaction_length = known->transaction,
        .reply_transaction_offset = known->reply_transaction,
        .matchers = calloc(1, sizeof(struct udp_matcher)),
        .matcher_count = 1,
        .answers_from_other_port = known->other_port,
    };
    assert_true(probe.name && probe.payload && probe.matchers);
    probe.payload[1] = 1;
    probe.matchers[0] = (struct udp_matcher){0, 2, {0, 5}, {0xff, 0xff}};
    assert_int_equal(portset_add(&probe.ports, SERVICE, SERVICE), 0);
    assert_int_equal(udp_library_add(library, &probe), 0);
}

/* Another port, BESIDE, is a service of the usual kind; the rest is dropped. */
static struct sim_score run(const struct known *known, uint64_t seed)
{
    static const uint8_t address[4] = {203, 0, 113, 10};
    const struct sim_row rows[] = {
        {PROTO_UDP, SERVICE, SERVICE, known->service},
        {PROTO_UDP, BESIDE, BESIDE, {.behaviour = SIM_OPEN}},
    };
    const struct sim_host host = {
        .first = addr_ipv4(address),
        .count = 1,
        .rows = rows,
        .row_count = sizeof rows / sizeof rows[0],
        .otherwise = {{.behaviour = SIM_DROP}, {.behaviour = SIM_DROP}},
    };
    struct udp_library library = {0};
    learn(&library, known);
    const struct target target = {.address = host.first, .ports[PROTO_UDP] = &ports};
    const struct sim_way way = {.delay = 5 * NSEC_PER_MSEC};
    const struct sim_scenario scenario = {
        .network = {.seed = seed, .wire = {way, way}, .hosts = &host, .host_count = 1},
        .targets = &target,
        .target_count = 1,
        .library = &library,
    };
    struct sim_score score;
    struct error error = {""};
    if (sim_scenario_run(&scenario, &score, &error) < 0)
        fail_msg("%s", error.text);
    udp_library_free(&library);
    return score;
}

static void expect(const struct known *known, bool open)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct sim_score score = run(known, seed);
        assert_int_equal(score.said[PORT_OPEN], open ? 2 : 1);
        assert_int_equal(score.said[PORT_SILENT], open ? 19 : 20);
    }
}

static int refuse(const uint8_t *payload, size_t length, uint8_t *answer, size_t room)
{
    (void)room;
    memcpy(answer, payload, length);
    answer[1] = 5;
    return (int)length;
}

static int refuse_another(const uint8_t *payload, size_t length, uint8_t *answer, size_t room)
{
    int said = refuse(payload, length, answer, room);
    answer[2] ^= 1;
    return said;
}

static int say_something_else(const uint8_t *payload, size_t length, uint8_t *answer,
                              size_t room)
{
    int said = refuse(payload, length, answer, room);
    answer[1] = 7;
    return said;
}

static const struct known tftp = {
    .other_port = true,
    .reply_transaction = UDP_TRANSACTION_NOWHERE,
    .service = {.behaviour = SIM_OPEN, .reply = refuse, .from_port = OTHER},
};

static void answer_from_another_port_is_taken_where_the_service_does_so(void **state)
{
    (void)state;
    expect(&tftp, true);
    struct known late = tftp;
    late.service.late = 100 * NSEC_PER_MSEC;
    expect(&late, true);
}

static void answer_from_another_port_is_not_taken_where_the_service_does_not(void **state)
{
    (void)state;
    struct known same_port = tftp;
    same_port.other_port = false;
    expect(&same_port, false);
    same_port.service.from_port = BESIDE; /* a port that is asked, too */
    expect(&same_port, false);
}

static void answer_from_another_port_must_fit_the_question(void **state)
{
    (void)state;
    struct known other = tftp;
    other.service.reply = say_something_else;
    expect(&other, false);
    other.service.from_port = SERVICE; /* from its own port, it says who is there */
    expect(&other, true);
}

static void transaction_must_be_repeated_where_it_is_to_be(void **state)
{
    (void)state;
    struct known known = tftp;
    known.transaction = 4;
    known.reply_transaction = 2;
    expect(&known, true);
    known.service.reply = refuse_another;
    expect(&known, false);
}

static void answer_to_a_port_of_ours_that_did_not_ask_is_not_taken(void **state)
{
    (void)state;
    struct known forged = tftp;
    forged.service.astray = 3;
    expect(&forged, false);
    forged.service.from_port = 0;
    expect(&forged, false);
    forged.transaction = 4;
    forged.reply_transaction = 2;
    expect(&forged, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_from_another_port_is_taken_where_the_service_does_so),
        cmocka_unit_test(answer_from_another_port_is_not_taken_where_the_service_does_not),
        cmocka_unit_test(answer_from_another_port_must_fit_the_question),
        cmocka_unit_test(transaction_must_be_repeated_where_it_is_to_be),
        cmocka_unit_test(answer_to_a_port_of_ours_that_did_not_ask_is_not_taken),
    };
    return cmocka_run_group_tests(tests, choose_ports, forget_ports);
}
