/* Samples of a host that rejects nearly all its ports by ICMP, under a limit.
 *
 * To confirm each port would take hours. So ports are asked a few at a time, in random order
 * and no faster than the bucket fills; those that do not answer are asked again, by themselves,
 * until they are decided. What the sample says with enough confidence is then said of the
 * rest, but never of ports that were named one by one. */
#include "scanner/engine/engine_state.h"

/* The rest is like the sample with so much confidence, but for less than this share. */
#define SAMPLE_CONFIDENCE 0.95
#define SAMPLE_DIFFERENT  0.01
/* With so many that differ, and such a share, more of a sample is in vain. */
#define MIXED_LEAST 3
#define MIXED_SHARE 0.1

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
 * for those that were named one by one. Lost: not rejected, as far as is known. */
static struct loss sample_of(const struct host *host, enum proto proto)
{
    struct loss sample = {0};
    uint32_t to = host->pass == host->limited_pass ? host->cursor : 0;
    for (uint32_t p = host->declared_count; p < to; p++) {
        uint32_t index = host_slot_at(host, p);
        const struct slot *slot = &host->slots[index];
        if (host_slot_proto(host, index) != proto || slot->tries < host->limited_pass ||
            !is_first(host, p))
            continue;
        sample.samples++;
        sample.lost += !is_rejected(host, slot);
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
    host->confirmed[proto] = confirmed;
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
        const struct loss sample = sample_of(host, (enum proto)proto);
        if (sample.samples > 0 && !host->confirmed[proto] &&
            loss_upper_at(&sample, SAMPLE_CONFIDENCE) < SAMPLE_DIFFERENT)
            claim_rest(engine, host, (enum proto)proto, sample.samples);
    }
}

void samples_begin(struct host *host)
{
    host->sampling = true;
    host->limited_rest = SAMPLE_REST_MOST;
}

/* The ports of the batch without an answer, whose silence is to be proven by tokens after it
 * from now on. */
static uint8_t doubt_silence(struct host *host)
{
    uint8_t count = 0;
    for (uint32_t p = host->batch.from; p < host->batch.to; p++) {
        struct slot *slot = &host->slots[host_slot_at(host, p)];
        if (slot_is_decided(slot) || outbound_is_held(host, slot) || !is_first(host, p))
            continue;
        count++;
        if (!host->doubtful)
            slot->proofs = 0;
    }
    return count;
}

/* Whether so many of the sample differ that it will never tell. */
static bool is_mixed(const struct host *host)
{
    struct loss tcp = sample_of(host, PROTO_TCP), udp = sample_of(host, PROTO_UDP);
    uint32_t samples = tcp.samples + udp.samples, lost = tcp.lost + udp.lost;
    return lost >= MIXED_LEAST && lost > samples * MIXED_SHARE;
}

/* Ports of a sample that do not answer are asked again, by themselves, until they are
 * decided. */
void samples_adapt(struct engine *engine, struct host *host, enum judgement judgement)
{
    nsec_t rest = host->limited_rest;
    rest = judgement == BATCH_COUNTS ? rest * 19 / 20 : rest * 5 / 4;
    host->limited_rest = rest < SAMPLE_REST_MOST ? rest : SAMPLE_REST_MOST;
    host->doubtful = doubt_silence(host);
    if (host->doubtful)
        host->cursor = host->batch.from;
    host->mixed = !host->doubtful && is_mixed(host);
    host->sampling = !host->doubtful && !host->mixed;
    if (host->sampling)
        claim_what_is_clear(engine, host);
}
