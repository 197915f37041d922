/* ICMP errors under a limit.
 *
 * Whoever rejects by ICMP does so from a bucket of tokens (RFC 1812, 4.3.2.8; Linux: 6, then
 * one a second to each destination), and once it is empty a reject looks like a drop. So
 * on a host with such answers a batch counts only if, right after it, a port that is known
 * to be rejected still draws answers: then there had been a token for each port of the
 * batch. Long batches are checked all over (spots.c). Where nearly all is rejected, ports are
 * sampled at the bucket's own pace instead (samples.c). */
#include "scanner/engine/engine_state.h"

/* Ports in the first batch under a limit. */
#define LIMITED_BATCH 512
/* Passes at full pace that a host of very many ports gets before that, if nothing tells how
 * many are needed. */
#define SWEEPS 3
/* So many rejects in a void batch: the host rejects more than its bucket can say. */
#define MANY_REJECTS 4
/* The fastest limiters that are reckoned with, in tokens a second: Linux grants 1 for IPv4
 * and up to 16 for IPv6 (icmpv6_xrlim_allow() scales with the length of the route), Cisco's
 * routers 2. A limiter much faster than that is never empty for long. And the most that may
 * have been gained during a batch: a fraction of a token is the chance of one. */
#define TOKENS_PER_SECOND_IPV4 4.0
#define TOKENS_PER_SECOND_IPV6 16.0
#define GAIN_MOST_ONE_TOKEN    0.05
#define GAIN_MOST              1.0
/* The most that may be gained in a pass of short batches, and how many of them may be void in a
 * row, before tokens are asked for all over long ones (spots.c); ports in such a batch. */
#define SHORT_PASS_GAIN    4.0
#define SHORT_VOIDS_MOST   4
#define SPREAD_BATCH_LEAST 64
/* The time that Linux takes for a token, and some more. */
#define REFILL (1100 * NSEC_PER_MSEC)
/* When the time for all this is over: void batches in a row that end it. */
#define VOID_MOST 3

static nsec_t shorter(nsec_t a, nsec_t b)
{
    return a < b ? a : b;
}

bool limits_are_known(const struct host *host)
{
    return host->controls.source_count > 0;
}

bool limits_are_costly(const struct engine *engine, const struct host *host, nsec_t now)
{
    bool is_over =
        host->limited_since && now - host->limited_since > engine->options.limited_budget;
    return is_over && (host->sampling || host->doubtful || host->void_batches > VOID_MOST);
}

nsec_t limits_refilled_at(const struct host *host)
{
    return limits_are_known(host) && host->alive ? host->icmp_at + REFILL : 0;
}

uint32_t limits_batch_most(const struct host *host)
{
    if (host->doubtful)
        return host->doubtful;
    return host->sampling ? SAMPLE_PORTS : host->batch_most;
}

void limits_forget(struct host *host)
{
    host->limited_since = 0;
    host->limited_rest = 0;
    host->limited_pass = 0;
    host->sampling = host->spread = host->mixed = false;
    host->doubtful = host->short_voids = 0;
    host->batch_most = UINT32_MAX;
}

/* ---- tokens ---- */

static double gained_per_second(const struct host *host)
{
    return host->what->address.family == ADDR_IPV6 ? TOKENS_PER_SECOND_IPV6
                                                   : TOKENS_PER_SECOND_IPV4;
}

/* What the bucket may have gained between the first probe of the batch and AT. */
static double gain_until(const struct host *host, nsec_t at)
{
    return (double)(at - host->batch.started) / (double)NSEC_PER_SEC * gained_per_second(host);
}

/* A request must not overtake a probe: it would get the token that the probe did not find. */
nsec_t limits_request_delay(const struct host *host)
{
    return limits_are_known(host) && !spots_are_due(host) ? host->rtt.most - host->rtt.least
                                                          : 0;
}

/* One token right after a short batch says that there had been one for each probe, but for
 * the chance of a gain. After a longer one it takes two: if the bucket has two at the end of
 * a time in which it gained one at most, it had one at any moment of it. */
static unsigned tokens_wanted(const struct host *host)
{
    nsec_t asked_at = host->batch.last_sent + limits_request_delay(host);
    return gain_until(host, asked_at) <= GAIN_MOST_ONE_TOKEN ? 1 : 2;
}

/* More than that are asked for where requests or answers get lost, so that a void batch
 * speaks of tokens and not of loss; none where silence cannot count for want of companions. */
static unsigned requests_wanted(const struct host *host)
{
    if (host->pass == 1 && !host->batch.witnessed)
        return 0;
    struct loss worst;
    (void)controls_upper(&host->controls, &worst);
    return tokens_wanted(host) + (worst.lost * 10 > worst.samples) +
           (worst.lost * 4 > worst.samples) + (host->batch.asked_again ? 2 : 0);
}

/* Tokens that the batch took, or that the next one will: a request for each proof, and all the
 * ports of a sample that goes on. */
static nsec_t tokens_to_wait_for(const struct host *host)
{
    const struct batch *batch = &host->batch;
    bool sample_next = (host->sampling || host->doubtful) && batch->rejected >= batch->probed;
    return sample_next ? SAMPLE_PORTS : batch->rejected + requests_wanted(host);
}

nsec_t limits_least_rest(const struct host *host)
{
    if (!limits_are_known(host))
        return 0;
    if (spots_are_due(host)) {
        nsec_t taken = host->batch.rejected * host->spot_gap;
        return host->batch.refill + shorter(taken, SAMPLE_REST_MOST);
    }
    nsec_t rest = tokens_to_wait_for(host) * host->limited_rest / SAMPLE_PORTS;
    return shorter(rest, 2 * SAMPLE_REST_MOST);
}

int limits_next_request(const struct host *host)
{
    if (host->sampling || spots_are_due(host) || host->controls.source_count == 0)
        return -1;
    unsigned wanted = requests_wanted(host);
    for (int i = 0; i < host->controls.source_count; i++) {
        if (host->controls.sources[i].asks < wanted)
            return i;
    }
    return -1;
}

nsec_t limits_request_time(const struct host *host)
{
    if (limits_next_request(host) < 0)
        return NSEC_NEVER;
    return host->batch.last_sent + limits_request_delay(host);
}

bool limits_token_is_awaited(const struct host *host, nsec_t now)
{
    for (size_t i = 0; i < host->controls.source_count; i++) {
        const struct token_source *source = &host->controls.sources[i];
        if (source->grants < source->asks && now - source->asked_at < rtt_timeout(&host->rtt))
            return true;
    }
    return false;
}

bool limits_tokens_were_left(const struct host *host)
{
    if (spots_are_due(host))
        return spots_were_granted(host);
    for (size_t i = 0; i < host->controls.source_count; i++) {
        const struct token_source *source = &host->controls.sources[i];
        double most = source->grants > 1 ? GAIN_MOST : GAIN_MOST_ONE_TOKEN;
        if (source->grants == 0 || gain_until(host, source->asked_at) > most)
            return false;
    }
    return true;
}

/* A request, or what it drew, may have been lost: then two more tell. What is granted counts
 * together, for it is the same whether two tokens are taken at once or one after the other as
 * long as the bucket has gained one at most. */
bool limits_ask_again(struct host *host)
{
    struct loss worst;
    if (limits_tokens_were_left(host) || host->batch.asked_again || spots_are_due(host))
        return false;
    (void)controls_upper(&host->controls, &worst);
    host->batch.asked_again = worst.lost * 20 >= worst.samples;
    return host->batch.asked_again;
}

double limits_chance_of_gain(const struct host *host)
{
    double most = 0;
    for (size_t i = 0; !spots_are_due(host) && i < host->controls.source_count; i++) {
        const struct token_source *source = &host->controls.sources[i];
        double gain = gain_until(host, source->asked_at);
        if (source->grants == 1 && gain > most)
            most = gain;
    }
    return most;
}

static bool was_any_granted(const struct host *host)
{
    for (size_t i = 0; i < host->controls.source_count; i++) {
        if (host->controls.sources[i].grants > 0)
            return true;
    }
    return false;
}

/* ---- adapting ---- */

/* Nearly all may be rejected: a sample will tell. */
static bool are_many(const struct batch *batch)
{
    return batch->rejected >= MANY_REJECTS;
}

static void begin_spread(struct host *host, nsec_t now)
{
    spots_begin(host, now);
    host->batch_most = host->mixed || are_many(&host->batch) ? LIMITED_BATCH : UINT32_MAX;
}

/* What the bucket may gain in a pass. */
static double gain_of_pass(const struct host *host)
{
    double seconds = (double)host->undecided * (double)host->probe_gap / (double)NSEC_PER_SEC;
    return seconds * gained_per_second(host);
}

static void begin_limits(struct host *host, nsec_t now)
{
    bool is_short = gain_of_pass(host) * 2 <= GAIN_MOST && !are_many(&host->batch);
    host->limited_since = now;
    host->batch_most = is_short ? UINT32_MAX / 4 : LIMITED_BATCH;
    host->limited_pass = (uint8_t)(host->pass + 1);
    host->cursor = host_positions(host); /* the pass under way is over */
}

/* The first void batch has not been rested for yet. */
static void slow_down(struct host *host, nsec_t now)
{
    bool first = host->limited_rest == 0;
    nsec_t quarters = was_any_granted(host) ? 5 : 6;
    nsec_t rest = first ? SAMPLE_REST_MOST : host->limited_rest * quarters / 4;
    host->limited_rest = shorter(rest, SAMPLE_REST_MOST);
    if (first)
        host->next_allowed = now + limits_least_rest(host);
}

/* More ports and less time after a good batch; after a void one the same ports again. */
static void adapt_short(struct host *host, enum judgement judgement, nsec_t now)
{
    bool too_long = gain_until(host, host->batch.last_sent) * 2 > GAIN_MOST;
    bool many = are_many(&host->batch);
    if (judgement == BATCH_COUNTS) {
        host->short_voids = 0;
        host->limited_rest = host->limited_rest * 19 / 20;
        if (!too_long && host->batch_most < LIMITED_BATCH << 10)
            host->batch_most += (host->batch_most + 1) / 2;
        return;
    }
    host->short_voids = host->batch.rejected > 0 ? 0 : host->short_voids + 1;
    if (!too_long)
        slow_down(host, now);
    if ((too_long || many) && host->batch_most > SAMPLE_PORTS)
        host->batch_most /= 2;
}

/* Rejects that were found took tokens: requests without an answer are their doing. */
static void adapt_spread(struct host *host, enum judgement judgement)
{
    if (judgement == BATCH_COUNTS && host->batch_most < UINT32_MAX / 4)
        host->batch_most *= 4;
    if (judgement == BATCH_COUNTS || !are_many(&host->batch)) {
        spots_adapt(host, judgement);
        return;
    }
    if (host->batch_most > SPREAD_BATCH_LEAST)
        host->batch_most /= 2;
}

static void adapt(struct engine *engine, struct host *host, enum judgement judgement,
                  nsec_t now)
{
    if (host->sampling || host->doubtful) {
        samples_adapt(engine, host, judgement);
        return;
    }
    if (host->spread)
        adapt_spread(host, judgement);
    else
        adapt_short(host, judgement, now);
    if (judgement == BATCH_COUNTS)
        return;
    host->cursor = host->batch.from;
    if (!host->mixed && are_many(&host->batch) && host->pass == host->limited_pass)
        samples_begin(host);
}

/* Tokens at the end of short batches are the quicker proof where few of them make a pass, and
 * where requests that follow a batch at once do get through. */
static bool are_short_batches_slow(const struct host *host)
{
    return gain_of_pass(host) > SHORT_PASS_GAIN || host->short_voids >= SHORT_VOIDS_MOST;
}

/* Whatever answers by itself answers a sweep at full pace. So many of them come first that no
 * such port is left among those which a sample will be told for. */
static bool are_swept(const struct engine *engine, const struct host *host)
{
    struct loss worst;
    double upper = controls_upper(&host->controls, &worst);
    unsigned wanted = worst.samples ? loss_tries_needed(upper, engine->options.miss) : SWEEPS;
    uint32_t rejected = 0;
    for (int i = 0; i < host->signature_count; i++)
        rejected += host->signatures[i].by_icmp ? host->signatures[i].count : 0;
    return host->undecided <= LIMITED_BATCH || rejected < MANY_REJECTS || host->pass >= wanted;
}

void limits_adapt(struct engine *engine, struct host *host, enum judgement judgement,
                  nsec_t now)
{
    if (!limits_are_known(host))
        return;
    const struct batch *batch = &host->batch;
    if (batch->probed > 0)
        host->probe_gap = (batch->last_sent - batch->started) / batch->probed;
    if (!host->limited_since) {
        if (!are_swept(engine, host))
            return;
        begin_limits(host, now);
    } else if (judgement == BATCH_COUNTS || host->void_reason == REASON_RATE_LIMITED) {
        adapt(engine, host, judgement, now);
    }
    if (!host->spread && !host->sampling && !host->doubtful && are_short_batches_slow(host))
        begin_spread(host, now);
}
