#include "tests/lab/relay_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define MSEC INT64_C(1000000)

static struct path path_with(const char *options)
{
    char text[128];
    struct path path;
    snprintf(text, sizeof text, "%s", options);
    assert_int_equal(path_init(&path, text, 7), 0);
    return path;
}

/* Sends COUNT packets, one each millisecond; how many copies left. */
static unsigned copies_of(struct path *path, unsigned count)
{
    unsigned copies = 0;
    for (unsigned i = 0; i < count; i++) {
        int64_t leave_ns[2];
        copies += path_carry(path, (int64_t)(i + 1) * MSEC, leave_ns);
    }
    return copies;
}

static void a_perfect_path_carries_each_packet_once_and_at_once(void **state)
{
    (void)state;
    struct path path = path_with("");
    int64_t leave_ns[2];
    assert_int_equal(path_carry(&path, 5, leave_ns), 1);
    assert_int_equal(leave_ns[0], 5);
}

static void delay_and_jitter_stay_within_their_bounds(void **state)
{
    (void)state;
    struct path path = path_with("delay_ms=10,jitter_ms=2");
    for (int i = 0; i < 1000; i++) {
        int64_t leave_ns[2];
        assert_int_equal(path_carry(&path, 0, leave_ns), 1);
        assert_in_range(leave_ns[0], 8 * MSEC, 12 * MSEC);
    }
}

static void loss_is_the_share_that_was_asked_for(void **state)
{
    (void)state;
    struct path path = path_with("loss=0.2");
    assert_in_range(copies_of(&path, 100000), 79000, 81000);
    assert_in_range(path.counters.lost, 19000, 21000);
}

static void bursts_lose_the_share_of_time_that_they_take(void **state)
{
    (void)state;
    struct path path = path_with("burst_every_ms=90,burst_ms=10");
    assert_in_range(copies_of(&path, 100000), 88000, 92000);
}

static void duplicates_come_as_often_as_asked_for(void **state)
{
    (void)state;
    struct path path = path_with("duplicate=0.1");
    assert_in_range(copies_of(&path, 100000), 109000, 111000);
}

static void a_bottleneck_spaces_packets_and_drops_what_its_queue_cannot_hold(void **state)
{
    (void)state;
    struct path path = path_with("rate=1000,queue=5");
    unsigned through = 0;
    int64_t last_ns = 0;
    for (int i = 0; i < 100; i++) {
        int64_t leave_ns[2];
        if (path_carry(&path, MSEC, leave_ns) == 0)
            continue;
        assert_in_range(leave_ns[0], last_ns + MSEC, last_ns + 2 * MSEC);
        last_ns = leave_ns[0];
        through++;
    }
    assert_int_equal(through, 6); /* one under way, five waiting */
    assert_int_equal(path.counters.queue_full, 94);
}

static void the_same_seed_gives_the_same_fate(void **state)
{
    (void)state;
    struct path one = path_with("loss=0.5"), two = path_with("loss=0.5");
    for (int i = 0; i < 100; i++) {
        int64_t leave_ns[2];
        assert_int_equal(path_carry(&one, 0, leave_ns), path_carry(&two, 0, leave_ns));
    }
}

static void unknown_keys_and_bad_numbers_are_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"los=0.1", "loss", "loss=", "loss=x", "loss=0.1x", "loss=-1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[32];
        struct path path;
        snprintf(text, sizeof text, "%s", bad[i]);
        assert_int_equal(path_init(&path, text, 1), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_perfect_path_carries_each_packet_once_and_at_once),
        cmocka_unit_test(delay_and_jitter_stay_within_their_bounds),
        cmocka_unit_test(loss_is_the_share_that_was_asked_for),
        cmocka_unit_test(bursts_lose_the_share_of_time_that_they_take),
        cmocka_unit_test(duplicates_come_as_often_as_asked_for),
        cmocka_unit_test(a_bottleneck_spaces_packets_and_drops_what_its_queue_cannot_hold),
        cmocka_unit_test(the_same_seed_gives_the_same_fate),
        cmocka_unit_test(unknown_keys_and_bad_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
