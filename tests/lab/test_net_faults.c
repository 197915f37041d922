/* The live network when links, addresses, routes, neighbours and queues fail. */
#include "tests/lab/live_pair.h"
#include "tests/lab/live_run.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { SKIPPED = 77 };

static struct live_pair pair;

static void a_link_that_goes_and_comes_is_noticed(void **state)
{
    (void)state;
    struct live_run *run = live_run_open(NULL);
    assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0);
    assert_false(live_run_counters(run).link_down);
    assert_true(live_pair_there(&pair, "ip link set far down"));
    assert_true(live_run_link_becomes(run, true));
    uint64_t changes = live_run_counters(run).link_changes;
    assert_true(changes > 0);
    assert_true(live_pair_there(&pair, "ip link set far up;"
                                       "ip addr add 2001:db8::2/64 dev far nodad"));
    assert_true(live_run_link_becomes(run, false));
    assert_true(live_run_counters(run).link_changes > changes);
    assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 81), 0);
    live_run_listen(run, 20);
    assert_int_equal(live_run_count(run, REPLY_RESET, "192.0.2.2", 81), 1);
    live_run_close(run);
}

static void an_address_that_goes_and_comes_is_noticed(void **state)
{
    (void)state;
    struct live_run *run = live_run_open(NULL);
    assert_true(live_pair_here("ip addr add 192.0.2.78/32 dev near"));
    assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0);
    assert_true(live_pair_here("ip addr del 192.0.2.78/32 dev near"));
    live_run_listen(run, 10);
    assert_int_equal(live_run_counters(run).link_changes, 0); /* not one that is used */
    assert_true(live_pair_here("ip addr del 192.0.2.1/24 dev near"));
    live_run_listen(run, 10);
    assert_true(live_run_counters(run).link_down);
    assert_true(live_pair_here("ip addr add 192.0.2.1/24 dev near;"
                               "ip route add 198.51.100.0/24 via 192.0.2.2"));
    live_run_listen(run, 10);
    assert_false(live_run_counters(run).link_down);
    assert_true(live_run_counters(run).link_changes >= 2);
    live_run_close(run);
}

static void a_gateway_that_changes_is_noticed_and_used(void **state)
{
    (void)state;
    struct live_run *run = live_run_open(NULL);
    assert_true(live_pair_there(&pair, "ip addr add 192.0.2.3/24 dev far"));
    assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "198.51.100.9", 80), 0);
    live_run_listen(run, 20);
    assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "198.51.100.9", 80), 0);
    assert_true(live_pair_here("ip route add 203.0.113.0/24 via 192.0.2.2"));
    live_run_listen(run, 10);
    assert_int_equal(live_run_counters(run).link_changes, 0); /* not a route that is used */
    assert_true(live_pair_here("ip route replace 198.51.100.0/24 via 192.0.2.3"));
    live_run_listen(run, 10);
    assert_int_equal(live_run_counters(run).link_changes, 1);
    assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "198.51.100.9", 81), 0);
    live_run_listen(run, 20);
    assert_int_equal(live_run_count(run, REPLY_RESET, "198.51.100.9", 81), 1);
    assert_true(live_pair_here("ip route replace 198.51.100.0/24 via 192.0.2.2;"
                               "ip route del 203.0.113.0/24"));
    live_run_close(run);
}

static bool make_extra_link(void)
{
    return live_pair_here("ip link add extra type veth peer name other;"
                          "for f in extra other; do ip link set $f up; done;"
                          "ip addr add 10.99.0.1/24 dev extra");
}

static void a_link_made_anew_is_used(void **state)
{
    (void)state;
    struct live_run *run = live_run_open(NULL);
    assert_true(make_extra_link());
    struct addr to = live_address("10.99.0.2");
    struct net_route route = live_run_route(run, &to);
    assert_true(live_pair_here("ip link del extra"));
    assert_true(live_run_link_becomes(run, true));
    assert_int_equal(live_run_probe_by(run, &route, TEMPLATE_SYN, &to, 80), -ENETUNREACH);
    assert_true(make_extra_link());
    assert_true(live_run_link_becomes(run, false));
    assert_int_equal(live_run_probe_by(run, &route, TEMPLATE_SYN, &to, 80), 0);
    assert_true(live_pair_here("ip link del extra"));
    live_run_close(run);
}

static void a_dead_neighbour_holds_nobody_up(void **state)
{
    (void)state;
    struct live_run *run = live_run_open(NULL);
    struct addr dead = live_address("192.0.2.99");
    struct net_route route = live_run_route(run, &dead);
    assert_true(live_pair_here("echo 100 > /proc/sys/net/ipv4/neigh/near/retrans_time_ms"));
    nsec_t start = run->net->now(run->net);
    for (int i = 0; i < 500; i++)
        assert_int_equal(live_run_probe_by(run, &route, TEMPLATE_SYN, &dead, 80), 0);
    assert_true(run->net->now(run->net) - start < NSEC_PER_SEC / 4);
    assert_true(live_run_counters(run).sent < 100);
    assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 81), 0);
    live_run_listen(run, 20);
    assert_int_equal(live_run_count(run, REPLY_RESET, "192.0.2.2", 81), 1);
    live_run_listen(run, 1100);
    assert_int_equal(run->seen_count, 1); /* the kernel's host-unreachable is not the host's */
    assert_int_equal(live_run_counters(run).link_changes, 0);

    assert_true(live_pair_there(&pair, "ip addr add 192.0.2.99/24 dev far"));
    assert_int_equal(live_run_probe_by(run, &route, TEMPLATE_SYN, &dead, 82), 0);
    live_run_listen(run, 20);
    assert_int_equal(live_run_probe_by(run, &route, TEMPLATE_SYN, &dead, 83), 0);
    live_run_listen(run, 20);
    assert_int_equal(live_run_count(run, REPLY_RESET, "192.0.2.99", 82), 1);
    assert_int_equal(live_run_count(run, REPLY_RESET, "192.0.2.99", 83), 1);
    assert_int_equal(live_run_counters(run).link_changes, 1);
    live_run_close(run);
}

static void a_capture_without_room_counts_what_it_dropped(void **state)
{
    (void)state;
    const struct net_live_options options = {.capture_bytes = 64 << 10};
    struct live_run *run = live_run_open(&options);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 81), 0);
    live_run_listen(run, 20);
    struct net_counters totals = live_run_counters(run);
    assert_true(totals.capture_dropped > 0);
    assert_true(totals.received + totals.capture_dropped >= 1000);
    live_run_close(run);
}

static void a_full_queue_is_an_error_of_the_packet(void **state)
{
    (void)state;
    const struct net_live_options options = {.kernel_output = true};
    struct live_run *run = live_run_open(&options);
    assert_true(
        live_pair_here("tc qdisc add dev near root tbf rate 8kbit burst 1600 limit 3000"));
    int refused = 0;
    for (int i = 0; i < 200; i++)
        refused += live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 80) == -ENOBUFS;
    assert_true(live_pair_here("tc qdisc del dev near root"));
    assert_in_range(refused, 80, 190);
    assert_int_equal(live_run_counters(run).send_errors, refused);
    live_run_close(run);
}

static int make_pair(void **state)
{
    (void)state;
    return live_pair_make(&pair) ? 0 : -1;
}

static int end_pair(void **state)
{
    (void)state;
    live_pair_end(&pair);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_that_goes_and_comes_is_noticed),
        cmocka_unit_test(an_address_that_goes_and_comes_is_noticed),
        cmocka_unit_test(a_gateway_that_changes_is_noticed_and_used),
        cmocka_unit_test(a_link_made_anew_is_used),
        cmocka_unit_test(a_dead_neighbour_holds_nobody_up),
        cmocka_unit_test(a_capture_without_room_counts_what_it_dropped),
        cmocka_unit_test(a_full_queue_is_an_error_of_the_packet),
    };
    const char *obstacle = live_pair_obstacle();
    if (obstacle) {
        printf("SKIPPED: %s\n", obstacle);
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, make_pair, end_pair);
}
