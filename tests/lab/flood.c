/* Floods a responder with packets that look like probes and are not signed with its key.
 *
 *     flood TARGET SECONDS [KEY]
 *
 * Half of them are SYNs, half datagrams, to ports all over the range; every one is sent as
 * fast as the kernel takes them. At the end it says how many left, as "SENT RATE". With a
 * KEY file the tags are signed with that one. */
#include "probes/probes.h"
#include "scanner/clock.h"
#include "scanner/commands/key_file.h"
#include "scanner/network/net_live.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Made once, because signing takes longer than sending. */
enum { PACKETS = 16384 };

struct flood {
    struct net *net;
    struct addr target;
    struct net_route route;
    struct responder_key key;
    struct template *syn, *udp;
    uint8_t bytes[PACKETS][NET_HEADROOM + PACKET_SIZE_MAX];
    struct net_packet packets[PACKETS];
    uint64_t sent;
};

static nsec_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * NSEC_PER_SEC + time.tv_nsec;
}

static void write_packet(struct flood *flood, uint32_t number)
{
    uint16_t port = (uint16_t)(1 + number * 4 % 65535);
    struct syn_tag tag;
    uint8_t datagram[SIGNATURE_DATAGRAM_SIZE];
    uint8_t nonce[SIGNATURE_NONCE_SIZE] = {(uint8_t)number, (uint8_t)(number >> 8)};
    struct probe_fields fields = {
        .source = &flood->route.source,
        .target = &flood->target,
        .source_port = (uint16_t)(1024 + number % 60000),
        .port = port,
    };
    const struct template *template = number % 2 ? flood->syn : flood->udp;
    if (number % 2) {
        tag = signature_tag_syn(&flood->key, port, number, time(NULL));
        fields.cookie.sequence = tag.sequence;
        fields.stamp.timestamp = tag.timestamp;
        fields.stamp.digest = tag.digest;
    } else {
        signature_tag_udp(&flood->key, port, nonce, time(NULL), datagram);
        fields.transaction = datagram;
        fields.transaction_length = sizeof datagram;
    }
    uint8_t *bytes = flood->bytes[number] + NET_HEADROOM;
    flood->packets[number].bytes = bytes;
    flood->packets[number].route = flood->route.id;
    flood->packets[number].length = (uint16_t)template_write(template, &fields, bytes);
    /* A wrong checksum: the stack beside the responder need not answer, which slows us down. */
    size_t header = flood->target.family == ADDR_IPV4 ? 20 : 40;
    bytes[header + (number % 2 ? 16 : 6)] ^= 0x55;
}

static int send_all(struct flood *flood)
{
    if (flood->net->send(flood->net, flood->packets, PACKETS) < 0)
        return -1;
    for (size_t i = 0; i < PACKETS; i++)
        flood->sent += flood->packets[i].error == 0;
    return 0;
}

static int open_flood(struct flood *flood, struct error *error)
{
    static const uint8_t blank[SIGNATURE_DATAGRAM_SIZE];
    const struct net_live_options options = {.capture_bytes = 1 << 20};
    enum addr_family family = flood->target.family;
    flood->syn = template_new(family, TEMPLATE_SYN_SIGNED, NULL, 0, error);
    flood->udp = template_new(family, TEMPLATE_UDP, blank, sizeof blank, error);
    if (!flood->syn || !flood->udp)
        return -1;
    if (net_live_open(&flood->net, &options, error) < 0)
        return -1;
    return flood->net->route(flood->net, &flood->target, &flood->route);
}

static double run(struct flood *flood, long seconds)
{
    nsec_t started = now(), until = started + seconds * NSEC_PER_SEC;
    for (uint32_t i = 0; i < PACKETS; i++)
        write_packet(flood, i);
    while (now() < until && send_all(flood) == 0)
        continue;
    return (double)flood->sent / ((double)(now() - started) / (double)NSEC_PER_SEC);
}

int main(int argc, char **argv)
{
    static struct flood flood;
    struct error error = {.text = "flood TARGET SECONDS [KEY]"};
    if (argc < 3 || argc > 4 || addr_parse(&flood.target, argv[1]) < 0 ||
        (argc == 4 && key_file_read(&flood.key, argv[3], &error) < 0) ||
        open_flood(&flood, &error) < 0) {
        fprintf(stderr, "%s\n", error.text);
        return 64;
    }
    if (argc == 3)
        responder_key_draw(&flood.key);
    double rate = run(&flood, strtol(argv[2], NULL, 10));
    printf("%" PRIu64 " %.0f\n", flood.sent, rate);
    flood.net->close(flood.net);
    template_free(flood.syn);
    template_free(flood.udp);
    return 0;
}
