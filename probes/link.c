/* packet_skip_link(): from a captured frame to the IP packet in it. */
#include "probes/packet.h"
#include "probes/wire.h"

/* DLT_ values of libpcap, which are part of its file format and never change. */
enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_RAW = 12,
    LINK_LOOP = 108,
    LINK_COOKED = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_COOKED2 = 276,
};

/* How many bytes come before the IP packet, and where among them an EtherType says what
 * follows. Without one, the version in the IP header does. */
struct link_layout {
    int linktype;
    uint8_t length;
    bool has_ethertype;
    uint8_t ethertype;
};

static const struct link_layout link_layouts[] = {
    {LINK_ETHERNET, 14, true, 12}, {LINK_COOKED, 16, true, 14}, {LINK_COOKED2, 20, true, 0},
    {LINK_RAW, 0, false, 0},       {LINK_IPV4, 0, false, 0},    {LINK_IPV6, 0, false, 0},
    {LINK_NULL, 4, false, 0},      {LINK_LOOP, 4, false, 0},
};

enum {
    ETHERTYPE_IP = 0x0800,
    ETHERTYPE_IP6 = 0x86dd,
    ETHERTYPE_Q = 0x8100,
    ETHERTYPE_AD = 0x88a8
};

/* 802.1ad allows one outer tag; a few more are seen inside providers. */
enum { TAGS_MAX = 4 };

static uint16_t skip_tags(struct wire *wire, uint16_t ethertype)
{
    for (int i = 0; i < TAGS_MAX && (ethertype == ETHERTYPE_Q || ethertype == ETHERTYPE_AD);
         i++) {
        wire_skip(wire, 2);
        ethertype = wire_u16(wire);
    }
    return ethertype;
}

static int skip_header(const struct link_layout *layout, struct wire *wire)
{
    const uint8_t *header = wire_bytes(wire, layout->length);
    if (!header)
        return PACKET_TRUNCATED;
    if (!layout->has_ethertype)
        return PACKET_OK;
    struct wire field = wire_over(header + layout->ethertype, 2);
    uint16_t ethertype = skip_tags(wire, wire_u16(&field));
    if (wire->failed)
        return PACKET_TRUNCATED;
    return ethertype == ETHERTYPE_IP || ethertype == ETHERTYPE_IP6 ? PACKET_OK : PACKET_FOREIGN;
}

int packet_skip_link(int linktype, const uint8_t **bytes, size_t *length)
{
    for (size_t i = 0; i < sizeof link_layouts / sizeof *link_layouts; i++) {
        if (link_layouts[i].linktype != linktype)
            continue;
        struct wire wire = wire_over(*bytes, *length);
        int fault = skip_header(&link_layouts[i], &wire);
        *bytes = wire.at;
        *length = wire.left;
        return fault;
    }
    return PACKET_FOREIGN;
}
