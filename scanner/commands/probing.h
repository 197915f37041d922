/* How a run reaches its targets: engines over the live network, or connections.
 *
 * It is opened once, while privileges last. Then targets can be probed any number of times,
 * each time by a new engine: source ports are used again, so that the key must be another. */
#ifndef SCANNER_COMMANDS_PROBING_H
#define SCANNER_COMMANDS_PROBING_H

#include "scanner/commands/commands.h"
#include "scanner/commands/connection_packets.h"
#include "scanner/commands/progress.h"
#include "scanner/connect/connect.h"
#include "scanner/drive.h"

struct probing {
    const struct options *options;
    const struct udp_library *library;
    struct progress *progress;
    drive_packet_fn *packet;            /* every packet sent and matched; NULL: not wanted */
    drive_packet_fn *connection_packet; /* the same of connections */
    void *packet_context;               /* of both */
    bool hail;                          /* as in struct engine_options */
    /* The rest is filled in here. */
    struct net *net;
    struct connect *connect; /* in place of NET, with --connect */
    struct connection_packets connection_packets;
    nsec_t started; /* of the first time */
    struct audit_traffic traffic;
};

/* Opens what the targets of PLAN take. EXIT_MET, or a code after having said why. */
enum exit_code probing_open(struct probing *probing, const struct plan *plan);
void probing_close(struct probing *probing);

/* Probes TARGETS and hands each over to DONE once. 0, or a negative code with *ERROR: what
 * is known has been handed over. */
int probing_run(struct probing *probing, const struct target *targets, size_t count,
                engine_host_fn *done, void *context, struct error *error)
    __attribute__((warn_unused_result));

/* The time, since some start. */
nsec_t probing_now(const struct probing *probing);

/* Whether a signal or --deadline ends the run now. */
bool probing_is_over(const struct probing *probing);

/* Lets time pass until UNTIL or a signal; what comes in late is dropped. */
void probing_wait(const struct probing *probing, nsec_t until);

#endif
