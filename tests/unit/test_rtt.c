#include "scanner/engine/rtt.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS NSEC_PER_MSEC

static void without_a_sample_the_first_wait_is_long(void **state)
{
    (void)state;
    struct rtt rtt = {0};
    assert_false(rtt_known(&rtt));
    assert_true(rtt_timeout(&rtt) == RTT_INITIAL);
}

static void a_steady_path_is_waited_for_a_little_longer_than_it_takes(void **state)
{
    (void)state;
    struct rtt rtt = {0};
    for (int i = 0; i < 50; i++)
        rtt_add(&rtt, 20 * MS);
    assert_true(rtt.smoothed == 20 * MS);
    assert_in_range(rtt_timeout(&rtt), 30 * MS, 45 * MS);
}

static void no_answer_that_came_was_waited_for_in_vain(void **state)
{
    (void)state;
    struct rtt rtt = {0};
    for (int i = 0; i < 50; i++)
        rtt_add(&rtt, i == 10 ? 150 * MS : 20 * MS);
    assert_true(rtt_timeout(&rtt) > 150 * MS);
}

static void a_queue_that_was_full_once_is_forgotten_in_a_few_passes(void **state)
{
    (void)state;
    struct rtt rtt = {0};
    rtt_begin_pass(&rtt);
    for (int i = 0; i < 100; i++)
        rtt_add(&rtt, i == 10 ? 1200 * MS : 20 * MS);
    rtt_begin_pass(&rtt);
    assert_in_range(rtt_timeout(&rtt), 600 * MS, 650 * MS);
    for (int pass = 0; pass < 5; pass++)
        rtt_begin_pass(&rtt);
    assert_in_range(rtt_timeout(&rtt), 30 * MS, 60 * MS);
}

static void the_least_is_kept(void **state)
{
    (void)state;
    struct rtt rtt = {0};
    rtt_add(&rtt, 30 * MS);
    rtt_add(&rtt, 10 * MS);
    rtt_add(&rtt, 50 * MS);
    assert_true(rtt.least == 10 * MS);
    assert_true(rtt.most == 50 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_sample_the_first_wait_is_long),
        cmocka_unit_test(a_steady_path_is_waited_for_a_little_longer_than_it_takes),
        cmocka_unit_test(no_answer_that_came_was_waited_for_in_vain),
        cmocka_unit_test(a_queue_that_was_full_once_is_forgotten_in_a_few_passes),
        cmocka_unit_test(the_least_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
