/* Which host wants attention next: a binary heap of times, one for each host at most. */
#ifndef SCANNER_WAKEUPS_H
#define SCANNER_WAKEUPS_H

#include "scanner/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wakeup {
    nsec_t at;
    uint32_t host;
};

struct wakeups {
    struct wakeup *heap;
    uint32_t *place; /* of each host in the heap, plus 1; 0: not there */
    size_t count, hosts;
};

/* For hosts 0 to HOSTS-1. 0 or -ENOMEM. */
int wakeups_init(struct wakeups *wakeups, size_t hosts) __attribute__((warn_unused_result));
void wakeups_free(struct wakeups *wakeups);

/* Sets or moves the time of HOST; NSEC_NEVER takes it out. */
void wakeups_set(struct wakeups *wakeups, uint32_t host, nsec_t at);

/* The earliest time; NSEC_NEVER when there is none. */
nsec_t wakeups_next(const struct wakeups *wakeups);

/* Takes out the earliest host if its time has come. */
bool wakeups_take(struct wakeups *wakeups, nsec_t now, uint32_t *host);

#endif
