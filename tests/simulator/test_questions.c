/* Ports that several probes of the library name: the service may answer any one of them. */
#include "tests/simulator/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEEDS = 8, SERVICE = 161 };

static struct udp_library library;
static struct portset ports;

static void learn(const char *name, const char *payload)
{
    struct udp_probe probe = {
        .name = strdup(name),
        .payload = (uint8_t *)strdup(payload),
        .payload_length = (uint16_t)strlen(payload),
        .reply_transaction_offset = UDP_TRANSACTION_NOWHERE,
    };
    assert_non_null(probe.name);
    assert_non_null(probe.payload);
    assert_int_equal(portset_add(&probe.ports, SERVICE, SERVICE), 0);
    assert_int_equal(udp_library_add(&library, &probe), 0);
}

static int fill_library(void **state)
{
    (void)state;
    learn("first", "one");
    learn("second", "two");
    learn("third", "three");
    return portset_parse(&ports, "150-170");
}

static int empty_library(void **state)
{
    (void)state;
    udp_library_free(&library);
    portset_free(&ports);
    return 0;
}

static int answer_if(const char *word, const uint8_t *payload, size_t length, uint8_t *answer)
{
    if (length != strlen(word) || memcmp(payload, word, length) != 0)
        return -1;
    answer[0] = 'y';
    return 1;
}

static int answer_one(const uint8_t *payload, size_t length, uint8_t *answer, size_t room)
{
    (void)room;
    return answer_if("one", payload, length, answer);
}

static int answer_two(const uint8_t *payload, size_t length, uint8_t *answer, size_t room)
{
    (void)room;
    return answer_if("two", payload, length, answer);
}

static int answer_three(const uint8_t *payload, size_t length, uint8_t *answer, size_t room)
{
    (void)room;
    return answer_if("three", payload, length, answer);
}

static sim_udp_reply_fn *const services[] = {answer_one, answer_two, answer_three};

/* A host that drops all but this. */
static struct sim_score run(const struct sim_answer *service, double loss, unsigned max_tries,
                            uint64_t seed)
{
    static const uint8_t address[4] = {203, 0, 113, 10};
    const struct sim_row row = {PROTO_UDP, SERVICE, SERVICE, *service};
    const struct sim_host host = {
        .first = addr_ipv4(address),
        .count = 1,
        .rows = &row,
        .row_count = 1,
        .otherwise = {{.behaviour = SIM_DROP}, {.behaviour = SIM_DROP}},
    };
    const struct target target = {.address = host.first, .ports[PROTO_UDP] = &ports};
    const struct sim_way way = {.delay = 5 * NSEC_PER_MSEC, .loss = loss};
    const struct sim_scenario scenario = {
        .network = {.seed = seed, .wire = {way, way}, .hosts = &host, .host_count = 1},
        .targets = &target,
        .target_count = 1,
        .library = &library,
        .max_tries = max_tries,
    };
    struct sim_score score;
    struct error error = {""};
    if (sim_scenario_run(&scenario, &score, &error) < 0)
        fail_msg("%s", error.text);
    assert_string_equal(score.first_wrong, "");
    return score;
}

static void service_that_answers_one_of_several_questions_is_open(void **state)
{
    (void)state;
    static const double losses[] = {0, 0.05, 0.2};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        const struct sim_answer service = {.behaviour = SIM_OPEN, .reply = services[i]};
        for (size_t l = 0; l < sizeof losses / sizeof losses[0]; l++) {
            for (uint64_t seed = 1; seed <= SEEDS; seed++) {
                struct sim_score score = run(&service, losses[l], 0, seed);
                assert_int_equal(score.said[PORT_OPEN], 1);
                assert_int_equal(score.ports[SIM_UNSAID], 0);
            }
        }
    }
}

/* Each question has as many tries as another port has in all. */
static void silence_needs_proof_for_each_question(void **state)
{
    (void)state;
    const struct sim_answer drop = {.behaviour = SIM_DROP};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct sim_score enough = run(&drop, 0, 0, seed), few = run(&drop, 0, 12, seed);
        assert_int_equal(enough.said[PORT_SILENT], 21);
        assert_int_equal(few.said[PORT_SILENT], 20);
        assert_int_equal(few.unsaid[REASON_TRIES_EXHAUSTED], 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service_that_answers_one_of_several_questions_is_open),
        cmocka_unit_test(silence_needs_proof_for_each_question),
    };
    return cmocka_run_group_tests(tests, fill_library, empty_library);
}
