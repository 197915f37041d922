/* Forwarded ports: a device on the way may have sent a probe on to another address or port,
 * where somebody refuses it and quotes it as it arrived there. */
#include "scanner/engine/engine_state.h"

/* Whether the quote is of this TCP probe, but for where that went. The sequence number is the
 * proof, as always; what makes up for having looked among all recent probes for one that fits
 * is our identification or flow label. */
static bool quotes_probe(const struct engine *engine, const struct probe_address *probe,
                         const struct reply *reply)
{
    if (probe_maker_source_port(engine->maker, probe) != reply->source_port)
        return false;
    struct cookie fields = probe_maker_cookie(engine->maker, probe, reply->source_port);
    return fields.sequence == reply->quote.sequence &&
           (probe->target->family == ADDR_IPV6 ? fields.flow_label == reply->quote.flow_label
                                               : fields.ip_id == reply->quote.ip_id);
}

bool forwarded_match(struct engine *engine, nsec_t at, struct reply *reply)
{
    if (reply->kind != REPLY_ICMP_ERROR || !reply->quote.has_sequence)
        return false;
    struct recent_probe sent = recent_probes_find(&engine->recent, reply->quote.sequence);
    const struct host *host = engine->hosts[sent.host];
    if (!sent.try || !host_is_under_audit(host) || !host_has_prober(host, &reply->prober))
        return false;
    struct probe_address probe = host_probe(host, sent.slot, sent.try);
    if (!quotes_probe(engine, &probe, reply))
        return false;
    reply->forwarded = (struct forwarding){
        .address = reply->target,
        .port = reply->port == probe.port ? 0 : reply->port,
    };
    reply->target = *probe.target;
    reply->target.scope = 0; /* as in any packet */
    reply->port = probe.port;
    return match_sequence(engine, sent.host, sent.slot, at, reply);
}
