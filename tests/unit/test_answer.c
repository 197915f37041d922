#include "probes/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum sender { FROM_TARGET, FROM_HOP, FROM_SELF };

static struct addr numbered(uint8_t family, uint8_t last)
{
    return (struct addr){.family = family, .bytes = {192, 0, 2, last}};
}

static struct answer answer_to_error(enum proto proto, enum sender sender, uint8_t family,
                                     uint8_t type, uint8_t code)
{
    static const uint8_t senders[] = {[FROM_TARGET] = 2, [FROM_HOP] = 9, [FROM_SELF] = 1};
    struct reply reply = {
        .kind = REPLY_ICMP_ERROR,
        .proto = proto,
        .from = numbered(family, senders[sender]),
        .to = numbered(family, 1),
        .target = numbered(family, 2),
        .prober = numbered(family, 1),
        .icmp_type = type,
        .icmp_code = code,
    };
    struct answer answer;
    assert_true(answer_read(&answer, &reply));
    assert_int_equal(answer.host_spoke, sender == FROM_TARGET);
    return answer;
}

static void assert_answer(struct answer answer, enum port_state port_state, enum origin origin,
                          bool maybe_absent)
{
    assert_int_equal(answer.state, port_state);
    assert_int_equal(answer.origin, origin);
    assert_int_equal(answer.maybe_absent, maybe_absent);
}

/* What each code means, once more and in other words than the table under test. */
struct expected {
    uint8_t family, type, code;
    enum reason reason;
    bool refuses, about_reach;
};

static const struct expected expectations[] = {
    {4, 3, 0, REASON_NET_UNREACHABLE, true, true},
    {4, 3, 1, REASON_HOST_UNREACHABLE, true, true},
    {4, 3, 2, REASON_PROTO_UNREACHABLE, true, false},
    {4, 3, 3, REASON_PORT_UNREACHABLE, true, false},
    {4, 3, 4, REASON_FRAGMENTATION_NEEDED, false, false},
    {4, 3, 5, REASON_SOURCE_ROUTE_FAILED, true, false},
    {4, 3, 6, REASON_NET_UNKNOWN, true, true},
    {4, 3, 7, REASON_HOST_UNKNOWN, true, true},
    {4, 3, 8, REASON_HOST_ISOLATED, true, true},
    {4, 3, 9, REASON_NET_PROHIBITED, true, false},
    {4, 3, 10, REASON_HOST_PROHIBITED, true, false},
    {4, 3, 11, REASON_NET_TOS, true, true},
    {4, 3, 12, REASON_HOST_TOS, true, true},
    {4, 3, 13, REASON_ADMIN_PROHIBITED, true, false},
    {4, 3, 14, REASON_HOST_PRECEDENCE, true, false},
    {4, 3, 15, REASON_PRECEDENCE_CUTOFF, true, false},
    {4, 4, 0, REASON_SOURCE_QUENCH, false, false},
    {4, 11, 0, REASON_TTL_EXCEEDED, false, false},
    {4, 11, 1, REASON_REASSEMBLY_TIMEOUT, false, false},
    {4, 12, 0, REASON_PARAMETER_PROBLEM, false, false},
    {4, 12, 1, REASON_PARAMETER_PROBLEM, false, false},
    {4, 12, 2, REASON_PARAMETER_PROBLEM, false, false},
    {6, 1, 0, REASON_NET_UNREACHABLE, true, true},
    {6, 1, 1, REASON_ADMIN_PROHIBITED, true, false},
    {6, 1, 2, REASON_BEYOND_SCOPE, true, false},
    {6, 1, 3, REASON_HOST_UNREACHABLE, true, true},
    {6, 1, 4, REASON_PORT_UNREACHABLE, true, false},
    {6, 1, 5, REASON_SOURCE_POLICY, true, false},
    {6, 1, 6, REASON_REJECT_ROUTE, true, false},
    {6, 1, 7, REASON_SOURCE_ROUTE_FAILED, true, false},
    {6, 1, 8, REASON_PARAMETER_PROBLEM, false, false},
    {6, 2, 0, REASON_PACKET_TOO_BIG, false, false},
    {6, 3, 0, REASON_TTL_EXCEEDED, false, false},
    {6, 3, 1, REASON_REASSEMBLY_TIMEOUT, false, false},
    {6, 4, 0, REASON_PARAMETER_PROBLEM, false, false},
    {6, 4, 10, REASON_PARAMETER_PROBLEM, false, false},
    {6, 4, 1, REASON_PARAMETER_PROBLEM, false, false},
    {6, 4, 2, REASON_PARAMETER_PROBLEM, false, false},
    {6, 4, 3, REASON_PARAMETER_PROBLEM, false, false},
    {6, 4, 4, REASON_PARAMETER_PROBLEM, false, false},
    {6, 4, 5, REASON_PARAMETER_PROBLEM, false, false},
    {6, 4, 6, REASON_PARAMETER_PROBLEM, false, false},
    {6, 4, 7, REASON_PARAMETER_PROBLEM, false, false},
    {6, 4, 8, REASON_PARAMETER_PROBLEM, false, false},
    {6, 4, 9, REASON_PARAMETER_PROBLEM, false, false},
};
enum { EXPECTATIONS = sizeof expectations / sizeof *expectations };

static void a_refusal_of_tcp_by_icmp_is_the_hosts_firewall(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXPECTATIONS; i++) {
        const struct expected *row = &expectations[i];
        struct answer answer =
            answer_to_error(PROTO_TCP, FROM_TARGET, row->family, row->type, row->code);
        assert_int_equal(answer.reason, row->reason);
        assert_answer(answer, row->refuses ? PORT_REJECTED : PORT_UNKNOWN,
                      row->refuses ? ORIGIN_FIREWALL : ORIGIN_UNKNOWN, false);
    }
}

static void a_refusal_of_udp_is_the_firewalls_but_for_port_unreachable(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXPECTATIONS; i++) {
        const struct expected *row = &expectations[i];
        struct answer answer =
            answer_to_error(PROTO_UDP, FROM_TARGET, row->family, row->type, row->code);
        assert_int_equal(answer.reason, row->reason);
        if (row->reason == REASON_PORT_UNREACHABLE)
            assert_answer(answer, PORT_CLOSED, ORIGIN_UNKNOWN, false);
        else
            assert_answer(answer, row->refuses ? PORT_REJECTED : PORT_UNKNOWN,
                          row->refuses ? ORIGIN_FIREWALL : ORIGIN_UNKNOWN, false);
    }
}

static void another_hop_is_upstream_and_may_speak_of_an_absent_host(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXPECTATIONS * PROTO_COUNT; i++) {
        const struct expected *row = &expectations[i / PROTO_COUNT];
        struct answer answer = answer_to_error((enum proto)(i % PROTO_COUNT), FROM_HOP,
                                               row->family, row->type, row->code);
        assert_int_equal(answer.reason, row->reason);
        assert_answer(answer, row->refuses ? PORT_REJECTED : PORT_UNKNOWN, ORIGIN_UPSTREAM,
                      row->about_reach);
    }
}

static void an_error_of_this_machine_says_nothing_of_the_port(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXPECTATIONS * PROTO_COUNT; i++) {
        const struct expected *row = &expectations[i / PROTO_COUNT];
        struct answer answer = answer_to_error((enum proto)(i % PROTO_COUNT), FROM_SELF,
                                               row->family, row->type, row->code);
        assert_answer(answer, PORT_UNKNOWN, ORIGIN_LOCAL, row->about_reach);
    }
}

static void a_code_that_no_rfc_defines_is_unknown(void **state)
{
    (void)state;
    static const struct expected codes[] = {{.family = 4, .type = 3, .code = 16},
                                            {.family = 6, .type = 1, .code = 9},
                                            {.family = 6, .type = 4, .code = 200}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        for (int sender = FROM_TARGET; sender <= FROM_HOP; sender++) {
            struct answer answer = answer_to_error(
                PROTO_TCP, (enum sender)sender, codes[i].family, codes[i].type, codes[i].code);
            assert_int_equal(answer.reason, REASON_UNASSIGNED_CODE);
            assert_int_equal(answer.state, PORT_UNKNOWN);
        }
    }
}

static void every_assigned_code_has_one_row_with_a_source(void **state)
{
    (void)state;
    size_t count;
    const struct icmp_row *rows = answer_icmp_rows(&count);
    bool seen[2][256][256] = {0};
    for (size_t i = 0; i < count; i++) {
        bool *cell = &seen[rows[i].family == ADDR_IPV6][rows[i].type][rows[i].code];
        assert_false(*cell);
        *cell = true;
        assert_non_null(rows[i].source);
    }
    for (unsigned code = 0; code <= 15; code++)
        assert_true(seen[0][3][code]);
    for (unsigned code = 0; code <= 8; code++)
        assert_true(seen[1][1][code]);
    for (unsigned code = 0; code <= 10; code++)
        assert_true(seen[1][4][code]);
}

static struct reply plain_reply(enum reply_kind kind)
{
    return (struct reply){.kind = kind,
                          .from = numbered(ADDR_IPV4, 2),
                          .to = numbered(ADDR_IPV4, 1),
                          .target = numbered(ADDR_IPV4, 2),
                          .prober = numbered(ADDR_IPV4, 1)};
}

static void services_that_answer_are_open(void **state)
{
    (void)state;
    struct answer answer;
    struct reply syn_ack = plain_reply(REPLY_SYN_ACK), udp = plain_reply(REPLY_UDP);
    assert_true(answer_read(&answer, &syn_ack));
    assert_int_equal(answer.reason, REASON_SYN_ACK);
    assert_answer(answer, PORT_OPEN, ORIGIN_HOST, false);
    assert_true(answer.host_spoke);
    assert_true(answer_read(&answer, &udp));
    assert_int_equal(answer.reason, REASON_UDP_RESPONSE);
    assert_answer(answer, PORT_OPEN, ORIGIN_HOST, false);
    assert_true(answer.host_spoke);
}

static void a_reset_alone_does_not_say_who_sent_it(void **state)
{
    (void)state;
    struct answer answer;
    struct reply reset = plain_reply(REPLY_RESET);
    assert_true(answer_read(&answer, &reset));
    assert_int_equal(answer.reason, REASON_RESET);
    assert_answer(answer, PORT_CLOSED, ORIGIN_UNKNOWN, false);
    assert_true(answer.host_spoke);
}

static void what_says_nothing_about_a_port_is_no_answer(void **state)
{
    (void)state;
    struct answer answer;
    struct reply echo = plain_reply(REPLY_ECHO), other = plain_reply(REPLY_TCP_OTHER);
    assert_false(answer_read(&answer, &echo));
    assert_false(answer_read(&answer, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_of_tcp_by_icmp_is_the_hosts_firewall),
        cmocka_unit_test(a_refusal_of_udp_is_the_firewalls_but_for_port_unreachable),
        cmocka_unit_test(another_hop_is_upstream_and_may_speak_of_an_absent_host),
        cmocka_unit_test(an_error_of_this_machine_says_nothing_of_the_port),
        cmocka_unit_test(a_code_that_no_rfc_defines_is_unknown),
        cmocka_unit_test(every_assigned_code_has_one_row_with_a_source),
        cmocka_unit_test(services_that_answer_are_open),
        cmocka_unit_test(a_reset_alone_does_not_say_who_sent_it),
        cmocka_unit_test(what_says_nothing_about_a_port_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
