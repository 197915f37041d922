#include "scanner/engine/engine_state.h"

/* Rounds of twins: as many as an answer is worth, as make the silence of a reference believed
 * (its DSCP says already what stack it is), and where silence alone is to tell the stack. */
#define ROUNDS_PLAIN     3
#define ROUNDS_REFERENCE 5
#define ROUNDS_MOST      8

/* ---- what the answers have told so far ---- */

static bool is_resolved(const struct host *host, const struct twin_case *one)
{
    if (one->is_reference)
        return true;
    uint8_t proof =
        host_slot_proto(host, one->slot) == PROTO_TCP ? 1 << PROBE_BAD_OFFSET : 1 << PROBE_TWIN;
    return one->answered & proof;
}

/* An answered twin is a firewall's; where it stands is told by the distance of the host. */
static bool is_misplaced(const struct host *host, const struct twin_case *one)
{
    const struct signature *signature = twin_cases_signature(host, one->slot);
    return !one->is_reference && one->answered && !host->echo_ttl &&
           !(host->stack_ttl && signature &&
             origin_hops(host->stack_ttl) == origin_hops(signature->ttl));
}

static bool reference_is_silent(const struct host *host)
{
    bool silent = false;
    for (size_t i = 0; i < host->twins.count; i++) {
        const struct twin_case *one = &host->twins.cases[i];
        if (one->is_reference && one->answered)
            return false;
        silent |= one->is_reference;
    }
    return silent;
}

bool twins_reference_is_silent(const struct host *host)
{
    return host->twins.rounds >= ROUNDS_REFERENCE && reference_is_silent(host);
}

bool twins_answered_elsewhere(const struct host *host)
{
    for (size_t i = 0; i < host->twins.count; i++) {
        const struct twin_case *one = &host->twins.cases[i];
        if (host_slot_proto(host, one->slot) == PROTO_TCP && is_resolved(host, one) &&
            !one->is_reference)
            return true;
    }
    return false;
}

bool twins_tell_firewall(const struct host *host, const struct signature *signature)
{
    for (size_t i = 0; i < host->twins.count; i++) {
        const struct twin_case *one = &host->twins.cases[i];
        if (!one->is_reference && is_resolved(host, one) &&
            twin_cases_signature(host, one->slot) == signature)
            return true;
    }
    return false;
}

/* Tries after which silence is silence; 0: more than it is worth. */
static unsigned rounds_needed(const struct engine *engine, const struct host *host)
{
    struct loss worst;
    double upper = controls_upper(&host->controls, &worst);
    unsigned needed = loss_tries_needed(upper, engine->options.miss);
    return needed <= ROUNDS_MOST ? needed : 0;
}

/* What further answers could lead to. */
struct prospects {
    unsigned needed;
    bool reference_silent;   /* an answered MD5 twin would tell a firewall */
    bool answered_elsewhere; /* silence of both twins would tell the stack */
};

static struct prospects look_ahead(const struct engine *engine, const struct host *host)
{
    return (struct prospects){rounds_needed(engine, host), reference_is_silent(host),
                              twins_answered_elsewhere(host)};
}

/* Rounds until ONE is either told or will not be. */
static unsigned rounds_for(const struct host *host, const struct twin_case *one,
                           const struct prospects *prospects)
{
    unsigned needed = prospects->needed;
    if (is_resolved(host, one))
        return is_misplaced(host, one) ? ROUNDS_PLAIN : 0;
    if (host_slot_proto(host, one->slot) == PROTO_UDP)
        return ROUNDS_PLAIN;
    if (one->answered && prospects->reference_silent)
        return ROUNDS_REFERENCE;
    if (!one->answered && prospects->answered_elsewhere && needed)
        return needed + 1; /* the MD5 twin may have missed the first */
    return ROUNDS_PLAIN;
}

static bool is_open_question(const struct engine *engine, const struct host *host)
{
    const struct prospects prospects = look_ahead(engine, host);
    for (size_t i = 0; i < host->twins.count; i++) {
        if (host->twins.rounds < rounds_for(host, &host->twins.cases[i], &prospects))
            return true;
    }
    return false;
}

/* ---- rounds ---- */

/* One round: an echo request if no reply has told the host's distance, then each case with
 * each of its forms. */
static size_t steps(const struct twins *twins)
{
    return 1 + twins->count * (PROBE_FORM_COUNT - 1);
}

static bool wants_form(const struct host *host, const struct twin_case *one,
                       enum probe_form form, bool md5_can_tell)
{
    if (one->is_reference)
        return form == PROBE_TWIN && !one->answered;
    if (is_resolved(host, one) || (one->answered & 1 << form))
        return false;
    if (host_slot_proto(host, one->slot) == PROTO_UDP)
        return form == PROBE_TWIN;
    return form == PROBE_BAD_OFFSET || md5_can_tell;
}

static struct control *next_control(struct host *host, nsec_t now)
{
    struct twins *twins = &host->twins;
    bool md5_can_tell = reference_is_silent(host) || twins_answered_elsewhere(host);
    while (twins->step < steps(twins)) {
        size_t step = twins->step++;
        if (step == 0 && host->echo_ttl)
            continue;
        if (step == 0)
            return controls_push(&host->controls, CONTROL_HAIL, CONTROL_SLOT_ECHO, 0, now);
        const struct twin_case *one = &twins->cases[(step - 1) / (PROBE_FORM_COUNT - 1)];
        enum probe_form form =
            (enum probe_form)((step - 1) % (PROBE_FORM_COUNT - 1) + PROBE_TWIN);
        if (!wants_form(host, one, form, md5_can_tell))
            continue;
        struct control *control =
            controls_push(&host->controls, CONTROL_TWIN, one->slot, 0, now);
        if (control)
            control->form = (uint8_t)form;
        return control;
    }
    return NULL;
}

size_t twins_next_probe(struct engine *engine, uint32_t host_index, nsec_t now, uint8_t *packet)
{
    struct host *host = engine->hosts[host_index];
    struct control *control = refusals_next_control(host, now);
    if (!control)
        control = next_control(host, now);
    if (!control)
        return 0;
    host->rest_until = now + rtt_timeout(&host->rtt);
    return engine_write_control(engine, host_index, control, packet);
}

nsec_t twins_wake_time(const struct engine *engine, const struct host *host, nsec_t now)
{
    const struct twins *twins = &host->twins;
    if (twins->count > 0 && twins->step < steps(twins))
        return now;
    if (is_open_question(engine, host))
        return host->rest_until;
    nsec_t decoys = decoys_pending(host) ? decoys_due(host) : now;
    return decoys > host->recall.until ? decoys : host->recall.until;
}

void twins_wake(struct engine *engine, uint32_t host_index, nsec_t now)
{
    struct host *host = engine->hosts[host_index];
    if (twins_wake_time(engine, host, now) > now)
        return;
    while (controls_expire(&host->controls, now, rtt_timeout(&host->rtt)))
        continue;
    struct twins *twins = &host->twins;
    twins->rounds++;
    unsigned needed = rounds_needed(engine, host);
    twins->certified = needed && twins->rounds > needed;
    if (is_open_question(engine, host)) {
        twins->step = 0;
        return;
    }
    if (refusals_are_pending(host, now))
        return;
    settle_host(engine, host_index, host->void_reason);
}

/* ---- answers ---- */

static struct twin_case *find_case(const struct host *host, uint32_t slot)
{
    size_t from = 0, to = host->twins.count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (host->twins.cases[middle].slot < slot)
            from = middle + 1;
        else
            to = middle;
    }
    return from < host->twins.count && host->twins.cases[from].slot == slot
               ? &host->twins.cases[from]
               : NULL;
}

/* What else a twin may draw, from another place or of another kind, says nothing about who
 * answered the well-formed probe. */
void twins_note_answer(struct host *host, const struct control *control,
                       const struct reply *reply, const struct answer *answer)
{
    struct twin_case *one = find_case(host, control->slot);
    const struct signature *signature = one ? twin_cases_signature(host, control->slot) : NULL;
    if (signature && answer->reason == signature->answer.reason &&
        reply->ttl == signature->ttl && addr_equal(&reply->from, &signature->by))
        one->answered |= (uint8_t)(1 << control->form);
}

static enum twin drawn(const struct host *host, const struct twin_case *one,
                       enum probe_form form)
{
    if (one->answered & 1 << form)
        return TWIN_ANSWERED;
    return host->twins.certified ? TWIN_SILENT : TWIN_UNTRIED;
}

enum twin twins_of_slot(const struct host *host, uint32_t slot, enum probe_form form)
{
    const struct twin_case *own = find_case(host, slot);
    const struct signature *signature = twin_cases_signature(host, slot);
    if (own || !signature || !twin_cases_are_alike(host, signature))
        return own ? drawn(host, own, form) : TWIN_UNTRIED;
    bool any = false;
    enum twin common = TWIN_UNTRIED;
    for (size_t i = 0; i < host->twins.count; i++) {
        const struct twin_case *one = &host->twins.cases[i];
        if (twin_cases_signature(host, one->slot) != signature)
            continue;
        enum twin twin = drawn(host, one, form);
        if (any && twin != common)
            return TWIN_UNTRIED;
        common = twin;
        any = true;
    }
    return common;
}
