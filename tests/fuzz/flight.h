/* An engine with a few hosts in flight and no network: its probes are kept instead of sent,
 * so that any bytes may be handed to it as if they had been captured, and so that a test
 * knows what a stranger off the path does not: the cookies. */
#ifndef TESTS_FUZZ_FLIGHT_H
#define TESTS_FUZZ_FLIGHT_H

#include "scanner/engine/engine.h"

struct flight_probe {
    uint8_t bytes[PACKET_SIZE_MAX];
    size_t length;
};

/* Long enough for every port's first probe and every host's first echo request. */
#define FLIGHT_TIME (200 * NSEC_PER_MSEC)
enum { FLIGHT_PROBES_MOST = 64 };

struct flight {
    struct engine *engine;
    struct flight_probe probes[FLIGHT_PROBES_MOST];
    size_t count;
    nsec_t now;
    struct engine_totals before; /* when nothing had been received yet */
    nsec_t deadline;
};

/* The verdict on one port; REASON_INTERRUPTED when there was none. */
struct flight_verdict {
    enum port_state state;
    enum reason reason;
    bool alive; /* the host */
};

/* The same SEED sends the same probes. Ends the program when memory is short. */
void flight_begin(struct flight *flight, uint64_t seed);
void flight_end(struct flight *flight);

/* Hands BYTES to the engine, in memory of just that size. */
void flight_receive(struct flight *flight, const uint8_t *bytes, size_t length);

/* Has anything that can be seen from outside changed since the start? */
bool flight_is_untouched(const struct flight *flight);

/* Hands BYTES to a flight that is untouched. Returns whether they changed anything, and ends
 * the program if they did without what only somebody who saw one of the probes can know. */
bool flight_is_touched_by(struct flight *flight, const uint8_t *bytes, size_t length);

/* Lets time pass without any answer, for at most TURNS turns. */
void flight_go_on(struct flight *flight, unsigned turns);

/* Stops the engine and says what it found of the port that PROBE was sent to. */
struct flight_verdict flight_stop(struct flight *flight, const struct flight_probe *probe);

#endif
