#include "scanner/engine/probe_maker.h"

#include <stdlib.h>
#include <string.h>

enum { FAMILY_COUNT = 2 };

struct probe_maker {
    const struct cookie_key *key;
    const struct udp_library *library;
    uint16_t source_port_first, source_port_count;
    struct template *syn[PROBE_FORM_COUNT][FAMILY_COUNT], *echo[FAMILY_COUNT];
    struct template *udp_empty[FAMILY_COUNT], *udp_twin[FAMILY_COUNT];
    struct template *tagged_syn[FAMILY_COUNT], *tagged_udp[FAMILY_COUNT];
    int64_t seconds;                     /* of the wall clock, for tags */
    struct template **udp[FAMILY_COUNT]; /* one for each probe of the library */
};

/* Echo requests carry as many bytes as a cookie has, so that no stack finds them odd. */
enum { ECHO_PAYLOAD = 8 };

/* What a template is made with where every probe fills in its own. */
static const uint8_t blank[SIGNATURE_DATAGRAM_SIZE];

static size_t family_index(const struct addr *addr)
{
    return addr->family == ADDR_IPV6;
}

static int add_library(struct probe_maker *maker, size_t f, enum addr_family family,
                       struct error *error)
{
    size_t count = maker->library ? maker->library->count : 0;
    if (count == 0)
        return 0;
    maker->udp[f] = calloc(count, sizeof(struct template *));
    if (!maker->udp[f])
        return error_no_memory(error);
    for (size_t i = 0; i < count; i++) {
        const struct udp_probe *probe = &maker->library->probes[i];
        maker->udp[f][i] =
            template_new(family, TEMPLATE_UDP, probe->payload, probe->payload_length, error);
        if (!maker->udp[f][i])
            return -1;
    }
    return 0;
}

static int add_family(struct probe_maker *maker, size_t f, struct error *error)
{
    static const enum addr_family families[FAMILY_COUNT] = {ADDR_IPV4, ADDR_IPV6};
    const struct {
        enum template_kind kind;
        size_t payload;
        struct template **place;
    } rows[] = {
        {TEMPLATE_SYN, 0, &maker->syn[PROBE_PLAIN][f]},
        {TEMPLATE_SYN_MD5, 0, &maker->syn[PROBE_TWIN][f]},
        {TEMPLATE_SYN_BAD_OFFSET, 0, &maker->syn[PROBE_BAD_OFFSET][f]},
        {TEMPLATE_UDP, 0, &maker->udp_empty[f]},
        {TEMPLATE_UDP_BAD_LENGTH, 0, &maker->udp_twin[f]},
        {TEMPLATE_ECHO, ECHO_PAYLOAD, &maker->echo[f]},
        {TEMPLATE_SYN_SIGNED, 0, &maker->tagged_syn[f]},
        {TEMPLATE_UDP, SIGNATURE_DATAGRAM_SIZE, &maker->tagged_udp[f]},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        *rows[i].place = template_new(families[f], rows[i].kind, blank, rows[i].payload, error);
        if (!*rows[i].place)
            return -1;
    }
    return add_library(maker, f, families[f], error);
}

struct probe_maker *probe_maker_new(const struct cookie_key *key,
                                    const struct udp_library *library,
                                    uint16_t source_port_first, uint16_t source_port_count,
                                    struct error *error)
{
    struct probe_maker *maker = calloc(1, sizeof *maker);
    if (!maker) {
        error_no_memory(error);
        return NULL;
    }
    maker->key = key;
    maker->library = library;
    maker->source_port_first = source_port_first;
    maker->source_port_count = source_port_count;
    for (size_t f = 0; f < FAMILY_COUNT; f++) {
        if (add_family(maker, f, error) < 0) {
            probe_maker_free(maker);
            return NULL;
        }
    }
    return maker;
}

void probe_maker_free(struct probe_maker *maker)
{
    if (!maker)
        return;
    for (size_t f = 0; f < FAMILY_COUNT; f++) {
        for (size_t form = 0; form < PROBE_FORM_COUNT; form++)
            template_free(maker->syn[form][f]);
        template_free(maker->udp_empty[f]);
        template_free(maker->udp_twin[f]);
        template_free(maker->echo[f]);
        template_free(maker->tagged_syn[f]);
        template_free(maker->tagged_udp[f]);
        for (size_t i = 0; maker->udp[f] && i < maker->library->count; i++)
            template_free(maker->udp[f][i]);
        free(maker->udp[f]);
    }
    free(maker);
}

/* NULL: an empty datagram. */
static const struct udp_probe *find_question(const struct probe_maker *maker,
                                             const struct probe_address *probe)
{
    return maker->library ? udp_library_in_turn(maker->library, probe->port, probe->turn)
                          : NULL;
}

/* Tries take ports at random. Controls go to the same few ports again and again: they take
 * one source port after the other, so that none is used twice while the connection that it
 * left half open may still stand. */
uint16_t probe_maker_source_port(const struct probe_maker *maker,
                                 const struct probe_address *probe)
{
    bool control = probe->try >= TRY_CONTROL;
    uint32_t index = cookie_source_index(maker->key, probe->proto, probe->target, probe->port,
                                         control ? 0 : probe->try, maker->source_port_count);
    if (control)
        index = (index + probe->try - TRY_CONTROL) % maker->source_port_count;
    return (uint16_t)(maker->source_port_first + index);
}

struct cookie probe_maker_cookie(const struct probe_maker *maker,
                                 const struct probe_address *probe, uint16_t source_port)
{
    const struct flow flow = {probe->proto, source_port, probe->port, probe->source,
                              probe->target};
    return cookie_make(maker->key, &flow, probe->try);
}

/* As many secret bytes as a transaction id takes, from further tries of the same flow. */
static void make_transaction(const struct probe_maker *maker, const struct probe_address *probe,
                             uint16_t source_port, uint8_t bytes[static TRANSACTION_MAX])
{
    struct probe_address further = *probe;
    for (uint32_t i = 0; i < TRANSACTION_MAX / 4; i++) {
        further.try = probe->try + (i << 24);
        uint32_t word = probe_maker_cookie(maker, &further, source_port).sequence;
        memcpy(bytes + 4 * i, &word, sizeof word);
    }
}

void probe_maker_set_time(struct probe_maker *maker, int64_t seconds)
{
    maker->seconds = seconds;
}

/* The sequence number and the transaction are the nonces that a responder signs. */
static size_t write_tagged(const struct probe_maker *maker, const struct probe_address *probe,
                           const struct probe_fields *plain, uint8_t *packet)
{
    size_t f = family_index(probe->target);
    struct probe_fields fields = *plain;
    if (probe->proto == PROTO_TCP) {
        struct syn_tag tag = signature_tag_syn(probe->responder, probe->port,
                                               fields.cookie.sequence, maker->seconds);
        fields.stamp = (struct stamp_fields){.timestamp = tag.timestamp, .digest = tag.digest};
        return template_write(maker->tagged_syn[f], &fields, packet);
    }
    uint8_t nonce[TRANSACTION_MAX], datagram[SIGNATURE_DATAGRAM_SIZE];
    make_transaction(maker, probe, fields.source_port, nonce);
    signature_tag_udp(probe->responder, probe->port, nonce, maker->seconds, datagram);
    fields.transaction = datagram;
    fields.transaction_length = sizeof datagram;
    return template_write(maker->tagged_udp[f], &fields, packet);
}

bool probe_maker_is_signed(const struct probe_maker *maker, const struct probe_address *probe,
                           const struct reply *reply)
{
    if (reply->kind == REPLY_SYN_ACK) {
        const struct syn_answer answer = {reply->sequence, reply->timestamp};
        return reply->has_timestamp &&
               signature_verify_syn_answer(probe->responder, probe->port,
                                           reply->acknowledgement - 1, reply->timestamp_echo,
                                           &answer);
    }
    if (reply->kind != REPLY_UDP || reply->payload_length != SIGNATURE_DATAGRAM_SIZE)
        return false;
    uint8_t nonce[TRANSACTION_MAX];
    make_transaction(maker, probe, reply->source_port, nonce);
    return signature_verify_udp_answer(probe->responder, probe->port, nonce, reply->payload);
}

size_t probe_maker_write(struct probe_maker *maker, const struct probe_address *probe,
                         enum probe_form form, uint8_t *packet)
{
    size_t f = family_index(probe->target);
    uint16_t source_port = probe_maker_source_port(maker, probe);
    struct probe_fields fields = {
        .source = probe->source,
        .target = probe->target,
        .source_port = source_port,
        .port = probe->port,
        .cookie = probe_maker_cookie(maker, probe, source_port),
    };
    if (probe->responder && form == PROBE_PLAIN)
        return write_tagged(maker, probe, &fields, packet);
    if (probe->proto == PROTO_TCP)
        return template_write(maker->syn[form][f], &fields, packet);
    if (form != PROBE_PLAIN)
        return template_write(maker->udp_twin[f], &fields, packet);
    const struct udp_probe *known = find_question(maker, probe);
    if (!known)
        return template_write(maker->udp_empty[f], &fields, packet);
    uint8_t transaction[TRANSACTION_MAX];
    make_transaction(maker, probe, source_port, transaction);
    udp_probe_spell_transaction(known, transaction);
    fields.transaction = transaction;
    fields.transaction_offset = known->transaction_offset;
    fields.transaction_length = known->transaction_length;
    return template_write(maker->udp[f][known - maker->library->probes], &fields, packet);
}

struct echo_ids probe_maker_echo_ids(const struct probe_maker *maker,
                                     const struct probe_address *probe)
{
    uint32_t word = probe_maker_cookie(maker, probe, 0).sequence;
    return (struct echo_ids){(uint16_t)(word >> 16), (uint16_t)word};
}

size_t probe_maker_write_echo(struct probe_maker *maker, const struct probe_address *probe,
                              uint8_t *packet)
{
    struct echo_ids ids = probe_maker_echo_ids(maker, probe);
    const struct probe_fields fields = {
        .source = probe->source,
        .target = probe->target,
        .source_port = ids.identifier,
        .port = ids.sequence,
        .cookie = probe_maker_cookie(maker, probe, 0),
    };
    return template_write(maker->echo[family_index(probe->target)], &fields, packet);
}

enum udp_match probe_maker_match_udp(const struct probe_maker *maker,
                                     const struct probe_address *probe,
                                     const struct reply *reply)
{
    const struct udp_probe *known = find_question(maker, probe);
    if (!known || probe->responder)
        return UDP_MATCH_SHAPE;
    uint8_t transaction[TRANSACTION_MAX];
    make_transaction(maker, probe, reply->source_port, transaction);
    udp_probe_spell_transaction(known, transaction);
    return udp_probe_match(known, transaction, reply->payload, reply->payload_length);
}
