/* Packets read and built for the simulated hosts, byte by byte.
 *
 * Written apart from probes/packet.h and probes/template.h and sharing nothing with them,
 * so that a misreading of a header format shows as a disagreement. It is strict: probes
 * must be right down to their lengths and checksums. */
#ifndef SIMULATOR_CODEC_H
#define SIMULATOR_CODEC_H

#include "probes/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { /* IANA protocol numbers */
       SIM_ICMP = 1,
       SIM_TCP = 6,
       SIM_UDP = 17,
       SIM_ICMPV6 = 58,
};

enum { /* TCP flags, RFC 9293, section 3.1 */
       SIM_SYN = 0x02,
       SIM_RST = 0x04,
       SIM_ACK = 0x10,
};

/* A packet as a host sees it. */
struct sim_probe {
    uint8_t *bytes;
    size_t length, transport; /* of the whole; where the transport header begins */
    struct addr source, target;
    uint8_t tos, ttl;
    uint8_t protocol;           /* SIM_ICMP, SIM_TCP, … */
    uint16_t source_port, port; /* echo: identifier and sequence number */
    uint32_t sequence, acknowledgement;
    uint8_t flags;
    bool md5;            /* TCP: has an MD5 option */
    bool bad_offset;     /* TCP: its data offset points behind the packet */
    int32_t data_length; /* TCP: as its data offset has it, even if that lies */
    bool bad_length;     /* UDP: its length field is not the payload's */
    uint8_t icmp_type;
    uint8_t *payload;
    size_t payload_length;
    bool checksums_right; /* UDP: over the real length */
};

/* Reads BYTES, which *PROBE goes on pointing to. -1: a length or a header is wrong. */
int sim_probe_read(struct sim_probe *probe, uint8_t *bytes, size_t length)
    __attribute__((warn_unused_result));

/* What HOPS routers do to a packet: its TTL goes down and, if CLEAR_DSCP, its DSCP is 0
 * at the end. The packet must be well-formed and its TTL above HOPS. */
void sim_probe_travel(struct sim_probe *probe, uint8_t hops, bool clear_dscp);

/* What a NAT does to a packet: it goes to ADDRESS and, unless 0, to PORT instead. What the
 * fields of *PROBE say stays. */
void sim_probe_send_on(struct sim_probe *probe, const struct addr *address, uint16_t port);

/* Sets the six bits of a packet's DSCP to 0, as some networks do at their border. */
void sim_clear_dscp(uint8_t *packet);

/* The IP header of an answer. */
struct sim_header {
    const struct addr *from, *to;
    uint8_t ttl, tos;
    uint16_t id;        /* IPv4 */
    bool dont_fragment; /* IPv4 */
};

struct sim_segment {
    uint16_t from_port, to_port;
    uint32_t sequence, acknowledgement;
    uint8_t flags;
    uint16_t window;
    const uint8_t *options; /* a multiple of 4 bytes, 40 at most */
    size_t options_length;
};

struct sim_message {
    uint8_t type, code;
    uint32_t word; /* the four bytes after the checksum */
    const uint8_t *body;
    size_t body_length;
};

/* Each builds a packet of at most SIM_PACKET_MAX bytes into PACKET and returns its length;
 * what is too long for it is cut. */
size_t sim_write_tcp(uint8_t *packet, const struct sim_header *header,
                     const struct sim_segment *segment);
size_t sim_write_udp(uint8_t *packet, const struct sim_header *header, uint16_t from_port,
                     uint16_t to_port, const uint8_t *payload, size_t length);
size_t sim_write_icmp(uint8_t *packet, const struct sim_header *header,
                      const struct sim_message *message);

/* Computes the transport checksum of a packet that one of these built, after a change. */
void sim_finish_checksum(uint8_t *packet, size_t length);

/* Leaves only the pseudo-header's sum in a TCP or UDP checksum, as offloading does. */
void sim_unfinish_checksum(uint8_t *packet, size_t length);

#endif
