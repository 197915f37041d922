/* What simulated hosts and firewalls say to datagrams and echo requests, and when they are
 * not there. */
#include "tests/simulator/codec.h"
#include "tests/simulator/hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int say_hello(const uint8_t *payload, size_t length, uint8_t *answer, size_t room)
{
    (void)payload;
    assert_true(room >= 5);
    memcpy(answer, "hello", 5);
    return length == 0 ? -1 : 5;
}

static const struct sim_row rows[] = {
    {PROTO_UDP, 53, 53, {.behaviour = SIM_OPEN}},
    {PROTO_UDP, 123, 123, {.behaviour = SIM_OPEN, .reply = say_hello}},
    {PROTO_UDP, 514, 514, {.behaviour = SIM_MUTE}},
    {PROTO_UDP, 600, 609, {.behaviour = SIM_DROP}},
    {PROTO_UDP, 610, 619, {.behaviour = SIM_REJECT_ICMP, .icmp_type = 3, .icmp_code = 3}},
};

static const struct sim_router routers[] = {
    {.address = {.family = ADDR_IPV4, .bytes = {198, 51, 100, 1}}, .hops = 2},
};

#define ROWS .rows = rows, .row_count = sizeof(rows) / sizeof(rows[0])

static const struct sim_host hosts[] = {
    {.first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 10}}, .count = 1, ROWS},
    {.first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 11}},
     .count = 1,
     .drops_invalid = true,
     ROWS},
    {.first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 12}},
     .count = 1,
     .ignores_echo = true,
     .away = {0, 2 * NSEC_PER_SEC}},
    {.first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 13}},
     .count = 1,
     .blocks_after = 3,
     .block_spares_echo = true},
    {.first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 14}},
     .count = 1,
     .away = {0, NSEC_NEVER},
     .away_router = 1},
    {.first = {.family = ADDR_IPV6, .bytes = {0x20, 1, 0xd, 0xb8, [15] = 0x10}}, .count = 1},
};

static const struct sim_config config = {
    .seed = 7, .hosts = hosts, .host_count = 6, .routers = routers, .router_count = 1};

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

static struct hand_probe datagram_to(const char *target, uint16_t port, const char *payload)
{
    return (struct hand_probe){.target = target,
                               .protocol = SIM_UDP,
                               .source_port = 61001,
                               .port = port,
                               .payload = payload};
}

static void assert_says(const struct hand_probe *probe, const char *text)
{
    const struct hand_answer *answer = hand_ask(&hand, probe);
    assert_int_equal(answer->protocol, SIM_UDP);
    assert_int_equal(answer->from_port, probe->port);
    assert_int_equal(answer->to_port, probe->source_port);
    assert_int_equal(answer->body_length, strlen(text));
    assert_memory_equal(answer->body, text, strlen(text));
}

static void service_answers_with_its_own_words_or_an_echo(void **state)
{
    (void)state;
    struct hand_probe echoed = datagram_to("203.0.113.10", 53, "question");
    assert_says(&echoed, "question");
    struct hand_probe empty = datagram_to("203.0.113.10", 53, "");
    assert_says(&empty, "bye\n");
    struct hand_probe own = datagram_to("203.0.113.10", 123, "question");
    assert_says(&own, "hello");
    struct hand_probe unasked = datagram_to("203.0.113.10", 123, "");
    hand_ask_none(&hand, &unasked);
}

static void mute_service_and_dropped_port_are_silent(void **state)
{
    (void)state;
    struct hand_probe mute = datagram_to("203.0.113.10", 514, "x");
    hand_ask_none(&hand, &mute);
    struct hand_probe dropped = datagram_to("203.0.113.10", 600, "x");
    hand_ask_none(&hand, &dropped);
}

static void closed_port_is_unreachable_in_both_families(void **state)
{
    (void)state;
    struct hand_probe v4 = datagram_to("203.0.113.10", 9, "x");
    const struct hand_answer *answer = hand_ask(&hand, &v4);
    assert_int_equal(answer->protocol, SIM_ICMP);
    assert_int_equal(answer->type, 3);
    assert_int_equal(answer->code, 3);
    struct hand_probe v6 = datagram_to("2001:db8::10", 9, "x");
    answer = hand_ask(&hand, &v6);
    assert_int_equal(answer->protocol, SIM_ICMPV6);
    assert_int_equal(answer->type, 1);
    assert_int_equal(answer->code, 4);
}

static void wrong_length_is_rejected_by_the_firewall_only(void **state)
{
    (void)state;
    struct hand_probe rejected = datagram_to("203.0.113.10", 610, "x");
    rejected.bad_length = true;
    assert_int_equal(hand_ask(&hand, &rejected)->type, 3);
    rejected.target = "203.0.113.11"; /* conntrack in front drops it */
    hand_ask_none(&hand, &rejected);
    static const uint16_t stack_ports[] = {9, 53, 514};
    for (size_t i = 0; i < 3; i++) {
        struct hand_probe probe = datagram_to("203.0.113.10", stack_ports[i], "x");
        probe.bad_length = true;
        hand_ask_none(&hand, &probe);
    }
}

static struct hand_probe echo_to(const char *target)
{
    return (struct hand_probe){
        .target = target, .protocol = SIM_ICMP, .source_port = 77, .port = 5};
}

static void echo_comes_back_with_its_words_and_dscp(void **state)
{
    (void)state;
    static const char *const targets[] = {"203.0.113.10", "2001:db8::10"};
    static const uint8_t types[] = {0, 129};
    for (size_t i = 0; i < 2; i++) {
        struct hand_probe probe = echo_to(targets[i]);
        const struct hand_answer *answer = hand_ask(&hand, &probe);
        assert_int_equal(answer->type, types[i]);
        assert_int_equal(answer->tos, 0x0c);
        assert_memory_equal(answer->body, "ping", 4);
    }
}

static void host_that_is_away_says_nothing_until_it_is_back(void **state)
{
    (void)state;
    struct hand_probe probe = datagram_to("203.0.113.12", 9, "x");
    hand_ask_none(&hand, &probe);
    hand_ask_none(&hand, &probe);
    hand_ask(&hand, &probe);
    struct hand_probe echo = echo_to("203.0.113.12");
    hand_ask_none(&hand, &echo);
}

static void blocked_scanner_still_gets_echo_replies(void **state)
{
    (void)state;
    struct hand_probe probe = datagram_to("203.0.113.13", 9, "x");
    for (unsigned i = 0; i < 3; i++)
        hand_ask(&hand, &probe);
    hand_ask_none(&hand, &probe);
    struct hand_probe echo = echo_to("203.0.113.13");
    hand_ask(&hand, &echo);
}

static void router_says_that_a_host_is_not_there(void **state)
{
    (void)state;
    struct hand_probe probe = datagram_to("203.0.113.14", 9, "x");
    const struct hand_answer *answer = hand_ask(&hand, &probe);
    assert_int_equal(answer->type, 3);
    assert_int_equal(answer->code, 1);
    assert_true(addr_equal(&answer->from, &routers[0].address));
}

static void address_of_nobody_is_silent(void **state)
{
    (void)state;
    struct hand_probe probe = datagram_to("203.0.113.99", 9, "x");
    hand_ask_none(&hand, &probe);
}

#define CLAIM(name) cmocka_unit_test_setup_teardown(name, open_network, close_network)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLAIM(service_answers_with_its_own_words_or_an_echo),
        CLAIM(mute_service_and_dropped_port_are_silent),
        CLAIM(closed_port_is_unreachable_in_both_families),
        CLAIM(wrong_length_is_rejected_by_the_firewall_only),
        CLAIM(echo_comes_back_with_its_words_and_dscp),
        CLAIM(host_that_is_away_says_nothing_until_it_is_back),
        CLAIM(blocked_scanner_still_gets_echo_replies),
        CLAIM(router_says_that_a_host_is_not_there),
        CLAIM(address_of_nobody_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
