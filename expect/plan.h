/* What a plan knows besides its targets, for the files that make a plan and judge by it: under
 * which names each address is audited, and by which rules. */
#ifndef EXPECT_PLAN_H
#define EXPECT_PLAN_H

#include "expect/coverage.h"
#include "expect/expect.h"
#include "expect/profile.h"

/* One address under one name. */
struct subject {
    const struct coverage_piece *piece; /* a name, or a span of addresses */
    const struct profile *profile;
    struct addr address;         /* ADDR_NONE: the name could not be resolved */
    const char *problem;         /* then the resolver's words */
    const struct subject *alias; /* the next with the same address; NULL: none */
    bool is_alias;               /* an earlier subject has the same address */
};

/* Port sets of a target that has several names with different rules. */
struct joined_ports {
    struct joined_ports *next;
    struct portset ports[PROTO_COUNT], declared[PROTO_COUNT];
};

struct plan_details {
    const struct policy *policy;
    struct arena arena;
    struct plan_options options;   /* strings are copies in the arena */
    const struct vantage *vantage; /* NULL: everywhere, or the policy knows none */
    struct coverage coverage;
    struct profile *profiles; /* by coverage_piece.profile */
    struct subject *subjects; /* in the order of the policy; malloc'd */
    size_t count, capacity;
    const struct subject **heads; /* of each target: its first subject */
    bool *judged;                 /* of each target */
    struct joined_ports *joined;
    const char **warnings; /* for the audit */
    size_t warning_count;
    struct waiver_use *waivers;      /* of each waiver of the policy */
    const struct subject **reported; /* of each host in the audit, in its order */
    size_t reported_count;
};

/* Makes DETAILS' subjects: expands blocks, resolves names, leaves out what the options
 * leave out. False: there was an error, now in COMPLAINTS. */
bool subjects_make(struct plan_details *details, struct complaints *complaints);

/* What an observation means for what was expected, waivers aside. */
enum result judge_seen(const struct states *states, const struct observation *seen);

/* Adds SUBJECT with its verdicts to AUDIT. OBSERVED may be NULL, and ports may be missing
 * from it: those are unknown, for REASON. 0 or -ENOMEM. */
int judge_subject(struct plan_details *details, const struct subject *subject,
                  const struct host_observation *observed, enum reason reason,
                  struct audit *audit) __attribute__((warn_unused_result));

/* The subject's host as people know it: its name, or its address in TEXT. */
const char *subject_name(const struct subject *subject, char text[static ADDR_TEXT_SIZE]);

/* The first group that names it, or NULL. */
const char *subject_group(const struct subject *subject);

#endif
