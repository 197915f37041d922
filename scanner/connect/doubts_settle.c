/* What handshakes have shown becomes observations. */
#include "scanner/connect/doubts_state.h"

#include <errno.h>
#include <stdlib.h>

/* The ports of DOUBT on which a service has shown itself. */
static int find_services(const struct doubt *doubt, struct portset *services)
{
    enum handshake random[DOUBT_RANDOM];
    for (unsigned i = 0; i < doubt->random_count; i++) {
        /* Unanswered: time was up. */
        bool answered = doubt->items[i].state == DOUBT_ANSWERED;
        random[i] = answered ? (enum handshake)doubt->items[i].how_far : HANDSHAKE_NONE;
    }
    for (unsigned i = doubt->random_count; i < doubt->count; i++) {
        const struct doubt_item *item = &doubt->items[i];
        if (handshake_shows_service((enum handshake)item->how_far, random,
                                    doubt->random_count) &&
            portset_add(services, item->port, item->port) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* Who sent the SYN-ACK is not known in either case: it may have been whatever answers. */
static void describe(struct observation *seen, bool open)
{
    seen->state = open ? PORT_OPEN : PORT_UNKNOWN;
    seen->reason = open ? REASON_SYN_ACK : REASON_ANSWERS_EVERYTHING;
    seen->origin = ORIGIN_UNKNOWN;
}

/* Takes SERVICES out of the last item of HOST, which is in doubt, into one of their own, for
 * which there is room. */
static int split_last(struct host_observation *host, const struct portset *services)
{
    struct observation *rest = &host->items[host->count - 1];
    struct observation open = *rest;
    if (portset_copy(&open.ports, &rest->ports) < 0)
        return -ENOMEM;
    if (portset_intersect(&open.ports, services) < 0 ||
        portset_remove_set(&rest->ports, services) < 0) {
        portset_free(&open.ports);
        return -ENOMEM;
    }
    describe(rest, false);
    describe(&open, true);
    if (rest->ports.count == 0) {
        portset_free(&rest->ports);
        *rest = open;
    } else if (open.ports.count == 0) {
        portset_free(&open.ports);
    } else {
        host->items[host->count++] = open;
    }
    return 0;
}

static int by_first_port(const void *left, const void *right)
{
    const struct observation *a = left, *b = right;
    if (a->proto != b->proto)
        return a->proto < b->proto ? -1 : 1;
    return a->ports.ranges[0].first < b->ports.ranges[0].first ? -1 : 1;
}

/* HOST gets the items of what was seen, those in doubt decided. */
static int decide(struct doubt *doubt, const struct portset *services)
{
    struct host_observation *seen = &doubt->seen;
    struct observation *room = calloc(2 * seen->count, sizeof *room);
    if (!room)
        return -ENOMEM;
    struct host_observation host = *seen;
    host.items = room;
    host.count = 0;
    int status = 0;
    for (size_t i = 0; i < seen->count; i++) {
        bool concerned = doubts_concern(&seen->items[i]);
        host.items[host.count++] = seen->items[i];
        if (concerned && status == 0)
            status = split_last(&host, services);
    }
    free(seen->items);
    *seen = host;
    if (status == 0)
        qsort(host.items, host.count, sizeof *host.items, by_first_port);
    return status;
}

static int settle(struct doubt *doubt)
{
    struct portset services = {0};
    int status = find_services(doubt, &services);
    if (status == 0)
        status = decide(doubt, &services);
    portset_free(&services);
    return status;
}

int doubts_settle(struct doubts *doubts)
{
    int status = 0;
    for (size_t i = 0; i < doubts->count && status == 0; i++) {
        struct doubt *doubt = &doubts->hosts[i];
        status = settle(doubt);
        if (status == 0)
            status = doubts->done(doubts->context, &doubt->seen);
        host_observation_free(&doubt->seen);
    }
    return status;
}
