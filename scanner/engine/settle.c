/* From slots to observations: what is said of each port when a host is done with. */
#include "scanner/engine/engine_state.h"

#include <errno.h>
#include <stdlib.h>

struct settlement {
    const struct engine *engine;
    const struct host *host;
    enum reason undecided; /* why the undecided ports are so */
    enum reason doubt;     /* why a SYN-ACK means nothing; REASON_NONE: it does */
    bool reference_silent, twin_answered;
    bool hop_as_far; /* see struct origin_evidence */
    bool lifeless;   /* what spoke in its name were firewalls */
    struct host_observation seen;
};

static bool is_hop_as_far(const struct host *host)
{
    uint8_t own = host->echo_ttl ? host->echo_ttl : host->stack_ttl;
    for (size_t i = 0; own && i < host->signature_count; i++) {
        const struct signature *signature = &host->signatures[i];
        if (signature->by_icmp && !addr_equal(&signature->by, &host->what->address) &&
            origin_hops(signature->ttl) == origin_hops(own))
            return true;
    }
    return false;
}

/* A firewall before the host sends RSTs in its name, also when there is no host any more. */
static bool is_lifeless(const struct host *host)
{
    if (host->stack_spoke || host->what->responder)
        return false;
    for (size_t i = 0; i < host->signature_count; i++) {
        const struct signature *signature = &host->signatures[i];
        if (signature->count > 0 && signature->answer.host_spoke &&
            !twins_tell_firewall(host, signature))
            return false;
    }
    return true;
}

static bool is_questionable(const struct answer *answer)
{
    return answer->state == PORT_CLOSED &&
           (answer->reason == REASON_RESET || answer->reason == REASON_PORT_UNREACHABLE);
}

static void judge_origin(const struct settlement *s, uint32_t index,
                         const struct signature *signature, struct observation *seen)
{
    bool questionable = is_questionable(&signature->answer);
    if (!questionable && !(signature->by_icmp && signature->answer.origin == ORIGIN_FIREWALL))
        return;
    const struct origin_evidence evidence = {
        .proto = signature->proto,
        .reason = signature->answer.reason,
        .dscp_returned = signature->tos == (PROBE_TOS & 0xfc),
        .twin = twins_of_slot(s->host, index, PROBE_TWIN),
        .bad_offset_twin = twins_of_slot(s->host, index, PROBE_BAD_OFFSET),
        .twin_silent_elsewhere = s->reference_silent,
        .twin_answered_elsewhere = s->twin_answered,
        .ttl = signature->ttl,
        .host_ttl = s->host->stack_ttl,
        .echo_ttl = s->host->echo_ttl,
        .hop_as_far = s->hop_as_far,
    };
    if (!questionable) {
        seen->origin = origin_of_error(&evidence);
        return;
    }
    struct origin_claim claim = origin_judge(&evidence);
    seen->state = claim.state;
    seen->origin = claim.origin;
}

static void observe_answer(const struct settlement *s, uint32_t index, struct observation *seen)
{
    const struct slot *slot = &s->host->slots[index];
    const struct signature *signature = &s->host->signatures[slot->signature - 1];
    seen->state = signature->answer.state;
    seen->reason = signature->answer.reason;
    seen->origin = signature->answer.origin;
    seen->by = signature->by;
    seen->ttl = signature->ttl;
    seen->forwarded = signature->forwarded;
    if (seen->reason == REASON_RATE_LIMITED)
        seen->confirmed = s->host->limits.confirmed[seen->proto];
    if (slot->flags & SLOT_CONFLICT) {
        seen->state = PORT_UNKNOWN;
        seen->reason = REASON_CONFLICT;
        seen->origin = ORIGIN_UNKNOWN;
        seen->open_seen = slot->flags & SLOT_OPEN_SEEN;
    } else if (s->host->what->responder) {
        outbound_settle(s->host, seen);
    } else if (signature->answer.maybe_absent && !s->host->alive) {
        seen->state = PORT_UNKNOWN; /* nobody is there, as far as that hop can tell */
    } else if ((slot->flags & SLOT_TENTATIVE) && seen->reason == REASON_UDP_RESPONSE) {
        seen->state = PORT_UNKNOWN; /* answered once, and not proven to be no forgery */
        seen->reason = REASON_CONFLICT;
    } else if (s->doubt != REASON_NONE && seen->reason == REASON_SYN_ACK) {
        seen->state = PORT_UNKNOWN;
        seen->reason = s->doubt;
        seen->origin = ORIGIN_UNKNOWN;
    } else if (refusals_are_random(s->host, slot->signature)) {
        seen->state = PORT_UNKNOWN;
        seen->reason = REASON_RATE_LIMITED;
        seen->origin = ORIGIN_UNKNOWN;
    } else {
        judge_origin(s, index, signature, seen);
    }
}

static void observe_slot(const struct settlement *s, uint32_t index, struct observation *seen)
{
    const struct slot *slot = &s->host->slots[index];
    *seen =
        (struct observation){.proto = host_slot_proto(s->host, index), .tries = slot->tries};
    bool silent = (slot->flags & SLOT_SILENT) && !slot_is_doubtful(slot);
    if (silent && outbound_is_unproven(s->host, seen->proto)) {
        seen->reason = REASON_UNSIGNED;
    } else if (silent && s->lifeless) {
        seen->reason = REASON_HOST_SILENT;
    } else if (silent) {
        bool certain = seen->proto == PROTO_TCP || s->host->what->responder;
        seen->state = certain ? PORT_DROPPED : PORT_SILENT;
        seen->reason = REASON_NO_RESPONSE;
        seen->miss = s->host->miss;
    } else if (slot->flags & SLOT_FAILED) {
        seen->reason = REASON_SEND_FAILED;
        seen->origin = ORIGIN_LOCAL;
    } else if (slot->signature && !outbound_is_held(s->host, slot)) {
        observe_answer(s, index, seen);
    } else {
        seen->reason = s->undecided;
        if (seen->reason == REASON_WRONG_KEY && s->host->outbound.refused_probes)
            seen->origin = ORIGIN_HOST;
    }
}

static bool shares_all(const struct observation *a, const struct observation *b)
{
    return a->proto == b->proto && a->state == b->state && a->reason == b->reason &&
           a->origin == b->origin && a->ttl == b->ttl && a->open_seen == b->open_seen &&
           addr_equal(&a->by, &b->by) && forwarding_compare(&a->forwarded, &b->forwarded) == 0;
}

static struct observation *find_or_add(struct settlement *s, const struct observation *like)
{
    struct host_observation *seen = &s->seen;
    for (size_t i = seen->count; i > 0; i--) {
        if (shares_all(&seen->items[i - 1], like))
            return &seen->items[i - 1];
    }
    struct observation *grown = realloc(seen->items, (seen->count + 1) * sizeof *seen->items);
    if (!grown)
        return NULL;
    seen->items = grown;
    grown[seen->count] = *like;
    grown[seen->count].ports = (struct portset){0};
    return &grown[seen->count++];
}

static int fold_slots(struct settlement *s)
{
    for (uint32_t i = 0; i < s->host->slot_count; i++) {
        struct observation one;
        observe_slot(s, i, &one);
        struct observation *all = find_or_add(s, &one);
        uint16_t port = host_slot_port(s->host, i);
        if (!all || portset_add(&all->ports, port, port) < 0)
            return -ENOMEM;
        if (one.tries > all->tries)
            all->tries = one.tries;
    }
    return 0;
}

static void describe_host(struct settlement *s, size_t target)
{
    const struct host *host = s->host;
    struct loss loss;
    s->seen.loss.upper = controls_upper(&host->controls, &loss);
    s->seen.target = target;
    s->seen.alive = host->alive && !s->lifeless;
    s->seen.rtt_ms = (double)host->rtt.smoothed / (double)NSEC_PER_MSEC;
    s->seen.loss.samples = loss.samples;
    s->seen.loss.estimate = loss.samples ? (double)loss.lost / loss.samples : 0;
}

void settle_host(struct engine *engine, uint32_t host_index, enum reason undecided)
{
    struct host *host = engine->hosts[host_index];
    if (beacons_keep(engine, host_index, undecided))
        return;
    struct settlement settlement = {
        .engine = engine,
        .host = host,
        .undecided = undecided == REASON_NONE ? REASON_TRIES_EXHAUSTED : undecided,
        .hop_as_far = is_hop_as_far(host),
        .lifeless = is_lifeless(host),
        .reference_silent = twins_reference_is_silent(host),
        .twin_answered = twins_answered_elsewhere(host),
    };
    settlement.doubt = decoys_doubt(host, settlement.undecided);
    describe_host(&settlement, host_index);
    int status = fold_slots(&settlement);
    if (status == 0)
        status = engine->done(engine->context, &settlement.seen);
    if (status < 0 && engine->status == 0)
        engine->status = status;
    host_observation_free(&settlement.seen);
    engine->totals.decided += host->undecided;
    limits_count(engine, host, 0);
    engine->totals.hosts_done++;
    engine->slots_in_flight -= host->slot_count;
    engine_let_go(engine, host_index);
    engine->finished++;
    beacons_release(engine);
}
