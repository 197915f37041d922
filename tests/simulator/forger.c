#include "tests/simulator/forger.h"

#include "tests/simulator/codec.h"

#include <string.h>

struct forgery {
    struct sim_random *random;
    struct addr host, us;
    uint16_t port, our_port;
    uint8_t *packet;
};

static uint32_t any(const struct forgery *forgery)
{
    return (uint32_t)sim_random_next(forgery->random);
}

static struct sim_header header_of(const struct forgery *forgery)
{
    return (struct sim_header){
        .from = &forgery->host,
        .to = &forgery->us,
        .ttl = (uint8_t)(40 + any(forgery) % 24),
        .tos = any(forgery) % 2 == 0 ? 0x0c : 0,
        .id = (uint16_t)any(forgery),
        .dont_fragment = any(forgery) % 2 == 0,
    };
}

static size_t forge_segment(const struct forgery *forgery, uint8_t flags)
{
    struct sim_header header = header_of(forgery);
    struct sim_segment segment = {
        .from_port = forgery->port,
        .to_port = forgery->our_port,
        .sequence = any(forgery) % 2 == 0 ? 0 : any(forgery),
        .acknowledgement = any(forgery),
        .flags = flags,
        .window = 64240,
    };
    return sim_write_tcp(forgery->packet, &header, &segment);
}

static size_t forge_syn_ack(const struct forgery *forgery)
{
    return forge_segment(forgery, SIM_SYN | SIM_ACK);
}

static size_t forge_reset(const struct forgery *forgery)
{
    return forge_segment(forgery, SIM_RST | SIM_ACK);
}

static size_t forge_bare_reset(const struct forgery *forgery)
{
    return forge_segment(forgery, SIM_RST);
}

static size_t forge_any_flags(const struct forgery *forgery)
{
    return forge_segment(forgery, (uint8_t)any(forgery));
}

static size_t forge_udp(const struct forgery *forgery)
{
    struct sim_header header = header_of(forgery);
    uint8_t payload[64];
    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)any(forgery);
    return sim_write_udp(forgery->packet, &header, forgery->port, forgery->our_port, payload,
                         any(forgery) % sizeof(payload));
}

/* An unreachable or time exceeded that quotes a probe as one might imagine it, or as it
 * might look after a device on the way had sent it on to another place. */
static size_t forge_error(const struct forgery *forgery)
{
    uint8_t quote[128];
    struct sim_header quoted = header_of(forgery);
    struct addr arrived = forgery->host;
    if (any(forgery) % 2 == 0)
        arrived.bytes[addr_length(&arrived) - 1] ^= (uint8_t)any(forgery);
    quoted.from = &forgery->us;
    quoted.to = &arrived;
    struct sim_segment syn = {
        .from_port = forgery->our_port,
        .to_port = forgery->port,
        .sequence = any(forgery),
        .flags = SIM_SYN,
        .window = 1024,
    };
    size_t length = any(forgery) % 2 == 0
                        ? sim_write_tcp(quote, &quoted, &syn)
                        : sim_write_udp(quote, &quoted, syn.from_port, syn.to_port, NULL, 0);
    bool v6 = forgery->host.family == ADDR_IPV6;
    struct sim_message message = {
        .type = v6                      ? (uint8_t)(1 + any(forgery) % 4)
                : any(forgery) % 4 == 0 ? 11
                                        : 3,
        .code = (uint8_t)(any(forgery) % (v6 ? 7 : 16)),
        .body = quote,
        .body_length = length,
    };
    struct sim_header header = header_of(forgery);
    return sim_write_icmp(forgery->packet, &header, &message);
}

static size_t forge_echo(const struct forgery *forgery)
{
    struct sim_header header = header_of(forgery);
    struct sim_message message = {
        .type = forgery->host.family == ADDR_IPV6 ? 129 : 0,
        .word = any(forgery),
    };
    return sim_write_icmp(forgery->packet, &header, &message);
}

typedef size_t forge_fn(const struct forgery *forgery);

static forge_fn *const kinds[] = {
    forge_syn_ack, forge_reset, forge_bare_reset, forge_any_flags,
    forge_udp,     forge_error, forge_echo,
};

/* A port that is likely asked for: one of a row, a low one, or any. */
static uint16_t likely_port(struct sim_random *random, const struct sim_group *group)
{
    uint64_t choice = sim_random_below(random, 3);
    if (choice == 0 && group->host->row_count > 0)
        return group->rows[sim_random_below(random, group->host->row_count)].first;
    return (uint16_t)sim_random_below(random, choice == 1 ? 1024 : 65536);
}

size_t sim_forge(struct sim_random *random, const struct sim_places *places,
                 const struct sim_prey *prey, uint8_t *packet)
{
    size_t machine = (size_t)sim_random_below(random, places->machine_count);
    struct forgery forgery = {
        .random = random,
        .host = sim_places_address(places, machine),
        .packet = packet,
    };
    forgery.us = simulator_source((enum addr_family)forgery.host.family);
    forgery.port = likely_port(random, sim_places_find(places, &forgery.host).group);
    forgery.our_port =
        (uint16_t)(prey->source_port_first + sim_random_below(random, prey->source_port_count));
    return kinds[sim_random_below(random, sizeof(kinds) / sizeof(kinds[0]))](&forgery);
}

static void flip_bit(struct sim_random *random, uint8_t *field, size_t bytes)
{
    uint64_t bit = sim_random_below(random, 8 * bytes);
    field[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

/* ERROR is an ICMP header, followed by the probe that it quotes. */
static void flip_quote(struct sim_random *random, uint8_t *error)
{
    uint8_t *probe = error + 8;
    bool v6 = probe[0] >> 4 == 6;
    uint8_t *transport = probe + (v6 ? 40 : 20);
    if (sim_random_chance(random, 0.5)) /* as if the probe had been sent on */
        flip_bit(random, probe + (v6 ? 24 : 16), v6 ? 16 : 4);
    if (probe[v6 ? 6 : 9] == SIM_TCP)
        flip_bit(random, transport + 4, 4); /* sequence number */
    else
        flip_bit(random, transport, 1); /* our port, or an echo's type */
}

void sim_flip(struct sim_random *random, uint8_t *true_answer, size_t length)
{
    bool v6 = true_answer[0] >> 4 == 6;
    uint8_t *transport = true_answer + (v6 ? 40 : 20);
    uint8_t protocol = true_answer[v6 ? 6 : 9];
    bool is_echo_reply = transport[0] == (v6 ? 129 : 0);
    if (protocol == SIM_TCP)
        flip_bit(random, transport + 8, 4); /* acknowledgement */
    else if (protocol == SIM_UDP)
        flip_bit(random, transport + 2, 1); /* our port, to one that is far away */
    else if (is_echo_reply)
        flip_bit(random, transport + 4, 4); /* identifier or number */
    else
        flip_quote(random, transport);
    sim_finish_checksum(true_answer, length);
}
