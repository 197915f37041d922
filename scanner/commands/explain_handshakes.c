#include "scanner/commands/explain_handshakes.h"

#include "probes/wire.h"

enum { IPV4_LENGTH_AT = 2, IPV6_LENGTH_AT = 4, IPV6_HEADER = 40, TCP_HEADER = 20 };
enum { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };
enum { SCALE_MOST = 14 }; /* RFC 7323, 2.3 */

/* What packet_decode() does not tell of a segment. */
struct segment {
    uint8_t flags, scale;
    uint16_t window;
    size_t data; /* octets */
};

/* 0 where there is none. */
static uint8_t read_scale(struct wire options)
{
    enum { END = 0, NOP = 1, WINDOW_SCALE = 3 };
    while (options.left > 0) {
        uint8_t kind = wire_u8(&options);
        if (kind == END)
            return 0;
        if (kind == NOP)
            continue;
        uint8_t length = wire_u8(&options);
        if (kind == WINDOW_SCALE && length == 3) {
            uint8_t scale = wire_u8(&options);
            return scale < SCALE_MOST ? scale : SCALE_MOST;
        }
        wire_skip(&options, length < 2 ? options.left : length - 2u);
    }
    return 0;
}

/* What packet_decode() took for TCP. */
static struct segment read_segment(const uint8_t *bytes, size_t length)
{
    bool is_ipv6 = bytes[0] >> 4 == 6;
    struct wire wire = wire_over(bytes, length), size = wire;
    size_t start = is_ipv6 ? IPV6_HEADER : (size_t)(bytes[0] & 0x0f) * 4;
    wire_skip(&size, is_ipv6 ? IPV6_LENGTH_AT : IPV4_LENGTH_AT);
    size_t whole = wire_u16(&size) + (is_ipv6 ? (size_t)IPV6_HEADER : 0);
    struct segment segment = {0};
    wire_skip(&wire, start + 12);
    size_t header = (size_t)(wire_u8(&wire) >> 4) * 4;
    segment.flags = wire_u8(&wire);
    segment.window = wire_u16(&wire);
    wire_skip(&wire, TCP_HEADER - 16);
    wire_limit(&wire, header - TCP_HEADER);
    segment.scale = read_scale(wire);
    segment.data = whole > start + header ? whole - start - header : 0;
    return segment;
}

/* The first row that fits counts. */
static const struct {
    uint8_t asked, set; /* flags */
    const char *name;
} names[] = {
    {RST, RST, "RST"}, {SYN | ACK, SYN | ACK, "SYN-ACK"}, {SYN, SYN, "SYN"}, {FIN, FIN, "FIN"},
    {0, 0, "ACK"},
};

static void print_name(FILE *out, const struct segment *segment)
{
    size_t row = 0;
    while ((segment->flags & names[row].asked) != names[row].set)
        row++;
    fputs(names[row].name, out);
    if (segment->data > 0)
        fprintf(out, " with %zu octets of data", segment->data);
}

static void introduce(struct explain_handshakes *handshakes)
{
    if (!handshakes->introduced)
        fprintf(handshakes->packets->out,
                "%15sRandom ports answer too: does a full handshake get further here than on "
                "them?\n",
                "");
    handshakes->introduced = true;
}

static void print_sent(struct explain_handshakes *handshakes, const struct reply *packet,
                       const struct segment *segment)
{
    struct explain_packets *packets = handshakes->packets;
    struct explain_connection *connection =
        &handshakes->connections[packet->port % CONNECT_PORTS];
    char target[ADDR_TEXT_SIZE];
    fputs("sent  ", packets->out);
    print_name(packets->out, segment);
    fprintf(packets->out, " to %s, port %u, TTL %u, TOS 0x%02x",
            addr_format(&packet->to, target), packet->source_port, packet->ttl, packet->tos);
    if (packet->is_syn) {
        *connection = (struct explain_connection){0};
        if (packet->source_port != packets->port)
            fputs(" (to compare with)", packets->out);
    }
    fputc('\n', packets->out);
}

static void print_room(FILE *out, const struct explain_connection *connection,
                       const struct segment *segment)
{
    unsigned scale = segment->flags & SYN ? 0 : connection->scale;
    unsigned long room = (unsigned long)segment->window << scale;
    if (room == 0)
        fputs("no room to say anything", out);
    else
        fprintf(out, "room for %lu octets", room);
}

/* What a segment from the other end shows. */
static void print_progress(FILE *out, struct explain_connection *connection,
                           const struct segment *segment)
{
    if (segment->flags & RST) {
        fputs(connection->connected ? "the other end aborts" : "refused", out);
    } else if (segment->flags & SYN) {
        connection->connected = true;
        connection->scale = segment->scale;
        fputs("connected, with ", out);
        print_room(out, connection, segment);
    } else if (segment->data > 0) {
        fputs("something speaks unasked", out);
    } else if (segment->flags & FIN) {
        fputs("the other end closes", out);
    } else {
        print_room(out, connection, segment);
    }
}

static void print_seen(struct explain_handshakes *handshakes, const struct reply *packet,
                       const struct segment *segment)
{
    FILE *out = handshakes->packets->out;
    char from[ADDR_TEXT_SIZE];
    fputs("seen  ", out);
    if (packet->kind == REPLY_ICMP_ERROR)
        fputs("ICMP error", out);
    else
        print_name(out, segment);
    fprintf(out, " from %s, TTL %u (%u hops), TOS 0x%02x\n", addr_format(&packet->from, from),
            packet->ttl, origin_hops(packet->ttl), packet->tos);
    fprintf(out, "%22sfrom port %u: ", "", packet->port);
    if (packet->kind == REPLY_ICMP_ERROR)
        fputs("refused", out);
    else
        print_progress(out, &handshakes->connections[packet->source_port % CONNECT_PORTS],
                       segment);
    fputc('\n', out);
}

void explain_handshake_packet(void *context, nsec_t at, bool sent, const uint8_t *bytes,
                              size_t length)
{
    struct explain_handshakes *handshakes = context;
    struct reply packet;
    struct segment segment = {0};
    if (packet_decode(&packet, bytes, length) != PACKET_OK || packet.kind == REPLY_ECHO)
        return;
    if (packet.kind != REPLY_ICMP_ERROR)
        segment = read_segment(bytes, length);
    introduce(handshakes);
    explain_print_time(handshakes->packets, at);
    if (sent)
        print_sent(handshakes, &packet, &segment);
    else
        print_seen(handshakes, &packet, &segment);
}
