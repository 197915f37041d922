#include "tests/fuzz/answer_maps.h"

#include <assert.h>

#define OPEN(why)            \
    {                        \
        PORT_OPEN, why, true \
    }
#define CLOSED(why)            \
    {                          \
        PORT_CLOSED, why, true \
    }
#define REJECTED(why)            \
    {                            \
        PORT_REJECTED, why, true \
    }
#define ALIVE                                  \
    {                                          \
        PORT_UNKNOWN, REASON_INTERRUPTED, true \
    }

const struct answer_kind answer_kinds[] = {
    {"syn-ack", ADDR_IPV4, PROTO_TCP, false, TCP_SYN | TCP_ACK, OPEN(REASON_SYN_ACK)},
    {"syn-ack", ADDR_IPV6, PROTO_TCP, false, TCP_SYN | TCP_ACK, OPEN(REASON_SYN_ACK)},
    {"reset", ADDR_IPV4, PROTO_TCP, false, TCP_RST | TCP_ACK, CLOSED(REASON_RESET)},
    {"reset", ADDR_IPV6, PROTO_TCP, false, TCP_RST | TCP_ACK, CLOSED(REASON_RESET)},
    {"udp answer", ADDR_IPV4, PROTO_UDP, false, 0, OPEN(REASON_UDP_RESPONSE)},
    {"udp answer", ADDR_IPV6, PROTO_UDP, false, 0, OPEN(REASON_UDP_RESPONSE)},
    {"unreachable", ADDR_IPV4, PROTO_UDP, true, 0, CLOSED(REASON_PORT_UNREACHABLE)},
    {"unreachable", ADDR_IPV6, PROTO_UDP, true, 0, CLOSED(REASON_PORT_UNREACHABLE)},
    {"unreachable", ADDR_IPV4, PROTO_TCP, true, 0, REJECTED(REASON_PORT_UNREACHABLE)},
    {"unreachable", ADDR_IPV6, PROTO_TCP, true, 0, REJECTED(REASON_PORT_UNREACHABLE)},
    {"echo reply", ADDR_IPV4, PROTO_COUNT, false, 0, ALIVE},
    {"echo reply", ADDR_IPV6, PROTO_COUNT, false, 0, ALIVE},
};
const size_t answer_kind_count = sizeof answer_kinds / sizeof answer_kinds[0];

static enum proto probe_proto(const struct flight_probe *probe)
{
    uint8_t protocol = probe->bytes[is_ipv6(probe->bytes) ? 6 : 9];
    return protocol == 6 ? PROTO_TCP : protocol == 17 ? PROTO_UDP : PROTO_COUNT;
}

/* UDP: the one to port 53, whose answer has a transaction id. */
const struct flight_probe *answer_kind_probe(const struct answer_kind *kind,
                                             const struct flight *flight)
{
    for (size_t i = 0; i < flight->count; i++) {
        const struct flight_probe *probe = &flight->probes[i];
        const uint8_t *transport = probe->bytes + header_length(probe->bytes);
        bool family = is_ipv6(probe->bytes) == (kind->family == ADDR_IPV6);
        bool dns = kind->probe != PROTO_UDP || transport[3] == 53;
        if (family && dns && probe_proto(probe) == kind->probe)
            return probe;
    }
    return NULL;
}

void answer_kind_write(const struct answer_kind *kind, const struct flight_probe *probe,
                       struct packet_bytes *packet)
{
    const uint8_t *transport = probe->bytes + header_length(probe->bytes);
    uint8_t type = kind->family == ADDR_IPV6 ? 1 : 3, code = type == 1 ? 4 : 3;
    uint32_t sequence = (uint32_t)transport[4] << 24 | (uint32_t)transport[5] << 16 |
                        (uint32_t)transport[6] << 8 | transport[7];
    if (kind->error) {
        answer_error(packet, probe->bytes, NULL, type, code, header_length(probe->bytes) + 8);
    } else if (kind->probe == PROTO_TCP) {
        answer_tcp(packet, probe->bytes, kind->flags, 7, sequence + 1);
    } else if (kind->probe == PROTO_UDP) {
        const uint8_t payload[] = {transport[8], transport[9], 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0};
        answer_udp(packet, probe->bytes, payload, sizeof payload);
    } else {
        answer_echo(packet, probe->bytes);
    }
}

/* A map under construction: the fields of a header one after the other. */
struct map {
    uint8_t *classes;
    size_t at, bits;
};

static void field(struct map *map, size_t bits, enum bit_class class)
{
    for (size_t i = 0; i < bits && map->at < map->bits; i++)
        map->classes[map->at++] = (uint8_t) class;
}

static void outer_header(struct map *map, const struct answer_kind *kind)
{
    /* An error may come from any router: its sender is part of what it says. */
    enum bit_class from = kind->error ? BIT_MEANING : BIT_GUARD;
    enum bit_class to = kind->error ? BIT_SHAPE : BIT_GUARD;
    if (kind->family == ADDR_IPV6) {
        field(map, 4, BIT_SHAPE);   /* version */
        field(map, 8, BIT_FREE);    /* traffic class */
        field(map, 20, BIT_FREE);   /* flow label */
        field(map, 16, BIT_SHAPE);  /* length */
        field(map, 8, BIT_MEANING); /* next header */
        field(map, 8, BIT_FREE);    /* hop limit */
        field(map, 128, from);
        field(map, 128, to);
        return;
    }
    field(map, 8, BIT_SHAPE);   /* version, header length */
    field(map, 8, BIT_FREE);    /* type of service */
    field(map, 16, BIT_SHAPE);  /* length */
    field(map, 16, BIT_FREE);   /* identification */
    field(map, 3, BIT_SHAPE);   /* flags */
    field(map, 13, BIT_SHAPE);  /* fragment offset */
    field(map, 8, BIT_FREE);    /* time to live */
    field(map, 8, BIT_MEANING); /* protocol */
    field(map, 16, BIT_FREE);   /* checksum */
    field(map, 32, from);
    field(map, 32, to);
}

/* A device on the way may change where a SYN goes: its sequence number and the IP header's
 * ids still tell whose it is. */
static enum bit_class quoted_target(const struct answer_kind *kind)
{
    return kind->probe == PROTO_TCP ? BIT_SHAPE : BIT_GUARD;
}

static void quoted_header(struct map *map, const struct answer_kind *kind)
{
    /* A TCP quote is guarded by its sequence number, a UDP quote by the IP header's ids. */
    enum bit_class id = kind->probe == PROTO_UDP ? BIT_GUARD : BIT_FREE;
    if (kind->family == ADDR_IPV6) {
        field(map, 4, BIT_SHAPE);
        field(map, 8, BIT_FREE);
        field(map, 20, id);
        field(map, 16, BIT_SHAPE);
        field(map, 8, BIT_SHAPE);
        field(map, 8, BIT_FREE);
        field(map, 128, BIT_GUARD);
        field(map, 128, quoted_target(kind));
        return;
    }
    field(map, 8, BIT_SHAPE);
    field(map, 8, BIT_FREE);
    field(map, 16, BIT_SHAPE);
    field(map, 16, id);
    field(map, 16, BIT_SHAPE);
    field(map, 8, BIT_FREE);
    field(map, 8, BIT_SHAPE);
    field(map, 16, BIT_FREE);
    field(map, 32, BIT_GUARD);
    field(map, 32, quoted_target(kind));
}

static void tcp_header(struct map *map)
{
    field(map, 32, BIT_GUARD);  /* ports */
    field(map, 32, BIT_FREE);   /* sequence */
    field(map, 32, BIT_GUARD);  /* acknowledgement */
    field(map, 8, BIT_SHAPE);   /* data offset */
    field(map, 8, BIT_MEANING); /* flags */
    field(map, 48, BIT_FREE);   /* window, checksum, urgent pointer */
    field(map, 32, BIT_FREE);   /* options */
}

static void udp_answer(struct map *map)
{
    field(map, 32, BIT_GUARD);  /* ports */
    field(map, 16, BIT_SHAPE);  /* length */
    field(map, 16, BIT_FREE);   /* checksum */
    field(map, 16, BIT_SECRET); /* transaction id */
    field(map, 5, BIT_DOUBT);   /* response, opcode: what a true answer looks like */
    field(map, 75, BIT_FREE);
}

static void icmp_message(struct map *map, const struct answer_kind *kind)
{
    field(map, 16, BIT_MEANING); /* type, code */
    field(map, 16, BIT_FREE);    /* checksum */
    if (!kind->error) {
        field(map, 32, BIT_GUARD); /* identifier, sequence number */
        field(map, 32, BIT_FREE);
        return;
    }
    field(map, 32, BIT_SHAPE);
    quoted_header(map, kind);
    field(map, 16, BIT_GUARD); /* our port */
    field(map, 16, quoted_target(kind));
    field(map, 32, kind->probe == PROTO_TCP ? BIT_GUARD : BIT_FREE);
}

void answer_kind_classes(const struct answer_kind *kind, uint8_t *classes, size_t bits)
{
    struct map map = {.classes = classes, .bits = bits};
    outer_header(&map, kind);
    if (kind->error || kind->probe == PROTO_COUNT)
        icmp_message(&map, kind);
    else if (kind->probe == PROTO_TCP)
        tcp_header(&map);
    else
        udp_answer(&map);
    assert(map.at == bits);
}
