#include "scanner/commands/explain_packets.h"

#include "probes/wire.h"

#include <netinet/in.h>

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, TCP_HEADER = 20, UDP_HEADER = 8, MD5_OPTION = 19 };

#define SET(form) (1u << (form))

enum {
    ANY_DSCP,
    OUR_DSCP,
    OTHER_DSCP,
    SYNS = SET(SENT_SYN) | SET(SENT_SYN_MD5) | SET(SENT_SYN_BAD_OFFSET),
    EVERY_FORM = SET(SENT_FORM_COUNT) - 1,
};

static const char *const form_names[SENT_FORM_COUNT] = {
    [SENT_SYN] = "SYN",
    [SENT_SYN_MD5] = "SYN with an MD5 option",
    [SENT_SYN_BAD_OFFSET] = "SYN with a wrong data offset",
    [SENT_UDP] = "UDP",
    [SENT_UDP_BAD_LENGTH] = "UDP with a wrong length",
    [SENT_ECHO] = "echo request",
};

static const char *const reply_names[] = {
    [REPLY_SYN_ACK] = "SYN-ACK", [REPLY_RESET] = "RST",       [REPLY_TCP_OTHER] = "TCP",
    [REPLY_UDP] = "UDP",         [REPLY_ECHO] = "echo reply", [REPLY_ICMP_ERROR] = "ICMP error",
};

/* The first row that fits counts. */
static const struct {
    unsigned forms; /* of the probe that was answered */
    enum reply_kind kind;
    int dscp;
    const char *proof;
} proofs[] = {
    {SYNS, REPLY_SYN_ACK, ANY_DSCP, "something accepts connections here"},
    {SET(SENT_SYN), REPLY_RESET, OUR_DSCP, "the host's own stack refuses: it repeats our DSCP"},
    {SET(SENT_SYN), REPLY_RESET, OTHER_DSCP, "refused, by a stack or by a firewall"},
    {SET(SENT_SYN_MD5), REPLY_RESET, ANY_DSCP,
     "no Linux stack answers such a SYN: a firewall, or another kind of stack"},
    {SET(SENT_SYN_BAD_OFFSET), REPLY_RESET, ANY_DSCP,
     "a firewall: no stack answers such a SYN"},
    {SET(SENT_UDP), REPLY_UDP, ANY_DSCP, "a service answers"},
    {SET(SENT_UDP), REPLY_ICMP_ERROR, ANY_DSCP, "refused, by a stack or by a firewall"},
    {SET(SENT_UDP_BAD_LENGTH), REPLY_ICMP_ERROR, ANY_DSCP,
     "a firewall: no stack answers such a datagram"},
    {SYNS, REPLY_ICMP_ERROR, ANY_DSCP, "a firewall or router: stacks refuse TCP by RST"},
    {SET(SENT_ECHO), REPLY_ECHO, ANY_DSCP, "the host is up"},
    {EVERY_FORM, REPLY_TCP_OTHER, ANY_DSCP, "nothing"},
};

const char *explain_proof(enum sent_form form, const struct reply *reply)
{
    int dscp = (reply->tos & 0xfc) == (PROBE_TOS & 0xfc) ? OUR_DSCP : OTHER_DSCP;
    for (size_t i = 0; i < sizeof proofs / sizeof proofs[0]; i++) {
        if ((proofs[i].forms & SET(form)) && proofs[i].kind == reply->kind &&
            (proofs[i].dscp == ANY_DSCP || proofs[i].dscp == dscp))
            return proofs[i].proof;
    }
    return "nothing";
}

/* What was signed is an answer of the responder's, whichever probe it is to. */
static bool is_signed(const struct responder_key *key, const struct reply *reply)
{
    const struct syn_answer answer = {reply->sequence, reply->timestamp};
    if (reply->kind == REPLY_SYN_ACK)
        return reply->has_timestamp &&
               signature_verify_syn_answer(key, reply->port, reply->acknowledgement - 1,
                                           reply->timestamp_echo, &answer);
    return reply->kind == REPLY_UDP && reply->payload_length == SIGNATURE_DATAGRAM_SIZE &&
           signature_verify_udp_answer(key, reply->port, reply->payload + SIGNATURE_NONCE_AT,
                                       reply->payload);
}

const char *explain_tagged_proof(const struct responder_key *key, const struct reply *reply)
{
    static const char *const others[] = {
        [REPLY_SYN_ACK] = "nothing: it is not signed, so that it is not the responder's",
        [REPLY_UDP] = "nothing: it is not signed, so that it is not the responder's",
        [REPLY_RESET] = "refused, by somebody on the way unless a signed answer comes",
        [REPLY_TCP_OTHER] = "nothing",
        [REPLY_ECHO] = "the machine is up, which says nothing of the responder",
        [REPLY_ICMP_ERROR] = ("refused: beside a signed answer by the machine's own stack, "
                              "without one by a firewall or router"),
    };
    if (is_signed(key, reply))
        return "the probe got out: the responder signed this";
    return others[reply->kind];
}

/* What one of our own packets is; they have no IP options. */
struct own_packet {
    struct sent_probe probe;
    uint8_t ttl, tos;
};

static bool has_md5_option(struct wire options)
{
    while (options.left > 1 && options.at[0] != 0) {
        uint8_t kind = wire_u8(&options);
        if (kind == 1)
            continue;
        if (kind == MD5_OPTION)
            return true;
        uint8_t length = wire_u8(&options);
        wire_skip(&options, length < 2 ? 0 : length - 2u);
    }
    return false;
}

static enum sent_form syn_form(struct wire segment)
{
    size_t length = segment.left;
    wire_skip(&segment, 12);
    size_t offset = (size_t)(wire_u8(&segment) >> 4) * 4;
    wire_skip(&segment, TCP_HEADER - 13);
    if (offset > length)
        return SENT_SYN_BAD_OFFSET;
    return has_md5_option(segment) ? SENT_SYN_MD5 : SENT_SYN;
}

static enum sent_form udp_form(struct wire datagram)
{
    size_t length = datagram.left;
    wire_skip(&datagram, 4);
    return wire_u16(&datagram) > length ? SENT_UDP_BAD_LENGTH : SENT_UDP;
}

/* Fills *OWN; false: the packet is none of ours. */
static bool read_own(struct own_packet *own, const uint8_t *bytes, size_t length)
{
    struct wire wire = wire_over(bytes, length);
    bool is_ipv6 = length > 0 && bytes[0] >> 4 == 6;
    const uint8_t *header = wire_bytes(&wire, is_ipv6 ? IPV6_HEADER : IPV4_HEADER);
    if (!header)
        return false;
    own->tos = is_ipv6 ? (uint8_t)(header[0] << 4 | header[1] >> 4) : header[1];
    own->ttl = is_ipv6 ? header[7] : header[8];
    own->probe.target = is_ipv6 ? addr_ipv6(header + 24) : addr_ipv4(header + 16);
    uint8_t protocol = is_ipv6 ? header[6] : header[9];
    struct wire ports = wire;
    if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
        wire_skip(&ports, 4); /* type, code, checksum */
    own->probe.source_port = wire_u16(&ports);
    own->probe.port = wire_u16(&ports);
    own->probe.sequence = protocol == IPPROTO_TCP ? wire_u32(&ports) : 0;
    own->probe.form = protocol == IPPROTO_TCP   ? syn_form(wire)
                      : protocol == IPPROTO_UDP ? udp_form(wire)
                                                : SENT_ECHO;
    return !ports.failed;
}

void explain_print_time(struct explain_packets *packets, nsec_t at)
{
    if (packets->started == 0)
        packets->started = at;
    fprintf(packets->out, "%10.3f ms  ",
            (double)(at - packets->started) / (double)NSEC_PER_MSEC);
}

static const char *form_name(const struct explain_packets *packets, enum sent_form form)
{
    if (packets->key && form == SENT_SYN_MD5)
        return "tagged SYN";
    return packets->key && form == SENT_UDP ? "tagged UDP" : form_names[form];
}

static void print_sent(struct explain_packets *packets, const struct own_packet *own)
{
    char target[ADDR_TEXT_SIZE];
    fprintf(packets->out, "sent  %s to %s", form_name(packets, own->probe.form),
            addr_format(&own->probe.target, target));
    if (own->probe.form != SENT_ECHO)
        fprintf(packets->out, ", port %u", own->probe.port);
    fprintf(packets->out, ", TTL %u, TOS 0x%02x", own->ttl, own->tos);
    if (own->probe.form != SENT_ECHO && own->probe.port != packets->port)
        fputs(packets->key ? " (expected open: can answers come?)"
                           : " (a decoy: does every port answer?)",
              packets->out);
    fputc('\n', packets->out);
}

static bool is_answer_to(const struct reply *reply, const struct sent_probe *probe)
{
    if (probe->source_port != reply->source_port)
        return false;
    return probe->port == reply->port ||
           (reply->quote.has_sequence && reply->quote.sequence == probe->sequence);
}

/* The probe that REPLY answers, or NULL. */
static const struct sent_probe *find_probe(const struct explain_packets *packets,
                                           const struct reply *reply)
{
    size_t kept = packets->sent_count < SENT_KEPT ? packets->sent_count : SENT_KEPT;
    for (size_t i = 1; i <= kept; i++) {
        const struct sent_probe *probe = &packets->sent[(packets->sent_count - i) % SENT_KEPT];
        if (is_answer_to(reply, probe))
            return probe;
    }
    return NULL;
}

/* "", or where an error says that PROBE arrived instead of where it went. */
static const char *arrival(const struct sent_probe *probe, const struct reply *reply,
                           char text[static FORWARDING_TEXT_SIZE])
{
    bool same = addr_equal(&probe->target, &reply->target) && probe->port == reply->port;
    struct forwarding forwarding = {.port = probe->port == reply->port ? 0 : reply->port};
    if (!same)
        forwarding.address = reply->target;
    return forwarding_format(&forwarding, text);
}

static void print_seen(const struct explain_packets *packets, const struct reply *reply)
{
    char from[ADDR_TEXT_SIZE];
    fprintf(packets->out, "seen  %s", reply_names[reply->kind]);
    struct answer answer;
    if (reply->kind == REPLY_ICMP_ERROR && answer_read(&answer, reply))
        fprintf(packets->out, " (%s)", reason_name(answer.reason));
    fprintf(packets->out, " from %s, TTL %u (%u hops), TOS 0x%02x\n",
            addr_format(&reply->from, from), reply->ttl, origin_hops(reply->ttl), reply->tos);
    const struct sent_probe *probe = find_probe(packets, reply);
    enum sent_form usual = reply->proto == PROTO_UDP ? SENT_UDP : SENT_SYN;
    enum sent_form form = probe ? probe->form : usual;
    char place[FORWARDING_TEXT_SIZE] = "";
    if (probe && reply->quote.has_sequence)
        arrival(probe, reply, place);
    fprintf(packets->out, "%22sanswers the %s", "", form_name(packets, form));
    if (packets->key && form != SENT_ECHO)
        fprintf(packets->out, " to port %u", reply->port);
    fprintf(packets->out, "%s%s: %s\n", *place ? ", which arrived as " : "", place,
            packets->key ? explain_tagged_proof(packets->key, reply)
                         : explain_proof(form, reply));
}

static void note_port(struct explain_packets *packets, const struct sent_probe *probe)
{
    if (packets->knows_port || probe->form == SENT_ECHO)
        return;
    packets->knows_port = true;
    packets->port = probe->port;
}

void explain_packet(void *context, nsec_t at, bool sent, const uint8_t *bytes, size_t length)
{
    struct explain_packets *packets = context;
    struct own_packet own;
    struct reply reply;
    if (sent && read_own(&own, bytes, length)) {
        note_port(packets, &own.probe);
        packets->sent[packets->sent_count++ % SENT_KEPT] = own.probe;
        explain_print_time(packets, at);
        print_sent(packets, &own);
    }
    if (!sent && packet_decode(&reply, bytes, length) == PACKET_OK) {
        if (reply.kind == REPLY_ECHO)
            packets->echo_ttl = reply.ttl;
        explain_print_time(packets, at);
        print_seen(packets, &reply);
    }
}
