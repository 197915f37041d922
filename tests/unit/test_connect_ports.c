#include "scanner/connect/connect_ports.h"

#include "answers.h"
#include "probe_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const enum addr_family families[] = {ADDR_IPV4, ADDR_IPV6};
enum { FAMILIES = 2, FIRST = PROBE_SOURCE_PORT - 10 };

enum { ICMP_UNREACHABLE = 3, ICMPV6_UNREACHABLE = 1 };
#define LATER NSEC_PER_SEC

/* A connection from the probe's port to where the probe goes, and its first packet. */
struct scene {
    struct connect_ports *ports;
    struct connection connection;
    uint8_t packet[PACKET_SIZE_MAX];
    size_t length;
};

static void begin(struct scene *scene, enum addr_family family, enum template_kind kind)
{
    bool udp = kind == TEMPLATE_UDP;
    scene->ports = connect_ports_new(FIRST, 7);
    assert_non_null(scene->ports);
    scene->length = probe_write(family, kind, "who", udp ? 3 : 0, scene->packet);
    scene->connection = (struct connection){
        .proto = udp ? PROTO_UDP : PROTO_TCP,
        .own = probe_address(family, 1),
        .other = probe_address(family, 2),
        .own_port = PROBE_SOURCE_PORT,
        .other_port = PROBE_PORT,
    };
}

static enum connect_side side_of_first(struct scene *scene)
{
    return connect_ports_side(scene->ports, LATER, scene->packet, scene->length);
}

static enum connect_side side(struct scene *scene, const struct packet_bytes *packet)
{
    return connect_ports_side(scene->ports, LATER, packet->bytes, packet->length);
}

static void packets_of_a_connection_are_ours_each_way(void **state)
{
    (void)state;
    static const enum template_kind kinds[] = {TEMPLATE_SYN, TEMPLATE_UDP};
    for (size_t i = 0; i < 2 * FAMILIES; i++) {
        struct scene scene;
        struct packet_bytes answer;
        begin(&scene, families[i / 2], kinds[i % 2]);
        connect_ports_note(scene.ports, &scene.connection);
        assert_int_equal(side_of_first(&scene), CONNECT_SENT);
        if (kinds[i % 2] == TEMPLATE_UDP)
            answer_udp(&answer, scene.packet, "me", 2);
        else
            answer_tcp(&answer, scene.packet, TCP_SYN | TCP_ACK, 1, 2);
        assert_int_equal(side(&scene, &answer), CONNECT_RECEIVED);
        connect_ports_free(scene.ports);
    }
}

static void an_error_about_it_is_ours_whoever_sends_it(void **state)
{
    (void)state;
    const uint8_t router[16] = {10, 9, 8, 7};
    for (size_t i = 0; i < FAMILIES; i++) {
        struct scene scene;
        struct packet_bytes error;
        begin(&scene, families[i], TEMPLATE_SYN);
        answer_error(&error, scene.packet, router,
                     families[i] == ADDR_IPV4 ? ICMP_UNREACHABLE : ICMPV6_UNREACHABLE, 1,
                     scene.length);
        assert_int_equal(side(&scene, &error), CONNECT_FOREIGN);
        connect_ports_note(scene.ports, &scene.connection);
        assert_int_equal(side(&scene, &error), CONNECT_RECEIVED);
        connect_ports_free(scene.ports);
    }
}

/* Each of the others differs in one thing. */
static void a_packet_between_other_ends_is_foreign(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAMILIES; i++) {
        struct scene scene;
        struct packet_bytes answer;
        begin(&scene, families[i], TEMPLATE_SYN);
        struct connection others[5];
        for (size_t j = 0; j < 5; j++)
            others[j] = scene.connection;
        others[0].own_port++;
        others[1].other_port++;
        others[2].own.bytes[3] ^= 1;
        others[3].other.bytes[3] ^= 1;
        others[4].proto = PROTO_UDP;
        answer_tcp(&answer, scene.packet, TCP_RST, 1, 2);
        for (size_t j = 0; j < 5; j++) {
            connect_ports_free(scene.ports);
            scene.ports = connect_ports_new(FIRST, 7);
            assert_non_null(scene.ports);
            connect_ports_note(scene.ports, &others[j]);
            assert_int_equal(side_of_first(&scene), CONNECT_FOREIGN);
            assert_int_equal(side(&scene, &answer), CONNECT_FOREIGN);
        }
        connect_ports_free(scene.ports);
    }
}

static void only_the_latest_connection_from_a_port_counts(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, ADDR_IPV4, TEMPLATE_SYN);
    struct connection next = scene.connection;
    next.other_port++;
    connect_ports_note(scene.ports, &scene.connection);
    connect_ports_note(scene.ports, &next);
    assert_int_equal(side_of_first(&scene), CONNECT_FOREIGN);
    connect_ports_note(scene.ports, &scene.connection);
    assert_int_equal(side_of_first(&scene), CONNECT_SENT);
    connect_ports_free(scene.ports);
}

/* By somebody who was given the port after us. */
static void another_one_between_the_same_ends_is_foreign(void **state)
{
    (void)state;
    static const enum template_kind kinds[] = {TEMPLATE_SYN, TEMPLATE_UDP};
    for (size_t i = 0; i < 2; i++) {
        struct scene scene;
        struct packet_bytes answer;
        begin(&scene, ADDR_IPV4, kinds[i]);
        connect_ports_note(scene.ports, &scene.connection);
        assert_int_equal(side_of_first(&scene), CONNECT_SENT);
        scene.packet[kinds[i] == TEMPLATE_UDP ? 28 : 24] ^= 1; /* payload; sequence number */
        assert_int_equal(side_of_first(&scene), CONNECT_FOREIGN);
        if (kinds[i] == TEMPLATE_UDP)
            answer_udp(&answer, scene.packet, "me", 2);
        else
            answer_tcp(&answer, scene.packet, TCP_SYN | TCP_ACK, 1, 2);
        assert_int_equal(side(&scene, &answer), CONNECT_FOREIGN);
        connect_ports_note(scene.ports, &scene.connection);
        assert_int_equal(side_of_first(&scene), CONNECT_SENT);
        connect_ports_free(scene.ports);
    }
}

static void a_scope_is_nothing_that_packets_have(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, ADDR_IPV6, TEMPLATE_SYN);
    scene.connection.own.scope = scene.connection.other.scope = 3;
    connect_ports_note(scene.ports, &scene.connection);
    assert_int_equal(side_of_first(&scene), CONNECT_SENT);
    connect_ports_free(scene.ports);
}

static void a_packet_on_two_interfaces_is_ours_once(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, ADDR_IPV4, TEMPLATE_SYN);
    connect_ports_note(scene.ports, &scene.connection);
    assert_int_equal(side_of_first(&scene), CONNECT_SENT);
    assert_int_equal(side_of_first(&scene), CONNECT_FOREIGN);
    connect_ports_free(scene.ports);
}

static void a_packet_that_is_sent_again_is_ours_again(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, ADDR_IPV4, TEMPLATE_SYN);
    connect_ports_note(scene.ports, &scene.connection);
    assert_int_equal(side_of_first(&scene), CONNECT_SENT);
    assert_int_equal(connect_ports_side(scene.ports, 2 * LATER, scene.packet, scene.length),
                     CONNECT_SENT);
    connect_ports_free(scene.ports);
}

static void echo_and_what_makes_no_sense_are_foreign(void **state)
{
    (void)state;
    struct scene scene;
    struct packet_bytes echo;
    uint8_t probe[PACKET_SIZE_MAX];
    begin(&scene, ADDR_IPV4, TEMPLATE_SYN);
    connect_ports_note(scene.ports, &scene.connection);
    (void)probe_write(ADDR_IPV4, TEMPLATE_ECHO, NULL, 0, probe);
    answer_echo(&echo, probe);
    assert_int_equal(side(&scene, &echo), CONNECT_FOREIGN);
    for (size_t length = 0; length < 40; length++)
        assert_int_equal(connect_ports_side(scene.ports, LATER, scene.packet, length),
                         CONNECT_FOREIGN);
    connect_ports_free(scene.ports);
}

static void all_ports_are_drawn_and_no_others(void **state)
{
    (void)state;
    struct connect_ports *ports = connect_ports_new(FIRST, 7);
    bool drawn[CONNECT_PORTS] = {false};
    assert_non_null(ports);
    for (int i = 0; i < 20 * CONNECT_PORTS; i++) {
        uint16_t port = connect_ports_draw(ports);
        assert_in_range(port, FIRST, FIRST + CONNECT_PORTS - 1);
        drawn[port - FIRST] = true;
    }
    for (size_t i = 0; i < CONNECT_PORTS; i++)
        assert_true(drawn[i]);
    connect_ports_free(ports);
}

static void a_connection_from_another_port_is_a_stray(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, ADDR_IPV4, TEMPLATE_SYN);
    connect_ports_note(scene.ports, &scene.connection);
    assert_int_equal(connect_ports_strays(scene.ports), 0);
    scene.connection.own_port = FIRST - 1;
    connect_ports_note(scene.ports, &scene.connection);
    scene.connection.own_port = FIRST + CONNECT_PORTS;
    connect_ports_note(scene.ports, &scene.connection);
    assert_int_equal(connect_ports_strays(scene.ports), 2);
    connect_ports_free(scene.ports);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_of_a_connection_are_ours_each_way),
        cmocka_unit_test(an_error_about_it_is_ours_whoever_sends_it),
        cmocka_unit_test(a_packet_between_other_ends_is_foreign),
        cmocka_unit_test(only_the_latest_connection_from_a_port_counts),
        cmocka_unit_test(another_one_between_the_same_ends_is_foreign),
        cmocka_unit_test(a_scope_is_nothing_that_packets_have),
        cmocka_unit_test(a_packet_on_two_interfaces_is_ours_once),
        cmocka_unit_test(a_packet_that_is_sent_again_is_ours_again),
        cmocka_unit_test(echo_and_what_makes_no_sense_are_foreign),
        cmocka_unit_test(all_ports_are_drawn_and_no_others),
        cmocka_unit_test(a_connection_from_another_port_is_a_stray),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
