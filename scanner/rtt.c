#include "scanner/rtt.h"

/* Answers of a busy host or a virtual machine come some milliseconds late now and then. */
#define MARGIN_LEAST (10 * NSEC_PER_MSEC)
#define TIMEOUT_MOST (3 * NSEC_PER_SEC)

void rtt_add(struct rtt *rtt, nsec_t sample)
{
    if (sample < 1)
        sample = 1;
    if (!rtt_known(rtt)) {
        *rtt = (struct rtt){sample, sample / 2, sample, sample};
        return;
    }
    nsec_t error = sample - rtt->smoothed;
    nsec_t distance = error < 0 ? -error : error;
    rtt->variation += (distance - rtt->variation) / 4; /* RFC 6298, beta = 1/4 */
    rtt->smoothed += error / 8;                        /* alpha = 1/8 */
    if (sample < rtt->least)
        rtt->least = sample;
    if (sample > rtt->most)
        rtt->most = sample;
}

bool rtt_known(const struct rtt *rtt)
{
    return rtt->smoothed > 0;
}

static nsec_t timeout(const struct rtt *rtt, nsec_t factor)
{
    if (!rtt_known(rtt))
        return RTT_INITIAL;
    nsec_t margin = rtt->variation;
    if (margin * 4 < MARGIN_LEAST)
        margin = MARGIN_LEAST / 4;
    nsec_t total = rtt->smoothed + margin * 4 * factor;
    return total < TIMEOUT_MOST ? total : TIMEOUT_MOST;
}

nsec_t rtt_timeout(const struct rtt *rtt)
{
    return timeout(rtt, 1);
}

nsec_t rtt_final_timeout(const struct rtt *rtt)
{
    nsec_t total = timeout(rtt, 2);
    nsec_t slowest = rtt->most + MARGIN_LEAST;
    if (slowest > TIMEOUT_MOST)
        slowest = TIMEOUT_MOST;
    return total > slowest ? total : slowest;
}
