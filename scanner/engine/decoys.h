/* Decoys: SYNs to random high ports of a host that has an open one. Where all of them are
 * answered by SYN-ACKs, something in front answers everything (a SYN proxy, a tarpit), and an
 * open port means nothing. Nobody can tell that from a host on which so many ports really are
 * open, which is treated likewise. Until one of them was refused, or is silent for certain, an
 * open port means nothing either.
 *
 * They go out as soon as something is open, between the other probes, in rounds: the first
 * alone, for its refusal settles the question for nearly every host, then all that have not
 * answered, and beside them a probe to a port that is known to send SYN-ACKs: their silence
 * counts only in a round in which that one answered. Private to the engine's files, and to
 * those that doubt an open port without the engine (connect/). */
#ifndef SCANNER_DECOYS_H
#define SCANNER_DECOYS_H

#include "scanner/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct portset;

enum { DECOYS = 3, DECOY_PORT_LEAST = 20000 };

struct decoy {
    uint16_t port;
    uint8_t asked;  /* tries of which nothing is known yet */
    uint8_t proofs; /* tries whose silence counts */
    bool answered;  /* by SYN-ACK */
    bool due;       /* still to be sent in this round */
};

struct decoys {
    struct decoy each[DECOYS];
    bool chosen;
    bool supported;   /* one has answered by SYN-ACK */
    bool refuted;     /* one was refused */
    bool silent;      /* one is silent, or all are */
    bool unsent;      /* a probe of this round did not leave this machine */
    bool witness_due; /* as a decoy's due */
    bool witnessed;   /* a probe that was sent in this round drew the SYN-ACK it should */
    uint8_t rounds;   /* that were begun: none, one, or more */
    uint8_t counted;  /* rounds whose silence counts */
    uint8_t voids;    /* rounds whose silence does not, */
    uint8_t void_run; /* and those of them one after the other up to now */
    uint8_t lapse;    /* enum reason: why they will never tell; REASON_NONE: they may, or did */
    nsec_t due;       /* when the next one is to be sent, or the round is over */
    nsec_t began;     /* the round under way */
    nsec_t patience;  /* the least that a round lasts */
};

/* A high port that is none of DECLARED, which rules name one by one: those may well be open.
 * DECLARED may be NULL. 0: none was found. */
uint16_t decoys_draw_port(const struct portset *declared, uint64_t *random);

/* Silence to so many tries: of one decoy where others have answered, of all taken together
 * where none has, for all of these would have been lost. */
struct decoys_silence {
    unsigned tries, rounds; /* in so many rounds */
    unsigned voids;         /* rounds beside these, whose silence does not count */
    bool answered;          /* others have */
};

/* Whether it is certain: UPPER is the bound on the loss, MISS the chance that is accepted. */
bool decoys_silence_is_certain(const struct decoys_silence *silence, double upper, double miss);

#endif
