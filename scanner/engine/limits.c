/* ICMP errors under a limit.
 *
 * Whoever rejects by ICMP does so from a bucket of tokens (RFC 1812, 4.3.2.8; Linux: 6, then
 * one a second to each destination), and once it is empty a reject looks like a drop. So
 * on a host with such answers a batch counts only if, right after it, a port that is known
 * to be rejected still draws answers: then there had been a token for each port of the
 * batch. Where nearly all is rejected, ports are sampled at the bucket's own pace instead,
 * and the rest is told from the sample. */
#include "scanner/engine/engine_state.h"

/* Ports in the first batch under a limit, and in the first that samples. */
#define LIMITED_BATCH  512
#define SAMPLING_BATCH 4
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
/* Time that the bucket is given between batches. */
#define REST_LEAST (500 * NSEC_PER_MSEC)
#define REST_MOST  (4 * NSEC_PER_SEC)
/* The rest is like the sample with so much confidence, but for less than this share. */
#define SAMPLE_CONFIDENCE 0.95
#define SAMPLE_DIFFERENT  0.01

bool limits_are_known(const struct host *host)
{
    return host->controls.source_count > 0;
}

bool limits_are_costly(const struct engine *engine, const struct host *host, nsec_t now)
{
    return host->limited_since && now - host->limited_since > engine->options.limited_budget;
}

uint32_t limits_batch_most(const struct host *host)
{
    return host->sampling ? SAMPLING_BATCH : host->batch_most;
}

void limits_forget(struct host *host)
{
    host->limited_since = 0;
    host->limited_rest = 0;
    host->limited_pass = 0;
    host->sampling = false;
    host->batch_most = UINT32_MAX;
}

/* ---- tokens ---- */

/* What the bucket may have gained between the first probe of the batch and AT. */
static double gain_until(const struct host *host, nsec_t at)
{
    double rate = host->what->address.family == ADDR_IPV6 ? TOKENS_PER_SECOND_IPV6
                                                          : TOKENS_PER_SECOND_IPV4;
    return (double)(at - host->batch.started) / (double)NSEC_PER_SEC * rate;
}

/* One token right after a short batch says that there had been one for each probe, but for
 * the chance of a gain. After a longer one it takes two: if the bucket has two at the end of
 * a time in which it gained one at most, it had one at any moment of it. */
static unsigned tokens_wanted(const struct host *host)
{
    return gain_until(host, host->batch.last_sent) <= GAIN_MOST_ONE_TOKEN ? 1 : 2;
}

/* More than that are asked for where requests or answers get lost, so that a void batch
 * speaks of tokens and not of loss. */
static unsigned requests_wanted(const struct host *host)
{
    struct loss worst;
    double upper = controls_upper(&host->controls, &worst);
    return tokens_wanted(host) + (upper > 0.1) + (upper > 0.25);
}

int limits_next_request(const struct host *host)
{
    if (host->sampling || host->controls.source_count == 0)
        return -1;
    unsigned wanted = requests_wanted(host);
    for (int i = 0; i < host->controls.source_count; i++) {
        if (host->controls.sources[i].asks < wanted)
            return i;
    }
    return -1;
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
    for (size_t i = 0; i < host->controls.source_count; i++) {
        const struct token_source *source = &host->controls.sources[i];
        double most = source->grants > 1 ? GAIN_MOST : GAIN_MOST_ONE_TOKEN;
        if (source->grants == 0 || gain_until(host, source->asked_at) > most)
            return false;
    }
    return true;
}

double limits_chance_of_gain(const struct host *host)
{
    double most = 0;
    for (size_t i = 0; i < host->controls.source_count; i++) {
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

/* ---- samples ---- */

/* The sample: ports of the first pass under the limit that were not named one by one, in
 * random order, each rejected or silent for once with certainty. */
void limits_count(struct host *host, uint32_t position, const struct slot *slot, bool counts)
{
    if (host->limited_pass != host->pass || position < host->declared_count)
        return;
    enum proto proto = host_slot_proto(host, host_slot_at(host, position));
    struct loss *sample = &host->sample[proto];
    bool rejected = slot->signature && host->signatures[slot->signature - 1].by_icmp;
    bool counted = slot->proofs > 0;
    if (rejected || counts)
        sample->samples += !counted;
    if (rejected)
        sample->lost -= counted && sample->lost > 0;
    else if (counts)
        sample->lost += !counted;
}

/* The ICMP answer that most ports of PROTO gave; -1: none. */
static int usual_signature(const struct host *host, enum proto proto)
{
    int usual = -1;
    for (int i = 0; i < host->signature_count; i++) {
        const struct signature *signature = &host->signatures[i];
        if (signature->proto == proto && signature->by_icmp && signature->count > 0 &&
            (usual < 0 || signature->count > host->signatures[usual].count))
            usual = i;
    }
    return usual;
}

static void claim_rest(struct engine *engine, struct host *host, enum proto proto)
{
    int usual = usual_signature(host, proto);
    if (usual < 0)
        return;
    struct signature rest = host->signatures[usual];
    rest.answer.reason = REASON_RATE_LIMITED;
    rest.forwarded = (struct forwarding){0};
    rest.count = 0;
    uint8_t signature = host_signature(host, &rest);
    if (!signature)
        return;
    host->confirmed[proto] = host->sample[proto].samples;
    uint32_t from = proto == PROTO_TCP ? 0 : host->tcp_count;
    uint32_t to = proto == PROTO_TCP ? host->tcp_count : host->slot_count;
    for (uint32_t i = from; i < to; i++) {
        struct slot *slot = &host->slots[i];
        if (slot_is_decided(slot) || slot->proofs > 0 || (slot->flags & SLOT_TENTATIVE) ||
            host_is_declared(host, i))
            continue;
        slot->signature = signature;
        host->signatures[signature - 1].count++;
        engine_decide(engine, host);
    }
}

static void claim_what_is_clear(struct engine *engine, struct host *host)
{
    for (int proto = 0; proto < PROTO_COUNT; proto++) {
        const struct loss *sample = &host->sample[proto];
        if (sample->samples > 0 && !host->confirmed[proto] &&
            loss_upper_at(sample, SAMPLE_CONFIDENCE) < SAMPLE_DIFFERENT)
            claim_rest(engine, host, (enum proto)proto);
    }
}

/* ---- adapting ---- */

static void begin_limits(struct host *host, nsec_t now)
{
    host->limited_since = now;
    host->batch_most = LIMITED_BATCH;
    host->limited_pass = (uint8_t)(host->pass + 1);
    host->cursor = host_positions(host); /* the pass under way is over */
}

static void slow_down(struct host *host)
{
    nsec_t quarters = was_any_granted(host) ? 5 : 6;
    nsec_t rest = host->limited_rest ? host->limited_rest * quarters / 4 : REST_LEAST;
    host->limited_rest = rest < REST_MOST ? rest : REST_MOST;
}

/* More ports and less time after a good batch; after a void one the same ports again. */
void limits_adapt(struct engine *engine, struct host *host, enum judgement judgement,
                  nsec_t now)
{
    if (!limits_are_known(host))
        return;
    if (!host->limited_since) {
        begin_limits(host, now);
        return;
    }
    claim_what_is_clear(engine, host);
    const struct batch *batch = &host->batch;
    bool too_long = gain_until(host, batch->last_sent) * 2 > GAIN_MOST;
    bool all_rejected = batch->rejected >= batch->probed;
    if (judgement == BATCH_COUNTS) {
        host->limited_rest = host->limited_rest * 19 / 20;
        if (!host->sampling && !too_long && host->batch_most < LIMITED_BATCH << 10)
            host->batch_most += (host->batch_most + 1) / 2;
        host->sampling = all_rejected;
    } else if (host->void_reason == REASON_RATE_LIMITED) {
        bool many = batch->rejected >= MANY_REJECTS;
        if (!too_long)
            slow_down(host);
        if (!host->sampling && (too_long || many) && host->batch_most > SAMPLING_BATCH)
            host->batch_most /= 2;
        host->sampling = !host->sampling && many;
        host->cursor = batch->from;
    }
}
