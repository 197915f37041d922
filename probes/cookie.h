/* What makes an answer ours: fields of every probe are a keyed hash of where it goes.
 *
 * Each run draws one key. The TCP sequence number, the IPv4 identification, the IPv6 flow
 * label, the source port and UDP transaction ids all come from SipHash-2-4 (libsodium) of
 * addresses and ports, so that nobody off the path can forge an answer, and nothing has
 * to be remembered per probe. It holds no state but the key. */
#ifndef PROBES_COOKIE_H
#define PROBES_COOKIE_H

#include "probes/addr.h"
#include "probes/state.h"

#include <stdint.h>

struct cookie_key {
    uint8_t bytes[16];
};

/* A probe's flow: everything that an answer, or an ICMP quote of 8 bytes, repeats. The
 * scope of an address is no part of it: packets do not carry one. */
struct flow {
    enum proto proto;
    uint16_t source_port; /* ours */
    uint16_t port;        /* the target's */
    const struct addr *source, *target;
};

/* What a probe carries of it. */
struct cookie {
    uint32_t sequence;   /* TCP sequence number, echo data; also seeds UDP transaction ids */
    uint16_t ip_id;      /* IPv4 identification; never 0 */
    uint32_t flow_label; /* IPv6, 20 bits; never 0 */
};

/* Draws a key from the kernel (getrandom). */
void cookie_key_draw(struct cookie_key *key);
/* The key that belongs to a seed: the same seed gives the same key. For tests and --seed. */
void cookie_key_from_seed(struct cookie_key *key, uint64_t seed);

/* TRY counts from 1. */
struct cookie cookie_make(const struct cookie_key *key, const struct flow *flow, unsigned try);

/* Which of COUNT source ports a probe to PORT of TARGET uses: 0 to COUNT-1. Each TRY takes
 * another one, so that a connection which an earlier try left half open cannot answer in
 * place of the port; on UDP the source port so is part of the secret. */
uint16_t cookie_source_index(const struct cookie_key *key, enum proto proto,
                             const struct addr *target, uint16_t port, unsigned try,
                             uint16_t count);
#endif
