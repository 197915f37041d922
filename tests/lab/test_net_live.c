/* The live network on real interfaces, in namespaces of its own. */
#include "tests/lab/live_pair.h"
#include "tests/lab/live_run.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

enum { SKIPPED = 77 };

static struct live_pair pair;

static const char *const targets[] = {"192.0.2.2", "2001:db8::2", "198.51.100.9",
                                      "2001:db8:1::9"};
enum { TARGET_COUNT = sizeof targets / sizeof targets[0] };

static void an_open_and_a_closed_port_answer(void **state)
{
    (void)state;
    struct live_run *run = live_run_open(NULL);
    for (size_t i = 0; i < TARGET_COUNT; i++) {
        assert_int_equal(live_run_probe(run, TEMPLATE_SYN, targets[i], 80), 0);
        assert_int_equal(live_run_probe(run, TEMPLATE_SYN, targets[i], 81), 0);
        assert_int_equal(live_run_probe(run, TEMPLATE_UDP, targets[i], 82), 0);
        assert_int_equal(live_run_probe(run, TEMPLATE_ECHO, targets[i], 83), 0);
    }
    live_run_listen(run, 50);
    for (size_t i = 0; i < TARGET_COUNT; i++) {
        assert_int_equal(live_run_count(run, REPLY_SYN_ACK, targets[i], 80), 1);
        assert_int_equal(live_run_count(run, REPLY_RESET, targets[i], 81), 1);
        assert_int_equal(live_run_count(run, REPLY_ICMP_ERROR, targets[i], 82), 1);
        assert_int_equal(live_run_count(run, REPLY_ECHO, targets[i], 83), 1);
    }
    assert_int_equal(live_run_counters(run).sent, 4 * TARGET_COUNT);
    assert_int_equal(live_run_counters(run).send_errors, 0);
    live_run_close(run);
}

static void our_kernel_ends_the_connections_that_we_half_open(void **state)
{
    (void)state;
    struct live_run *run = live_run_open(NULL);
    for (int i = 0; i < 3; i++) { /* the first through raw IP sockets, then frames */
        assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0);
        assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "2001:db8::2", 80), 0);
        live_run_listen(run, 20);
        assert_true(live_pair_there(&pair, "! ss -Htn state syn-recv | grep -q ."));
    }
    assert_int_equal(live_run_count(run, REPLY_SYN_ACK, "192.0.2.2", 80), 3);
    assert_int_equal(live_run_count(run, REPLY_SYN_ACK, "2001:db8::2", 80), 3);
    live_run_close(run);
}

static void a_route_knows_its_source_and_whether_a_gateway_is_between(void **state)
{
    (void)state;
    struct live_run *run = live_run_open(NULL);
    struct addr near = live_address("192.0.2.1"), near6 = live_address("2001:db8::1");
    struct addr to = live_address("192.0.2.2");
    struct net_route route = live_run_route(run, &to);
    assert_true(addr_equal(&route.source, &near) && route.on_link);
    to = live_address("198.51.100.9");
    route = live_run_route(run, &to);
    assert_true(addr_equal(&route.source, &near) && !route.on_link);
    struct addr other = live_address("198.51.100.10");
    assert_int_equal(live_run_route(run, &other).id, route.id);
    to = live_address("2001:db8:1::9");
    route = live_run_route(run, &to);
    assert_true(addr_equal(&route.source, &near6) && !route.on_link);
    to = live_address("203.0.113.1");
    assert_int_equal(run->net->route(run->net, &to, &route), -ENETUNREACH);
    to = live_address("192.0.2.255");
    assert_int_equal(run->net->route(run->net, &to, &route), -EADDRNOTAVAIL);
    live_run_close(run);
}

static void loopback_and_own_addresses_answer_once(void **state)
{
    (void)state;
    const char *const own[] = {"127.0.0.1", "::1", "192.0.2.1", "2001:db8::1"};
    struct live_run *run = live_run_open(NULL);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(live_run_probe(run, TEMPLATE_SYN, own[i], 81), 0);
    live_run_listen(run, 30);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(live_run_count(run, REPLY_RESET, own[i], 81), 1);
    live_run_close(run);
}

static void link_local_targets_answer(void **state)
{
    (void)state;
    struct live_run *run = live_run_open(NULL);
    assert_true(live_pair_there(&pair, "ip addr add fe80::2/64 dev far nodad"));
    assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "fe80::2%near", 80), 0);
    live_run_listen(run, 30);
    struct addr target = live_address("fe80::2");
    assert_int_equal(run->seen_count, 1);
    assert_memory_equal(run->seen[0].from.bytes, target.bytes, 16);
    live_run_close(run);
}

static void known_neighbours_get_frames_past_the_own_firewall(void **state)
{
    (void)state;
    struct live_run *run = live_run_open(NULL);
    assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0);
    live_run_listen(run, 20);
    assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0); /* looks again */
    assert_true(live_pair_here("nft add table inet t &&"
                               "nft add chain inet t o { type filter hook output priority 0\\;"
                               " policy drop\\; }"));
    run->seen_count = 0;
    assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 81), 0);
    live_run_listen(run, 20);
    assert_true(live_pair_here("nft delete table inet t"));
    assert_int_equal(live_run_count(run, REPLY_RESET, "192.0.2.2", 81), 1);
    live_run_close(run);
}

static void kernel_output_meets_the_own_firewall(void **state)
{
    (void)state;
    const struct net_live_options options = {.kernel_output = true};
    struct live_run *run = live_run_open(&options);
    assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0);
    live_run_listen(run, 20);
    assert_true(live_pair_here("nft add table inet t &&"
                               "nft add chain inet t o { type filter hook output priority 0\\;"
                               " policy drop\\; }"));
    int ipv4 = live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 81);
    int ipv6 = live_run_probe(run, TEMPLATE_SYN, "2001:db8::2", 81);
    assert_true(live_pair_here("nft delete table inet t"));
    assert_int_equal(ipv4, -EPERM);
    assert_int_equal(ipv6, -EPERM);
    assert_int_equal(live_run_counters(run).send_errors, 2);
    live_run_close(run);
}

static void two_runs_have_ports_of_their_own(void **state)
{
    (void)state;
    struct live_run *one = live_run_open(NULL), *other = live_run_open(NULL);
    unsigned a = one->net->source_port_first, b = other->net->source_port_first;
    assert_true(a + one->net->source_port_count <= b || b + other->net->source_port_count <= a);
    assert_int_equal(live_run_probe(one, TEMPLATE_SYN, "192.0.2.2", 80), 0);
    live_run_listen(one, 20);
    live_run_listen(other, 1);
    assert_int_equal(one->seen_count, 1);
    assert_int_equal(other->seen_count, 0);
    live_run_close(one);
    live_run_close(other);
}

static void a_wanted_source_and_port_are_used(void **state)
{
    (void)state;
    assert_true(live_pair_here("ip addr add 192.0.2.77/24 dev near"));
    const struct net_live_options options = {.source = live_address("192.0.2.77"),
                                             .source_port = 53};
    struct live_run *run = live_run_open(&options);
    assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0);
    live_run_listen(run, 20);
    assert_int_equal(run->seen_count, 1);
    assert_int_equal(run->seen[0].source_port, 53);
    assert_true(addr_equal(&run->seen[0].to, &options.source));
    live_run_close(run);
    assert_true(live_pair_here("ip addr del 192.0.2.77/24 dev near"));
}

static void a_foreign_source_or_interface_is_refused(void **state)
{
    (void)state;
    struct net *net;
    struct error error = {""};
    const struct net_live_options source = {.source = live_address("203.0.113.5")};
    assert_int_equal(net_live_open(&net, &source, &error), -EADDRNOTAVAIL);
    assert_non_null(strstr(error.text, "203.0.113.5"));
    const struct net_live_options interface = {.interface = "nosuch0"};
    assert_int_equal(net_live_open(&net, &interface, &error), -ENODEV);
    assert_non_null(strstr(error.text, "nosuch0"));
}

static void a_reset_by_the_own_firewall_is_not_the_targets(void **state)
{
    (void)state;
    const struct net_live_options options = {.kernel_output = true};
    struct live_run *run = live_run_open(&options);
    assert_int_equal(live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0);
    live_run_listen(run, 20);
    run->seen_count = 0;
    assert_true(live_pair_here("nft add table inet t &&"
                               "nft add chain inet t o { type filter hook output priority 0\\;"
                               " } && nft add rule inet t o meta l4proto tcp reject with tcp"
                               " reset && nft add rule inet t o meta l4proto udp reject"));
    int tcp = live_run_probe(run, TEMPLATE_SYN, "192.0.2.2", 81);
    int udp = live_run_probe(run, TEMPLATE_UDP, "192.0.2.2", 82);
    live_run_listen(run, 20);
    assert_true(live_pair_here("nft delete table inet t"));
    assert_int_equal(tcp, -EPERM);
    assert_int_equal(udp, -EPERM);
    assert_int_equal(run->seen_count, 0);
    live_run_close(run);
}

/* What the quote in an ICMP error shows of a probe as it arrived. */
static void check_quote(const struct reply *error)
{
    assert_int_equal(error->quote.tos, PROBE_TOS);
    if (error->target.family == ADDR_IPV4)
        assert_int_equal(error->quote.ip_id, 7);
    else
        assert_int_equal(error->quote.flow_label, 0xabcde);
}

static void header_fields_arrive_as_they_were_written(void **state)
{
    (void)state;
    const struct net_live_options kernel = {.kernel_output = true};
    for (int way = 0; way < 2; way++) {
        struct live_run *run = live_run_open(way == 0 ? &kernel : NULL);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(live_run_probe(run, TEMPLATE_UDP, targets[i % 2], 82), 0);
            live_run_listen(run, 5);
        }
        assert_int_equal(run->seen_count, 4);
        for (size_t i = 0; i < run->seen_count; i++)
            check_quote(&run->seen[i]);
        live_run_close(run);
    }
}

/* Broadcast on the link, from there. */
#define TO_ALL          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9
#define UDP_82_TO(port) 0, 82, (uint8_t)((port) >> 8), (uint8_t)(port), 0, 8, 0, 0
#define IPV4_HERE       0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1
#define IPV6_HERE(next, length)                                                              \
    0x60, 0, 0, 0, 0, length, next, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
        2, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1

static void answers_with_a_tag_or_an_extension_header_are_seen(void **state)
{
    (void)state;
    struct live_run *run = live_run_open(NULL);
    unsigned port = run->net->source_port_first;
    const uint8_t tagged[] = {TO_ALL, 0x81, 0, 0, 0, 8, 0, IPV4_HERE, UDP_82_TO(port)};
    const uint8_t extended[] = {TO_ALL, 0x86, 0xdd, IPV6_HERE(0, 16), 17, 0, 1, 4, 0,
                                0,      0,    0,    UDP_82_TO(port)};
    assert_true(live_pair_inject(&pair, tagged, sizeof tagged));
    assert_true(live_pair_inject(&pair, extended, sizeof extended));
    live_run_listen(run, 10);
    assert_int_equal(live_run_count(run, REPLY_UDP, "192.0.2.2", 82), 1);
    assert_int_equal(live_run_count(run, REPLY_UDP, "2001:db8::2", 82), 1);
    live_run_close(run);
}

static void packets_to_other_ports_are_not_handed_on(void **state)
{
    (void)state;
    struct live_run *run = live_run_open(NULL);
    unsigned port = run->net->source_port_first;
    unsigned below = port - 1, above = port + run->net->source_port_count;
    const uint8_t foreign[][42] = {
        {TO_ALL, 8, 0, IPV4_HERE, UDP_82_TO(below)},
        {TO_ALL, 8, 0, IPV4_HERE, UDP_82_TO(above)},
    };
    for (size_t i = 0; i < 2; i++)
        assert_true(live_pair_inject(&pair, foreign[i], sizeof foreign[i]));
    live_run_listen(run, 10);
    assert_int_equal(run->seen_count, 0);
    live_run_close(run);
}

static void ignore_packet(void *context, nsec_t at, const uint8_t *bytes, size_t length)
{
    (void)context;
    (void)at;
    (void)bytes;
    (void)length;
}

static void waiting_ends_when_it_should(void **state)
{
    (void)state;
    struct live_run *run = live_run_open(NULL);
    struct net *net = run->net;
    for (int i = 0; i < 20; i++) {
        nsec_t until = net->now(net) + 500 * NSEC_PER_USEC;
        assert_int_equal(net->receive(net, until, ignore_packet, NULL), 0);
        nsec_t late = net->now(net) - until;
        assert_true(late >= 0 && late < 20 * NSEC_PER_MSEC);
    }
    assert_int_equal(net->receive(net, 0, ignore_packet, NULL), 0);
    live_run_close(run);
}

static void take_signal(int number)
{
    (void)number;
}

static void a_signal_ends_the_waiting(void **state)
{
    (void)state;
    struct live_run *run = live_run_open(NULL);
    const struct sigaction action = {.sa_handler = take_signal};
    const struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    assert_int_equal(run->net->receive(run->net, NSEC_NEVER, ignore_packet, NULL), -EINTR);
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
        cmocka_unit_test(an_open_and_a_closed_port_answer),
        cmocka_unit_test(our_kernel_ends_the_connections_that_we_half_open),
        cmocka_unit_test(a_route_knows_its_source_and_whether_a_gateway_is_between),
        cmocka_unit_test(loopback_and_own_addresses_answer_once),
        cmocka_unit_test(link_local_targets_answer),
        cmocka_unit_test(known_neighbours_get_frames_past_the_own_firewall),
        cmocka_unit_test(kernel_output_meets_the_own_firewall),
        cmocka_unit_test(two_runs_have_ports_of_their_own),
        cmocka_unit_test(a_wanted_source_and_port_are_used),
        cmocka_unit_test(a_foreign_source_or_interface_is_refused),
        cmocka_unit_test(a_reset_by_the_own_firewall_is_not_the_targets),
        cmocka_unit_test(header_fields_arrive_as_they_were_written),
        cmocka_unit_test(answers_with_a_tag_or_an_extension_header_are_seen),
        cmocka_unit_test(packets_to_other_ports_are_not_handed_on),
        cmocka_unit_test(waiting_ends_when_it_should),
        cmocka_unit_test(a_signal_ends_the_waiting),
    };
    const char *obstacle = live_pair_obstacle();
    if (obstacle) {
        printf("SKIPPED: %s\n", obstacle);
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, make_pair, end_pair);
}
