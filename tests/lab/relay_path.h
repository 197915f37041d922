/* One direction of an imperfect wire: when, and how often, a packet leaves. A pure model
 * with its own seeded randomness; it knows no packets, sockets or clocks. */
#ifndef TESTS_LAB_RELAY_PATH_H
#define TESTS_LAB_RELAY_PATH_H

#include <stdbool.h>
#include <stdint.h>

/* Times in milliseconds, shares from 0 to 1; all zero is a perfect wire. */
struct path_options {
    double delay_ms;
    double jitter_ms;      /* uniform, plus or minus */
    double loss;           /* independent of each other */
    double burst_every_ms; /* mean time between bursts (Gilbert-Elliott, in time) */
    double burst_ms;       /* mean length of a burst, in which everything is lost */
    double duplicate;
    double reorder; /* share of packets that come reorder_ms later */
    double reorder_ms;
    double rate;  /* of a bottleneck, packets per second; 0: none */
    double queue; /* packets that wait before the bottleneck */
};

struct path_counters {
    uint64_t received, lost, queue_full, duplicated;
};

struct path {
    struct path_options options;
    struct path_counters counters;
    uint64_t random_state;
    bool in_burst;
    int64_t burst_changes_ns; /* when the good or the bad time ends */
    int64_t bottleneck_free_ns;
};

/* Reads "delay_ms=10,loss=0.05" into a path seeded with SEED. 0, or -1 for an unknown key
 * or a bad number. TEXT is changed. */
int path_init(struct path *path, char *text, uint64_t seed) __attribute__((warn_unused_result));

/* The fate of a packet that came at NOW_NS: returns how many copies leave (0 to 2) and
 * when. */
unsigned path_carry(struct path *path, int64_t now_ns, int64_t leave_ns[static 2]);

#endif
