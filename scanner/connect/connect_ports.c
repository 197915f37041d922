#include "scanner/connect/connect_ports.h"

#include "probes/checksum.h"
#include "probes/packet.h"
#include "scanner/engine/random.h"

#include <stdlib.h>

/* The same packet on another interface comes sooner than this; one that is sent again without
 * a change comes later (RFC 6298, 2.4 and what Linux makes of it: 200 ms). */
#define COPY_DISTANCE (100 * NSEC_PER_MSEC)

enum direction { DIRECTION_IN, DIRECTION_OUT, DIRECTION_COUNT };

struct slot {
    struct connection connection; /* addresses without scope, as packets have them */
    bool begun;                   /* its first packet was seen, with this in it: */
    uint64_t beginning;
    struct {
        uint64_t digest;
        nsec_t at;
    } latest[DIRECTION_COUNT]; /* packet each way */
};

struct connect_ports {
    uint16_t first;
    uint64_t random, strays;
    struct slot slots[PROTO_COUNT][CONNECT_PORTS];
};

struct connect_ports *connect_ports_new(uint16_t first, uint64_t seed)
{
    struct connect_ports *ports = calloc(1, sizeof *ports);
    if (!ports)
        return NULL;
    ports->first = first;
    ports->random = seed;
    return ports;
}

void connect_ports_free(struct connect_ports *ports)
{
    free(ports);
}

uint16_t connect_ports_draw(struct connect_ports *ports)
{
    return (uint16_t)(ports->first + random_next(&ports->random) % CONNECT_PORTS);
}

/* NULL: the port is not one of these. */
static struct slot *slot_of(struct connect_ports *ports, enum proto proto, uint16_t port)
{
    bool inside = port >= ports->first && port - ports->first < CONNECT_PORTS;
    return inside ? &ports->slots[proto][port - ports->first] : NULL;
}

void connect_ports_note(struct connect_ports *ports, const struct connection *connection)
{
    struct slot *slot = slot_of(ports, connection->proto, connection->own_port);
    if (!slot) {
        ports->strays++;
        return;
    }
    *slot = (struct slot){.connection = *connection};
    slot->connection.own.scope = slot->connection.other.scope = 0;
}

uint64_t connect_ports_strays(const struct connect_ports *ports)
{
    return ports->strays;
}

/* FNV-1a (RFC 9923). */
static uint64_t digest_more(uint64_t digest, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        digest = (digest ^ bytes[i]) * UINT64_C(0x100000001b3);
    return digest;
}

/* One interface may have finished the checksum that was left to it by another. */
static uint64_t digest_packet(const uint8_t *bytes, size_t length)
{
    const uint64_t basis = UINT64_C(0xcbf29ce484222325);
    struct checksum_patch patch;
    if (!checksum_is_unfinished(bytes, length, &patch))
        return digest_more(basis, bytes, length);
    size_t behind = patch.at + sizeof patch.bytes;
    uint64_t digest = digest_more(basis, bytes, patch.at);
    digest = digest_more(digest, patch.bytes, sizeof patch.bytes);
    return digest_more(digest, bytes + behind, length - behind);
}

/* NULL: no connection of ours has these ends. */
static struct slot *find_slot(struct connect_ports *ports, const struct connection *ends)
{
    struct slot *slot = slot_of(ports, ends->proto, ends->own_port);
    bool found = slot && slot->connection.other_port == ends->other_port &&
                 addr_equal(&slot->connection.other, &ends->other) &&
                 addr_equal(&slot->connection.own, &ends->own);
    return found ? slot : NULL;
}

static bool is_copy(struct slot *slot, enum direction direction, nsec_t at, uint64_t digest)
{
    bool copy = slot->latest[direction].digest == digest &&
                at - slot->latest[direction].at < COPY_DISTANCE;
    if (!copy) {
        slot->latest[direction].digest = digest;
        slot->latest[direction].at = at;
    }
    return copy;
}

/* TCP has its sequence number in each SYN, and of UDP there is one datagram. */
static bool is_beginning(const struct reply *packet, uint64_t digest, uint64_t *beginning)
{
    *beginning = packet->proto == PROTO_TCP ? packet->sequence : digest;
    return packet->proto == PROTO_UDP || packet->is_syn;
}

/* Whether somebody else has taken the port since, and goes to the same place. */
static bool is_taken_over(struct slot *slot, const struct reply *packet, uint64_t digest)
{
    uint64_t beginning;
    if (!is_beginning(packet, digest, &beginning))
        return false;
    bool taken = slot->begun && slot->beginning != beginning;
    slot->begun = true;
    slot->beginning = beginning;
    return taken;
}

enum connect_side connect_ports_side(struct connect_ports *ports, nsec_t at,
                                     const uint8_t *bytes, size_t length)
{
    struct reply packet;
    if (packet_decode(&packet, bytes, length) != PACKET_OK || packet.kind == REPLY_ECHO)
        return CONNECT_FOREIGN;
    const struct connection received = {packet.proto, packet.prober, packet.target,
                                        packet.source_port, packet.port};
    const struct connection sent = {packet.proto, packet.from, packet.to, packet.port,
                                    packet.source_port};
    enum direction direction = DIRECTION_IN;
    struct slot *slot = find_slot(ports, &received);
    if (!slot && packet.kind != REPLY_ICMP_ERROR) {
        direction = DIRECTION_OUT;
        slot = find_slot(ports, &sent);
    }
    if (!slot)
        return CONNECT_FOREIGN;
    uint64_t digest = digest_packet(bytes, length);
    if (direction == DIRECTION_OUT && is_taken_over(slot, &packet, digest)) {
        *slot = (struct slot){0};
        return CONNECT_FOREIGN;
    }
    if (is_copy(slot, direction, at, digest))
        return CONNECT_FOREIGN;
    return direction == DIRECTION_OUT ? CONNECT_SENT : CONNECT_RECEIVED;
}
