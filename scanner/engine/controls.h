/* Control probes of one host: probes to what is known to answer, sent between the others
 * so that loss and round-trip time are measured on the path and at the time of the audit.
 *
 * Also kept here: probes to a port known to be rejected by ICMP, whose answer shows that
 * the rejecting side still had a token to answer with, and malformed twins. */
#ifndef SCANNER_CONTROLS_H
#define SCANNER_CONTROLS_H

#include "probes/addr.h"
#include "scanner/clock.h"
#include "scanner/engine/loss.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Instead of a slot: ICMP echo. */
#define CONTROL_SLOT_ECHO UINT32_MAX

enum control_kind {
    CONTROL_COMPANION, /* among the probes of a batch: the loss that it meets is theirs */
    CONTROL_BEACON,    /* among the probes to other hosts; see beacons.c */
    CONTROL_CLOSER,    /* after a batch: shows that the host still answers */
    CONTROL_HAIL,      /* an echo request to a host that has not answered yet */
    CONTROL_TOKEN,     /* asks whether an ICMP limiter has tokens left */
    CONTROL_TWIN,      /* malformed twin */
    CONTROL_DECOY,     /* to a port that nobody would open; see decoys.h */
    CONTROL_RECALL,    /* to a port that has answered; see refusals.c */
};

enum control_fate {
    CONTROL_PENDING,
    CONTROL_RETURNED,
    CONTROL_LOST,
};

struct control {
    nsec_t sent_at;
    uint32_t slot;
    uint32_t number;   /* from 1 on, without a gap */
    uint32_t try;      /* for the cookie */
    uint32_t epoch;    /* of the pace, when it was sent; 0: it tells nothing of the path */
    uint32_t sequence; /* TCP: its sequence number; echo: identifier and sequence */
    uint8_t kind, fate;
    uint8_t form;    /* enum probe_form */
    uint8_t answer;  /* enum witness_kind that is expected */
    uint8_t subject; /* candidate, token source or signature that it belongs to */
    uint8_t turn;    /* UDP: which question is asked again */
};

/* Kinds of answers, which may be limited each in its own way (BSD allows 200 RSTs a second):
 * loss is measured for each kind that the host gives. */
enum witness_kind {
    WITNESS_SYN_ACK,
    WITNESS_RESET,       /* with our DSCP: Linux' own */
    WITNESS_PLAIN_RESET, /* without: a firewall's, or another stack's */
    WITNESS_ECHO,        /* this and the next serve only where there is no other */
    WITNESS_UDP,
    WITNESS_KINDS,
    WITNESS_NONE = WITNESS_KINDS,
};

/* Something that answers, and may be probed again. */
struct witness {
    uint32_t slot;
    uint8_t kind;   /* enum witness_kind */
    uint8_t streak; /* controls lost one after the other */
    uint8_t turn;   /* UDP: the question that it answered */
    bool spared;    /* asked only where there is no other of its kind */
    uint32_t asked; /* controls sent */
};

/* Somebody who rejects by ICMP: such answers are limited as a rule (RFC 1812, 4.3.2.8). */
struct token_source {
    struct addr by;
    uint32_t slot;
    nsec_t asked_at;      /* when the latest request of this batch was sent */
    uint8_t asks, grants; /* of this batch */
    struct loss spots;    /* requests among the probes of batches; see spots.c */
    nsec_t first_at;      /* its first answer to a probe, */
    uint32_t answers;     /* and how many it gave */
    nsec_t burst_at;      /* the first of those that came together lately, */
    uint8_t burst, depth; /* how many these are, and the most that ever were */
};

/* The longest time that all controls were lost, of at least BURST_LEAST in a row: fewer are
 * what independent loss looks like. */
struct burst {
    nsec_t longest;
    nsec_t first, last; /* of the run under way */
    uint32_t run;       /* controls lost in a row */
};
enum { BURST_LEAST = 4 };

enum { WITNESSES_MOST = 8, WITNESSES_PER_KIND = 2, TOKEN_SOURCES_MOST = 4 };

struct controls {
    uint8_t witness_count, source_count;
    uint32_t left;           /* controls still to be sent in this rest */
    nsec_t next_at;          /* when the next one is due while resting; NSEC_NEVER: none */
    nsec_t returned_sent_at; /* when the latest returned control had been sent; 0: none */
    struct witness witnesses[WITNESSES_MOST];
    uint32_t turn;                    /* of controls_choose() */
    struct loss loss[WITNESS_KINDS];  /* of companions, and of ports that answered */
    struct loss batch[WITNESS_KINDS]; /* the same since controls_begin_batch() */
    struct control *queue;            /* in the order of sending */
    size_t head, count, capacity;
    size_t expired;       /* controls from the head on that are pending no more */
    size_t reviewed;      /* controls from the head on whose fate has been looked at */
    uint32_t last_number; /* the latest control's */
    struct burst burst;
    struct token_source sources[TOKEN_SOURCES_MOST];
};

void controls_free(struct controls *controls);

/* Notes that something answers, UDP the question TURN; WITNESS_NONE is passed over. */
void controls_add_witness(struct controls *controls, uint32_t slot, enum witness_kind kind,
                          uint8_t turn);
/* Firewalls count the connections to SLOT: others are asked in its place where there are any.
 */
void controls_spare_witness(struct controls *controls, uint32_t slot);
/* Takes back what was noted of an ICMP source. */
void controls_drop_source(struct controls *controls, const struct addr *by);
/* Notes an ICMP rejection. */
void controls_add_source(struct controls *controls, const struct addr *by, uint32_t slot);

bool controls_have_witness(const struct controls *controls);

/* How many kinds of answers companions ask for. */
uint32_t controls_kinds(const struct controls *controls);

/* How many controls in a row a witness that is still asked has left unanswered, at most. */
unsigned controls_longest_streak(const struct controls *controls);

/* Chooses the witness for the next control, each kind in its turn; -1: there is none. */
int controls_choose(struct controls *controls);

/* The same among witnesses of KIND, by taking turns. */
int controls_choose_of(const struct controls *controls, enum witness_kind kind);

/* A port gave an answer of this kind after so many PROOFS of its silence: each was a loss.
 * The first does not count, nor do answers to first tries: it is why the port is looked at,
 * and would make half of all samples losses. */
void controls_count_answer(struct controls *controls, enum witness_kind kind, unsigned proofs);

/* Of the kinds of answers that companions ask for, the one that is lost most, by its upper
 * bound; the bound is 1 without any samples. */
double controls_upper(const struct controls *controls, struct loss *worst);

/* Records a control that is about to be sent and returns it, valid until the next call;
 * NULL: no memory. */
struct control *controls_push(struct controls *controls, enum control_kind kind, uint32_t slot,
                              uint8_t subject, nsec_t now);

/* The latest control to SLOT with this sequence number, or NULL. */
struct control *controls_match(struct controls *controls, uint32_t slot, uint32_t sequence);

/* Walks the controls to SLOT from the latest to the oldest: *INDEX starts at 0 and is
 * moved on; NULL at the end. */
struct control *controls_walk(struct controls *controls, uint32_t slot, size_t *index);

/* An answer to CONTROL came. False when it had been answered before, or counts as lost. */
bool controls_return(struct controls *controls, struct control *control);

/* The answer to a companion or to a request for a token came after its timeout, but before its
 * batch was judged: no loss, for the answer of a port would still have counted. False: it is
 * of no use any more. */
bool controls_return_late(struct controls *controls, struct control *control);

/* It did not even leave this machine: forgets it. */
void controls_forget(struct controls *controls, uint32_t number);

/* Counts the oldest control that has been out for longer than TIMEOUT as lost and returns
 * it, NULL when there is none: to be called until then. */
const struct control *controls_expire(struct controls *controls, nsec_t now, nsec_t timeout);

void controls_begin_batch(struct controls *controls);
/* Where a batch proves nothing, what its companions lost is not the loss of what proves. */
void controls_disregard_batch(struct controls *controls);

#endif
