/* Hosts in a row of which the same is to be said: they are named together, so that a
 * mistake on a whole fleet is read once. It knows no format. */
#ifndef REPORTS_RUNS_H
#define REPORTS_RUNS_H

#include "reports/cases.h"

/* Hosts named one by one; more of them are counted. */
enum { RUN_NAMED = 5 };

struct host_run {
    const struct host_verdicts *hosts[RUN_NAMED + 1]; /* the first of them */
    size_t count;
    enum result result;            /* only cases with this one are to be said */
    const struct case_list *cases; /* all cases of the first host */
};

/* Calls EACH for every run of hosts that have something with RESULT, in order; the run is
 * EACH's during the call only. 0 or -ENOMEM. */
typedef void run_fn(void *context, const struct host_run *run);
int run_each(const struct audit *audit, enum result result, run_fn *each, void *context)
    __attribute__((warn_unused_result));

/* "a.example.com (203.0.113.1), b.example.com (203.0.113.2) and 3 more hosts". The caller
 * frees it; NULL: no memory. */
char *run_hosts(const struct host_run *run);

/* What is wrong with the hosts as such, to be said before the cases; NULL: nothing. */
const char *run_problem(const struct host_run *run);

#endif
