#include "probes/portset.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct portset parsed(const char *text)
{
    struct portset set = {0};
    if (*text)
        assert_int_equal(portset_parse(&set, text), 0);
    return set;
}

static void assert_ports(const struct portset *set, const char *expected)
{
    char *text = portset_format(set);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void ranges_that_touch_or_overlap_become_one(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"22,80-90,443", "22,80-90,443"}, {"3,1,2", "1-3"},     {"1-5,3-9", "1-9"},
        {"10-20,1-30", "1-30"},           {"1,3,5,2-4", "1-5"}, {"0,65535,1-65534", "0-65535"},
        {"65535,65535", "65535"},         {"5,0-3", "0-3,5"},   {"1-2,4-5,7-8,5-6", "1-2,4-8"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct portset set = parsed(pairs[i][0]);
        assert_ports(&set, pairs[i][1]);
        portset_free(&set);
    }
}

static void what_is_no_port_list_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        ",",
                                        "80,",
                                        ",80",
                                        "80-",
                                        "-80",
                                        "a",
                                        "9-8",
                                        "1 2",
                                        "65536",
                                        "1--2",
                                        "1-2-3",
                                        " 80",
                                        "+80",
                                        "80;",
                                        "0x50",
                                        "99999999999999999999"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct portset set;
        assert_int_equal(portset_parse(&set, texts[i]), -EINVAL);
        assert_null(set.ranges);
    }
}

static void the_empty_set_has_an_empty_text(void **state)
{
    (void)state;
    struct portset set = {0};
    assert_ports(&set, "");
    assert_int_equal(portset_size(&set), 0);
    assert_false(portset_has(&set, 0));
}

/* The naive model that the ranges are held against: one flag a port. */
static void fill(struct portset *set, bool *flags, unsigned *seed)
{
    for (int i = 0; i < 40; i++) {
        unsigned random = *seed = *seed * 1103515245u + 12345u;
        uint16_t first = (uint16_t)(random >> 16 & 0xff);
        uint16_t last = (uint16_t)(first + (random >> 8 & 3));
        assert_int_equal(portset_add(set, first, last), 0);
        for (unsigned port = first; port <= last; port++)
            flags[port] = true;
    }
}

static void assert_same(const struct portset *set, const bool *flags, size_t count)
{
    uint32_t size = 0;
    for (size_t port = 0; port < count; port++) {
        assert_int_equal(portset_has(set, (uint16_t)port), flags[port]);
        assert_int_equal(portset_rank(set, (uint16_t)port), flags[port] ? (int)size : -1);
        if (flags[port])
            assert_int_equal(portset_nth(set, size++), port);
    }
    assert_int_equal(portset_size(set), size);
    for (size_t i = 1; i < set->count; i++)
        assert_true(set->ranges[i].first > set->ranges[i - 1].last + 1);
}

enum { MODEL_PORTS = 300 };

static void set_operations_agree_with_one_flag_a_port(void **state)
{
    (void)state;
    unsigned seed = 1;
    for (int round = 0; round < 50; round++) {
        struct portset a = {0}, b = {0}, sum, difference, common;
        bool in_a[MODEL_PORTS] = {0}, in_b[MODEL_PORTS] = {0};
        bool in_sum[MODEL_PORTS], in_difference[MODEL_PORTS], in_common[MODEL_PORTS];
        fill(&a, in_a, &seed);
        fill(&b, in_b, &seed);
        bool overlap = false;
        for (size_t port = 0; port < MODEL_PORTS; port++) {
            in_sum[port] = in_a[port] || in_b[port];
            in_difference[port] = in_a[port] && !in_b[port];
            in_common[port] = in_a[port] && in_b[port];
            overlap |= in_common[port];
        }
        assert_int_equal(portset_copy(&sum, &a), 0);
        assert_int_equal(portset_copy(&difference, &a), 0);
        assert_int_equal(portset_copy(&common, &a), 0);
        assert_true(portset_equal(&sum, &a));
        assert_int_equal(portset_add_set(&sum, &b), 0);
        assert_int_equal(portset_remove_set(&difference, &b), 0);
        assert_int_equal(portset_intersect(&common, &b), 0);
        assert_same(&a, in_a, MODEL_PORTS);
        assert_same(&sum, in_sum, MODEL_PORTS);
        assert_same(&difference, in_difference, MODEL_PORTS);
        assert_same(&common, in_common, MODEL_PORTS);
        assert_int_equal(portset_overlaps(&a, &b), overlap);
        assert_false(portset_overlaps(&difference, &b));
        portset_free(&a);
        portset_free(&b);
        portset_free(&sum);
        portset_free(&difference);
        portset_free(&common);
    }
}

static void operations_reach_both_ends_of_the_port_space(void **state)
{
    (void)state;
    struct portset all = parsed("0-65535"), ends = parsed("0,65535"), empty = {0};
    assert_int_equal(portset_remove_set(&all, &ends), 0);
    assert_ports(&all, "1-65534");
    assert_int_equal(portset_add_set(&all, &ends), 0);
    assert_ports(&all, "0-65535");
    assert_int_equal(portset_size(&all), 65536);
    assert_int_equal(portset_nth(&all, 65535), 65535);
    assert_int_equal(portset_intersect(&all, &empty), 0);
    assert_ports(&all, "");
    portset_free(&all);
    portset_free(&ends);
}

static void sets_that_only_touch_do_not_overlap(void **state)
{
    (void)state;
    struct portset low = parsed("1-10"), high = parsed("11-20"), other = parsed("10");
    assert_false(portset_overlaps(&low, &high));
    assert_true(portset_overlaps(&low, &other));
    assert_false(portset_equal(&low, &high));
    portset_free(&low);
    portset_free(&high);
    portset_free(&other);
}

static void the_longest_text_fits(void **state)
{
    (void)state;
    struct portset set = {0};
    for (unsigned port = 0; port < 65536; port += 3)
        assert_int_equal(
            portset_add(&set, (uint16_t)port, (uint16_t)(port < 65535 ? port + 1 : port)), 0);
    char *text = portset_format(&set);
    assert_non_null(text);
    struct portset again = parsed(text);
    assert_true(portset_equal(&set, &again));
    free(text);
    portset_free(&set);
    portset_free(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_that_touch_or_overlap_become_one),
        cmocka_unit_test(what_is_no_port_list_is_refused),
        cmocka_unit_test(the_empty_set_has_an_empty_text),
        cmocka_unit_test(set_operations_agree_with_one_flag_a_port),
        cmocka_unit_test(operations_reach_both_ends_of_the_port_space),
        cmocka_unit_test(sets_that_only_touch_do_not_overlap),
        cmocka_unit_test(the_longest_text_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
