#include "scanner/engine/loss.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_near(double value, double expected, double tolerance)
{
    if (fabs(value - expected) > tolerance)
        fail_msg("%g is not %g", value, expected);
}

static void without_samples_nothing_is_known(void **state)
{
    (void)state;
    assert_true(loss_upper(&(struct loss){0, 0}) == 1);
    assert_true(loss_upper(&(struct loss){10, 10}) == 1);
    assert_int_equal(loss_tries_needed(1, 1e-6), 0);
}

/* One-sided Clopper-Pearson bounds at 99 %, from tables. */
static void bounds_are_those_of_clopper_and_pearson(void **state)
{
    (void)state;
    static const struct {
        struct loss loss;
        double upper;
    } rows[] = {
        {{10, 0}, 0.3690}, {{100, 0}, 0.0450}, {{1000, 0}, 0.0046},
        {{10, 1}, 0.5044}, {{100, 5}, 0.1258}, {{1000, 100}, 0.1242},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_near(loss_upper(&rows[i].loss), rows[i].upper, 0.0005);
}

static void the_bound_is_above_the_estimate_and_falls_with_samples(void **state)
{
    (void)state;
    double before = 1;
    for (uint32_t samples = 20; samples < 20000; samples *= 2) {
        double upper = loss_upper(&(struct loss){samples, samples / 20});
        assert_true(upper > 0.05);
        assert_true(upper < before);
        before = upper;
    }
}

static void more_confidence_takes_a_higher_bound(void **state)
{
    (void)state;
    const struct loss loss = {299, 0};
    assert_true(loss_upper_at(&loss, 0.95) < 0.01);
    assert_true(loss_upper_at(&loss, 0.99) > 0.01);
    assert_true(loss_upper_at(&(struct loss){298, 0}, 0.95) > 0.01);
}

static void tries_are_as_many_as_the_bound_asks_for(void **state)
{
    (void)state;
    assert_int_equal(loss_tries_needed(0.0199, 1e-6), 4);
    assert_int_equal(loss_tries_needed(0.0975, 1e-6), 6);
    assert_int_equal(loss_tries_needed(0.36, 1e-6), 14);
    assert_int_equal(loss_tries_needed(0.1, 1e-6), 6);
    assert_int_equal(loss_tries_needed(0.101, 1e-6), 7);
    assert_int_equal(loss_tries_needed(1e-9, 1e-6), LOSS_TRIES_LEAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_samples_nothing_is_known),
        cmocka_unit_test(bounds_are_those_of_clopper_and_pearson),
        cmocka_unit_test(the_bound_is_above_the_estimate_and_falls_with_samples),
        cmocka_unit_test(more_confidence_takes_a_higher_bound),
        cmocka_unit_test(tries_are_as_many_as_the_bound_asks_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
