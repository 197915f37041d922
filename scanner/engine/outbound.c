#include "scanner/engine/outbound.h"

#include "scanner/engine/engine_state.h"

#include <errno.h>

bool outbound_read(const struct probe_maker *maker, struct host *host,
                   const struct probe_address *probe, const struct reply *reply,
                   struct answer *answer)
{
    if (!answer_read(answer, reply))
        return false;
    if (probe_maker_is_signed(maker, probe, reply)) {
        host->outbound.signed_tcp |= probe->proto == PROTO_TCP;
        *answer = (struct answer){
            .state = PORT_OPEN,
            .reason = REASON_RESPONDER,
            .origin = ORIGIN_HOST,
            .host_spoke = true,
        };
        return true;
    }
    host->outbound.spoke_unsigned |=
        answer->host_spoke || outbound_is_hearsay(host, reply, answer);
    host->outbound.refused_probes |= reply->kind == REPLY_ICMP_ERROR &&
                                     answer->reason == REASON_PORT_UNREACHABLE &&
                                     addr_equal(&reply->from, &host->what->address);
    answer->host_spoke = false;
    return true;
}

bool outbound_is_hearsay(const struct host *host, const struct reply *reply,
                         const struct answer *answer)
{
    if (!host->what->responder || answer->reason == REASON_RESPONDER)
        return false;
    /* The stack beside the responder may send its ICMP from another address of its own. */
    bool maybe_beside = reply->proto == PROTO_UDP && answer->reason == REASON_PORT_UNREACHABLE;
    return answer->state != PORT_REJECTED || answer->maybe_absent || maybe_beside ||
           addr_equal(&reply->from, &host->what->address);
}

bool outbound_is_held(const struct host *host, const struct slot *slot)
{
    return host->what->responder && (slot->flags & SLOT_TENTATIVE);
}

bool outbound_is_beside(const struct host *host, const struct addr *from)
{
    return addr_equal(&host->outbound.beside, from);
}

void outbound_unmask(struct host *host, uint8_t held, const struct answer *answer)
{
    const struct signature *before = held ? &host->signatures[held - 1] : NULL;
    if (answer->reason != REASON_RESPONDER || !before || !before->by_icmp ||
        outbound_is_beside(host, &before->by))
        return;
    host->outbound.beside = before->by;
    host->outbound.refusals = 0;
    controls_drop_source(&host->controls, &before->by);
    if (!limits_are_known(host))
        limits_forget(host);
}

bool outbound_is_refused(struct host *host, const struct slot *slot, unsigned needed)
{
    const struct signature *held =
        slot->signature ? &host->signatures[slot->signature - 1] : NULL;
    if (!held || !held->by_icmp || !needed || outbound_is_beside(host, &held->by))
        return false;
    if (!addr_equal(&host->outbound.refuser, &held->by)) {
        host->outbound.refuser = held->by;
        host->outbound.refusals = 0;
    }
    return ++host->outbound.refusals > needed;
}

bool outbound_refused(struct host *host, uint32_t slot, bool control, int error)
{
    if (!host->what->responder || error != -EPERM)
        return false;
    if (control) { /* the same port was let through before: no rule does that */
        host->outbound.refuses_at_random = true;
        return false;
    }
    const struct signature like = {
        .proto = host_slot_proto(host, slot),
        .answer = {.state = PORT_DROPPED,
                   .reason = REASON_LOCAL_FIREWALL,
                   .origin = ORIGIN_LOCAL},
        .slot = slot,
    };
    uint8_t signature = host_signature(host, &like);
    if (!signature)
        return false;
    host->slots[slot].signature = signature;
    host->slots[slot].flags &= (uint8_t)~SLOT_TENTATIVE;
    return true;
}

void outbound_settle(const struct host *host, struct observation *seen)
{
    if (seen->reason == REASON_RESPONDER)
        return;
    if (seen->reason == REASON_LOCAL_FIREWALL) {
        if (host->outbound.refuses_at_random) { /* a full connection table, for one */
            seen->state = PORT_UNKNOWN;
            seen->reason = REASON_SEND_FAILED;
        }
        return;
    }
    if (seen->state == PORT_OPEN) { /* a proxy on the way answers in the responder's place */
        seen->state = PORT_UNKNOWN;
        seen->reason = REASON_CONFLICT;
        seen->origin = ORIGIN_UPSTREAM;
        return;
    }
    if (seen->state == PORT_CLOSED && outbound_is_unproven(host, seen->proto)) {
        seen->state = PORT_UNKNOWN;
        seen->reason = REASON_UNSIGNED;
        seen->origin = ORIGIN_UNKNOWN;
        return;
    }
    if (seen->state == PORT_CLOSED)
        seen->state = PORT_REJECTED;
    seen->origin = ORIGIN_UPSTREAM;
}

bool outbound_is_unproven(const struct host *host, enum proto proto)
{
    return host->what->responder && proto == PROTO_TCP && !host->outbound.signed_tcp;
}

enum reason outbound_absence(const struct host *host)
{
    bool hears = host->what->responder && host->outbound.spoke_unsigned;
    return hears ? REASON_WRONG_KEY : REASON_HOST_SILENT;
}
