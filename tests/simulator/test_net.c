/* The seam: the clock, routes, faults of this machine, and what is refused. */
#include "tests/simulator/codec.h"
#include "tests/simulator/hand.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct sim_host hosts[] = {
    {.first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 10}}, .count = 3, .hops = 1},
    {.first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 20}},
     .count = 1,
     .reach = SIM_NO_ROUTE},
    {.first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 21}},
     .count = 1,
     .reach = SIM_NO_NEIGHBOUR},
};

static struct sim_config plain(void)
{
    return (struct sim_config){
        .seed = 7,
        .wire = {.out = {.delay = NSEC_PER_MSEC}, .back = {.delay = NSEC_PER_MSEC}},
        .hosts = hosts,
        .host_count = 3};
}

static struct hand_probe syn_to(const char *target, uint16_t port)
{
    return (struct hand_probe){
        .target = target, .protocol = SIM_TCP, .source_port = 61001, .port = port};
}

static struct hand hand;

static void clock_stands_until_somebody_waits_or_sends(void **state)
{
    (void)state;
    struct sim_config config = plain();
    hand_open(&hand, &config);
    assert_int_equal(hand.net->now(hand.net), SIM_START);
    assert_int_equal(hand.net->now(hand.net), SIM_START);
    struct hand_probe probe = syn_to("203.0.113.10", 80);
    assert_int_equal(hand_send(&hand, &probe), 0);
    assert_int_equal(hand.net->now(hand.net), SIM_START + NSEC_PER_USEC);
    hand_wait(&hand, 5 * NSEC_PER_SEC);
    assert_int_equal(hand.net->now(hand.net), SIM_START + NSEC_PER_USEC + 5 * NSEC_PER_SEC);
    hand_close(&hand);
}

static void count_answer(void *context, nsec_t at, const uint8_t *bytes, size_t length)
{
    (void)at, (void)bytes, (void)length;
    ++*(unsigned *)context;
}

static void receive_returns_with_the_first_arrival(void **state)
{
    (void)state;
    struct sim_config config = plain();
    hand_open(&hand, &config);
    struct hand_probe probe = syn_to("203.0.113.10", 80);
    assert_int_equal(hand_send(&hand, &probe), 0);
    unsigned count = 0;
    struct net *net = hand.net;
    assert_int_equal(net->receive(net, 0, count_answer, &count), 0);
    assert_int_equal(count, 0); /* a time in the past: no waiting */
    assert_int_equal(net->receive(net, NSEC_NEVER, count_answer, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(net->now(net), SIM_START + NSEC_PER_USEC + 2 * NSEC_PER_MSEC);
    hand_close(&hand);
}

static void waiting_for_ever_for_nothing_is_refused(void **state)
{
    (void)state;
    struct sim_config config = plain();
    hand_open(&hand, &config);
    unsigned count = 0;
    assert_int_equal(hand.net->receive(hand.net, NSEC_NEVER, count_answer, &count), -EDEADLK);
    hand_close(&hand);
}

static void route_tells_neighbours_from_the_far_and_the_unreachable(void **state)
{
    (void)state;
    struct sim_config config = plain();
    hand_open(&hand, &config);
    struct net_route route;
    struct addr far = hand_address("203.0.113.10"), none = hand_address("203.0.113.20");
    struct addr near = hand_address("203.0.113.21");
    assert_int_equal(hand.net->route(hand.net, &far, &route), 0);
    assert_false(route.on_link);
    struct addr source = simulator_source(ADDR_IPV4);
    assert_true(addr_equal(&route.source, &source));
    assert_int_equal(hand.net->route(hand.net, &near, &route), 0);
    assert_true(route.on_link);
    assert_int_equal(hand.net->route(hand.net, &none, &route), -ENETUNREACH);
    struct hand_probe probe = syn_to("203.0.113.21", 80);
    assert_int_equal(hand_send(&hand, &probe), -EHOSTUNREACH);
    hand_close(&hand);
}

static void send_fails_on_the_port_and_in_the_time_of_the_fault(void **state)
{
    (void)state;
    static const struct sim_fault faults[] = {
        {SIM_SEND_ERROR, {0, NSEC_PER_SEC}, ENOBUFS, .chance = 1},
        {SIM_SEND_ERROR, {0, NSEC_NEVER}, EPERM, 25, 25, 1},
    };
    struct sim_config config = plain();
    config.faults = faults;
    config.fault_count = 2;
    hand_open(&hand, &config);
    struct hand_probe web = syn_to("203.0.113.10", 80), mail = syn_to("203.0.113.10", 25);
    assert_int_equal(hand_send(&hand, &web), -ENOBUFS);
    hand_wait(&hand, NSEC_PER_SEC);
    assert_int_equal(hand_send(&hand, &web), 0);
    assert_int_equal(hand_send(&hand, &mail), -EPERM);
    assert_int_equal(hand_wait(&hand, NSEC_PER_SEC), 1);
    struct net_counters counters;
    hand.net->counters(hand.net, &counters);
    assert_int_equal(counters.sent, 1);
    assert_int_equal(counters.send_errors, 2);
    assert_int_equal(counters.received, 1);
    hand_close(&hand);
}

static void capture_counts_what_it_loses(void **state)
{
    (void)state;
    static const struct sim_fault fault = {SIM_CAPTURE_LOSS, {0, NSEC_PER_SEC}, .chance = 1};
    struct sim_config config = plain();
    config.faults = &fault;
    config.fault_count = 1;
    hand_open(&hand, &config);
    struct hand_probe probe = syn_to("203.0.113.10", 80);
    hand_ask_none(&hand, &probe);
    hand_ask(&hand, &probe);
    struct net_counters counters;
    hand.net->counters(hand.net, &counters);
    assert_int_equal(counters.capture_dropped, 1);
    assert_int_equal(counters.received, 1);
    hand_close(&hand);
}

static void link_that_is_down_says_so_and_carries_nothing(void **state)
{
    (void)state;
    static const struct sim_fault fault = {
        SIM_LINK_DOWN, {NSEC_PER_MSEC, 5 * NSEC_PER_MSEC}, .chance = 0};
    struct sim_config config = plain();
    config.faults = &fault;
    config.fault_count = 1;
    hand_open(&hand, &config);
    struct net_counters counters;
    struct hand_probe probe = syn_to("203.0.113.10", 80);
    assert_int_equal(hand_send(&hand, &probe), 0);
    assert_int_equal(hand_wait(&hand, 3 * NSEC_PER_MSEC), 0);
    hand.net->counters(hand.net, &counters);
    assert_true(counters.link_down);
    assert_int_equal(counters.link_changes, 1);
    assert_int_equal(hand_send(&hand, &probe), -ENETDOWN);
    assert_int_equal(hand_wait(&hand, 3 * NSEC_PER_MSEC), 0);
    hand.net->counters(hand.net, &counters);
    assert_false(counters.link_down);
    assert_int_equal(counters.link_changes, 2);
    hand_ask(&hand, &probe);
    hand_close(&hand);
}

static void capture_keeps_what_its_snap_length_allows(void **state)
{
    (void)state;
    struct sim_config config = plain();
    config.snap_length = 30;
    hand_open(&hand, &config);
    struct hand_probe probe = syn_to("203.0.113.10", 80);
    assert_int_equal(hand_ask(&hand, &probe)->length, 30);
    hand_close(&hand);
}

static void packet_with_wrong_lengths_is_not_sent(void **state)
{
    (void)state;
    struct sim_config config = plain();
    hand_open(&hand, &config);
    uint8_t bytes[SIM_PACKET_MAX];
    struct hand_probe probe = syn_to("203.0.113.10", 80);
    size_t length = hand_write(&probe, bytes);
    struct net_packet packet = {.bytes = bytes, .length = (uint16_t)(length - 1)};
    assert_int_equal(hand.net->send(hand.net, &packet, 1), 0);
    assert_int_equal(packet.error, -EINVAL);
    struct sim_totals totals;
    simulator_totals(hand.net, &totals);
    assert_int_equal(totals.malformed, 1);
    hand.net->close(hand.net);
}

static void host_ignores_and_counts_a_wrong_checksum(void **state)
{
    (void)state;
    static const size_t flips[] = {10, 24, 36}; /* IP checksum, sequence, TCP checksum */
    for (size_t i = 0; i < 3; i++) {
        struct sim_config config = plain();
        hand_open(&hand, &config);
        uint8_t bytes[SIM_PACKET_MAX];
        struct hand_probe probe = syn_to("203.0.113.10", 80);
        size_t length = hand_write(&probe, bytes);
        bytes[flips[i]] ^= 1;
        struct net_packet packet = {.bytes = bytes, .length = (uint16_t)length};
        assert_int_equal(hand.net->send(hand.net, &packet, 1), 0);
        assert_int_equal(hand_wait(&hand, NSEC_PER_SEC), 0);
        struct sim_totals totals;
        simulator_totals(hand.net, &totals);
        assert_int_equal(totals.bad_checksums, 1);
        hand.net->close(hand.net);
    }
}

static void assert_refused(const struct sim_config *config)
{
    struct error error = {""};
    assert_null(simulator_open(config, &error));
    assert_true(strlen(error.text) > 0);
}

static void contradictory_hosts_and_rows_are_refused(void **state)
{
    (void)state;
    struct sim_host twice[] = {hosts[0], hosts[0]};
    struct sim_config config = {.hosts = twice, .host_count = 2};
    assert_refused(&config);
    static const struct sim_row overlapping[] = {
        {PROTO_TCP, 80, 90, {.behaviour = SIM_OPEN}},
        {PROTO_TCP, 90, 99, {.behaviour = SIM_DROP}},
    };
    static const struct sim_row misfits[] = {
        {PROTO_TCP, 1, 1, {.behaviour = SIM_MUTE}},
        {PROTO_UDP, 1, 1, {.behaviour = SIM_REJECT_RESET}},
        {PROTO_TCP, 2, 1, {.behaviour = SIM_OPEN}},
        {PROTO_TCP, 1, 1, {.behaviour = SIM_DROP, .router = 1}},
    };
    struct sim_host host = hosts[0];
    config = (struct sim_config){.hosts = &host, .host_count = 1};
    host.rows = overlapping;
    host.row_count = 2;
    assert_refused(&config);
    host.row_count = 1;
    for (size_t i = 0; i < sizeof(misfits) / sizeof(misfits[0]); i++) {
        host.rows = &misfits[i];
        assert_refused(&config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_stands_until_somebody_waits_or_sends),
        cmocka_unit_test(receive_returns_with_the_first_arrival),
        cmocka_unit_test(waiting_for_ever_for_nothing_is_refused),
        cmocka_unit_test(route_tells_neighbours_from_the_far_and_the_unreachable),
        cmocka_unit_test(send_fails_on_the_port_and_in_the_time_of_the_fault),
        cmocka_unit_test(capture_counts_what_it_loses),
        cmocka_unit_test(link_that_is_down_says_so_and_carries_nothing),
        cmocka_unit_test(capture_keeps_what_its_snap_length_allows),
        cmocka_unit_test(packet_with_wrong_lengths_is_not_sent),
        cmocka_unit_test(host_ignores_and_counts_a_wrong_checksum),
        cmocka_unit_test(contradictory_hosts_and_rows_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
