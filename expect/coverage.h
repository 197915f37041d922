/* Which blocks speak of which hosts: the hosts of a policy cut into pieces, to each of
 * which the same blocks apply. A piece is one name, or a span of addresses, so that a
 * block of 65,536 addresses costs no more than one address. */
#ifndef EXPECT_COVERAGE_H
#define EXPECT_COVERAGE_H

#include "expect/policy.h"

/* More blocks for one host are taken for an accident. */
enum { COVERAGE_BLOCKS_MAX = 64 };

struct coverage_piece {
    const struct host_spec *spec; /* the first that names these hosts */
    size_t order;                 /* its position in the policy */
    struct addr first, last;      /* ADDR_NONE: the name spec->text */
    const struct block **blocks;  /* in the order of the policy, each once */
    size_t block_count;
    size_t profile; /* pieces with the same blocks have the same number, from 0 */
};

struct coverage {
    struct coverage_piece *pieces; /* in the order of the policy, then of addresses */
    size_t count;
    size_t profile_count;
};

/* Cuts POLICY's hosts into pieces, which live in ARENA. False: no memory, or too many
 * blocks for a host; then it is in COMPLAINTS. */
bool coverage_make(struct coverage *coverage, struct arena *arena, const struct policy *policy,
                   struct complaints *complaints);

#endif
