/* What simulated hosts and firewalls say to SYNs. */
#include "tests/simulator/codec.h"
#include "tests/simulator/hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WAY_MS (10 * NSEC_PER_MSEC)

static const struct sim_router routers[] = {
    {.address = {.family = ADDR_IPV4, .bytes = {198, 51, 100, 1}}, .hops = 2, .quoted = 28},
};

static const struct sim_row rows[] = {
    {PROTO_TCP, 80, 80, {.behaviour = SIM_OPEN}},
    {PROTO_TCP, 100, 109, {.behaviour = SIM_DROP}},
    {PROTO_TCP, 110, 119, {.behaviour = SIM_REJECT_RESET}},
    {PROTO_TCP, 120, 129, {.behaviour = SIM_REJECT_ICMP, .icmp_type = 3, .icmp_code = 13}},
    {PROTO_TCP,
     130,
     130,
     {.behaviour = SIM_REJECT_ICMP, .icmp_type = 3, .icmp_code = 9, .router = 1}},
    {PROTO_TCP, 131, 131, {.behaviour = SIM_REJECT_RESET, .router = 1}},
    {PROTO_TCP, 140, 140, {.behaviour = SIM_SYN_PROXY}},
};

static const struct sim_host hosts[] = {
    {.first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 10}},
     .count = 4,
     .rows = rows,
     .row_count = sizeof(rows) / sizeof(rows[0]),
     .hops = 5},
    {.first = {.family = ADDR_IPV6, .bytes = {0x20, 1, 0xd, 0xb8, [15] = 0x10}},
     .count = 1,
     .rows = rows,
     .row_count = 4,
     .hops = 5},
    {.first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 20}},
     .count = 1,
     .stack = &sim_freebsd,
     .rows = rows,
     .row_count = 3,
     .hops = 5},
    {.first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 30}},
     .count = 1,
     .drops_invalid = true,
     .rows = rows,
     .row_count = 4,
     .hops = 5},
};

static const struct sim_config config = {
    .seed = 7,
    .wire = {.out = {.delay = WAY_MS}, .back = {.delay = WAY_MS}},
    .hosts = hosts,
    .host_count = 4,
    .routers = routers,
    .router_count = 1,
};

static struct hand hand;

static int open_network(void **state)
{
    (void)state;
    hand_open(&hand, &config);
    return 0;
}

static int close_network(void **state)
{
    (void)state;
    hand_close(&hand);
    return 0;
}

static struct hand_probe syn_to(const char *target, uint16_t port)
{
    return (struct hand_probe){.target = target,
                               .protocol = SIM_TCP,
                               .source_port = 61001,
                               .port = port,
                               .sequence = 0x11223344};
}

static void open_port_sends_syn_ack(void **state)
{
    (void)state;
    struct hand_probe probe = syn_to("203.0.113.10", 80);
    nsec_t begin = hand.net->now(hand.net);
    const struct hand_answer *answer = hand_ask(&hand, &probe);
    assert_int_equal(answer->flags, SIM_SYN | SIM_ACK);
    assert_int_equal(answer->acknowledgement, 0x11223345);
    assert_int_equal(answer->from_port, 80);
    assert_int_equal(answer->to_port, 61001);
    assert_int_equal(answer->ttl, 64 - 5);
    assert_int_equal(answer->at, begin + NSEC_PER_USEC + 2 * WAY_MS);
}

static void closed_port_resets_with_the_dscp_of_the_syn(void **state)
{
    (void)state;
    static const char *const targets[] = {"203.0.113.13", "2001:db8::10"};
    for (size_t i = 0; i < 2; i++) {
        struct hand_probe probe = syn_to(targets[i], 81);
        const struct hand_answer *answer = hand_ask(&hand, &probe);
        assert_int_equal(answer->flags, SIM_RST | SIM_ACK);
        assert_int_equal(answer->sequence, 0);
        assert_int_equal(answer->acknowledgement, 0x11223345);
        assert_int_equal(answer->tos, 0x0c);
    }
}

static void reset_of_a_firewall_has_no_dscp(void **state)
{
    (void)state;
    struct hand_probe probe = syn_to("203.0.113.10", 110);
    const struct hand_answer *answer = hand_ask(&hand, &probe);
    assert_int_equal(answer->flags, SIM_RST | SIM_ACK);
    assert_int_equal(answer->tos, 0);
    assert_int_equal(answer->ttl, 59);
}

static void reset_of_a_router_shows_in_its_ttl(void **state)
{
    (void)state;
    struct hand_probe probe = syn_to("203.0.113.10", 131);
    const struct hand_answer *answer = hand_ask(&hand, &probe);
    assert_int_equal(answer->flags, SIM_RST | SIM_ACK);
    assert_int_equal(answer->ttl, 62);
    struct addr host = hand_address("203.0.113.10");
    assert_true(addr_equal(&answer->from, &host));
}

static void path_may_clear_the_dscp_on_either_way(void **state)
{
    (void)state;
    struct sim_config cleared = config;
    static const char *const targets[] = {"203.0.113.13", "2001:db8::10"};
    for (unsigned i = 0; i < 4; i++) {
        cleared.wire.out.clears_dscp = i % 2 == 0;
        cleared.wire.back.clears_dscp = i % 2 == 1;
        hand_close(&hand);
        hand_open(&hand, &cleared);
        struct hand_probe probe = syn_to(targets[i / 2], 81);
        assert_int_equal(hand_ask(&hand, &probe)->tos, 0);
    }
}

static void freebsd_resets_without_dscp_and_to_md5_too(void **state)
{
    (void)state;
    struct hand_probe probe = syn_to("203.0.113.20", 81);
    assert_int_equal(hand_ask(&hand, &probe)->tos, 0);
    probe.md5 = true;
    assert_int_equal(hand_ask(&hand, &probe)->flags, SIM_RST | SIM_ACK);
}

static void md5_syn_is_dropped_by_stacks_and_rejected_by_firewalls(void **state)
{
    (void)state;
    static const uint16_t silent[] = {80, 81, 100};
    for (size_t i = 0; i < 3; i++) {
        struct hand_probe probe = syn_to("203.0.113.10", silent[i]);
        probe.md5 = true;
        hand_ask_none(&hand, &probe);
    }
    struct hand_probe reset = syn_to("203.0.113.10", 119);
    reset.md5 = true;
    assert_int_equal(hand_ask(&hand, &reset)->flags, SIM_RST | SIM_ACK);
    struct hand_probe error = syn_to("203.0.113.10", 129);
    error.md5 = true;
    assert_int_equal(hand_ask(&hand, &error)->protocol, SIM_ICMP);
}

static void wrong_data_offset_is_dropped_by_stacks_and_rejected_by_firewalls(void **state)
{
    (void)state;
    static const uint16_t silent[] = {80, 81, 100, 140};
    for (size_t i = 0; i < 4; i++) {
        struct hand_probe probe = syn_to("203.0.113.10", silent[i]);
        probe.bad_offset = true;
        hand_ask_none(&hand, &probe);
    }
    struct hand_probe reset = syn_to("203.0.113.10", 119);
    reset.bad_offset = true;
    const struct hand_answer *answer = hand_ask(&hand, &reset);
    assert_int_equal(answer->flags, SIM_RST | SIM_ACK);
    assert_int_equal(answer->acknowledgement, 0x11223345 + 24 - 60);
    struct hand_probe error = syn_to("203.0.113.10", 129);
    error.bad_offset = true;
    assert_int_equal(hand_ask(&hand, &error)->protocol, SIM_ICMP);
    error.target = "203.0.113.30"; /* behind conntrack that drops what is invalid */
    hand_ask_none(&hand, &error);
}

static void dropped_port_is_silent(void **state)
{
    (void)state;
    struct hand_probe probe = syn_to("203.0.113.10", 105);
    hand_ask_none(&hand, &probe);
}

static void icmp_reject_quotes_the_syn_as_it_arrived(void **state)
{
    (void)state;
    struct hand_probe probe = syn_to("203.0.113.10", 120);
    uint8_t sent[SIM_PACKET_MAX];
    size_t length = hand_write(&probe, sent);
    const struct hand_answer *answer = hand_ask(&hand, &probe);
    assert_int_equal(answer->type, 3);
    assert_int_equal(answer->code, 13);
    assert_int_equal(answer->body_length, length);
    assert_int_equal(answer->body[8], 64 - 5);
    assert_int_equal(answer->body[1], 0x0c);
    assert_memory_equal(answer->body + 12, sent + 12, length - 12);
}

static void router_rejects_in_its_own_name_and_quotes_eight_bytes(void **state)
{
    (void)state;
    struct hand_probe probe = syn_to("203.0.113.10", 130);
    const struct hand_answer *answer = hand_ask(&hand, &probe);
    assert_true(addr_equal(&answer->from, &routers[0].address));
    assert_int_equal(answer->ttl, 62);
    assert_int_equal(answer->code, 9);
    assert_int_equal(answer->body_length, 28);
}

static void seventh_icmp_error_waits_for_a_token(void **state)
{
    (void)state;
    struct hand_probe probe = syn_to("203.0.113.10", 120);
    for (unsigned i = 0; i < 20; i++) {
        probe.port = (uint16_t)(120 + i % 10);
        probe.source_port = (uint16_t)(61001 + i);
        assert_int_equal(hand_send(&hand, &probe), 0);
    }
    assert_int_equal(hand_wait(&hand, 900 * NSEC_PER_MSEC), 6);
    assert_int_equal(hand_send(&hand, &probe), 0);
    assert_int_equal(hand_wait(&hand, 90 * NSEC_PER_MSEC), 0);
    hand_wait(&hand, 50 * NSEC_PER_MSEC);
    assert_int_equal(hand_send(&hand, &probe), 0);
    assert_int_equal(hand_send(&hand, &probe), 0);
    assert_int_equal(hand_wait(&hand, NSEC_PER_SEC), 1);
    probe.target = "203.0.113.11"; /* another machine has a bucket of its own */
    assert_int_equal(hand_send(&hand, &probe), 0);
    assert_int_equal(hand_wait(&hand, NSEC_PER_SEC), 1);
}

static void syn_proxy_answers_everything(void **state)
{
    (void)state;
    struct hand_probe probe = syn_to("203.0.113.10", 140);
    probe.md5 = true;
    assert_int_equal(hand_ask(&hand, &probe)->flags, SIM_SYN | SIM_ACK);
}

static void our_reset_ends_the_half_open_connection(void **state)
{
    (void)state;
    struct hand_probe probe = syn_to("203.0.113.10", 80);
    hand_ask(&hand, &probe);
    assert_int_equal(hand_wait(&hand, 100 * NSEC_PER_SEC), 0);
    probe.sequence = 0x99887766;
    assert_int_equal(hand_ask(&hand, &probe)->flags, SIM_SYN | SIM_ACK);
}

static void other_syn_to_a_half_open_connection_draws_an_ack_of_the_first(void **state)
{
    (void)state;
    struct hand_probe probe = syn_to("203.0.113.10", 80);
    assert_int_equal(hand_send(&hand, &probe), 0);
    probe.sequence = 0x99887766;
    assert_int_equal(hand_send(&hand, &probe), 0); /* before our RST gets there */
    assert_int_equal(hand_wait(&hand, NSEC_PER_SEC), 2);
    assert_int_equal(hand.answers[0].flags, SIM_SYN | SIM_ACK);
    assert_int_equal(hand.answers[1].flags, SIM_ACK);
    assert_int_equal(hand.answers[1].acknowledgement, 0x11223345);
}

static void syn_inside_the_window_of_a_half_open_connection_is_reset(void **state)
{
    (void)state;
    struct hand_probe probe = syn_to("203.0.113.10", 80);
    assert_int_equal(hand_send(&hand, &probe), 0);
    probe.sequence += 1000;
    assert_int_equal(hand_send(&hand, &probe), 0);
    assert_int_equal(hand_wait(&hand, NSEC_PER_SEC), 2);
    assert_int_equal(hand.answers[1].flags, SIM_RST | SIM_ACK);
}

static void unanswered_syn_ack_comes_again_after_a_second(void **state)
{
    (void)state;
    struct sim_config deaf = config;
    struct sim_fault fault = {
        SIM_LINK_DOWN, {15 * NSEC_PER_MSEC, 25 * NSEC_PER_MSEC}, .error = 0};
    deaf.faults = &fault;
    deaf.fault_count = 1;
    hand_close(&hand);
    hand_open(&hand, &deaf);
    struct hand_probe probe = syn_to("203.0.113.10", 80);
    nsec_t begin = hand.net->now(hand.net);
    assert_int_equal(hand_send(&hand, &probe), 0);
    assert_int_equal(hand_wait(&hand, 100 * NSEC_PER_SEC), 1);
    assert_int_equal(hand.answers[0].flags, SIM_SYN | SIM_ACK);
    assert_int_equal(hand.answers[0].at, begin + NSEC_PER_USEC + 2 * WAY_MS + NSEC_PER_SEC);
}

#define CLAIM(name) cmocka_unit_test_setup_teardown(name, open_network, close_network)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLAIM(open_port_sends_syn_ack),
        CLAIM(closed_port_resets_with_the_dscp_of_the_syn),
        CLAIM(reset_of_a_firewall_has_no_dscp),
        CLAIM(reset_of_a_router_shows_in_its_ttl),
        CLAIM(path_may_clear_the_dscp_on_either_way),
        CLAIM(freebsd_resets_without_dscp_and_to_md5_too),
        CLAIM(md5_syn_is_dropped_by_stacks_and_rejected_by_firewalls),
        CLAIM(wrong_data_offset_is_dropped_by_stacks_and_rejected_by_firewalls),
        CLAIM(dropped_port_is_silent),
        CLAIM(icmp_reject_quotes_the_syn_as_it_arrived),
        CLAIM(router_rejects_in_its_own_name_and_quotes_eight_bytes),
        CLAIM(seventh_icmp_error_waits_for_a_token),
        CLAIM(syn_proxy_answers_everything),
        CLAIM(our_reset_ends_the_half_open_connection),
        CLAIM(other_syn_to_a_half_open_connection_draws_an_ack_of_the_first),
        CLAIM(syn_inside_the_window_of_a_half_open_connection_is_reset),
        CLAIM(unanswered_syn_ack_comes_again_after_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
