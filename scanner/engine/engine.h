/* The engine: which probe goes out when, what each answer means for its port, and when
 * silence is proof.
 *
 * A state machine without I/O: time and received packets come in, packets to send and
 * deadlines go out, and each finished host is handed over once. It has no clock, no
 * socket and no idea of expectations. One driver (drive.h) moves bytes between it and a
 * struct net. */
#ifndef SCANNER_ENGINE_H
#define SCANNER_ENGINE_H

#include "probes/probes.h"
#include "scanner/net.h"

struct engine;

struct engine_options {
    struct cookie_key key;
    uint64_t seed;         /* order of hosts and ports */
    double max_rate;       /* packets per second; 0: as fast as the path carries */
    double miss;           /* accepted chance that a certified silence is wrong */
    unsigned max_tries;    /* 0: as many as the proof needs */
    nsec_t limited_budget; /* how long ports of one host may be confirmed one by one where
                              ICMP errors are limited */
    nsec_t deadline;       /* on the network's clock; NSEC_NEVER: none */
    uint16_t source_port_first, source_port_count;
    const struct udp_library *library;
    bool hail;         /* every host is asked for an echo first, to see how far away it is */
    nsec_t wall_ahead; /* the wall clock minus the network's, for what responders sign */
};

/* Called once for each target, in the order in which they finish. HOST and what it points
 * to are the engine's; copy what is to be kept. 0, or a negative code that ends the run. */
typedef int engine_host_fn(void *context, const struct host_observation *host);

struct engine_totals {
    uint64_t received;       /* packets that answered a probe of ours */
    uint64_t invalid;        /* packets that claimed to, and did not */
    uint64_t ports, decided; /* of all targets; for a progress line */
    size_t hosts, hosts_done;
    /* Hosts that are asked no faster than they may answer by ICMP, and their undecided ports:
     * what these take has nothing to do with how fast others are decided. */
    size_t limited_hosts;
    uint64_t limited_ports;
};

/* TARGETS and what OPTIONS points to are borrowed. NULL: no memory. */
struct engine *engine_new(const struct engine_options *options, const struct target *targets,
                          size_t target_count, engine_host_fn *done, void *context,
                          struct error *error);
void engine_free(struct engine *engine);

/* Targets whose route is not known yet: the driver looks each up once and says so.
 * False: none is waiting. */
bool engine_wants_route(struct engine *engine, size_t *target);
const struct addr *engine_target_address(const struct engine *engine, size_t target);
void engine_set_route(struct engine *engine, size_t target, const struct net_route *route,
                      int error);

/* Writes the probes that are due into PACKETS (bytes with room for PACKET_SIZE_MAX each),
 * at most MAX, and returns how many. After sending, engine_sent() must be told how each
 * went, in the same order, before the next call. */
size_t engine_take_probes(struct engine *engine, nsec_t now, struct net_packet *packets,
                          size_t max);
void engine_sent(struct engine *engine, nsec_t now, const struct net_packet *packets,
                 size_t count);

/* A captured IP packet. Anything may come here; only answers to probes of this run change
 * anything. Of the type net_receive_fn, with the engine as its context. */
void engine_receive(void *engine, nsec_t at, const uint8_t *bytes, size_t length);

/* What the network says of itself, after each receive: losses of the capture and changes
 * of the link void the silence of that time. */
void engine_note_network(struct engine *engine, nsec_t now,
                         const struct net_counters *counters);

/* When engine_take_probes() has something to do again, at the latest; a time in the past
 * or NOW: at once. */
nsec_t engine_deadline(const struct engine *engine, nsec_t now);

/* Stops probing at NOW: what is undecided becomes unknown, for REASON (REASON_INTERRUPTED,
 * REASON_DEADLINE, …), and every host is handed over. */
void engine_stop(struct engine *engine, nsec_t now, enum reason reason);

/* True when every host has been handed over; *STATUS is then 0 or what the host function
 * returned. */
bool engine_finished(const struct engine *engine, int *status);

void engine_totals(const struct engine *engine, struct engine_totals *totals);

#endif
