#include "scanner/engine/bottleneck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS NSEC_PER_MSEC

/* An answer under way. */
struct arrival {
    nsec_t sent, at, delay;
};

enum { EACH = 8, ARRIVALS = 400 };

/* Sends RATE packets a second for LENGTH over a path that carries CARRIED and has room for all,
 * to two hosts, 5 and FAR ms away; each eighth is answered. Every answer is handed over in its
 * time; stops once there is a delay. */
static nsec_t send_through(struct bottleneck *bottleneck, double rate, double carried,
                           nsec_t length, nsec_t far)
{
    struct arrival arrivals[ARRIVALS] = {{0}};
    size_t sent = 0, heard[2] = {0};
    double line_free = 0, gap = 1e9 / rate;
    for (double now = 0; now < (double)length; now += gap) {
        line_free = (line_free > now ? line_free : now) + 1e9 / carried;
        bottleneck_sent(bottleneck, (nsec_t)now, 1);
        if ((size_t)(now / gap) % EACH == 0 && sent < ARRIVALS) {
            nsec_t delay = (nsec_t)(line_free - now);
            nsec_t away = sent % 2 ? far : 5 * MS;
            arrivals[sent++] = (struct arrival){(nsec_t)now, (nsec_t)now + away + delay, delay};
        }
        for (size_t host = 0; host < 2; host++) {
            for (size_t i = 2 * heard[host] + host; i < sent && arrivals[i].at <= (nsec_t)now;
                 i += 2) {
                const struct arrival *arrival = &arrivals[i];
                bottleneck_answer(bottleneck, arrival->at, arrival->at - arrival->sent,
                                  arrival->delay);
                heard[host]++;
            }
        }
        if (bottleneck_delay(bottleneck) > 0)
            return (nsec_t)now;
    }
    return length;
}

static void what_leaves_a_queue_is_what_the_path_carries(void **state)
{
    (void)state;
    static const double times[] = {1.1, 1.5, 2, 4};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct bottleneck bottleneck = {0};
        send_through(&bottleneck, 2000 * times[i], 2000, 400 * MS, 5 * MS);
        assert_true(bottleneck_delay(&bottleneck) > 0);
        assert_in_range((uint64_t)bottleneck_rate(&bottleneck), 1800, 2200);
    }
}

static void hosts_at_any_distance_tell_the_same(void **state)
{
    (void)state;
    struct bottleneck bottleneck = {0};
    send_through(&bottleneck, 3000, 2000, 400 * MS, 20 * MS);
    assert_true(bottleneck_delay(&bottleneck) > 0);
    assert_in_range((uint64_t)bottleneck_rate(&bottleneck), 1800, 2200);
}

static void a_path_that_carries_all_has_no_queue(void **state)
{
    (void)state;
    struct bottleneck bottleneck = {0};
    assert_int_equal(send_through(&bottleneck, 1900, 2000, 900 * MS, 60 * MS), 900 * MS);
}

static void jitter_is_no_queue(void **state)
{
    (void)state;
    struct bottleneck bottleneck = {0};
    uint32_t random = 1;
    for (nsec_t now = 100 * MS; now < 20000 * MS; now += MS) {
        random = random * 1664525 + 1013904223;
        nsec_t delay = (random >> 16) % 30 * MS;
        bottleneck_answer(&bottleneck, now, 20 * MS + delay, delay);
        assert_int_equal(bottleneck_delay(&bottleneck), 0);
    }
}

static void answers_to_what_was_sent_before_are_passed_over(void **state)
{
    (void)state;
    struct bottleneck bottleneck = {0};
    bottleneck_forget(&bottleneck, 100 * MS);
    for (nsec_t now = 100 * MS; now < 130 * MS; now += MS)
        bottleneck_answer(&bottleneck, now, 50 * MS, 30 * MS);
    assert_int_equal(bottleneck_delay(&bottleneck), 0);
    for (nsec_t now = 150 * MS; now < 180 * MS; now += MS)
        bottleneck_answer(&bottleneck, now, 50 * MS, 30 * MS);
    assert_true(bottleneck_delay(&bottleneck) > 0);
}

static void a_delay_that_is_put_up_with_is_none(void **state)
{
    (void)state;
    struct bottleneck bottleneck = {0};
    bottleneck_put_up_with(&bottleneck, 30 * MS);
    for (nsec_t now = 100 * MS; now < 130 * MS; now += MS)
        bottleneck_answer(&bottleneck, now, 50 * MS, 30 * MS);
    assert_int_equal(bottleneck_delay(&bottleneck), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_leaves_a_queue_is_what_the_path_carries),
        cmocka_unit_test(hosts_at_any_distance_tell_the_same),
        cmocka_unit_test(a_path_that_carries_all_has_no_queue),
        cmocka_unit_test(jitter_is_no_queue),
        cmocka_unit_test(answers_to_what_was_sent_before_are_passed_over),
        cmocka_unit_test(a_delay_that_is_put_up_with_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
