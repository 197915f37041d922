#include "probe_bytes.h"
#include "probes/checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { TCP = 6, UDP = 17, IPV4_HEADER = 20, IPV6_HEADER = 40 };

/* A finished packet, where its checksum is, and what a network card would be given there. */
struct sample {
    uint8_t packet[PACKET_SIZE_MAX];
    size_t length, at;
    uint8_t finished[2], begun[2];
};

static const struct {
    enum addr_family family;
    enum template_kind kind;
    size_t header, checksum;
    uint8_t protocol;
} rows[] = {
    {ADDR_IPV4, TEMPLATE_SYN, IPV4_HEADER, 16, TCP},
    {ADDR_IPV6, TEMPLATE_SYN, IPV6_HEADER, 16, TCP},
    {ADDR_IPV4, TEMPLATE_UDP, IPV4_HEADER, 6, UDP},
    {ADDR_IPV6, TEMPLATE_UDP, IPV6_HEADER, 6, UDP},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* The addresses end the IP header in both families. */
static void begin(struct sample *sample, size_t row)
{
    size_t header = rows[row].header, addresses = rows[row].family == ADDR_IPV4 ? 8 : 32;
    sample->length = probe_write(rows[row].family, rows[row].kind, "odd",
                                 rows[row].protocol == UDP ? 3 : 0, sample->packet);
    sample->at = header + rows[row].checksum;
    memcpy(sample->finished, sample->packet + sample->at, 2);
    uint32_t sum = rows[row].protocol + (uint32_t)(sample->length - header);
    for (size_t i = header - addresses; i < header; i += 2)
        sum += (uint32_t)(sample->packet[i] << 8 | sample->packet[i + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    sample->begun[0] = (uint8_t)(sum >> 8);
    sample->begun[1] = (uint8_t)sum;
    memcpy(sample->packet + sample->at, sample->begun, 2);
}

static void what_was_left_to_a_network_card_is_finished(void **state)
{
    (void)state;
    for (size_t row = 0; row < ROWS; row++) {
        struct sample sample;
        struct checksum_patch patch;
        begin(&sample, row);
        assert_true(checksum_is_unfinished(sample.packet, sample.length, &patch));
        assert_int_equal(patch.at, sample.at);
        assert_memory_equal(patch.bytes, sample.finished, 2);
    }
}

static void a_finished_or_a_wrong_checksum_is_left_alone(void **state)
{
    (void)state;
    for (size_t row = 0; row < ROWS; row++) {
        struct sample sample;
        struct checksum_patch patch;
        begin(&sample, row);
        memcpy(sample.packet + sample.at, sample.finished, 2);
        assert_false(checksum_is_unfinished(sample.packet, sample.length, &patch));
        sample.packet[sample.at] ^= 1;
        assert_false(checksum_is_unfinished(sample.packet, sample.length, &patch));
    }
}

static void what_is_not_there_in_full_cannot_be_finished(void **state)
{
    (void)state;
    for (size_t row = 0; row < ROWS; row++) {
        struct sample sample;
        struct checksum_patch patch;
        begin(&sample, row);
        for (size_t length = 0; length < sample.length; length++)
            assert_false(checksum_is_unfinished(sample.packet, length, &patch));
    }
}

static void a_fragment_cannot_be_finished(void **state)
{
    (void)state;
    struct sample sample;
    struct checksum_patch patch;
    begin(&sample, 0);
    sample.packet[6] = 0x20; /* more fragments */
    assert_false(checksum_is_unfinished(sample.packet, sample.length, &patch));
    sample.packet[6] = 0x40; /* don't fragment */
    assert_true(checksum_is_unfinished(sample.packet, sample.length, &patch));
}

static void other_protocols_have_no_such_checksum(void **state)
{
    (void)state;
    struct sample sample;
    struct checksum_patch patch;
    begin(&sample, 0);
    sample.packet[9] = 1; /* ICMP */
    assert_false(checksum_is_unfinished(sample.packet, sample.length, &patch));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_left_to_a_network_card_is_finished),
        cmocka_unit_test(a_finished_or_a_wrong_checksum_is_left_alone),
        cmocka_unit_test(what_is_not_there_in_full_cannot_be_finished),
        cmocka_unit_test(a_fragment_cannot_be_finished),
        cmocka_unit_test(other_protocols_have_no_such_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
