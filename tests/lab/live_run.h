/* An open network and what came back by it, for tests on a live_pair: each call fails the
 * test when something is not as it should be. */
#ifndef TESTS_LAB_LIVE_RUN_H
#define TESTS_LAB_LIVE_RUN_H

#include "probes/probes.h"
#include "scanner/network/net_live.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LIVE_RUN_SEEN_MOST = 64 };

struct live_run {
    struct net *net;
    struct reply seen[LIVE_RUN_SEEN_MOST];
    size_t seen_count;
};

/* OPTIONS may be NULL. */
struct live_run *live_run_open(const struct net_live_options *options);
void live_run_close(struct live_run *run);

struct addr live_address(const char *text);
struct net_route live_run_route(struct live_run *run, const struct addr *to);

/* Sends one probe and returns its error. */
int live_run_probe_by(struct live_run *run, const struct net_route *route,
                      enum template_kind kind, const struct addr *to, uint16_t port);
int live_run_probe(struct live_run *run, enum template_kind kind, const char *to,
                   uint16_t port);

/* Collects what arrives within MS milliseconds. */
void live_run_listen(struct live_run *run, int ms);

/* How many replies of KIND about PORT of the target TO arrived. */
size_t live_run_count(const struct live_run *run, enum reply_kind kind, const char *to,
                      uint16_t port);

struct net_counters live_run_counters(struct live_run *run);

/* Waits until the link is down, or up: the kernel tells of a lost carrier within a second
 * or two. */
bool live_run_link_becomes(struct live_run *run, bool down);

#endif
