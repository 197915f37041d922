/* Answers to a probe, made byte by byte by the RFCs and not with the code under test.
 * PROBE is a finished probe without IP options: its fields lie where they always do. */
#ifndef TESTS_UNIT_ANSWERS_H
#define TESTS_UNIT_ANSWERS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct packet_bytes {
    uint8_t bytes[2048];
    size_t length;
};

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };

/* What the answering host's IP header says in these tests. */
enum { ANSWER_TTL = 57, ANSWER_TOS = 0x0c };

static inline void put(struct packet_bytes *packet, uint64_t value, size_t size)
{
    for (size_t i = size; i > 0; i--)
        packet->bytes[packet->length++] = i > 8 ? 0 : (uint8_t)(value >> (i - 1) * 8);
}

static inline void put_bytes(struct packet_bytes *packet, const void *bytes, size_t length)
{
    memcpy(packet->bytes + packet->length, bytes, length);
    packet->length += length;
}

static inline int is_ipv6(const uint8_t *probe)
{
    return probe[0] >> 4 == 6;
}

static inline size_t header_length(const uint8_t *probe)
{
    return is_ipv6(probe) ? 40 : 20;
}

/* An IP header from FROM (NULL: from the probe's target) to the prober; PROTOCOL is the
 * IPv4 number, ICMP (1) becomes ICMPv6. The length is set by finish(). */
static inline void put_network(struct packet_bytes *packet, const uint8_t *probe,
                               const uint8_t *from, uint8_t protocol)
{
    packet->length = 0;
    if (is_ipv6(probe)) {
        put(packet, 0x60000000u | ANSWER_TOS << 20, 4);
        put(packet, 0, 2);
        put(packet, protocol == 1 ? 58 : protocol, 1);
        put(packet, ANSWER_TTL, 1);
        put_bytes(packet, from ? from : probe + 24, 16);
        put_bytes(packet, probe + 8, 16);
        return;
    }
    put(packet, 0x4500 | ANSWER_TOS, 2);
    put(packet, 0, 2);
    put(packet, 0x1234, 2);
    put(packet, 0x4000, 2);
    put(packet, ANSWER_TTL, 1);
    put(packet, protocol, 1);
    put(packet, 0, 2);
    put_bytes(packet, from ? from : probe + 16, 4);
    put_bytes(packet, probe + 12, 4);
}

static inline void finish(struct packet_bytes *packet)
{
    size_t length = packet->length;
    packet->length = is_ipv6(packet->bytes) ? 4 : 2;
    put(packet, is_ipv6(packet->bytes) ? length - 40 : length, 2);
    packet->length = length;
}

static inline void answer_tcp(struct packet_bytes *packet, const uint8_t *probe, unsigned flags,
                              uint32_t sequence, uint32_t acknowledgement)
{
    put_network(packet, probe, NULL, 6);
    const uint8_t *transport = probe + header_length(probe);
    put_bytes(packet, transport + 2, 2);
    put_bytes(packet, transport, 2);
    put(packet, sequence, 4);
    put(packet, acknowledgement, 4);
    put(packet, 6 << 12 | flags, 2); /* one word of options */
    put(packet, 0x7210, 2);
    put(packet, 0, 4);
    put(packet, 0x020405b4, 4);
    finish(packet);
}

static inline void answer_udp(struct packet_bytes *packet, const uint8_t *probe,
                              const void *payload, size_t length)
{
    put_network(packet, probe, NULL, 17);
    const uint8_t *transport = probe + header_length(probe);
    put_bytes(packet, transport + 2, 2);
    put_bytes(packet, transport, 2);
    put(packet, length + 8, 2);
    put(packet, 0, 2);
    put_bytes(packet, payload, length);
    finish(packet);
}

static inline void answer_echo(struct packet_bytes *packet, const uint8_t *probe)
{
    put_network(packet, probe, NULL, 1);
    put(packet, is_ipv6(probe) ? 129 : 0, 1);
    put(packet, 0, 3);
    put_bytes(packet, probe + header_length(probe) + 4, 8);
    finish(packet);
}

/* An ICMP error from FROM (NULL: the target) that quotes the first QUOTED bytes. */
static inline void answer_error(struct packet_bytes *packet, const uint8_t *probe,
                                const uint8_t *from, uint8_t type, uint8_t code, size_t quoted)
{
    put_network(packet, probe, from, 1);
    put(packet, type, 1);
    put(packet, code, 1);
    put(packet, 0, 6);
    put_bytes(packet, probe, quoted);
    finish(packet);
}

#endif
