/* Samples of a host that rejects nearly all its ports by ICMP, under a limit.
 *
 * To confirm each port would take hours. So ports are asked a few at a time, in random order
 * and about as fast as the bucket fills; those that do not answer are asked again. What the
 * sample says with enough confidence is then said of the rest, but never of ports that were
 * named one by one. */
#include "scanner/engine/engine_state.h"

/* The rest is like the sample with so much confidence, but for less than this share. */
#define SAMPLE_CONFIDENCE 0.95
#define SAMPLE_DIFFERENT  0.01
/* With so many that differ, and such a share, more of a sample is in vain. */
#define MIXED_LEAST 3
#define MIXED_SHARE 0.1
/* The time that the first tokens are given. */
#define SAMPLE_REST_FIRST NSEC_PER_SEC
/* Of the answers that would come if none were limited: with more of them the next ports come
 * sooner, with fewer later. */
#define PACE_MORE 0.9
#define PACE_LESS 0.4
/* How often a port is asked among others. */
#define SAMPLE_TRIES 16

static bool is_rejected(const struct host *host, const struct slot *slot)
{
    return slot->signature && host->signatures[slot->signature - 1].by_icmp;
}

/* A declared port comes up twice in a pass, and counts where it comes first. */
static bool is_first(const struct host *host, uint32_t position)
{
    return position < host->declared_count ||
           !host_is_declared(host, host_slot_at(host, position));
}

/* The ports of PROTO that the first pass under the limit has dealt with, in random order, but
 * for those that were named one by one. Lost: not rejected, as far as is known; ports that are
 * not decided yet may be HOPED to be. */
static struct loss sample_of(const struct host *host, enum proto proto, bool hoped)
{
    struct loss sample = {0};
    uint32_t to = host->pass == host->limits.pass ? host->cursor : 0;
    for (uint32_t p = host->declared_count; p < to; p++) {
        uint32_t index = host_slot_at(host, p);
        const struct slot *slot = &host->slots[index];
        if (host_slot_proto(host, index) != proto || slot->tries < host->limits.pass ||
            !is_first(host, p))
            continue;
        sample.samples++;
        sample.lost += !is_rejected(host, slot) && !(hoped && !slot_is_decided(slot));
    }
    return sample;
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

static void claim_rest(struct engine *engine, struct host *host, enum proto proto,
                       uint32_t confirmed)
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
    host->limits.confirmed[proto] = confirmed;
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

static bool tells(const struct host *host, enum proto proto, bool hoped)
{
    const struct loss sample = sample_of(host, proto, hoped);
    return sample.samples > 0 && !host->limits.confirmed[proto] &&
           loss_upper_at(&sample, SAMPLE_CONFIDENCE) < SAMPLE_DIFFERENT;
}

static void claim_what_is_clear(struct engine *engine, struct host *host)
{
    for (int proto = 0; proto < PROTO_COUNT; proto++) {
        if (tells(host, (enum proto)proto, false))
            claim_rest(engine, host, (enum proto)proto,
                       sample_of(host, (enum proto)proto, false).samples);
    }
}

void samples_begin(struct host *host)
{
    host->limits.sampling = true;
    if (host->limits.rest == 0)
        host->limits.rest = SAMPLE_REST_FIRST;
}

/* Whether so many of the sample differ that it will never tell. */
static bool is_mixed(const struct host *host)
{
    struct loss tcp = sample_of(host, PROTO_TCP, false);
    struct loss udp = sample_of(host, PROTO_UDP, false);
    uint32_t samples = tcp.samples + udp.samples, lost = tcp.lost + udp.lost;
    return lost >= MIXED_LEAST && lost > samples * MIXED_SHARE;
}

/* Somewhat faster than tokens come: what finds none is asked again, which costs nothing, but
 * a token that finds the bucket full is gone. */
static void adapt_pace(struct host *host)
{
    struct loss worst;
    (void)controls_upper(&host->controls, &worst);
    double kept = worst.samples ? 1 - (double)worst.lost / worst.samples : 1;
    double due = kept * host->batch.probed;
    nsec_t rest = host->limits.rest * 19 / 20;
    if (host->batch.rejected >= PACE_MORE * due)
        rest = host->limits.rest * 3 / 4;
    else if (host->batch.rejected < PACE_LESS * due)
        rest = host->limits.rest * 5 / 4;
    host->limits.rest = rest < SAMPLE_REST_MOST ? rest : SAMPLE_REST_MOST;
}

/* The ports of the batch without an answer, and where the first of them is. */
struct silence {
    uint8_t ports;
    uint32_t first;
};

static struct silence find_silence(const struct host *host)
{
    struct silence found = {0};
    for (uint32_t p = host->batch.from; p < host->batch.to; p++) {
        const struct slot *slot = &host->slots[host_slot_at(host, p)];
        if (slot_is_decided(slot) || outbound_is_held(host, slot) || !is_first(host, p))
            continue;
        if (found.ports++ == 0)
            found.first = p;
    }
    return found;
}

/* Its silence is to be proven by tokens from now on: because it lasts, nobody answers at all,
 * or the sample waits for nothing else. */
static bool is_doubtful(const struct host *host, const struct silence *silence)
{
    bool none = host->batch.rejected == 0 && host->limits.rest >= SAMPLE_REST_MOST;
    return silence->ports > 0 && (none || host->limits.stuck_for >= SAMPLE_TRIES ||
                                  tells(host, PROTO_TCP, true) || tells(host, PROTO_UDP, true));
}

static void begin_doubt(struct host *host, uint8_t ports)
{
    host->limits.doubtful = ports;
    for (uint32_t p = host->batch.from; p < host->batch.to; p++) {
        struct slot *slot = &host->slots[host_slot_at(host, p)];
        if (!slot_is_decided(slot) && !(slot->flags & SLOT_TENTATIVE))
            slot->proofs = 0;
    }
}

/* Ports of a sample that do not answer are asked again, among the next ones; when that goes on,
 * by themselves, until they are decided. */
void samples_adapt(struct engine *engine, struct host *host, enum judgement judgement)
{
    struct silence silence = find_silence(host);
    if (silence.ports > 0) {
        host->limits.stuck_for =
            silence.first == host->limits.stuck_at ? host->limits.stuck_for + 1 : 1;
        host->limits.stuck_at = silence.first;
    }
    if (!host->limits.doubtful)
        adapt_pace(host);
    else if (judgement == BATCH_VOID && host->limits.rest * 5 / 4 < SAMPLE_REST_MOST)
        host->limits.rest = host->limits.rest * 5 / 4;
    if (host->limits.doubtful)
        host->limits.doubtful = silence.ports;
    else if (is_doubtful(host, &silence))
        begin_doubt(host, silence.ports);
    host->limits.mixed = silence.ports == 0 && is_mixed(host);
    host->limits.sampling = !host->limits.doubtful && !host->limits.mixed;
    if (silence.ports > 0)
        host->cursor = silence.first;
    else if (host->limits.sampling)
        claim_what_is_clear(engine, host);
}
