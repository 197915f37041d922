#include "scanner/network/source_ports.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static bool overlaps(struct port_range range, unsigned first, unsigned count)
{
    return first <= range.last && first + count - 1 >= range.first;
}

static void a_block_lies_outside_of_the_range_for_connections(void **state)
{
    (void)state;
    const struct port_range ranges[] = {
        {32768, 60999}, {1024, 30000}, {10000, 65000}, {49152, 65535}, {10300, 64000}};
    for (size_t r = 0; r < sizeof ranges / sizeof ranges[0]; r++) {
        for (uint32_t random = 0; random < 200000; random += 7) {
            unsigned first = source_ports_choose(ranges[r], 256, random);
            assert_true(first >= 10000 && first + 256 <= 65536);
            assert_false(overlaps(ranges[r], first, 256));
        }
    }
}

static void every_place_outside_of_the_range_can_be_chosen(void **state)
{
    (void)state;
    const struct port_range range = {10004, 65531};
    bool seen[65536] = {false};
    for (uint32_t random = 0; random < 6; random++)
        seen[source_ports_choose(range, 2, random)] = true;
    assert_true(seen[10000] && seen[10001] && seen[10002]);
    assert_false(seen[10003]); /* 10003-10004 would reach into the range */
    assert_true(seen[65532] && seen[65533] && seen[65534]);
}

static void a_range_over_everything_leaves_blocks_inside_of_it(void **state)
{
    (void)state;
    const struct port_range all = {1024, 65535};
    for (uint32_t random = 0; random < 200000; random += 7) {
        unsigned first = source_ports_choose(all, 256, random);
        assert_true(first >= 10000 && first + 256 <= 65536);
    }
}

static void ports_that_are_suggested_are_none_of_those_taken(void **state)
{
    (void)state;
    const struct port_range taken[] = {{10000, 65535 - 1024}, {11000, 65535}, {0, 0}};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        for (int draws = 0; draws < 1000; draws++) {
            unsigned first = source_ports_suggest(1000, taken[i]);
            assert_true(first >= 10000 && first + 1000 <= 65536);
            assert_false(overlaps(taken[i], first, 1000));
        }
    }
}

/* The error of binding PORT, 0 when it could be had. */
static int try_to_bind(int family, int kind, uint16_t port)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int fd = socket(family, kind, 0);
    assert_true(fd >= 0);
    int status = family == AF_INET ? bind(fd, (struct sockaddr *)&ipv4, sizeof ipv4)
                                   : bind(fd, (struct sockaddr *)&ipv6, sizeof ipv6);
    int error = status < 0 ? errno : 0;
    close(fd);
    return error;
}

static bool has_ipv6(void)
{
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void nobody_else_gets_a_reserved_port(void **state)
{
    (void)state;
    struct source_ports *ports;
    struct error error = {""};
    assert_int_equal(source_ports_reserve(&ports, 0, 4, &error), 0);
    uint16_t first = source_ports_first(ports);
    assert_int_equal(source_ports_count(ports), 4);
    for (unsigned i = 0; i < 4; i++) {
        uint16_t port = (uint16_t)(first + i);
        assert_int_equal(try_to_bind(AF_INET, SOCK_STREAM, port), EADDRINUSE);
        assert_int_equal(try_to_bind(AF_INET, SOCK_DGRAM, port), EADDRINUSE);
        if (has_ipv6()) {
            assert_int_equal(try_to_bind(AF_INET6, SOCK_STREAM, port), EADDRINUSE);
            assert_int_equal(try_to_bind(AF_INET6, SOCK_DGRAM, port), EADDRINUSE);
        }
    }
    source_ports_release(ports);
    assert_int_equal(try_to_bind(AF_INET, SOCK_STREAM, first), 0);
    assert_int_equal(try_to_bind(AF_INET, SOCK_DGRAM, first), 0);
}

static void two_runs_at_once_share_no_port(void **state)
{
    (void)state;
    struct source_ports *one, *other;
    struct error error = {""};
    assert_int_equal(source_ports_reserve(&one, 0, 32, &error), 0);
    assert_int_equal(source_ports_reserve(&other, 0, 32, &error), 0);
    unsigned a = source_ports_first(one), b = source_ports_first(other);
    assert_true(a + 32 <= b || b + 32 <= a);
    source_ports_release(one);
    source_ports_release(other);
}

static void a_wanted_port_that_is_taken_is_an_error_that_names_it(void **state)
{
    (void)state;
    struct source_ports *one, *other;
    struct error error = {""};
    assert_int_equal(source_ports_reserve(&one, 0, 1, &error), 0);
    uint16_t port = source_ports_first(one);
    assert_int_equal(source_ports_reserve(&other, port, 1, &error), -EADDRINUSE);
    assert_string_not_equal(error.text, "");
    source_ports_release(one);
    assert_int_equal(source_ports_reserve(&other, port, 1, &error), 0);
    assert_int_equal(source_ports_first(other), port);
    source_ports_release(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_lies_outside_of_the_range_for_connections),
        cmocka_unit_test(every_place_outside_of_the_range_can_be_chosen),
        cmocka_unit_test(a_range_over_everything_leaves_blocks_inside_of_it),
        cmocka_unit_test(ports_that_are_suggested_are_none_of_those_taken),
        cmocka_unit_test(nobody_else_gets_a_reserved_port),
        cmocka_unit_test(two_runs_at_once_share_no_port),
        cmocka_unit_test(a_wanted_port_that_is_taken_is_an_error_that_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
