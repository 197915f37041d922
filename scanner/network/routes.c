#include "scanner/network/routes.h"

#include <errno.h>
#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>

struct routes {
    struct routes_options options;
    struct rtnetlink *rtnetlink;
    struct links *links;
    struct route *entries;
    size_t count, capacity;
    uint32_t *slots; /* entry number + 1 by hash of the next hop, 0: free; 2 * capacity */
};

enum { CAPACITY_START = 8 };

struct routes *routes_new(const struct routes_options *options, struct rtnetlink *rtnetlink,
                          struct links *links)
{
    struct routes *routes = calloc(1, sizeof *routes);
    if (!routes)
        return NULL;
    routes->options = *options;
    routes->rtnetlink = rtnetlink;
    routes->links = links;
    return routes;
}

void routes_free(struct routes *routes)
{
    if (!routes)
        return;
    free(routes->entries);
    free(routes->slots);
    free(routes);
}

/* The neighbour that a packet is handed to: the gateway, or the target itself. */
static const struct addr *next_hop(const struct route *route)
{
    return route->kernel.gateway.family != ADDR_NONE ? &route->kernel.gateway : &route->to;
}

static uint32_t mix(uint32_t hash, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 16777619u; /* FNV-1a */
    return hash;
}

static uint32_t hash_route(const struct route *route)
{
    uint32_t hash = mix(2166136261u ^ route->kernel.interface, next_hop(route)->bytes, 16);
    hash = mix(hash, route->kernel.source.bytes, sizeof route->kernel.source.bytes);
    return hash ^ hash >> 15;
}

static bool same_way(const struct kernel_route *a, const struct kernel_route *b)
{
    return a->interface == b->interface && a->local == b->local &&
           addr_equal(&a->source, &b->source) && addr_equal(&a->gateway, &b->gateway);
}

/* The slot that holds an entry equal to ROUTE, or the free one where it belongs. */
static uint32_t *find_slot(const struct routes *routes, const struct route *route)
{
    size_t mask = 2 * routes->capacity - 1;
    for (size_t i = hash_route(route) & mask;; i = (i + 1) & mask) {
        uint32_t number = routes->slots[i];
        if (number == 0)
            return &routes->slots[i];
        const struct route *other = &routes->entries[number - 1];
        if (same_way(&other->kernel, &route->kernel) && other->to.family == route->to.family &&
            addr_equal(next_hop(other), next_hop(route)))
            return &routes->slots[i];
    }
}

/* Room for one entry more; the slots are never more than half full. */
static int make_room(struct routes *routes)
{
    if (routes->count < routes->capacity)
        return 0;
    size_t capacity = routes->capacity ? 2 * routes->capacity : CAPACITY_START;
    struct route *entries = realloc(routes->entries, capacity * sizeof *entries);
    if (!entries)
        return -ENOMEM;
    routes->entries = entries;
    uint32_t *slots = calloc(2 * capacity, sizeof *slots);
    if (!slots)
        return -ENOMEM;
    free(routes->slots);
    routes->slots = slots;
    routes->capacity = capacity;
    for (size_t i = 0; i < routes->count; i++)
        *find_slot(routes, &entries[i]) = (uint32_t)i + 1;
    return 0;
}

static int ask_kernel(struct routes *routes, const struct addr *to, struct kernel_route *way)
{
    return rtnetlink_get_route(routes->rtnetlink, to, &routes->options.source,
                               routes->options.interface, way);
}

static int use_link(struct routes *routes, uint32_t interface)
{
    if (links_find(routes->links, interface))
        return 0;
    struct kernel_link link;
    int status = rtnetlink_get_link(routes->rtnetlink, interface, &link);
    return status < 0 ? status : links_use(routes->links, &link);
}

int64_t routes_find(struct routes *routes, const struct addr *to)
{
    struct route route = {.to = *to};
    int status = ask_kernel(routes, to, &route.kernel);
    if (status == 0 && route.kernel.source.family != to->family)
        status = -EADDRNOTAVAIL;
    if (status == 0)
        status = use_link(routes, route.kernel.interface);
    if (status == 0 && !route.kernel.local)
        status = links_use_source(routes->links, &route.kernel.source);
    if (status == 0)
        status = make_room(routes);
    if (status < 0)
        return status;

    uint32_t *slot = find_slot(routes, &route);
    if (*slot == 0) {
        routes->entries[routes->count++] = route;
        *slot = (uint32_t)routes->count;
    }
    return *slot - 1;
}

struct route *routes_get(struct routes *routes, uint32_t number)
{
    return number < routes->count ? &routes->entries[number] : NULL;
}

void link_header_write(uint8_t header[static LINK_HEADER_SIZE],
                       const uint8_t to[static MAC_SIZE], const uint8_t from[static MAC_SIZE],
                       enum addr_family family)
{
    unsigned type = family == ADDR_IPV4 ? ETHERTYPE_IP : ETHERTYPE_IPV6;
    memcpy(header, to, MAC_SIZE);
    memcpy(header + MAC_SIZE, from, MAC_SIZE);
    header[12] = (uint8_t)(type >> 8);
    header[13] = (uint8_t)type;
}

static void resolve(struct routes *routes, struct route *route)
{
    const struct kernel_link *link = links_find(routes->links, route->kernel.interface);
    uint8_t mac[MAC_SIZE];
    route->has_neighbour = !route->lost && !route->kernel.local && link && link->ethernet;
    route->resolved = route->has_neighbour &&
                      rtnetlink_get_neighbour(routes->rtnetlink, route->kernel.interface,
                                              next_hop(route), mac) == 0;
    if (!route->resolved)
        return;
    link_header_write(route->header, mac, link->mac, route->to.family);
    routes->links->changes += route->overflowed;
    route->overflowed = false;
    route->waiting = 0;
}

/* An interface that was deleted and made anew comes back under another number. */
static void move_to(struct routes *routes, struct route *route, const struct kernel_route *way)
{
    struct kernel_link gone;
    if (way->interface != route->kernel.interface &&
        rtnetlink_get_link(routes->rtnetlink, route->kernel.interface, &gone) == -ENODEV)
        links_forget(routes->links, route->kernel.interface);
    route->kernel = *way;
}

void routes_refresh(struct routes *routes, struct route *route, nsec_t now)
{
    struct kernel_route way;
    bool lost = ask_kernel(routes, &route->to, &way) < 0 || use_link(routes, way.interface) < 0;
    if (lost != route->lost || (!lost && !same_way(&way, &route->kernel)))
        routes->links->changes++;
    route->lost = lost;
    if (!lost)
        move_to(routes, route, &way);
    resolve(routes, route);
    route->refreshed = now;
}

static bool in_block(const struct addr *addr, const struct addr *block, unsigned prefix)
{
    struct addr first, last, wanted;
    return addr->family == block->family && addr_block(addr, prefix, &first, &last) == 0 &&
           addr_block(block, prefix, &wanted, &last) == 0 &&
           memcmp(first.bytes, wanted.bytes, sizeof first.bytes) == 0;
}

static bool concerns(const struct change *change, const struct route *route)
{
    switch (change->kind) {
    case CHANGE_ROUTE:
        return in_block(&route->to, &change->address, change->prefix);
    case CHANGE_LINK:
        return route->kernel.interface == change->link.interface;
    case CHANGE_LOST:
        return true;
    case CHANGE_ADDRESS: /* brings or takes routes, of which there are news as well */
    case CHANGE_NONE:
        break;
    }
    return false;
}

void routes_apply(struct routes *routes, const struct change *change, nsec_t now)
{
    for (size_t i = 0; i < routes->count; i++)
        if (concerns(change, &routes->entries[i]))
            routes_refresh(routes, &routes->entries[i], now);
}
