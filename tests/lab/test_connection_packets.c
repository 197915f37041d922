/* What is seen of connections on the loopback interface of a namespace: ours, once each, and
 * nothing of others; and that what there was no room for is counted. */
#include "scanner/commands/connection_packets.h"
#include "tests/lab/live_pair.h"
#include "tests/lab/live_run.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { SKIPPED = 77, OTHER_PORT = 9, FLOOD = 40000 };

struct seen {
    unsigned sent, received;
};

static void count(void *context, nsec_t at, bool sent, const uint8_t *bytes, size_t length)
{
    struct seen *seen = context;
    (void)at, (void)bytes, (void)length;
    seen->sent += sent;
    seen->received += !sent;
}

/* A datagram socket on one of the ports that are captured, and what it would send to itself. */
struct scene {
    struct connection_packets packets;
    struct seen seen;
    uint16_t port;
    int fd;
};

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void begin(struct scene *scene)
{
    struct error error = {""};
    *scene = (struct scene){.packets = {.packet = count}};
    scene->packets.context = &scene->seen;
    if (connection_packets_open(&scene->packets, NULL, true, &error) < 0)
        fail_msg("%s", error.text);
    scene->port = connect_ports_draw(scene->packets.watch.ports);
    scene->fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in name = loopback(scene->port);
    assert_true(scene->fd >= 0);
    assert_int_equal(bind(scene->fd, (struct sockaddr *)&name, sizeof name), 0);
    connection_packets_begin(&scene->packets);
}

static void end(struct scene *scene)
{
    close(scene->fd);
    connection_packets_close(&scene->packets);
}

static void send_datagram(const struct scene *scene)
{
    struct sockaddr_in to = loopback(OTHER_PORT);
    (void)!sendto(scene->fd, "who", 3, 0, (struct sockaddr *)&to, sizeof to);
}

static void note(struct scene *scene)
{
    const struct addr here = live_address("127.0.0.1");
    const struct connection connection = {PROTO_UDP, here, here, scene->port, OTHER_PORT};
    connect_ports_note(scene->packets.watch.ports, &connection);
}

/* Nobody listens there, so that an error comes back. */
static void a_connection_is_seen_both_ways(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    note(&scene);
    send_datagram(&scene);
    connection_packets_end(&scene.packets);
    assert_int_equal(scene.seen.sent, 1);
    assert_int_equal(scene.seen.received, 1);
    assert_int_equal(scene.packets.dropped, 0);
    assert_false(scene.packets.broken);
    end(&scene);
}

static void what_others_send_from_these_ports_is_not_seen(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    send_datagram(&scene);
    connection_packets_end(&scene.packets);
    assert_int_equal(scene.seen.sent + scene.seen.received, 0);
    end(&scene);
}

static void packets_without_room_are_counted(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    for (int i = 0; i < FLOOD; i++)
        send_datagram(&scene);
    connection_packets_end(&scene.packets);
    assert_true(scene.packets.dropped > 0);
    end(&scene);
}

/* They were no loss to anybody. */
static void packets_before_there_were_connections_are_not(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    for (int i = 0; i < FLOOD; i++)
        send_datagram(&scene);
    connection_packets_begin(&scene.packets);
    connection_packets_end(&scene.packets);
    assert_int_equal(scene.packets.dropped, 0);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_seen_both_ways),
        cmocka_unit_test(what_others_send_from_these_ports_is_not_seen),
        cmocka_unit_test(packets_without_room_are_counted),
        cmocka_unit_test(packets_before_there_were_connections_are_not),
    };
    const char *obstacle = live_pair_obstacle();
    if (obstacle) {
        printf("SKIPPED: %s\n", obstacle);
        return SKIPPED;
    }
    struct live_pair pair;
    bool made = live_pair_make(&pair) && live_pair_here("ip link set lo up");
    int failed = made ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    live_pair_end(&pair);
    return failed;
}
