#include "scanner/engine/pace.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS NSEC_PER_MSEC

/* Sends as fast as PACE allows for LENGTH over a path that answers every packet after 20 ms
 * with EXCESS on top and loses each PER-th control (0: none). */
static nsec_t send_for(struct pace *pace, nsec_t now, nsec_t length, nsec_t excess,
                       unsigned per)
{
    unsigned control = 0;
    for (nsec_t end = now + length; now < end; now += MS) {
        uint32_t packets = pace_allowance(pace, now);
        pace_spend(pace, packets);
        for (uint32_t i = 0; i < packets; i += 16) {
            uint32_t epoch = pace_control_sent(pace);
            if (per && ++control % per == 0) {
                pace_control_lost(pace, epoch);
                continue;
            }
            pace_control_returned(pace, epoch);
            pace_answer(pace, now, 20 * MS + excess, excess);
        }
    }
    return now;
}

static void the_rate_doubles_while_controls_come_back(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, 0);
    assert_true(pace.rate < 5000);
    send_for(&pace, 0, 400 * MS, 0, 0);
    assert_true(pace.rate > 100000);
}

static void the_most_is_never_passed(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 3000, 0);
    uint64_t sent = 0;
    for (nsec_t now = 0; now < 2000 * MS; now += MS) {
        uint32_t packets = pace_allowance(&pace, now);
        pace_spend(&pace, packets);
        sent += packets;
        pace_answer(&pace, now, MS, 0);
    }
    assert_in_range(sent, 5000, 6100);
}

static void a_queue_that_builds_up_slows_down(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, 0);
    nsec_t now = send_for(&pace, 0, 200 * MS, 0, 0);
    double before = pace.rate, least = before;
    for (int i = 0; i < 10; i++) {
        now = send_for(&pace, now, 20 * MS, 30 * MS, 0);
        least = pace.rate < least ? pace.rate : least;
    }
    assert_true(least < before);
}

static void a_queue_is_answered_for_once(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, 0);
    nsec_t now = send_for(&pace, 0, 200 * MS, 0, 0);
    double before = pace.rate;
    while (pace.cut_at == 0) {
        before = pace.rate;
        now = send_for(&pace, now, MS, 30 * MS, 0);
    }
    double cut = pace.rate;
    assert_true(cut < before);
    now = send_for(&pace, now, 45 * MS, 30 * MS, 0); /* sent before the cut, all of it */
    assert_true(pace.rate == cut);
    send_for(&pace, now, 400 * MS, 0, 0);
    assert_true(pace.rate > cut); /* the queue is gone */
}

static void nothing_is_sent_into_a_queue_and_then_what_leaves_it(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 4000, 0);
    nsec_t now = send_for(&pace, 0, 300 * MS, 0, 0), excess = 0;
    while (pace.cut_at == 0) { /* of two packets, one stays behind */
        excess += MS / 2;
        now = send_for(&pace, now, MS, excess, 0);
    }
    assert_in_range((uint64_t)pace.rate, 1600, 2200);
    for (nsec_t end = now + excess / 2; now < end; now += MS)
        assert_int_equal(pace_allowance(&pace, now), 0);
}

static void a_delay_that_no_lower_rate_shortens_is_put_up_with(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, 0);
    nsec_t now = send_for(&pace, 0, 200 * MS, 0, 0);
    now = send_for(&pace, now, 4000 * MS, 30 * MS, 0);
    assert_true(pace.rate > 2000);
}

static void loss_from_the_start_is_the_path_s_own(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, 0);
    send_for(&pace, 0, 1000 * MS, 0, 4);
    assert_true(pace.rate > 20000);
}

static void the_rate_goes_back_to_where_the_first_answer_s_probe_was_sent(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, 0);
    for (nsec_t now = 0; now < 390 * MS; now += MS)
        pace_spend(&pace, pace_allowance(&pace, now));
    double blind = pace.rate;
    pace_answer(&pace, 390 * MS, 350 * MS, 0);
    assert_true(pace.rate * 7 < blind);
}

static void a_rate_that_was_cut_for_the_path_s_own_loss_comes_back(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, 0);
    nsec_t now = send_for(&pace, 0, 150 * MS, 0, 0);
    double before = pace.rate;
    now = send_for(&pace, now, 200 * MS, 0, 3);
    send_for(&pace, now, 1000 * MS, 0, 3); /* at any rate, from now on */
    assert_true(pace.rate > before);
}

static void loss_that_comes_with_the_rate_slows_down(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, 0);
    nsec_t now = send_for(&pace, 0, 150 * MS, 0, 0);
    double before = pace.rate;
    for (int i = 0; i < 20; i++)
        now = send_for(&pace, now, 10 * MS, 0, pace.rate > before * 3 / 4 ? 2 : 0);
    assert_true(pace.rate < before);
}

/* Some answers come from further away, however little is sent. */
static void answers_of_ports_behind_a_detour_are_no_queue(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, 0);
    uint32_t answers = 0;
    for (nsec_t now = 0; now < 20000 * MS; now += MS) {
        uint32_t packets = pace_allowance(&pace, now);
        pace_spend(&pace, packets);
        if (packets == 0)
            continue;
        pace_control_returned(&pace, pace_control_sent(&pace));
        nsec_t excess = answers++ / 12 % 4 == 3 ? 20 * MS : 0;
        pace_answer(&pace, now, 20 * MS + excess, excess);
    }
    assert_true(pace.rate > 2000);
}

static void a_full_machine_slows_down_at_once(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, 0);
    nsec_t now = send_for(&pace, 0, 200 * MS, 0, 0);
    double before = pace.rate;
    pace_local_full(&pace, now);
    assert_true(pace.rate <= before / 2);
    assert_int_equal(pace_allowance(&pace, now), 0);
}

static void a_rate_that_is_not_used_does_not_grow(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0, 0);
    for (nsec_t now = 0; now < 5000 * MS; now += 20 * MS) {
        pace_allowance(&pace, now);
        pace_spend(&pace, 1);
        pace_answer(&pace, now, 20 * MS, 0);
    }
    assert_true(pace.rate < 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rate_doubles_while_controls_come_back),
        cmocka_unit_test(the_most_is_never_passed),
        cmocka_unit_test(a_queue_that_builds_up_slows_down),
        cmocka_unit_test(a_queue_is_answered_for_once),
        cmocka_unit_test(nothing_is_sent_into_a_queue_and_then_what_leaves_it),
        cmocka_unit_test(a_delay_that_no_lower_rate_shortens_is_put_up_with),
        cmocka_unit_test(loss_from_the_start_is_the_path_s_own),
        cmocka_unit_test(the_rate_goes_back_to_where_the_first_answer_s_probe_was_sent),
        cmocka_unit_test(a_rate_that_was_cut_for_the_path_s_own_loss_comes_back),
        cmocka_unit_test(loss_that_comes_with_the_rate_slows_down),
        cmocka_unit_test(answers_of_ports_behind_a_detour_are_no_queue),
        cmocka_unit_test(a_full_machine_slows_down_at_once),
        cmocka_unit_test(a_rate_that_is_not_used_does_not_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
