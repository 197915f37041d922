#include "probes/packet.h"

#include "probes/wire.h"

/* More extension headers than this no honest packet has. */
enum { EXTENSION_HEADERS_MAX = 8 };

/* IANA protocol numbers. */
enum {
    IP_ICMP = 1,
    IP_TCP = 6,
    IP_UDP = 17,
    IP_ICMPV6 = 58,
    IPV6_HOP_BY_HOP = 0,
    IPV6_ROUTING = 43,
    IPV6_FRAGMENT = 44,
    IPV6_DESTINATION = 60,
};

/* An IP header, of either family. */
struct network {
    struct addr source, target;
    uint8_t protocol, ttl, tos;
    uint16_t ip_id;
    uint32_t flow_label;
};

/* WHOLE: the packet itself, whose length field must make sense; else a quote, which is cut
 * and whose length some hosts change. */
static int read_ipv4(struct network *network, struct wire *wire, bool whole)
{
    uint8_t version_length = wire_u8(wire);
    size_t header_length = (version_length & 0x0fu) * 4;
    network->tos = wire_u8(wire);
    uint16_t total_length = wire_u16(wire);
    network->ip_id = wire_u16(wire);
    uint16_t fragment_offset = wire_u16(wire) & 0x1fff;
    network->ttl = wire_u8(wire);
    network->protocol = wire_u8(wire);
    wire_skip(wire, 2); /* checksum */
    const uint8_t *source = wire_bytes(wire, 4);
    const uint8_t *target = wire_bytes(wire, 4);
    if (!target)
        return PACKET_TRUNCATED;
    if (header_length < 20 || (whole && total_length < header_length))
        return PACKET_MALFORMED;
    network->source = addr_ipv4(source);
    network->target = addr_ipv4(target);

    wire_skip(wire, header_length - 20);
    if (wire->failed)
        return PACKET_TRUNCATED;
    if (fragment_offset)
        return PACKET_FRAGMENT;
    if (whole)
        wire_limit(wire, total_length - header_length);
    return PACKET_OK;
}

static int skip_extension_headers(uint8_t *protocol, struct wire *wire)
{
    for (int i = 0; i <= EXTENSION_HEADERS_MAX; i++) {
        bool fragment = *protocol == IPV6_FRAGMENT;
        if (!fragment && *protocol != IPV6_HOP_BY_HOP && *protocol != IPV6_ROUTING &&
            *protocol != IPV6_DESTINATION)
            return PACKET_OK;
        *protocol = wire_u8(wire);
        size_t length = wire_u8(wire) * 8u + 8;
        if (fragment) {
            uint16_t offset = wire_u16(wire) >> 3;
            wire_skip(wire, 4); /* identification */
            if (offset)
                return PACKET_FRAGMENT;
        } else {
            wire_skip(wire, length - 2);
        }
        if (wire->failed)
            return PACKET_TRUNCATED;
    }
    return PACKET_MALFORMED;
}

static int read_ipv6(struct network *network, struct wire *wire, bool whole)
{
    uint32_t version_class_label = wire_u32(wire);
    network->tos = (uint8_t)(version_class_label >> 20);
    network->flow_label = version_class_label & 0xfffff;
    uint16_t payload_length = wire_u16(wire);
    network->protocol = wire_u8(wire);
    network->ttl = wire_u8(wire);
    const uint8_t *source = wire_bytes(wire, 16);
    const uint8_t *target = wire_bytes(wire, 16);
    if (!target)
        return PACKET_TRUNCATED;
    network->source = addr_ipv6(source);
    network->target = addr_ipv6(target);
    if (whole)
        wire_limit(wire, payload_length);
    return skip_extension_headers(&network->protocol, wire);
}

static int read_network(struct network *network, struct wire *wire, bool whole)
{
    *network = (struct network){0};
    if (wire->left == 0)
        return PACKET_TRUNCATED;
    switch (wire->at[0] >> 4) {
    case 4:
        return read_ipv4(network, wire, whole);
    case 6:
        return read_ipv6(network, wire, whole);
    }
    return PACKET_MALFORMED;
}

/* Each reads what follows the IP header into a reply whose addresses are set. */
typedef int read_fn(struct reply *reply, struct wire *wire);

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };

static enum reply_kind segment_kind(uint8_t flags)
{
    if ((flags & (SYN | ACK | RST | FIN)) == (SYN | ACK))
        return REPLY_SYN_ACK;
    if ((flags & (SYN | RST | FIN)) == RST)
        return REPLY_RESET;
    return REPLY_TCP_OTHER;
}

/* Looks for a timestamp and an MD5 digest; options that make no sense end the search and no
 * more. */
static void read_tcp_options(struct reply *reply, struct wire options)
{
    enum { END = 0, NOP = 1, TIMESTAMP = 8, TIMESTAMP_LENGTH = 10, MD5 = 19, MD5_LENGTH = 18 };
    while (options.left > 0) {
        uint8_t kind = wire_u8(&options);
        if (kind == END)
            return;
        if (kind == NOP)
            continue;
        uint8_t length = wire_u8(&options);
        if (kind == TIMESTAMP && length == TIMESTAMP_LENGTH) {
            reply->timestamp = wire_u32(&options);
            reply->timestamp_echo = wire_u32(&options);
            reply->has_timestamp = !options.failed;
        } else if (kind == MD5 && length == MD5_LENGTH) {
            reply->digest = wire_bytes(&options, MD5_LENGTH - 2);
        } else if (length < 2) {
            return;
        } else {
            wire_skip(&options, length - 2u);
        }
    }
}

static int read_tcp(struct reply *reply, struct wire *wire)
{
    reply->port = wire_u16(wire);
    reply->source_port = wire_u16(wire);
    reply->sequence = wire_u32(wire);
    reply->acknowledgement = wire_u32(wire);
    size_t header_length = (wire_u8(wire) >> 4) * 4u;
    uint8_t flags = wire_u8(wire);
    wire_skip(wire, 6); /* window, checksum, urgent pointer */
    if (wire->failed)
        return PACKET_TRUNCATED;
    if (header_length < 20)
        return PACKET_MALFORMED;
    const uint8_t *options = wire_bytes(wire, header_length - 20);
    if (!options)
        return PACKET_TRUNCATED;
    read_tcp_options(reply, wire_over(options, header_length - 20));
    reply->proto = PROTO_TCP;
    reply->kind = segment_kind(flags);
    reply->has_acknowledgement = (flags & ACK) != 0;
    reply->is_syn = (flags & (SYN | ACK | RST | FIN)) == SYN;
    return PACKET_OK;
}

static int read_udp(struct reply *reply, struct wire *wire)
{
    reply->port = wire_u16(wire);
    reply->source_port = wire_u16(wire);
    uint16_t length = wire_u16(wire);
    wire_skip(wire, 2); /* checksum */
    if (wire->failed)
        return PACKET_TRUNCATED;
    if (length < 8)
        return PACKET_MALFORMED;
    wire_limit(wire, length - 8u);
    reply->proto = PROTO_UDP;
    reply->kind = REPLY_UDP;
    reply->payload = wire->at;
    reply->payload_length = wire->left;
    return PACKET_OK;
}

/* Identifier and sequence number of an echo reply, behind type, code and checksum. */
static int read_echo(struct reply *reply, struct wire *wire)
{
    reply->source_port = wire_u16(wire);
    reply->port = wire_u16(wire);
    if (wire->failed)
        return PACKET_TRUNCATED;
    reply->kind = REPLY_ECHO;
    reply->payload = wire->at;
    reply->payload_length = wire->left;
    return PACKET_OK;
}

/* The 8 bytes of transport header that every ICMP error quotes (RFC 792). */
static int read_quoted_transport(struct reply *reply, struct wire *wire, uint8_t protocol)
{
    if (protocol != IP_TCP && protocol != IP_UDP)
        return PACKET_FOREIGN;
    reply->source_port = wire_u16(wire);
    reply->port = wire_u16(wire);
    if (protocol == IP_TCP) {
        reply->proto = PROTO_TCP;
        reply->quote.has_sequence = true;
        reply->quote.sequence = wire_u32(wire);
    } else {
        reply->proto = PROTO_UDP;
        reply->quote.udp_length = wire_u16(wire);
        reply->quote.udp_checksum = wire_u16(wire);
    }
    return wire->failed ? PACKET_TRUNCATED : PACKET_OK;
}

/* The packet that an ICMP error is about, behind type, code and checksum. */
static int read_error(struct reply *reply, struct wire *wire)
{
    wire_skip(wire, 4); /* unused, MTU or pointer */
    struct network quoted;
    int fault = read_network(&quoted, wire, false);
    if (fault != PACKET_OK)
        return fault;
    if (quoted.source.family != reply->from.family)
        return PACKET_MALFORMED;
    reply->kind = REPLY_ICMP_ERROR;
    reply->target = quoted.target;
    reply->prober = quoted.source;
    reply->quote = (struct quote){
        .ttl = quoted.ttl,
        .tos = quoted.tos,
        .ip_id = quoted.ip_id,
        .flow_label = quoted.flow_label,
    };
    return read_quoted_transport(reply, wire, quoted.protocol);
}

/* The ICMP messages that may answer a probe; all others are foreign. */
static const struct {
    uint8_t family, type;
    read_fn *read;
} icmp_messages[] = {
    {ADDR_IPV4, 0, read_echo},   /* RFC 792 */
    {ADDR_IPV4, 3, read_error},  /* destination unreachable */
    {ADDR_IPV4, 4, read_error},  /* source quench */
    {ADDR_IPV4, 11, read_error}, /* time exceeded */
    {ADDR_IPV4, 12, read_error}, /* parameter problem */
    {ADDR_IPV6, 1, read_error},  /* RFC 4443: destination unreachable */
    {ADDR_IPV6, 2, read_error},  /* packet too big */
    {ADDR_IPV6, 3, read_error},  /* time exceeded */
    {ADDR_IPV6, 4, read_error},  /* parameter problem */
    {ADDR_IPV6, 129, read_echo},
};

static int read_icmp(struct reply *reply, struct wire *wire)
{
    reply->icmp_type = wire_u8(wire);
    reply->icmp_code = wire_u8(wire);
    wire_skip(wire, 2); /* checksum */
    if (wire->failed)
        return PACKET_TRUNCATED;
    for (size_t i = 0; i < sizeof icmp_messages / sizeof *icmp_messages; i++) {
        if (icmp_messages[i].family == reply->from.family &&
            icmp_messages[i].type == reply->icmp_type)
            return icmp_messages[i].read(reply, wire);
    }
    return PACKET_FOREIGN;
}

static const struct {
    uint8_t family, protocol;
    read_fn *read;
} transports[] = {
    {ADDR_IPV4, IP_TCP, read_tcp},   {ADDR_IPV6, IP_TCP, read_tcp},
    {ADDR_IPV4, IP_UDP, read_udp},   {ADDR_IPV6, IP_UDP, read_udp},
    {ADDR_IPV4, IP_ICMP, read_icmp}, {ADDR_IPV6, IP_ICMPV6, read_icmp},
};

int packet_decode(struct reply *reply, const uint8_t *bytes, size_t length)
{
    struct wire wire = wire_over(bytes, length);
    struct network network;
    int fault = read_network(&network, &wire, true);
    if (fault != PACKET_OK)
        return fault;

    *reply = (struct reply){
        .from = network.source,
        .to = network.target,
        .target = network.source,
        .prober = network.target,
        .ttl = network.ttl,
        .tos = network.tos,
    };
    for (size_t i = 0; i < sizeof transports / sizeof *transports; i++) {
        if (transports[i].family == network.source.family &&
            transports[i].protocol == network.protocol)
            return transports[i].read(reply, &wire);
    }
    return PACKET_FOREIGN;
}
