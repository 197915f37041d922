/* The outcome of a run: verdicts per host, and what is said about the run as a whole.
 *
 * One struct audit is what every report is a view of; the JSON report is its complete
 * image, so an audit read back from JSON equals the one that was written. It is plain
 * data: it knows neither how anything was measured nor how it will be shown. Strings are
 * owned by the audit and may hold any bytes; NULL means absent. */
#ifndef EXPECT_AUDIT_H
#define EXPECT_AUDIT_H

#include "probes/probes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum result {
    RESULT_SCANNED, /* no expectation: a scan */
    RESULT_MET,
    RESULT_WAIVED,
    RESULT_INCONCLUSIVE,
    RESULT_BROKEN,
    RESULT_COUNT,
};
const char *result_name(enum result result); /* "met" */
int result_from_name(const char *name);      /* -1: no such name */

/* Ports of one host that share everything else. */
struct verdict {
    struct observation seen; /* protocol, ports, state, reason, origin, by, ttl, tries, … */
    enum result result;
    /* The rest is absent (NULL) in a scan. */
    char *expected;  /* as a person would write it: "open", "rejected(reset)",
                        "open or silent" */
    char *rule;      /* where the rule stands: "edge.yml:14"; "-e:1" for a rule line */
    char *rule_text; /* the ports as the rule says them: "8080,8443", "others" */
    char *note;
    char *waiver; /* reason of the waiver that covers it; also of an expired one */
    char *waiver_owner;
    char *waiver_until; /* "2026-12-31" */
    bool waiver_expired;
};

struct host_verdicts {
    char *name;          /* as the file or the command line names it */
    char *group;         /* NULL: none */
    char *vantage;       /* in a report merged from several vantages; NULL: the audit's */
    struct addr address; /* ADDR_NONE when the name could not be resolved */
    bool alive;
    double rtt_ms;
    struct loss_estimate loss;
    char *problem;            /* why nothing is known of the host, e.g. the resolver's words */
    struct verdict *verdicts; /* sorted by protocol, then first port */
    size_t count, capacity;
};

struct audit_file {
    char *path;
    char sha256[65]; /* lower-case hex */
};

struct audit_summary {
    uint64_t hosts, expectations, met, broken, inconclusive, waived; /* counted in ports */
};

struct audit_traffic {
    uint64_t sent, received, send_errors, capture_dropped, invalid;
    double seconds;
};

struct audit {
    char version[32];                  /* of the portvet that made it */
    char *name;                        /* of the expectations; NULL: none */
    char *vantage;                     /* --from; NULL: none */
    struct timespec started, finished; /* wall clock, UTC */
    char *mode;                        /* "raw" or "connect" */
    enum result result;                /* the worst; RESULT_SCANNED for a scan */
    bool interrupted;
    struct audit_file *files;
    size_t file_count;
    struct audit_summary summary;
    struct audit_traffic traffic;
    char **warnings; /* expiring waivers and the like, one sentence each */
    size_t warning_count;
    struct host_verdicts *hosts; /* in the order of the plan */
    size_t host_count, host_capacity;
};

struct audit *audit_new(void); /* zeroed; NULL: no memory */
void audit_free(struct audit *audit);

/* Appends an empty host or verdict and returns it, NULL: no memory. Pointers from earlier
 * calls become invalid. */
struct host_verdicts *audit_add_host(struct audit *audit);
struct verdict *host_add_verdict(struct host_verdicts *host);

/* Keeps a copy of each; 0 or -ENOMEM. */
int audit_add_file(struct audit *audit, const char *path, const char sha256[static 65])
    __attribute__((warn_unused_result));
int audit_add_warning(struct audit *audit, const char *text)
    __attribute__((warn_unused_result));

/* Sorts each host's verdicts, counts the summary and sets the overall result: broken over
 * inconclusive over met; an audit in which everything is met or waived is met. */
void audit_finish(struct audit *audit);

#endif
