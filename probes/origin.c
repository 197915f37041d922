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

static bool comes_from_nearer(const struct origin_evidence *evidence)
{
    return evidence->ttl && evidence->echo_ttl &&
           origin_hops(evidence->ttl) < origin_hops(evidence->echo_ttl);
}

static bool carries_dscp(const struct origin_evidence *evidence)
{
    return evidence->reason == REASON_RESET && evidence->dscp_returned;
}

static bool comes_from_as_far(const struct origin_evidence *evidence)
{
    uint8_t hops = origin_hops(evidence->ttl);
    return evidence->ttl && ((evidence->echo_ttl && hops == origin_hops(evidence->echo_ttl)) ||
                             (evidence->host_ttl && hops == origin_hops(evidence->host_ttl)));
}

/* From further away than echo replies, and than another port's SYN-ACK or RST: this port leads
 * to a machine behind. Than echo replies alone: they may be given by a device in front. */
static bool comes_from_behind(const struct origin_evidence *evidence)
{
    uint8_t hops = origin_hops(evidence->ttl);
    return evidence->ttl && evidence->echo_ttl && evidence->host_ttl &&
           hops > origin_hops(evidence->echo_ttl) && hops > origin_hops(evidence->host_ttl);
}

/* What comes from behind the address may be another machine's stack, of another kind. */
static bool is_rejected(const struct origin_evidence *evidence)
{
    if (malformed_twin(evidence) == TWIN_ANSWERED)
        return true;
    return evidence->proto == PROTO_TCP && evidence->twin == TWIN_ANSWERED &&
           evidence->twin_silent_elsewhere &&
           (comes_from_nearer(evidence) || comes_from_as_far(evidence));
}

/* Silence of both twins, where no rule hides them: one alone may be hidden, or be what every
 * stack of this kind does. Datagrams have but one, and ICMP limits hide its answers. */
static bool is_stack(const struct origin_evidence *evidence)
{
    return evidence->proto == PROTO_TCP && evidence->twin == TWIN_SILENT &&
           evidence->bad_offset_twin == TWIN_SILENT && evidence->twin_answered_elsewhere;
}

/* Where the firewall stands that answered with this TTL. */
static enum origin firewall_place(const struct origin_evidence *evidence)
{
    if (comes_from_nearer(evidence) || comes_from_behind(evidence))
        return ORIGIN_UPSTREAM;
    bool tells = comes_from_as_far(evidence) && !evidence->hop_as_far;
    return tells ? ORIGIN_FIREWALL : ORIGIN_UNKNOWN;
}

enum origin origin_of_error(const struct origin_evidence *evidence)
{
    bool elsewhere = comes_from_nearer(evidence) || comes_from_behind(evidence);
    return elsewhere ? ORIGIN_UPSTREAM : ORIGIN_FIREWALL;
}

/* Where it was refused by who is no firewall for certain. */
static enum origin closed_place(const struct origin_evidence *evidence)
{
    if (comes_from_behind(evidence))
        return ORIGIN_UPSTREAM;
    if (carries_dscp(evidence))
        return comes_from_nearer(evidence) ? ORIGIN_UNKNOWN : ORIGIN_HOST;
    return is_stack(evidence) ? ORIGIN_HOST : ORIGIN_UNKNOWN;
}

struct origin_claim origin_judge(const struct origin_evidence *evidence)
{
    if (!carries_dscp(evidence) && is_rejected(evidence))
        return (struct origin_claim){PORT_REJECTED, firewall_place(evidence)};
    return (struct origin_claim){PORT_CLOSED, closed_place(evidence)};
}
