/* Every truncation and every flip of one or two bits of every canonical answer, held
 * against what each field guards. */
#include "tests/fuzz/answer_maps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { SEED = 3, BITS_MOST = 8 * 128 };

static struct flight flight;
static size_t tried, believed; /* packets */

static void begin_anew(void)
{
    if (flight.engine)
        flight_end(&flight);
    flight_begin(&flight, SEED);
}

static void flip(struct packet_bytes *packet, size_t bit)
{
    packet->bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
}

static bool same(const struct flight_verdict *a, const struct flight_verdict *b)
{
    return a->state == b->state && a->reason == b->reason && a->alive == b->alive;
}

/* Stacks that acknowledge the SYN's own number in a RST are believed as well. */
static bool is_other_reset(const struct answer_kind *kind, const struct packet_bytes *packet,
                           const struct flight_probe *probe)
{
    size_t header = header_length(probe->bytes);
    return kind->flags & TCP_RST &&
           memcmp(packet->bytes + header + 8, probe->bytes + header + 4, 4) == 0;
}

/* Nothing that is no SYN-ACK or UDP answer may make a port open. */
static bool may_mean(const struct answer_kind *kind, const struct packet_bytes *packet,
                     const struct flight_verdict *said)
{
    unsigned flags = packet->bytes[header_length(packet->bytes) + 13];
    bool syn_ack = kind->probe == PROTO_TCP && !kind->error &&
                   (flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK);
    bool silence = said->state == PORT_DROPPED || said->state == PORT_SILENT;
    return !silence && (said->state != PORT_OPEN || syn_ack);
}

static bool is_allowed(enum bit_class class, const struct answer_kind *kind,
                       const struct packet_bytes *packet, const struct flight_verdict *said)
{
    switch (class) {
    case BIT_FREE:
    case BIT_SHAPE:
        return same(said, &kind->verdict);
    case BIT_DOUBT:
        return said->state == PORT_UNKNOWN || same(said, &kind->verdict);
    case BIT_MEANING:
        return may_mean(kind, packet, said);
    case BIT_SECRET:
        return said->state == PORT_UNKNOWN;
    case BIT_GUARD:
        return false;
    }
    return false;
}

/* Hands PACKET over and fails unless what follows is allowed for its worst flipped bit. */
static void try_packet(const struct answer_kind *kind, const struct flight_probe *probe,
                       const struct packet_bytes *packet, enum bit_class class,
                       const char *what)
{
    bool guarded = class == BIT_GUARD && !is_other_reset(kind, packet, probe);
    flight_receive(&flight, packet->bytes, packet->length);
    tried++;
    if (flight_is_untouched(&flight)) {
        if (class == BIT_FREE)
            fail_msg("%s: %s: an answer was ignored", kind->name, what);
        return;
    }
    believed++;
    struct flight_verdict said = flight_stop(&flight, probe);
    if (guarded || (class != BIT_GUARD && !is_allowed(class, kind, packet, &said)))
        fail_msg("%s, IPv%d: %s: %s (%s)", kind->name, kind->family, what,
                 port_state_name(said.state), reason_name(said.reason));
    begin_anew();
}

static enum bit_class worse(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

/* PROBE lies in the flight, which each verdict ends: the next one sends the same again. */
static void try_flips(const struct answer_kind *kind, const struct flight_probe *probe)
{
    static uint8_t classes[BITS_MOST];
    static struct packet_bytes packet;
    answer_kind_write(kind, probe, &packet);
    size_t bits = packet.length * 8;
    answer_kind_classes(kind, classes, bits);
    for (size_t one = 0; one < bits; one++) {
        flip(&packet, one);
        for (size_t two = one; two < bits; two++) {
            char what[64];
            snprintf(what, sizeof what, "bits %zu and %zu", one, two);
            if (two > one)
                flip(&packet, two);
            try_packet(kind, probe, &packet, worse(classes[one], classes[two]), what);
            if (two > one)
                flip(&packet, two);
        }
        flip(&packet, one);
    }
}

static void flipped_bits_change_nothing_that_is_guarded(void **state)
{
    (void)state;
    for (size_t i = 0; i < answer_kind_count; i++) {
        const struct flight_probe *probe = answer_kind_probe(&answer_kinds[i], &flight);
        assert_non_null(probe);
        try_flips(&answer_kinds[i], probe);
    }
}

/* What is cut off behind the fields that say it is not missed; before, nothing is said. */
static void truncated_answers_are_true_or_ignored(void **state)
{
    (void)state;
    for (size_t i = 0; i < answer_kind_count; i++) {
        const struct answer_kind *kind = &answer_kinds[i];
        const struct flight_probe *probe = answer_kind_probe(kind, &flight);
        static struct packet_bytes packet;
        answer_kind_write(kind, probe, &packet);
        for (size_t length = packet.length; length-- > 0;) {
            char what[64];
            snprintf(what, sizeof what, "cut to %zu bytes", length);
            packet.length = length;
            try_packet(kind, probe, &packet, kind->probe == PROTO_UDP ? BIT_DOUBT : BIT_SHAPE,
                       what);
        }
    }
}

static void the_answers_themselves_are_believed(void **state)
{
    (void)state;
    for (size_t i = 0; i < answer_kind_count; i++) {
        const struct answer_kind *kind = &answer_kinds[i];
        static struct packet_bytes packet;
        const struct flight_probe *probe = answer_kind_probe(kind, &flight);
        answer_kind_write(kind, probe, &packet);
        try_packet(kind, probe, &packet, BIT_FREE, "as it is");
    }
}

static int take_off(void **state)
{
    (void)state;
    begin_anew();
    return 0;
}

static int land(void **state)
{
    (void)state;
    flight_end(&flight);
    print_message("%zu packets, %zu of them believed\n", tried, believed);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answers_themselves_are_believed),
        cmocka_unit_test(truncated_answers_are_true_or_ignored),
        cmocka_unit_test(flipped_bits_change_nothing_that_is_guarded),
    };
    return cmocka_run_group_tests(tests, take_off, land);
}
