/* What a host is sent next, and when its silence has become proof.
 *
 * A pass sends one probe to each undecided port; a batch is the part of a pass that is
 * judged together, as a rule all of it. After the last probe of a batch the host rests for
 * as long as answers may take, while controls go on; then the silence of the batch counts
 * as one proof for each of its ports, or is void. */
#include "scanner/engine_state.h"
#include "scanner/random.h"

#include <errno.h>

/* Controls between the probes of a batch, and in the rest after it. */
#define PROBES_PER_CONTROL    16
#define CONTROLS_PER_SECOND   1000
#define SMALL_BATCH           64
#define REST_CONTROLS         16
#define REST_CONTROLS_LIMITED 64

/* How long one waits before asking a quiet host for an echo. */
#define HAIL_AFTER (125 * NSEC_PER_MSEC)
#define HAILS      2

/* How often a rest is prolonged for the closing control. */
#define EXTENSIONS_MOST   4
#define VOID_BATCHES_MOST 6
#define PASSES_MOST       60
/* Passes over a host that has shown no life. */
#define DEAD_PASSES       4
#define DEAD_PASSES_LARGE 2
#define LARGE_HOST        1024

/* ICMP limiters: ports that are asked between two looks at the bucket, how long after the
 * first probe a token still says that there was one all along, and what a limited host may
 * cost in time. */
#define LIMITED_BATCH      64
#define TOKEN_WINDOW       (300 * NSEC_PER_MSEC)
#define LIMITED_REST_LEAST (250 * NSEC_PER_MSEC)
#define LIMITED_REST_MOST  (4 * NSEC_PER_SEC)
#define LIMITED_BUDGET     (60 * NSEC_PER_SEC)

static bool has_witness(const struct host *host)
{
    for (size_t i = 0; i < host->controls.witness_count; i++) {
        if (host->controls.witnesses[i].rank != WITNESS_NONE)
            return true;
    }
    return false;
}

static bool is_limited(const struct host *host)
{
    return host->controls.source_count > 0;
}

/* How many probes go before the next control: at random, for what comes first in a burst
 * fares better at a queue than what comes last. No more than a thousand controls a second:
 * each to an open port costs its host a half-open connection. */
static void space_next_control(struct engine *engine, struct host *host)
{
    double mean = engine->pace.rate / CONTROLS_PER_SECOND;
    if (mean < PROBES_PER_CONTROL)
        mean = PROBES_PER_CONTROL;
    host->batch.control_after =
        1 + (uint32_t)((double)random_next(&engine->random) / (double)UINT32_MAX * 2 * mean);
}

static bool control_is_due(const struct host *host)
{
    return host->undecided > SMALL_BATCH &&
           host->batch.since_control >= host->batch.control_after;
}

void batch_begin(struct engine *engine, struct host *host, nsec_t now)
{
    if (host->cursor >= host_positions(host) || host->pass == 0) {
        host->pass++;
        host->cursor = 0;
    }
    host->batch = (struct batch){.from = host->cursor, .started = now};
    host->phase = HOST_SENDING;
    host->controls.next_at = NSEC_NEVER;
    host->controls.left = 0;
    controls_begin_batch(&host->controls);
    space_next_control(engine, host);
}

/* ---- sending ---- */

struct probe_address host_probe(const struct host *host, uint32_t slot, uint32_t try)
{
    if (slot == CONTROL_SLOT_ECHO)
        return (struct probe_address){&host->route.source, &host->what->address, PROTO_TCP, 0,
                                      try};
    return (struct probe_address){&host->route.source, &host->what->address,
                                  host_slot_proto(host, slot), host_slot_port(host, slot), try};
}

size_t engine_write_control(struct engine *engine, uint32_t host_index, struct control *control,
                            uint8_t *packet)
{
    struct host *host = &engine->hosts[host_index];
    struct probe_address probe = host_probe(host, control->slot, control->try);
    engine->outgoing[engine->outgoing_count++] =
        (struct outgoing){host_index, control->slot, control->try};
    if (control->slot == CONTROL_SLOT_ECHO) {
        struct echo_ids ids = probe_maker_echo_ids(engine->maker, &probe);
        control->sequence = (uint32_t)ids.identifier << 16 | ids.sequence;
        return probe_maker_write_echo(engine->maker, &probe, packet);
    }
    uint16_t source_port = probe_maker_source_port(engine->maker, &probe);
    control->sequence = probe_maker_fields(engine->maker, &probe, source_port).sequence;
    return probe_maker_write(engine->maker, &probe, control->kind == CONTROL_TWIN, packet);
}

void batch_expire_controls(struct engine *engine, struct host *host, nsec_t now)
{
    nsec_t timeout = rtt_final_timeout(&host->rtt);
    const struct control *lost;
    while ((lost = controls_expire(&host->controls, now, timeout))) {
        if (lost->kind == CONTROL_LOSS)
            pace_control_lost(&engine->pace, lost->epoch);
    }
}

static size_t send_control(struct engine *engine, uint32_t host_index, nsec_t now,
                           uint8_t *packet)
{
    struct host *host = &engine->hosts[host_index];
    int witness = controls_choose(&host->controls);
    enum control_kind kind = witness < 0 ? CONTROL_HAIL : CONTROL_LOSS;
    uint32_t slot = witness < 0 ? CONTROL_SLOT_ECHO : host->controls.witnesses[witness].slot;
    struct control *control = controls_push(&host->controls, kind, slot, (uint8_t)witness, now);
    host->batch.since_control = 0;
    space_next_control(engine, host);
    host->batch.controls++;
    return control ? engine_write_control(engine, host_index, control, packet) : 0;
}

static size_t send_token_request(struct engine *engine, uint32_t host_index, nsec_t now,
                                 uint8_t *packet)
{
    struct host *host = &engine->hosts[host_index];
    for (uint8_t i = 0; i < host->controls.source_count; i++) {
        struct token_source *source = &host->controls.sources[i];
        if (source->asked_at >= host->batch.last_sent)
            continue;
        source->asked_at = now;
        struct control *control =
            controls_push(&host->controls, CONTROL_TOKEN, source->slot, i, now);
        return control ? engine_write_control(engine, host_index, control, packet) : 0;
    }
    return 0;
}

static bool wants_token(const struct host *host)
{
    for (size_t i = 0; i < host->controls.source_count; i++) {
        if (host->controls.sources[i].asked_at < host->batch.last_sent)
            return true;
    }
    return false;
}

/* The next port of the batch that wants a probe in this pass; -1: none is left. */
static int64_t next_slot(struct host *host)
{
    uint32_t positions = host_positions(host);
    while (host->cursor < positions && host->batch.probed < host->batch_most) {
        uint32_t index = host_slot_at(host, host->cursor++);
        const struct slot *slot = &host->slots[index];
        if (!slot_is_decided(slot) && slot->tries < host->pass &&
            !(slot->flags & SLOT_IN_BATCH))
            return index;
    }
    return -1;
}

static size_t send_try(struct engine *engine, uint32_t host_index, uint32_t index, nsec_t now,
                       uint8_t *packet)
{
    struct host *host = &engine->hosts[host_index];
    struct slot *slot = &host->slots[index];
    if (host->batch.probed == 0)
        host->batch.started = now;
    slot->tries++;
    slot->flags |= SLOT_IN_BATCH;
    slot->sent_at = host_ticks(now);
    host->batch.probed++;
    host->batch.since_control++;
    host->batch.last_sent = now;
    engine->outgoing[engine->outgoing_count++] = (struct outgoing){host_index, index, 0};
    struct probe_address probe = host_probe(host, index, slot->tries);
    return probe_maker_write(engine->maker, &probe, false, packet);
}

static nsec_t rest_length(const struct host *host)
{
    if (!rtt_known(&host->rtt)) {
        nsec_t patient = RTT_INITIAL * host->pass;
        return patient < NSEC_PER_SEC ? patient : NSEC_PER_SEC;
    }
    nsec_t rest = rtt_timeout(&host->rtt);
    return rest > host->limited_rest ? rest : host->limited_rest;
}

/* Plans the controls of a rest: spread over it while there are witnesses, else a hail. */
static void plan_controls(struct host *host, nsec_t now)
{
    struct controls *controls = &host->controls;
    if (has_witness(host)) {
        controls->left = is_limited(host) ? REST_CONTROLS_LIMITED : REST_CONTROLS;
        controls->next_at = now;
    } else {
        controls->left = HAILS;
        controls->next_at = host->alive ? now : now + HAIL_AFTER;
    }
}

static void begin_rest(struct host *host, nsec_t now)
{
    host->batch.to = host->cursor;
    if (host->batch.last_sent == 0)
        host->batch.last_sent = now;
    host->phase = HOST_RESTING;
    host->rest_until = host->undecided ? host->batch.last_sent + rest_length(host) : now;
    plan_controls(host, now);
}

static size_t next_while_resting(struct engine *engine, uint32_t host_index, nsec_t now,
                                 uint8_t *packet)
{
    struct host *host = &engine->hosts[host_index];
    struct controls *controls = &host->controls;
    if (host->undecided == 0 || now >= host->rest_until)
        return 0;
    if (wants_token(host))
        return send_token_request(engine, host_index, now, packet);
    if (controls->left == 0 || now < controls->next_at)
        return 0;
    controls->left--;
    controls->next_at = now + (host->rest_until - now) / (controls->left + 1);
    return send_control(engine, host_index, now, packet);
}

size_t batch_next_probe(struct engine *engine, uint32_t host_index, nsec_t now, uint8_t *packet)
{
    struct host *host = &engine->hosts[host_index];
    if (host->phase == HOST_SENDING) {
        if (control_is_due(host) && has_witness(host))
            return send_control(engine, host_index, now, packet);
        int64_t slot = next_slot(host);
        if (slot < 0 && host->batch.unsent > 0) {
            host->batch.unsent = 0;
            host->cursor = host->batch.from;
            slot = next_slot(host);
        }
        if (slot >= 0)
            return send_try(engine, host_index, (uint32_t)slot, now, packet);
        begin_rest(host, now);
    }
    return next_while_resting(engine, host_index, now, packet);
}

/* ---- waiting ---- */

nsec_t batch_wake_time(const struct host *host, nsec_t now)
{
    if (host->phase == HOST_SENDING)
        return now;
    const struct controls *controls = &host->controls;
    if (host->undecided == 0)
        return now;
    if (wants_token(host))
        return now;
    if (controls->left > 0 && controls->next_at < host->rest_until)
        return controls->next_at;
    return host->rest_until;
}

void batch_note_answer(struct engine *engine, struct host *host, nsec_t at)
{
    (void)engine;
    if (host->phase != HOST_RESTING || host->batch.extensions > 0)
        return;
    host->rest_until = host->batch.last_sent + rest_length(host);
    if (host->controls.left <= HAILS && has_witness(host) && host->batch.controls <= HAILS)
        plan_controls(host, at);
}

/* ---- judging ---- */

enum judgement {
    BATCH_COUNTS,
    BATCH_EXTENDED, /* judged later */
    BATCH_VOID,
};

static enum judgement void_batch(struct host *host, enum reason reason)
{
    host->void_reason = reason;
    if (host->void_batches < UINT8_MAX)
        host->void_batches++;
    return BATCH_VOID;
}

static enum judgement extend_rest(struct host *host, nsec_t now)
{
    host->batch.extensions++;
    host->rest_until = now + rtt_final_timeout(&host->rtt);
    host->controls.left = 4;
    host->controls.next_at = now;
    return BATCH_EXTENDED;
}

static bool is_closed(const struct host *host)
{
    return host->controls.returned_sent_at >= host->batch.last_sent;
}

/* An ICMP limiter had a token after all probes of the batch, and so for each of them, if
 * not enough time passed for the bucket to fill again. */
static bool tokens_were_left(const struct host *host)
{
    for (size_t i = 0; i < host->controls.source_count; i++) {
        const struct token_source *source = &host->controls.sources[i];
        if (source->granted_at < host->batch.last_sent ||
            source->granted_at - host->batch.started > TOKEN_WINDOW)
            return false;
    }
    return true;
}

static bool is_too_lossy(const struct controls *controls)
{
    uint32_t samples = controls->batch_returned + controls->batch_lost;
    return samples >= 8 && controls->batch_lost * 5 > samples * 3;
}

static enum judgement judge_batch(const struct engine *engine, struct host *host, nsec_t now)
{
    if (engine->capture_lost_at >= host->batch.started)
        return void_batch(host, REASON_CAPTURE_LOSS);
    if (engine->link_changed_at >= host->batch.started)
        return void_batch(host, REASON_LINK_DOWN);
    if (!host->alive)
        return void_batch(host, REASON_HOST_SILENT);
    if (!is_closed(host))
        return host->batch.extensions < EXTENSIONS_MOST ? extend_rest(host, now)
                                                        : void_batch(host, REASON_WENT_SILENT);
    if (is_too_lossy(&host->controls))
        return void_batch(host, REASON_WENT_SILENT);
    if (!tokens_were_left(host))
        return void_batch(host, REASON_RATE_LIMITED);
    host->void_batches = 0;
    if (!host->silent_since)
        host->silent_since = host->batch.started;
    return BATCH_COUNTS;
}

/* A void batch among limited answers: fewer ports, more time for the bucket. A good one:
 * the other way round. */
static void adapt_to_limit(struct host *host, enum judgement judgement, nsec_t now)
{
    if (!is_limited(host))
        return;
    if (!host->limited_since) {
        host->limited_since = now;
        host->batch_most = LIMITED_BATCH;
    }
    if (judgement == BATCH_VOID && host->void_reason == REASON_RATE_LIMITED) {
        host->batch_most = host->batch_most > 1 ? host->batch_most / 2 : 1;
        host->limited_rest = host->limited_rest ? host->limited_rest * 2 : LIMITED_REST_LEAST;
        if (host->limited_rest > LIMITED_REST_MOST)
            host->limited_rest = LIMITED_REST_MOST;
    } else if (judgement == BATCH_COUNTS) {
        if (host->batch_most < UINT32_MAX / 2)
            host->batch_most *= 2;
        host->limited_rest = host->limited_rest * 3 / 4;
    }
}

static bool outlived_bursts(const struct host *host, nsec_t now)
{
    return now - host->silent_since >= 3 * host->controls.burst.longest;
}

static void decide_slot(struct engine *engine, struct host *host)
{
    host->undecided--;
    engine->totals.decided++;
}

/* Whether an answer that waited for confirmation stands without one. */
static bool tentative_stands(const struct engine *engine, const struct host *host,
                             const struct slot *slot, unsigned needed)
{
    const struct answer *answer = &host->signatures[slot->signature - 1].answer;
    if (answer->reason != REASON_UDP_RESPONSE)
        return slot->tries >= LOSS_TRIES_LEAST;
    return engine->totals.invalid == 0 && needed && slot->tries > slot->proofs + needed;
}

static void judge_slot(struct engine *engine, struct host *host, uint32_t index, bool counts,
                       unsigned needed)
{
    struct slot *slot = &host->slots[index];
    if (!(slot->flags & SLOT_IN_BATCH))
        return;
    slot->flags &= (uint8_t)~SLOT_IN_BATCH;
    if (slot_is_decided(slot))
        return;
    if (slot->flags & SLOT_TENTATIVE) {
        if (tentative_stands(engine, host, slot, needed)) {
            slot->flags &= (uint8_t)~SLOT_TENTATIVE;
            decide_slot(engine, host);
        }
        return;
    }
    if (counts && slot->proofs < UINT8_MAX)
        slot->proofs++;
    if (counts && needed && slot->proofs >= needed) {
        slot->flags |= SLOT_SILENT;
        decide_slot(engine, host);
    }
}

static void judge_slots(struct engine *engine, struct host *host, bool counts, nsec_t now)
{
    host->upper = loss_upper(&host->controls.loss);
    unsigned needed = loss_tries_needed(host->upper, engine->options.miss);
    if (!outlived_bursts(host, now))
        needed = 0;
    for (uint32_t p = host->batch.from; p < host->batch.to; p++)
        judge_slot(engine, host, host_slot_at(host, p), counts, needed);
}

/* Why probing of this host should end with ports undecided; REASON_NONE: it should not. */
static enum reason give_up(const struct engine *engine, const struct host *host, nsec_t now)
{
    bool pass_over = host->cursor >= host_positions(host);
    unsigned dead = host->slot_count > LARGE_HOST ? DEAD_PASSES_LARGE : DEAD_PASSES;
    if (!host->alive)
        return pass_over && host->pass >= dead ? REASON_HOST_SILENT : REASON_NONE;
    if (host->limited_since && now - host->limited_since > LIMITED_BUDGET)
        return REASON_RATE_LIMITED;
    if (host->void_batches >= VOID_BATCHES_MOST && host->void_reason != REASON_RATE_LIMITED)
        return host->void_reason;
    if (!pass_over)
        return REASON_NONE;
    unsigned most = engine->options.max_tries;
    if (most && host->pass >= most)
        return REASON_TRIES_EXHAUSTED;
    if (host->pass >= PASSES_MOST)
        return is_limited(host) ? REASON_RATE_LIMITED : REASON_TRIES_EXHAUSTED;
    return REASON_NONE;
}

static void finish_probing(struct engine *engine, uint32_t host_index, enum reason reason)
{
    struct host *host = &engine->hosts[host_index];
    if (twins_wanted(host)) {
        host->phase = HOST_TWINNING;
        host->void_reason = reason;
        host->cursor = 0;
        return;
    }
    settle_host(engine, host_index, reason);
}

void batch_wake(struct engine *engine, uint32_t host_index, nsec_t now)
{
    struct host *host = &engine->hosts[host_index];
    if (host->phase != HOST_RESTING)
        return;
    batch_expire_controls(engine, host, now);
    if (host->undecided > 0) {
        if (now < host->rest_until)
            return;
        enum judgement judgement = judge_batch(engine, host, now);
        if (judgement == BATCH_EXTENDED)
            return;
        adapt_to_limit(host, judgement, now);
        judge_slots(engine, host, judgement == BATCH_COUNTS, now);
    }
    enum reason reason = host->undecided ? give_up(engine, host, now) : REASON_NONE;
    if (host->undecided == 0 || reason != REASON_NONE)
        finish_probing(engine, host_index, reason);
    else
        batch_begin(engine, host, now);
}

/* ---- what did not leave ---- */

static bool is_passing(int error)
{
    return error == -EAGAIN || error == -ENOBUFS || error == -ENOMEM || error == -EINTR;
}

void batch_note_unsent(struct engine *engine, uint32_t host_index, const struct outgoing *out,
                       int error, nsec_t now)
{
    struct host *host = &engine->hosts[host_index];
    if (is_passing(error))
        pace_local_full(&engine->pace, now);
    if (host->phase == HOST_DONE)
        return;
    if (out->control_try) {
        controls_forget(&host->controls, out->control_try);
        return;
    }
    struct slot *slot = &host->slots[out->slot];
    slot->tries--;
    host->batch.probed--;
    slot->flags &= (uint8_t)~SLOT_IN_BATCH;
    if (slot_is_decided(slot))
        return;
    if (!is_passing(error) && (slot->flags & SLOT_REFUSED_ONCE)) {
        slot->flags |= SLOT_FAILED;
        decide_slot(engine, host);
        return;
    }
    if (!is_passing(error))
        slot->flags |= SLOT_REFUSED_ONCE;
    host->batch.unsent++;
    if (host->phase == HOST_RESTING)
        host->phase = HOST_SENDING;
}
