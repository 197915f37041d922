/* ICMP errors under a limit.
 *
 * Whoever rejects by ICMP does so from a bucket of tokens (RFC 1812, 4.3.2.8; Linux: 6, then
 * one a second to each destination), and once it is empty a reject looks like a drop. So
 * on a host with such answers a batch counts only if, right after it, a port that is known
 * to be rejected still draws answers: then there had been a token for each port of the
 * batch. Long batches are checked all over (spots.c). Where nearly all is rejected, ports are
 * sampled at the bucket's own pace instead (samples.c). */
#include "scanner/engine/engine_state.h"

/* The fastest limiters that are reckoned with, in tokens a second: Linux grants 1 for IPv4
 * and up to 16 for IPv6 (icmpv6_xrlim_allow() scales with the length of the route), Cisco's
 * routers 2. A limiter much faster than that is never empty for long. And the most that may
 * have been gained during a batch: a fraction of a token is the chance of one. */
#define TOKENS_PER_SECOND_IPV4 4.0
#define TOKENS_PER_SECOND_IPV6 16.0
/* Answers within this time have had no token gained for them, as far as is reckoned with. */
#define TOGETHER (20 * NSEC_PER_MSEC)
/* The time that Linux takes for a token, and some more. */
#define REFILL (1100 * NSEC_PER_MSEC)
/* When the time for all this is over: batches in a row that end it, void ones, or those of
 * more than a few ports that found rejects. */
#define VOID_MOST       3
#define FOUND_MANY      3
#define FOUND_FEW_PORTS 32

bool limits_are_known(const struct host *host)
{
    return host->controls.source_count > 0;
}

bool limits_are_costly(const struct engine *engine, const struct host *host, nsec_t now)
{
    bool is_over =
        host->limits.since && now - host->limits.since > engine->options.limited_budget;
    bool finding = host->limits.found_batches > FOUND_MANY && host->undecided > FOUND_FEW_PORTS;
    return is_over && (host->limits.sampling || host->limits.doubtful || finding ||
                       host->void_batches > VOID_MOST);
}

nsec_t limits_refilled_at(const struct host *host)
{
    return limits_are_known(host) && host->alive ? host->limits.icmp_at + REFILL : 0;
}

uint32_t limits_batch_most(const struct host *host)
{
    if (host->limits.doubtful)
        return host->limits.doubtful;
    return host->limits.sampling ? SAMPLE_PORTS : host->batch_most;
}

void limits_forget(struct host *host)
{
    host->limits.since = 0;
    host->limits.rest = 0;
    host->limits.pass = 0;
    host->limits.sampling = host->limits.spread = host->limits.mixed = false;
    host->limits.doubtful = host->limits.short_voids = host->limits.found_batches =
        host->limits.rounds = 0;
    host->limits.lone_tokens = host->limits.dense = 0;
    host->batch_most = UINT32_MAX;
}

/* ---- tokens ---- */

double limits_gained_per_second(const struct host *host)
{
    return host->what->address.family == ADDR_IPV6 ? TOKENS_PER_SECOND_IPV6
                                                   : TOKENS_PER_SECOND_IPV4;
}

double limits_gain_until(const struct host *host, nsec_t at)
{
    return (double)(at - host->batch.started) / (double)NSEC_PER_SEC *
           limits_gained_per_second(host);
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
    return limits_gain_until(host, asked_at) <= LIMITS_GAIN_ONE_TOKEN ? 1 : 2;
}

/* There is still time for that before the bucket may have gained too much. */
static bool may_ask_again(const struct host *host, nsec_t at)
{
    return !host->batch.asked_again && limits_gain_until(host, at) <= LIMITS_GAIN_MOST;
}

/* More than that are asked for where requests or answers get lost, so that a void batch
 * speaks of tokens and not of loss; none where silence cannot count for want of companions. */
unsigned limits_requests_wanted(const struct host *host)
{
    if (host->pass == 1 && !host->batch.witnessed)
        return 0;
    struct loss worst;
    (void)controls_upper(&host->controls, &worst);
    nsec_t again = host->batch.last_sent + limits_request_delay(host) + rtt_timeout(&host->rtt);
    bool now_or_never = limits_gain_until(host, again) > LIMITS_GAIN_MOST;
    return tokens_wanted(host) + (worst.lost * 4 > worst.samples) +
           (now_or_never && worst.lost * 10 > worst.samples) +
           (host->batch.asked_again ? 2 : 0);
}

int limits_next_request(const struct host *host)
{
    if (host->limits.sampling || spots_are_due(host) || limits_found_rejects(host) ||
        host->controls.source_count == 0)
        return -1;
    unsigned wanted = limits_requests_wanted(host);
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

nsec_t limits_awaited_until(const struct host *host, nsec_t now)
{
    nsec_t latest = 0;
    for (size_t i = 0; i < host->controls.source_count; i++) {
        const struct token_source *source = &host->controls.sources[i];
        nsec_t until = source->asked_at + rtt_timeout(&host->rtt);
        if (source->grants < source->asks && until > now && until > latest)
            latest = until;
    }
    return latest;
}

bool limits_tokens_were_left(const struct host *host)
{
    if (spots_are_due(host))
        return spots_were_granted(host);
    for (size_t i = 0; i < host->controls.source_count; i++) {
        const struct token_source *source = &host->controls.sources[i];
        double most = source->grants > 1 ? LIMITS_GAIN_MOST : LIMITS_GAIN_ONE_TOKEN;
        if (source->grants == 0 || limits_gain_until(host, source->asked_at) > most)
            return false;
    }
    return true;
}

/* A request, or what it drew, may have been lost: then two more tell. What is granted counts
 * together, for it is the same whether two tokens are taken at once or one after the other as
 * long as the bucket has gained one at most. */
bool limits_ask_again(struct host *host, nsec_t now)
{
    struct loss worst;
    if (limits_tokens_were_left(host) || spots_are_due(host) || !may_ask_again(host, now))
        return false;
    (void)controls_upper(&host->controls, &worst);
    host->batch.asked_again = worst.lost > 0;
    return host->batch.asked_again;
}

void limits_note_token(struct host *host, const struct addr *by, nsec_t at)
{
    for (size_t i = 0; i < host->controls.source_count; i++) {
        struct token_source *source = &host->controls.sources[i];
        if (!addr_equal(&source->by, by))
            continue;
        if (source->answers++ == 0)
            source->first_at = at;
        if (source->burst == 0 || at - source->burst_at > TOGETHER) {
            source->burst_at = at;
            source->burst = 0;
        }
        if (source->burst < UINT8_MAX)
            source->burst++;
        if (source->burst > source->depth)
            source->depth = source->burst;
    }
}

void limits_note_reject(struct host *host, const struct addr *by, nsec_t at)
{
    host->batch.rejected++;
    limits_note_token(host, by, at);
}

/* A limiter that is quicker than those reckoned with may be out of tokens in the midst of a
 * batch and have one again at its end; then the batch has drawn answers. So has one that
 * drains a slow limiter, and tokens are not asked for after it in vain. */
bool limits_found_rejects(const struct host *host)
{
    return host->batch.rejected > 0 && !spots_are_due(host) && !host->what->responder;
}

double limits_chance_of_gain(const struct host *host)
{
    double most = 0;
    for (size_t i = 0; !spots_are_due(host) && i < host->controls.source_count; i++) {
        const struct token_source *source = &host->controls.sources[i];
        double gain = limits_gain_until(host, source->asked_at);
        if (source->grants == 1 && gain > most)
            most = gain;
    }
    return most;
}
