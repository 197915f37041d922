#include "answers.h"
#include "probe_bytes.h"
#include "probes/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const enum addr_family families[] = {ADDR_IPV4, ADDR_IPV6};
enum { FAMILIES = 2 };

static struct reply decoded(const struct packet_bytes *packet)
{
    struct reply reply;
    assert_int_equal(packet_decode(&reply, packet->bytes, packet->length), PACKET_OK);
    return reply;
}

static void assert_fault(const struct packet_bytes *packet, enum packet_fault fault)
{
    struct reply reply;
    assert_int_equal(packet_decode(&reply, packet->bytes, packet->length), fault);
}

/* Addresses, ports and IP fields of an answer that the target itself gave. */
static void assert_direct(const struct reply *reply, enum addr_family family)
{
    struct addr prober = probe_address(family, 1), target = probe_address(family, 2);
    assert_true(addr_equal(&reply->from, &target));
    assert_true(addr_equal(&reply->to, &prober));
    assert_true(addr_equal(&reply->target, &target));
    assert_true(addr_equal(&reply->prober, &prober));
    assert_int_equal(reply->port, PROBE_PORT);
    assert_int_equal(reply->source_port, PROBE_SOURCE_PORT);
    assert_int_equal(reply->ttl, ANSWER_TTL);
    assert_int_equal(reply->tos, ANSWER_TOS);
}

static void tcp_answers_are_told_apart_by_their_flags(void **state)
{
    (void)state;
    static const struct {
        unsigned flags;
        enum reply_kind kind;
    } rows[] = {
        {TCP_SYN | TCP_ACK, REPLY_SYN_ACK},
        {TCP_SYN | TCP_ACK | 0x40, REPLY_SYN_ACK}, /* ECE */
        {TCP_RST, REPLY_RESET},
        {TCP_RST | TCP_ACK, REPLY_RESET},
        {0, REPLY_TCP_OTHER},
        {TCP_SYN, REPLY_TCP_OTHER},
        {TCP_ACK, REPLY_TCP_OTHER},
        {TCP_FIN | TCP_ACK, REPLY_TCP_OTHER},
        {TCP_SYN | TCP_RST, REPLY_TCP_OTHER},
        {TCP_SYN | TCP_RST | TCP_ACK, REPLY_TCP_OTHER},
        {TCP_SYN | TCP_FIN | TCP_ACK, REPLY_TCP_OTHER},
        {TCP_RST | TCP_FIN, REPLY_TCP_OTHER},
    };
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    for (size_t i = 0; i < sizeof rows / sizeof *rows * FAMILIES; i++) {
        enum addr_family family = families[i % FAMILIES];
        unsigned flags = rows[i / FAMILIES].flags;
        probe_write(family, TEMPLATE_SYN, NULL, 0, probe);
        answer_tcp(&packet, probe, flags, 0x01020304, PROBE_SEQUENCE + 1);
        struct reply reply = decoded(&packet);
        assert_direct(&reply, family);
        assert_int_equal(reply.kind, rows[i / FAMILIES].kind);
        assert_int_equal(reply.proto, PROTO_TCP);
        assert_int_equal(reply.sequence, 0x01020304);
        assert_int_equal(reply.acknowledgement, PROBE_SEQUENCE + 1);
        assert_int_equal(reply.has_acknowledgement, (flags & TCP_ACK) != 0);
    }
}

static void a_udp_answer_gives_its_payload(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    for (size_t f = 0; f < FAMILIES; f++) {
        probe_write(families[f], TEMPLATE_UDP, NULL, 0, probe);
        answer_udp(&packet, probe, "answer", 6);
        put_bytes(&packet, "padding of a short frame", 24);
        struct reply reply = decoded(&packet);
        assert_direct(&reply, families[f]);
        assert_int_equal(reply.kind, REPLY_UDP);
        assert_int_equal(reply.proto, PROTO_UDP);
        assert_int_equal(reply.payload_length, 6);
        assert_memory_equal(reply.payload, "answer", 6);

        answer_udp(&packet, probe, "", 0);
        assert_int_equal(decoded(&packet).payload_length, 0);
    }
}

static void a_long_udp_answer_may_be_cut_by_the_snap_length(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    static const uint8_t payload[1000];
    struct packet_bytes packet;
    for (size_t f = 0; f < FAMILIES; f++) {
        probe_write(families[f], TEMPLATE_UDP, NULL, 0, probe);
        answer_udp(&packet, probe, payload, sizeof payload);
        packet.length = 256;
        struct reply reply = decoded(&packet);
        assert_int_equal(reply.payload_length, 256 - header_length(packet.bytes) - 8);
    }
}

static void a_udp_length_below_its_header_is_malformed(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    for (size_t f = 0; f < FAMILIES; f++) {
        probe_write(families[f], TEMPLATE_UDP, NULL, 0, probe);
        answer_udp(&packet, probe, "answer", 6);
        packet.bytes[header_length(packet.bytes) + 5] = 7;
        assert_fault(&packet, PACKET_MALFORMED);
    }
}

static void a_tcp_header_that_is_too_short_is_malformed(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    for (size_t f = 0; f < FAMILIES; f++) {
        probe_write(families[f], TEMPLATE_SYN, NULL, 0, probe);
        answer_tcp(&packet, probe, TCP_RST, 0, 0);
        packet.bytes[header_length(packet.bytes) + 12] = 4 << 4;
        assert_fault(&packet, PACKET_MALFORMED);
        packet.bytes[header_length(packet.bytes) + 12] = 7 << 4;
        assert_fault(&packet, PACKET_TRUNCATED);
    }
}

static struct reply decoded_with_options(const uint8_t *options)
{
    uint8_t packet[PACKET_SIZE_MAX];
    struct reply reply;
    size_t length = probe_write(ADDR_IPV4, TEMPLATE_SYN_SIGNED, NULL, 0, packet);
    packet[20 + 12] = (20 + 20) / 4 << 4; /* what is behind them is payload then */
    memcpy(packet + 40, options, 20);
    assert_int_equal(packet_decode(&reply, packet, length), PACKET_OK);
    return reply;
}

static void a_timestamp_is_found_wherever_it_stands(void **state)
{
    (void)state;
    static const uint8_t places[][20] = {
        {8, 10, 1, 2, 3, 4, 5, 6, 7, 8},
        {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8},
        {2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8},
        {1, 2, 4, 5, 180, 1, 1, 1, 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct reply reply = decoded_with_options(places[i]);
        assert_true(reply.has_timestamp);
        assert_int_equal(reply.timestamp, 0x01020304);
        assert_int_equal(reply.timestamp_echo, 0x05060708);
    }
}

static void options_that_make_no_sense_hold_no_timestamp(void **state)
{
    (void)state;
    static const uint8_t odd[][20] = {
        {0, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}, /* behind the end */
        {8, 9, 1, 2, 3, 4, 5, 6, 7, 8},     /* of another length */
        {5, 0, 8, 10, 1, 2, 3, 4},          /* an option without any length */
        {5, 1, 8, 10, 1, 2, 3, 4},
        {5, 200, 8, 10, 1, 2, 3, 4},
        {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7}, /* cut off */
        {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 8},
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        assert_false(decoded_with_options(odd[i]).has_timestamp);
}

static void an_echo_reply_gives_identifier_sequence_and_data(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    for (size_t f = 0; f < FAMILIES; f++) {
        probe_write(families[f], TEMPLATE_ECHO, NULL, 0, probe);
        answer_echo(&packet, probe);
        struct reply reply = decoded(&packet);
        assert_direct(&reply, families[f]);
        assert_int_equal(reply.kind, REPLY_ECHO);
        assert_int_equal(reply.payload_length, 4);
        assert_memory_equal(reply.payload, "\x55\x66\x77\x88", 4);
    }
}

static void an_error_gives_what_it_quotes(void **state)
{
    (void)state;
    static const enum template_kind kinds[] = {TEMPLATE_SYN, TEMPLATE_SYN_MD5, TEMPLATE_UDP,
                                               TEMPLATE_UDP_BAD_LENGTH};
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds * FAMILIES; i++) {
        enum addr_family family = families[i % FAMILIES];
        enum template_kind kind = kinds[i / FAMILIES];
        struct addr prober = probe_address(family, 1), target = probe_address(family, 2),
                    router = probe_address(family, 9);
        size_t length = probe_write(family, kind, "question", 8, probe);
        for (size_t quoted = header_length(probe) + 8; quoted <= length; quoted++) {
            answer_error(&packet, probe, router.bytes, family == ADDR_IPV4 ? 3 : 1, 1, quoted);
            struct reply reply = decoded(&packet);
            assert_int_equal(reply.kind, REPLY_ICMP_ERROR);
            assert_int_equal(reply.icmp_type, family == ADDR_IPV4 ? 3 : 1);
            assert_int_equal(reply.icmp_code, 1);
            assert_true(addr_equal(&reply.from, &router));
            assert_true(addr_equal(&reply.target, &target));
            assert_true(addr_equal(&reply.prober, &prober));
            assert_int_equal(reply.port, PROBE_PORT);
            assert_int_equal(reply.source_port, PROBE_SOURCE_PORT);
            assert_int_equal(reply.quote.tos, PROBE_TOS);
            assert_int_equal(reply.quote.ttl, PROBE_TTL);
            assert_int_equal(reply.quote.ip_id, family == ADDR_IPV4 ? PROBE_IP_ID : 0);
            assert_int_equal(reply.quote.flow_label,
                             family == ADDR_IPV6 ? PROBE_FLOW_LABEL : 0);
            bool tcp = kind == TEMPLATE_SYN || kind == TEMPLATE_SYN_MD5;
            assert_int_equal(reply.proto, tcp ? PROTO_TCP : PROTO_UDP);
            assert_int_equal(reply.quote.has_sequence, tcp);
            assert_int_equal(reply.quote.sequence, tcp ? PROBE_SEQUENCE : 0);
            if (!tcp)
                assert_int_equal(reply.quote.udp_length, kind == TEMPLATE_UDP ? 16 : 24);
        }
    }
}

static void a_quote_of_less_than_8_bytes_is_truncated(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    for (size_t f = 0; f < FAMILIES; f++) {
        probe_write(families[f], TEMPLATE_SYN, NULL, 0, probe);
        for (size_t quoted = 0; quoted < header_length(probe) + 8; quoted++) {
            answer_error(&packet, probe, NULL, families[f] == ADDR_IPV4 ? 3 : 1, 0, quoted);
            assert_fault(&packet, PACKET_TRUNCATED);
        }
    }
}

static void a_quote_of_something_else_is_foreign(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    for (size_t f = 0; f < FAMILIES; f++) {
        size_t length = probe_write(families[f], TEMPLATE_ECHO, NULL, 0, probe);
        answer_error(&packet, probe, NULL, families[f] == ADDR_IPV4 ? 3 : 1, 0, length);
        assert_fault(&packet, PACKET_FOREIGN);
    }
}

static void a_quote_of_the_other_family_is_malformed(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX], other[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    for (size_t f = 0; f < FAMILIES; f++) {
        probe_write(families[f], TEMPLATE_SYN, NULL, 0, probe);
        size_t length = probe_write(families[1 - f], TEMPLATE_SYN, NULL, 0, other);
        put_network(&packet, probe, NULL, 1);
        put(&packet, families[f] == ADDR_IPV4 ? 0x03010000 : 0x01030000, 4);
        put(&packet, 0, 4);
        put_bytes(&packet, other, length);
        finish(&packet);
        assert_fault(&packet, PACKET_MALFORMED);
    }
}

static void messages_that_answer_nothing_are_foreign(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    static const uint8_t ipv4_types[] = {5, 8, 9, 10, 13, 14, 17, 255};
    static const uint8_t ipv6_types[] = {0, 3 + 2, 100, 128, 133, 134, 135, 136, 137};
    size_t length = probe_write(ADDR_IPV4, TEMPLATE_SYN, NULL, 0, probe);
    for (size_t i = 0; i < sizeof ipv4_types; i++) {
        answer_error(&packet, probe, NULL, ipv4_types[i], 0, length);
        assert_fault(&packet, PACKET_FOREIGN);
    }
    length = probe_write(ADDR_IPV6, TEMPLATE_SYN, NULL, 0, probe);
    for (size_t i = 0; i < sizeof ipv6_types; i++) {
        answer_error(&packet, probe, NULL, ipv6_types[i], 0, length);
        assert_fault(&packet, PACKET_FOREIGN);
    }
    put_network(&packet, probe, NULL, 47);
    put(&packet, 0, 8);
    finish(&packet);
    assert_fault(&packet, PACKET_FOREIGN);
}

/* Puts OPTIONS bytes of IPv4 options, mostly of length 0, into the header at AT. */
static void insert_options(struct packet_bytes *packet, size_t at, size_t options)
{
    memmove(packet->bytes + at + 20 + options, packet->bytes + at + 20,
            packet->length - at - 20);
    memset(packet->bytes + at + 20, 0x44, options);
    packet->bytes[at] = (uint8_t)(0x45 + options / 4);
    packet->length += options;
    if (at == 0)
        finish(packet);
}

static void ipv4_options_are_skipped_outside_and_in_the_quote(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    size_t length = probe_write(ADDR_IPV4, TEMPLATE_SYN, NULL, 0, probe);
    for (size_t options = 4; options <= 40; options += 4) {
        answer_tcp(&packet, probe, TCP_RST | TCP_ACK, 0, PROBE_SEQUENCE + 1);
        insert_options(&packet, 0, options);
        finish(&packet);
        struct reply reply = decoded(&packet);
        assert_int_equal(reply.kind, REPLY_RESET);
        assert_int_equal(reply.acknowledgement, PROBE_SEQUENCE + 1);

        answer_error(&packet, probe, NULL, 3, 13, length);
        insert_options(&packet, 28, options);
        insert_options(&packet, 0, options);
        reply = decoded(&packet);
        assert_int_equal(reply.quote.sequence, PROBE_SEQUENCE);
        assert_int_equal(reply.port, PROBE_PORT);
    }
}

static void an_ipv4_header_length_below_20_is_malformed(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    probe_write(ADDR_IPV4, TEMPLATE_SYN, NULL, 0, probe);
    answer_tcp(&packet, probe, TCP_RST, 0, 0);
    for (uint8_t words = 0; words < 5; words++) {
        packet.bytes[0] = 0x40 | words;
        assert_fault(&packet, PACKET_MALFORMED);
    }
}

static void a_total_length_below_the_header_is_malformed(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    probe_write(ADDR_IPV4, TEMPLATE_SYN, NULL, 0, probe);
    answer_tcp(&packet, probe, TCP_RST, 0, 0);
    packet.bytes[3] = 19;
    assert_fault(&packet, PACKET_MALFORMED);
    packet.bytes[3] = 39;
    assert_fault(&packet, PACKET_TRUNCATED);
}

static void a_quoted_length_is_not_trusted(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    size_t length = probe_write(ADDR_IPV4, TEMPLATE_SYN, NULL, 0, probe);
    probe[2] = probe[3] = 0;
    answer_error(&packet, probe, NULL, 3, 3, length);
    assert_int_equal(decoded(&packet).port, PROBE_PORT);
    length = probe_write(ADDR_IPV6, TEMPLATE_SYN, NULL, 0, probe);
    probe[4] = probe[5] = 0;
    answer_error(&packet, probe, NULL, 1, 4, length);
    assert_int_equal(decoded(&packet).port, PROBE_PORT);
}

static void only_the_first_fragment_is_read(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    probe_write(ADDR_IPV4, TEMPLATE_UDP, NULL, 0, probe);
    answer_udp(&packet, probe, "answer", 6);
    packet.bytes[6] = 0x20; /* more fragments */
    packet.bytes[7] = 0;
    assert_int_equal(decoded(&packet).kind, REPLY_UDP);
    packet.bytes[7] = 1;
    assert_fault(&packet, PACKET_FRAGMENT);
}

/* An IPv6 RST behind COUNT extension headers of one TYPE. */
static void reset_behind_headers(struct packet_bytes *packet, const uint8_t *probe,
                                 uint8_t type, int count, uint16_t fragment_offset)
{
    put_network(packet, probe, NULL, type);
    for (int i = 0; i < count; i++) {
        put(packet, i + 1 < count ? type : 6, 1);
        if (type == 44) {
            put(packet, 0, 1);
            put(packet, (uint64_t)fragment_offset << 3 | 1, 2);
            put(packet, 0x01020304, 4);
        } else {
            put(packet, 1, 1); /* 16 bytes */
            put(packet, 0, 14);
        }
    }
    struct packet_bytes plain;
    answer_tcp(&plain, probe, TCP_RST | TCP_ACK, 0, PROBE_SEQUENCE + 1);
    put_bytes(packet, plain.bytes + 40, plain.length - 40);
    finish(packet);
}

static const uint8_t extension_types[] = {0, 43, 44, 60};

static void ipv6_extension_headers_are_skipped_up_to_a_limit(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    probe_write(ADDR_IPV6, TEMPLATE_SYN, NULL, 0, probe);
    for (size_t i = 0; i < sizeof extension_types; i++) {
        for (int count = 1; count <= 8; count++) {
            reset_behind_headers(&packet, probe, extension_types[i], count, 0);
            struct reply reply = decoded(&packet);
            assert_int_equal(reply.kind, REPLY_RESET);
            assert_int_equal(reply.acknowledgement, PROBE_SEQUENCE + 1);
        }
        reset_behind_headers(&packet, probe, extension_types[i], 9, 0);
        assert_fault(&packet, PACKET_MALFORMED);
    }
}

static void later_ipv6_fragments_are_not_read(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes packet;
    probe_write(ADDR_IPV6, TEMPLATE_SYN, NULL, 0, probe);
    reset_behind_headers(&packet, probe, 44, 1, 1);
    assert_fault(&packet, PACKET_FRAGMENT);
}

static void extension_headers_in_the_quote_are_skipped(void **state)
{
    (void)state;
    uint8_t probe[PACKET_SIZE_MAX];
    struct packet_bytes quoted, packet;
    size_t length = probe_write(ADDR_IPV6, TEMPLATE_SYN, NULL, 0, probe);
    quoted.length = 0;
    put_bytes(&quoted, probe, 40);
    quoted.bytes[6] = 60;
    put(&quoted, 6, 1);
    put(&quoted, 0, 7);
    put_bytes(&quoted, probe + 40, length - 40);
    answer_error(&packet, quoted.bytes, NULL, 1, 1, quoted.length);
    struct reply reply = decoded(&packet);
    assert_int_equal(reply.quote.sequence, PROBE_SEQUENCE);
    assert_int_equal(reply.port, PROBE_PORT);
}

/* Every kind of answer that a probe can draw, at its plainest. */
static size_t canonical_answers(struct packet_bytes packets[static 16])
{
    uint8_t probe[PACKET_SIZE_MAX];
    size_t count = 0;
    for (size_t f = 0; f < FAMILIES; f++) {
        uint8_t unreachable = families[f] == ADDR_IPV4 ? 3 : 1;
        size_t length = probe_write(families[f], TEMPLATE_SYN, NULL, 0, probe);
        answer_tcp(&packets[count++], probe, TCP_SYN | TCP_ACK, 7, PROBE_SEQUENCE + 1);
        answer_tcp(&packets[count++], probe, TCP_RST | TCP_ACK, 0, PROBE_SEQUENCE + 1);
        answer_error(&packets[count++], probe, NULL, unreachable, 1, length);
        length = probe_write(families[f], TEMPLATE_UDP, "question", 8, probe);
        answer_udp(&packets[count++], probe, "answer", 6);
        answer_error(&packets[count++], probe, NULL, unreachable, 1, length);
        probe_write(families[f], TEMPLATE_ECHO, NULL, 0, probe);
        answer_echo(&packets[count++], probe);
    }
    probe_write(ADDR_IPV6, TEMPLATE_SYN, NULL, 0, probe);
    for (size_t i = 0; i < sizeof extension_types; i++)
        reset_behind_headers(&packets[count++], probe, extension_types[i], 2, 0);
    return count;
}

/* Decodes a copy whose end is the end of an allocation, for the sanitizer to watch. */
static int decode_copy(const uint8_t *bytes, size_t length, struct reply *reply)
{
    uint8_t *copy = malloc(length ? length : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    int fault = packet_decode(reply, copy, length);
    if (fault == PACKET_OK && reply->payload) {
        assert_true(reply->payload >= copy);
        assert_true(reply->payload + reply->payload_length <= copy + length);
    }
    free(copy);
    return fault;
}

static void every_truncation_ends_without_a_read_outside(void **state)
{
    (void)state;
    struct packet_bytes packets[16];
    size_t count = canonical_answers(packets);
    for (size_t i = 0; i < count; i++) {
        struct reply reply;
        assert_int_equal(decode_copy(packets[i].bytes, packets[i].length, &reply), PACKET_OK);
        bool has_payload = reply.payload != NULL;
        for (size_t length = 0; length < packets[i].length; length++) {
            int fault = decode_copy(packets[i].bytes, length, &reply);
            if (fault == PACKET_OK)
                assert_true(has_payload || reply.kind == REPLY_ICMP_ERROR);
            else
                assert_int_equal(fault, PACKET_TRUNCATED);
        }
    }
}

static void every_flip_of_two_bits_ends_without_a_read_outside(void **state)
{
    (void)state;
    struct packet_bytes packets[16];
    size_t count = canonical_answers(packets);
    for (size_t i = 0; i < count; i++) {
        struct packet_bytes packet = packets[i];
        size_t bits = packet.length * 8;
        for (size_t one = 0; one < bits; one++) {
            packet.bytes[one / 8] ^= (uint8_t)(1 << one % 8);
            for (size_t other = one; other < bits; other++) {
                uint8_t flip = (uint8_t)(other == one ? 0 : 1 << other % 8);
                packet.bytes[other / 8] ^= flip;
                struct reply reply;
                int fault = packet_decode(&reply, packet.bytes, packet.length);
                if (fault == PACKET_OK && reply.payload)
                    assert_true(reply.payload + reply.payload_length <=
                                packet.bytes + packet.length);
                packet.bytes[other / 8] ^= flip;
            }
            packet.bytes[one / 8] ^= (uint8_t)(1 << one % 8);
        }
    }
}

static void a_packet_of_another_version_is_malformed(void **state)
{
    (void)state;
    struct packet_bytes packet = {.bytes = {0x55}, .length = 60};
    assert_fault(&packet, PACKET_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_answers_are_told_apart_by_their_flags),
        cmocka_unit_test(a_udp_answer_gives_its_payload),
        cmocka_unit_test(a_long_udp_answer_may_be_cut_by_the_snap_length),
        cmocka_unit_test(a_udp_length_below_its_header_is_malformed),
        cmocka_unit_test(a_tcp_header_that_is_too_short_is_malformed),
        cmocka_unit_test(a_timestamp_is_found_wherever_it_stands),
        cmocka_unit_test(options_that_make_no_sense_hold_no_timestamp),
        cmocka_unit_test(an_echo_reply_gives_identifier_sequence_and_data),
        cmocka_unit_test(an_error_gives_what_it_quotes),
        cmocka_unit_test(a_quote_of_less_than_8_bytes_is_truncated),
        cmocka_unit_test(a_quote_of_something_else_is_foreign),
        cmocka_unit_test(a_quote_of_the_other_family_is_malformed),
        cmocka_unit_test(messages_that_answer_nothing_are_foreign),
        cmocka_unit_test(ipv4_options_are_skipped_outside_and_in_the_quote),
        cmocka_unit_test(an_ipv4_header_length_below_20_is_malformed),
        cmocka_unit_test(a_total_length_below_the_header_is_malformed),
        cmocka_unit_test(a_quoted_length_is_not_trusted),
        cmocka_unit_test(only_the_first_fragment_is_read),
        cmocka_unit_test(ipv6_extension_headers_are_skipped_up_to_a_limit),
        cmocka_unit_test(later_ipv6_fragments_are_not_read),
        cmocka_unit_test(extension_headers_in_the_quote_are_skipped),
        cmocka_unit_test(every_truncation_ends_without_a_read_outside),
        cmocka_unit_test(every_flip_of_two_bits_ends_without_a_read_outside),
        cmocka_unit_test(a_packet_of_another_version_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
