/* Forged packets: that they come, and that none carries what only a true answer can. */
#include "tests/simulator/codec.h"
#include "tests/simulator/hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct sim_row rows[] = {
    {PROTO_TCP, 80, 80, {.behaviour = SIM_OPEN}},
    {PROTO_UDP, 80, 80, {.behaviour = SIM_OPEN}},
    {PROTO_TCP, 81, 81, {.behaviour = SIM_REJECT_ICMP, .icmp_type = 3, .icmp_code = 10}},
};

static const struct sim_host host = {
    .first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 10}},
    .count = 16,
    .rows = rows,
    .row_count = 3,
};

static void forgeries_come_at_their_rate(void **state)
{
    (void)state;
    struct sim_config config = {
        .seed = 9, .hosts = &host, .host_count = 1, .forger = {.rate = 5000}};
    struct hand hand;
    hand_open(&hand, &config);
    assert_in_range(hand_wait(&hand, NSEC_PER_SEC), 4700, 5300);
    hand_close(&hand);
}

static void forgeries_are_of_every_kind(void **state)
{
    (void)state;
    struct sim_config config = {
        .seed = 9, .hosts = &host, .host_count = 1, .forger = {.rate = 60}};
    struct hand hand;
    hand_open(&hand, &config);
    unsigned kinds[256] = {0};
    hand_wait(&hand, NSEC_PER_SEC);
    for (size_t i = 0; i < hand.count && i < HAND_ANSWERS_MAX; i++)
        kinds[hand.answers[i].protocol]++;
    assert_true(kinds[SIM_TCP] > 0 && kinds[SIM_UDP] > 0 && kinds[SIM_ICMP] > 0);
    hand_close(&hand);
}

static void flipped_copy_comes_first_and_is_wrong_where_it_is_guarded(void **state)
{
    (void)state;
    struct sim_config config = {
        .seed = 9, .hosts = &host, .host_count = 1, .forger = {.flips = 1}};
    struct hand hand;
    hand_open(&hand, &config);
    struct hand_probe probe = {
        .target = "203.0.113.10", .protocol = SIM_TCP, .port = 80, .source_port = 61000};
    assert_int_equal(hand_send(&hand, &probe), 0);
    assert_int_equal(hand_wait(&hand, NSEC_PER_SEC), 2);
    assert_int_not_equal(hand.answers[0].acknowledgement, 1);
    assert_int_equal(hand.answers[1].acknowledgement, 1);

    probe.protocol = SIM_UDP;
    assert_int_equal(hand_send(&hand, &probe), 0);
    assert_int_equal(hand_wait(&hand, NSEC_PER_SEC), 2);
    assert_int_not_equal(hand.answers[0].to_port, 61000);
    assert_int_equal(hand.answers[1].to_port, 61000);

    probe.protocol = SIM_TCP;
    probe.port = 81;
    assert_int_equal(hand_send(&hand, &probe), 0);
    assert_int_equal(hand_wait(&hand, NSEC_PER_SEC), 2);
    assert_memory_not_equal(hand.answers[0].body + 24, hand.answers[1].body + 24, 4);
    assert_memory_equal(hand.answers[0].body, hand.answers[1].body, 16);
    hand_close(&hand);
}

static void nobody_forges_unless_asked(void **state)
{
    (void)state;
    struct sim_config config = {.seed = 9, .hosts = &host, .host_count = 1};
    struct hand hand;
    hand_open(&hand, &config);
    assert_int_equal(hand_wait(&hand, NSEC_PER_SEC), 0);
    hand_close(&hand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forgeries_come_at_their_rate),
        cmocka_unit_test(forgeries_are_of_every_kind),
        cmocka_unit_test(flipped_copy_comes_first_and_is_wrong_where_it_is_guarded),
        cmocka_unit_test(nobody_forges_unless_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
