#include "probes/checksum.h"
#include "probes/wire.h"

#include <netinet/in.h>

enum { IPV4_HEADER_MIN = 20, IPV6_HEADER = 40, TCP_CHECKSUM = 16, UDP_CHECKSUM = 6 };

/* A segment or datagram, and the sum of its pseudo-header (RFC 9293, 3.1; RFC 8200, 8.1). */
struct transport {
    size_t start, length; /* in the packet */
    uint8_t protocol;
    uint64_t pseudo;
};

/* The words of the next COUNT bytes, the last one filled up by a zero. */
static uint64_t add_words(struct wire *wire, size_t count)
{
    uint64_t sum = 0;
    for (; count > 1; count -= 2)
        sum += wire_u16(wire);
    return count ? sum + ((uint64_t)wire_u8(wire) << 8) : sum;
}

static uint16_t fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static bool find_in_ipv4(struct wire wire, struct transport *transport)
{
    transport->start = (size_t)(wire_u8(&wire) & 0x0f) * 4;
    wire_skip(&wire, 1);
    size_t whole = wire_u16(&wire);
    wire_skip(&wire, 2);
    bool fragment = (wire_u16(&wire) & 0x3fff) != 0; /* more to come, or not the first */
    wire_skip(&wire, 1);
    transport->protocol = wire_u8(&wire);
    wire_skip(&wire, 2);
    transport->pseudo = add_words(&wire, 2 * sizeof(struct in_addr));
    if (wire.failed || fragment || transport->start < IPV4_HEADER_MIN ||
        whole < transport->start)
        return false;
    transport->length = whole - transport->start;
    return true;
}

static bool find_in_ipv6(struct wire wire, struct transport *transport)
{
    transport->start = IPV6_HEADER;
    wire_skip(&wire, 4);
    transport->length = wire_u16(&wire);
    transport->protocol = wire_u8(&wire);
    wire_skip(&wire, 1);
    transport->pseudo = add_words(&wire, 2 * sizeof(struct in6_addr));
    return !wire.failed;
}

static size_t checksum_place(uint8_t protocol)
{
    if (protocol == IPPROTO_TCP)
        return TCP_CHECKSUM;
    return protocol == IPPROTO_UDP ? UDP_CHECKSUM : 0;
}

bool checksum_is_unfinished(const uint8_t *bytes, size_t length, struct checksum_patch *patch)
{
    struct wire wire = wire_over(bytes, length);
    struct transport transport;
    bool is_ipv6 = length > 0 && bytes[0] >> 4 == 6;
    bool found = is_ipv6 ? find_in_ipv6(wire, &transport) : find_in_ipv4(wire, &transport);
    if (!found)
        return false;
    size_t place = checksum_place(transport.protocol);
    if (place == 0 || place + 2 > transport.length)
        return false;
    wire_skip(&wire, transport.start);
    struct wire field = wire;
    wire_skip(&field, place);
    uint16_t pseudo = fold(transport.pseudo + transport.protocol + transport.length);
    uint16_t carried = wire_u16(&field);
    uint64_t all = pseudo + add_words(&wire, transport.length) - carried;
    if (wire.failed || carried != pseudo)
        return false;
    uint16_t finished = (uint16_t)~fold(all);
    if (finished == 0 && transport.protocol == IPPROTO_UDP)
        finished = 0xffff; /* 0 means that there is none (RFC 768) */
    *patch = (struct checksum_patch){transport.start + place,
                                     {(uint8_t)(finished >> 8), (uint8_t)finished}};
    return true;
}
