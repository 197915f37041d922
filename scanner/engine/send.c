/* What a host is sent next.
 *
 * A pass sends one probe to each undecided port; a batch is the part of a pass that is
 * judged together (judge.c), as a rule all of it. Companions, probes to what is known to
 * answer, go out at random places among the probes of the batch, so that the loss which
 * they meet is the loss that the probes met. After the last probe the host rests for as
 * long as answers may take. */
#include "scanner/engine/engine_state.h"
#include "scanner/engine/random.h"

#include <assert.h>
#include <math.h>

/* Companions: one for so many probes, but no more than so many a second, because each to
 * an open port costs its host a half-open connection; and so many for each kind of answers
 * among the last probes of a batch, which may be all of them. */
#define PROBES_PER_CONTROL    16
#define COMPANIONS_PER_SECOND 2000.0
/* While little is known of the path, at least so many a second, but no larger a share. */
#define CONTROLS_AT_FIRST 500.0
#define SHARE_AT_FIRST    0.25
#define TAIL_PROBES       128
#define TAIL_COMPANIONS   8

/* Controls in the rest after a batch. */
#define CLOSERS 3

/* How long the first few of many ports may take to show a witness, before the rest is probed
 * without. */
#define WITNESS_WAIT (200 * NSEC_PER_MSEC)

/* How long one waits before asking a quiet host for an echo. */
#define HAIL_AFTER (125 * NSEC_PER_MSEC)
#define HAILS      2
/* A host of so many ports is hailed before the first of them is probed. */
#define HAIL_FIRST 256

/* Where the round ends at the latest: all rounds of a batch are over the same ports. */
static uint32_t positions_end(const struct host *host)
{
    return host->batch.rounds > 0 ? host->batch.to : host_positions(host);
}

static uint32_t probes_left(const struct host *host)
{
    uint32_t batch = limits_batch_most(host), ahead = positions_end(host) - host->cursor;
    uint32_t most = host->undecided < batch ? host->undecided : batch;
    uint32_t probed = host->batch.probed - host->batch.counted_from;
    uint32_t left = most > probed ? most - probed : 0;
    return left < ahead ? left : ahead;
}

/* From the first witness on, probes have companions, and their silence can count. */
static void plan_companions(struct host *host)
{
    if (host->batch.witnessed || !controls_have_witness(&host->controls))
        return;
    if (host->pass == 1 && probes_left(host) <= TAIL_PROBES)
        return; /* most of these may answer yet */
    host->batch.companions = TAIL_COMPANIONS * controls_kinds(&host->controls);
    if (limits_are_known(host)) /* tokens are dearer than companions */
        host->batch.companions *= 2;
    host->batch.witnessed = true;
}

void batch_begin(struct host *host, nsec_t now)
{
    if (host->cursor >= host_positions(host) || host->pass == 0)
        host_begin_pass(host);
    host->confirm_due = NSEC_NEVER;
    host->batch = (struct batch){.from = host->cursor, .began = now, .started = now};
    host->phase = HOST_SENDING;
    host->controls.next_at = NSEC_NEVER;
    host->controls.left = host->pass == 1 && host->slot_count > HAIL_FIRST ? HAILS : 0;
    controls_begin_batch(&host->controls);
    plan_companions(host);
    spots_plan(host);
}

struct probe_address host_probe(const struct host *host, uint32_t slot, uint32_t try)
{
    if (slot == CONTROL_SLOT_ECHO)
        return (struct probe_address){
            &host->route.source, &host->what->address, PROTO_TCP, 0, try, 0, NULL};
    return (struct probe_address){
        .source = &host->route.source,
        .target = &host->what->address,
        .proto = host_slot_proto(host, slot),
        .port = host_slot_port(host, slot),
        .try = try,
        .turn = try - 1,
        .responder = host->what->responder,
    };
}

struct probe_address host_control(const struct host *host, const struct control *control)
{
    struct probe_address probe = host_probe(host, control->slot, control->try);
    probe.turn = control->turn;
    return probe;
}

size_t engine_write_control(struct engine *engine, uint32_t host_index, struct control *control,
                            uint8_t *packet)
{
    assert(engine->hosts);
    struct host *host = engine->hosts[host_index];
    struct probe_address probe = host_control(host, control);
    engine->outgoing[engine->outgoing_count++] =
        (struct outgoing){host_index, control->slot, control->number, control->try};
    if (control->slot == CONTROL_SLOT_ECHO) {
        struct echo_ids ids = probe_maker_echo_ids(engine->maker, &probe);
        control->sequence = (uint32_t)ids.identifier << 16 | ids.sequence;
        return probe_maker_write_echo(engine->maker, &probe, packet);
    }
    uint16_t source_port = probe_maker_source_port(engine->maker, &probe);
    control->sequence = probe_maker_cookie(engine->maker, &probe, source_port).sequence;
    return probe_maker_write(engine->maker, &probe, control->form, packet);
}

void batch_expire_controls(struct engine *engine, struct host *host, nsec_t now)
{
    nsec_t timeout = rtt_timeout(&host->rtt);
    const struct control *lost;
    while ((lost = controls_expire(&host->controls, now, timeout))) {
        if (lost->epoch != 0)
            pace_control_lost(&engine->pace, lost->epoch);
    }
}

/* To the witness CHOSEN, or a hail. */
static size_t send_control(struct engine *engine, uint32_t host_index, enum control_kind kind,
                           int chosen, nsec_t now, uint8_t *packet)
{
    struct host *host = engine->hosts[host_index];
    struct controls *controls = &host->controls;
    const struct witness *witness = chosen < 0 ? NULL : &controls->witnesses[chosen];
    struct control *control =
        controls_push(controls, witness ? kind : CONTROL_HAIL,
                      witness ? witness->slot : CONTROL_SLOT_ECHO, (uint8_t)chosen, now);
    if (!control)
        return 0;
    control->answer = witness ? witness->kind : WITNESS_ECHO;
    if (control->kind <= CONTROL_BEACON && beacons_govern(engine, host))
        control->epoch = pace_control_sent(&engine->pace);
    return engine_write_control(engine, host_index, control, packet);
}

size_t engine_send_control(struct engine *engine, uint32_t host_index, enum control_kind kind,
                           nsec_t now, uint8_t *packet)
{
    struct host *host = engine->hosts[host_index];
    batch_expire_controls(engine, host, now);
    int chosen = controls_choose(&host->controls);
    return send_control(engine, host_index, kind, chosen, now, packet);
}

size_t engine_send_closer(struct engine *engine, uint32_t host_index, enum witness_kind answer,
                          nsec_t now, uint8_t *packet)
{
    struct host *host = engine->hosts[host_index];
    batch_expire_controls(engine, host, now);
    int chosen = controls_choose_of(&host->controls, answer);
    return chosen < 0 ? 0
                      : send_control(engine, host_index, CONTROL_CLOSER, chosen, now, packet);
}

static size_t send_token_request(struct engine *engine, uint32_t host_index, int source,
                                 nsec_t now, uint8_t *packet)
{
    struct host *host = engine->hosts[host_index];
    struct token_source *asked = &host->controls.sources[source];
    asked->asks++;
    asked->asked_at = now;
    struct control *control =
        controls_push(&host->controls, CONTROL_TOKEN, asked->slot, (uint8_t)source, now);
    return control ? engine_write_control(engine, host_index, control, packet) : 0;
}

/* Probes without companions prove nothing, so the declared ports of the first pass go ahead. */
static nsec_t witness_awaited_until(const struct host *host)
{
    bool went_ahead = host->pass == 1 && host->cursor > 0 &&
                      host->cursor == host->declared_count && probes_left(host) > TAIL_PROBES;
    if (!went_ahead || controls_have_witness(&host->controls))
        return 0;
    return host->batch.started + WITNESS_WAIT;
}

static nsec_t next_allowed(const struct host *host)
{
    nsec_t awaited = witness_awaited_until(host);
    return awaited > host->next_allowed ? awaited : host->next_allowed;
}

/* Declared ports come up twice: the second time only those that had no companions. */
static bool wants_probe(struct host *host, uint32_t position, uint32_t index, nsec_t now)
{
    const struct slot *slot = &host->slots[index];
    bool second = position >= host->declared_count && host_is_declared(host, index);
    if (slot_is_decided(slot))
        return false;
    nsec_t due = services_ask_again_at(host, slot, now);
    if (due > now) {
        host->confirm_due = due < host->confirm_due ? due : host->confirm_due;
        return false;
    }
    if (!(slot->flags & SLOT_IN_BATCH))
        return !second;
    return second && host->batch.witnessed && !(slot->flags & SLOT_ACCOMPANIED);
}

/* The next port of the batch that wants a probe in this pass; -1: none is left. */
static int64_t next_slot(struct host *host, nsec_t now)
{
    uint32_t end = positions_end(host), most = limits_batch_most(host);
    while (host->cursor < end && host->batch.probed - host->batch.counted_from < most) {
        uint32_t position = host->cursor++, index = host_slot_at(host, position);
        if (wants_probe(host, position, index, now))
            return index;
    }
    if (host->batch.unsent == 0)
        return -1;
    host->batch.unsent = 0; /* once more over those that did not leave */
    host->cursor = host->batch.from;
    return next_slot(host, now);
}

static size_t send_try(struct engine *engine, uint32_t host_index, uint32_t index, nsec_t now,
                       uint8_t *packet)
{
    struct host *host = engine->hosts[host_index];
    struct slot *slot = &host->slots[index];
    if (host->batch.probed == 0)
        host->batch.started = now;
    if (slot->tries < UINT8_MAX)
        slot->tries++;
    slot->flags |= SLOT_IN_BATCH | SLOT_ACCOMPANIED;
    if (!host->batch.witnessed)
        slot->flags &= (uint8_t)~SLOT_ACCOMPANIED;
    slot->sent_at = host_ticks(now);
    host->batch.probed++;
    host->batch.last_sent = now;
    engine->outgoing[engine->outgoing_count++] =
        (struct outgoing){host_index, index, 0, slot->tries};
    struct probe_address probe = host_probe(host, index, slot->tries);
    return probe_maker_write(engine->maker, &probe, PROBE_PLAIN, packet);
}

double engine_control_share(const struct engine *engine, double per_second)
{
    double rate = engine->pace.rate, most = per_second / rate, usual = 1.0 / PROBES_PER_CONTROL;
    if (pace_is_unsure(&engine->pace))
        usual = fmax(usual, fmin(CONTROLS_AT_FIRST / rate, SHARE_AT_FIRST));
    return most < usual ? most : usual;
}

/* Whether the next packet is a companion: at random, for what always comes first in a burst
 * finds room in a queue that the rest of the burst overflows. */
static bool is_companions_turn(struct engine *engine, const struct host *host)
{
    uint32_t probes = probes_left(host), companions = host->batch.companions;
    if (companions == 0)
        return false;
    double share = (double)companions / (companions + probes);
    if (probes > TAIL_PROBES)
        share = engine_control_share(engine, COMPANIONS_PER_SECOND);
    return random_next(&engine->random) < share * (double)UINT32_MAX;
}

static size_t next_while_sending(struct engine *engine, uint32_t host_index, nsec_t now,
                                 uint8_t *packet)
{
    struct host *host = engine->hosts[host_index];
    if (host->controls.left > 0) { /* hails before the first probe */
        host->controls.left--;
        return engine_send_control(engine, host_index, CONTROL_HAIL, now, packet);
    }
    if (host->confirm_count > 0)
        return send_try(engine, host_index, host->confirm[--host->confirm_count], now, packet);
    plan_companions(host);
    bool companion = is_companions_turn(engine, host);
    int source = companion ? -1 : spots_next(host, probes_left(host), &engine->random);
    if (source >= 0)
        return send_token_request(engine, host_index, source, now, packet);
    int64_t slot = companion ? -1 : next_slot(host, now);
    if (slot >= 0)
        return send_try(engine, host_index, (uint32_t)slot, now, packet);
    source = companion ? -1 : spots_last(host);
    if (source >= 0)
        return send_token_request(engine, host_index, source, now, packet);
    if (host->batch.companions == 0 || host->undecided == 0)
        return 0;
    if (!companion || probes_left(host) <= TAIL_PROBES)
        host->batch.companions--;
    return engine_send_control(engine, host_index, CONTROL_COMPANION, now, packet);
}

static nsec_t rest_length(const struct host *host)
{
    if (!rtt_known(&host->rtt)) {
        nsec_t patient = RTT_INITIAL * host->pass;
        return patient < NSEC_PER_SEC ? patient : NSEC_PER_SEC;
    }
    nsec_t rest = rtt_timeout(&host->rtt) + limits_request_delay(host);
    return rest;
}

/* Closers at once and spread over the rest; hails where there is no witness. */
static void plan_closers(struct host *host, nsec_t now)
{
    struct controls *controls = &host->controls;
    bool witnessed = controls_have_witness(controls);
    controls->left = witnessed ? CLOSERS : HAILS;
    controls->next_at = witnessed || host->alive ? now : now + HAIL_AFTER;
}

/* The batch goes over its ports once more, after a pause. */
static bool wants_round(const struct host *host)
{
    const struct batch *batch = &host->batch;
    return batch->rounds + 1 < host->limits.rounds && batch->witnessed && !batch->was_refused &&
           host->undecided > 0 && !limits_found_rejects(host);
}

static void begin_pause(struct host *host, nsec_t now)
{
    host->batch.pausing = true;
    if (host->batch.rounds == 0)
        host->batch.to = host->cursor;
    host->next_allowed = now + rtt_pause(&host->rtt);
}

static void begin_round(struct host *host, nsec_t now)
{
    struct batch *batch = &host->batch;
    batch->rounds++;
    batch->paused += now - batch->last_sent;
    batch->counted_from = batch->probed;
    batch->witnessed = false;
    host->cursor = batch->from;
    for (uint32_t p = batch->from; p < batch->to; p++)
        host->slots[host_slot_at(host, p)].flags &= (uint8_t)~SLOT_IN_BATCH;
    plan_companions(host);
}

static void begin_rest(struct host *host, nsec_t now)
{
    if (host->batch.rounds == 0)
        host->batch.to = host->cursor;
    host->batch.rest_began = now;
    if (host->batch.last_sent == 0)
        host->batch.last_sent = now;
    host->phase = HOST_RESTING;
    host->rest_until = host->undecided ? now + rest_length(host) : now;
    if (host->batch.probed == 0 && host->confirm_due < NSEC_NEVER)
        host->rest_until = host->confirm_due; /* nothing else is left to be asked */
    plan_closers(host, now);
}

static size_t next_recall(struct engine *engine, uint32_t host_index, nsec_t now,
                          uint8_t *packet)
{
    struct control *control = refusals_next_control(engine->hosts[host_index], now);
    return control ? engine_write_control(engine, host_index, control, packet) : 0;
}

static size_t next_while_resting(struct engine *engine, uint32_t host_index, nsec_t now,
                                 uint8_t *packet)
{
    struct host *host = engine->hosts[host_index];
    struct controls *controls = &host->controls;
    if (host->undecided == 0)
        return next_recall(engine, host_index, now, packet);
    if (now >= host->rest_until)
        return 0;
    if (host->confirm_count > 0)
        return send_try(engine, host_index, host->confirm[--host->confirm_count], now, packet);
    if (now >= limits_request_time(host))
        return send_token_request(engine, host_index, limits_next_request(host), now, packet);
    if (controls->left == 0 || now < controls->next_at)
        return 0;
    controls->left--;
    controls->next_at = now + (host->rest_until - now) / (controls->left + 1);
    return engine_send_control(engine, host_index, CONTROL_CLOSER, now, packet);
}

size_t batch_next_probe(struct engine *engine, uint32_t host_index, nsec_t now, uint8_t *packet)
{
    struct host *host = engine->hosts[host_index];
    if (host->phase == HOST_SENDING) {
        if (now < next_allowed(host))
            return 0;
        if (host->batch.pausing && wants_round(host))
            begin_round(host, now);
        host->batch.pausing = false;
        size_t length = next_while_sending(engine, host_index, now, packet);
        host->next_allowed = now + host->spacing;
        if (length > 0)
            return length;
        if (wants_round(host)) {
            begin_pause(host, now);
            return 0;
        }
        begin_rest(host, now);
    }
    return next_while_resting(engine, host_index, now, packet);
}

nsec_t batch_wake_time(const struct host *host, nsec_t now)
{
    const struct controls *controls = &host->controls;
    if (host->phase == HOST_SENDING)
        return next_allowed(host) > now ? next_allowed(host) : now;
    if (host->undecided == 0 && refusals_are_left(host))
        return now;
    if (host->undecided == 0) {
        nsec_t refilled = limits_refilled_at(host), end = services_answer_until(host);
        return refilled > end ? refilled : end;
    }
    if (host->confirm_count > 0)
        return now;
    nsec_t wake = host->rest_until, request = limits_request_time(host);
    if (controls->left > 0 && controls->next_at < wake)
        wake = controls->next_at;
    return request < wake ? request : wake;
}

void batch_note_answer(struct host *host, nsec_t at)
{
    if (host->phase != HOST_RESTING || host->batch.extensions > 0 || host->batch.probed == 0)
        return;
    host->rest_until = host->batch.rest_began + rest_length(host);
    bool first = host->controls.returned_sent_at < host->batch.last_sent;
    if (first && host->controls.left < CLOSERS && controls_have_witness(&host->controls))
        plan_closers(host, at);
}
