/* Two hosts for tests of the real network: this process moves into a network namespace of
 * its own, with a cable to another one where a child listens on TCP port 80. Everything
 * is gone when the process ends. */
#ifndef TESTS_LAB_LIVE_PAIR_H
#define TESTS_LAB_LIVE_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Here: near, 192.0.2.1/24, 2001:db8::1/64. There: far, 192.0.2.2, 2001:db8::2; behind it
 * 198.51.100.0/24 and 2001:db8:1::/64, where every address is its own. */
struct live_pair {
    pid_t there;
};

/* Why such hosts cannot be made here (no root, no namespaces), or NULL. */
const char *live_pair_obstacle(void);

bool live_pair_make(struct live_pair *pair);
void live_pair_end(struct live_pair *pair);

/* Runs a shell command here, or there; true when it succeeded. */
bool live_pair_here(const char *command);
bool live_pair_there(const struct live_pair *pair, const char *command);

/* Sends an Ethernet frame from there to here. */
bool live_pair_inject(const struct live_pair *pair, const void *frame, size_t length);

#endif
