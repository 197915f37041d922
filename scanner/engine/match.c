/* From a captured packet to the probe that it answers, and what that means for the port.
 * Nothing here believes a packet before its cookie has been found right. */
#include "scanner/engine/engine_state.h"

/* Its connections are counted by the firewalls of many hosts (ufw limit, iptables' recent). */
enum { SSH_PORT = 22 };

struct match {
    struct engine *engine;
    struct host *host;
    const struct reply *reply;
    nsec_t at;
    bool late; /* for a service, not for the path */
};

/* Stacks send a SYN-ACK again after a second (RFC 6298, 2.1): such an answer tells nothing
 * of the round trip. */
static bool was_sent_again(const struct rtt *rtt, nsec_t elapsed)
{
    return rtt_known(rtt) && elapsed > 900 * NSEC_PER_MSEC && elapsed > 3 * rtt->smoothed;
}

static void note_rtt(struct match *m, nsec_t elapsed)
{
    struct rtt *rtt = &m->host->rtt;
    if (elapsed <= 0 || was_sent_again(rtt, elapsed)) /* 0: somebody set the wall clock */
        return;
    rtt_add(rtt, elapsed);
    if (beacons_govern(m->engine, m->host))
        pace_answer(&m->engine->pace, m->at, elapsed, elapsed - rtt->least);
}

static void grant(struct match *m, uint8_t subject)
{
    struct token_source *source = &m->host->controls.sources[subject];
    source->grants++;
    limits_note_token(m->host, &source->by, m->at);
}

static void control_returned(struct match *m, struct control *control)
{
    struct host *host = m->host;
    enum control_kind kind = control->kind;
    nsec_t sent_at = control->sent_at;
    uint8_t subject = control->subject;
    uint32_t epoch = control->epoch;
    bool is_first = control->fate != CONTROL_RETURNED;
    bool in_time = controls_return(&host->controls, control);
    const struct batch *batch = &host->batch;
    bool late = !in_time && sent_at >= batch->started &&
                !was_sent_again(&host->rtt, m->at - sent_at) &&
                controls_return_late(&host->controls, control);
    if (kind == CONTROL_TOKEN && (in_time || late) && sent_at >= batch->began &&
        (spots_are_due(host) || sent_at >= batch->last_sent))
        grant(m, subject);
    if (kind <= CONTROL_CLOSER && control->answer == WITNESS_SYN_ACK &&
        (m->reply->kind == REPLY_SYN_ACK || m->reply->kind == REPLY_TCP_OTHER))
        decoys_note_witness(host, sent_at);
    if (is_first)
        note_rtt(m, m->at - sent_at);
    if (in_time && epoch != 0)
        pace_control_returned(&m->engine->pace, epoch);
}

/* A later answer of another kind. Two answers that cannot both be true make the port
 * unknown; what a router says of a host's absence gives way to the host's own word. */
static void contradict(struct host *host, struct slot *slot, uint8_t signature)
{
    const struct answer *old = &host->signatures[slot->signature - 1].answer;
    const struct answer *new = &host->signatures[signature - 1].answer;
    bool old_weak = old->maybe_absent || old->state == PORT_UNKNOWN;
    bool new_weak = new->maybe_absent || new->state == PORT_UNKNOWN;
    if (new_weak || (old->state == new->state && old->reason == new->reason))
        return;
    if (old_weak) {
        slot->signature = signature;
        slot->flags &= (uint8_t)~SLOT_TENTATIVE;
        return;
    }
    slot->flags |= SLOT_CONFLICT;
    if (old->state == PORT_OPEN || new->state == PORT_OPEN)
        slot->flags |= SLOT_OPEN_SEEN;
}

static bool wants_confirmation(const struct answer *answer, enum udp_match proof)
{
    if (answer->maybe_absent || answer->state == PORT_UNKNOWN)
        return true;
    return answer->reason == REASON_UDP_RESPONSE && proof != UDP_MATCH_PROVEN;
}

/* A weak answer was repeated. A source port alone can be guessed, twice even in a flood: a UDP
 * response must come a third time. */
static bool wants_more(struct slot *slot, const struct answer *answer, unsigned try)
{
    if (answer->reason != REASON_UDP_RESPONSE)
        return try < 3;
    bool first_time = !(slot->flags & SLOT_OPEN_SEEN);
    slot->flags |= SLOT_OPEN_SEEN;
    return first_time;
}

/* 0: no memory, as if the packet had been lost. */
static uint8_t signature_for(struct match *m, uint32_t index, const struct answer *answer)
{
    const struct signature like = {
        .proto = host_slot_proto(m->host, index),
        .answer = *answer,
        .by = m->reply->from,
        .forwarded = m->reply->forwarded,
        .ttl = m->reply->ttl,
        .tos = m->reply->tos & 0xfc,
        .slot = index,
        .by_icmp = m->reply->kind == REPLY_ICMP_ERROR,
    };
    return host_signature(m->host, &like);
}

static void hold_hearsay(struct match *m, uint32_t index, const struct answer *answer)
{
    struct slot *slot = &m->host->slots[index];
    uint8_t signature = slot_is_decided(slot) ? 0 : signature_for(m, index, answer);
    if (!signature)
        return;
    slot->signature = signature;
    slot->flags &= (uint8_t)~SLOT_OPEN_SEEN;
    slot->flags |= SLOT_TENTATIVE;
    if (m->reply->kind != REPLY_ICMP_ERROR || outbound_is_beside(m->host, &m->reply->from))
        return;
    m->host->batch.rejected++;
    controls_add_source(&m->host->controls, &m->reply->from, index);
}

static void decide(struct match *m, uint32_t index, const struct answer *answer, unsigned try,
                   enum udp_match proof)
{
    struct host *host = m->host;
    struct slot *slot = &host->slots[index];
    uint8_t signature = signature_for(m, index, answer);
    if (!signature)
        return;
    if (m->reply->kind == REPLY_ICMP_ERROR)
        controls_add_source(&host->controls, &m->reply->from, index);
    if (slot->flags & (SLOT_SILENT | SLOT_FAILED)) /* it is worth more, however late it comes */
        engine_take_back(m->engine, host, slot);
    if (!slot->signature)
        slot->flags &= (uint8_t)~SLOT_OPEN_SEEN;
    if (slot->signature && !(slot->flags & SLOT_TENTATIVE)) {
        contradict(host, slot, signature);
        if (answer->reason == REASON_SYN_ACK)
            decoys_choose(host);
        return;
    }
    bool weak = wants_confirmation(answer, proof);
    if (slot->flags & SLOT_TENTATIVE) {
        bool repeated = slot->signature == signature && try > slot->proofs &&
                        !services_are_guessed(host, index);
        if (weak && !repeated)
            return;
        weak = weak && wants_more(slot, answer, try);
    }
    uint8_t before = slot->signature;
    slot->signature = signature;
    if (weak) {
        slot->flags |= SLOT_TENTATIVE;
        slot->proofs = slot->tries;
        if (m->reply->kind == REPLY_ICMP_ERROR)
            limits_note_reject(host, &m->reply->from, m->at);
        if (answer->reason == REASON_UDP_RESPONSE && host->confirm_count < CONFIRM_MOST)
            host->confirm[host->confirm_count++] = index;
        return;
    }
    outbound_unmask(host, before, answer);
    bool counted = host->what->responder || !(slot->flags & SLOT_TENTATIVE);
    unsigned proofs = counted ? slot->proofs : 0;
    slot->flags &= (uint8_t)~SLOT_TENTATIVE;
    host->signatures[signature - 1].count++;
    host->batch.answered++;
    if (m->reply->kind == REPLY_ICMP_ERROR)
        limits_note_reject(host, &m->reply->from, m->at);
    engine_decide(m->engine, host);
    bool unfit = m->late && controls_have_witness(&host->controls);
    enum witness_kind kind = unfit ? WITNESS_NONE : signs_kind(m->reply, answer);
    controls_count_answer(&host->controls, kind, proofs);
    controls_add_witness(&host->controls, index, kind, (uint8_t)(try - 1));
    if (host_slot_port(host, index) == SSH_PORT)
        controls_spare_witness(&host->controls, index);
    if (answer->reason == REASON_SYN_ACK)
        decoys_choose(host);
}

static bool read_answer(struct match *m, uint32_t index, uint32_t try, struct answer *answer)
{
    if (!m->host->what->responder)
        return answer_read(answer, m->reply);
    struct probe_address probe = host_probe(m->host, index, try);
    return outbound_read(m->engine->maker, m->host, &probe, m->reply, answer);
}

/* An answer to try TRY of a port. */
static void port_answered(struct match *m, uint32_t index, unsigned try, enum udp_match proof)
{
    struct answer answer;
    if (!read_answer(m, index, try, &answer))
        return;
    struct host *host = m->host;
    struct slot *slot = &host->slots[index];
    if (outbound_is_hearsay(host, m->reply, &answer)) {
        hold_hearsay(m, index, &answer);
        return;
    }
    signs_note(host, m->reply, answer.host_spoke);
    nsec_t elapsed = slot_elapsed(slot, m->at);
    m->late = m->reply->kind == REPLY_UDP && services_was_late(host, slot, try, elapsed);
    if (try == slot->tries && !slot_is_decided(slot) && !m->late)
        note_rtt(m, elapsed);
    decide(m, index, &answer, try, proof);
    batch_note_answer(host, m->at);
}

/* A port that had answered answers again; see refusals.c. That it is open is never left out. */
static void recalled(struct match *m, const struct control *control,
                     const struct answer *answer)
{
    struct host *host = m->host;
    if (control->form != PROBE_PLAIN || host->what->responder ||
        control->slot >= host->tcp_count)
        return;
    uint8_t drawn = signature_for(m, control->slot, answer);
    if (!drawn)
        return;
    refusals_note(host, control, drawn);
    struct slot *slot = &host->slots[control->slot];
    if (answer->state == PORT_OPEN && slot->signature)
        contradict(host, slot, drawn);
}

static void control_answered(struct match *m, struct control *control)
{
    struct answer answer;
    bool tells = read_answer(m, control->slot, control->try, &answer);
    bool hearsay = tells && outbound_is_hearsay(m->host, m->reply, &answer);
    if (hearsay && control->kind != CONTROL_TOKEN)
        return;
    if (tells || m->reply->kind == REPLY_ECHO)
        signs_note(m->host, m->reply, m->reply->kind == REPLY_ECHO || answer.host_spoke);
    if (tells)
        recalled(m, control, &answer);
    if (tells && control->kind == CONTROL_TWIN)
        twins_note_answer(m->host, control, m->reply, &answer);
    if (tells && control->kind == CONTROL_DECOY)
        decoys_note_answer(m->host, control, &answer);
    batch_expire_controls(m->engine, m->host, m->at);
    control_returned(m, control);
    batch_note_answer(m->host, m->at);
}

/* TCP: the sequence number that the sender must have seen. */
static bool find_sequence(struct match *m, uint32_t index, uint32_t sequence)
{
    struct host *host = m->host;
    unsigned tries = index < SLOT_DECOY ? host->slots[index].tries : 0;
    for (unsigned try = tries; try > 0; try--) {
        struct probe_address probe = host_probe(host, index, try);
        if (probe_maker_cookie(m->engine->maker, &probe, m->reply->source_port).sequence ==
            sequence) {
            port_answered(m, index, try, UDP_MATCH_PROVEN);
            return true;
        }
    }
    struct control *control = controls_match(&host->controls, index, sequence);
    if (control)
        control_answered(m, control);
    return control != NULL;
}

/* netfilter believes a data offset that is wrong, and acknowledges less than nothing. */
static bool match_bad_offset(struct match *m, uint32_t index)
{
    struct control *control = controls_match(&m->host->controls, index,
                                             m->reply->acknowledgement - 1 + BAD_OFFSET_EXCESS);
    if (!control || control->form != PROBE_BAD_OFFSET)
        return false;
    control_answered(m, control);
    return true;
}

/* A stack answers a SYN that hits a connection which an earlier one left half open with an
 * ACK of the earlier one (RFC 5961, 4): the round trip was made all the same. */
static bool match_challenge(struct match *m, uint32_t index)
{
    const struct reply *reply = m->reply;
    struct controls *controls = &m->host->controls;
    if (!reply->has_acknowledgement ||
        !controls_match(controls, index, reply->acknowledgement - 1))
        return false;
    size_t walk = 0;
    struct control *control;
    while ((control = controls_walk(controls, index, &walk))) {
        struct probe_address probe = host_control(m->host, control);
        if (control->fate == CONTROL_PENDING &&
            probe_maker_source_port(m->engine->maker, &probe) == reply->source_port) {
            control_answered(m, control);
            return true;
        }
    }
    return false;
}

static bool match_tcp(struct match *m, uint32_t index)
{
    const struct reply *reply = m->reply;
    if (!reply->has_acknowledgement)
        return false; /* RFC 9293, 3.10.7.3: in SYN-SENT a RST without ACK means nothing */
    if (find_sequence(m, index, reply->acknowledgement - 1))
        return true;
    if (reply->kind != REPLY_RESET)
        return false;
    /* Some stacks acknowledge the SYN's own number in a RST. */
    return find_sequence(m, index, reply->acknowledgement) || match_bad_offset(m, index);
}

/* UDP: the port that the probe came from is the secret, with the transaction id where the
 * service has one, and the IP header where an ICMP error quotes it. */
static bool udp_fits(struct match *m, const struct probe_address *probe, enum udp_match *proof)
{
    const struct reply *reply = m->reply;
    struct probe_maker *maker = m->engine->maker;
    if (probe_maker_source_port(maker, probe) != reply->source_port)
        return false;
    if (reply->kind == REPLY_UDP) {
        *proof = probe_maker_match_udp(maker, probe, reply);
        return reply->port == probe->port || *proof != UDP_MATCH_NONE;
    }
    struct cookie fields = probe_maker_cookie(maker, probe, reply->source_port);
    *proof = UDP_MATCH_PROVEN;
    return probe->target->family == ADDR_IPV6 ? fields.flow_label == reply->quote.flow_label
                                              : fields.ip_id == reply->quote.ip_id;
}

/* Where a source port is all the secret, a guess must not hit one of many. */
enum { UDP_TRIES_OPEN = 2 };

static bool match_udp(struct match *m, uint32_t index)
{
    struct host *host = m->host;
    enum udp_match proof;
    unsigned latest = host->slots[index].tries;
    bool fits_old_try = false;
    for (unsigned try = latest; try > 0; try--) {
        struct probe_address probe = host_probe(host, index, try);
        if (!udp_fits(m, &probe, &proof))
            continue;
        if (proof == UDP_MATCH_PROVEN || latest - try < UDP_TRIES_OPEN) {
            port_answered(m, index, try, proof);
            return true;
        }
        fits_old_try = true;
    }
    size_t walk = 0;
    struct control *control;
    while ((control = controls_walk(&host->controls, index, &walk))) {
        struct probe_address probe = host_control(host, control);
        if (udp_fits(m, &probe, &proof)) {
            control_answered(m, control);
            return true;
        }
    }
    if (fits_old_try)
        services_note_old_answer(&host->slots[index]);
    return fits_old_try;
}

/* Some services pick another port to answer (TFTP): then the port that the probe came from and
 * the look of the answer have to say which. */
static bool match_other_port(struct match *m)
{
    const struct udp_library *library = m->engine->options.library;
    if (m->reply->kind != REPLY_UDP || m->host->what->responder)
        return false;
    for (size_t i = 0; library && i < library->count; i++) {
        const struct udp_probe *known = &library->probes[i];
        uint32_t ports = known->answers_from_other_port ? portset_size(&known->ports) : 0;
        for (uint32_t n = 0; n < ports; n++) {
            int64_t index = host_find_slot(m->host, PROTO_UDP, portset_nth(&known->ports, n));
            if (index >= 0 && match_udp(m, (uint32_t)index))
                return true;
        }
    }
    return false;
}

static bool match_echo(struct match *m)
{
    uint32_t ids = (uint32_t)m->reply->source_port << 16 | m->reply->port;
    struct control *control = controls_match(&m->host->controls, CONTROL_SLOT_ECHO, ids);
    if (!control)
        return false;
    if (m->host->what->responder) {
        m->host->outbound.spoke_unsigned = true; /* the machine, not the responder */
        return true;
    }
    if (control->kind == CONTROL_HAIL)
        controls_add_witness(&m->host->controls, CONTROL_SLOT_ECHO, WITNESS_ECHO, 0);
    control_answered(m, control);
    return true;
}

static bool match_reply(struct match *m)
{
    const struct reply *reply = m->reply;
    if (reply->kind == REPLY_ECHO)
        return match_echo(m);
    int64_t index = host_find_slot(m->host, reply->proto, reply->port);
    if (index < 0 && reply->proto == PROTO_TCP && m->host->decoys.chosen)
        index = (int64_t)SLOT_DECOY + reply->port;
    if (index < 0)
        return match_other_port(m);
    if (reply->kind == REPLY_TCP_OTHER)
        return match_challenge(m, (uint32_t)index);
    if (reply->proto == PROTO_UDP)
        return match_udp(m, (uint32_t)index) || match_other_port(m) ||
               services_note_guess(m->host, (uint32_t)index, reply->kind);
    if (reply->kind != REPLY_ICMP_ERROR)
        return match_tcp(m, (uint32_t)index);
    return reply->quote.has_sequence &&
           find_sequence(m, (uint32_t)index, reply->quote.sequence);
}

static bool match_at(struct engine *engine, uint32_t index, nsec_t at,
                     const struct reply *reply)
{
    struct host *host = engine->hosts[index];
    struct match match = {engine, host, reply, at, false};
    if (!host_has_prober(host, &reply->prober) || !match_reply(&match))
        return false;
    if (reply->kind == REPLY_ICMP_ERROR)
        host->limits.icmp_at = at;
    engine_schedule(engine, index, at);
    return true;
}

bool match_sequence(struct engine *engine, uint32_t host, uint32_t slot, nsec_t at,
                    const struct reply *reply)
{
    struct match match = {engine, engine->hosts[host], reply, at, false};
    if (!find_sequence(&match, slot, reply->quote.sequence))
        return false;
    engine_schedule(engine, host, at);
    return true;
}

void engine_receive(void *context, nsec_t at, const uint8_t *bytes, size_t length)
{
    struct engine *engine = context;
    struct reply reply;
    int fault = packet_decode(&reply, bytes, length);
    if (fault != PACKET_OK) {
        engine->totals.invalid += fault != PACKET_FOREIGN;
        return;
    }
    int64_t target = address_table_find(&engine->addresses, &reply.target);
    bool known = target >= 0 && host_is_under_audit(engine->hosts[target]);
    bool ours = (known && match_at(engine, (uint32_t)target, at, &reply)) ||
                forwarded_match(engine, at, &reply);
    if (known && ours)
        beacons_consider(engine, (uint32_t)target);
    engine->totals.received += ours;
    engine->totals.invalid += known && !ours;
}
