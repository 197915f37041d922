/* What follows from a batch on a host whose ICMP errors are limited: how many ports the next
 * one has, how often it goes over them, and how long the bucket is given before.
 *
 * Where rejects were found the same ports are asked again, until none is found and tokens are
 * left (limits.c): then silence counts. Where nearly all is rejected that would take hours, and
 * ports are sampled instead (samples.c); where a pass takes long, or a token after it never
 * comes, tokens are asked for all over it (spots.c). */
#include "scanner/engine/engine_state.h"

/* Ports in the first batch under a limit. */
#define LIMITED_BATCH 512
/* Passes at full pace that a host of very many ports gets before that, if nothing tells how
 * many are needed. */
#define SWEEPS 3
/* One reject for so many probes: what is left is found soon by asking all of them again. */
#define PRODUCTIVE_PROBES 16
/* So many rejects in a void batch: the host rejects more than its bucket can say. */
#define MANY_REJECTS 4
/* The most that may be gained in a pass of short batches, and how many of them may be void in a
 * row, before tokens are asked for all over long ones (spots.c); ports in such a batch. */
#define SHORT_PASS_GAIN    4.0
#define SHORT_VOIDS_MOST   6
#define SPREAD_BATCH_LEAST 64
/* Times that a batch goes over its ports at most. */
#define ROUNDS_MOST 6
/* So many batches one after the other that found rejects: fewer ports are asked at once. */
#define FOUND_MOST 12
/* So often one token was left and not two: the bucket has no more. */
#define LONE_TOKENS_MOST 3
/* Of no more ports than this each one is asked as often as it takes; of more, samples are. */
#define SAMPLED_LEAST 128
/* Nearly all may be rejected where one of so few is, though a probe may be lost. */
#define DENSE_FIRST 4
#define DENSE_MOST  100
/* Tokens that a quick limiter needs to have some left when the next batch begins at once. */
#define DEEP 3
/* Linux' buckets: tokens at first, and the time that one takes (IPv6: on a link). */
#define BURST_USUAL      6
#define TOKEN_USUAL_IPV4 NSEC_PER_SEC
#define TOKEN_USUAL_IPV6 (NSEC_PER_SEC / 4)

static nsec_t shorter(nsec_t a, nsec_t b)
{
    return a < b ? a : b;
}

/* ---- what a batch says ---- */

static bool was_any_granted(const struct host *host)
{
    for (size_t i = 0; i < host->controls.source_count; i++) {
        if (host->controls.sources[i].grants > 0)
            return true;
    }
    return false;
}

/* Nearly all may be rejected: a sample will tell. */
static bool are_many(const struct batch *batch)
{
    return batch->rejected >= MANY_REJECTS;
}

static void begin_spread(struct host *host, nsec_t now)
{
    spots_begin(host, now);
    host->batch_most =
        host->limits.mixed || are_many(&host->batch) ? LIMITED_BATCH : UINT32_MAX;
}

/* What the bucket may gain in a pass. */
static double gain_of_pass(const struct host *host)
{
    double seconds =
        (double)host->undecided * (double)host->limits.probe_gap / (double)NSEC_PER_SEC;
    return seconds * limits_gained_per_second(host);
}

static void begin_limits(struct host *host, nsec_t now)
{
    bool is_short = gain_of_pass(host) * 2 <= LIMITS_GAIN_MOST && !are_many(&host->batch);
    host->limits.since = now;
    host->batch_most = is_short ? UINT32_MAX / 4 : LIMITED_BATCH;
    host->limits.pass = (uint8_t)(host->pass + 1);
    host->cursor = host_positions(host); /* the pass under way is over */
}

/* The time that a token takes at most: as on Linux, unless more have come than its bucket could
 * have given by now. */
static nsec_t token_time(const struct host *host, nsec_t now)
{
    nsec_t usual =
        host->what->address.family == ADDR_IPV6 ? TOKEN_USUAL_IPV6 : TOKEN_USUAL_IPV4;
    nsec_t longest = 0;
    for (size_t i = 0; i < host->controls.source_count; i++) {
        const struct token_source *source = &host->controls.sources[i];
        nsec_t time = usual;
        if (source->answers > BURST_USUAL)
            time = shorter(usual, (now - source->first_at) / (source->answers - BURST_USUAL));
        longest = time > longest ? time : longest;
    }
    return longest;
}

/* A token that came without the second that is wanted may mean loss, once. */
static void slow_down(struct host *host, nsec_t now)
{
    bool granted = was_any_granted(host);
    if (granted && host->limits.rest == 0 && host->limits.short_voids == 1)
        return;
    nsec_t rest = granted ? host->limits.rest : host->limits.rest * 3 / 2;
    nsec_t least = SAMPLE_PORTS * token_time(host, now);
    host->limits.rest = shorter(rest > least ? rest : least, SAMPLE_REST_MOST);
}

/* The time that one round of a batch takes. After the last pause nothing may have been left to
 * send: then it lies behind the last probe. */
static nsec_t round_length(const struct host *host)
{
    const struct batch *batch = &host->batch;
    nsec_t busy = batch->last_sent - batch->started - batch->paused;
    return busy > 0 ? busy / (batch->rounds + 1) : 0;
}

/* The bucket may never hold two tokens: then one must do. */
static bool is_shallow(const struct host *host)
{
    return host->limits.lone_tokens >= LONE_TOKENS_MOST;
}

static bool was_lone_token(const struct host *host)
{
    for (size_t i = 0; i < host->controls.source_count; i++) {
        if (host->controls.sources[i].grants == 1 && host->controls.sources[i].asks > 1)
            return true;
    }
    return false;
}

/* More ports and less time after a good batch; after a void one the same ports again, and after
 * one that found rejects, with as many ports at a time as can be told in a while. */
static void adapt_short(struct host *host, enum judgement judgement, nsec_t now)
{
    nsec_t length = round_length(host) + limits_request_delay(host);
    double gain = limits_gain_until(host, host->batch.started + length);
    bool too_long = gain > (is_shallow(host) ? LIMITS_GAIN_ONE_TOKEN : LIMITS_GAIN_MOST / 2);
    if (judgement == BATCH_COUNTS) {
        host->limits.short_voids = host->limits.found_batches = 0;
        if (!is_shallow(host))
            host->limits.lone_tokens = 0;
        host->limits.rest =
            shorter(host->limits.rest * 19 / 20, SAMPLE_PORTS * token_time(host, now));
        if (!too_long && host->batch_most < LIMITED_BATCH << 10)
            host->batch_most += (host->batch_most + 1) / 2;
        return;
    }
    bool found = judgement == BATCH_FOUND;
    uint32_t asked = host->batch.probed / (host->batch.rounds + 1u);
    host->limits.short_voids = found ? 0 : host->limits.short_voids + 1;
    if (found && ++host->limits.found_batches % FOUND_MOST == 0)
        host->batch_most = asked / 2;
    if (!found && !too_long)
        slow_down(host, now);
    if (!found && was_lone_token(host) && host->limits.lone_tokens < LONE_TOKENS_MOST)
        host->limits.lone_tokens++;
    if (too_long)
        host->batch_most = asked / 2;
    if (host->batch_most < SAMPLE_PORTS)
        host->batch_most = SAMPLE_PORTS;
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

/* Where nearly all are rejected, one of the first few is, but for those without a token. */
static void note_density(struct host *host)
{
    uint32_t rejected = host->batch.rejected;
    if (host->batch.rejected_first > DENSE_FIRST)
        host->limits.dense =
            host->limits.dense > rejected ? (uint8_t)(host->limits.dense - rejected) : 0;
    else
        host->limits.dense =
            (uint8_t)(host->limits.dense + (rejected < MANY_REJECTS ? rejected : MANY_REJECTS));
    if (host->limits.dense > DENSE_MOST)
        host->limits.dense = DENSE_MOST;
}

/* Most of those ports were rejected that were asked while there were tokens: a sample will tell
 * whether nearly all are. */
static bool are_nearly_all(const struct host *host)
{
    bool dense =
        host->what->responder ? are_many(&host->batch) : host->limits.dense >= MANY_REJECTS;
    return !host->limits.mixed && host->undecided > SAMPLED_LEAST && dense;
}

/* Whatever answers by itself answers a sweep at full pace. So many of them come first that no
 * such port is left among those which a sample will be told for. */
static bool are_swept(const struct engine *engine, const struct host *host)
{
    struct loss worst;
    double upper = controls_upper(&host->controls, &worst);
    return host->pass >=
           (worst.samples ? loss_tries_needed(upper, engine->options.miss) : SWEEPS);
}

static void adapt(struct engine *engine, struct host *host, enum judgement judgement,
                  nsec_t now)
{
    if (host->limits.sampling || host->limits.doubtful) {
        samples_adapt(engine, host, judgement);
        return;
    }
    if (host->limits.spread)
        adapt_spread(host, judgement);
    else
        adapt_short(host, judgement, now);
    if (judgement == BATCH_COUNTS)
        return;
    host->cursor = host->batch.from;
    note_density(host);
    bool productive = host->batch.rejected * PRODUCTIVE_PROBES > host->batch.probed;
    if (productive || !are_nearly_all(host) || host->pass != host->limits.pass)
        return;
    if (are_swept(engine, host)) {
        samples_begin(host);
        return;
    }
    limits_forget(host);
    host->limits.sweeping = true;
    host->cursor = host_positions(host);
}

/* The tokens that each source is known to have had at once. */
static uint8_t least_depth(const struct host *host)
{
    uint8_t least = UINT8_MAX;
    for (size_t i = 0; i < host->controls.source_count; i++) {
        if (host->controls.sources[i].depth < least)
            least = host->controls.sources[i].depth;
    }
    return least;
}

/* A batch may go over its ports more than once, with pauses in which answers come in: tokens
 * at its end speak for all of that. No more often than the bucket has tokens, though: a limiter
 * that is quicker than reckoned with has none for a port whose first answer was lost. */
static uint8_t rounds_wanted(const struct engine *engine, const struct host *host)
{
    if (engine->options.max_tries || host->spacing || host->limits.sampling ||
        spots_are_due(host) || is_shallow(host) || !host->limits.since)
        return 1;
    nsec_t most =
        (nsec_t)(LIMITS_GAIN_MOST / limits_gained_per_second(host) * (double)NSEC_PER_SEC);
    nsec_t pause = rtt_pause(&host->rtt), once = host->undecided * host->limits.probe_gap;
    nsec_t left = most - rtt_timeout(&host->rtt) - limits_request_delay(host) - once;
    nsec_t more = left > 0 ? left / (pause + once) : 0;
    nsec_t depth = least_depth(host);
    return (uint8_t)(1 + shorter(more, shorter(depth, ROUNDS_MOST) - 1));
}

/* Tokens at the end of short batches are the quicker proof where few of them make a pass, and
 * where requests that follow a batch at once do get through. */
static bool are_short_batches_slow(const struct host *host)
{
    return gain_of_pass(host) > SHORT_PASS_GAIN || host->limits.short_voids >= SHORT_VOIDS_MOST;
}

/* The first pass is slow while the pace is still sought. */
static bool have_become_short(const struct host *host)
{
    return host->limits.short_voids < SHORT_VOIDS_MOST &&
           gain_of_pass(host) * 2 <= LIMITS_GAIN_MOST;
}

static bool are_few(const struct host *host)
{
    uint32_t rejected = 0;
    for (int i = 0; i < host->signature_count; i++)
        rejected += host->signatures[i].by_icmp ? host->signatures[i].count : 0;
    return host->undecided <= LIMITED_BATCH || rejected < MANY_REJECTS;
}

static void adapt_to(struct engine *engine, struct host *host, enum judgement judgement,
                     nsec_t now)
{
    if (!host->limits.since) {
        if ((are_few(host) && !host->limits.sweeping) || are_swept(engine, host))
            begin_limits(host, now);
    } else if (judgement != BATCH_VOID || host->void_reason == REASON_RATE_LIMITED) {
        adapt(engine, host, judgement, now);
    }
    if (!host->limits.since || host->limits.sampling || host->limits.doubtful)
        return;
    if (host->limits.spread && have_become_short(host))
        host->limits.spread = false;
    else if (!host->limits.spread && are_short_batches_slow(host))
        begin_spread(host, now);
}

/* Tokens that the batch took, or that the next one will: a request for each proof, and all the
 * ports of a sample. */
static nsec_t tokens_to_wait_for(const struct host *host)
{
    if (host->limits.sampling)
        return SAMPLE_PORTS;
    nsec_t rejected = host->batch.rejected, wanted = limits_requests_wanted(host);
    return rejected ? shorter(rejected, wanted) : wanted;
}

/* How long the next batch must wait for tokens to come back. */
static nsec_t rest_wanted(const struct host *host)
{
    if (spots_are_due(host)) {
        nsec_t taken = host->batch.rejected * host->limits.spot_gap;
        return host->batch.refill + shorter(taken, SAMPLE_REST_MOST);
    }
    nsec_t rest = tokens_to_wait_for(host) * host->limits.rest / SAMPLE_PORTS;
    nsec_t least = (nsec_t)((double)NSEC_PER_SEC / limits_gained_per_second(host));
    if (least_depth(host) < DEEP && rest < least && host->limits.since &&
        !host->limits.sampling)
        rest = least;
    return shorter(rest, 2 * SAMPLE_REST_MOST);
}

void limits_count(struct engine *engine, struct host *host, uint32_t ports)
{
    struct engine_totals *totals = &engine->totals;
    totals->limited_hosts -= host->limits.counted > 0;
    totals->limited_hosts += ports > 0;
    totals->limited_ports -= host->limits.counted;
    totals->limited_ports += ports;
    host->limits.counted = ports;
}

void limits_adapt(struct engine *engine, struct host *host, enum judgement judgement,
                  nsec_t now)
{
    if (!limits_are_known(host)) {
        limits_count(engine, host, 0);
        return;
    }
    const struct batch *batch = &host->batch;
    if (batch->probed > 0)
        host->limits.probe_gap = round_length(host) * (batch->rounds + 1) / batch->probed;
    adapt_to(engine, host, judgement, now);
    host->limits.rounds = rounds_wanted(engine, host);
    nsec_t rest = now + rest_wanted(host);
    if (rest > host->next_allowed)
        host->next_allowed = rest;
    bool waits = host->limits.spread || host->limits.sampling || host->limits.doubtful ||
                 host->limits.rest > 0;
    limits_count(engine, host, waits ? host->undecided : 0);
}
