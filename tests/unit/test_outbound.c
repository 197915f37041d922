/* The engine against a responder, both without a network: between them is a way out with a
 * rule for each port, and the stack of the responder's machine, which answers beside it. */
#include "answers.h"
#include "scanner/engine/engine.h"
#include "scanner/responder/respond.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PORTS = 40, MANY_PORTS = 400, SOURCE_PORTS = 4096, ROUND_TRIP_MS = 20 };

/* What the way out does with a port. */
enum fate {
    PASSED,
    DROPPED,
    RESET,     /* a firewall on the way sends a RST in the responder's name */
    REFUSED,   /* the auditor's own firewall: EPERM */
    FORBIDDEN, /* a router: administratively prohibited */
    PROXIED,   /* somebody else accepts */
    UNREACHED, /* a router: port unreachable */
    UNHOSTED,  /* a router: host unreachable */
};

struct arrival {
    nsec_t at;
    struct packet_bytes packet;
};

struct world {
    struct responder_key key, auditor_key;
    struct respond *respond;
    uint16_t ports; /* from 1 on */
    enum fate fates[PROTO_COUNT][MANY_PORTS + 1];
    bool plain_stack;    /* the responder's stack answers tagged SYNs with RSTs */
    bool forgets_at_rst; /* a NAT on the way lets nothing in after a RST */
    bool answers_ping;
    uint8_t stack_address; /* last byte of the one that its ICMP errors come from */
    int64_t clock_ahead_s; /* the responder's, of the auditor's */
    double loss;           /* of answers */
    double refusals;       /* share of probes that the auditor's machine refuses at random */
    double token_rate;     /* ICMP errors a second that the router sends; 0: all */
    double tokens;         /* that it had then */
    nsec_t tokens_at;
    uint64_t random;
    struct arrival *arrivals; /* a queue in the order of time */
    size_t head, count;
    nsec_t now;
    struct observation seen[PROTO_COUNT][MANY_PORTS + 1];
};

enum { ARRIVALS_MOST = 200000 };

static struct addr address(const char *text)
{
    struct addr addr;
    assert_int_equal(addr_parse(&addr, text), 0);
    return addr;
}

static bool is_own(void *context, const struct addr *addr)
{
    (void)context;
    struct addr own = address("192.0.2.7");
    return addr_equal(&own, addr);
}

static int note(void *context, const struct host_observation *host)
{
    struct world *world = context;
    for (size_t i = 0; i < host->count; i++) {
        const struct observation *item = &host->items[i];
        for (uint16_t port = 1; port <= world->ports; port++) {
            if (portset_has(&item->ports, port))
                world->seen[item->proto][port] = *item;
        }
    }
    return 0;
}

static bool happens(struct world *world, double chance)
{
    world->random = world->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (double)(world->random >> 33) / 2147483648.0 < chance;
}

static void arrive(struct world *world, nsec_t delay, const struct packet_bytes *packet)
{
    if (happens(world, world->loss))
        return;
    assert_true(world->count < ARRIVALS_MOST);
    world->arrivals[world->count++] = (struct arrival){world->now + delay, *packet};
}

static uint32_t sequence_of(const uint8_t *probe)
{
    const uint8_t *at = probe + 24;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The responder's machine: first its stack, then the responder. */
static void reach_responder(struct world *world, const uint8_t *probe, size_t length, bool tcp)
{
    struct packet_bytes packet = {.length = 0};
    nsec_t delay = ROUND_TRIP_MS * NSEC_PER_MSEC;
    const uint8_t stack[4] = {192, 0, 2, world->stack_address};
    if (!tcp)
        answer_error(&packet, probe, stack, 3, 3, 28);
    else if (world->plain_stack)
        answer_tcp(&packet, probe, TCP_RST | TCP_ACK, 0, sequence_of(probe) + 1);
    bool spoke = packet.length > 0;
    if (spoke)
        arrive(world, delay, &packet);
    if (tcp && spoke && world->forgets_at_rst)
        return;
    int64_t seconds = world->now / NSEC_PER_SEC + world->clock_ahead_s;
    packet.length =
        respond_to(world->respond, world->now, seconds, probe, length, packet.bytes);
    if (packet.length > 0)
        arrive(world, delay, &packet);
}

/* Linux lets six go at once. */
static bool take_token(struct world *world)
{
    enum { BURST = 6 };
    if (world->token_rate == 0)
        return true;
    nsec_t passed = world->now - world->tokens_at;
    world->tokens += (double)passed / (double)NSEC_PER_SEC * world->token_rate;
    world->tokens_at = world->now;
    if (world->tokens > BURST)
        world->tokens = BURST;
    if (world->tokens < 1)
        return false;
    world->tokens--;
    return true;
}

static void reject(struct world *world, const uint8_t *probe, uint8_t code)
{
    static const uint8_t router[4] = {192, 0, 2, 200};
    struct packet_bytes packet = {.length = 0};
    if (!take_token(world))
        return;
    answer_error(&packet, probe, router, 3, code, 28);
    arrive(world, 5 * NSEC_PER_MSEC, &packet);
}

static void send_out(struct world *world, struct net_packet *sent)
{
    struct packet_bytes packet = {.length = 0};
    const uint8_t *probe = sent->bytes;
    nsec_t delay = 5 * NSEC_PER_MSEC;
    bool tcp = probe[9] == 6;
    if (happens(world, world->refusals)) {
        sent->error = -EPERM;
        return;
    }
    if (probe[9] == 1) {
        answer_echo(&packet, probe);
        if (world->answers_ping)
            arrive(world, delay, &packet);
        return;
    }
    switch (world->fates[tcp ? PROTO_TCP : PROTO_UDP][probe[22] << 8 | probe[23]]) {
    case PASSED:
        reach_responder(world, probe, sent->length, tcp);
        return;
    case DROPPED:
        return;
    case REFUSED:
        sent->error = -EPERM;
        return;
    case RESET:
        answer_tcp(&packet, probe, TCP_RST | TCP_ACK, 0, sequence_of(probe) + 1);
        break;
    case FORBIDDEN:
        reject(world, probe, 13);
        return;
    case UNREACHED:
        reject(world, probe, 3);
        return;
    case UNHOSTED:
        reject(world, probe, 1);
        return;
    case PROXIED:
        answer_tcp(&packet, probe, TCP_SYN | TCP_ACK, 7, sequence_of(probe) + 1);
        break;
    }
    arrive(world, delay, &packet);
}

/* Answers do not overtake one another here: the queue is sorted by the time of arrival. */
static int by_time(const void *left, const void *right)
{
    const struct arrival *a = left, *b = right;
    return (a->at > b->at) - (a->at < b->at);
}

static void step(struct world *world, struct engine *engine)
{
    static uint8_t bytes[64][NET_HEADROOM + PACKET_SIZE_MAX];
    struct net_packet packets[64];
    for (size_t i = 0; i < 64; i++)
        packets[i] = (struct net_packet){.bytes = bytes[i] + NET_HEADROOM};
    size_t count = engine_take_probes(engine, world->now, packets, 64), before = world->count;
    for (size_t i = 0; i < count; i++)
        send_out(world, &packets[i]);
    engine_sent(engine, world->now, packets, count);
    if (world->count > before)
        qsort(world->arrivals + world->head, world->count - world->head,
              sizeof *world->arrivals, by_time);
    if (count > 0)
        return;
    nsec_t next = engine_deadline(engine, world->now);
    if (world->head < world->count && world->arrivals[world->head].at < next)
        next = world->arrivals[world->head].at;
    world->now = next > world->now ? next : world->now + NSEC_PER_MSEC;
    while (world->head < world->count && world->arrivals[world->head].at <= world->now) {
        struct arrival *arrival = &world->arrivals[world->head++];
        engine_receive(engine, arrival->at, arrival->packet.bytes, arrival->packet.length);
    }
}

static void open_world(struct world *world)
{
    *world = (struct world){.ports = PORTS,
                            .random = 1,
                            .answers_ping = true,
                            .stack_address = 8,
                            .now = 1000 * NSEC_PER_SEC};
    memset(world->key.bytes, 1, sizeof world->key.bytes);
    world->auditor_key = world->key;
    world->arrivals = calloc(ARRIVALS_MOST, sizeof *world->arrivals);
    assert_non_null(world->arrivals);
    const struct respond_options options = {.key = &world->key, .is_own = is_own};
    struct error error;
    world->respond = respond_new(&options, &error);
    assert_non_null(world->respond);
}

static void close_world(struct world *world)
{
    respond_free(world->respond);
    free(world->arrivals);
}

static void audit(struct world *world)
{
    struct portset ports = {0};
    assert_int_equal(portset_add(&ports, 1, world->ports), 0);
    const struct target target = {
        .address = address("192.0.2.7"),
        .ports = {&ports, &ports},
        .responder = &world->auditor_key,
    };
    struct engine_options options = {
        .seed = 1,
        .max_rate = 20000,
        .miss = 1e-6,
        .deadline = world->now + 600 * NSEC_PER_SEC,
        .limited_budget = 400 * NSEC_PER_SEC,
        .source_port_first = 20000,
        .source_port_count = SOURCE_PORTS,
    };
    cookie_key_from_seed(&options.key, 1);
    struct error error;
    struct engine *engine = engine_new(&options, &target, 1, note, world, &error);
    assert_non_null(engine);
    size_t index;
    assert_true(engine_wants_route(engine, &index));
    const struct net_route route = {.source = address("192.0.2.1")};
    engine_set_route(engine, index, &route, 0);
    int status;
    while (!engine_finished(engine, &status))
        step(world, engine);
    assert_int_equal(status, 0);
    engine_free(engine);
    portset_free(&ports);
}

static void assert_seen(const struct world *world, enum proto proto, uint16_t port,
                        enum port_state state, enum reason reason, enum origin origin)
{
    const struct observation *seen = &world->seen[proto][port];
    assert_string_equal(port_state_name(seen->state), port_state_name(state));
    assert_string_equal(reason_name(seen->reason), reason_name(reason));
    assert_string_equal(origin_name(seen->origin), origin_name(origin));
}

static void assert_all_seen(const struct world *world, enum port_state state,
                            enum reason reason, enum origin origin)
{
    for (int proto = 0; proto < PROTO_COUNT; proto++) {
        for (uint16_t port = 1; port <= PORTS; port++)
            assert_seen(world, (enum proto)proto, port, state, reason, origin);
    }
}

static void what_gets_out_is_open_on_tcp_and_udp_alike(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    audit(&world);
    assert_all_seen(&world, PORT_OPEN, REASON_RESPONDER, ORIGIN_HOST);
    close_world(&world);
}

static void each_way_of_saying_no_is_told_from_the_others(void **state)
{
    (void)state;
    static const struct {
        enum proto proto;
        enum fate fate;
        enum port_state state;
        enum reason reason;
        enum origin origin;
    } rows[] = {
        {PROTO_TCP, DROPPED, PORT_DROPPED, REASON_NO_RESPONSE, ORIGIN_UNKNOWN},
        {PROTO_UDP, DROPPED, PORT_DROPPED, REASON_NO_RESPONSE, ORIGIN_UNKNOWN},
        {PROTO_TCP, RESET, PORT_REJECTED, REASON_RESET, ORIGIN_UPSTREAM},
        {PROTO_TCP, REFUSED, PORT_DROPPED, REASON_LOCAL_FIREWALL, ORIGIN_LOCAL},
        {PROTO_UDP, REFUSED, PORT_DROPPED, REASON_LOCAL_FIREWALL, ORIGIN_LOCAL},
        {PROTO_TCP, FORBIDDEN, PORT_REJECTED, REASON_ADMIN_PROHIBITED, ORIGIN_UPSTREAM},
        {PROTO_UDP, FORBIDDEN, PORT_REJECTED, REASON_ADMIN_PROHIBITED, ORIGIN_UPSTREAM},
        {PROTO_TCP, UNREACHED, PORT_REJECTED, REASON_PORT_UNREACHABLE, ORIGIN_UPSTREAM},
        {PROTO_UDP, UNREACHED, PORT_REJECTED, REASON_PORT_UNREACHABLE, ORIGIN_UPSTREAM},
        {PROTO_UDP, UNHOSTED, PORT_REJECTED, REASON_HOST_UNREACHABLE, ORIGIN_UPSTREAM},
        {PROTO_TCP, PROXIED, PORT_UNKNOWN, REASON_CONFLICT, ORIGIN_UPSTREAM},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world world;
        open_world(&world);
        for (uint16_t port = 1; port <= 20; port++)
            world.fates[rows[i].proto][port] = rows[i].fate;
        audit(&world);
        for (uint16_t port = 1; port <= 20; port++)
            assert_seen(&world, rows[i].proto, port, rows[i].state, rows[i].reason,
                        rows[i].origin);
        for (uint16_t port = 21; port <= PORTS; port++)
            assert_seen(&world, rows[i].proto, port, PORT_OPEN, REASON_RESPONDER, ORIGIN_HOST);
        close_world(&world);
    }
}

static void a_reset_beside_the_signed_answer_confuses_nobody(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world world;
        open_world(&world);
        world.plain_stack = true;
        world.loss = 0.1;
        world.random = seed;
        world.fates[PROTO_TCP][9] = RESET;
        world.fates[PROTO_UDP][9] = DROPPED;
        audit(&world);
        assert_seen(&world, PROTO_TCP, 9, PORT_REJECTED, REASON_RESET, ORIGIN_UPSTREAM);
        assert_seen(&world, PROTO_UDP, 9, PORT_DROPPED, REASON_NO_RESPONSE, ORIGIN_UNKNOWN);
        for (uint16_t port = 10; port <= PORTS; port++) {
            assert_seen(&world, PROTO_TCP, port, PORT_OPEN, REASON_RESPONDER, ORIGIN_HOST);
            assert_seen(&world, PROTO_UDP, port, PORT_OPEN, REASON_RESPONDER, ORIGIN_HOST);
        }
        close_world(&world);
    }
}

static void rejects_under_a_limit_are_told_from_a_sample(void **state)
{
    (void)state;
    const struct {
        enum fate fate;
        enum reason reason;
    } rows[] = {{FORBIDDEN, REASON_ADMIN_PROHIBITED},
                {UNREACHED, REASON_PORT_UNREACHABLE},
                {UNHOSTED, REASON_HOST_UNREACHABLE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;
        open_world(&world);
        world.ports = MANY_PORTS;
        world.token_rate = 1;
        for (uint16_t port = 21; port <= MANY_PORTS; port++)
            world.fates[PROTO_UDP][port] = rows[i].fate;
        audit(&world);
        unsigned sampled = 0, told = 0;
        for (uint16_t port = 21; port <= MANY_PORTS; port++) {
            const struct observation *seen = &world.seen[PROTO_UDP][port];
            assert_int_equal(seen->state, PORT_REJECTED);
            assert_int_equal(seen->origin, ORIGIN_UPSTREAM);
            sampled += seen->reason == rows[i].reason;
            told += seen->reason == REASON_RATE_LIMITED;
        }
        assert_in_range(sampled, 299, 330);
        assert_int_equal(sampled + told, MANY_PORTS - 20);
        for (uint16_t port = 1; port <= 20; port++)
            assert_seen(&world, PROTO_UDP, port, PORT_OPEN, REASON_RESPONDER, ORIGIN_HOST);
        close_world(&world);
    }
}

static void tcp_without_any_signed_answer_is_never_called_rejected(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world.plain_stack = world.forgets_at_rst = true;
    audit(&world);
    for (uint16_t port = 1; port <= PORTS; port++) {
        assert_seen(&world, PROTO_TCP, port, PORT_UNKNOWN, REASON_UNSIGNED, ORIGIN_UNKNOWN);
        assert_seen(&world, PROTO_UDP, port, PORT_OPEN, REASON_RESPONDER, ORIGIN_HOST);
    }
    close_world(&world);
}

static void tcp_that_is_dropped_throughout_is_not_called_dropped(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    for (uint16_t port = 1; port <= PORTS; port++)
        world.fates[PROTO_TCP][port] = DROPPED;
    audit(&world);
    assert_seen(&world, PROTO_TCP, 1, PORT_UNKNOWN, REASON_UNSIGNED, ORIGIN_UNKNOWN);
    assert_seen(&world, PROTO_UDP, 1, PORT_OPEN, REASON_RESPONDER, ORIGIN_HOST);
    close_world(&world);
}

/* As a full connection table does. */
static void refusals_at_random_are_no_rule(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world world;
        open_world(&world);
        world.random = seed;
        world.refusals = 0.3;
        for (uint16_t port = 1; port <= 20; port++)
            world.fates[PROTO_UDP][port] = REFUSED;
        audit(&world);
        for (uint16_t port = 1; port <= 20; port++)
            assert_seen(&world, PROTO_UDP, port, PORT_UNKNOWN, REASON_SEND_FAILED,
                        ORIGIN_LOCAL);
        for (uint16_t port = 1; port <= PORTS; port++)
            assert_int_not_equal(world.seen[PROTO_TCP][port].state, PORT_DROPPED);
        close_world(&world);
    }
}

static void a_wrong_key_is_unknown_and_told(void **state)
{
    (void)state;
    for (int pings = 0; pings < 2; pings++) {
        struct world world;
        open_world(&world);
        world.answers_ping = pings;
        memset(world.auditor_key.bytes, 2, sizeof world.auditor_key.bytes);
        audit(&world);
        assert_all_seen(&world, PORT_UNKNOWN, REASON_WRONG_KEY, ORIGIN_UNKNOWN);
        close_world(&world);
    }
}

static void probes_that_the_machine_itself_refuses_got_there(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world.stack_address = 7;
    memset(world.auditor_key.bytes, 2, sizeof world.auditor_key.bytes);
    audit(&world);
    assert_all_seen(&world, PORT_UNKNOWN, REASON_WRONG_KEY, ORIGIN_HOST);
    close_world(&world);
}

static void clocks_that_are_far_apart_make_nothing_dropped(void **state)
{
    (void)state;
    for (int64_t ahead = -SIGNATURE_LIFE_S - 2; ahead < 20; ahead += 2 * SIGNATURE_LIFE_S + 4) {
        struct world world;
        open_world(&world);
        world.clock_ahead_s = ahead;
        audit(&world);
        assert_all_seen(&world, PORT_UNKNOWN, REASON_WRONG_KEY, ORIGIN_UNKNOWN);
        close_world(&world);
    }
}

static void a_machine_that_does_not_answer_at_all_is_silent(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world.answers_ping = false;
    for (uint16_t port = 1; port <= PORTS; port++)
        world.fates[PROTO_TCP][port] = world.fates[PROTO_UDP][port] = DROPPED;
    audit(&world);
    assert_all_seen(&world, PORT_UNKNOWN, REASON_HOST_SILENT, ORIGIN_UNKNOWN);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_gets_out_is_open_on_tcp_and_udp_alike),
        cmocka_unit_test(each_way_of_saying_no_is_told_from_the_others),
        cmocka_unit_test(a_reset_beside_the_signed_answer_confuses_nobody),
        cmocka_unit_test(rejects_under_a_limit_are_told_from_a_sample),
        cmocka_unit_test(tcp_without_any_signed_answer_is_never_called_rejected),
        cmocka_unit_test(tcp_that_is_dropped_throughout_is_not_called_dropped),
        cmocka_unit_test(refusals_at_random_are_no_rule),
        cmocka_unit_test(a_wrong_key_is_unknown_and_told),
        cmocka_unit_test(probes_that_the_machine_itself_refuses_got_there),
        cmocka_unit_test(clocks_that_are_far_apart_make_nothing_dropped),
        cmocka_unit_test(a_machine_that_does_not_answer_at_all_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
