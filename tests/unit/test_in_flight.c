/* Answers to a probe in flight: every combination of TCP flags with every kind of
 * acknowledgement, and every ICMP error. What shows no knowledge of the probe changes nothing
 * in the engine; valid answers that contradict each other are a conflict. And a SYN-ACK that is
 * the only answer in a run that ends with it is not enough. */
#include "scanner/engine/engine.h"
#include "tests/unit/answers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PORT = 80, SOURCE_PORT = 61000, PACKETS = 8, TCP = 6 };

static const nsec_t start = NSEC_PER_SEC;

struct flight {
    struct portset ports;
    struct target target;
    struct engine *engine;
    uint8_t probe[PACKET_SIZE_MAX]; /* the SYN */
    nsec_t now;
    struct observation seen; /* of the port, in the end */
};

static int keep(void *context, const struct host_observation *host)
{
    struct flight *flight = context;
    assert_int_equal(host->count, 1);
    flight->seen = host->items[0];
    return 0;
}

static void send_probes(struct flight *flight)
{
    uint8_t rooms[PACKETS][NET_HEADROOM + PACKET_SIZE_MAX];
    struct net_packet packets[PACKETS];
    for (size_t i = 0; i < PACKETS; i++)
        packets[i] = (struct net_packet){.bytes = rooms[i] + NET_HEADROOM};
    size_t count = engine_take_probes(flight->engine, flight->now, packets, PACKETS);
    for (size_t i = 0; i < count; i++) {
        if (packets[i].bytes[is_ipv6(packets[i].bytes) ? 6 : 9] == TCP)
            memcpy(flight->probe, packets[i].bytes, packets[i].length);
    }
    engine_sent(flight->engine, flight->now, packets, count);
}

static void begin(struct flight *flight, const char *target, const char *prober)
{
    *flight = (struct flight){.now = start};
    assert_int_equal(addr_parse(&flight->target.address, target), 0);
    assert_int_equal(portset_add(&flight->ports, PORT, PORT), 0);
    flight->target.ports[PROTO_TCP] = &flight->ports;
    struct engine_options options = {
        .seed = 1,
        .miss = 1e-6,
        .deadline = NSEC_NEVER,
        .source_port_first = SOURCE_PORT,
        .source_port_count = 1,
    };
    cookie_key_from_seed(&options.key, 1);
    struct error error;
    flight->engine = engine_new(&options, &flight->target, 1, keep, flight, &error);
    assert_non_null(flight->engine);
    struct net_route route = {0};
    size_t number;
    assert_int_equal(addr_parse(&route.source, prober), 0);
    assert_true(engine_wants_route(flight->engine, &number));
    engine_set_route(flight->engine, number, &route, 0);
    send_probes(flight);
    assert_int_not_equal(flight->probe[0], 0);
}

static void end(struct flight *flight)
{
    engine_free(flight->engine);
    portset_free(&flight->ports);
}

static bool believed(struct flight *flight, const struct packet_bytes *packet)
{
    struct engine_totals before, after;
    engine_totals(flight->engine, &before);
    engine_receive(flight->engine, ++flight->now, packet->bytes, packet->length);
    engine_totals(flight->engine, &after);
    assert_true(after.received > before.received || after.decided == before.decided);
    return after.received > before.received;
}

static uint32_t sequence_of(const uint8_t *probe)
{
    const uint8_t *at = probe + header_length(probe) + 4;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static const char *const ends[][2] = {{"192.0.2.1", "192.0.2.9"},
                                      {"2001:db8::1", "2001:db8::9"}};

static void no_flags_make_up_for_a_wrong_acknowledgement(void **state)
{
    (void)state;
    for (size_t family = 0; family < 2; family++) {
        struct flight flight;
        begin(&flight, ends[family][0], ends[family][1]);
        uint32_t sequence = sequence_of(flight.probe);
        const uint32_t wrong[] = {0,
                                  1,
                                  UINT32_MAX,
                                  sequence - 1,
                                  sequence + 2,
                                  sequence + 0x10000,
                                  sequence ^ 0x80000000,
                                  ~sequence,
                                  sequence << 16 | sequence >> 16};
        const uint32_t own[] = {0, sequence, sequence + 1}; /* what the forger calls his own */
        struct packet_bytes packet;
        for (unsigned flags = 0; flags < 0x1000; flags++) { /* reserved ones too */
            for (size_t i = 0; i < 27; i++) {
                answer_tcp(&packet, flight.probe, flags, own[i % 3], wrong[i / 3]);
                assert_false(believed(&flight, &packet));
            }
        }
        end(&flight);
    }
}

/* As the probe's sender alone can be told: SYN-ACK and RST, with an acknowledgement. */
static void only_answers_are_believed_with_the_right_acknowledgement(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 0x100; flags++) {
        struct flight flight;
        struct packet_bytes packet;
        begin(&flight, ends[0][0], ends[0][1]);
        answer_tcp(&packet, flight.probe, flags, 7, sequence_of(flight.probe) + 1);
        unsigned said = flags & (TCP_SYN | TCP_RST | TCP_ACK | TCP_FIN);
        bool is_answer = said == (TCP_SYN | TCP_ACK) || said == (TCP_RST | TCP_ACK);
        assert_int_equal(believed(&flight, &packet), is_answer);
        end(&flight);
    }
}

static void no_icmp_error_about_another_probe_is_believed(void **state)
{
    (void)state;
    for (size_t family = 0; family < 2; family++) {
        struct flight flight;
        struct packet_bytes packet;
        begin(&flight, ends[family][0], ends[family][1]);
        size_t transport = header_length(flight.probe);
        for (unsigned kind = 0; kind < 0x10000; kind++) { /* every type and code */
            uint8_t probe[PACKET_SIZE_MAX];
            memcpy(probe, flight.probe, sizeof probe);
            probe[transport + 4 + kind % 4] ^= (uint8_t)(1 + kind % 255); /* its number */
            answer_error(&packet, probe, NULL, (uint8_t)(kind >> 8), (uint8_t)kind,
                         transport + 8);
            assert_false(believed(&flight, &packet));
        }
        answer_error(&packet, flight.probe, NULL, family ? 1 : 3, 1, transport + 8);
        assert_true(believed(&flight, &packet));
        end(&flight);
    }
}

static void valid_answers_that_contradict_are_a_conflict(void **state)
{
    (void)state;
    static const struct {
        unsigned first, second; /* flags; 0: ICMP administratively prohibited */
        bool open_seen;
    } rows[] = {
        {TCP_SYN | TCP_ACK, TCP_RST | TCP_ACK, true},
        {TCP_RST | TCP_ACK, TCP_SYN | TCP_ACK, true},
        {TCP_SYN | TCP_ACK, 0, true},
        {0, TCP_SYN | TCP_ACK, true},
        {TCP_RST | TCP_ACK, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct flight flight;
        struct packet_bytes packet;
        begin(&flight, ends[0][0], ends[0][1]);
        for (int j = 0; j < 2; j++) {
            unsigned flags = j ? rows[i].second : rows[i].first;
            if (flags)
                answer_tcp(&packet, flight.probe, flags, 7, sequence_of(flight.probe) + 1);
            else
                answer_error(&packet, flight.probe, NULL, 3, 13,
                             header_length(flight.probe) + 8);
            assert_true(believed(&flight, &packet));
        }
        engine_stop(flight.engine, flight.now, REASON_DEADLINE);
        assert_int_equal(flight.seen.state, PORT_UNKNOWN);
        assert_int_equal(flight.seen.reason, REASON_CONFLICT);
        assert_int_equal(flight.seen.open_seen, rows[i].open_seen);
        end(&flight);
    }
}

/* ---- whether a yes means anything ---- */

static void answer_as(struct flight *flight, unsigned flags)
{
    struct packet_bytes packet;
    answer_tcp(&packet, flight->probe, flags, 7, sequence_of(flight->probe) + 1);
    assert_true(believed(flight, &packet));
}

static void stop(struct flight *flight, enum port_state state, enum reason reason)
{
    engine_stop(flight->engine, flight->now, REASON_INTERRUPTED);
    assert_int_equal(flight->seen.state, state);
    assert_int_equal(flight->seen.reason, reason);
    assert_true(addr_equal(&flight->seen.by, &flight->target.address));
    assert_false(flight->seen.open_seen);
    end(flight);
}

static void syn_ack_alone_is_no_open_port(void **state)
{
    (void)state;
    struct flight flight;
    begin(&flight, ends[0][0], ends[0][1]);
    answer_as(&flight, TCP_SYN | TCP_ACK);
    stop(&flight, PORT_UNKNOWN, REASON_INTERRUPTED);
}

static void with_a_random_port_that_refuses_it_is(void **state)
{
    (void)state;
    for (size_t family = 0; family < 2; family++) {
        struct flight flight;
        begin(&flight, ends[family][0], ends[family][1]);
        answer_as(&flight, TCP_SYN | TCP_ACK);
        send_probes(&flight);
        answer_as(&flight, TCP_RST | TCP_ACK);
        stop(&flight, PORT_OPEN, REASON_SYN_ACK);
    }
}

static void with_one_that_answers_likewise_it_is_not(void **state)
{
    (void)state;
    struct flight flight;
    begin(&flight, ends[0][0], ends[0][1]);
    for (int i = 0; i < 2; i++, send_probes(&flight))
        answer_as(&flight, TCP_SYN | TCP_ACK);
    stop(&flight, PORT_UNKNOWN, REASON_INTERRUPTED);
}

static void a_router_that_finds_the_host_gone_refuses_nothing_in_its_place(void **state)
{
    (void)state;
    static const uint8_t router[4] = {198, 51, 100, 1};
    for (int by_host = 0; by_host < 2; by_host++) {
        struct flight flight;
        struct packet_bytes packet;
        begin(&flight, ends[0][0], ends[0][1]);
        answer_as(&flight, TCP_SYN | TCP_ACK);
        send_probes(&flight);
        answer_error(&packet, flight.probe, by_host ? NULL : router, 3, 1,
                     header_length(flight.probe) + 8);
        assert_true(believed(&flight, &packet));
        if (by_host)
            stop(&flight, PORT_OPEN, REASON_SYN_ACK);
        else
            stop(&flight, PORT_UNKNOWN, REASON_INTERRUPTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_flags_make_up_for_a_wrong_acknowledgement),
        cmocka_unit_test(only_answers_are_believed_with_the_right_acknowledgement),
        cmocka_unit_test(no_icmp_error_about_another_probe_is_believed),
        cmocka_unit_test(valid_answers_that_contradict_are_a_conflict),
        cmocka_unit_test(syn_ack_alone_is_no_open_port),
        cmocka_unit_test(with_a_random_port_that_refuses_it_is),
        cmocka_unit_test(with_one_that_answers_likewise_it_is_not),
        cmocka_unit_test(a_router_that_finds_the_host_gone_refuses_nothing_in_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
