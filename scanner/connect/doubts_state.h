/* What doubts.c, which asks, and doubts_settle.c, which concludes, share. Private to them. */
#ifndef SCANNER_DOUBTS_STATE_H
#define SCANNER_DOUBTS_STATE_H

#include "scanner/connect/doubts.h"

/* Ports of one host that are asked: random ones, and of those in doubt. */
enum { DOUBT_RANDOM = 8, DOUBT_PORTS = 64, DOUBT_ITEMS = DOUBT_RANDOM + DOUBT_PORTS };

enum doubt_item_state { DOUBT_WAITING, DOUBT_ASKED, DOUBT_ANSWERED };

struct doubt_item {
    uint16_t port;
    uint8_t state; /* enum doubt_item_state */
    uint8_t tries;
    uint8_t held;    /* tries that showed no more than a connection */
    uint8_t how_far; /* enum handshake */
};

struct doubt {
    struct host_observation seen; /* owned */
    const struct target *target;
    unsigned random_count, count; /* of the items; random ports come first */
    unsigned waiting;             /* to be asked */
    struct doubt_item items[DOUBT_ITEMS];
};

struct doubts {
    struct doubts_options options;
    engine_host_fn *done;
    void *context;
    struct doubt *hosts;
    size_t count, capacity;
    size_t waiting; /* questions of all hosts */
    size_t turn;    /* the host that was asked last */
    uint64_t random;
};

/* Whether ports that were SEEN so are in doubt. */
bool doubts_concern(const struct observation *seen);

#endif
