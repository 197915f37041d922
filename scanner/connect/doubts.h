/* Hosts on which an open port means nothing, until full handshakes have told.
 *
 * Where random high ports answer as well (engine/decoys.h), something answers everything (a SYN
 * proxy, a tarpit, a honeypot), ports are `answers-everything`, and what is open shows only in
 * how far a full handshake goes there and on random ports of the same host (handshake.h). Kept
 * here are the hosts in doubt, what is still to be asked of them, and what came of it;
 * handshakes.h does the asking. It knows no sockets and no clock. */
#ifndef SCANNER_DOUBTS_H
#define SCANNER_DOUBTS_H

#include "scanner/connect/handshake.h"
#include "scanner/engine/engine.h"

struct doubts_options {
    const struct target *targets; /* borrowed */
    uint64_t seed;                /* which ports are drawn */
};

struct doubts;

/* DONE, with CONTEXT, gets each host in the end. NULL: no memory. */
struct doubts *doubts_new(const struct doubts_options *options, engine_host_fn *done,
                          void *context);
void doubts_free(struct doubts *doubts);

/* Of type engine_host_fn, with the doubts as its context: a host beyond doubt is handed on at
 * once, another is kept. 0, -ENOMEM, or what DONE returned. */
int doubts_take(void *context, const struct host_observation *host);

/* A handshake to be made. */
struct doubts_question {
    struct addr address;
    uint16_t port;
    nsec_t patience; /* for a connection */
    nsec_t watch;    /* how long to look at it once it is there */
    size_t host;     /* the rest says which question it is */
    unsigned item;
};

/* The next one, of another host each time; it is to be answered by doubts_note(), which may
 * bring others. False: there is none now. */
bool doubts_next(struct doubts *doubts, struct doubts_question *question);
bool doubts_have_questions(const struct doubts *doubts);
void doubts_note(struct doubts *doubts, const struct doubts_question *question,
                 enum handshake how_far);

/* Hands all hosts on, in doubt or not: a port of which nothing was shown is unknown. 0,
 * -ENOMEM, or what DONE returned. */
int doubts_settle(struct doubts *doubts) __attribute__((warn_unused_result));

#endif
