/* Packets of any kind reach an engine in flight: what nobody could write who has not seen a
 * probe changes nothing, and what changes something never breaks the engine.
 *
 * The input is a list of packets: a kind, then either raw bytes, or a probe to answer and
 * edits of that answer. Its last byte says for how long the engine goes on after them. */
#include "tests/fuzz/flight.h"
#include "tests/fuzz/input.h"
#include "tests/unit/answers.h"

#include <stdlib.h>

enum kind { RAW, SYN_ACK, RESET, UDP_ANSWER, ECHO_REPLY, ICMP_ERROR, KINDS };

/* SEQUENCE is where a probe's own number is, or zero: no TCP. */
static uint32_t sequence_of(const struct flight_probe *probe)
{
    const uint8_t *at = probe->bytes + header_length(probe->bytes) + 4;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The quote of an error, as it looks when the probe was sent on to another place. */
static void send_on(struct packet_bytes *packet)
{
    size_t header = header_length(packet->bytes);
    uint8_t *quote = packet->bytes + header + 8;
    quote[header - 1] ^= 0x40; /* address */
    quote[header + 3] ^= 0x40; /* port */
}

static void make_answer(struct packet_bytes *packet, struct input *input,
                        const struct flight_probe *probe, enum kind kind)
{
    static const uint8_t payload[] = {0x12, 0x34, 0x80, 0x00, 0x00, 0x01};
    const uint8_t *router = probe->bytes + (is_ipv6(probe->bytes) ? 8 : 12);
    uint8_t choice = input_byte(input);
    size_t quoted = header_length(probe->bytes) + 8;
    switch (kind) {
    case RAW:
    case KINDS:
        break;
    case SYN_ACK:
        answer_tcp(packet, probe->bytes, TCP_SYN | TCP_ACK, 7, sequence_of(probe) + 1);
        break;
    case RESET:
        answer_tcp(packet, probe->bytes, TCP_RST | TCP_ACK, 0, sequence_of(probe) + 1);
        break;
    case UDP_ANSWER:
        answer_udp(packet, probe->bytes, payload, sizeof payload);
        break;
    case ECHO_REPLY:
        answer_echo(packet, probe->bytes);
        break;
    case ICMP_ERROR:
        answer_error(packet, probe->bytes, choice & 0x80 ? router : NULL,
                     is_ipv6(probe->bytes) ? 1 : 3, choice & 0x1f,
                     choice & 0x40 ? probe->length : quoted);
        if (choice & 0x20)
            send_on(packet);
        break;
    }
}

static void edit(struct packet_bytes *packet, struct input *input)
{
    uint8_t edits = input_byte(input) % 16;
    for (uint8_t i = 0; i < edits && packet->length > 0; i++) {
        size_t at = (size_t)input_byte(input) % packet->length;
        packet->bytes[at] ^= input_byte(input);
    }
    uint8_t cut = input_byte(input);
    if (cut < packet->length)
        packet->length -= cut;
}

static void next_packet(struct packet_bytes *packet, struct input *input,
                        const struct flight *flight)
{
    enum kind kind = input_byte(input) % KINDS;
    packet->length = 0;
    if (kind == RAW) {
        size_t length;
        const uint8_t *bytes = input_bytes(input, input_byte(input), &length);
        put_bytes(packet, bytes, length);
        return;
    }
    make_answer(packet, input, &flight->probes[input_byte(input) % flight->count], kind);
    edit(packet, input);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    enum { SEED = 1, TURNS_MOST = 64 };
    static struct flight flight; /* as good as new as long as nothing has touched it */
    static struct packet_bytes packet;
    bool touched = false;
    if (!flight.engine)
        flight_begin(&flight, SEED);
    for (struct input input = {bytes, size}; input.left > 0;) {
        next_packet(&packet, &input, &flight);
        if (touched)
            flight_receive(&flight, packet.bytes, packet.length);
        else
            touched = flight_is_touched_by(&flight, packet.bytes, packet.length);
    }
    if (!touched)
        return 0;
    flight_go_on(&flight, bytes[size - 1] % TURNS_MOST);
    (void)flight_stop(&flight, &flight.probes[0]);
    flight_end(&flight);
    return 0;
}
