#include "scanner/network/net_live.h"

#include "probes/packet.h"
#include "scanner/network/capture.h"
#include "scanner/network/links.h"
#include "scanner/network/routes.h"
#include "scanner/network/rtnetlink.h"
#include "scanner/network/send_frames.h"
#include "scanner/network/send_raw.h"
#include "scanner/network/source_ports.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

enum { CAPTURE_BYTES = 64 << 20 };

/* How often the kernel is asked whether a neighbour is known by now, and, once it is, how
 * often its address is looked at again. */
#define UNRESOLVED_REFRESH NSEC_PER_MSEC
#define RESOLVED_REFRESH   NSEC_PER_SEC

/* The kernel keeps about a hundred packets for a neighbour that it is looking for, asks
 * three times, a second apart, and forgets more without a word (arp(7)). */
enum { WAITING_MOST = 32 };
#define WAITING_PERIOD NSEC_PER_SEC

/* How long an interface may be down, or an address gone, before that is the end. */
#define DOWN_PATIENCE (10 * NSEC_PER_SEC)

struct net_live {
    struct net net;
    struct source_ports *ports;
    struct rtnetlink *rtnetlink;
    struct links links;
    struct routes *routes;
    struct send_raw *raw;
    struct send_raw *finder;    /* for packets that wait for a neighbour, so that they fill no
                                   socket but this one */
    struct send_frames *frames; /* NULL: all through the kernel's IP output */
    struct capture *capture;
    nsec_t down_since; /* 0: up */
    struct addr own;   /* a target that was found to be this machine itself */

    net_receive_fn *receive; /* of the current receive() */
    void *context;
    uint64_t sent, send_errors, received;
};

static struct net_live *live_of(struct net *net)
{
    return (struct net_live *)net; /* its first member */
}

static nsec_t live_now(struct net *net)
{
    (void)net;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static int live_route(struct net *net, const struct addr *to, struct net_route *out)
{
    struct net_live *live = live_of(net);
    int64_t number = routes_find(live->routes, to);
    if (number < 0)
        return (int)number;
    const struct route *route = routes_get(live->routes, (uint32_t)number);
    *out = (struct net_route){
        .source = route->kernel.source,
        .id = (uint32_t)number,
        .on_link = route->kernel.gateway.family == ADDR_NONE,
    };
    return 0;
}

/* The packets that look for a neighbour go through the kernel's IP output, as one does
 * now and then later on: so the kernel keeps looking after the neighbour. */
static bool is_due_for_refresh(const struct route *route, nsec_t now)
{
    nsec_t age = now - route->refreshed;
    return age >=
           (route->resolved || !route->has_neighbour ? RESOLVED_REFRESH : UNRESOLVED_REFRESH);
}

static bool may_wait(struct route *route, nsec_t now)
{
    if (route->waiting == 0 || now - route->waiting_since > WAITING_PERIOD) {
        route->waiting = 0;
        route->waiting_since = now;
    }
    return route->waiting++ < WAITING_MOST;
}

static void add_packet(struct net_live *live, struct net_packet *packet, nsec_t now)
{
    struct route *route = routes_get(live->routes, packet->route);
    packet->error = -EINVAL;
    if (!route || packet->length == 0)
        return;
    bool refresh = is_due_for_refresh(route, now);
    if (refresh)
        routes_refresh(live->routes, route, now);

    if (route->has_neighbour && !route->resolved) {
        packet->error = -EAGAIN;
        if (may_wait(route, now))
            send_raw_add(live->finder, packet, route->to.scope);
    } else if (route->resolved && !refresh && live->frames) {
        send_frames_add(live->frames, packet, route->kernel.interface, route->header,
                        sizeof route->header);
    } else {
        send_raw_add(live->raw, packet, route->to.scope);
    }
}
/* A packet for which there was no room to wait for its neighbour is thrown away, as it
 * would be in front of a dead host further out: many of those must not slow down the rest.
 * Should the neighbour turn out to be there, routes_refresh() counts that. */
static void count_packet(struct net_live *live, struct net_packet *packet)
{
    struct route *route = routes_get(live->routes, packet->route);
    if (packet->error == -EAGAIN && route->has_neighbour && !route->resolved) {
        packet->error = 0;
        route->overflowed = true;
    } else if (packet->error == 0) {
        live->sent++;
    } else {
        live->send_errors++;
    }
}

static int live_send(struct net *net, struct net_packet *packets, size_t count)
{
    struct net_live *live = live_of(net);
    nsec_t now = live_now(net);
    for (size_t i = 0; i < count; i++)
        add_packet(live, &packets[i], now);
    send_raw_flush(live->finder);
    send_raw_flush(live->raw);
    if (live->frames)
        send_frames_flush(live->frames);
    for (size_t i = 0; i < count; i++)
        count_packet(live, &packets[i]);
    return 0;
}

static void take_change(void *context, const struct change *change)
{
    struct net_live *live = context;
    links_apply(&live->links, change);
    routes_apply(live->routes, change, live_now(&live->net));
}

/* -ENETDOWN when the network has been down for too long. */
static int check_links(struct net_live *live, nsec_t now)
{
    if (!links_down(&live->links))
        live->down_since = 0;
    else if (live->down_since == 0)
        live->down_since = now;
    else if (now - live->down_since > DOWN_PATIENCE)
        return -ENETDOWN;
    return 0;
}

/* Waits until a packet or news are there, or UNTIL, or for a second. */
static int wait_for_input(struct net_live *live, nsec_t now, nsec_t until)
{
    struct pollfd inputs[] = {
        {.fd = capture_fd(live->capture), .events = POLLIN},
        {.fd = rtnetlink_news_fd(live->rtnetlink), .events = POLLIN},
    };
    nsec_t wait = until - now < NSEC_PER_SEC ? until - now : NSEC_PER_SEC;
    struct timespec timeout = {.tv_sec = wait / NSEC_PER_SEC, .tv_nsec = wait % NSEC_PER_SEC};
    return ppoll(inputs, sizeof inputs / sizeof inputs[0], &timeout, NULL) < 0 ? -errno : 0;
}

static bool is_own(struct net_live *live, const struct addr *target)
{
    struct kernel_route way;
    if (addr_equal(target, &live->own))
        return true;
    if (rtnetlink_get_route(live->rtnetlink, target, &(struct addr){0}, 0, &way) < 0 ||
        !way.local)
        return false;
    live->own = *target;
    return true;
}

/* What comes by loopback and is not about this machine itself was made by this machine in
 * the target's place: an unanswered ARP request, or a reject rule of its own firewall. It
 * says nothing about the target. */
static void take_packet(void *context, nsec_t at, const uint8_t *bytes, size_t length,
                        bool loopback)
{
    struct net_live *live = context;
    struct reply reply;
    if (loopback &&
        (packet_decode(&reply, bytes, length) != PACKET_OK || !is_own(live, &reply.target)))
        return;
    live->received++;
    live->receive(live->context, at, bytes, length);
}

static int live_receive(struct net *net, nsec_t until, net_receive_fn *receive, void *context)
{
    struct net_live *live = live_of(net);
    live->receive = receive;
    live->context = context;
    for (;;) {
        int status = rtnetlink_read_news(live->rtnetlink, take_change, live);
        if (status < 0)
            return status;
        uint64_t before = live->received;
        status = capture_read(live->capture, take_packet, live);
        if (status < 0)
            return status;

        nsec_t now = live_now(net);
        status = check_links(live, now);
        if (status < 0 || live->received > before || now >= until)
            return status;
        status = wait_for_input(live, now, until);
        if (status < 0)
            return status;
    }
}

static void live_counters(struct net *net, struct net_counters *counters)
{
    struct net_live *live = live_of(net);
    *counters = (struct net_counters){
        .sent = live->sent,
        .send_errors = live->send_errors,
        .received = live->received,
        .capture_dropped = capture_dropped(live->capture),
        .link_changes = live->links.changes,
        .link_down = links_down(&live->links),
    };
}

static void live_close(struct net *net)
{
    struct net_live *live = live_of(net);
    capture_close(live->capture);
    send_frames_close(live->frames);
    send_raw_close(live->finder);
    send_raw_close(live->raw);
    routes_free(live->routes);
    links_free(&live->links);
    rtnetlink_close(live->rtnetlink);
    source_ports_release(live->ports);
    free(live);
}

static int open_routes(struct net_live *live, const struct net_live_options *options,
                       struct error *error)
{
    struct routes_options wanted = {.source = options->source};
    if (options->interface) {
        wanted.interface = if_nametoindex(options->interface);
        if (wanted.interface == 0)
            return error_set(error, -ENODEV, "there is no network interface '%s'",
                             options->interface);
    }
    int status = rtnetlink_open(&live->rtnetlink, error);
    if (status < 0)
        return status;
    live->routes = routes_new(&wanted, live->rtnetlink, &live->links);
    return live->routes ? 0 : error_no_memory(error);
}

static int open_sockets(struct net_live *live, const struct net_live_options *options,
                        struct error *error)
{
    uint16_t first = source_ports_first(live->ports), count = source_ports_count(live->ports);
    size_t room = options->capture_bytes ? options->capture_bytes : CAPTURE_BYTES;
    struct send_raw_options raw = {options->interface, options->source, true};
    int status = send_raw_open(&live->raw, &raw, error);
    raw.patient = false;
    if (status == 0)
        status = send_raw_open(&live->finder, &raw, error);
    if (status == 0 && !options->kernel_output)
        status = send_frames_open(&live->frames, error);
    if (status == 0)
        status = capture_open(&live->capture, first, count, room, error);
    if (status == -EPERM)
        error_set(error, status,
                  "raw sockets need the privilege CAP_NET_RAW: run as root, or once "
                  "`setcap cap_net_raw=p` on the program, or use --connect");
    return status;
}

int net_live_open(struct net **net, const struct net_live_options *options, struct error *error)
{
    struct net_live *live = calloc(1, sizeof *live);
    if (!live)
        return error_no_memory(error);
    live->net = (struct net){
        .route = live_route,
        .send = live_send,
        .receive = live_receive,
        .now = live_now,
        .counters = live_counters,
        .close = live_close,
    };
    /* wake up on time: by default a sleep may last 50 microseconds longer */
    (void)prctl(PR_SET_TIMERSLACK, 1);
    uint16_t count = options->source_port ? 1 : SOURCE_PORTS_COUNT;
    int status = source_ports_reserve(&live->ports, options->source_port, count, error);
    if (status == 0)
        status = open_routes(live, options, error);
    if (status == 0)
        status = open_sockets(live, options, error);
    if (status < 0) {
        live_close(&live->net);
        return status;
    }
    live->net.source_port_first = source_ports_first(live->ports);
    live->net.source_port_count = source_ports_count(live->ports);
    *net = &live->net;
    return 0;
}
