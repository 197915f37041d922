#include "scanner/responder/respond.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FAMILIES = 2 };

/* How much of a second's answers may go out at once. */
#define BURST_SECONDS 0.1

struct respond {
    struct respond_options options;
    struct template *syn_ack[FAMILIES], *udp[FAMILIES];
    double tokens; /* answers that the limit allows now */
    nsec_t filled_at;
    uint64_t counts[RESPOND_FATES];
};

static double burst(const struct respond *respond)
{
    double most = respond->options.max_rate * BURST_SECONDS;
    return most < 1 ? 1 : most;
}

struct respond *respond_new(const struct respond_options *options, struct error *error)
{
    static const enum addr_family families[FAMILIES] = {ADDR_IPV4, ADDR_IPV6};
    static const uint8_t payload[SIGNATURE_DATAGRAM_SIZE];
    struct respond *respond = calloc(1, sizeof *respond);
    if (!respond) {
        error_no_memory(error);
        return NULL;
    }
    respond->options = *options;
    respond->tokens = burst(respond);
    for (size_t f = 0; f < FAMILIES; f++) {
        respond->syn_ack[f] = template_new(families[f], TEMPLATE_SYN_ACK, NULL, 0, error);
        respond->udp[f] = respond->syn_ack[f] ? template_new(families[f], TEMPLATE_UDP, payload,
                                                             sizeof payload, error)
                                              : NULL;
        if (!respond->udp[f]) {
            respond_free(respond);
            return NULL;
        }
    }
    return respond;
}

void respond_free(struct respond *respond)
{
    if (!respond)
        return;
    for (size_t f = 0; f < FAMILIES; f++) {
        template_free(respond->syn_ack[f]);
        template_free(respond->udp[f]);
    }
    free(respond);
}

/* A decoded probe is seen from the other side: what the decoder calls the port of the
 * target is where the packet came from, and its source port the one that was asked. */
static enum signature_verdict judge_signature(const struct respond *respond,
                                              const struct reply *probe, int64_t seconds)
{
    const struct responder_key *key = respond->options.key;
    uint16_t asked = probe->source_port;
    if (probe->kind == REPLY_UDP)
        return probe->payload_length == SIGNATURE_DATAGRAM_SIZE
                   ? signature_judge_udp(key, asked, probe->payload, seconds)
                   : SIGNATURE_WRONG;
    if (probe->kind != REPLY_TCP_OTHER || !probe->is_syn || !probe->has_timestamp ||
        !probe->digest)
        return SIGNATURE_WRONG;
    struct syn_tag tag = {.sequence = probe->sequence, .timestamp = probe->timestamp};
    memcpy(tag.digest, probe->digest, sizeof tag.digest);
    return signature_judge_syn(key, asked, &tag, seconds);
}

static bool take_token(struct respond *respond, nsec_t now)
{
    double rate = respond->options.max_rate;
    if (rate <= 0)
        return true;
    respond->tokens += (double)(now - respond->filled_at) / (double)NSEC_PER_SEC * rate;
    respond->filled_at = now;
    if (respond->tokens > burst(respond))
        respond->tokens = burst(respond);
    if (respond->tokens < 1)
        return false;
    respond->tokens -= 1;
    return true;
}

static enum respond_fate judge(struct respond *respond, nsec_t now, int64_t seconds,
                               const struct reply *probe)
{
    static const enum respond_fate fates[] = {
        [SIGNATURE_FRESH] = RESPOND_ANSWERED,
        [SIGNATURE_STALE] = RESPOND_STALE,
        [SIGNATURE_WRONG] = RESPOND_UNSIGNED,
    };
    enum respond_fate fate = fates[judge_signature(respond, probe, seconds)];
    if (fate != RESPOND_ANSWERED)
        return fate;
    if (!respond->options.is_own(respond->options.context, &probe->to))
        return RESPOND_FOREIGN;
    return take_token(respond, now) ? RESPOND_ANSWERED : RESPOND_LIMITED;
}

static size_t write_answer(const struct respond *respond, const struct reply *probe,
                           uint8_t *answer)
{
    const struct responder_key *key = respond->options.key;
    size_t f = probe->to.family == ADDR_IPV6;
    struct probe_fields fields = {
        .source = &probe->to,
        .target = &probe->from,
        .source_port = probe->source_port,
        .port = probe->port,
    };
    if (probe->kind == REPLY_UDP) {
        uint8_t datagram[SIGNATURE_DATAGRAM_SIZE];
        signature_answer_udp(key, probe->source_port, probe->payload, datagram);
        fields.transaction = datagram;
        fields.transaction_length = sizeof datagram;
        return template_write(respond->udp[f], &fields, answer);
    }
    struct syn_answer signed_answer =
        signature_answer_syn(key, probe->source_port, probe->sequence, probe->timestamp);
    fields.cookie.sequence = signed_answer.sequence;
    fields.stamp = (struct stamp_fields){
        .acknowledgement = probe->sequence + 1,
        .timestamp = signed_answer.timestamp,
        .echo = probe->timestamp,
    };
    return template_write(respond->syn_ack[f], &fields, answer);
}

size_t respond_to(struct respond *respond, nsec_t now, int64_t seconds, const uint8_t *bytes,
                  size_t length, uint8_t *answer)
{
    struct reply probe;
    if (packet_decode(&probe, bytes, length) != PACKET_OK) {
        respond->counts[RESPOND_UNSIGNED]++;
        return 0;
    }
    enum respond_fate fate = judge(respond, now, seconds, &probe);
    respond->counts[fate]++;
    if (fate != RESPOND_ANSWERED)
        return 0;
    size_t answer_length = write_answer(respond, &probe, answer);
    assert(answer_length <= length); /* a segment with a timestamp has 32 bytes at least */
    return answer_length;
}

const uint64_t *respond_counts(const struct respond *respond)
{
    return respond->counts;
}

const char *respond_fate_name(enum respond_fate fate)
{
    static const char *const names[RESPOND_FATES] = {
        [RESPOND_ANSWERED] = "answered",
        [RESPOND_UNSIGNED] = "not signed",
        [RESPOND_STALE] = "stale",
        [RESPOND_FOREIGN] = "to another address",
        [RESPOND_LIMITED] = "over the limit",
    };
    return names[fate];
}
