#include "scanner/engine/rtt.h"

/* Answers of a busy host or a virtual machine come some milliseconds late now and then. */
#define MARGIN_LEAST (20 * NSEC_PER_MSEC)
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

void rtt_begin_pass(struct rtt *rtt)
{
    rtt->most -= (rtt->most - rtt->smoothed) / 2;
}

bool rtt_known(const struct rtt *rtt)
{
    return rtt->smoothed > 0;
}

nsec_t rtt_pause(const struct rtt *rtt)
{
    nsec_t pause = rtt->smoothed + 4 * rtt->variation;
    return pause > MARGIN_LEAST ? pause : MARGIN_LEAST;
}

nsec_t rtt_timeout(const struct rtt *rtt)
{
    if (!rtt_known(rtt))
        return RTT_INITIAL;
    nsec_t margin = 8 * rtt->variation;
    nsec_t total = rtt->smoothed + (margin > MARGIN_LEAST ? margin : MARGIN_LEAST);
    nsec_t slowest = rtt->most + MARGIN_LEAST / 2;
    if (slowest > total)
        total = slowest;
    return total < TIMEOUT_MOST ? total : TIMEOUT_MOST;
}
