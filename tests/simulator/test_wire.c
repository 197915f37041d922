/* What the wire does to packets, told from many of them. */
#include "tests/simulator/queue.h"
#include "tests/simulator/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { PACKETS = 100000 };

#define APART (10 * NSEC_PER_USEC)

struct tally {
    unsigned fates[4];
    unsigned overtaken;    /* packets that arrive before an earlier one */
    unsigned longest_loss; /* packets in a row */
    nsec_t shortest, longest, last;
};

static struct tally carry_packets(const struct sim_way *way, nsec_t apart)
{
    struct sim_channel channel;
    sim_channel_init(&channel, way, 42);
    struct tally tally = {.shortest = NSEC_NEVER};
    unsigned lost_in_a_row = 0;
    for (unsigned i = 0; i < PACKETS; i++) {
        nsec_t at = SIM_START + i * apart, arrivals[2];
        enum sim_fate fate = sim_channel_carry(&channel, at, 0, arrivals);
        tally.fates[fate]++;
        lost_in_a_row = fate == SIM_LOST ? lost_in_a_row + 1 : 0;
        if (lost_in_a_row > tally.longest_loss)
            tally.longest_loss = lost_in_a_row;
        if (fate == SIM_LOST || fate == SIM_OVERFLOWED)
            continue;
        nsec_t took = arrivals[0] - at;
        tally.shortest = took < tally.shortest ? took : tally.shortest;
        tally.longest = took > tally.longest ? took : tally.longest;
        tally.overtaken += arrivals[0] < tally.last ? 1 : 0;
        tally.last = arrivals[0] > tally.last ? arrivals[0] : tally.last;
    }
    return tally;
}

static void perfect_wire_keeps_time_and_order(void **state)
{
    (void)state;
    struct sim_way way = {.delay = 5 * NSEC_PER_MSEC};
    struct tally tally = carry_packets(&way, APART);
    assert_int_equal(tally.fates[SIM_CARRIED], PACKETS);
    assert_int_equal(tally.shortest, 5 * NSEC_PER_MSEC);
    assert_int_equal(tally.longest, 5 * NSEC_PER_MSEC);
    assert_int_equal(tally.overtaken, 0);
}

static void loss_and_duplicates_are_as_frequent_as_asked(void **state)
{
    (void)state;
    struct sim_way way = {.loss = 0.05, .duplicate = 0.1};
    struct tally tally = carry_packets(&way, APART);
    assert_in_range(tally.fates[SIM_LOST], 4700, 5300);
    assert_in_range(tally.fates[SIM_DUPLICATED], 9000, 10000);
}

static void bursts_lose_packets_in_a_row(void **state)
{
    (void)state;
    struct sim_way way = {
        .burst_mean = NSEC_PER_MSEC, .gap_mean = 9 * NSEC_PER_MSEC, .burst_loss = 1};
    struct tally tally = carry_packets(&way, APART);
    assert_in_range(tally.fates[SIM_LOST], 6000, 14000);
    assert_in_range(tally.longest_loss, 200, 2000);
}

static void jitter_and_reordering_let_packets_overtake(void **state)
{
    (void)state;
    struct sim_way way = {.delay = NSEC_PER_MSEC, .jitter = NSEC_PER_MSEC};
    struct tally tally = carry_packets(&way, APART);
    assert_true(tally.overtaken > PACKETS / 4);
    assert_in_range(tally.longest, 19 * NSEC_PER_MSEC / 10, 2 * NSEC_PER_MSEC);
    struct sim_way held = {.reorder = 0.01, .reorder_delay = NSEC_PER_MSEC};
    tally = carry_packets(&held, APART);
    assert_in_range(tally.overtaken, 1, PACKETS);
    assert_int_equal(tally.longest, NSEC_PER_MSEC);
}

static void bottleneck_carries_its_rate_and_no_more(void **state)
{
    (void)state;
    struct sim_way way = {.rate = 2000, .queue = 50};
    struct tally tally = carry_packets(&way, APART); /* one second at 100,000 per second */
    unsigned carried = tally.fates[SIM_CARRIED];
    assert_in_range(carried, 2040, 2060);
    assert_int_equal(tally.fates[SIM_OVERFLOWED], PACKETS - carried);
    assert_in_range(tally.longest, 25 * NSEC_PER_MSEC, 26 * NSEC_PER_MSEC);
}

static void bottleneck_leaves_a_slow_sender_alone(void **state)
{
    (void)state;
    struct sim_way way = {.rate = 2000, .queue = 50};
    struct tally tally = carry_packets(&way, NSEC_PER_MSEC);
    assert_int_equal(tally.fates[SIM_CARRIED], PACKETS);
    assert_int_equal(tally.longest, NSEC_PER_SEC / 2000);
}

static void same_seed_gives_the_same_fates(void **state)
{
    (void)state;
    struct sim_way way = {.loss = 0.3, .jitter = NSEC_PER_MSEC, .duplicate = 0.1};
    struct tally one = carry_packets(&way, APART), two = carry_packets(&way, APART);
    assert_memory_equal(&one, &two, sizeof(one));
}

static void events_come_out_by_time_and_then_by_age(void **state)
{
    (void)state;
    struct sim_queue queue = {0};
    struct sim_random random = sim_random_make(3, 0);
    for (uint32_t i = 0; i < 1000; i++) {
        struct sim_event event = {.at = (nsec_t)sim_random_below(&random, 100), .slot = i};
        assert_int_equal(sim_queue_push(&queue, event), 0);
    }
    struct sim_event last = sim_queue_pop(&queue);
    for (unsigned i = 1; i < 1000; i++) {
        assert_true(sim_queue_next(&queue) >= last.at);
        struct sim_event event = sim_queue_pop(&queue);
        assert_true(event.at > last.at || event.slot > last.slot);
        last = event;
    }
    assert_int_equal(sim_queue_next(&queue), NSEC_NEVER);
    sim_queue_free(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(perfect_wire_keeps_time_and_order),
        cmocka_unit_test(loss_and_duplicates_are_as_frequent_as_asked),
        cmocka_unit_test(bursts_lose_packets_in_a_row),
        cmocka_unit_test(jitter_and_reordering_let_packets_overtake),
        cmocka_unit_test(bottleneck_carries_its_rate_and_no_more),
        cmocka_unit_test(bottleneck_leaves_a_slow_sender_alone),
        cmocka_unit_test(same_seed_gives_the_same_fates),
        cmocka_unit_test(events_come_out_by_time_and_then_by_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
