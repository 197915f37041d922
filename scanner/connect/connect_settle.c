#include "scanner/connect/connect_state.h"

#include <errno.h>
#include <stdlib.h>

/* What is said of a slot, without its port. DOUBT: why an open one means nothing. */
static struct observation describe(const struct connect *connect,
                                   const struct connect_host *host,
                                   const struct connect_slot *slot, bool refused_here,
                                   enum reason doubt)
{
    struct observation seen = {.proto = slot->proto, .tries = slot->tries};
    if (slot->flags & CONNECT_DECIDED) {
        seen.state = slot->answer.state;
        seen.reason = slot->answer.reason;
        seen.origin = slot->answer.origin;
        seen.by = slot->by;
        if (slot->answer.maybe_absent && !host->alive)
            seen.state = PORT_UNKNOWN; /* a router's word on a host that is not there */
        if (slot->proto == PROTO_TCP && seen.state == PORT_OPEN && doubt != REASON_NONE) {
            seen.state = PORT_UNKNOWN;
            seen.reason = doubt;
            seen.origin = ORIGIN_UNKNOWN;
        }
        return seen;
    }
    seen.reason =
        host->token >= 0 && slot->tries > 0 ? REASON_RATE_LIMITED : REASON_TRIES_EXHAUSTED;
    if (slot->flags & CONNECT_TENTATIVE && slot->answer.reason == REASON_UDP_RESPONSE) {
        seen.reason = REASON_CONFLICT; /* answered once, and not proven to be no forgery */
    } else if (slot->flags & CONNECT_PROVEN && (slot->proto == PROTO_UDP || !refused_here)) {
        seen.state = slot->proto == PROTO_UDP ? PORT_SILENT : PORT_DROPPED;
        seen.reason = REASON_NO_RESPONSE;
        seen.miss = host->miss;
    } else if (connect->stopped != REASON_NONE) {
        seen.reason = connect->stopped;
    } else if (slot->flags & CONNECT_PROVEN) {
        seen.reason = REASON_SEND_FAILED;
    } else if (slot->flags & CONNECT_REFUSED) {
        seen.reason = slot->answer.reason;
        seen.origin = ORIGIN_LOCAL;
    } else if (!host->alive) {
        seen.reason = REASON_HOST_SILENT;
    }
    return seen;
}

static bool is_alike(const struct observation *a, const struct observation *b)
{
    return a->proto == b->proto && a->state == b->state && a->reason == b->reason &&
           a->origin == b->origin && addr_equal(&a->by, &b->by);
}

static struct observation *find_or_add(struct host_observation *host,
                                       const struct observation *like)
{
    for (size_t i = 0; i < host->count; i++) {
        if (is_alike(&host->items[i], like))
            return &host->items[i];
    }
    struct observation *grown = realloc(host->items, (host->count + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    host->items = grown;
    host->items[host->count] = *like;
    return &host->items[host->count++];
}

static int add_slot(struct host_observation *host, const struct observation *like,
                    uint16_t port)
{
    struct observation *seen = find_or_add(host, like);
    if (!seen)
        return -ENOMEM;
    if (like->tries > seen->tries)
        seen->tries = like->tries;
    return portset_add(&seen->ports, port, port);
}

/* Slots come in ascending order, so observations are sorted as they must be. */
int connect_settle(const struct connect *connect, const struct connect_host *host,
                   bool refused_here, engine_host_fn *done, void *context)
{
    struct host_observation observed = {
        .target = host->number,
        .alive = host->alive,
        .rtt_ms = (double)host->rtt.smoothed / (double)NSEC_PER_MSEC,
        .loss = {.upper = loss_upper(&host->loss), .samples = host->loss.samples},
    };
    if (host->loss.samples > 0)
        observed.loss.estimate = (double)host->loss.lost / host->loss.samples;
    enum reason doubt = connect_decoys_doubt(connect, host);
    int status = 0;
    for (uint32_t i = host->first; i < host->first + host->count && status == 0; i++) {
        const struct connect_slot *slot = &connect->slots[i];
        struct observation like = describe(connect, host, slot, refused_here, doubt);
        status = add_slot(&observed, &like, slot->port);
    }
    if (status == 0)
        status = done(context, &observed);
    host_observation_free(&observed);
    return status;
}
