#include "tests/simulator/codec.h"

#include "tests/simulator/simulator.h"

#include <string.h>

enum {
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    TCP_HEADER = 20,
    UDP_HEADER = 8,
    ICMP_HEADER = 8,
    TCP_OPTION_END = 0,
    TCP_OPTION_NOP = 1,
    TCP_OPTION_MD5 = 19, /* RFC 2385 */
    ECN_BITS = 3,
    ECHO_REQUEST = 8,
    ECHO_REQUEST_V6 = 128,
};

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, (uint16_t)(value >> 16));
    put16(at + 2, (uint16_t)value);
}

/* Internet checksum, RFC 1071: sums that can be added up, then folded. */
static uint32_t sum_bytes(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < length; i += 2)
        sum += get16(bytes + i);
    return length % 2 == 1 ? sum + ((uint32_t)bytes[length - 1] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum > UINT16_MAX)
        sum = (sum & UINT16_MAX) + (sum >> 16);
    return (uint16_t)sum;
}

static size_t ip_header_length(const uint8_t *packet)
{
    return packet[0] >> 4 == 4 ? (size_t)(packet[0] & 15) * 4 : IPV6_HEADER;
}

/* Of the source and destination address, the protocol and the length of what follows. */
static uint32_t sum_pseudo_header(const uint8_t *packet, size_t length)
{
    size_t addresses = packet[0] >> 4 == 4 ? 12 : 8, width = packet[0] >> 4 == 4 ? 8 : 32;
    uint8_t protocol = packet[0] >> 4 == 4 ? packet[9] : packet[6];
    uint32_t rest = (uint32_t)(length - ip_header_length(packet));
    return sum_bytes(packet + addresses, width) + protocol + rest;
}

/* ICMPv4 has no pseudo-header. */
static uint16_t transport_sum(const uint8_t *packet, size_t length)
{
    size_t header = ip_header_length(packet);
    bool bare = packet[0] >> 4 == 4 && packet[9] == SIM_ICMP;
    uint32_t sum = sum_bytes(packet + header, length - header);
    return fold(bare ? sum : sum + sum_pseudo_header(packet, length));
}

static int read_ip(struct sim_probe *probe)
{
    const uint8_t *ip = probe->bytes;
    if (probe->length >= IPV4_HEADER && ip[0] >> 4 == 4) {
        probe->transport = ip_header_length(ip);
        if (probe->transport < IPV4_HEADER || probe->transport > probe->length ||
            get16(ip + 2) != probe->length || (get16(ip + 6) & 0x3fff) != 0)
            return -1;
        probe->tos = ip[1];
        probe->ttl = ip[8];
        probe->protocol = ip[9];
        probe->source = addr_ipv4(ip + 12);
        probe->target = addr_ipv4(ip + 16);
        probe->checksums_right = fold(sum_bytes(ip, probe->transport)) == UINT16_MAX;
        return 0;
    }
    if (probe->length < IPV6_HEADER || ip[0] >> 4 != 6 ||
        get16(ip + 4) != probe->length - IPV6_HEADER)
        return -1;
    probe->transport = IPV6_HEADER;
    probe->tos = (uint8_t)(get16(ip) >> 4);
    probe->ttl = ip[7];
    probe->protocol = ip[6];
    probe->source = addr_ipv6(ip + 8);
    probe->target = addr_ipv6(ip + 24);
    probe->checksums_right = true;
    return 0;
}

static int read_tcp_options(struct sim_probe *probe, const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at != TCP_OPTION_END) {
        if (*at == TCP_OPTION_NOP) {
            at++;
            continue;
        }
        if (end - at < 2 || at[1] < 2 || at[1] > end - at)
            return -1;
        probe->md5 = probe->md5 || at[0] == TCP_OPTION_MD5;
        at += at[1];
    }
    return 0;
}

static int read_tcp(struct sim_probe *probe, uint8_t *tcp, size_t left)
{
    if (left < TCP_HEADER)
        return -1;
    size_t header = (size_t)(tcp[12] >> 4) * 4;
    if (header < TCP_HEADER)
        return -1;
    probe->source_port = get16(tcp);
    probe->port = get16(tcp + 2);
    probe->sequence = get32(tcp + 4);
    probe->acknowledgement = get32(tcp + 8);
    probe->flags = tcp[13];
    probe->data_length = (int32_t)left - (int32_t)header;
    probe->bad_offset = header > left;
    if (probe->bad_offset)
        return 0;
    probe->payload = tcp + header;
    probe->payload_length = left - header;
    return read_tcp_options(probe, tcp + TCP_HEADER, tcp + header);
}

static int read_udp(struct sim_probe *probe, uint8_t *udp, size_t left)
{
    if (left < UDP_HEADER)
        return -1;
    probe->source_port = get16(udp);
    probe->port = get16(udp + 2);
    probe->bad_length = get16(udp + 4) != left;
    probe->payload = udp + UDP_HEADER;
    probe->payload_length = left - UDP_HEADER;
    return 0;
}

static int read_echo(struct sim_probe *probe, uint8_t *icmp, size_t left)
{
    uint8_t request = probe->protocol == SIM_ICMP ? ECHO_REQUEST : ECHO_REQUEST_V6;
    if (left < ICMP_HEADER || icmp[0] != request || icmp[1] != 0)
        return -1;
    probe->icmp_type = icmp[0];
    probe->source_port = get16(icmp + 4);
    probe->port = get16(icmp + 6);
    probe->payload = icmp + ICMP_HEADER;
    probe->payload_length = left - ICMP_HEADER;
    return 0;
}

static int read_transport(struct sim_probe *probe)
{
    uint8_t *bytes = probe->bytes + probe->transport;
    size_t left = probe->length - probe->transport;
    bool is_v4 = probe->source.family == ADDR_IPV4;
    if (probe->protocol == SIM_TCP)
        return read_tcp(probe, bytes, left);
    if (probe->protocol == SIM_UDP)
        return read_udp(probe, bytes, left);
    if (probe->protocol == (is_v4 ? SIM_ICMP : SIM_ICMPV6))
        return read_echo(probe, bytes, left);
    return -1;
}

int sim_probe_read(struct sim_probe *probe, uint8_t *bytes, size_t length)
{
    *probe = (struct sim_probe){.bytes = bytes, .length = length};
    if (read_ip(probe) < 0 || read_transport(probe) < 0)
        return -1;
    if (transport_sum(bytes, length) != UINT16_MAX)
        probe->checksums_right = false;
    return 0;
}

static void finish_ipv4_header(uint8_t *packet)
{
    put16(packet + 10, 0);
    put16(packet + 10, (uint16_t)~fold(sum_bytes(packet, ip_header_length(packet))));
}

void sim_clear_dscp(uint8_t *packet)
{
    if (packet[0] >> 4 == 4) {
        packet[1] &= ECN_BITS;
        finish_ipv4_header(packet);
        return;
    }
    packet[0] &= 0xf0;
    packet[1] &= ECN_BITS << 4 | 0x0f;
}

void sim_probe_travel(struct sim_probe *probe, uint8_t hops, bool clear_dscp)
{
    uint8_t *ip = probe->bytes;
    bool v6 = probe->source.family == ADDR_IPV6;
    probe->ttl = ip[v6 ? 7 : 8] = (uint8_t)(probe->ttl - hops);
    if (!v6)
        finish_ipv4_header(ip);
    if (!clear_dscp)
        return;
    sim_clear_dscp(ip);
    probe->tos &= ECN_BITS;
}

void sim_probe_send_on(struct sim_probe *probe, const struct addr *address, uint16_t port)
{
    bool v6 = probe->source.family == ADDR_IPV6;
    memcpy(probe->bytes + (v6 ? 24 : 16), address->bytes, addr_length(address));
    if (port != 0)
        put16(probe->bytes + probe->transport + 2, port);
    if (!v6)
        finish_ipv4_header(probe->bytes);
    sim_finish_checksum(probe->bytes, probe->length);
}

/* Writes the IP header in front of LENGTH bytes; returns where those begin. */
static uint8_t *write_ip(uint8_t *packet, const struct sim_header *header, uint8_t protocol,
                         size_t length)
{
    if (header->to->family == ADDR_IPV6) {
        memset(packet, 0, IPV6_HEADER);
        put16(packet, (uint16_t)(6 << 12 | header->tos << 4));
        put16(packet + 4, (uint16_t)length);
        packet[6] = protocol;
        packet[7] = header->ttl;
        memcpy(packet + 8, header->from->bytes, 16);
        memcpy(packet + 24, header->to->bytes, 16);
        return packet + IPV6_HEADER;
    }
    memset(packet, 0, IPV4_HEADER);
    packet[0] = 4 << 4 | IPV4_HEADER / 4;
    packet[1] = header->tos;
    put16(packet + 2, (uint16_t)(IPV4_HEADER + length));
    put16(packet + 4, header->id);
    put16(packet + 6, header->dont_fragment ? 0x4000 : 0);
    packet[8] = header->ttl;
    packet[9] = protocol;
    memcpy(packet + 12, header->from->bytes, 4);
    memcpy(packet + 16, header->to->bytes, 4);
    finish_ipv4_header(packet);
    return packet + IPV4_HEADER;
}

static size_t room_for_payload(const struct sim_header *header, size_t wanted)
{
    size_t ip = header->to->family == ADDR_IPV6 ? IPV6_HEADER : IPV4_HEADER;
    size_t room = SIM_PACKET_MAX - ip - UDP_HEADER;
    return wanted < room ? wanted : room;
}

size_t sim_write_tcp(uint8_t *packet, const struct sim_header *header,
                     const struct sim_segment *segment)
{
    size_t length = TCP_HEADER + segment->options_length;
    uint8_t *tcp = write_ip(packet, header, SIM_TCP, length);
    memset(tcp, 0, length);
    put16(tcp, segment->from_port);
    put16(tcp + 2, segment->to_port);
    put32(tcp + 4, segment->sequence);
    put32(tcp + 8, segment->acknowledgement);
    tcp[12] = (uint8_t)(length / 4 << 4);
    tcp[13] = segment->flags;
    put16(tcp + 14, segment->window);
    if (segment->options_length > 0)
        memcpy(tcp + TCP_HEADER, segment->options, segment->options_length);
    size_t total = (size_t)(tcp - packet) + length;
    sim_finish_checksum(packet, total);
    return total;
}

size_t sim_write_udp(uint8_t *packet, const struct sim_header *header, uint16_t from_port,
                     uint16_t to_port, const uint8_t *payload, size_t length)
{
    length = room_for_payload(header, length);
    uint8_t *udp = write_ip(packet, header, SIM_UDP, UDP_HEADER + length);
    put16(udp, from_port);
    put16(udp + 2, to_port);
    put16(udp + 4, (uint16_t)(UDP_HEADER + length));
    if (length > 0)
        memcpy(udp + UDP_HEADER, payload, length);
    size_t total = (size_t)(udp - packet) + UDP_HEADER + length;
    sim_finish_checksum(packet, total);
    return total;
}

size_t sim_write_icmp(uint8_t *packet, const struct sim_header *header,
                      const struct sim_message *message)
{
    size_t length = room_for_payload(header, message->body_length);
    uint8_t protocol = header->to->family == ADDR_IPV6 ? SIM_ICMPV6 : SIM_ICMP;
    uint8_t *icmp = write_ip(packet, header, protocol, ICMP_HEADER + length);
    icmp[0] = message->type;
    icmp[1] = message->code;
    put32(icmp + 4, message->word);
    if (length > 0)
        memcpy(icmp + ICMP_HEADER, message->body, length);
    size_t total = (size_t)(icmp - packet) + ICMP_HEADER + length;
    sim_finish_checksum(packet, total);
    return total;
}

/* Where the transport checksum stands. */
static uint8_t *checksum_of(uint8_t *packet, uint8_t protocol)
{
    size_t offset = protocol == SIM_TCP ? 16 : protocol == SIM_UDP ? 6 : 2;
    return packet + ip_header_length(packet) + offset;
}

void sim_finish_checksum(uint8_t *packet, size_t length)
{
    uint8_t protocol = packet[0] >> 4 == 4 ? packet[9] : packet[6];
    uint8_t *field = checksum_of(packet, protocol);
    put16(field, 0);
    uint16_t sum = (uint16_t)~transport_sum(packet, length);
    if (sum == 0 && protocol == SIM_UDP)
        sum = UINT16_MAX; /* 0 would mean that there is none (RFC 768) */
    put16(field, sum);
}

void sim_unfinish_checksum(uint8_t *packet, size_t length)
{
    uint8_t protocol = packet[0] >> 4 == 4 ? packet[9] : packet[6];
    if (protocol == SIM_TCP || protocol == SIM_UDP)
        put16(checksum_of(packet, protocol), fold(sum_pseudo_header(packet, length)));
}
