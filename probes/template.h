/* Probes as bytes: a packet is built once by libnet for each family, protocol and
 * payload; for each probe only addresses, ports, sequence and ids are patched and the
 * checksums adjusted (RFC 1624). Out come IP packets without a link layer. It knows no
 * sockets and no clock. */
#ifndef PROBES_TEMPLATE_H
#define PROBES_TEMPLATE_H

#include "probes/addr.h"
#include "probes/cookie.h"
#include "probes/error.h"
#include "probes/state.h"

#include <stddef.h>
#include <stdint.h>

/* The largest packet that a probe can be: IPv6 minimum MTU (RFC 8200, section 5). */
enum { PACKET_SIZE_MAX = 1280 };

/* DSCP 3. Linux copies a SYN's DSCP into its RST, netfilter's reject does not. The value is one
 * of those for local use (RFC 2474, section 6): a network that marks all packets marks them
 * with a class, which must not look like a copy. */
enum { PROBE_TOS = 0x0c };

/* How far behind its end TEMPLATE_SYN_BAD_OFFSET points, in bytes. netfilter's RST to it
 * acknowledges so many bytes less than a SYN has. */
enum { BAD_OFFSET_EXCESS = 36 };

/* The TTL or hop limit that probes leave with. */
enum { PROBE_TTL = 64 };

enum template_kind {
    TEMPLATE_SYN,            /* TCP SYN with an MSS option */
    TEMPLATE_SYN_MD5,        /* its twin with an MD5 option (RFC 2385): Linux drops it */
    TEMPLATE_SYN_BAD_OFFSET, /* its twin whose data offset is wrong: every stack drops it */
    TEMPLATE_SYN_SIGNED,     /* TCP SYN with MSS, timestamp (RFC 7323) and an MD5 option whose
                                digest is ours; see signature.h */
    TEMPLATE_SYN_ACK,        /* TCP SYN-ACK with a timestamp and no other option: no longer
                                than any SYN with one */
    TEMPLATE_UDP,            /* UDP with a payload */
    TEMPLATE_UDP_BAD_LENGTH, /* its twin whose UDP length is wrong: every stack drops it */
    TEMPLATE_ECHO, /* ICMP or ICMPv6 echo request; its data is the cookie's sequence */
};

struct template;

/* Builds a template. PAYLOAD is copied (UDP only; at most 1200 bytes). NULL and *ERROR
 * when libnet refuses or memory is short. */
struct template *template_new(enum addr_family family, enum template_kind kind,
                              const void *payload, size_t payload_length, struct error *error);
void template_free(struct template *template);

size_t template_length(const struct template *template); /* of the whole packet */

/* What else a segment with a timestamp carries. */
struct stamp_fields {
    uint32_t acknowledgement; /* SYN-ACK */
    uint32_t timestamp, echo;
    const uint8_t *digest; /* signed SYN: 16 bytes */
};

/* What changes from probe to probe. */
struct probe_fields {
    const struct addr *source, *target;
    uint16_t source_port, port; /* echo: identifier and sequence number */
    struct cookie cookie;
    /* UDP: the transaction id, patched over the payload at this place */
    const uint8_t *transaction;
    uint16_t transaction_offset, transaction_length; /* length 0: none */
    struct stamp_fields stamp;                       /* TEMPLATE_SYN_SIGNED, TEMPLATE_SYN_ACK */
};

/* Writes the finished packet, checksums right, into PACKET (room for PACKET_SIZE_MAX) and
 * returns its length. No allocation. */
size_t template_write(const struct template *template, const struct probe_fields *fields,
                      uint8_t *packet);

#endif
