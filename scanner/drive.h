/* The driver: moves bytes between an engine and a network until the engine is finished.
 * It decides nothing. */
#ifndef SCANNER_DRIVE_H
#define SCANNER_DRIVE_H

#include "scanner/engine/engine.h"
#include "scanner/net.h"

#include <signal.h>

/* A packet that left (SENT), or one that answered a probe; called while it is handled. */
typedef void drive_packet_fn(void *context, nsec_t at, bool sent, const uint8_t *bytes,
                             size_t length);

struct drive {
    struct engine *engine;
    struct net *net;
    const volatile sig_atomic_t *signal; /* not 0: stop, report what is known; may be NULL */
    /* Called now and then, for a progress line; may be NULL. */
    void (*progress)(void *context, nsec_t now, const struct engine_totals *totals);
    void *context;
    drive_packet_fn *packet; /* may be NULL */
    void *packet_context;
};

/* Runs to the end. 0, or -errno when the network became unusable (then the engine has
 * been stopped and every host handed over), or what the engine's host function returned. */
int drive_run(const struct drive *drive, struct error *error);

#endif
