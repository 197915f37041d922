/* Malformed twins: SYNs with an MD5 option and UDP datagrams with a wrong length, which a
 * host's stack throws away and a firewall's reject rule answers all the same. They are sent
 * to the ports whose "no" may have come from either, after all ports are decided, and to a
 * port that the host itself answered, to see that this host's stack is one that does. */
#include "scanner/engine_state.h"

/* Ports of one kind of answer that are asked one by one. */
#define TWINS_PER_CLASS  64
#define TWIN_ROUNDS_MOST 12

/* What the twins of this round need. */
enum twin_role {
    TWIN_NOT_WANTED,
    TWIN_QUESTIONED, /* host or firewall? */
    TWIN_REFERENCE,  /* known to be the host's own answer */
};

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

static bool is_reference(const struct signature *signature)
{
    return signature->proto == PROTO_TCP &&
           (signature->answer.reason == REASON_SYN_ACK ||
            (signature->answer.reason == REASON_RESET && carries_dscp(signature)));
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

bool twins_wanted(const struct host *host)
{
    return any_signature(host, is_questionable);
}

/* Where RSTs of this host carry our DSCP, one port stands for all that do not: their
 * answers cannot be the stack's. Otherwise host and firewall look alike, and each port is
 * asked, if there are not too many. */
static enum twin_role role_of(const struct host *host, uint32_t index)
{
    const struct slot *slot = &host->slots[index];
    if (!slot->signature || !slot_is_decided(slot) || (slot->flags & SLOT_CONFLICT))
        return TWIN_NOT_WANTED;
    const struct signature *signature = &host->signatures[slot->signature - 1];
    if (is_questionable(signature))
        return signature->slot == index || signature->count <= TWINS_PER_CLASS
                   ? TWIN_QUESTIONED
                   : TWIN_NOT_WANTED;
    return is_reference(signature) && signature->slot == index ? TWIN_REFERENCE
                                                               : TWIN_NOT_WANTED;
}

static unsigned rounds_needed(const struct engine *engine, const struct host *host)
{
    struct loss worst;
    unsigned needed =
        loss_tries_needed(controls_upper(&host->controls, &worst), engine->options.miss);
    if (needed == 0 || needed > TWIN_ROUNDS_MOST)
        return TWIN_ROUNDS_MOST;
    return needed;
}

size_t twins_next_probe(struct engine *engine, uint32_t host_index, nsec_t now, uint8_t *packet)
{
    struct host *host = &engine->hosts[host_index];
    while (host->cursor < host->slot_count) {
        uint32_t index = host->cursor++;
        if ((host->slots[index].flags & SLOT_TWIN_ANSWERED) ||
            role_of(host, index) == TWIN_NOT_WANTED)
            continue;
        struct control *control = controls_push(&host->controls, CONTROL_TWIN, index, 0, now);
        host->rest_until = now + rtt_timeout(&host->rtt);
        return control ? engine_write_control(engine, host_index, control, packet) : 0;
    }
    return 0;
}

/* Whether any twin of the last round is still unanswered. */
static bool is_open_question(const struct host *host)
{
    for (uint32_t i = 0; i < host->slot_count; i++) {
        if (role_of(host, i) == TWIN_QUESTIONED && !(host->slots[i].flags & SLOT_TWIN_ANSWERED))
            return true;
    }
    return any_signature(host, is_reference);
}

void twins_wake(struct engine *engine, uint32_t host_index, nsec_t now)
{
    struct host *host = &engine->hosts[host_index];
    if (host->cursor < host->slot_count || now < host->rest_until)
        return;
    while (controls_expire(&host->controls, now, rtt_timeout(&host->rtt)))
        continue;
    host->twin_round++;
    if (host->twin_round < rounds_needed(engine, host) && is_open_question(host)) {
        host->cursor = 0;
        return;
    }
    settle_host(engine, host_index, host->void_reason);
}

bool twins_reference_is_silent(const struct host *host)
{
    bool silent = false;
    for (uint32_t i = 0; i < host->slot_count; i++) {
        if (role_of(host, i) != TWIN_REFERENCE)
            continue;
        if (host->slots[i].flags & SLOT_TWIN_ANSWERED)
            return false;
        silent = true;
    }
    return silent && host->twin_round > 0;
}

enum twin twins_of_slot(const struct host *host, uint32_t index)
{
    if (host->twin_round == 0 || role_of(host, index) != TWIN_QUESTIONED)
        return TWIN_UNTRIED;
    return host->slots[index].flags & SLOT_TWIN_ANSWERED ? TWIN_ANSWERED : TWIN_SILENT;
}
