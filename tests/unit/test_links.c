#include "scanner/network/links.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct kernel_link ethernet = {.interface = 2, .up = true, .ethernet = true};
static const struct addr source = {.family = ADDR_IPV4, .bytes = {192, 0, 2, 1}};
static const struct addr other_source = {.family = ADDR_IPV4, .bytes = {192, 0, 2, 9}};

static int set_up(void **state)
{
    static struct links links;
    links = (struct links){0};
    *state = &links;
    return links_use(&links, &ethernet) || links_use_source(&links, &source);
}

static int tear_down(void **state)
{
    links_free(*state);
    return 0;
}

static void tell_link(struct links *links, uint32_t interface, bool up)
{
    const struct change change = {
        .kind = CHANGE_LINK, .present = true, .link = {.interface = interface, .up = up}};
    links_apply(links, &change);
}

static void tell_address(struct links *links, const struct addr *address, bool present)
{
    const struct change change = {
        .kind = CHANGE_ADDRESS, .present = present, .address = *address};
    links_apply(links, &change);
}

static void a_link_that_goes_down_and_up_changed_twice(void **state)
{
    struct links *links = *state;
    tell_link(links, 2, false);
    assert_true(links_down(links));
    assert_int_equal(links->changes, 1);
    tell_link(links, 2, true);
    assert_false(links_down(links));
    assert_int_equal(links->changes, 2);
}

static void news_that_change_nothing_do_not_count(void **state)
{
    struct links *links = *state;
    tell_link(links, 2, true);
    tell_address(links, &source, true); /* its lifetime was renewed */
    assert_int_equal(links->changes, 0);
    assert_false(links_down(links));
}

static void a_link_that_is_not_used_does_not_count(void **state)
{
    struct links *links = *state;
    tell_link(links, 3, false);
    tell_address(links, &other_source, false);
    assert_int_equal(links->changes, 0);
    assert_false(links_down(links));
}

static void a_source_that_is_taken_away_is_as_bad_as_a_link_down(void **state)
{
    struct links *links = *state;
    tell_address(links, &source, false);
    assert_true(links_down(links));
    assert_int_equal(links->changes, 1);
    tell_address(links, &source, true);
    assert_false(links_down(links));
    assert_int_equal(links->changes, 2);
}

static void lost_news_count_as_a_change(void **state)
{
    struct links *links = *state;
    links_apply(links, &(struct change){.kind = CHANGE_LOST});
    assert_int_equal(links->changes, 1);
}

static void a_deleted_link_stays_down_until_it_is_forgotten(void **state)
{
    struct links *links = *state;
    const struct change gone = {.kind = CHANGE_LINK, .link = {.interface = 2}};
    links_apply(links, &gone);
    assert_true(links_down(links));
    links_forget(links, 2);
    assert_false(links_down(links));
    assert_null(links_find(links, 2));
}

static void using_a_link_twice_keeps_one(void **state)
{
    struct links *links = *state;
    assert_int_equal(links_use(links, &ethernet), 0);
    assert_int_equal(links_use_source(links, &source), 0);
    assert_int_equal(links->link_count, 1);
    assert_int_equal(links->source_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_link_that_goes_down_and_up_changed_twice, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(news_that_change_nothing_do_not_count, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_link_that_is_not_used_does_not_count, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_source_that_is_taken_away_is_as_bad_as_a_link_down,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(lost_news_count_as_a_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deleted_link_stays_down_until_it_is_forgotten, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(using_a_link_twice_keeps_one, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
