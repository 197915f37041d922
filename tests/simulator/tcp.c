#include "tests/simulator/tcp.h"

enum {
    SEGMENT_SIZE = 1460,
    WINDOW = 64240,
    SYN_ACK_RETRIES = 5, /* net.ipv4.tcp_synack_retries */
};

/* Linux: net.ipv4.tcp_invalid_ratelimit. */
#define REPEAT_INTERVAL (500 * NSEC_PER_MSEC)

/* The RST that any SYN without an ACK draws: RFC 9293, section 3.5.2, group 1. It
 * acknowledges as much data as the SYN says it has: netfilter believes even a data offset
 * that lies. */
static size_t write_reset(const struct sim_meeting *meeting, struct sim_header header)
{
    header.dont_fragment = true;
    struct sim_segment segment = {
        .from_port = meeting->probe->port,
        .to_port = meeting->probe->source_port,
        .acknowledgement = meeting->probe->sequence + 1 + (uint32_t)meeting->probe->data_length,
        .flags = SIM_RST | SIM_ACK,
    };
    return sim_write_tcp(meeting->answer, &header, &segment);
}

static size_t reset_by_stack(struct sim_world *world, const struct sim_meeting *meeting)
{
    const struct sim_stack *stack = sim_stack_of(meeting->place.group->host);
    if (!sim_bucket_take(&meeting->place.memory->rst, &stack->rst, meeting->now)) {
        world->limited++;
        return 0;
    }
    struct sim_header header = sim_header_from_host(meeting);
    header.tos = stack->rst_copies_dscp ? meeting->probe->tos & 0xfc : 0;
    return write_reset(meeting, header);
}

static size_t write_syn_ack(const struct sim_meeting *meeting, const struct sim_header *header,
                            uint32_t sequence, uint32_t acknowledged)
{
    static const uint8_t options[4] = {2, 4, SEGMENT_SIZE >> 8, SEGMENT_SIZE & 0xff};
    struct sim_segment segment = {
        .from_port = meeting->probe->port,
        .to_port = meeting->probe->source_port,
        .sequence = sequence,
        .acknowledgement = acknowledged + 1,
        .flags = SIM_SYN | SIM_ACK,
        .window = WINDOW,
        .options = options,
        .options_length = sizeof(options),
    };
    struct sim_header fragile = *header;
    fragile.dont_fragment = true;
    return sim_write_tcp(meeting->answer, &fragile, &segment);
}

/* A second SYN for a half-open connection, as tcp_check_req() of Linux has it: the same
 * sequence number draws the SYN-ACK again; one inside the window a RST; any other an ACK of
 * the first (RFC 5961, section 4); all but the RST twice a second at most. */
static size_t syn_to_half_open(const struct sim_meeting *meeting, struct sim_half_open *half)
{
    const struct sim_stack *stack = sim_stack_of(meeting->place.group->host);
    struct sim_header header = sim_header_from_host(meeting);
    if (!stack->half_open_acks)
        return write_syn_ack(meeting, &header, half->sequence, half->prober_sequence);
    bool repeated = meeting->probe->sequence == half->prober_sequence;
    if (!repeated && meeting->probe->sequence - (half->prober_sequence + 1) < WINDOW) {
        half->used = false;
        header.tos = meeting->probe->tos & 0xfc;
        return write_reset(meeting, header);
    }
    if (half->repeated != 0 && meeting->now - half->repeated < REPEAT_INTERVAL)
        return 0;
    half->repeated = meeting->now;
    if (repeated)
        return write_syn_ack(meeting, &header, half->sequence, half->prober_sequence);
    struct sim_segment segment = {
        .from_port = meeting->probe->port,
        .to_port = meeting->probe->source_port,
        .sequence = half->sequence + 1,
        .acknowledgement = half->prober_sequence + 1,
        .flags = SIM_ACK,
        .window = WINDOW,
    };
    return sim_write_tcp(meeting->answer, &header, &segment);
}

static size_t open_by_stack(struct sim_world *world, struct sim_meeting *meeting)
{
    struct sim_half_open *half = sim_half_opens_find(&world->half_opens, meeting->probe);
    if (half != NULL)
        return syn_to_half_open(meeting, half);
    uint32_t sequence = (uint32_t)sim_random_next(&world->random);
    meeting->half_open = true;
    meeting->connection = sim_half_opens_begin(&world->half_opens, meeting->probe, sequence);
    struct sim_header header = sim_header_from_host(meeting);
    return write_syn_ack(meeting, &header, sequence, meeting->probe->sequence);
}

/* A RST ends a half-open connection if it is inside the window. */
static void reset_half_open(struct sim_world *world, const struct sim_probe *probe)
{
    struct sim_half_open *half = sim_half_opens_find(&world->half_opens, probe);
    if (half != NULL && probe->sequence - (half->prober_sequence + 1) < WINDOW)
        half->used = false;
}

static bool is_reject(const struct sim_answer *answer)
{
    return answer->behaviour == SIM_REJECT_RESET || answer->behaviour == SIM_REJECT_ICMP;
}

size_t sim_tcp_answer(struct sim_world *world, struct sim_meeting *meeting)
{
    const struct sim_probe *probe = meeting->probe;
    if ((probe->flags & SIM_RST) != 0)
        reset_half_open(world, probe);
    if ((probe->flags & (SIM_SYN | SIM_ACK | SIM_RST)) != SIM_SYN)
        return 0;
    const struct sim_host *host = meeting->place.group->host;
    const struct sim_stack *stack = sim_stack_of(host);
    const struct sim_answer *answer =
        sim_group_answer(meeting->place.group, PROTO_TCP, probe->port);
    if (!sim_bucket_take(&meeting->place.memory->syns, &host->syns, meeting->now))
        answer = &host->above;
    meeting->late = answer->late;
    struct sim_header firewall = sim_header_from_firewall(world, meeting, answer->router);
    if (probe->bad_offset && (host->drops_invalid || !is_reject(answer)))
        return 0; /* conntrack in front of the firewall calls it invalid, stacks drop it */
    switch (answer->behaviour) {
    case SIM_CLOSED:
        return probe->md5 && stack->closed_drops_md5 ? 0 : reset_by_stack(world, meeting);
    case SIM_OPEN:
        return probe->md5 && stack->open_drops_md5 ? 0 : open_by_stack(world, meeting);
    case SIM_REJECT_RESET:
        return write_reset(meeting, firewall);
    case SIM_REJECT_ICMP:
        return sim_world_error(world, meeting, answer);
    case SIM_SYN_PROXY:
        return write_syn_ack(meeting, &firewall, (uint32_t)sim_random_next(&world->random),
                             probe->sequence);
    case SIM_MUTE:
    case SIM_DROP:
        return 0;
    }
    return 0;
}

size_t sim_tcp_retransmit(struct sim_world *world, uint32_t connection, uint32_t generation,
                          uint8_t *answer)
{
    struct sim_half_open *half = &world->half_opens.entries[connection];
    if (!half->used || half->generation != generation)
        return 0;
    struct sim_probe syn = {
        .source = half->prober,
        .target = half->host,
        .source_port = half->prober_port,
        .port = half->port,
    };
    struct sim_meeting meeting = {
        .probe = &syn,
        .place = sim_places_find(&world->places, &half->host),
        .answer = answer,
    };
    half->retransmissions++;
    struct sim_header header = sim_header_from_host(&meeting);
    return write_syn_ack(&meeting, &header, half->sequence, half->prober_sequence);
}

nsec_t sim_tcp_patience(const struct sim_world *world, uint32_t connection)
{
    const struct sim_half_open *half = &world->half_opens.entries[connection];
    return half->retransmissions >= SYN_ACK_RETRIES ? 0 : NSEC_PER_SEC << half->retransmissions;
}
