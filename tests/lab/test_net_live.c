/* The live network on real interfaces, in namespaces of its own. */
#include "probes/probes.h"
#include "scanner/net_live.h"
#include "tests/lab/live_pair.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SKIPPED = 77, ROOM = NET_HEADROOM + PACKET_SIZE_MAX, SEEN_MAX = 64 };

/* An open network and what came back. */
struct run {
    struct net *net;
    struct reply seen[SEEN_MAX];
    size_t seen_count;
};

static struct live_pair pair;

static struct run *open_run(const struct net_live_options *options)
{
    static const struct net_live_options usual = {.capture_bytes = 4 << 20};
    struct error error = {""};
    struct run *run = calloc(1, sizeof *run);
    assert_non_null(run);
    if (net_live_open(&run->net, options ? options : &usual, &error) < 0)
        fail_msg("%s", error.text);
    return run;
}

static void close_run(struct run *run)
{
    run->net->close(run->net);
    free(run);
}

static void keep_reply(void *context, nsec_t at, const uint8_t *bytes, size_t length)
{
    struct run *run = context;
    assert_true(at <= run->net->now(run->net));
    if (run->seen_count < SEEN_MAX &&
        packet_decode(&run->seen[run->seen_count], bytes, length) == PACKET_OK)
        run->seen_count++;
}

/* Sends one probe and returns its error. */
static int probe_by(struct run *run, const struct net_route *route, enum template_kind kind,
                    const struct addr *to, uint16_t port)
{
    struct error error = {""};
    struct template *template = template_new(to->family, kind, "", 0, &error);
    assert_non_null(template);
    uint8_t room[ROOM];
    const struct probe_fields fields = {
        .source = &route->source,
        .target = to,
        .source_port = run->net->source_port_first,
        .port = port,
        .cookie = {.sequence = 0x01020304, .ip_id = 7, .flow_label = 0xabcde},
    };
    struct net_packet packet = {.bytes = room + NET_HEADROOM, .route = route->id, .error = 1};
    packet.length = (uint16_t)template_write(template, &fields, packet.bytes);
    template_free(template);
    assert_int_equal(run->net->send(run->net, &packet, 1), 0);
    return packet.error;
}

static struct addr address(const char *text)
{
    struct addr addr;
    assert_int_equal(addr_parse(&addr, text), 0);
    return addr;
}

static struct net_route route_to(struct run *run, const struct addr *to)
{
    struct net_route route;
    assert_int_equal(run->net->route(run->net, to, &route), 0);
    return route;
}

static int probe(struct run *run, enum template_kind kind, const char *to, uint16_t port)
{
    struct addr target = address(to);
    struct net_route route = route_to(run, &target);
    return probe_by(run, &route, kind, &target, port);
}

/* Collects what arrives within MS milliseconds. */
static void listen_for(struct run *run, int ms)
{
    nsec_t until = run->net->now(run->net) + ms * NSEC_PER_MSEC;
    while (run->net->now(run->net) < until)
        assert_int_equal(run->net->receive(run->net, until, keep_reply, run), 0);
}

static size_t count_replies(const struct run *run, enum reply_kind kind, const char *to,
                            uint16_t port)
{
    size_t count = 0;
    struct addr target = address(to);
    for (size_t i = 0; i < run->seen_count; i++)
        count += run->seen[i].kind == kind && run->seen[i].port == port &&
                 addr_equal(&run->seen[i].target, &target);
    return count;
}

static struct net_counters counters(struct run *run)
{
    struct net_counters totals;
    run->net->counters(run->net, &totals);
    return totals;
}

/* The kernel tells of a lost carrier within a second or two. */
static bool link_becomes(struct run *run, bool down)
{
    for (int i = 0; i < 300 && counters(run).link_down != down; i++)
        listen_for(run, 10);
    return counters(run).link_down == down;
}

static const char *const targets[] = {"192.0.2.2", "2001:db8::2", "198.51.100.9",
                                      "2001:db8:1::9"};
enum { TARGET_COUNT = sizeof targets / sizeof targets[0] };

static void an_open_and_a_closed_port_answer(void **state)
{
    (void)state;
    struct run *run = open_run(NULL);
    for (size_t i = 0; i < TARGET_COUNT; i++) {
        assert_int_equal(probe(run, TEMPLATE_SYN, targets[i], 80), 0);
        assert_int_equal(probe(run, TEMPLATE_SYN, targets[i], 81), 0);
        assert_int_equal(probe(run, TEMPLATE_UDP, targets[i], 82), 0);
        assert_int_equal(probe(run, TEMPLATE_ECHO, targets[i], 83), 0);
    }
    listen_for(run, 50);
    for (size_t i = 0; i < TARGET_COUNT; i++) {
        assert_int_equal(count_replies(run, REPLY_SYN_ACK, targets[i], 80), 1);
        assert_int_equal(count_replies(run, REPLY_RESET, targets[i], 81), 1);
        assert_int_equal(count_replies(run, REPLY_ICMP_ERROR, targets[i], 82), 1);
        assert_int_equal(count_replies(run, REPLY_ECHO, targets[i], 83), 1);
    }
    assert_int_equal(counters(run).sent, 4 * TARGET_COUNT);
    assert_int_equal(counters(run).send_errors, 0);
    close_run(run);
}

static void a_route_knows_its_source_and_whether_a_gateway_is_between(void **state)
{
    (void)state;
    struct run *run = open_run(NULL);
    struct addr near = address("192.0.2.1"), near6 = address("2001:db8::1");
    struct addr to = address("192.0.2.2");
    struct net_route route = route_to(run, &to);
    assert_true(addr_equal(&route.source, &near) && route.on_link);
    to = address("198.51.100.9");
    route = route_to(run, &to);
    assert_true(addr_equal(&route.source, &near) && !route.on_link);
    struct addr other = address("198.51.100.10");
    assert_int_equal(route_to(run, &other).id, route.id);
    to = address("2001:db8:1::9");
    route = route_to(run, &to);
    assert_true(addr_equal(&route.source, &near6) && !route.on_link);
    to = address("203.0.113.1");
    assert_int_equal(run->net->route(run->net, &to, &route), -ENETUNREACH);
    to = address("192.0.2.255");
    assert_int_equal(run->net->route(run->net, &to, &route), -EADDRNOTAVAIL);
    close_run(run);
}

static void loopback_and_own_addresses_answer_once(void **state)
{
    (void)state;
    const char *const own[] = {"127.0.0.1", "::1", "192.0.2.1", "2001:db8::1"};
    struct run *run = open_run(NULL);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(probe(run, TEMPLATE_SYN, own[i], 81), 0);
    listen_for(run, 30);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(count_replies(run, REPLY_RESET, own[i], 81), 1);
    close_run(run);
}

static void link_local_targets_answer(void **state)
{
    (void)state;
    struct run *run = open_run(NULL);
    assert_true(live_pair_there(&pair, "ip addr add fe80::2/64 dev far nodad"));
    assert_int_equal(probe(run, TEMPLATE_SYN, "fe80::2%near", 80), 0);
    listen_for(run, 30);
    struct addr target = address("fe80::2");
    assert_int_equal(run->seen_count, 1);
    assert_memory_equal(run->seen[0].from.bytes, target.bytes, 16);
    close_run(run);
}

static void known_neighbours_get_frames_past_the_own_firewall(void **state)
{
    (void)state;
    struct run *run = open_run(NULL);
    assert_int_equal(probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0);
    listen_for(run, 20);
    assert_int_equal(probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0); /* looks again */
    assert_true(live_pair_here("nft add table inet t &&"
                               "nft add chain inet t o { type filter hook output priority 0\\;"
                               " policy drop\\; }"));
    run->seen_count = 0;
    assert_int_equal(probe(run, TEMPLATE_SYN, "192.0.2.2", 81), 0);
    listen_for(run, 20);
    assert_true(live_pair_here("nft delete table inet t"));
    assert_int_equal(count_replies(run, REPLY_RESET, "192.0.2.2", 81), 1);
    close_run(run);
}

static void kernel_output_meets_the_own_firewall(void **state)
{
    (void)state;
    const struct net_live_options options = {.kernel_output = true};
    struct run *run = open_run(&options);
    assert_int_equal(probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0);
    listen_for(run, 20);
    assert_true(live_pair_here("nft add table inet t &&"
                               "nft add chain inet t o { type filter hook output priority 0\\;"
                               " policy drop\\; }"));
    int ipv4 = probe(run, TEMPLATE_SYN, "192.0.2.2", 81);
    int ipv6 = probe(run, TEMPLATE_SYN, "2001:db8::2", 81);
    assert_true(live_pair_here("nft delete table inet t"));
    assert_int_equal(ipv4, -EPERM);
    assert_int_equal(ipv6, -EPERM);
    assert_int_equal(counters(run).send_errors, 2);
    close_run(run);
}

static void two_runs_have_ports_of_their_own(void **state)
{
    (void)state;
    struct run *one = open_run(NULL), *other = open_run(NULL);
    unsigned a = one->net->source_port_first, b = other->net->source_port_first;
    assert_true(a + one->net->source_port_count <= b || b + other->net->source_port_count <= a);
    assert_int_equal(probe(one, TEMPLATE_SYN, "192.0.2.2", 80), 0);
    listen_for(one, 20);
    listen_for(other, 1);
    assert_int_equal(one->seen_count, 1);
    assert_int_equal(other->seen_count, 0);
    close_run(one);
    close_run(other);
}

static void a_wanted_source_and_port_are_used(void **state)
{
    (void)state;
    assert_true(live_pair_here("ip addr add 192.0.2.77/24 dev near"));
    const struct net_live_options options = {.source = address("192.0.2.77"),
                                             .source_port = 53};
    struct run *run = open_run(&options);
    assert_int_equal(probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0);
    listen_for(run, 20);
    assert_int_equal(run->seen_count, 1);
    assert_int_equal(run->seen[0].source_port, 53);
    assert_true(addr_equal(&run->seen[0].to, &options.source));
    close_run(run);
    assert_true(live_pair_here("ip addr del 192.0.2.77/24 dev near"));
}

static void a_foreign_source_or_interface_is_refused(void **state)
{
    (void)state;
    struct net *net;
    struct error error = {""};
    const struct net_live_options source = {.source = address("203.0.113.5")};
    assert_int_equal(net_live_open(&net, &source, &error), -EADDRNOTAVAIL);
    assert_non_null(strstr(error.text, "203.0.113.5"));
    const struct net_live_options interface = {.interface = "nosuch0"};
    assert_int_equal(net_live_open(&net, &interface, &error), -ENODEV);
    assert_non_null(strstr(error.text, "nosuch0"));
}

static void a_link_that_goes_and_comes_is_noticed(void **state)
{
    (void)state;
    struct run *run = open_run(NULL);
    assert_int_equal(probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0);
    assert_false(counters(run).link_down);
    assert_true(live_pair_there(&pair, "ip link set far down"));
    assert_true(link_becomes(run, true));
    uint64_t changes = counters(run).link_changes;
    assert_true(changes > 0);
    assert_true(live_pair_there(&pair, "ip link set far up;"
                                       "ip addr add 2001:db8::2/64 dev far nodad"));
    assert_true(link_becomes(run, false));
    assert_true(counters(run).link_changes > changes);
    assert_int_equal(probe(run, TEMPLATE_SYN, "192.0.2.2", 81), 0);
    listen_for(run, 20);
    assert_int_equal(count_replies(run, REPLY_RESET, "192.0.2.2", 81), 1);
    close_run(run);
}

static void an_address_that_goes_and_comes_is_noticed(void **state)
{
    (void)state;
    struct run *run = open_run(NULL);
    assert_true(live_pair_here("ip addr add 192.0.2.78/32 dev near"));
    assert_int_equal(probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0);
    assert_true(live_pair_here("ip addr del 192.0.2.78/32 dev near"));
    listen_for(run, 10);
    assert_int_equal(counters(run).link_changes, 0); /* not one that is used */
    assert_true(live_pair_here("ip addr del 192.0.2.1/24 dev near"));
    listen_for(run, 10);
    assert_true(counters(run).link_down);
    assert_true(live_pair_here("ip addr add 192.0.2.1/24 dev near;"
                               "ip route add 198.51.100.0/24 via 192.0.2.2"));
    listen_for(run, 10);
    assert_false(counters(run).link_down);
    assert_true(counters(run).link_changes >= 2);
    close_run(run);
}

static void a_gateway_that_changes_is_noticed_and_used(void **state)
{
    (void)state;
    struct run *run = open_run(NULL);
    assert_true(live_pair_there(&pair, "ip addr add 192.0.2.3/24 dev far"));
    assert_int_equal(probe(run, TEMPLATE_SYN, "198.51.100.9", 80), 0);
    listen_for(run, 20);
    assert_int_equal(probe(run, TEMPLATE_SYN, "198.51.100.9", 80), 0);
    assert_true(live_pair_here("ip route add 203.0.113.0/24 via 192.0.2.2"));
    listen_for(run, 10);
    assert_int_equal(counters(run).link_changes, 0); /* not a route that is used */
    assert_true(live_pair_here("ip route replace 198.51.100.0/24 via 192.0.2.3"));
    listen_for(run, 10);
    assert_int_equal(counters(run).link_changes, 1);
    assert_int_equal(probe(run, TEMPLATE_SYN, "198.51.100.9", 81), 0);
    listen_for(run, 20);
    assert_int_equal(count_replies(run, REPLY_RESET, "198.51.100.9", 81), 1);
    assert_true(live_pair_here("ip route replace 198.51.100.0/24 via 192.0.2.2;"
                               "ip route del 203.0.113.0/24"));
    close_run(run);
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
    struct run *run = open_run(NULL);
    assert_true(make_extra_link());
    struct addr to = address("10.99.0.2");
    struct net_route route = route_to(run, &to);
    assert_true(live_pair_here("ip link del extra"));
    assert_true(link_becomes(run, true));
    assert_int_equal(probe_by(run, &route, TEMPLATE_SYN, &to, 80), -ENETUNREACH);
    assert_true(make_extra_link());
    assert_true(link_becomes(run, false));
    assert_int_equal(probe_by(run, &route, TEMPLATE_SYN, &to, 80), 0);
    assert_true(live_pair_here("ip link del extra"));
    close_run(run);
}

static void a_dead_neighbour_holds_nobody_up(void **state)
{
    (void)state;
    struct run *run = open_run(NULL);
    struct addr dead = address("192.0.2.99");
    struct net_route route = route_to(run, &dead);
    assert_true(live_pair_here("echo 100 > /proc/sys/net/ipv4/neigh/near/retrans_time_ms"));
    nsec_t start = run->net->now(run->net);
    for (int i = 0; i < 500; i++)
        assert_int_equal(probe_by(run, &route, TEMPLATE_SYN, &dead, 80), 0);
    assert_true(run->net->now(run->net) - start < NSEC_PER_SEC / 4);
    assert_true(counters(run).sent < 100);
    assert_int_equal(probe(run, TEMPLATE_SYN, "192.0.2.2", 81), 0);
    listen_for(run, 20);
    assert_int_equal(count_replies(run, REPLY_RESET, "192.0.2.2", 81), 1);
    listen_for(run, 1100);
    assert_int_equal(run->seen_count, 1); /* the kernel's host-unreachable is not the host's */
    assert_int_equal(counters(run).link_changes, 0);

    assert_true(live_pair_there(&pair, "ip addr add 192.0.2.99/24 dev far"));
    assert_int_equal(probe_by(run, &route, TEMPLATE_SYN, &dead, 82), 0);
    listen_for(run, 20);
    assert_int_equal(probe_by(run, &route, TEMPLATE_SYN, &dead, 83), 0);
    listen_for(run, 20);
    assert_int_equal(count_replies(run, REPLY_RESET, "192.0.2.99", 82), 1);
    assert_int_equal(count_replies(run, REPLY_RESET, "192.0.2.99", 83), 1);
    assert_int_equal(counters(run).link_changes, 1);
    close_run(run);
}

static void a_reset_by_the_own_firewall_is_not_the_targets(void **state)
{
    (void)state;
    const struct net_live_options options = {.kernel_output = true};
    struct run *run = open_run(&options);
    assert_int_equal(probe(run, TEMPLATE_SYN, "192.0.2.2", 80), 0);
    listen_for(run, 20);
    run->seen_count = 0;
    assert_true(live_pair_here("nft add table inet t &&"
                               "nft add chain inet t o { type filter hook output priority 0\\;"
                               " } && nft add rule inet t o meta l4proto tcp reject with tcp"
                               " reset && nft add rule inet t o meta l4proto udp reject"));
    int tcp = probe(run, TEMPLATE_SYN, "192.0.2.2", 81);
    int udp = probe(run, TEMPLATE_UDP, "192.0.2.2", 82);
    listen_for(run, 20);
    assert_true(live_pair_here("nft delete table inet t"));
    assert_int_equal(tcp, -EPERM);
    assert_int_equal(udp, -EPERM);
    assert_int_equal(run->seen_count, 0);
    close_run(run);
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
        struct run *run = open_run(way == 0 ? &kernel : NULL);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(probe(run, TEMPLATE_UDP, targets[i % 2], 82), 0);
            listen_for(run, 5);
        }
        assert_int_equal(run->seen_count, 4);
        for (size_t i = 0; i < run->seen_count; i++)
            check_quote(&run->seen[i]);
        close_run(run);
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
    struct run *run = open_run(NULL);
    unsigned port = run->net->source_port_first;
    const uint8_t tagged[] = {TO_ALL, 0x81, 0, 0, 0, 8, 0, IPV4_HERE, UDP_82_TO(port)};
    const uint8_t extended[] = {TO_ALL, 0x86, 0xdd, IPV6_HERE(0, 16), 17, 0, 1, 4, 0,
                                0,      0,    0,    UDP_82_TO(port)};
    assert_true(live_pair_inject(&pair, tagged, sizeof tagged));
    assert_true(live_pair_inject(&pair, extended, sizeof extended));
    listen_for(run, 10);
    assert_int_equal(count_replies(run, REPLY_UDP, "192.0.2.2", 82), 1);
    assert_int_equal(count_replies(run, REPLY_UDP, "2001:db8::2", 82), 1);
    close_run(run);
}

static void packets_to_other_ports_are_not_handed_on(void **state)
{
    (void)state;
    struct run *run = open_run(NULL);
    unsigned port = run->net->source_port_first;
    unsigned below = port - 1, above = port + run->net->source_port_count;
    const uint8_t foreign[][42] = {
        {TO_ALL, 8, 0, IPV4_HERE, UDP_82_TO(below)},
        {TO_ALL, 8, 0, IPV4_HERE, UDP_82_TO(above)},
    };
    for (size_t i = 0; i < 2; i++)
        assert_true(live_pair_inject(&pair, foreign[i], sizeof foreign[i]));
    listen_for(run, 10);
    assert_int_equal(run->seen_count, 0);
    close_run(run);
}

static void a_capture_without_room_counts_what_it_dropped(void **state)
{
    (void)state;
    const struct net_live_options options = {.capture_bytes = 64 << 10};
    struct run *run = open_run(&options);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(probe(run, TEMPLATE_SYN, "192.0.2.2", 81), 0);
    listen_for(run, 20);
    struct net_counters totals = counters(run);
    assert_true(totals.capture_dropped > 0);
    assert_true(totals.received + totals.capture_dropped >= 1000);
    close_run(run);
}

static void a_full_queue_is_an_error_of_the_packet(void **state)
{
    (void)state;
    const struct net_live_options options = {.kernel_output = true};
    struct run *run = open_run(&options);
    assert_true(
        live_pair_here("tc qdisc add dev near root tbf rate 8kbit burst 1600 limit 3000"));
    int refused = 0;
    for (int i = 0; i < 200; i++)
        refused += probe(run, TEMPLATE_SYN, "192.0.2.2", 80) == -ENOBUFS;
    assert_true(live_pair_here("tc qdisc del dev near root"));
    assert_in_range(refused, 80, 190);
    assert_int_equal(counters(run).send_errors, refused);
    close_run(run);
}

static void waiting_ends_when_it_should(void **state)
{
    (void)state;
    struct run *run = open_run(NULL);
    for (int i = 0; i < 20; i++) {
        nsec_t until = run->net->now(run->net) + 500 * NSEC_PER_USEC;
        assert_int_equal(run->net->receive(run->net, until, keep_reply, run), 0);
        nsec_t late = run->net->now(run->net) - until;
        assert_true(late >= 0 && late < 20 * NSEC_PER_MSEC);
    }
    assert_int_equal(run->net->receive(run->net, 0, keep_reply, run), 0);
    close_run(run);
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
        cmocka_unit_test(a_route_knows_its_source_and_whether_a_gateway_is_between),
        cmocka_unit_test(loopback_and_own_addresses_answer_once),
        cmocka_unit_test(link_local_targets_answer),
        cmocka_unit_test(known_neighbours_get_frames_past_the_own_firewall),
        cmocka_unit_test(kernel_output_meets_the_own_firewall),
        cmocka_unit_test(two_runs_have_ports_of_their_own),
        cmocka_unit_test(a_wanted_source_and_port_are_used),
        cmocka_unit_test(a_foreign_source_or_interface_is_refused),
        cmocka_unit_test(a_link_that_goes_and_comes_is_noticed),
        cmocka_unit_test(an_address_that_goes_and_comes_is_noticed),
        cmocka_unit_test(a_gateway_that_changes_is_noticed_and_used),
        cmocka_unit_test(a_link_made_anew_is_used),
        cmocka_unit_test(a_dead_neighbour_holds_nobody_up),
        cmocka_unit_test(a_reset_by_the_own_firewall_is_not_the_targets),
        cmocka_unit_test(header_fields_arrive_as_they_were_written),
        cmocka_unit_test(answers_with_a_tag_or_an_extension_header_are_seen),
        cmocka_unit_test(packets_to_other_ports_are_not_handed_on),
        cmocka_unit_test(a_capture_without_room_counts_what_it_dropped),
        cmocka_unit_test(a_full_queue_is_an_error_of_the_packet),
        cmocka_unit_test(waiting_ends_when_it_should),
    };
    const char *obstacle = live_pair_obstacle();
    if (obstacle) {
        printf("SKIPPED: %s\n", obstacle);
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, make_pair, end_pair);
}
