/* When a host's silence has become proof.
 *
 * After its rest a batch counts as one proof of silence for each of its ports that had
 * companions, or it is void: because the host did not answer afterwards, too many
 * companions were lost, an ICMP limiter may have swallowed answers (limits.c), or this
 * machine lost packets. A port is silent for certain when its proofs are as many as the loss of
 * companions asks for. */
#include "scanner/engine/engine_state.h"

#include <errno.h>
#include <math.h>

/* Probes after a UDP answer that wants to be confirmed. */
#define CONFIRM_TRIES 12
/* How often a rest is prolonged for the closing control. */
#define EXTENSIONS_MOST   4
#define EXTENSION_CLOSERS 4
#define VOID_BATCHES_MOST 10
#define PASSES_MOST       80
/* Passes over a host that has shown no life. */
#define DEAD_PASSES       4
#define DEAD_PASSES_LARGE 2
#define LARGE_HOST        1024

/* Companions that say something of a batch, and how many of them may be lost. */
#define LOSSY_SAMPLES 8
#define LOSSY_SHARE   0.75
/* What is too rare to be chance. */
#define CHANCE        1e-6
#define CHANCE_ERRORS 4.0
#define SPACED_SHARE  0.3
#define RELAXED_SHARE 0.1
/* Controls that tell what is usual; what may be so without them. */
#define USUAL_SAMPLES 32
#define USUAL_GUESS   0.5
/* From so many ports of a protocol on that answer, silence takes more proof. */
#define MANY_ANSWERS 1000
/* How long a pass over a host may take whose answers are limited, and how often the time
 * between its packets is doubled in vain before that is given up. */
#define SPACED_PASS_MOST (20 * NSEC_PER_SEC)
#define SPACING_STEPS    8
/* So many void batches in a row may be the doing of a path that was too full. */
#define FULL_PATH_VOIDS 3

static enum judgement void_batch(struct host *host, enum reason reason)
{
    if (reason != host->void_reason)
        host->void_batches = 0;
    host->void_reason = reason;
    if (host->void_batches < UINT8_MAX)
        host->void_batches++;
    return BATCH_VOID;
}

static enum judgement extend_rest(struct host *host, nsec_t now, nsec_t until)
{
    host->batch.extensions++;
    host->rest_until = until;
    host->controls.left = EXTENSION_CLOSERS;
    host->controls.next_at = now;
    return BATCH_EXTENDED;
}

static bool is_closed(const struct host *host)
{
    return host->controls.returned_sent_at >= host->batch.last_sent;
}

/* The largest share of companions of one kind that was lost in the batch. A witness that
 * has not answered for long stands for all ports like it: its host may limit its RSTs where
 * a firewall's, which look the same, are not limited. */
static double batch_loss(const struct controls *controls)
{
    double most = 0;
    if (controls_longest_streak(controls) >= LOSSY_SAMPLES)
        return 1;
    for (size_t i = 0; i < WITNESS_KINDS; i++) {
        const struct loss *loss = &controls->batch[i];
        if (loss->samples < LOSSY_SAMPLES)
            continue;
        double share = (double)loss->lost / loss->samples;
        if (share > most)
            most = share;
    }
    return most;
}

/* Ports of the batch that are not decided; and how many were asked for the first reject. */
struct undecided {
    bool silent; /* some are without any answer */
    bool held;   /* some have hearsay; see outbound.h */
};

static struct undecided find_undecided(struct host *host)
{
    struct undecided found = {0};
    uint32_t asked = 0;
    for (uint32_t p = host->batch.from; p < host->batch.to; p++) {
        const struct slot *slot = &host->slots[host_slot_at(host, p)];
        if (!(slot->flags & SLOT_IN_BATCH))
            continue;
        asked++;
        if (host->batch.rejected_first == 0 && slot->signature &&
            host->signatures[slot->signature - 1].by_icmp)
            host->batch.rejected_first = asked;
        if (slot_is_decided(slot))
            continue;
        bool held = outbound_is_held(host, slot);
        found.held |= held;
        found.silent |= !held;
    }
    return found;
}

static enum judgement judge_batch(const struct engine *engine, struct host *host, nsec_t now)
{
    struct undecided left = find_undecided(host);
    nsec_t later = now + rtt_timeout(&host->rtt);
    if (!left.silent && !left.held)
        return BATCH_COUNTS;
    if (engine->capture_lost_at >= host->batch.started)
        return void_batch(host, REASON_CAPTURE_LOSS);
    if (engine->link_changed_at >= host->batch.started)
        return void_batch(host, REASON_LINK_DOWN);
    if (!host->alive)
        return void_batch(host, REASON_HOST_SILENT);
    if (!is_closed(host))
        return host->batch.extensions < EXTENSIONS_MOST ? extend_rest(host, now, later)
                                                        : void_batch(host, REASON_WENT_SILENT);
    if (batch_loss(&host->controls) > LOSSY_SHARE) {
        controls_disregard_batch(&host->controls);
        return void_batch(host, host->spacing ? REASON_RATE_LIMITED : REASON_WENT_SILENT);
    }
    host->batch.witnesses_answered = true;
    if (!left.silent) { /* whoever refused all of it had a token for each */
        host->void_batches = 0;
        return BATCH_COUNTS;
    }
    if (host->limits.sampling ? host->batch.rejected > 0 : limits_found_rejects(host)) {
        host->void_batches = 0;
        return BATCH_FOUND;
    }
    if (host->limits.sampling)
        return void_batch(host, REASON_RATE_LIMITED);
    if (limits_awaited_until(host, now) && host->batch.extensions < EXTENSIONS_MOST)
        return extend_rest(host, now, limits_awaited_until(host, now));
    if (limits_ask_again(host, now))
        return extend_rest(host, now, later);
    spots_count(host);
    if (!limits_tokens_were_left(host))
        return void_batch(host, REASON_RATE_LIMITED);
    host->void_batches = 0;
    if (!host->silent_since)
        host->silent_since = host->batch.started;
    return BATCH_COUNTS;
}

/* What the path loses without the host's doing; a guess while few controls tell. */
static double usual_loss(const struct host *host)
{
    struct loss worst;
    (void)controls_upper(&host->controls, &worst);
    return worst.samples < USUAL_SAMPLES ? USUAL_GUESS : (double)worst.lost / worst.samples;
}

/* The path was too full during the batch, and the pace has seen to that; but not for ever. */
static bool was_path_full(const struct engine *engine, const struct host *host)
{
    return engine->pace.cut_at >= host->batch.started && host->void_batches <= FULL_PATH_VOIDS;
}

/* What the kind of answers that is lost least may lose: the path's own loss. 0: nothing tells,
 * for a single kind may be limited. */
static double path_loss(const struct controls *controls)
{
    double least = 1;
    unsigned kinds = 0;
    for (size_t i = 0; i < WITNESS_KINDS; i++) {
        const struct loss *loss = &controls->loss[i];
        if (loss->samples == 0)
            continue;
        least = fmin(least, loss_upper(loss));
        kinds++;
    }
    return kinds > 1 ? least : 0;
}

/* A path that loses much loses most of a few companions now and then, and several to one
 * witness in a row. */
static bool is_loss_chance(const struct controls *controls)
{
    double usual = path_loss(controls);
    for (size_t i = 0; i < WITNESS_KINDS; i++) {
        double samples = controls->batch[i].samples;
        double error = sqrt(usual * (1 - usual) * samples);
        if (controls->batch[i].lost > usual * samples + CHANCE_ERRORS * error)
            return false;
    }
    return pow(usual, controls_longest_streak(controls)) > CHANCE;
}

/* Answers that stay behind however many are asked for are limited at the host: then it is
 * asked no faster than it answered. What the path lost before stays out of this. */
static void adapt_spacing(struct host *host, nsec_t now)
{
    double loss = batch_loss(&host->controls);
    uint32_t answers = host->batch.answered;
    for (size_t i = 0; i < WITNESS_KINDS; i++)
        answers += host->controls.batch[i].samples - host->controls.batch[i].lost;
    if (answers == 0)
        return; /* gone, rather than limited */
    if (host->usual_loss == USUAL_GUESS)
        host->usual_loss = usual_loss(host);
    if (loss < fmax(RELAXED_SHARE, host->usual_loss))
        host->spacing /= 2;
    double bearable =
        host->spacing ? fmax(SPACED_SHARE, host->usual_loss * 3 / 2) : LOSSY_SHARE;
    if (loss <= bearable || host->spacing_is_useless)
        return;
    if (host->spacing == 0 && is_loss_chance(&host->controls))
        return;
    if (host->spacing == 0) {
        host->spaced_for = loss;
        host->usual_loss = usual_loss(host);
        host->spacing_steps = 0;
    } else if (++host->spacing_steps > SPACING_STEPS && loss > 0.8 * host->spaced_for) {
        host->spacing_is_useless = true;
        host->spacing = 0;
        return;
    }
    nsec_t spacing = (now - host->batch.started) / (answers + 1);
    if (spacing < 2 * host->spacing)
        spacing = 2 * host->spacing;
    nsec_t most = SPACED_PASS_MOST / host->undecided;
    host->spacing = spacing < most ? spacing : most;
}

static bool outlived_bursts(const struct host *host, nsec_t now)
{
    return now - host->silent_since >= 3 * host->controls.burst.longest;
}

static uint32_t answered_ports(const struct host *host, enum proto proto)
{
    uint32_t count = 0;
    for (size_t i = 0; i < host->signature_count; i++)
        count += host->signatures[i].proto == proto ? host->signatures[i].count : 0;
    return count;
}

/* The chance that all answers of one port were lost. Each port that answers took it: where
 * tens of thousands do, one of them would be among the silent ones every few audits. */
static double miss_allowed(const struct engine *engine, const struct host *host,
                           enum proto proto)
{
    double answered = answered_ports(host, proto), miss = engine->options.miss;
    return answered > MANY_ANSWERS ? miss * MANY_ANSWERS / answered : miss;
}

/* An answer that waits for another one to confirm it. ICMP errors stand when they were
 * repeated, or nothing better came; a UDP answer that is not repeated may be a forgery, if
 * somebody is at it: then the port stays unknown. */
static void judge_tentative(struct engine *engine, struct host *host, struct slot *slot)
{
    const struct answer *answer = &host->signatures[slot->signature - 1].answer;
    bool udp = answer->reason == REASON_UDP_RESPONSE;
    if (slot->tries < (udp ? slot->proofs + CONFIRM_TRIES : LOSS_TRIES_LEAST))
        return;
    if (udp && engine->totals.invalid > 0)
        slot->flags |= SLOT_CONFLICT;
    slot->flags &= (uint8_t)~SLOT_TENTATIVE;
    engine_decide(engine, host);
}

/* What silence is worth after this batch. */
struct proof {
    bool counts;                  /* the batch is not void */
    double upper;                 /* bound on the loss */
    unsigned needed[PROTO_COUNT]; /* proofs; 0: no number will do yet */
};

static void certify(struct engine *engine, struct host *host, struct slot *slot,
                    const struct proof *proof)
{
    uint32_t index = (uint32_t)(slot - host->slots);
    unsigned proofs_each = slot->proofs / services_questions(engine, host, index);
    double miss = pow(proof->upper, proofs_each);
    if (miss > host->miss)
        host->miss = miss;
    if (slot->flags & SLOT_TENTATIVE) { /* hearsay; see outbound.h */
        slot->flags &= (uint8_t)~SLOT_TENTATIVE;
        host->signatures[slot->signature - 1].count++;
    } else {
        slot->flags |= SLOT_SILENT;
        services_note_silence(engine, host, index);
    }
    engine_decide(engine, host);
}

/* SILENCE is what no answer is worth, HEARSAY what no signed answer is worth besides one that
 * is not: that one shows that there was a token for it, if it took any. */
struct proofs {
    struct proof silence, hearsay;
    unsigned rounds; /* of the batch: each is a proof */
};

static void judge_slot(struct engine *engine, struct host *host, uint32_t position,
                       const struct proofs *proofs)
{
    struct slot *slot = &host->slots[host_slot_at(host, position)];
    if (!(slot->flags & SLOT_IN_BATCH))
        return;
    slot->flags &= (uint8_t)~SLOT_IN_BATCH;
    bool held = outbound_is_held(host, slot);
    const struct proof *proof = held ? &proofs->hearsay : &proofs->silence;
    if (slot_is_decided(slot))
        return;
    if ((slot->flags & SLOT_TENTATIVE) && !held) {
        judge_tentative(engine, host, slot);
        return;
    }
    if (!proof->counts || !(slot->flags & SLOT_ACCOMPANIED))
        return;
    unsigned sum = slot->proofs + proofs->rounds;
    slot->proofs = sum < UINT8_MAX ? (uint8_t)sum : UINT8_MAX;
    uint32_t index = host_slot_at(host, position);
    unsigned needed =
        proof->needed[host_slot_proto(host, index)] * services_questions(engine, host, index);
    if ((needed && slot->proofs >= needed) || outbound_is_refused(host, slot, needed))
        certify(engine, host, slot, proof);
}

static void judge_slots(struct engine *engine, struct host *host, bool counts, nsec_t now)
{
    struct loss worst;
    double upper = controls_upper(&host->controls, &worst);
    struct proofs proofs = {
        .silence = {counts,
                    fmax(upper, spots_are_due(host) ? spots_upper(host) : 0) +
                        limits_chance_of_gain(host),
                    {0}},
        .hearsay = {host->batch.witnesses_answered, upper, {0}},
        .rounds = host->batch.was_refused ? 1 : host->batch.rounds + 1,
    };
    for (int proto = 0; proto < PROTO_COUNT && outlived_bursts(host, now); proto++) {
        double miss = miss_allowed(engine, host, (enum proto)proto);
        proofs.silence.needed[proto] = loss_tries_needed(proofs.silence.upper, miss);
        proofs.hearsay.needed[proto] = loss_tries_needed(upper, miss);
    }
    for (uint32_t p = host->batch.from; p < host->batch.to; p++)
        judge_slot(engine, host, p, &proofs);
}

/* Why probing of this host should end with ports undecided; REASON_NONE: it should not. */
static enum reason give_up(const struct engine *engine, const struct host *host, nsec_t now)
{
    bool pass_over = host->cursor >= host_positions(host);
    unsigned dead = host->slot_count > LARGE_HOST ? DEAD_PASSES_LARGE : DEAD_PASSES;
    if (!host->alive)
        return pass_over && host->pass >= dead ? outbound_absence(host) : REASON_NONE;
    if (limits_are_costly(engine, host, now))
        return REASON_RATE_LIMITED;
    if (host->void_batches >= VOID_BATCHES_MOST && host->void_reason != REASON_RATE_LIMITED)
        return host->void_reason;
    if (!pass_over)
        return REASON_NONE;
    unsigned most = engine->options.max_tries;
    if (most && host->pass >= most)
        return REASON_TRIES_EXHAUSTED;
    if (host->pass >= PASSES_MOST)
        return limits_are_known(host) ? REASON_RATE_LIMITED : REASON_TRIES_EXHAUSTED;
    return REASON_NONE;
}

static void finish_probing(struct engine *engine, uint32_t host_index, enum reason reason,
                           nsec_t now)
{
    struct host *host = engine->hosts[host_index];
    if (host->undecided)
        refusals_wait(host, now);
    if (twin_cases_choose(host) || decoys_pending(host) || refusals_are_pending(host, now)) {
        host->phase = HOST_TWINNING;
        host->void_reason = reason;
        return;
    }
    settle_host(engine, host_index, reason);
}

/* False: the batch is judged later. */
static bool judge_all(struct engine *engine, struct host *host, nsec_t now)
{
    enum judgement judgement = judge_batch(engine, host, now);
    if (judgement == BATCH_EXTENDED)
        return false;
    if (!was_path_full(engine, host))
        adapt_spacing(host, now);
    judge_slots(engine, host, judgement == BATCH_COUNTS, now);
    limits_adapt(engine, host, judgement, now);
    return true;
}

void batch_wake(struct engine *engine, uint32_t host_index, nsec_t now)
{
    struct host *host = engine->hosts[host_index];
    if (host->phase != HOST_RESTING)
        return;
    batch_expire_controls(engine, host, now);
    if (host->undecided > 0) {
        if (now < host->rest_until)
            return;
        if (host->batch.probed > 0 && !judge_all(engine, host, now))
            return;
    }
    if (host->undecided == 0 &&
        (now < services_answer_until(host) || now < limits_refilled_at(host)))
        return;
    services_doubt_silence(engine, host);
    enum reason reason = host->undecided ? give_up(engine, host, now) : REASON_NONE;
    if (host->undecided == 0 || reason != REASON_NONE)
        finish_probing(engine, host_index, reason, now);
    else
        batch_begin(host, now);
}

static bool is_passing(int error)
{
    return error == -EAGAIN || error == -ENOBUFS || error == -ENOMEM || error == -EINTR;
}

void batch_note_unsent(struct engine *engine, uint32_t host_index, const struct outgoing *out,
                       int error, nsec_t now)
{
    struct host *host = engine->hosts[host_index];
    if (is_passing(error))
        pace_local_full(&engine->pace, now);
    if (host->phase == HOST_DONE)
        return;
    if (out->control) {
        (void)outbound_refused(host, out->slot, true, error);
        decoys_note_unsent(host, out->slot);
        controls_forget(&host->controls, out->control);
        return;
    }
    struct slot *slot = &host->slots[out->slot];
    slot->tries--;
    host->batch.probed--;
    host->batch.was_refused = true;
    slot->flags &= (uint8_t)~SLOT_IN_BATCH;
    if (slot_is_decided(slot))
        return;
    if (!is_passing(error) && (slot->flags & SLOT_REFUSED_ONCE)) {
        if (!outbound_refused(host, out->slot, false, error))
            slot->flags |= SLOT_FAILED;
        engine_decide(engine, host);
        return;
    }
    if (!is_passing(error))
        slot->flags |= SLOT_REFUSED_ONCE;
    host->batch.unsent++;
    if (host->phase == HOST_RESTING)
        host->phase = HOST_SENDING;
}
