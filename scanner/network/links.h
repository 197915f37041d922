/* What a run stands on: the interfaces that it uses and the addresses that it sends from.
 * Counts how often one of them changed. Pure bookkeeping: the news are handed in. */
#ifndef SCANNER_LINKS_H
#define SCANNER_LINKS_H

#include "scanner/network/rtnetlink.h"

struct used_source {
    struct addr address;
    bool present;
};

struct links {
    struct kernel_link *links; /* owned */
    size_t link_count;
    struct used_source *sources; /* owned */
    size_t source_count;
    uint64_t changes; /* since the start; see struct net_counters */
};

void links_free(struct links *links); /* frees what it owns, not LINKS */

/* The interface, if it is in use. */
const struct kernel_link *links_find(const struct links *links, uint32_t interface);

/* From now on LINK, or SOURCE, is in use. 0 or -ENOMEM. */
int links_use(struct links *links, const struct kernel_link *link)
    __attribute__((warn_unused_result));
int links_use_source(struct links *links, const struct addr *source)
    __attribute__((warn_unused_result));

/* INTERFACE is not used any more. */
void links_forget(struct links *links, uint32_t interface);

/* Takes in a change; those of links and addresses that are not in use, or that leave
 * things as they were, do not count. */
void links_apply(struct links *links, const struct change *change);

/* An interface in use is down, or an address in use is gone. */
bool links_down(const struct links *links);

#endif
