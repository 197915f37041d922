/* The run in one line, and the counts behind it. It knows no format. */
#ifndef REPORTS_SUMMARY_H
#define REPORTS_SUMMARY_H

#include "expect/audit.h"

/* "broken: 1 of 20000 ports, on 1 of 1000 hosts; 19999 met; in 4.2 s". The caller frees
 * it; NULL: no memory. */
char *summary_line(const struct audit *audit);

/* Ports of HOST by result and by state. */
struct host_counts {
    uint32_t results[RESULT_COUNT], states[PORT_STATE_COUNT];
};
void host_count(const struct host_verdicts *host, struct host_counts *counts);

/* The worst result on HOST; met when nothing is worse than waived. A host of which
 * nothing could be learned is inconclusive, and so is a scanned one with undecided ports. */
enum result host_result(const struct audit *audit, const struct host_verdicts *host);

#endif
