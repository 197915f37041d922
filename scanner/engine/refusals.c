/* Refusals above a limit.
 *
 * A firewall that refuses what comes faster than so many a second, or once there are so many
 * connections, refuses ports at random, those with a service too. It shows by ports that
 * answered for themselves and are refused when they are asked again, as companions or closers.
 * Where nothing is silent there may be none of these: then witnesses are asked once more as
 * soon as all is answered, while the limit is still exceeded. */
#include "scanner/engine/engine_state.h"

/* So many ports show it: one alone may have a limit of its own, as ssh often has. */
#define TURNED_LEAST 2
/* Ports that were refused and are asked again. */
#define REFUSED_MOST 16
/* Where some ports are silent, they are asked after a time in which most limits are met again.
 */
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
void refusals_note(struct host *host, uint32_t slot, uint8_t drawn)
{
    uint8_t own = host->slots[slot].signature;
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
    const struct slot *asked = &host->slots[slot];
    return slot < host->tcp_count && asked->signature && slot_is_decided(asked)
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

static int64_t next_slot(struct host *host)
{
    if (host->what->responder || !any_is_doubtful(host))
        return -1;
    while (host->recalled < host->controls.witness_count) {
        uint32_t slot = host->controls.witnesses[host->recalled++].slot;
        const struct signature *own = signature_of(host, slot);
        if (own && !is_doubtful(own))
            return slot;
    }
    uint32_t positions = host_positions(host);
    while (host->recalled < WITNESSES_MOST + REFUSED_MOST && host->recall_at < positions) {
        uint32_t slot = host_slot_at(host, host->recall_at++);
        const struct signature *own = signature_of(host, slot);
        if (!own || !is_doubtful(own))
            continue;
        host->recalled++;
        return slot;
    }
    host->recalled = WITNESSES_MOST + REFUSED_MOST;
    return -1;
}

struct control *refusals_next_control(struct host *host, nsec_t now)
{
    bool too_early = host->recalled == 0 && now < host->recall_until;
    int64_t slot = too_early ? -1 : next_slot(host);
    if (slot < 0)
        return NULL;
    host->recall_until = now + rtt_timeout(&host->rtt);
    return controls_push(&host->controls, CONTROL_RECALL, (uint32_t)slot, 0, now);
}

bool refusals_are_unasked(const struct host *host)
{
    return host->recalled == 0 && !host->what->responder && any_is_doubtful(host);
}

void refusals_wait(struct host *host, nsec_t now)
{
    if (refusals_are_unasked(host))
        host->recall_until = now + CALM;
}

bool refusals_are_pending(const struct host *host, nsec_t now)
{
    return host->recall_until > now || refusals_are_unasked(host);
}
