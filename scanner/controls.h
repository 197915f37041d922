/* Control probes of one host: probes to what is known to answer, sent between the others
 * so that loss and round-trip time are measured on the path and at the time of the audit.
 *
 * Also kept here: probes to a port known to be rejected by ICMP, whose answer shows that
 * the rejecting side still had a token to answer with, and malformed twins. */
#ifndef SCANNER_CONTROLS_H
#define SCANNER_CONTROLS_H

#include "probes/addr.h"
#include "scanner/clock.h"
#include "scanner/loss.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Instead of a slot: ICMP echo. */
#define CONTROL_SLOT_ECHO UINT32_MAX

enum control_kind {
    CONTROL_LOSS,  /* counts for loss and pace */
    CONTROL_HAIL,  /* an echo request to a host that has not answered yet: counts for nothing */
    CONTROL_TOKEN, /* asks whether an ICMP limiter has tokens left */
    CONTROL_TWIN,  /* malformed twin */
};

enum control_fate {
    CONTROL_PENDING,
    CONTROL_RETURNED,
    CONTROL_LOST,
};

struct control {
    nsec_t sent_at;
    uint32_t slot;
    uint32_t try;      /* its number, for the cookie */
    uint32_t epoch;       /* of the pace, when it was sent */
    uint32_t sequence; /* TCP: its sequence number; echo: identifier and sequence */
    uint8_t kind, fate;
    uint8_t subject; /* candidate, token source or signature that it belongs to */
};

/* How good a witness is: the higher, the less likely that its answers are limited. */
enum witness_rank {
    WITNESS_NONE,
    WITNESS_ICMP,
    WITNESS_UDP,
    WITNESS_ECHO,
    WITNESS_RESET,
    WITNESS_SYN_ACK,
};

/* Something that answers, and may be probed again. */
struct witness {
    uint32_t slot;
    uint8_t rank;   /* enum witness_rank */
    uint8_t streak; /* controls lost one after the other */
};

/* Somebody who rejects by ICMP: such answers are limited as a rule (RFC 1812, 4.3.2.8). */
struct token_source {
    struct addr by;
    uint32_t slot;
    nsec_t asked_at;   /* when the latest token control was sent; 0: never */
    nsec_t granted_at; /* when the latest one that was answered had been sent; 0: never */
};

/* The longest time that all controls were lost, of at least BURST_LEAST in a row: fewer are
 * what independent loss looks like. */
struct burst {
    nsec_t longest;
    nsec_t first, last; /* of the run under way */
    uint32_t run;       /* controls lost in a row */
};
enum { BURST_LEAST = 4 };

enum { WITNESSES_MOST = 4, TOKEN_SOURCES_MOST = 4 };

struct controls {
    struct control *queue; /* in the order of sending */
    size_t head, count, capacity;
    uint32_t next_try; /* numbers handed out so far */
    struct witness witnesses[WITNESSES_MOST];
    uint8_t witness_count, next_witness;
    struct token_source sources[TOKEN_SOURCES_MOST];
    uint8_t source_count;
    struct loss loss;
    uint32_t batch_returned, batch_lost; /* since controls_begin_batch() */
    nsec_t returned_sent_at; /* when the latest returned control had been sent; 0: none */
    size_t expired;          /* controls from the head on that are pending no more */
    size_t reviewed;         /* controls from the head on whose fate has been looked at */
    struct burst burst;
    nsec_t next_at;          /* when the next one is due while resting; NSEC_NEVER: none */
    uint32_t left;           /* controls still to be sent in this rest */
};

void controls_free(struct controls *controls);

/* Notes that something answers. */
void controls_add_witness(struct controls *controls, uint32_t slot, enum witness_rank rank);
/* Notes an ICMP rejection. */
void controls_add_source(struct controls *controls, const struct addr *by, uint32_t slot);

/* Chooses the witness for the next control; -1: there is none. */
int controls_choose(struct controls *controls);

/* Records a control that is about to be sent and returns it, valid until the next call;
 * NULL: no memory. */
struct control *controls_push(struct controls *controls, enum control_kind kind, uint32_t slot,
                              uint8_t subject, nsec_t now);

/* The control of this number, or NULL when it is too old to matter. */
struct control *controls_find(struct controls *controls, uint32_t try);

/* The latest control to SLOT with this sequence number, or NULL. */
struct control *controls_match(struct controls *controls, uint32_t slot, uint32_t sequence);

/* Walks the controls to SLOT from the latest to the oldest: *INDEX starts at 0 and is
 * moved on; NULL at the end. */
struct control *controls_walk(struct controls *controls, uint32_t slot, size_t *index);

/* An answer to CONTROL came. False when it had been answered before, or counts as lost: what
 * comes that late was sent again (a SYN-ACK after a second), and stands for a loss. */
bool controls_return(struct controls *controls, struct control *control);

/* It did not even leave this machine: forgets it. */
void controls_forget(struct controls *controls, uint32_t try);

/* Counts the oldest control that has been out for longer than TIMEOUT as lost and returns
 * it, NULL when there is none: to be called until then. */
const struct control *controls_expire(struct controls *controls, nsec_t now, nsec_t timeout);

void controls_begin_batch(struct controls *controls);

#endif
