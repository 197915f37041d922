/* The face of expect/: expectation files and rule lines in, a plan out; observations in,
 * verdicts out.
 *
 * It reads files and text and knows nothing of packets, sockets or reports. Names are
 * resolved by a function that the caller hands in. */
#ifndef EXPECT_EXPECT_H
#define EXPECT_EXPECT_H

#include "expect/audit.h"
#include "expect/complaints.h"
#include "probes/probes.h"

/* What the expectation files say, read and checked; opaque. */
struct policy;

/* NAME=VALUE from --var. */
struct policy_variable {
    const char *name, *value;
};

/* Reads PATHS and what they include. Every problem goes into COMPLAINTS; the policy is
 * returned when no file had an error, else NULL. VARIABLES override a file's own `vars`.
 * Costs: linear in the size of the files; limits as docs/expectations.md says. */
struct policy *policy_read(const char *const *paths, size_t path_count,
                           const struct policy_variable *variables, size_t variable_count,
                           struct complaints *complaints);

/* The policy of `check -e RULES TARGET…`: the rules hold for each target, from everywhere.
 * Several -e are several rule lines; places read "-e:LINE:COLUMN". */
struct policy *policy_from_rules(const char *const *rules, size_t rule_count,
                                 const char *const *targets, size_t target_count,
                                 struct complaints *complaints);

/* A policy without expectations for `scan`: PORTS is a port list in the rule grammar
 * ("80,443,53/udp,1-1024"), NULL for all of TCP and each UDP port that LIBRARY can ask
 * (those marked as never answering excepted). */
struct policy *policy_from_ports(const char *ports, const struct udp_library *library,
                                 const char *const *targets, size_t target_count,
                                 struct complaints *complaints);
void policy_free(struct policy *policy);

/* The responders of OF, which must live as long, are POLICY's too. */
void policy_share_responders(struct policy *policy, const struct policy *of);

/* The value of a setting of the files, as text that has been checked: "deadline",
 * "fail-on", "interface", "max-hosts", "max-rate", "max-tries", "miss", "source",
 * "source-port", "until". Each means what the option of that name means, and the option
 * takes precedence. NULL: not set. Lives as long as POLICY. */
const char *policy_setting(const struct policy *policy, const char *name);

/* What only `lint` warns about: missing `others`; vars, vantages, responders and waivers
 * that nothing uses; waivers that have expired or soon will, TODAY being the wall clock's;
 * UDP `open` for a service that LIBRARY marks as never answering. */
void policy_lint(const struct policy *policy, const struct udp_library *library,
                 struct timespec today, struct complaints *complaints);

/* The addresses of NAME, for a caller-supplied resolver: fills *ADDRESSES (malloc'd, the
 * caller of the resolver frees) and returns how many, or a negative code with *ERROR. *ERROR
 * comes in empty; with addresses and a text in it there may be more, which could not be
 * found out. */
typedef int resolve_fn(void *context, const char *name, struct addr **addresses,
                       struct error *error);

struct plan_options {
    const char *from;        /* vantage, NULL: none given */
    const char *host_glob;   /* --host, NULL: all; matched against names and addresses */
    enum addr_family family; /* -4, -6, or ADDR_NONE for both */
    uint32_t max_hosts;      /* --max-hosts */
    unsigned shard, shards;  /* K of N, 1-based; 1 of 1: everything */
    struct timespec today;   /* wall clock: which waivers hold */
    resolve_fn *resolve;
    void *resolve_context;
};

/* What to probe, and what each port of it must be. */
struct plan {
    struct target *targets; /* one for each address; owned with all that they point to */
    size_t count;
    struct plan_details *details; /* expectations behind each target; opaque */
};

/* Makes the plan of POLICY (which must outlive it) for one vantage. Unknown vantages,
 * too many hosts and hosts that match nothing are errors in COMPLAINTS; names that cannot be
 * resolved are not: they are reported by plan_begin(). NULL when there was an error. */
struct plan *plan_new(const struct policy *policy, const struct plan_options *options,
                      struct complaints *complaints);
void plan_free(struct plan *plan);

/* Starts the audit of a plan: name, vantage, files, waiver warnings, and a host for each
 * name that could not be resolved (its expectations are inconclusive, reason
 * unresolved). 0 or -ENOMEM. */
int plan_begin(const struct plan *plan, struct audit *audit)
    __attribute__((warn_unused_result));

/* The path of the key of the responder that runs on a target, which its policy names under
 * `responders`; NULL: none does. Lives as long as the policy. */
const char *plan_responder_key(const struct plan *plan, size_t target);

/* Adds the verdicts on one target to AUDIT, for each name that it has: each observation
 * split by rule, held against what is expected, waivers applied. A port that was planned
 * but not observed is inconclusive. 0 or -ENOMEM. */
int plan_judge(const struct plan *plan, const struct host_observation *host,
               struct audit *audit) __attribute__((warn_unused_result));

/* Completes the audit that plan_begin() started: targets that were never judged are
 * inconclusive, waivers that were not needed are warnings, hosts are put into the order
 * of the plan, and the result is counted (audit_finish()). 0 or -ENOMEM. */
int plan_finish(const struct plan *plan, struct audit *audit)
    __attribute__((warn_unused_result));

/* The UDP probe library from YAML text (one document, a list or a single probe), added to
 * LIBRARY. PATH is for messages. 0, or -EINVAL with COMPLAINTS, or -ENOMEM. */
int probe_file_read(struct udp_library *library, const char *path, const char *text,
                    size_t length, struct complaints *complaints)
    __attribute__((warn_unused_result));

#endif
