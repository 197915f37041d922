#include "probes/origin.h"

uint8_t origin_hops(uint8_t ttl)
{
    if (ttl <= 64)
        return (uint8_t)(64 - ttl);
    if (ttl <= 128)
        return (uint8_t)(128 - ttl);
    return (uint8_t)(255 - ttl);
}

/* The twin that no stack answers. */
static enum twin malformed_twin(const struct origin_evidence *evidence)
{
    return evidence->proto == PROTO_TCP ? evidence->bad_offset_twin : evidence->twin;
}

static bool is_rejected(const struct origin_evidence *evidence)
{
    if (malformed_twin(evidence) == TWIN_ANSWERED)
        return true;
    return evidence->proto == PROTO_TCP && evidence->twin == TWIN_ANSWERED &&
           evidence->twin_silent_elsewhere;
}

/* Where the firewall stands that answered with this TTL. */
static enum origin firewall_place(const struct origin_evidence *evidence)
{
    if (evidence->ttl == 0)
        return ORIGIN_UNKNOWN;
    uint8_t hops = origin_hops(evidence->ttl);
    if (evidence->echo_ttl && hops < origin_hops(evidence->echo_ttl))
        return ORIGIN_UPSTREAM;
    if ((evidence->echo_ttl && hops == origin_hops(evidence->echo_ttl)) ||
        (evidence->host_ttl && hops == origin_hops(evidence->host_ttl)))
        return ORIGIN_FIREWALL;
    return ORIGIN_UNKNOWN; /* nothing to compare with, or from behind this address */
}

struct origin_claim origin_judge(const struct origin_evidence *evidence)
{
    if (evidence->reason == REASON_RESET && evidence->dscp_returned)
        return (struct origin_claim){PORT_CLOSED, ORIGIN_HOST};
    if (is_rejected(evidence))
        return (struct origin_claim){PORT_REJECTED, firewall_place(evidence)};
    if (malformed_twin(evidence) == TWIN_SILENT && evidence->twin_answered_elsewhere)
        return (struct origin_claim){PORT_CLOSED, ORIGIN_HOST};
    return (struct origin_claim){PORT_CLOSED, ORIGIN_UNKNOWN};
}
