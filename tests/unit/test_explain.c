#include "scanner/commands/explain_causes.h"
#include "scanner/commands/explain_packets.h"
#include "tests/unit/answers.h"
#include "tests/unit/probe_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const enum addr_family families[] = {ADDR_IPV4, ADDR_IPV6};

/* A conversation with what is said of it. */
struct story {
    struct explain_packets packets;
    char *text;
    size_t length;
    uint8_t probe[PACKET_SIZE_MAX];
};

static void begin(struct story *story)
{
    *story = (struct story){0};
    story->packets.out = open_memstream(&story->text, &story->length);
    assert_non_null(story->packets.out);
}

static void send_probe(struct story *story, enum addr_family family, enum template_kind kind)
{
    size_t length = probe_write(family, kind, "12345678", 8, story->probe);
    explain_packet(&story->packets, 1, true, story->probe, length);
}

static void receive_tcp(struct story *story, unsigned flags)
{
    struct packet_bytes answer;
    answer_tcp(&answer, story->probe, flags, 1, PROBE_SEQUENCE + 1);
    explain_packet(&story->packets, 2, false, answer.bytes, answer.length);
}

static void expect(struct story *story, const char *words)
{
    fflush(story->packets.out);
    if (!strstr(story->text, words))
        fail_msg("no \"%s\" in: %s", words, story->text);
}

static void end(struct story *story)
{
    fclose(story->packets.out);
    free(story->text);
}

static void each_form_of_probe_is_told_from_its_bytes(void **state)
{
    (void)state;
    static const struct {
        enum template_kind kind;
        const char *words;
    } rows[] = {
        {TEMPLATE_SYN, ", port 13124, TTL 64, TOS 0x0c"},
        {TEMPLATE_SYN_MD5, "sent  SYN with an MD5 option to "},
        {TEMPLATE_SYN_BAD_OFFSET, "sent  SYN with a wrong data offset to "},
        {TEMPLATE_UDP, "sent  UDP to "},
        {TEMPLATE_UDP_BAD_LENGTH, "sent  UDP with a wrong length to "},
        {TEMPLATE_ECHO, "sent  echo request to "},
    };
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        struct story story;
        begin(&story);
        send_probe(&story, families[i % 2], rows[i / 2].kind);
        expect(&story, rows[i / 2].words);
        end(&story);
    }
}

static void answers_are_told_with_distance_and_proof(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    send_probe(&story, ADDR_IPV4, TEMPLATE_SYN);
    receive_tcp(&story, TCP_RST | TCP_ACK);
    expect(&story, "seen  RST from 192.0.2.2, TTL 57 (7 hops), TOS 0x0c");
    expect(&story, "answers the SYN: the host's own stack refuses");
    receive_tcp(&story, TCP_SYN | TCP_ACK);
    expect(&story, "answers the SYN: something accepts connections here");
    end(&story);
}

static void answer_to_a_malformed_twin_is_a_firewall_s(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    send_probe(&story, ADDR_IPV6, TEMPLATE_SYN_BAD_OFFSET);
    receive_tcp(&story, TCP_RST | TCP_ACK);
    expect(&story, "answers the SYN with a wrong data offset: a firewall");
    end(&story);
}

static void icmp_errors_are_told_by_their_reason(void **state)
{
    (void)state;
    struct story story;
    struct packet_bytes answer;
    begin(&story);
    send_probe(&story, ADDR_IPV4, TEMPLATE_SYN);
    static const uint8_t router[4] = {192, 0, 2, 254};
    answer_error(&answer, story.probe, router, 3, 13, 28);
    explain_packet(&story.packets, 2, false, answer.bytes, answer.length);
    expect(&story, "ICMP error (admin-prohibited) from 192.0.2.254");
    expect(&story, "a firewall or router");
    end(&story);
}

static void error_from_behind_tells_where_the_probe_arrived(void **state)
{
    (void)state;
    static const char *const words[] = {
        "answers the SYN, which arrived as 192.0.2.3:13125: a firewall or router",
        "answers the SYN, which arrived as [2001:db8::3]:13125: a firewall or router",
    };
    for (size_t i = 0; i < 2; i++) {
        struct story story;
        struct packet_bytes answer;
        begin(&story);
        send_probe(&story, families[i], TEMPLATE_SYN);
        size_t header = header_length(story.probe);
        answer_error(&answer, story.probe, NULL, i == 0 ? 3 : 1, i == 0 ? 13 : 1, header + 8);
        uint8_t *quote = answer.bytes + header + 8;
        quote[header - 1]++;
        quote[header + 3]++;
        explain_packet(&story.packets, 2, false, answer.bytes, answer.length);
        expect(&story, words[i]);
        end(&story);
    }
}

static void verdict_says_that_the_port_is_forwarded(void **state)
{
    (void)state;
    struct observation seen = {.state = PORT_REJECTED, .reason = REASON_ADMIN_PROHIBITED};
    assert_int_equal(forwarding_parse(&seen.forwarded, "10.0.0.5:8443"), 0);
    struct story story;
    begin(&story);
    explain_verdict(story.packets.out, &seen, 0);
    expect(&story, "; arrived as 10.0.0.5:8443: a device on the way forwards this port\n");
    end(&story);
}

static void syn_ack_without_proof_has_two_likely_causes(void **state)
{
    (void)state;
    struct observation seen = {.reason = REASON_DEADLINE};
    struct story story;
    assert_int_equal(addr_parse(&seen.by, "192.0.2.2"), 0);
    begin(&story);
    explain_verdict(story.packets.out, &seen, 0);
    expect(&story, "  - a service listens, and no firewall stands before it\n"
                   "  - a SYN proxy or tarpit answers on every port");
    end(&story);
}

static void echo_replies_tell_how_far_the_host_is(void **state)
{
    (void)state;
    struct story story;
    struct packet_bytes answer;
    begin(&story);
    send_probe(&story, ADDR_IPV4, TEMPLATE_ECHO);
    answer_echo(&answer, story.probe);
    explain_packet(&story.packets, 2, false, answer.bytes, answer.length);
    expect(&story, "answers the echo request: the host is up");
    assert_int_equal(story.packets.echo_ttl, ANSWER_TTL);
    end(&story);
}

static void other_ports_are_decoys(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    send_probe(&story, ADDR_IPV4, TEMPLATE_SYN);
    story.probe[header_length(story.probe) + 3]++;
    explain_packet(&story.packets, 1, true, story.probe, 44);
    expect(&story, "sent  SYN to 192.0.2.2, port 13125, TTL 64, TOS 0x0c (a decoy");
    end(&story);
}

static void bytes_that_are_no_packet_are_passed_over(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    size_t length = probe_write(ADDR_IPV4, TEMPLATE_SYN_MD5, NULL, 0, story.probe);
    for (size_t i = 0; i < length; i++) {
        explain_packet(&story.packets, 1, true, story.probe, i);
        explain_packet(&story.packets, 1, false, story.probe, i);
    }
    end(&story);
}

static void everything_that_can_be_seen_has_causes(void **state)
{
    (void)state;
    struct observation seen = {0};
    for (unsigned i = 0; i < PROTO_COUNT * PORT_STATE_COUNT * ORIGIN_COUNT * REASON_COUNT;
         i++) {
        seen.proto = (enum proto)(i % PROTO_COUNT);
        seen.state = (enum port_state)(i / PROTO_COUNT % PORT_STATE_COUNT);
        seen.origin = (enum origin)(i / PROTO_COUNT / PORT_STATE_COUNT % ORIGIN_COUNT);
        seen.reason = (enum reason)(i / PROTO_COUNT / PORT_STATE_COUNT / ORIGIN_COUNT);
        assert_non_null(explain_causes_find(&seen)->causes[0]);
    }
}

static void places_are_counted_from_the_host(void **state)
{
    (void)state;
    char text[PLACE_TEXT_SIZE];
    assert_string_equal(explain_place(62, 60, text), "two hops before the host");
    assert_string_equal(explain_place(59, 60, text), "one hop behind the host");
    assert_string_equal(explain_place(252, 60, text), "one hop before the host");
    assert_string_equal(explain_place(60, 60, text), "");
    assert_string_equal(explain_place(60, 0, text), "");
    assert_string_equal(explain_place(64, 40, text), "24 hops before the host");
}

static void only_what_is_signed_shows_that_a_tagged_probe_got_out(void **state)
{
    (void)state;
    const struct responder_key key = {{1}}, other = {{2}};
    const struct syn_answer answer = signature_answer_syn(&key, 25, 7, 1000);
    const struct reply syn_ack = {
        .kind = REPLY_SYN_ACK,
        .port = 25,
        .sequence = answer.sequence,
        .acknowledgement = 8,
        .has_timestamp = true,
        .timestamp = answer.timestamp,
        .timestamp_echo = 1000,
    };
    uint8_t probe[SIGNATURE_DATAGRAM_SIZE], datagram[SIGNATURE_DATAGRAM_SIZE];
    signature_tag_udp(&key, 53, (const uint8_t[SIGNATURE_NONCE_SIZE]){9}, 1000, probe);
    signature_answer_udp(&key, 53, probe, datagram);
    const struct reply udp = {
        .kind = REPLY_UDP, .port = 53, .payload = datagram, .payload_length = sizeof datagram};
    const struct reply *signed_ones[] = {&syn_ack, &udp};
    for (size_t i = 0; i < 2; i++) {
        struct reply elsewhere = *signed_ones[i];
        elsewhere.port = 443;
        assert_non_null(strstr(explain_tagged_proof(&key, signed_ones[i]), "signed this"));
        assert_non_null(strstr(explain_tagged_proof(&other, signed_ones[i]), "not signed"));
        assert_non_null(strstr(explain_tagged_proof(&key, &elsewhere), "not signed"));
    }
    const struct reply error = {.kind = REPLY_ICMP_ERROR, .port = 53};
    assert_non_null(strstr(explain_tagged_proof(&key, &error), "refused"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_signed_shows_that_a_tagged_probe_got_out),
        cmocka_unit_test(each_form_of_probe_is_told_from_its_bytes),
        cmocka_unit_test(answers_are_told_with_distance_and_proof),
        cmocka_unit_test(answer_to_a_malformed_twin_is_a_firewall_s),
        cmocka_unit_test(icmp_errors_are_told_by_their_reason),
        cmocka_unit_test(error_from_behind_tells_where_the_probe_arrived),
        cmocka_unit_test(verdict_says_that_the_port_is_forwarded),
        cmocka_unit_test(syn_ack_without_proof_has_two_likely_causes),
        cmocka_unit_test(echo_replies_tell_how_far_the_host_is),
        cmocka_unit_test(other_ports_are_decoys),
        cmocka_unit_test(bytes_that_are_no_packet_are_passed_over),
        cmocka_unit_test(everything_that_can_be_seen_has_causes),
        cmocka_unit_test(places_are_counted_from_the_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
