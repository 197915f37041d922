/* What a policy is made of, for the files of this folder. Everything lives in the
 * policy's arena but the port sets of rules, which policy_free() walks. */
#ifndef EXPECT_POLICY_H
#define EXPECT_POLICY_H

#include "expect/expect.h"
#include "expect/hosts.h"
#include "expect/rule.h"
#include "expect/waiver.h"

struct vantage {
    struct vantage *next;
    const char *name;
    struct place place;
    bool declared; /* by a `vantages` key; else only used */
    bool used;     /* by an expectation */
};

/* Rules that hold from one vantage, or from everywhere. */
struct rule_set {
    struct rule_set *next;
    const struct vantage *vantage; /* NULL: everywhere */
    struct place place;
    struct rule_list rules;
};

/* Hosts and what is expected of each of them: a group, or one line of `hosts`. */
struct block {
    struct block *next;
    size_t index;      /* position in the policy */
    const char *group; /* NULL: none */
    struct host_spec *hosts;
    size_t host_count;
    struct rule_set *sets;
};

struct variables;

/* A file that was read. */
struct policy_file {
    struct policy_file *next;
    const struct source *source;
    char sha256[65]; /* lower-case hex */
};

/* A machine that runs `portvet respond`. */
struct responder {
    struct responder *next;
    struct host_spec host;
    const char *key_path; /* of its key, relative to the working directory */
};

struct setting {
    struct setting *next;
    const char *name, *value;
    struct place place;
    unsigned depth; /* of includes; the least holds */
};

struct policy {
    struct arena arena;
    const char *name; /* NULL: none */
    bool scan;        /* the rules say what to probe, not what to expect */
    struct vantage *vantages;
    struct block *blocks, **blocks_end;
    size_t block_count;
    struct waiver *waivers, **waivers_end;
    size_t waiver_count;
    struct policy_file *files, **files_end;
    struct responder *responders;
    struct setting *settings;
    const struct variables *variables; /* for lint; NULL: none */
};

/* An empty policy; NULL: no memory. */
struct policy *policy_new(void);

/* An empty block or rule set at the end; NULL: no memory. */
struct block *policy_add_block(struct policy *policy, const char *group, size_t host_count);
struct rule_set *block_add_rules(struct policy *policy, struct block *block,
                                 const struct vantage *vantage, struct place place);

/* A vantage at the end; NULL: no memory. */
struct vantage *policy_add_vantage(struct policy *policy, const char *name, struct place place);

/* The vantage NAME, or NULL. */
struct vantage *policy_find_vantage(const struct policy *policy, const char *name);

/* Says that --from NAME is no vantage of POLICY, which has some. */
void policy_complain_vantage(const struct policy *policy, const char *name,
                             struct complaints *complaints);

/* Looks for rules that contradict each other, for every host and vantage. */
void policy_check_conflicts(struct policy *policy, struct complaints *complaints);

#endif
