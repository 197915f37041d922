#include "probes/cookie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct addr address(const char *text)
{
    struct addr addr;
    assert_int_equal(addr_parse(&addr, text), 0);
    return addr;
}

static struct cookie_key key_of(uint64_t seed)
{
    struct cookie_key key;
    cookie_key_from_seed(&key, seed);
    return key;
}

static void the_same_seed_gives_the_same_key(void **state)
{
    (void)state;
    struct cookie_key one = key_of(7), same = key_of(7), other = key_of(8);
    assert_memory_equal(&one, &same, sizeof one);
    assert_memory_not_equal(&one, &other, sizeof one);
}

static void drawn_keys_differ(void **state)
{
    (void)state;
    struct cookie_key one = {{0}}, other = {{0}};
    cookie_key_draw(&one);
    cookie_key_draw(&other);
    assert_memory_not_equal(&one, &other, sizeof one);
}

static void assert_no_field_is_the_same(const struct cookie *cookie, struct cookie other)
{
    assert_int_not_equal(cookie->sequence, other.sequence);
    assert_int_not_equal(cookie->ip_id, other.ip_id);
    assert_int_not_equal(cookie->flow_label, other.flow_label);
}

static void every_part_of_the_flow_changes_the_cookie(void **state)
{
    (void)state;
    struct cookie_key key = key_of(1), other_key = key_of(2);
    struct addr source = address("192.0.2.1"), target = address("192.0.2.2"),
                source6 = address("2001:db8::1"), target6 = address("2001:db8::2");
    const struct flow base = {PROTO_TCP, 40000, 80, &source, &target};
    const struct flow changed[] = {
        {PROTO_UDP, 40000, 80, &source, &target},  {PROTO_TCP, 40001, 80, &source, &target},
        {PROTO_TCP, 40000, 81, &source, &target},  {PROTO_TCP, 40000, 80, &target, &target},
        {PROTO_TCP, 40000, 80, &source, &source},  {PROTO_TCP, 40000, 80, &target, &source},
        {PROTO_TCP, 80, 40000, &source, &target},  {PROTO_TCP, 40000, 80, &source6, &target6},
        {PROTO_TCP, 40000, 80, &source, &target6},
    };
    struct cookie cookie = cookie_make(&key, &base, 1), same = cookie_make(&key, &base, 1);
    assert_memory_equal(&cookie, &same, sizeof cookie);
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++)
        assert_no_field_is_the_same(&cookie, cookie_make(&key, &changed[i], 1));
    assert_no_field_is_the_same(&cookie, cookie_make(&key, &base, 2));
    assert_no_field_is_the_same(&cookie, cookie_make(&other_key, &base, 1));
}

static void the_scope_of_an_address_is_no_part_of_the_cookie(void **state)
{
    (void)state;
    struct cookie_key key = key_of(1);
    struct addr source = address("fe80::1"), target = address("fe80::2%1"),
                answering = address("fe80::2");
    struct flow sent = {PROTO_TCP, 40000, 80, &source, &target};
    struct flow seen = {PROTO_TCP, 40000, 80, &source, &answering};
    struct cookie one = cookie_make(&key, &sent, 1), other = cookie_make(&key, &seen, 1);
    assert_memory_equal(&one, &other, sizeof one);
}

static void tries_of_a_flow_lie_outside_of_each_others_window(void **state)
{
    (void)state;
    struct cookie_key key = key_of(1);
    struct addr source = address("192.0.2.1"), target = address("192.0.2.2");
    const struct flow flow = {PROTO_TCP, 40000, 80, &source, &target};
    struct cookie first = cookie_make(&key, &flow, 1);
    for (unsigned try = 2; try < 30; try++) {
        struct cookie cookie = cookie_make(&key, &flow, try);
        assert_true(cookie.sequence - first.sequence > 65536);
        assert_true(first.sequence - cookie.sequence > 65536);
    }
}

static void an_ip_id_or_flow_label_is_never_zero_nor_too_wide(void **state)
{
    (void)state;
    struct cookie_key key = key_of(1);
    struct addr source = address("192.0.2.1"), target = address("192.0.2.2");
    const struct flow flow = {PROTO_TCP, 40000, 80, &source, &target};
    for (unsigned try = 1; try <= 200000; try++) {
        struct cookie cookie = cookie_make(&key, &flow, try);
        assert_int_not_equal(cookie.ip_id, 0);
        assert_int_not_equal(cookie.flow_label, 0);
        assert_true(cookie.flow_label <= 0xfffff);
    }
}

static void each_try_takes_another_source_port(void **state)
{
    (void)state;
    struct cookie_key key = key_of(3);
    struct addr target = address("192.0.2.2");
    for (int proto = 0; proto < PROTO_COUNT; proto++) {
        int changes = 0;
        uint16_t last = cookie_source_index(&key, (enum proto)proto, &target, 53, 1, 1000);
        for (unsigned try = 2; try < 20; try++) {
            uint16_t index =
                cookie_source_index(&key, (enum proto)proto, &target, 53, try, 1000);
            changes += index != last;
            last = index;
        }
        assert_true(changes > 15);
    }
}

static void source_ports_are_spread_over_all_that_there_are(void **state)
{
    (void)state;
    struct cookie_key key = key_of(3);
    struct addr target = address("2001:db8::2");
    unsigned used[16] = {0};
    for (unsigned port = 0; port < 1600; port++) {
        uint16_t index = cookie_source_index(&key, PROTO_TCP, &target, (uint16_t)port, 1, 16);
        assert_true(index < 16);
        used[index]++;
    }
    for (size_t i = 0; i < 16; i++)
        assert_in_range(used[i], 60, 140);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_key),
        cmocka_unit_test(drawn_keys_differ),
        cmocka_unit_test(every_part_of_the_flow_changes_the_cookie),
        cmocka_unit_test(the_scope_of_an_address_is_no_part_of_the_cookie),
        cmocka_unit_test(tries_of_a_flow_lie_outside_of_each_others_window),
        cmocka_unit_test(an_ip_id_or_flow_label_is_never_zero_nor_too_wide),
        cmocka_unit_test(each_try_takes_another_source_port),
        cmocka_unit_test(source_ports_are_spread_over_all_that_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
