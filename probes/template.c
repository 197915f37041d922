#include "probes/template.h"

#include <assert.h>
#include <libnet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PAYLOAD_MAX = 1200, TCP_WINDOW = 64240 };

/* Where options lie behind the start of their segment. */
enum { DIGEST_SIZE = 16, DIGEST_AFTER_MSS = 20 + 4 + 2 };
enum { STAMP_AFTER_DIGEST = DIGEST_AFTER_MSS + DIGEST_SIZE, STAMP_AFTER_NOPS = 20 + 2 };

/* Where the fields of an IP header lie. */
struct network_layout {
    size_t length, source, target, address_length;
};

static const struct network_layout ipv4_layout = {20, 12, 16, 4};
static const struct network_layout ipv6_layout = {40, 8, 24, 16};

enum { IPV4_ID = 4, IPV4_CHECKSUM = 10, IPV6_FLOW_LABEL = 1, TCP_DATA_OFFSET = 12 };

/* Where the fields of a probe lie behind its IP header, by kind. An echo request carries
 * the sequence number as its data. */
struct transport_layout {
    size_t source_port, port, checksum;
    size_t sequence; /* 0: none, as in what follows */
    size_t payload;
    size_t acknowledgement;
    size_t digest; /* of the MD5 option */
    size_t stamp;  /* the timestamp option */
};

static const struct transport_layout transport_layouts[] = {
    [TEMPLATE_SYN] = {.source_port = 0, .port = 2, .checksum = 16, .sequence = 4},
    [TEMPLATE_SYN_MD5] = {.source_port = 0, .port = 2, .checksum = 16, .sequence = 4},
    [TEMPLATE_SYN_BAD_OFFSET] = {.source_port = 0, .port = 2, .checksum = 16, .sequence = 4},
    [TEMPLATE_SYN_SIGNED] = {.source_port = 0,
                             .port = 2,
                             .checksum = 16,
                             .sequence = 4,
                             .digest = DIGEST_AFTER_MSS,
                             .stamp = STAMP_AFTER_DIGEST},
    [TEMPLATE_SYN_ACK] = {.source_port = 0,
                          .port = 2,
                          .checksum = 16,
                          .sequence = 4,
                          .acknowledgement = 8,
                          .stamp = STAMP_AFTER_NOPS},
    [TEMPLATE_UDP] = {.source_port = 0, .port = 2, .checksum = 6, .payload = 8},
    [TEMPLATE_UDP_BAD_LENGTH] = {.source_port = 0, .port = 2, .checksum = 6, .payload = 8},
    [TEMPLATE_ECHO] = {.source_port = 4, .port = 6, .checksum = 2, .sequence = 8},
};

struct template
{
    enum addr_family family;
    enum template_kind kind;
    const struct network_layout *network;
    const struct transport_layout *transport;
    size_t length;
    uint8_t packet[PACKET_SIZE_MAX]; /* all that changes from probe to probe is zero */
};

/* Overwrites bytes and returns what that adds to a one's complement sum over the packet:
 * m' - m, written as m' + ~m (RFC 1624, equation 3), byte by byte, because fields may lie
 * at odd places. */
static uint32_t patch(uint8_t *packet, size_t at, const uint8_t *bytes, size_t length)
{
    uint32_t delta = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned shift = (at + i) % 2 == 0 ? 8 : 0;
        delta += ((uint32_t)bytes[i] << shift) + (0xffff - ((uint32_t)packet[at + i] << shift));
        packet[at + i] = bytes[i];
    }
    return delta;
}

static uint32_t patch_number(uint8_t *packet, size_t at, uint32_t value, size_t size)
{
    uint8_t bytes[4];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (size - 1 - i) * 8);
    return patch(packet, at, bytes, size);
}

/* Brings the checksum at AT up to date after patches that added DELTA, and returns it. */
static uint16_t patch_checksum(uint8_t *packet, size_t at, uint32_t delta)
{
    uint32_t sum = (uint16_t) ~(packet[at] << 8 | packet[at + 1]);
    sum += delta % 0xffff;
    sum = (sum & 0xffff) + (sum >> 16);
    uint16_t checksum = (uint16_t)~sum;
    packet[at] = (uint8_t)(checksum >> 8);
    packet[at + 1] = (uint8_t)checksum;
    return checksum;
}

/* What libnet is asked to build. */
struct build {
    libnet_t *net;
    enum addr_family family;
    const uint8_t *payload;
    uint16_t payload_length;
};

/* Each of these adds one transport packet, returns its length, or a negative number. */
typedef int build_fn(const struct build *build);

static int build_segment(const struct build *build, uint8_t flags, const uint8_t *options,
                         uint16_t length)
{
    uint16_t segment = (uint16_t)(LIBNET_TCP_H + length);
    if (libnet_build_tcp_options(options, length, build->net, 0) < 0 ||
        libnet_build_tcp(0, 0, 0, 0, flags, TCP_WINDOW, 0, 0, segment, NULL, 0, build->net, 0) <
            0)
        return -1;
    return segment;
}

static int build_syn(const struct build *build)
{
    /* MSS of an Ethernet (RFC 6691): 1500 bytes less both headers. */
    static const uint8_t mss_ipv4[] = {2, 4, 1460 >> 8, 1460 & 0xff};
    static const uint8_t mss_ipv6[] = {2, 4, 1440 >> 8, 1440 & 0xff};
    return build_segment(build, TH_SYN, build->family == ADDR_IPV4 ? mss_ipv4 : mss_ipv6,
                         sizeof mss_ipv4);
}

static int build_syn_md5(const struct build *build)
{
    /* RFC 2385: kind 19, length 18, and a digest that nobody can have made. Two NOPs fill
     * the last word. */
    static const uint8_t options[20] = {1, 1, 19, 18};
    return build_segment(build, TH_SYN, options, sizeof options);
}

static int build_syn_signed(const struct build *build)
{
    uint16_t mss = build->family == ADDR_IPV4 ? 1460 : 1440;
    const uint8_t options[32] = {2, 4, (uint8_t)(mss >> 8), (uint8_t)mss, 19, 18, [22] = 8, 10};
    return build_segment(build, TH_SYN, options, sizeof options);
}

static int build_syn_ack(const struct build *build)
{
    static const uint8_t options[12] = {1, 1, 8, 10};
    return build_segment(build, TH_SYN | TH_ACK, options, sizeof options);
}

static int build_udp_as(const struct build *build, uint16_t length_field)
{
    if (libnet_build_udp(0, 0, length_field, 0, build->payload_length ? build->payload : NULL,
                         build->payload_length, build->net, 0) < 0)
        return -1;
    return LIBNET_UDP_H + build->payload_length;
}

static int build_udp(const struct build *build)
{
    return build_udp_as(build, (uint16_t)(LIBNET_UDP_H + build->payload_length));
}

static int build_udp_bad_length(const struct build *build)
{
    /* Longer than the packet: a stack takes it for cut off and drops it. The checksum is
     * libnet's, over what is really there. */
    return build_udp_as(build, (uint16_t)(LIBNET_UDP_H + build->payload_length + 8));
}

static int build_echo(const struct build *build)
{
    uint8_t data[4] = {0};
    int status =
        build->family == ADDR_IPV4
            ? libnet_build_icmpv4_echo(ICMP_ECHO, 0, 0, 0, 0, data, sizeof data, build->net, 0)
            : libnet_build_icmpv6_echo(ICMP6_ECHO, 0, 0, 0, 0, data, sizeof data, build->net,
                                       0);
    return status < 0 ? -1 : LIBNET_ICMPV4_ECHO_H + (int)sizeof data;
}

static build_fn *const builders[] = {
    [TEMPLATE_SYN] = build_syn,
    [TEMPLATE_SYN_MD5] = build_syn_md5,
    [TEMPLATE_SYN_BAD_OFFSET] = build_syn, /* libnet builds right offsets only */
    [TEMPLATE_SYN_SIGNED] = build_syn_signed,
    [TEMPLATE_SYN_ACK] = build_syn_ack,
    [TEMPLATE_UDP] = build_udp,
    [TEMPLATE_UDP_BAD_LENGTH] = build_udp_bad_length,
    [TEMPLATE_ECHO] = build_echo,
};

static uint8_t ip_protocol(enum addr_family family, enum template_kind kind)
{
    switch (kind) {
    case TEMPLATE_SYN:
    case TEMPLATE_SYN_MD5:
    case TEMPLATE_SYN_BAD_OFFSET:
    case TEMPLATE_SYN_SIGNED:
    case TEMPLATE_SYN_ACK:
        return IPPROTO_TCP;
    case TEMPLATE_UDP:
    case TEMPLATE_UDP_BAD_LENGTH:
        return IPPROTO_UDP;
    case TEMPLATE_ECHO:
        break;
    }
    return family == ADDR_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
}

static int build_network(const struct build *build, uint16_t length, uint8_t protocol)
{
    if (build->family == ADDR_IPV4) {
        uint16_t fragment = protocol == IPPROTO_TCP ? IP_DF : 0;
        return libnet_build_ipv4((uint16_t)(LIBNET_IPV4_H + length), PROBE_TOS, 0, fragment,
                                 PROBE_TTL, protocol, 0, 0, 0, NULL, 0, build->net, 0);
    }
    struct libnet_in6_addr any = {.libnet_s6_addr = {0}};
    return libnet_build_ipv6(PROBE_TOS, 0, length, protocol, PROBE_TTL, any, any, NULL, 0,
                             build->net, 0);
}

/* Lets libnet build the packet and copies it out; libnet is not needed any more then. */
static int build_packet(struct template *template, const struct build *build)
{
    int length = builders[template->kind](build);
    uint8_t protocol = ip_protocol(template->family, template->kind);
    if (length < 0 || build_network(build, (uint16_t)length, protocol) < 0)
        return -1;

    /* libnet_adv_cull_packet() does the same, but only over an open link layer. */
    uint8_t *packet;
    uint32_t packet_length;
    if (libnet_pblock_coalesce(build->net, &packet, &packet_length) < 0)
        return -1;
    assert(packet_length == template->network->length + (size_t)length);
    assert(packet_length <= sizeof template->packet);
    memcpy(template->packet, packet, packet_length);
    template->length = packet_length;
    libnet_adv_free_packet(build->net, packet);
    return 0;
}

/* Makes the TCP header longer than the packet. */
static void spoil_data_offset(struct template *template)
{
    size_t start = template->network->length;
    uint32_t delta = patch_number(template->packet, start + TCP_DATA_OFFSET, 15 << 4, 1);
    (void)patch_checksum(template->packet, start + template->transport->checksum, delta);
}

struct template *template_new(enum addr_family family, enum template_kind kind,
                              const void *payload, size_t payload_length, struct error *error)
{
    assert(family != ADDR_NONE && payload_length <= PAYLOAD_MAX);
    struct template *template = calloc(1, sizeof *template);
    if (!template) {
        error_no_memory(error);
        return NULL;
    }
    template->family = family;
    template->kind = kind;
    template->network = family == ADDR_IPV4 ? &ipv4_layout : &ipv6_layout;
    template->transport = &transport_layouts[kind];

    char reason[LIBNET_ERRBUF_SIZE] = "";
    libnet_t *net = libnet_init(LIBNET_NONE, NULL, reason);
    if (!net) {
        error_set(error, -ENOMEM, "libnet cannot be used: %s", reason);
        free(template);
        return NULL;
    }
    struct build build = {net, family, payload, (uint16_t)payload_length};
    if (build_packet(template, &build) < 0) {
        error_set(error, -EINVAL, "libnet cannot build a probe: %s", libnet_geterror(net));
        free(template);
        template = NULL;
    } else if (kind == TEMPLATE_SYN_BAD_OFFSET) {
        spoil_data_offset(template);
    }
    libnet_destroy(net);
    return template;
}

void template_free(struct template *template)
{
    free(template);
}

size_t template_length(const struct template *template)
{
    return template->length;
}

static uint32_t write_stamp(const struct transport_layout *layout, size_t start,
                            const struct stamp_fields *fields, uint8_t *packet)
{
    uint32_t delta = 0;
    if (layout->digest && fields->digest)
        delta += patch(packet, start + layout->digest, fields->digest, DIGEST_SIZE);
    if (layout->acknowledgement)
        delta +=
            patch_number(packet, start + layout->acknowledgement, fields->acknowledgement, 4);
    delta += patch_number(packet, start + layout->stamp + 2, fields->timestamp, 4);
    return delta + patch_number(packet, start + layout->stamp + 6, fields->echo, 4);
}

/* Fills the transport header in; ADDRESSES is what the pseudo-header has added already. */
static void write_transport(const struct template *template, const struct probe_fields *fields,
                            uint8_t *packet, uint32_t addresses)
{
    const struct transport_layout *layout = template->transport;
    size_t start = template->network->length;
    uint32_t delta = addresses;
    delta += patch_number(packet, start + layout->source_port, fields->source_port, 2);
    delta += patch_number(packet, start + layout->port, fields->port, 2);
    if (layout->sequence)
        delta += patch_number(packet, start + layout->sequence, fields->cookie.sequence, 4);
    if (layout->stamp)
        delta += write_stamp(layout, start, &fields->stamp, packet);
    if (fields->transaction_length) {
        size_t place = start + layout->payload + fields->transaction_offset;
        assert(layout->payload && place + fields->transaction_length <= template->length);
        delta += patch(packet, place, fields->transaction, fields->transaction_length);
    }
    uint16_t checksum = patch_checksum(packet, start + layout->checksum, delta);
    /* In UDP, 0 means "no checksum" (RFC 768). */
    if (checksum == 0 && layout->payload)
        memset(packet + start + layout->checksum, 0xff, 2);
}

size_t template_write(const struct template *template, const struct probe_fields *fields,
                      uint8_t *packet)
{
    const struct network_layout *network = template->network;
    assert(fields->source->family == template->family);
    assert(fields->target->family == template->family);

    memcpy(packet, template->packet, template->length);
    uint32_t addresses =
        patch(packet, network->source, fields->source->bytes, network->address_length) +
        patch(packet, network->target, fields->target->bytes, network->address_length);
    bool pseudo_header = true;
    if (template->family == ADDR_IPV4) {
        uint32_t id = patch_number(packet, IPV4_ID, fields->cookie.ip_id, 2);
        patch_checksum(packet, IPV4_CHECKSUM, addresses + id);
        pseudo_header = template->kind != TEMPLATE_ECHO; /* RFC 792: ICMP has none */
    } else {
        uint32_t label = fields->cookie.flow_label & 0xfffff;
        uint32_t traffic_class = (uint32_t)(PROBE_TOS & 0x0f) << 20;
        (void)patch_number(packet, IPV6_FLOW_LABEL, traffic_class | label, 3);
    }
    write_transport(template, fields, packet, pseudo_header ? addresses : 0);
    return template->length;
}
