/* What an answer tells of the host it comes from, whatever it tells of the port. */
#include "scanner/engine/engine_state.h"

/* Only a stack answers like this; see origin.h. */
static bool carries_dscp(const struct reply *reply)
{
    return (reply->tos & 0xfc) == (PROBE_TOS & 0xfc);
}

void signs_note(struct host *host, const struct reply *reply, bool host_spoke)
{
    if (!host_spoke)
        return;
    host->alive = true;
    if (reply->kind == REPLY_ECHO)
        host->echo_ttl = reply->ttl;
    bool nearer = !host->stack_ttl || origin_hops(reply->ttl) < origin_hops(host->stack_ttl);
    bool plain_reset = reply->kind == REPLY_RESET && !carries_dscp(reply);
    host->stack_spoke |= !plain_reset;
    bool by_stack =
        reply->kind == REPLY_SYN_ACK || (reply->kind == REPLY_RESET && !plain_reset);
    if (by_stack && nearer)
        host->stack_ttl = reply->ttl;
}

enum witness_kind signs_kind(const struct reply *reply, const struct answer *answer)
{
    static const enum witness_kind kinds[] = {
        [REPLY_SYN_ACK] = WITNESS_SYN_ACK, [REPLY_RESET] = WITNESS_PLAIN_RESET,
        [REPLY_TCP_OTHER] = WITNESS_NONE,  [REPLY_UDP] = WITNESS_UDP,
        [REPLY_ECHO] = WITNESS_ECHO,       [REPLY_ICMP_ERROR] = WITNESS_NONE,
    };
    if (!answer->host_spoke)
        return WITNESS_NONE;
    if (reply->kind == REPLY_RESET && carries_dscp(reply))
        return WITNESS_RESET;
    return kinds[reply->kind];
}
