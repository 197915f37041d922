#include "probes/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct addr parsed(const char *text)
{
    struct addr addr;
    assert_int_equal(addr_parse(&addr, text), 0);
    return addr;
}

static void assert_text(const struct addr *addr, const char *expected)
{
    char text[ADDR_TEXT_SIZE];
    assert_string_equal(addr_format(addr, text), expected);
}

static void text_comes_back_in_its_canonical_form(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"203.0.113.7", "203.0.113.7"},
        {"2001:DB8:0:0:0:0:0:7", "2001:db8::7"},
        {"::", "::"},
        {"fe80::1%7", "fe80::1%7"},
        {"0.0.0.0", "0.0.0.0"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct addr addr = parsed(pairs[i][0]);
        assert_text(&addr, pairs[i][1]);
    }
}

static void what_is_no_numeric_address_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "localhost",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "010.0.0.1",
        "1.2.3.4%lo",
        "2001::g",
        "2001:db8::1%lo",
        "fe80::1%",
        "fe80::1%0",
        "fe80::1%-1",
        "::1/64",
        " 1.2.3.4",
        "fe80::1%no-such-interface",
        "1:2:3:4:5:6:7:8:9:1:2:3:4:5:6:7:8:9:1:2:3:4:5:6:7",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct addr addr;
        assert_int_not_equal(addr_parse(&addr, texts[i]), 0);
    }
}

static void the_scope_may_be_an_interface_name(void **state)
{
    (void)state;
    struct addr addr = parsed("fe80::1%lo");
    assert_int_not_equal(addr.scope, 0);
}

static void no_address_has_no_length_and_no_text(void **state)
{
    (void)state;
    struct addr none = {0};
    assert_int_equal(addr_length(&none), 0);
    assert_text(&none, "");
}

static void order_is_family_then_bytes_then_scope(void **state)
{
    (void)state;
    static const char *const ascending[] = {"1.2.3.4", "1.2.3.5", "200.0.0.0",
                                            "::1",     "fe80::1", "fe80::1%2"};
    for (size_t i = 1; i < sizeof ascending / sizeof *ascending; i++) {
        struct addr low = parsed(ascending[i - 1]), high = parsed(ascending[i]);
        assert_true(addr_compare(&low, &high) < 0);
        assert_true(addr_compare(&high, &low) > 0);
        assert_true(addr_equal(&low, &low));
        assert_false(addr_equal(&low, &high));
    }
}

static void the_next_address_carries_over_bytes(void **state)
{
    (void)state;
    struct addr addr = parsed("10.0.255.255");
    assert_true(addr_next(&addr));
    assert_text(&addr, "10.1.0.0");
    addr = parsed("2001:db8::ffff:ffff");
    assert_true(addr_next(&addr));
    assert_text(&addr, "2001:db8::1:0:0");
}

static void the_last_address_has_no_next(void **state)
{
    (void)state;
    struct addr addr = parsed("255.255.255.255");
    assert_false(addr_next(&addr));
    assert_text(&addr, "255.255.255.255");
    addr = parsed("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    assert_false(addr_next(&addr));
}

static void a_block_reaches_from_its_first_to_its_last_address(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        unsigned prefix;
        const char *first, *last;
        uint64_t count;
    } rows[] = {
        {"10.20.0.9", 28, "10.20.0.0", "10.20.0.15", 16},
        {"10.20.0.9", 32, "10.20.0.9", "10.20.0.9", 1},
        {"10.20.0.9", 0, "0.0.0.0", "255.255.255.255", UINT64_C(1) << 32},
        {"2001:db8::5", 125, "2001:db8::", "2001:db8::7", 8},
        {"2001:db8::5", 63, "2001:db8::", "2001:db8:0:1:ffff:ffff:ffff:ffff", UINT64_MAX},
        {"2001:db8::5", 65, "2001:db8::", "2001:db8::7fff:ffff:ffff:ffff", UINT64_C(1) << 63},
        {"::", 0, "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct addr addr = parsed(rows[i].address), first, last;
        assert_int_equal(addr_block(&addr, rows[i].prefix, &first, &last), 0);
        assert_text(&first, rows[i].first);
        assert_text(&last, rows[i].last);
        assert_true(addr_count(&first, &last) == rows[i].count);
    }
}

static void a_prefix_longer_than_the_address_is_refused(void **state)
{
    (void)state;
    struct addr ipv4 = parsed("10.0.0.1"), ipv6 = parsed("::1"), none = {0}, first, last;
    assert_int_not_equal(addr_block(&ipv4, 33, &first, &last), 0);
    assert_int_not_equal(addr_block(&ipv6, 129, &first, &last), 0);
    assert_int_not_equal(addr_block(&none, 0, &first, &last), 0);
}

static void a_count_across_families_or_backwards_is_zero(void **state)
{
    (void)state;
    struct addr low = parsed("10.0.0.1"), high = parsed("10.0.1.0"), ipv6 = parsed("::1");
    assert_true(addr_count(&low, &high) == 256);
    assert_true(addr_count(&high, &low) == 0);
    assert_true(addr_count(&low, &ipv6) == 0);
}

static void only_fe80_slash_10_is_link_local(void **state)
{
    (void)state;
    struct addr first = parsed("fe80::1"), last = parsed("febf::1"), after = parsed("fec0::1"),
                ipv4 = parsed("254.128.0.1");
    assert_true(addr_is_link_local(&first));
    assert_true(addr_is_link_local(&last));
    assert_false(addr_is_link_local(&after));
    assert_false(addr_is_link_local(&ipv4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_comes_back_in_its_canonical_form),
        cmocka_unit_test(what_is_no_numeric_address_is_refused),
        cmocka_unit_test(the_scope_may_be_an_interface_name),
        cmocka_unit_test(no_address_has_no_length_and_no_text),
        cmocka_unit_test(order_is_family_then_bytes_then_scope),
        cmocka_unit_test(the_next_address_carries_over_bytes),
        cmocka_unit_test(the_last_address_has_no_next),
        cmocka_unit_test(a_block_reaches_from_its_first_to_its_last_address),
        cmocka_unit_test(a_prefix_longer_than_the_address_is_refused),
        cmocka_unit_test(a_count_across_families_or_backwards_is_zero),
        cmocka_unit_test(only_fe80_slash_10_is_link_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
