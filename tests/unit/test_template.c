#include "probe_bytes.h"
#include "probes/packet.h"
#include "probes/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const enum addr_family families[] = {ADDR_IPV4, ADDR_IPV6};
static const enum template_kind kinds[] = {
    TEMPLATE_SYN,     TEMPLATE_SYN_MD5, TEMPLATE_SYN_BAD_OFFSET, TEMPLATE_SYN_SIGNED,
    TEMPLATE_SYN_ACK, TEMPLATE_UDP,     TEMPLATE_UDP_BAD_LENGTH, TEMPLATE_ECHO};
enum { FAMILIES = 2, KINDS = sizeof kinds / sizeof *kinds };

static bool is_udp(enum template_kind kind)
{
    return kind == TEMPLATE_UDP || kind == TEMPLATE_UDP_BAD_LENGTH;
}

static uint32_t number(const uint8_t *bytes, size_t size)
{
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(*seed >> 32);
}

static struct addr random_address(enum addr_family family, uint64_t *seed)
{
    uint8_t bytes[16];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)next_random(seed);
    return family == ADDR_IPV4 ? addr_ipv4(bytes) : addr_ipv6(bytes);
}

/* The plain sum of RFC 1071 over all bytes, folded; 0xffff when a checksum among them is
 * right. */
static uint32_t sum_of(uint32_t sum, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void assert_checksums_right(const uint8_t *packet, size_t length,
                                   enum template_kind kind)
{
    bool ipv4 = packet[0] >> 4 == 4;
    size_t start = ipv4 ? 20 : 40;
    uint8_t protocol = ipv4 ? packet[9] : packet[6];
    if (ipv4)
        assert_int_equal(sum_of(0, packet, 20), 0xffff);
    uint32_t sum = 0;
    if (!(ipv4 && kind == TEMPLATE_ECHO)) {
        sum = sum_of(0, packet + (ipv4 ? 12 : 8), ipv4 ? 8 : 32);
        sum += protocol + (uint32_t)(length - start);
    }
    assert_int_equal(sum_of(sum, packet + start, length - start), 0xffff);
    if (is_udp(kind))
        assert_int_not_equal(number(packet + start + 6, 2), 0);
}

static void checksums_are_right_for_all_kinds_and_fields(void **state)
{
    (void)state;
    uint64_t seed = 1;
    uint8_t payload[1200], packet[PACKET_SIZE_MAX];
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)next_random(&seed);
    static const size_t lengths[] = {0, 1, 2, 12, 47, 1199, 1200};
    for (size_t k = 0; k < KINDS * FAMILIES * sizeof lengths / sizeof *lengths; k++) {
        enum addr_family family = families[k % FAMILIES];
        enum template_kind kind = kinds[k / FAMILIES % KINDS];
        size_t size = is_udp(kind) ? lengths[k / FAMILIES / KINDS] : 0;
        struct error error;
        struct template *template = template_new(family, kind, payload, size, &error);
        assert_non_null(template);
        for (int round = 0; round < 300; round++) {
            struct addr source = random_address(family, &seed);
            struct addr target = random_address(family, &seed);
            uint8_t transaction[8], digest[16];
            for (size_t i = 0; i < sizeof digest; i++)
                digest[i] = (uint8_t)next_random(&seed);
            for (size_t i = 0; i < sizeof transaction; i++)
                transaction[i] = (uint8_t)next_random(&seed);
            struct probe_fields fields = {
                .source = &source,
                .target = &target,
                .source_port = (uint16_t)next_random(&seed),
                .port = (uint16_t)next_random(&seed),
                .cookie = {next_random(&seed), (uint16_t)next_random(&seed),
                           next_random(&seed) & 0xfffff},
                .transaction = transaction,
                .stamp = {next_random(&seed), next_random(&seed), next_random(&seed), digest},
            };
            if (size > 8) {
                fields.transaction_length = (uint16_t)(next_random(&seed) % 9);
                fields.transaction_offset = (uint16_t)(next_random(&seed) % (size - 8));
            }
            size_t length = template_write(template, &fields, packet);
            assert_int_equal(length, template_length(template));
            assert_checksums_right(packet, length, kind);
        }
        template_free(template);
    }
}

static void the_ip_header_carries_what_the_oracles_need(void **state)
{
    (void)state;
    uint8_t packet[PACKET_SIZE_MAX];
    for (size_t k = 0; k < KINDS; k++) {
        size_t length = probe_write(ADDR_IPV4, kinds[k], "x", is_udp(kinds[k]), packet);
        assert_int_equal(packet[0], 0x45);
        assert_int_equal(packet[1], PROBE_TOS);
        assert_int_equal(number(packet + 2, 2), length);
        assert_int_equal(number(packet + 4, 2), 0x99aa);
        assert_int_equal(number(packet + 6, 2), packet[9] == 6 ? 0x4000 : 0);
        assert_int_equal(packet[8], PROBE_TTL);
        assert_int_equal(number(packet + 12, 4), 0xc0000201);
        assert_int_equal(number(packet + 16, 4), 0xc0000202);

        length = probe_write(ADDR_IPV6, kinds[k], "x", is_udp(kinds[k]), packet);
        assert_int_equal(number(packet, 4), 0x60000000 | PROBE_TOS << 20 | 0xbccdd);
        assert_int_equal(number(packet + 4, 2), length - 40);
        assert_int_equal(packet[7], PROBE_TTL);
        assert_int_equal(packet[23], 1);
        assert_int_equal(packet[39], 2);
    }
}

static void a_syn_carries_the_cookie_and_an_mss(void **state)
{
    (void)state;
    uint8_t packet[PACKET_SIZE_MAX];
    static const uint8_t mss[2] = {1460 >> 8, 1460 & 0xff}, mss6[2] = {1440 >> 8, 1440 & 0xff};
    for (size_t f = 0; f < FAMILIES; f++) {
        bool ipv4 = families[f] == ADDR_IPV4;
        const uint8_t *tcp = packet + (ipv4 ? 20 : 40);
        size_t length = probe_write(families[f], TEMPLATE_SYN, NULL, 0, packet);
        assert_int_equal(length, (size_t)(tcp - packet) + 24);
        assert_int_equal(ipv4 ? packet[9] : packet[6], 6);
        assert_int_equal(number(tcp, 2), 0x1122);
        assert_int_equal(number(tcp + 2, 2), 0x3344);
        assert_int_equal(number(tcp + 4, 4), 0x55667788);
        assert_int_equal(number(tcp + 8, 4), 0);
        assert_int_equal(number(tcp + 12, 2), 0x6002);
        assert_int_not_equal(number(tcp + 14, 2), 0);
        assert_int_equal(number(tcp + 20, 2), 0x0204);
        assert_memory_equal(tcp + 22, ipv4 ? mss : mss6, 2);
    }
}

static void the_md5_twin_carries_kind_19_of_18_bytes(void **state)
{
    (void)state;
    uint8_t packet[PACKET_SIZE_MAX];
    for (size_t f = 0; f < FAMILIES; f++) {
        const uint8_t *tcp = packet + (families[f] == ADDR_IPV4 ? 20 : 40);
        size_t length = probe_write(families[f], TEMPLATE_SYN_MD5, NULL, 0, packet);
        assert_int_equal(length, (size_t)(tcp - packet) + 40);
        assert_int_equal(number(tcp + 12, 2), 0xa002);
        assert_int_equal(number(tcp + 20, 4), 0x01011312);
    }
}

static void the_bad_offset_twin_points_behind_its_end(void **state)
{
    (void)state;
    uint8_t packet[PACKET_SIZE_MAX];
    for (size_t f = 0; f < FAMILIES; f++) {
        const uint8_t *tcp = packet + (families[f] == ADDR_IPV4 ? 20 : 40);
        size_t length = probe_write(families[f], TEMPLATE_SYN_BAD_OFFSET, NULL, 0, packet);
        assert_int_equal(length, (size_t)(tcp - packet) + 24);
        assert_int_equal(number(tcp + 12, 2), 0xf002);
        assert_int_equal(number(tcp + 4, 4), PROBE_SEQUENCE);
    }
}

static void stamps_are_found_again_in_syn_and_syn_ack(void **state)
{
    (void)state;
    static const enum template_kind stamped[] = {TEMPLATE_SYN_SIGNED, TEMPLATE_SYN_ACK};
    uint8_t packet[PACKET_SIZE_MAX];
    for (size_t i = 0; i < 2 * FAMILIES; i++) {
        struct error error;
        struct template *template =
            template_new(families[i % 2], stamped[i / 2], NULL, 0, &error);
        assert_non_null(template);
        uint64_t seed = i;
        struct addr source = random_address(families[i % 2], &seed);
        const struct probe_fields fields = {
            .source = &source,
            .target = &source,
            .cookie = {.sequence = 0x01020304},
            .stamp = {0x05060708, 0x090a0b0c, 0x0d0e0f10, (const uint8_t *)"digest of sixteen"},
        };
        size_t length = template_write(template, &fields, packet);
        struct reply reply;
        assert_int_equal(packet_decode(&reply, packet, length), PACKET_OK);
        assert_int_equal(reply.is_syn, stamped[i / 2] == TEMPLATE_SYN_SIGNED);
        assert_int_equal(reply.kind, reply.is_syn ? REPLY_TCP_OTHER : REPLY_SYN_ACK);
        assert_int_equal(reply.sequence, 0x01020304);
        assert_int_equal(reply.acknowledgement, reply.is_syn ? 0 : 0x05060708);
        assert_true(reply.has_timestamp);
        assert_int_equal(reply.timestamp, 0x090a0b0c);
        assert_int_equal(reply.timestamp_echo, 0x0d0e0f10);
        assert_int_equal(reply.digest != NULL, reply.is_syn);
        if (reply.is_syn)
            assert_memory_equal(reply.digest, "digest of sixteen", 16);
        template_free(template);
    }
}

static void a_syn_ack_is_shorter_than_the_syn(void **state)
{
    (void)state;
    for (size_t f = 0; f < FAMILIES; f++) {
        uint8_t packet[PACKET_SIZE_MAX];
        assert_true(probe_write(families[f], TEMPLATE_SYN_ACK, NULL, 0, packet) <
                    probe_write(families[f], TEMPLATE_SYN_SIGNED, NULL, 0, packet));
    }
}

static void a_udp_length_is_right_or_wrong_as_asked(void **state)
{
    (void)state;
    uint8_t packet[PACKET_SIZE_MAX];
    for (size_t f = 0; f < FAMILIES; f++) {
        const uint8_t *udp = packet + (families[f] == ADDR_IPV4 ? 20 : 40);
        size_t length = probe_write(families[f], TEMPLATE_UDP, "hello", 5, packet);
        assert_int_equal(length, (size_t)(udp - packet) + 13);
        assert_int_equal(number(udp + 4, 2), 13);
        assert_memory_equal(udp + 8, "hello", 5);
        assert_int_equal(probe_write(families[f], TEMPLATE_UDP_BAD_LENGTH, "hello", 5, packet),
                         length);
        assert_true(number(udp + 4, 2) > 13);
        assert_memory_equal(udp + 8, "hello", 5);
    }
}

static void an_echo_request_carries_identifier_sequence_and_cookie(void **state)
{
    (void)state;
    uint8_t packet[PACKET_SIZE_MAX];
    for (size_t f = 0; f < FAMILIES; f++) {
        bool ipv4 = families[f] == ADDR_IPV4;
        const uint8_t *icmp = packet + (ipv4 ? 20 : 40);
        probe_write(families[f], TEMPLATE_ECHO, NULL, 0, packet);
        assert_int_equal(ipv4 ? packet[9] : packet[6], ipv4 ? 1 : 58);
        assert_int_equal(number(icmp, 2), ipv4 ? 0x0800 : 0x8000);
        assert_int_equal(number(icmp + 4, 4), 0x11223344);
        assert_int_equal(number(icmp + 8, 4), 0x55667788);
    }
}

static void the_transaction_id_is_written_over_the_payload_only(void **state)
{
    (void)state;
    struct addr source, target;
    assert_int_equal(addr_parse(&source, "192.0.2.1"), 0);
    assert_int_equal(addr_parse(&target, "192.0.2.2"), 0);
    struct error error;
    struct template *template = template_new(ADDR_IPV4, TEMPLATE_UDP, "abcdef", 6, &error);
    assert_non_null(template);
    struct probe_fields fields = {.source = &source,
                                  .target = &target,
                                  .transaction = (const uint8_t *)"XY",
                                  .transaction_offset = 3,
                                  .transaction_length = 2};
    uint8_t packet[PACKET_SIZE_MAX];
    assert_int_equal(template_write(template, &fields, packet), 34);
    assert_memory_equal(packet + 28, "abcXYf", 6);
    assert_checksums_right(packet, 34, TEMPLATE_UDP);
    template_free(template);
}

static void a_udp_checksum_of_zero_goes_out_as_all_ones(void **state)
{
    (void)state;
    struct addr source, target;
    assert_int_equal(addr_parse(&source, "192.0.2.1"), 0);
    assert_int_equal(addr_parse(&target, "192.0.2.2"), 0);
    struct error error;
    struct template *template = template_new(ADDR_IPV4, TEMPLATE_UDP, NULL, 0, &error);
    assert_non_null(template);
    uint8_t packet[PACKET_SIZE_MAX];
    int all_ones = 0;
    for (unsigned port = 0; port < 65536; port++) {
        struct probe_fields fields = {
            .source = &source, .target = &target, .port = (uint16_t)port};
        size_t length = template_write(template, &fields, packet);
        assert_checksums_right(packet, length, TEMPLATE_UDP);
        all_ones += number(packet + 26, 2) == 0xffff;
    }
    assert_int_equal(all_ones, 1);
    template_free(template);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksums_are_right_for_all_kinds_and_fields),
        cmocka_unit_test(the_ip_header_carries_what_the_oracles_need),
        cmocka_unit_test(a_syn_carries_the_cookie_and_an_mss),
        cmocka_unit_test(the_md5_twin_carries_kind_19_of_18_bytes),
        cmocka_unit_test(the_bad_offset_twin_points_behind_its_end),
        cmocka_unit_test(stamps_are_found_again_in_syn_and_syn_ack),
        cmocka_unit_test(a_syn_ack_is_shorter_than_the_syn),
        cmocka_unit_test(a_udp_length_is_right_or_wrong_as_asked),
        cmocka_unit_test(an_echo_request_carries_identifier_sequence_and_cookie),
        cmocka_unit_test(the_transaction_id_is_written_over_the_payload_only),
        cmocka_unit_test(a_udp_checksum_of_zero_goes_out_as_all_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
