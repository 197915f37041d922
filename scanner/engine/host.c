#include "scanner/engine/host.h"

#include "scanner/engine/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t count_of(const struct port_index *index)
{
    return index ? index->count : 0;
}

int host_init(struct host *host, const struct target *what, uint64_t seed)
{
    host->what = what;
    host->tcp_count = count_of(host->index[PROTO_TCP]);
    host->slot_count = host->tcp_count + count_of(host->index[PROTO_UDP]);
    host->declared_count =
        count_of(host->declared[PROTO_TCP]) + count_of(host->declared[PROTO_UDP]);
    host->undecided = host->slot_count;
    host->batch_most = UINT32_MAX;
    host->controls.next_at = NSEC_NEVER;
    host->seed = seed;
    host->slots = calloc(host->slot_count ? host->slot_count : 1, sizeof *host->slots);
    return host->slots ? 0 : -ENOMEM;
}

void host_free(struct host *host)
{
    free(host->slots);
    free(host->signatures);
    free(host->twins.cases);
    free(host->guesses);
    controls_free(&host->controls);
    host->slots = NULL;
    host->signatures = NULL;
    host->twins.cases = NULL;
    host->guesses = NULL;
}

void host_begin_pass(struct host *host)
{
    host->pass++;
    host->cursor = 0;
    rtt_begin_pass(&host->rtt);
    permutation_init(&host->order, host->slot_count, random_next(&host->seed));
    permutation_init(&host->declared_order, host->declared_count, random_next(&host->seed));
}

enum proto host_slot_proto(const struct host *host, uint32_t slot)
{
    return slot < host->tcp_count || slot >= SLOT_DECOY ? PROTO_TCP : PROTO_UDP;
}

uint16_t host_slot_port(const struct host *host, uint32_t slot)
{
    if (slot >= SLOT_DECOY)
        return (uint16_t)(slot - SLOT_DECOY);
    if (slot < host->tcp_count)
        return port_index_port(host->index[PROTO_TCP], slot);
    return port_index_port(host->index[PROTO_UDP], slot - host->tcp_count);
}

int64_t host_find_slot(const struct host *host, enum proto proto, uint16_t port)
{
    if (!host->index[proto])
        return -1;
    int32_t rank = port_index_rank(host->index[proto], port);
    if (rank < 0)
        return -1;
    return proto == PROTO_TCP ? rank : (int64_t)rank + host->tcp_count;
}

static uint32_t declared_slot(const struct host *host, uint32_t index)
{
    uint32_t tcp = count_of(host->declared[PROTO_TCP]);
    enum proto proto = index < tcp ? PROTO_TCP : PROTO_UDP;
    uint16_t port = port_index_port(host->declared[proto], index < tcp ? index : index - tcp);
    int64_t slot = host_find_slot(host, proto, port);
    return slot < 0 ? 0 : (uint32_t)slot;
}

uint32_t host_slot_at(const struct host *host, uint32_t position)
{
    if (position < host->declared_count)
        return declared_slot(host, permutation_at(&host->declared_order, position));
    return permutation_at(&host->order, position - host->declared_count);
}

uint32_t host_positions(const struct host *host)
{
    return host->declared_count + host->slot_count;
}

bool host_is_declared(const struct host *host, uint32_t slot)
{
    const struct port_index *declared = host->declared[host_slot_proto(host, slot)];
    return declared && port_index_rank(declared, host_slot_port(host, slot)) >= 0;
}

bool host_is_under_audit(const struct host *host)
{
    return host->phase != HOST_WAITING && host->phase != HOST_DONE;
}

bool host_has_prober(const struct host *host, const struct addr *prober)
{
    const struct addr *source = &host->route.source; /* it may have a scope */
    return source->family == prober->family &&
           memcmp(source->bytes, prober->bytes, sizeof source->bytes) == 0;
}

bool slot_is_decided(const struct slot *slot)
{
    if (slot->flags & (SLOT_SILENT | SLOT_FAILED))
        return true;
    return slot->signature && !(slot->flags & SLOT_TENTATIVE);
}

bool slot_is_doubtful(const struct slot *slot)
{
    return (slot->flags & SLOT_SILENT) && (slot->flags & SLOT_OPEN_SEEN);
}

static bool alike(const struct signature *a, const struct signature *b)
{
    return a->proto == b->proto && a->answer.state == b->answer.state &&
           a->answer.reason == b->answer.reason && a->answer.origin == b->answer.origin &&
           a->ttl == b->ttl && a->tos == b->tos && addr_equal(&a->by, &b->by) &&
           forwarding_compare(&a->forwarded, &b->forwarded) == 0;
}

static bool is_forwarded(const struct signature *signature)
{
    return signature->forwarded.address.family != ADDR_NONE;
}

/* With more kinds of answers than fit, TTL and TOS no longer tell classes apart. */
static uint8_t nearest(const struct host *host, const struct signature *like)
{
    for (uint8_t i = 0; i < host->signature_count; i++) {
        const struct signature *other = &host->signatures[i];
        if (other->proto == like->proto && other->answer.state == like->answer.state &&
            other->answer.reason == like->answer.reason && !is_forwarded(other))
            return (uint8_t)(i + 1);
    }
    return host->signature_count;
}

uint8_t host_signature(struct host *host, const struct signature *like)
{
    for (uint8_t i = 0; i < host->signature_count; i++) {
        if (alike(&host->signatures[i], like))
            return (uint8_t)(i + 1);
    }
    if (host->signature_count >= FORWARDINGS_MOST && is_forwarded(like)) {
        struct signature plain = *like;
        plain.forwarded = (struct forwarding){0};
        return host_signature(host, &plain);
    }
    if (host->signature_count == SIGNATURES_MOST)
        return nearest(host, like);
    uint8_t count = host->signature_count;
    if ((count & (count - 1)) == 0) { /* full at each power of two */
        size_t capacity = count ? (size_t)count * 2 : 1;
        struct signature *grown = realloc(host->signatures, capacity * sizeof *grown);
        if (!grown)
            return 0;
        host->signatures = grown;
    }
    host->signatures[count] = *like;
    return ++host->signature_count;
}
