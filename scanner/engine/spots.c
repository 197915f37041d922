/* Spot checks of whoever rejects by ICMP.
 *
 * A batch that takes long cannot be vouched for by a token at its end: the bucket may have
 * been empty and filled again meanwhile. There, requests for tokens go out at random places
 * among the probes. A request and a probe to a port that is rejected have the same chance to
 * find a token, whatever it is that empties the bucket: other rejects, strangers, the
 * requests themselves. So the share of requests that stay without an answer bounds the
 * chance that a reject was not seen, as the loss of companions does for other answers. */
#include "scanner/engine/engine_state.h"
#include "scanner/engine/random.h"

/* Requests in a batch. */
#define SPOTS_LEAST 2
#define SPOTS_MOST  100
/* Time that a bucket is given for one token, at first, and what it may become. */
#define GAP_FIRST (1250 * NSEC_PER_MSEC)
#define GAP_LEAST (50 * NSEC_PER_MSEC)
#define GAP_MOST  (8 * NSEC_PER_SEC)

void spots_begin(struct host *host, nsec_t now)
{
    host->limits.spread = true;
    host->limits.spot_gap = GAP_FIRST;
    host->next_allowed = now + SPOTS_LEAST * GAP_FIRST;
}

bool spots_are_due(const struct host *host)
{
    return host->limits.spread && !host->limits.sampling && !host->limits.doubtful;
}

/* No more than the bucket gains until the end of the rest, which is prolonged for that. */
void spots_plan(struct host *host)
{
    if (!spots_are_due(host))
        return;
    uint32_t most = limits_batch_most(host);
    uint32_t probes = host->undecided < most ? host->undecided : most;
    nsec_t length = probes * host->limits.probe_gap, rounds = length / host->limits.spot_gap;
    if (rounds < SPOTS_LEAST)
        rounds = SPOTS_LEAST;
    if (rounds > SPOTS_MOST)
        rounds = SPOTS_MOST;
    nsec_t refill = rounds * host->limits.spot_gap - length;
    host->batch.spots = (uint32_t)rounds * host->controls.source_count;
    host->batch.refill = refill > 0 ? refill : 0;
}

int spots_next(struct host *host, uint32_t probes_left, uint64_t *random)
{
    uint32_t spots = host->batch.spots;
    if (spots == 0 || probes_left == 0 || host->controls.source_count == 0)
        return -1;
    double share = (double)spots / ((double)spots + probes_left);
    if (random_next(random) >= share * (double)UINT32_MAX)
        return -1;
    return (int)(--host->batch.spots % host->controls.source_count);
}

int spots_last(const struct host *host)
{
    if (!spots_are_due(host) || host->undecided == 0)
        return -1;
    for (int i = 0; i < host->controls.source_count; i++) {
        if (host->controls.sources[i].asks < SPOTS_LEAST)
            return i;
    }
    return -1;
}

void spots_count(struct host *host)
{
    if (!spots_are_due(host))
        return;
    for (size_t i = 0; i < host->controls.source_count; i++) {
        struct token_source *source = &host->controls.sources[i];
        source->spots.samples += source->asks;
        source->spots.lost += source->asks - source->grants;
    }
}

bool spots_were_granted(const struct host *host)
{
    for (size_t i = 0; i < host->controls.source_count; i++) {
        const struct token_source *source = &host->controls.sources[i];
        if (source->grants == 0 || source->grants * 2 < source->asks)
            return false;
    }
    return true;
}

double spots_upper(const struct host *host)
{
    double highest = 0;
    for (size_t i = 0; host->limits.spread && i < host->controls.source_count; i++) {
        double upper = loss_upper(&host->controls.sources[i].spots);
        highest = upper > highest ? upper : highest;
    }
    return highest;
}

static bool were_all_granted(const struct host *host)
{
    for (size_t i = 0; i < host->controls.source_count; i++) {
        if (host->controls.sources[i].grants < host->controls.sources[i].asks)
            return false;
    }
    return true;
}

void spots_adapt(struct host *host, enum judgement judgement)
{
    if (judgement == BATCH_COUNTS && were_all_granted(host))
        host->limits.spot_gap = host->limits.spot_gap * 9 / 10;
    else if (judgement == BATCH_VOID && host->void_batches > 1)
        host->limits.spot_gap = host->limits.spot_gap * 3 / 2;
    if (host->limits.spot_gap < GAP_LEAST)
        host->limits.spot_gap = GAP_LEAST;
    if (host->limits.spot_gap > GAP_MOST)
        host->limits.spot_gap = GAP_MOST;
}
