#include "tests/simulator/simulator.h"

#include "tests/simulator/codec.h"
#include "tests/simulator/faults.h"
#include "tests/simulator/forger.h"
#include "tests/simulator/pcap_file.h"
#include "tests/simulator/pool.h"
#include "tests/simulator/queue.h"
#include "tests/simulator/tcp.h"
#include "tests/simulator/wire.h"
#include "tests/simulator/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    SOURCE_PORT_FIRST = 61000, /* above Linux' range of local ports */
    SOURCE_PORT_COUNT = 4096,
    OUR_TTL = 64,
};

struct simulator {
    struct net net; /* first: the one is the other */
    const struct sim_config *config;
    nsec_t now;
    struct sim_queue queue;
    struct sim_pool pool;
    struct sim_channel out, back;
    struct sim_world world;
    struct sim_faults faults;
    struct sim_random forger;
    struct net_counters counters;
    struct sim_totals totals;
    FILE *pcap; /* NULL: none */
};

static struct simulator *simulator_of(struct net *net)
{
    return (struct simulator *)net;
}

struct addr simulator_source(enum addr_family family)
{
    static const uint8_t v4[4] = {192, 0, 2, 1};
    static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    return family == ADDR_IPV6 ? addr_ipv6(v6) : addr_ipv4(v4);
}

/* The wire. */

static void plan(struct simulator *sim, struct sim_event event)
{
    if (sim_queue_push(&sim->queue, event) < 0)
        sim->totals.out_of_memory++;
}

static void plan_arrival(struct simulator *sim, struct sim_event event, const uint8_t *bytes)
{
    event.slot = sim_pool_take(&sim->pool, event.length);
    if (event.slot == SIM_SLOT_NONE) {
        sim->totals.out_of_memory++;
        return;
    }
    memcpy(sim_pool_bytes(&sim->pool, event.slot), bytes, event.length);
    plan(sim, event);
}

/* EVENT says what the arrival is and, so far, when the packet sets out. */
static void carry(struct simulator *sim, struct sim_event event, nsec_t extra_delay,
                  const uint8_t *bytes)
{
    bool outward = event.kind == SIM_EVENT_AT_HOST;
    nsec_t arrivals[2];
    switch (
        sim_channel_carry(outward ? &sim->out : &sim->back, event.at, extra_delay, arrivals)) {
    case SIM_OVERFLOWED:
        sim->totals.overflowed++;
        sim->totals.lost++;
        return;
    case SIM_LOST:
        sim->totals.lost++;
        return;
    case SIM_DUPLICATED:
        sim->totals.duplicated++;
        event.at = arrivals[1];
        plan_arrival(sim, event, bytes);
        break;
    case SIM_CARRIED:
        break;
    }
    event.at = arrivals[0];
    plan_arrival(sim, event, bytes);
}

static void send_out(struct simulator *sim, nsec_t at, const struct addr *target,
                     const uint8_t *bytes, size_t length)
{
    struct sim_place place = sim_places_find(&sim->world.places, target);
    nsec_t delay = place.group == NULL ? 0 : place.group->host->delay;
    struct sim_event event = {.at = at, .length = (uint32_t)length, .kind = SIM_EVENT_AT_HOST};
    if (sim->pcap != NULL)
        sim_pcap_write(sim->pcap, at, bytes, length);
    carry(sim, event, delay, bytes);
}

static void send_back(struct simulator *sim, nsec_t at, nsec_t delay, uint8_t *bytes,
                      size_t length)
{
    struct sim_event event = {.at = at, .length = (uint32_t)length, .kind = SIM_EVENT_AT_US};
    sim->totals.answers++;
    if (sim->config->wire.back.clears_dscp)
        sim_clear_dscp(bytes);
    if (sim_random_chance(&sim->forger, sim->config->forger.flips)) {
        uint8_t flipped[SIM_PACKET_MAX];
        memcpy(flipped, bytes, length);
        sim_flip(&sim->forger, flipped, length);
        sim->totals.forged++;
        carry(sim, event, delay, flipped);
    }
    if (sim->config->unfinished_checksums)
        sim_unfinish_checksum(bytes, length);
    carry(sim, event, delay, bytes);
}

/* What happens at the hosts. */

static void plan_retransmission(struct simulator *sim, nsec_t now, uint32_t connection)
{
    nsec_t patience = sim_tcp_patience(&sim->world, connection);
    if (patience == 0)
        return;
    plan(sim, (struct sim_event){
                  .at = now + patience,
                  .slot = connection,
                  .length = sim->world.half_opens.entries[connection].generation,
                  .kind = SIM_EVENT_RETRANSMIT,
              });
}

static void arrive_at_host(struct simulator *sim, const struct sim_event *event)
{
    uint8_t answer[SIM_PACKET_MAX];
    struct sim_probe probe;
    sim->totals.probes++;
    if (sim_probe_read(&probe, sim_pool_bytes(&sim->pool, event->slot), event->length) < 0) {
        sim->totals.malformed++;
        return;
    }
    sim->totals.bad_checksums += probe.checksums_right ? 0 : 1;
    struct sim_meeting meeting = {
        .now = event->at,
        .probe = &probe,
        .place = sim_places_find(&sim->world.places, &probe.target),
        .answer = answer,
    };
    if (meeting.place.group == NULL)
        return;
    const struct sim_host *host = meeting.place.group->host;
    sim_probe_travel(&probe, host->hops, sim->config->wire.out.clears_dscp);
    size_t length = sim_world_answer(&sim->world, &meeting);
    if (length > 0)
        send_back(sim, event->at, host->delay + meeting.late, answer, length);
    if (meeting.half_open)
        plan_retransmission(sim, event->at, meeting.connection);
}

static void retransmit(struct simulator *sim, const struct sim_event *event)
{
    uint8_t answer[SIM_PACKET_MAX];
    const struct sim_half_open *half = &sim->world.half_opens.entries[event->slot];
    size_t length = sim_tcp_retransmit(&sim->world, event->slot, event->length, answer);
    if (length == 0)
        return;
    struct sim_place place = sim_places_find(&sim->world.places, &half->host);
    send_back(sim, event->at, place.group->host->delay, answer, length);
    plan_retransmission(sim, event->at, event->slot);
}

static void plan_forgery(struct simulator *sim, nsec_t now)
{
    double mean = (double)NSEC_PER_SEC / sim->config->forger.rate;
    nsec_t at = now + sim_random_exponential(&sim->forger, mean);
    plan(sim, (struct sim_event){.at = at, .kind = SIM_EVENT_FORGE});
}

static void forge(struct simulator *sim, const struct sim_event *event)
{
    uint8_t packet[SIM_PACKET_MAX];
    struct sim_prey prey = {SOURCE_PORT_FIRST, SOURCE_PORT_COUNT};
    struct sim_event arrival = {.at = event->at, .kind = SIM_EVENT_AT_US};
    arrival.length = (uint32_t)sim_forge(&sim->forger, &sim->world.places, &prey, packet);
    sim->totals.forged++;
    carry(sim, arrival, 0, packet);
    plan_forgery(sim, event->at);
}

/* What happens at our end. */

/* Our own kernel knows of no connection and says so: RFC 9293, section 3.5.2. */
static void refuse_handshake(struct simulator *sim, nsec_t at, const uint8_t *bytes,
                             size_t length)
{
    uint8_t copy[SIM_PACKET_MAX], reset[SIM_PACKET_MAX];
    memcpy(copy, bytes, length);
    struct sim_probe answer;
    if (sim_probe_read(&answer, copy, length) < 0 || answer.protocol != SIM_TCP ||
        (answer.flags & SIM_RST) != 0 || (answer.flags & SIM_ACK) == 0)
        return;
    struct sim_header header = {
        .from = &answer.target, .to = &answer.source, .ttl = OUR_TTL, .dont_fragment = true};
    struct sim_segment segment = {
        .from_port = answer.port,
        .to_port = answer.source_port,
        .sequence = answer.acknowledgement,
        .flags = SIM_RST,
    };
    size_t reset_length = sim_write_tcp(reset, &header, &segment);
    send_out(sim, at, &answer.source, reset, reset_length);
}

/* Whether the packet was handed on. */
static bool arrive_at_us(struct simulator *sim, const struct sim_event *event,
                         net_receive_fn *receive, void *context)
{
    const uint8_t *bytes = sim_pool_bytes(&sim->pool, event->slot);
    if (sim_faults_link_down(&sim->faults, event->at)) {
        sim->totals.lost++;
        return false;
    }
    refuse_handshake(sim, event->at, bytes, event->length);
    if (sim_faults_capture_loses(&sim->faults, event->at)) {
        sim->counters.capture_dropped++;
        return false;
    }
    if (sim->pcap != NULL)
        sim_pcap_write(sim->pcap, event->at, bytes, event->length);
    size_t snap = sim->config->snap_length;
    sim->counters.received++;
    receive(context, event->at, bytes,
            snap != 0 && snap < event->length ? snap : event->length);
    return true;
}

static bool happen(struct simulator *sim, const struct sim_event *event,
                   net_receive_fn *receive, void *context)
{
    bool handed_on = false;
    switch ((enum sim_event_kind)event->kind) {
    case SIM_EVENT_AT_HOST:
        arrive_at_host(sim, event);
        sim_pool_give(&sim->pool, event->slot);
        break;
    case SIM_EVENT_AT_US:
        handed_on = arrive_at_us(sim, event, receive, context);
        sim_pool_give(&sim->pool, event->slot);
        break;
    case SIM_EVENT_RETRANSMIT:
        retransmit(sim, event);
        break;
    case SIM_EVENT_FORGE:
        forge(sim, event);
        break;
    }
    return handed_on;
}

/* struct net. */

static int net_route(struct net *net, const struct addr *to, struct net_route *route)
{
    struct simulator *sim = simulator_of(net);
    struct sim_place place = sim_places_find(&sim->world.places, to);
    if (place.group != NULL && place.group->host->reach == SIM_NO_ROUTE)
        return -ENETUNREACH;
    *route = (struct net_route){
        .source = simulator_source((enum addr_family)to->family),
        .id = to->family,
        .on_link = place.group != NULL && place.group->host->hops == 0,
    };
    return 0;
}

static int send_one(struct simulator *sim, const struct net_packet *packet)
{
    struct sim_probe probe;
    if (packet->length > SIM_PACKET_MAX)
        return -EMSGSIZE;
    if (sim_probe_read(&probe, packet->bytes, packet->length) < 0) {
        sim->totals.malformed++;
        return -EINVAL;
    }
    int error = sim_faults_send_error(&sim->faults, probe.port, sim->now);
    if (error < 0)
        return error;
    struct sim_place place = sim_places_find(&sim->world.places, &probe.target);
    if (place.group != NULL && place.group->host->reach == SIM_NO_NEIGHBOUR)
        return -EHOSTUNREACH;
    send_out(sim, sim->now, &probe.target, packet->bytes, packet->length);
    return 0;
}

static int net_send(struct net *net, struct net_packet *packets, size_t count)
{
    struct simulator *sim = simulator_of(net);
    nsec_t cost = sim->config->send_cost != 0 ? sim->config->send_cost : NSEC_PER_USEC;
    for (size_t i = 0; i < count; i++) {
        sim->now += cost;
        packets[i].error = send_one(sim, &packets[i]);
        if (packets[i].error == 0)
            sim->counters.sent++;
        else
            sim->counters.send_errors++;
    }
    return 0;
}

static int net_receive(struct net *net, nsec_t until, net_receive_fn *receive, void *context)
{
    struct simulator *sim = simulator_of(net);
    for (;;) {
        bool handed_on = false;
        while (sim_queue_next(&sim->queue) <= sim->now) {
            struct sim_event event = sim_queue_pop(&sim->queue);
            if (happen(sim, &event, receive, context))
                handed_on = true;
        }
        if (handed_on || until <= sim->now)
            return 0;
        nsec_t next = sim_queue_next(&sim->queue);
        if (next == NSEC_NEVER && until == NSEC_NEVER)
            return -EDEADLK; /* nothing can ever come */
        sim->now = next < until ? next : until;
    }
}

static nsec_t net_now(struct net *net)
{
    return simulator_of(net)->now;
}

static void net_counters(struct net *net, struct net_counters *counters)
{
    const struct simulator *sim = simulator_of(net);
    *counters = sim->counters;
    counters->link_changes = sim_faults_link_changes(&sim->faults, sim->now);
    counters->link_down = sim_faults_link_down(&sim->faults, sim->now);
}

static void net_close(struct net *net)
{
    struct simulator *sim = simulator_of(net);
    if (sim->pcap != NULL)
        fclose(sim->pcap);
    sim_queue_free(&sim->queue);
    sim_pool_free(&sim->pool);
    sim_world_free(&sim->world);
    free(sim);
}

static int begin(struct simulator *sim, struct error *error)
{
    const struct sim_config *config = sim->config;
    sim_channel_init(&sim->out, &config->wire.out, config->seed ^ 2);
    sim_channel_init(&sim->back, &config->wire.back, config->seed ^ 3);
    sim->faults = (struct sim_faults){config, sim_random_make(config->seed, 4)};
    sim->forger = sim_random_make(config->seed, 5);
    int code = sim_world_init(&sim->world, config, error);
    if (code < 0)
        return code;
    if (config->forger.rate > 0)
        plan_forgery(sim, sim->now);
    if (config->pcap_path == NULL)
        return 0;
    sim->pcap = sim_pcap_create(config->pcap_path);
    return sim->pcap != NULL ? 0
                             : error_set(error, -errno, "cannot write %s: %s",
                                         config->pcap_path, strerror(errno));
}

struct net *simulator_open(const struct sim_config *config, struct error *error)
{
    struct simulator *sim = calloc(1, sizeof(*sim));
    if (sim == NULL) {
        error_no_memory(error);
        return NULL;
    }
    sim->config = config;
    sim->now = SIM_START;
    sim->net = (struct net){
        .source_port_first = SOURCE_PORT_FIRST,
        .source_port_count = SOURCE_PORT_COUNT,
        .route = net_route,
        .send = net_send,
        .receive = net_receive,
        .now = net_now,
        .counters = net_counters,
        .close = net_close,
    };
    if (begin(sim, error) == 0)
        return &sim->net;
    net_close(&sim->net);
    return NULL;
}

void simulator_totals(const struct net *net, struct sim_totals *totals)
{
    const struct simulator *sim = (const struct simulator *)net;
    *totals = sim->totals;
    totals->limited = sim->world.limited;
}
