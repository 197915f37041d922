/* Ports that a device on the way forwards, and the ICMP errors that show it: what quotes a
 * probe of ours, but for where that went, is believed, and nothing else is. */
#include "answers.h"
#include "scanner/engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { FIRST_SOURCE_PORT = 40000, SOURCE_PORTS = 4096, HOSTS = 2048, PROBES_MOST = 16 };
enum { TURN = 64, HOST_AT = 7 }; /* the audited host that tests look at */

static struct port_range tcp_ranges[] = {{80, 80}, {443, 443}}, udp_ranges[] = {{53, 53}};
static const struct portset tcp = {tcp_ranges, 2, 2}, udp = {udp_ranges, 1, 1};

struct probe {
    uint8_t bytes[PACKET_SIZE_MAX];
    size_t length;
};

/* An engine whose first probes are out, and those to one of its hosts. */
struct world {
    enum addr_family family;
    struct target targets[HOSTS];
    size_t count;
    struct engine *engine;
    nsec_t now;
    struct probe probes[PROBES_MOST];
    size_t probe_count;
    struct host_observation seen; /* of that host; without its items */
    struct observation web;       /* of its port 80 */
};

static struct addr host_address(enum addr_family family, size_t index)
{
    uint8_t high = (uint8_t)(index >> 8), low = (uint8_t)index;
    const uint8_t ipv4[4] = {198, 18, high, low};
    const uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [14] = high, [15] = low};
    return family == ADDR_IPV6 ? addr_ipv6(ipv6) : addr_ipv4(ipv4);
}

static struct addr parsed(const char *text)
{
    struct addr addr;
    assert_int_equal(addr_parse(&addr, text), 0);
    return addr;
}

static int note(void *context, const struct host_observation *host)
{
    struct world *world = context;
    if (host->target != HOST_AT)
        return 0;
    world->seen = *host;
    for (size_t i = 0; i < host->count; i++) {
        if (host->items[i].proto == PROTO_TCP && portset_has(&host->items[i].ports, 80))
            world->web = host->items[i];
    }
    return 0;
}

static void keep(struct world *world, const struct net_packet *packet)
{
    const struct addr *host = &world->targets[HOST_AT].address;
    const uint8_t *target = packet->bytes + (is_ipv6(packet->bytes) ? 24 : 16);
    if (memcmp(target, host->bytes, addr_length(host)) != 0)
        return;
    if (world->probe_count == PROBES_MOST)
        return;
    struct probe *probe = &world->probes[world->probe_count++];
    memcpy(probe->bytes, packet->bytes, packet->length);
    probe->length = packet->length;
}

static void find_routes(struct world *world)
{
    bool ipv6 = world->family == ADDR_IPV6;
    const struct net_route route = {.source = parsed(ipv6 ? "2001:db8:1::1" : "192.0.2.1"),
                                    .id = 1};
    size_t target;
    while (engine_wants_route(world->engine, &target))
        engine_set_route(world->engine, target, &route, 0);
}

static void send_all(struct world *world)
{
    static uint8_t bytes[TURN][PACKET_SIZE_MAX];
    struct net_packet packets[TURN];
    nsec_t until = world->now + ((nsec_t)world->count + 50) * NSEC_PER_MSEC;
    for (size_t i = 0; i < TURN; i++)
        packets[i] = (struct net_packet){.bytes = bytes[i]};
    while (world->now < until) {
        find_routes(world);
        size_t count = engine_take_probes(world->engine, world->now, packets, TURN);
        engine_sent(world->engine, world->now, packets, count);
        for (size_t i = 0; i < count; i++)
            keep(world, &packets[i]);
        world->now += count ? 1000 : NSEC_PER_MSEC;
    }
}

static struct world *world_new(enum addr_family family, size_t hosts)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->family = family;
    world->count = hosts;
    world->now = NSEC_PER_SEC;
    for (size_t i = 0; i < hosts; i++) {
        world->targets[i].address = host_address(family, i);
        world->targets[i].ports[PROTO_TCP] = &tcp;
        world->targets[i].ports[PROTO_UDP] = &udp;
    }
    struct engine_options options = {
        .seed = 1,
        .miss = 1e-6,
        .deadline = NSEC_NEVER,
        .source_port_first = FIRST_SOURCE_PORT,
        .source_port_count = SOURCE_PORTS,
    };
    cookie_key_from_seed(&options.key, 1);
    struct error error;
    world->engine = engine_new(&options, world->targets, hosts, note, world, &error);
    assert_non_null(world->engine);
    send_all(world);
    return world;
}

static void world_free(struct world *world)
{
    engine_free(world->engine);
    free(world);
}

/* The first probe to a port of the host. */
static const struct probe *probe_to(const struct world *world, uint8_t protocol, uint16_t port)
{
    for (size_t i = 0; i < world->probe_count; i++) {
        const uint8_t *probe = world->probes[i].bytes;
        const uint8_t *transport = probe + header_length(probe);
        if (probe[is_ipv6(probe) ? 6 : 9] == protocol && transport[2] == port >> 8 &&
            transport[3] == (uint8_t)port)
            return &world->probes[i];
    }
    fail_msg("nothing was sent to port %u", port);
    return NULL;
}

/* What somebody refuses, and how its quote differs from what was sent. */
struct refusal {
    uint8_t protocol;
    uint16_t port;       /* the probe's */
    const char *from;    /* NULL: the host itself */
    const char *arrived; /* the quoted address; NULL: the host's */
    uint16_t arrived_port;
    size_t flip; /* a byte of the quote that is changed, from its start on; 0: none */
};

enum { ICMP_HEADER = 8, TCP = 6, UDP = 17 };

static void write_refusal(const struct world *world, const struct refusal *refusal,
                          struct packet_bytes *packet)
{
    const struct probe *probe = probe_to(world, refusal->protocol, refusal->port);
    bool ipv6 = is_ipv6(probe->bytes);
    size_t header = header_length(probe->bytes);
    struct addr from = refusal->from ? parsed(refusal->from) : (struct addr){0};
    answer_error(packet, probe->bytes, refusal->from ? from.bytes : NULL, ipv6 ? 1 : 3,
                 ipv6 ? 1 : 13, header + 8);
    uint8_t *quote = packet->bytes + header + ICMP_HEADER;
    if (refusal->arrived) {
        struct addr arrived = parsed(refusal->arrived);
        memcpy(quote + (ipv6 ? 24 : 16), arrived.bytes, addr_length(&arrived));
    }
    quote[header + 2] = (uint8_t)(refusal->arrived_port >> 8);
    quote[header + 3] = (uint8_t)refusal->arrived_port;
    if (refusal->flip)
        quote[refusal->flip] ^= 0x10;
}

static struct engine_totals totals_of(const struct world *world)
{
    struct engine_totals totals;
    engine_totals(world->engine, &totals);
    return totals;
}

/* Whether the engine takes the refusal for an answer. */
static bool is_believed(struct world *world, const struct refusal *refusal)
{
    struct packet_bytes packet;
    struct engine_totals before = totals_of(world);
    write_refusal(world, refusal, &packet);
    engine_receive(world->engine, world->now, packet.bytes, packet.length);
    struct engine_totals after = totals_of(world);
    bool believed = after.received != before.received;
    assert_int_equal(after.decided - before.decided, believed);
    assert_int_equal(after.hosts_done, before.hosts_done);
    return believed;
}

static void assert_web(struct world *world, enum origin origin, const char *by,
                       const char *forwarded)
{
    char address[ADDR_TEXT_SIZE], place[FORWARDING_TEXT_SIZE];
    engine_stop(world->engine, world->now, REASON_INTERRUPTED);
    assert_int_equal(world->web.state, PORT_REJECTED);
    assert_int_equal(world->web.reason, REASON_ADMIN_PROHIBITED);
    assert_int_equal(world->web.origin, origin);
    assert_string_equal(addr_format(&world->web.by, address), by);
    assert_string_equal(forwarding_format(&world->web.forwarded, place), forwarded);
}

static void refusal_by_the_machine_behind_shows_where_the_probe_arrived(void **state)
{
    (void)state;
    static const struct {
        enum addr_family family;
        const char *backend, *forwarded;
    } rows[] = {{ADDR_IPV4, "10.0.0.5", "10.0.0.5:8443"},
                {ADDR_IPV6, "2001:db8:2::5", "[2001:db8:2::5]:8443"}};
    for (size_t i = 0; i < 2; i++) {
        struct world *world = world_new(rows[i].family, 16);
        const struct refusal refusal = {TCP, 80, rows[i].backend, rows[i].backend, 8443, 0};
        assert_true(is_believed(world, &refusal));
        assert_web(world, ORIGIN_UPSTREAM, rows[i].backend, rows[i].forwarded);
        world_free(world);
    }
}

static void port_that_was_not_changed_is_not_named(void **state)
{
    (void)state;
    struct world *world = world_new(ADDR_IPV4, 16);
    assert_true(is_believed(world, &(struct refusal){TCP, 80, "10.0.0.5", "10.0.0.5", 80, 0}));
    assert_web(world, ORIGIN_UPSTREAM, "10.0.0.5", "10.0.0.5");
    world_free(world);
}

static void refusal_in_the_host_s_name_of_what_was_sent_on_has_no_certain_origin(void **state)
{
    (void)state;
    struct world *world = world_new(ADDR_IPV4, 16);
    assert_true(is_believed(world, &(struct refusal){TCP, 80, NULL, "10.0.0.5", 8080, 0}));
    assert_web(world, ORIGIN_UNKNOWN, "198.18.0.7", "10.0.0.5:8080");
    world_free(world);
}

static void host_that_redirects_to_another_port_of_its_own_is_its_own_firewall(void **state)
{
    (void)state;
    struct world *world = world_new(ADDR_IPV4, 16);
    assert_true(is_believed(world, &(struct refusal){TCP, 80, NULL, NULL, 8080, 0}));
    assert_web(world, ORIGIN_FIREWALL, "198.18.0.7", "198.18.0.7:8080");
    world_free(world);
}

static void probe_may_be_sent_on_to_another_audited_host(void **state)
{
    (void)state;
    struct world *world = world_new(ADDR_IPV4, 16);
    static const struct refusal refusal = {TCP, 80, "198.18.0.9", "198.18.0.9", 443, 0};
    assert_true(is_believed(world, &refusal));
    assert_int_equal(totals_of(world).invalid, 0);
    assert_web(world, ORIGIN_UPSTREAM, "198.18.0.9", "198.18.0.9:443");
    world_free(world);
}

static void unchanged_quote_says_nothing_of_forwarding(void **state)
{
    (void)state;
    struct world *world = world_new(ADDR_IPV4, 16);
    assert_true(is_believed(world, &(struct refusal){TCP, 80, "10.0.0.5", NULL, 80, 0}));
    assert_web(world, ORIGIN_UPSTREAM, "10.0.0.5", "");
    world_free(world);
}

/* Each byte that has to prove that the quote is of our probe, one after the other. */
static void refusal_with_one_wrong_field_is_ignored(void **state)
{
    (void)state;
    static const struct {
        enum addr_family family;
        const char *backend;
        size_t first, last; /* bytes of the quote */
        const char *what;
    } rows[] = {
        {ADDR_IPV4, "10.0.0.5", 4, 5, "identification"},
        {ADDR_IPV4, "10.0.0.5", 12, 15, "our address"},
        {ADDR_IPV4, "10.0.0.5", 20, 21, "our port"},
        {ADDR_IPV4, "10.0.0.5", 24, 27, "sequence number"},
        {ADDR_IPV6, "2001:db8:2::5", 2, 3, "flow label"},
        {ADDR_IPV6, "2001:db8:2::5", 8, 23, "our address"},
        {ADDR_IPV6, "2001:db8:2::5", 40, 41, "our port"},
        {ADDR_IPV6, "2001:db8:2::5", 44, 47, "sequence number"},
    };
    struct world *worlds[] = {world_new(ADDR_IPV4, 16), world_new(ADDR_IPV6, 16)};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t flip = rows[i].first; flip <= rows[i].last; flip++) {
            const struct refusal refusal = {TCP,  80,  rows[i].backend, rows[i].backend,
                                            8443, flip};
            if (is_believed(worlds[rows[i].family == ADDR_IPV6], &refusal))
                fail_msg("a wrong %s is believed (byte %zu)", rows[i].what, flip);
        }
    }
    world_free(worlds[0]);
    world_free(worlds[1]);
}

/* A datagram's ports and identification do not suffice to find it among all others. */
static void udp_that_was_sent_on_is_ignored(void **state)
{
    (void)state;
    struct world *world = world_new(ADDR_IPV4, 16);
    assert_false(is_believed(world, &(struct refusal){UDP, 53, "10.0.0.5", "10.0.0.5", 53, 0}));
    assert_false(is_believed(world, &(struct refusal){UDP, 53, NULL, NULL, 5353, 0}));
    world_free(world);
}

static void refusal_after_the_host_is_done_is_ignored(void **state)
{
    (void)state;
    struct world *world = world_new(ADDR_IPV4, 16);
    engine_stop(world->engine, world->now, REASON_INTERRUPTED);
    assert_false(is_believed(world, &(struct refusal){TCP, 80, "10.0.0.5", "10.0.0.5", 80, 0}));
    world_free(world);
}

/* Of each forgery at most one probe is considered: with thousands of hosts in flight a search
 * would take a thousand times as long. */
static void flood_of_forgeries_costs_little_and_changes_nothing(void **state)
{
    (void)state;
    enum { FORGERIES = 100000 };
    struct world *world = world_new(ADDR_IPV4, HOSTS);
    struct packet_bytes packet;
    static const struct refusal refusal = {TCP, 80, "10.0.0.5", "10.0.0.5", 8443, 0};
    write_refusal(world, &refusal, &packet);
    uint8_t *quote = packet.bytes + 20 + ICMP_HEADER;
    uint32_t random = 1;
    struct engine_totals before = totals_of(world);
    clock_t started = clock();
    for (unsigned i = 0; i < FORGERIES; i++) {
        random = random * 1664525 + 1013904223;
        memcpy(quote + 24, &random, sizeof random);
        engine_receive(world->engine, world->now, packet.bytes, packet.length);
    }
    double seconds = (double)(clock() - started) / CLOCKS_PER_SEC;
    struct engine_totals after = totals_of(world);
    assert_memory_equal(&before, &after, sizeof before);
    if (seconds > FORGERIES * 10e-6)
        fail_msg("%.1f us for each forgery", seconds * 1e6 / FORGERIES);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusal_by_the_machine_behind_shows_where_the_probe_arrived),
        cmocka_unit_test(port_that_was_not_changed_is_not_named),
        cmocka_unit_test(refusal_in_the_host_s_name_of_what_was_sent_on_has_no_certain_origin),
        cmocka_unit_test(host_that_redirects_to_another_port_of_its_own_is_its_own_firewall),
        cmocka_unit_test(probe_may_be_sent_on_to_another_audited_host),
        cmocka_unit_test(unchanged_quote_says_nothing_of_forwarding),
        cmocka_unit_test(refusal_with_one_wrong_field_is_ignored),
        cmocka_unit_test(udp_that_was_sent_on_is_ignored),
        cmocka_unit_test(refusal_after_the_host_is_done_is_ignored),
        cmocka_unit_test(flood_of_forgeries_costs_little_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
