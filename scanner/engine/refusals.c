/* Refusals above a limit.
 *
 * A firewall that refuses what comes faster than so many a second, or once there are so many
 * connections, refuses ports at random, those with a service too. It shows by ports that
 * answered for themselves and are refused when they are asked again, or the other way round.
 * Controls of other kinds may meet such; and when all is decided some of either are recalled:
 * the limit is exceeded then, or it is not any more. Where none that had answered for itself
 * does so, it is, and silence tells nothing: then once more after a calm time. */
#include "scanner/engine/engine_state.h"

/* So many ports show it: one alone may have a limit of its own, as ssh often has. */
#define TURNED_LEAST 2
/* Ports that were refused and are asked again. */
#define REFUSED_MOST 16
#define RECALLED_ALL (WITNESSES_MOST + REFUSED_MOST)
/* A time after which most limits are not exceeded any more. */
#define CALM (1100 * NSEC_PER_MSEC)

static bool is_refusal(const struct signature *signature)
{
    return signature->proto == PROTO_TCP &&
           (signature->by_icmp || signature->answer.reason == REASON_RESET);
}

/* By anybody but the stack that copies our DSCP. */
static bool is_doubtful(const struct signature *signature)
{
    return is_refusal(signature) &&
           (signature->by_icmp || signature->tos != (PROBE_TOS & 0xfc));
}

/* A port that was refused and answers for itself later tells as much as several the other way.
 */
void refusals_note(struct host *host, const struct control *control, uint8_t drawn)
{
    uint32_t slot = control->slot;
    uint8_t own = host->slots[slot].signature;
    if (own == drawn && control->kind == CONTROL_RECALL &&
        !is_doubtful(&host->signatures[own - 1]))
        host->recall.answered = true;
    if (own == 0 || own == drawn)
        return;
    struct signature *before = &host->signatures[own - 1];
    struct signature *after = &host->signatures[drawn - 1];
    if (is_doubtful(before) && !is_doubtful(after))
        before->turned = TURNED_LEAST;
    bool other =
        is_doubtful(after) && (!is_doubtful(before) || before->by_icmp != after->by_icmp);
    if (!other || (after->turned > 0 && after->turned_slot == slot))
        return;
    after->turned_slot = slot;
    if (after->turned < TURNED_LEAST)
        after->turned++;
}

bool refusals_are_random(const struct host *host, uint8_t signature)
{
    return host->signatures[signature - 1].turned >= TURNED_LEAST;
}

static const struct signature *signature_of(const struct host *host, uint32_t slot)
{
    const struct slot *asked = slot < host->tcp_count ? &host->slots[slot] : NULL;
    return asked && asked->signature && slot_is_decided(asked)
               ? &host->signatures[asked->signature - 1]
               : NULL;
}

static bool any_is_doubtful(const struct host *host)
{
    for (uint8_t i = 0; i < host->signature_count; i++) {
        if (host->signatures[i].count > 0 && is_doubtful(&host->signatures[i]))
            return true;
    }
    return false;
}

/* Ports that were refused first: if one asked after them answers for itself, the limit was not
 * exceeded then. */
static int64_t next_slot(struct host *host)
{
    struct recall *recall = &host->recall;
    if (host->what->responder || !any_is_doubtful(host))
        return -1;
    uint32_t positions = host_positions(host);
    while (recall->done < REFUSED_MOST && recall->at < positions) {
        uint32_t slot = host_slot_at(host, recall->at++);
        const struct signature *own = signature_of(host, slot);
        if (!own || !is_doubtful(own))
            continue;
        recall->done++;
        return slot;
    }
    recall->done = recall->done < REFUSED_MOST ? REFUSED_MOST : recall->done;
    while (recall->done < REFUSED_MOST + host->controls.witness_count) {
        uint32_t slot = host->controls.witnesses[recall->done++ - REFUSED_MOST].slot;
        const struct signature *own = signature_of(host, slot);
        if (own && !is_doubtful(own))
            return slot;
    }
    recall->done = RECALLED_ALL;
    return -1;
}

struct control *refusals_next_control(struct host *host, nsec_t now)
{
    struct recall *recall = &host->recall;
    bool too_early = recall->done == 0 && now < recall->until;
    int64_t slot = too_early ? -1 : next_slot(host);
    if (slot < 0)
        return NULL;
    const struct signature *own = signature_of(host, (uint32_t)slot);
    recall->witnessed |= own && !is_doubtful(own);
    recall->until = now + rtt_timeout(&host->rtt);
    return controls_push(&host->controls, CONTROL_RECALL, (uint32_t)slot, 0, now);
}

bool refusals_are_left(const struct host *host)
{
    return host->recall.done < RECALLED_ALL && !host->what->responder && any_is_doubtful(host);
}

void refusals_wait(struct host *host, nsec_t now)
{
    if (host->recall.done == 0)
        host->recall.until = now + CALM;
}

bool refusals_are_pending(struct host *host, nsec_t now)
{
    struct recall *recall = &host->recall;
    if (recall->until > now || refusals_are_left(host))
        return true;
    if (recall->repeated || !recall->witnessed || recall->answered)
        return false;
    *recall = (struct recall){.repeated = true};
    refusals_wait(host, now);
    return true;
}
