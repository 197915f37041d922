/* Which ports are asked with twins: see twins.h. */
#include "scanner/engine/engine_state.h"

#include <stdlib.h>

/* Ports of one class of answers that are asked: where one stands for all, a few in case it does
 * not; otherwise each, up to so many. */
#define SAMPLE_OF_CLASS 3
#define ASKED_OF_CLASS  64
#define REFERENCES      2

static bool carries_dscp(const struct signature *signature)
{
    return signature->tos == (PROBE_TOS & 0xfc);
}

static bool is_questionable(const struct signature *signature)
{
    if (!signature->answer.host_spoke)
        return false;
    if (signature->proto == PROTO_UDP)
        return signature->answer.reason == REASON_PORT_UNREACHABLE;
    return signature->answer.reason == REASON_RESET && !carries_dscp(signature);
}

static bool is_questionable_reset(const struct signature *signature)
{
    return signature->proto == PROTO_TCP && is_questionable(signature);
}

/* An open port is none: OpenBSD drops an MD5 option there and answers it at closed ports. */
static bool is_reference(const struct signature *signature)
{
    return signature->proto == PROTO_TCP && signature->answer.reason == REASON_RESET &&
           carries_dscp(signature);
}

static bool any_signature(const struct host *host,
                          bool (*test)(const struct signature *signature))
{
    for (size_t i = 0; i < host->signature_count; i++) {
        if (host->signatures[i].count > 0 && test(&host->signatures[i]))
            return true;
    }
    return false;
}

/* Where this stack's RSTs carry our DSCP, those that do not are not the stack's. Otherwise
 * host and firewall look alike, and each port has to be asked. */
bool twin_cases_are_alike(const struct host *host, const struct signature *signature)
{
    return signature->proto == PROTO_TCP && any_signature(host, is_reference);
}

const struct signature *twin_cases_signature(const struct host *host, uint32_t slot)
{
    const struct slot *asked = &host->slots[slot];
    if (!asked->signature || !slot_is_decided(asked) || (asked->flags & SLOT_CONFLICT))
        return NULL;
    return &host->signatures[asked->signature - 1];
}

/* Whether SLOT, the first of its class after TAKEN others, is to be asked. */
static bool is_wanted(const struct host *host, uint32_t slot, unsigned taken)
{
    const struct signature *signature = twin_cases_signature(host, slot);
    if (is_reference(signature))
        return taken < REFERENCES && any_signature(host, is_questionable_reset);
    if (!is_questionable(signature))
        return false;
    if (twin_cases_are_alike(host, signature))
        return taken < SAMPLE_OF_CLASS;
    return taken < ASKED_OF_CLASS &&
           (signature->count <= ASKED_OF_CLASS || host_is_declared(host, slot));
}

static void choose(struct host *host)
{
    struct twins *twins = &host->twins;
    uint8_t taken[SIGNATURES_MOST] = {0};
    for (uint32_t i = 0; i < host->slot_count && twins->count < TWIN_CASES_MOST; i++) {
        const struct signature *signature = twin_cases_signature(host, i);
        if (!signature)
            continue;
        size_t class = (size_t)(signature - host->signatures);
        if (!is_wanted(host, i, taken[class]))
            continue;
        taken[class]++;
        twins->cases[twins->count++] =
            (struct twin_case){.slot = i, .is_reference = is_reference(signature)};
    }
}

bool twin_cases_choose(struct host *host)
{
    if (host->what->responder || !any_signature(host, is_questionable))
        return false;
    host->twins.cases = calloc(TWIN_CASES_MOST, sizeof *host->twins.cases);
    if (!host->twins.cases)
        return false; /* as if nobody had asked: the origins stay unknown */
    choose(host);
    for (size_t i = 0; i < host->twins.count; i++) {
        if (!host->twins.cases[i].is_reference)
            return true;
    }
    return false;
}
