/* Received bytes to a reply: decoding with a check of every length, and nothing else.
 *
 * Takes an IP packet as it came, complete or cut by the snap length, and gives the fields
 * by which a reply can be matched to a probe and judged. It does not know our probes:
 * whether a reply is ours is decided by whoever holds the key. Checksums are not
 * verified, because offloading leaves them unfinished on virtual links; what guards a
 * reply is its cookie. */
#ifndef PROBES_PACKET_H
#define PROBES_PACKET_H

#include "probes/addr.h"
#include "probes/forwarding.h"
#include "probes/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reply_kind {
    REPLY_SYN_ACK,
    REPLY_RESET,
    REPLY_TCP_OTHER, /* any other segment: counted, never believed */
    REPLY_UDP,
    REPLY_ECHO,       /* echo reply */
    REPLY_ICMP_ERROR, /* quotes the packet that it is about */
};

/* A header quoted in an ICMP error (RFC 792: IP header and 8 bytes at least). */
struct quote {
    uint8_t ttl, tos;    /* as the packet had them where the error was made */
    uint16_t ip_id;      /* IPv4 */
    uint32_t flow_label; /* IPv6 */
    bool has_sequence;   /* TCP: the sequence number was quoted */
    uint32_t sequence;
    uint16_t udp_length, udp_checksum; /* UDP */
};

struct reply {
    enum reply_kind kind;
    enum proto proto;     /* of the probe that it answers; echo: PROTO_TCP, unused */
    struct addr from, to; /* outer addresses of the packet */
    struct addr target;   /* whom the probe went to: FROM, or the quoted destination */
    struct addr prober;   /* who sent the probe: TO, or the quoted source */
    uint16_t port;        /* at the target; echo: sequence number */
    uint16_t source_port; /* at the prober; echo: identifier */
    uint8_t ttl, tos;     /* of the outer header */
    uint32_t sequence, acknowledgement; /* TCP */
    bool has_acknowledgement;           /* TCP: the ACK flag is set */
    bool is_syn;                        /* TCP: SYN, and neither ACK, RST nor FIN */
    bool has_timestamp;                 /* TCP: there is a timestamp option (RFC 7323) */
    uint32_t timestamp, timestamp_echo;
    const uint8_t *digest; /* TCP: the 16 bytes of an MD5 option (RFC 2385), into the packet;
                              NULL: there is none */
    uint8_t icmp_type, icmp_code;
    struct quote quote;     /* REPLY_ICMP_ERROR */
    const uint8_t *payload; /* UDP or echo: into the packet */
    size_t payload_length;  /* what was captured of it */

    /* Not decoded, but set by who proves that a quote with another TARGET or PORT is of a
     * probe, along with these two. */
    struct forwarding forwarded;
};

/* Why a packet is no reply. */
enum packet_fault {
    PACKET_OK = 0,
    PACKET_TRUNCATED = -1, /* a header does not fit into the bytes that are there */
    PACKET_MALFORMED = -2, /* a header contradicts itself */
    PACKET_FOREIGN = -3,   /* well-formed, but nothing that answers a probe */
    PACKET_FRAGMENT = -4,  /* a later fragment */
};

/* Decodes the IP packet BYTES[0..LENGTH). Returns PACKET_OK and fills *REPLY, or another
 * enum packet_fault; then *REPLY is unspecified. Never reads outside of BYTES. */
int packet_decode(struct reply *reply, const uint8_t *bytes, size_t length)
    __attribute__((warn_unused_result));

/* Finds the IP packet inside a captured frame. LINKTYPE is a libpcap DLT_ value: Ethernet
 * (with 802.1Q and 802.1ad tags), raw IP, Linux cooked v1 and v2, BSD null and loop.
 * Returns PACKET_OK, PACKET_TRUNCATED or PACKET_FOREIGN. */
int packet_skip_link(int linktype, const uint8_t **bytes, size_t *length)
    __attribute__((warn_unused_result));

#endif
