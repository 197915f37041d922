#include "probes/forwarding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void text_comes_back_as_it_was(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "10.0.0.5:8443", "10.0.0.5",   "[2001:db8::5]:8443",
        "2001:db8::5",   "10.0.0.5:1", "[::]:65535",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct forwarding forwarding;
        char text[FORWARDING_TEXT_SIZE];
        assert_int_equal(forwarding_parse(&forwarding, texts[i]), 0);
        assert_string_equal(forwarding_format(&forwarding, text), texts[i]);
    }
}

static void none_is_no_text(void **state)
{
    (void)state;
    char text[FORWARDING_TEXT_SIZE];
    assert_string_equal(forwarding_format(&(struct forwarding){0}, text), "");
}

static void what_is_no_place_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        ":",
        ":80",
        "[]:80",
        "[",
        "[:80",
        "10.0.0.5:",
        "10.0.0.5:0",
        "10.0.0.5:080",
        "10.0.0.5:65536",
        "10.0.0.5:100000",
        "10.0.0.5:80x",
        "10.0.0.5:80:80",
        "[10.0.0.5]:80",
        "[2001:db8::5]",
        "[2001:db8::5]80",
        "2001:db8::5]:80",
        "host:80",
        "[0000000000000000000000000000000000000000000000000000000000000000000000]:80",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct forwarding forwarding;
        if (forwarding_parse(&forwarding, texts[i]) == 0)
            fail_msg("'%s' was read", texts[i]);
    }
}

static void order_is_by_address_then_port(void **state)
{
    (void)state;
    static const char *const texts[] = {"10.0.0.5", "10.0.0.5:80", "10.0.0.5:81",
                                        "10.0.0.6", "2001:db8::5", "[2001:db8::5]:80"};
    enum { COUNT = sizeof texts / sizeof *texts };
    struct forwarding places[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(forwarding_parse(&places[i], texts[i]), 0);
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t k = 0; k < COUNT; k++) {
            int order = forwarding_compare(&places[i], &places[k]);
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_comes_back_as_it_was),
        cmocka_unit_test(none_is_no_text),
        cmocka_unit_test(what_is_no_place_is_refused),
        cmocka_unit_test(order_is_by_address_then_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
