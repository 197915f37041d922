/* The rules that apply together to a host, resolved: which rule has which ports. Hosts
 * with the same rules share one profile. */
#ifndef EXPECT_PROFILE_H
#define EXPECT_PROFILE_H

#include "expect/coverage.h"
#include "expect/rule.h"

/* The ports of one protocol that are one rule's; no other assignment of the profile has
 * any of them. */
struct assignment {
    const struct rule *rule;
    enum proto proto;
    struct portset ports;
    char *expected, *place; /* what verdicts quote: "open or silent", "edge.yml:14"; NULL
                               before profile_describe() */
};

struct profile {
    struct assignment *assignments;
    size_t count, capacity;
    struct portset ports[PROTO_COUNT];    /* of all assignments */
    struct portset declared[PROTO_COUNT]; /* those to be confirmed first */
};

/* Resolves the rules of COUNT blocks that hold from VANTAGE (NULL: those from everywhere).
 * Rules that contradict each other go into COMPLAINTS, each once; when it is NULL, the
 * policy has been checked before. 0 or -ENOMEM. */
int profile_make(struct profile *profile, const struct block *const *blocks, size_t count,
                 const struct vantage *vantage, struct complaints *complaints)
    __attribute__((warn_unused_result));

/* Writes the texts that verdicts quote. 0 or -ENOMEM. */
int profile_describe(struct profile *profile) __attribute__((warn_unused_result));

void profile_free(struct profile *profile);

#endif
