/* The UDP probe library as data: what to say to a service so that it answers, and what a
 * true answer looks like. Read from YAML files (probes/library, --probes DIR) by
 * expect/probe_file.h; this module only holds and looks up. */
#ifndef PROBES_UDP_PROBE_H
#define PROBES_UDP_PROBE_H

#include "probes/portset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UDP_PAYLOAD_MAX = 1200, UDP_TRANSACTION_MAX = 16, UDP_MATCHERS_MAX = 16 };

/* Bytes that a true answer has at OFFSET, compared under MASK; a rule matches when every
 * matcher of it does. */
struct udp_matcher {
    uint16_t offset, length;
    uint8_t bytes[32], mask[32];
};

enum udp_transaction_place {
    UDP_TRANSACTION_NOWHERE = -1,
    UDP_TRANSACTION_ANYWHERE = -2, /* the place varies */
};

struct udp_probe {
    char *name;           /* "dns" */
    char *description;    /* "DNS: who answers for the root, without recursion" */
    struct portset ports; /* where the service usually lives */
    uint8_t *payload;     /* owned */
    uint16_t payload_length;
    uint16_t transaction_offset, transaction_length; /* bytes of the payload that a true
                                                        answer repeats; length 0: none */
    bool transaction_is_text;                        /* its bytes are characters, 0-9 and a-f */
    int32_t reply_transaction_offset;                /* where the answer repeats them, or one of
                                                        enum udp_transaction_place */
    struct udp_matcher *matchers;                    /* owned */
    size_t matcher_count;
    bool answers_from_other_port; /* the service picks another port to answer (TFTP) */
    bool never_answers;           /* the service is mute to strangers (syslog, VXLAN, …) */
    uint16_t answers_within_ms;   /* it may wait so long on purpose; 0: as usual */
    char *source;                 /* the specification that the payload comes from */
    char *effect; /* what the question leaves behind at a server; NULL: unsaid */
};

struct udp_library {
    struct udp_probe *probes; /* owned */
    size_t count, capacity;
    uint16_t *by_port; /* 65536 entries, 1-based index into probes, 0: none; owned */
};

void udp_library_free(struct udp_library *library);

/* Takes over *PROBE (and empties it). A probe of the same name replaces an earlier one.
 * Returns 0 or -ENOMEM (then *PROBE is untouched). */
int udp_library_add(struct udp_library *library, struct udp_probe *probe)
    __attribute__((warn_unused_result));
void udp_probe_free(struct udp_probe *probe); /* frees what it owns, not PROBE */

/* The probe for PORT that was added last, or NULL: then an empty datagram is sent. */
const struct udp_probe *udp_library_find(const struct udp_library *library, uint16_t port);

/* What else may be said to PORT (SNMPv2c where v3 is not answered): the one that was added
 * before PROBE, or NULL. */
const struct udp_probe *udp_library_next(const struct udp_library *library, uint16_t port,
                                         const struct udp_probe *probe);

/* Where several probes name a port, all are used in turn: the one for the try number TURN, from
 * 0 on, or NULL. And how many different questions these tries are; 1 where none is known. */
const struct udp_probe *udp_library_in_turn(const struct udp_library *library, uint16_t port,
                                            uint32_t turn);
unsigned udp_library_questions(const struct udp_library *library, uint16_t port);

/* How long the service at PORT may take to answer, on top of what the path takes, in
 * milliseconds: as the library (may be NULL) says, 750 at least; 0 where it never answers. */
unsigned udp_library_patience_ms(const struct udp_library *library, uint16_t port);

/* Makes transaction_length random bytes fit to be PROBE's transaction id, in place. */
void udp_probe_spell_transaction(const struct udp_probe *probe, uint8_t *transaction);

enum udp_match {
    UDP_MATCH_NONE,   /* not what the service would say: visible as "something else" */
    UDP_MATCH_SHAPE,  /* looks right; there is no transaction id to check */
    UDP_MATCH_PROVEN, /* repeats our transaction id */
};
/* Holds an answer against PROBE. TRANSACTION are the transaction_length bytes that were
 * sent. */
enum udp_match udp_probe_match(const struct udp_probe *probe, const uint8_t *transaction,
                               const uint8_t *answer, size_t length);

#endif
