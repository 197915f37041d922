#include "tests/fuzz/flight.h"

#include "expect/expect.h"
#include "probes/udp_library_data.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE_PORT_FIRST = 40000, SOURCE_PORT_COUNT = 256, TARGETS = 4 };

static struct port_range tcp_ranges[] = {{22, 22}, {80, 80}};
static struct port_range udp_ranges[] = {{9, 9}, {53, 53}};
static const struct portset tcp_ports = {tcp_ranges, 2, 2}, udp_ports = {udp_ranges, 2, 2};

/* Neighbours in their last bits, so that a flipped bit may hit another target. */
static const struct target targets[TARGETS] = {
    {.address = {ADDR_IPV4, {203, 0, 113, 10}, 0}, .ports = {&tcp_ports, &udp_ports}},
    {.address = {ADDR_IPV4, {203, 0, 113, 11}, 0}, .ports = {&tcp_ports, &udp_ports}},
    {.address = {ADDR_IPV6, {0x20, 0x01, 0x0d, 0xb8, [15] = 10}, 0},
     .ports = {&tcp_ports, &udp_ports}},
    {.address = {ADDR_IPV6, {0x20, 0x01, 0x0d, 0xb8, [15] = 11}, 0},
     .ports = {&tcp_ports, &udp_ports}},
};

/* The library that is built in, read once. */
static const struct udp_library *library(void)
{
    static struct udp_library read;
    for (size_t i = 0; read.count == 0 && i < udp_library_file_count; i++) {
        const struct udp_library_file *file = &udp_library_files[i];
        struct complaints complaints = {0};
        if (strcmp(file->name, "dns.yml") == 0 &&
            probe_file_read(&read, file->name, file->text, file->length, &complaints) < 0)
            abort();
        complaints_free(&complaints);
    }
    return &read;
}

static struct net_route route_to(const struct addr *target)
{
    struct net_route route = {.id = 1};
    route.source = *target;
    route.source.bytes[target->family == ADDR_IPV4 ? 3 : 15] = 1;
    return route;
}

/* The verdict that the caller of flight_stop() waits for. */
struct wanted {
    struct addr address;
    enum proto proto;
    uint16_t port;
    struct flight_verdict verdict;
};

/* A SYN-ACK counts as open, though no flight lasts until it is proven to mean that. */
static struct flight_verdict verdict_of(const struct observation *seen, bool alive)
{
    if (observation_has_syn_ack(seen))
        return (struct flight_verdict){PORT_OPEN, REASON_SYN_ACK, alive};
    return (struct flight_verdict){seen->state, seen->reason, alive};
}

static int hand_over(void *context, const struct host_observation *host)
{
    struct wanted **place = context, *wanted = *place;
    size_t ports = 0;
    for (size_t i = 0; i < host->count; i++) {
        const struct observation *seen = &host->items[i];
        ports += portset_size(&seen->ports);
        assert(seen->state < PORT_STATE_COUNT && seen->reason < REASON_COUNT);
        if (wanted && addr_equal(&targets[host->target].address, &wanted->address) &&
            seen->proto == wanted->proto && portset_has(&seen->ports, wanted->port))
            wanted->verdict = verdict_of(seen, host->alive);
    }
    assert(ports == 4);
    return 0;
}

/* Where the engine's host function finds what is wanted: one flight is stopped at a time. */
static struct wanted *wanted_now;

static void keep(struct flight *flight, const struct net_packet *packet)
{
    if (flight->count == FLIGHT_PROBES_MOST)
        return;
    struct flight_probe *probe = &flight->probes[flight->count++];
    memcpy(probe->bytes, packet->bytes, packet->length);
    probe->length = packet->length;
}

static size_t take(struct flight *flight)
{
    enum { TURN = 16 };
    static uint8_t bytes[TURN][PACKET_SIZE_MAX];
    struct net_packet packets[TURN];
    for (size_t i = 0; i < TURN; i++)
        packets[i] = (struct net_packet){.bytes = bytes[i]};
    size_t count = engine_take_probes(flight->engine, flight->now, packets, TURN);
    for (size_t i = 0; i < count; i++)
        keep(flight, &packets[i]);
    engine_sent(flight->engine, flight->now, packets, count);
    return count;
}

void flight_begin(struct flight *flight, uint64_t seed)
{
    struct engine_options options = {
        .seed = seed,
        .miss = 1e-6,
        .deadline = NSEC_NEVER,
        .source_port_first = SOURCE_PORT_FIRST,
        .source_port_count = SOURCE_PORT_COUNT,
        .library = library(),
    };
    cookie_key_from_seed(&options.key, seed);
    struct error error;
    size_t target;
    *flight = (struct flight){.now = NSEC_PER_SEC};
    flight->engine = engine_new(&options, targets, TARGETS, hand_over, &wanted_now, &error);
    if (!flight->engine)
        abort();
    while (engine_wants_route(flight->engine, &target)) {
        struct net_route route = route_to(&targets[target].address);
        engine_set_route(flight->engine, target, &route, 0);
    }
    nsec_t until = flight->now + FLIGHT_TIME;
    while (flight->now < until) {
        if (take(flight) > 0)
            continue;
        nsec_t next = engine_deadline(flight->engine, flight->now);
        flight->now = next > flight->now && next < until ? next : flight->now + NSEC_PER_MSEC;
    }
    engine_totals(flight->engine, &flight->before);
    flight->deadline = engine_deadline(flight->engine, flight->now);
}

void flight_end(struct flight *flight)
{
    engine_free(flight->engine);
    flight->engine = NULL;
}

void flight_receive(struct flight *flight, const uint8_t *bytes, size_t length)
{
    uint8_t *copy = malloc(length ? length : 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, length);
    engine_receive(flight->engine, flight->now, copy, length);
    free(copy);
}

bool flight_is_untouched(const struct flight *flight)
{
    struct engine_totals totals;
    engine_totals(flight->engine, &totals);
    return totals.received == flight->before.received &&
           totals.decided == flight->before.decided &&
           totals.hosts_done == flight->before.hosts_done &&
           engine_deadline(flight->engine, flight->now) == flight->deadline;
}

static bool contains(const uint8_t *bytes, size_t length, const uint8_t *secret, size_t size)
{
    return memmem(bytes, length, secret, size) != NULL;
}

/* Where the transport header of a probe begins, and which protocol it is. */
static const uint8_t *transport_of(const struct flight_probe *probe, uint8_t *protocol)
{
    bool ipv4 = probe->bytes[0] >> 4 == 4;
    *protocol = probe->bytes[ipv4 ? 9 : 6];
    return probe->bytes + (ipv4 ? 20 : 40);
}

static bool knows_sequence(const uint8_t *bytes, size_t length, const uint8_t *sequence)
{
    uint8_t next[4];
    memcpy(next, sequence, sizeof next);
    for (int i = 3; i >= 0 && ++next[i] == 0; i--)
        ;
    return contains(bytes, length, sequence, 4) || contains(bytes, length, next, 4);
}

static bool knows_a_probe(const struct flight *flight, const uint8_t *bytes, size_t length)
{
    enum { TCP = 6, UDP = 17 };
    for (size_t i = 0; i < flight->count; i++) {
        uint8_t protocol;
        const uint8_t *transport = transport_of(&flight->probes[i], &protocol);
        const uint8_t reversed[] = {transport[2], transport[3], transport[0], transport[1]};
        bool known;
        if (protocol == TCP)
            known = knows_sequence(bytes, length, transport + 4);
        else if (protocol == UDP) /* of an answer, or of a quote: the ports */
            known =
                contains(bytes, length, reversed, 4) || contains(bytes, length, transport, 4);
        else
            known = contains(bytes, length, transport + 4, 4); /* identifier and sequence */
        if (known)
            return true;
    }
    return false;
}

bool flight_is_touched_by(struct flight *flight, const uint8_t *bytes, size_t length)
{
    flight_receive(flight, bytes, length);
    if (flight_is_untouched(flight))
        return false;
    if (!knows_a_probe(flight, bytes, length))
        abort();
    return true;
}

void flight_go_on(struct flight *flight, unsigned turns)
{
    int status;
    for (unsigned i = 0; i < turns && !engine_finished(flight->engine, &status); i++) {
        take(flight);
        nsec_t next = engine_deadline(flight->engine, flight->now);
        flight->now = next > flight->now && next < NSEC_NEVER ? next : flight->now + 1000;
    }
}

struct flight_verdict flight_stop(struct flight *flight, const struct flight_probe *probe)
{
    struct wanted wanted = {.verdict = {.reason = REASON_NONE}};
    uint8_t protocol;
    const uint8_t *transport = transport_of(probe, &protocol);
    wanted.address =
        probe->bytes[0] >> 4 == 4 ? addr_ipv4(probe->bytes + 16) : addr_ipv6(probe->bytes + 24);
    bool ports = protocol == 6 || protocol == 17;
    wanted.proto = protocol == 17 ? PROTO_UDP : PROTO_TCP;
    wanted.port = ports ? (uint16_t)(transport[2] << 8 | transport[3]) : 22;
    wanted_now = &wanted;
    engine_stop(flight->engine, flight->now, REASON_INTERRUPTED);
    wanted_now = NULL;
    return wanted.verdict;
}
