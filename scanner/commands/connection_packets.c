#include "scanner/commands/connection_packets.h"

#include "scanner/network/source_ports.h"

#include <string.h>

/* Room for some ten thousand packets. */
enum { CAPTURE_BYTES = 4 << 20 };
/* Reads in a row, so that a flood does not keep connections waiting. */
enum { READS_MOST = 4 };

static void take_packet(void *context, nsec_t at, const uint8_t *bytes, size_t length,
                        bool loopback)
{
    struct connection_packets *packets = context;
    enum connect_side side = connect_ports_side(packets->watch.ports, at, bytes, length);
    (void)loopback;
    if (side != CONNECT_FOREIGN)
        packets->packet(packets->context, at, side == CONNECT_SENT, bytes, length);
}

static void look(void *context)
{
    struct connection_packets *packets = context;
    int count = 1;
    for (int reads = 0; count > 0 && reads < READS_MOST; reads++)
        count = capture_read(packets->capture, take_packet, packets);
    packets->broken = packets->broken || count < 0;
}

int connection_packets_open(struct connection_packets *packets, const struct net *net,
                            bool with_udp, struct error *error)
{
    struct port_range taken = {0, 0};
    if (net) {
        taken.first = net->source_port_first;
        taken.last = (uint16_t)(net->source_port_first + net->source_port_count - 1);
    }
    const struct capture_ports ports = {source_ports_suggest(CONNECT_PORTS, taken),
                                        CONNECT_PORTS, with_udp};
    struct cookie_key key; /* whoever can guess our ports can answer in another's place */
    uint64_t seed;
    cookie_key_draw(&key);
    memcpy(&seed, key.bytes, sizeof seed);
    packets->watch = (struct connect_watch){
        .ports = connect_ports_new(ports.first, seed), .look = look, .context = packets};
    if (!packets->watch.ports)
        return error_no_memory(error);
    return capture_open_both_ways(&packets->capture, &ports, CAPTURE_BYTES, error);
}

void connection_packets_close(struct connection_packets *packets)
{
    capture_close(packets->capture);
    connect_ports_free(packets->watch.ports);
    packets->capture = NULL;
    packets->watch.ports = NULL;
}

const struct connect_watch *connection_packets_watch(const struct connection_packets *packets)
{
    return packets->capture ? &packets->watch : NULL;
}

uint64_t connection_packets_strays(const struct connection_packets *packets)
{
    return packets->capture ? connect_ports_strays(packets->watch.ports) : 0;
}

void connection_packets_begin(struct connection_packets *packets)
{
    if (!packets->capture)
        return;
    look(packets);
    packets->dropped_before = capture_dropped(packets->capture);
}

void connection_packets_end(struct connection_packets *packets)
{
    if (!packets->capture)
        return;
    look(packets);
    packets->dropped += capture_dropped(packets->capture) - packets->dropped_before;
}
