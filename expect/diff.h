/* What changed between two audits: ports whose state, reason or result is another, and
 * ports and hosts that are new or gone. Hosts are the same when name, vantage and address
 * are; times, tries, TTLs and the like are no changes. */
#ifndef EXPECT_DIFF_H
#define EXPECT_DIFF_H

#include "expect/audit.h"

#include <stdio.h>

struct change {
    const struct host_verdicts *host; /* of the later audit, of the earlier when it is gone */
    enum proto proto;
    struct portset ports;
    /* NULL: not audited then. */
    const struct verdict *before, *after;
};

struct diff {
    struct change *items; /* hosts in the order of the later audit, then those that are
                             gone; within a host by protocol and first port */
    size_t count, capacity;
};

/* Compares two audits, which must outlive DIFF. 0 or -ENOMEM (then DIFF is empty). Costs
 * for each host the product of its verdicts. */
int diff_make(struct diff *diff, const struct audit *before, const struct audit *after)
    __attribute__((warn_unused_result));
void diff_free(struct diff *diff);

/* Writes the changes as lines for a person, one host after the other; nothing when there
 * is none. 0, -ENOMEM or -EIO. */
int diff_write(const struct diff *diff, FILE *out) __attribute__((warn_unused_result));

#endif
