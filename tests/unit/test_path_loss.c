#include "scanner/engine/path_loss.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum loss_verdict add(struct path_loss *path, uint32_t samples, uint32_t lost)
{
    const struct loss more = {samples, lost};
    path_loss_add(path, &more);
    return path_loss_judge(path);
}

static struct path_loss path_that_loses(uint32_t samples, uint32_t lost)
{
    struct path_loss path = {0};
    const struct loss base = {samples, lost};
    path_loss_add_base(&path, &base);
    return path;
}

static void loss_as_before_is_the_path_s_own(void **state)
{
    (void)state;
    struct path_loss path = path_that_loses(200, 40);
    assert_int_equal(add(&path, 100, 22), LOSS_USUAL);
}

static void more_loss_than_before_is_the_rate_s_doing(void **state)
{
    (void)state;
    struct path_loss path = path_that_loses(200, 4);
    assert_int_equal(add(&path, 40, 12), LOSS_EXCESS);
    assert_true(path_loss_excess(&path) > 0.25);
}

static void one_or_two_that_are_lost_decide_nothing(void **state)
{
    (void)state;
    struct path_loss path = path_that_loses(200, 0);
    assert_int_equal(add(&path, 8, 2), LOSS_OPEN);
    assert_int_equal(add(&path, 60, 0), LOSS_USUAL);
}

static void loss_from_the_first_is_the_path_s_own(void **state)
{
    (void)state;
    struct path_loss path = {0};
    assert_int_equal(add(&path, 16, 6), LOSS_USUAL);
    assert_int_equal(path.base.samples, 16);
}

static void most_that_is_lost_from_the_first_may_be_the_rate_s_doing(void **state)
{
    (void)state;
    struct path_loss path = {0};
    assert_int_equal(add(&path, 8, 6), LOSS_OPEN);
    assert_int_equal(add(&path, 8, 6), LOSS_EXCESS);
    assert_int_equal(path.base.samples, 0);
}

static void a_lower_rate_that_loses_less_was_right(void **state)
{
    (void)state;
    struct path_loss path = path_that_loses(200, 4);
    assert_int_equal(add(&path, 40, 20), LOSS_EXCESS);
    path_loss_suspect(&path, 0.5);
    assert_false(path_loss_is_settled(&path));
    assert_int_equal(add(&path, 20, 0), LOSS_OPEN);
    assert_int_equal(add(&path, 20, 1), LOSS_USUAL);
    assert_true(path_loss_is_settled(&path));
}

static void a_lower_rate_that_loses_as_much_clears_the_higher_one(void **state)
{
    (void)state;
    struct path_loss path = path_that_loses(20, 1);
    assert_int_equal(add(&path, 40, 20), LOSS_EXCESS);
    path_loss_suspect(&path, 0.5);
    assert_int_equal(add(&path, 40, 18), LOSS_CLEARED);
    assert_int_equal(path.base.samples, 60); /* and that is the path's own */
}

static void many_that_do_not_tell_ask_for_the_path_s_own_loss(void **state)
{
    (void)state;
    struct path_loss path = path_that_loses(30, 0);
    assert_int_equal(add(&path, 110, 14), LOSS_UNCLEAR);
    path_loss_ask_base(&path);
    assert_false(path_loss_is_settled(&path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_as_before_is_the_path_s_own),
        cmocka_unit_test(more_loss_than_before_is_the_rate_s_doing),
        cmocka_unit_test(one_or_two_that_are_lost_decide_nothing),
        cmocka_unit_test(loss_from_the_first_is_the_path_s_own),
        cmocka_unit_test(most_that_is_lost_from_the_first_may_be_the_rate_s_doing),
        cmocka_unit_test(a_lower_rate_that_loses_less_was_right),
        cmocka_unit_test(a_lower_rate_that_loses_as_much_clears_the_higher_one),
        cmocka_unit_test(many_that_do_not_tell_ask_for_the_path_s_own_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
