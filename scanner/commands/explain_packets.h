/* The packets of a run as lines for a person: when, what, and what it proves. Anything may
 * come as a packet; what it means is told by tables. */
#ifndef SCANNER_COMMANDS_EXPLAIN_PACKETS_H
#define SCANNER_COMMANDS_EXPLAIN_PACKETS_H

#include "probes/probes.h"
#include "scanner/clock.h"

#include <stdio.h>

/* The forms in which probes go out. */
enum sent_form {
    SENT_SYN,
    SENT_SYN_MD5,
    SENT_SYN_BAD_OFFSET,
    SENT_UDP,
    SENT_UDP_BAD_LENGTH,
    SENT_ECHO,
    SENT_FORM_COUNT,
};

/* A probe that went out, to be found again by the ports of its answer, or by its sequence
 * number where an error quotes another place than it went to. */
struct sent_probe {
    enum sent_form form;
    uint16_t source_port, port; /* echo: identifier and sequence number */
    uint32_t sequence;          /* TCP */
    struct addr target;
};

enum { SENT_KEPT = 1024 };

struct explain_packets {
    FILE *out;
    const struct responder_key *key; /* of the responder that is asked; NULL: none is */
    bool knows_port;
    uint16_t port; /* the one in question, to which the first probe goes unless KNOWS_PORT is
                      set before; others are decoys, or stand beside it for a responder */
    nsec_t started;
    uint8_t echo_ttl; /* of the latest echo reply; 0: none */
    size_t sent_count;
    struct sent_probe sent[SENT_KEPT]; /* the latest, in a ring */
};

/* Writes a line or two; a drive_packet_fn, with a struct explain_packets as its context. */
void explain_packet(void *context, nsec_t at, bool sent, const uint8_t *bytes, size_t length);

/* The beginning of a line: when that was, since the first packet. */
void explain_print_time(struct explain_packets *packets, nsec_t at);

/* What REPLY to a tagged probe of a responder with this KEY proves. */
const char *explain_tagged_proof(const struct responder_key *key, const struct reply *reply);
/* What REPLY to another probe of FORM proves. */
const char *explain_proof(enum sent_form form, const struct reply *reply);

#endif
