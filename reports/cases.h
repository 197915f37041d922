/* The verdicts on one host as a person counts them: one case for each rule and outcome,
 * however many ports it has, and within a case one finding for each thing that was seen.
 *
 * Every report that lists rules or findings works on this. It knows no format. */
#ifndef REPORTS_CASES_H
#define REPORTS_CASES_H

#include "expect/audit.h"

struct report_case {
    enum result result;   /* an undecided port of a scan is inconclusive here */
    struct portset ports; /* all of the case */
    bool rest;            /* all of the rule, or what other outcomes have left of it */
    /* Verdicts folded where state, reason, origin, sender and forwarding are the same: the
     * ports of all, the most tries, the largest miss. At least one. Texts are the audit's. */
    struct verdict *findings;
    size_t finding_count;
};

struct case_list {
    struct report_case *items; /* by protocol, then first port */
    size_t count;
};

/* Sorts HOST's verdicts into cases. LIST borrows HOST's texts. 0 or -ENOMEM (then LIST is
 * empty). Costs n log n. */
int case_list_fill(struct case_list *list, const struct host_verdicts *host)
    __attribute__((warn_unused_result));
void case_list_free(struct case_list *list); /* leaves the empty list */

/* Calls EACH for every case of every host, in order; the case is EACH's during the call
 * only. 0 or -ENOMEM. */
typedef void case_fn(void *context, const struct host_verdicts *host,
                     const struct report_case *item);
int case_each(const struct audit *audit, case_fn *each, void *context)
    __attribute__((warn_unused_result));

/* The rule behind a case: protocol, expected, rule, note, waiver. */
static inline const struct verdict *case_rule(const struct report_case *item)
{
    return &item->findings[0];
}

#endif
