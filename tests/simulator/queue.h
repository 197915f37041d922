/* What will happen, in order of time; what happens at the same time keeps the order in
 * which it was decided. A binary heap. */
#ifndef SIMULATOR_QUEUE_H
#define SIMULATOR_QUEUE_H

#include "scanner/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_event_kind {
    SIM_EVENT_AT_HOST,    /* a packet of ours reaches a host */
    SIM_EVENT_AT_US,      /* a packet reaches our interface */
    SIM_EVENT_RETRANSMIT, /* a half-open connection sends its SYN-ACK again */
    SIM_EVENT_FORGE,      /* the forger sends one */
};

struct sim_event {
    nsec_t at;
    uint64_t order;  /* set by sim_queue_push() */
    uint32_t slot;   /* the packet, or which half-open connection */
    uint32_t length; /* of the packet, or the generation of the connection */
    uint8_t kind;    /* enum sim_event_kind */
};

struct sim_queue {
    struct sim_event *heap; /* owned */
    size_t count, capacity;
    uint64_t pushed;
};

void sim_queue_free(struct sim_queue *queue);

/* 0, or -ENOMEM. */
int sim_queue_push(struct sim_queue *queue, struct sim_event event)
    __attribute__((warn_unused_result));

/* When the next event is; NSEC_NEVER: there is none. */
nsec_t sim_queue_next(const struct sim_queue *queue);

/* Takes the next event; the queue must not be empty. */
struct sim_event sim_queue_pop(struct sim_queue *queue);

#endif
