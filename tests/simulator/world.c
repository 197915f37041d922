#include "tests/simulator/world.h"

#include "tests/simulator/faults.h"
#include "tests/simulator/tcp.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROUTER_TTL = 64,
    TOS_INTERNETWORK_CONTROL = 0xc0, /* of ICMP errors: RFC 1812, 4.3.2.5 */
    UNREACHABLE = 3,
    UNREACHABLE_V6 = 1,
    HOST_UNREACHABLE = 1,
    HOST_UNREACHABLE_V6 = 3,
    PORT_UNREACHABLE = 3,
    PORT_UNREACHABLE_V6 = 4,
    ECHO_REPLY = 0,
    ECHO_REPLY_V6 = 129,
    QUOTE_MAX_V4 = 576 - 28, /* RFC 1812, 4.3.2.3 */
};

int sim_world_init(struct sim_world *world, const struct sim_config *config,
                   struct error *error)
{
    *world = (struct sim_world){.config = config, .random = sim_random_make(config->seed, 1)};
    world->routers = calloc(config->router_count + 1, sizeof(*world->routers));
    if (world->routers == NULL || sim_half_opens_init(&world->half_opens) < 0)
        return error_no_memory(error);
    return sim_places_init(&world->places, config, error);
}

void sim_world_free(struct sim_world *world)
{
    sim_places_free(&world->places);
    sim_half_opens_free(&world->half_opens);
    free(world->routers);
}

const struct sim_stack *sim_stack_of(const struct sim_host *host)
{
    return host->stack == NULL ? &sim_linux : host->stack;
}

static struct sim_header header_from(const struct sim_meeting *meeting, uint8_t ttl,
                                     uint8_t hops)
{
    return (struct sim_header){
        .from = &meeting->probe->target,
        .to = &meeting->probe->source,
        .ttl = (uint8_t)(ttl - hops),
    };
}

struct sim_header sim_header_from_host(const struct sim_meeting *meeting)
{
    const struct sim_host *host = meeting->place.group->host;
    return header_from(meeting, sim_stack_of(host)->ttl, host->hops);
}

static bool is_v6(const struct sim_meeting *meeting)
{
    return meeting->probe->target.family == ADDR_IPV6;
}

/* Where a firewall's own packets start: at the host, or at a hop before it. */
struct sim_header sim_header_from_firewall(const struct sim_world *world,
                                           const struct sim_meeting *meeting, uint8_t router)
{
    if (router == 0)
        return sim_header_from_host(meeting);
    return header_from(meeting, ROUTER_TTL, world->config->routers[router - 1].hops);
}

static bool is_crowded(const struct sim_router *router, nsec_t now)
{
    return router->crowded_every > 0 &&
           now % router->crowded_every >= router->crowded_every - router->crowded_for;
}

/* A host has one allowance for each destination, a router one for all. */
static bool may_send_error(struct sim_world *world, const struct sim_meeting *meeting,
                           uint8_t router)
{
    bool allowed;
    if (router != 0) {
        const struct sim_router *at = &world->config->routers[router - 1];
        allowed = !is_crowded(at, meeting->now) &&
                  sim_bucket_take(&world->routers[router - 1], &at->icmp, meeting->now);
    } else {
        const struct sim_stack *stack = sim_stack_of(meeting->place.group->host);
        const struct sim_limit *limit = &stack->icmp[is_v6(meeting) ? 1 : 0];
        struct sim_memory *memory = meeting->place.memory;
        allowed = sim_bucket_has(&memory->icmp_total, &stack->icmp_total, meeting->now) &&
                  sim_bucket_take(&memory->icmp, limit, meeting->now) &&
                  sim_bucket_take(&memory->icmp_total, &stack->icmp_total, meeting->now);
    }
    world->limited += allowed ? 0 : 1;
    return allowed;
}

size_t sim_world_error(struct sim_world *world, const struct sim_meeting *meeting,
                       const struct sim_answer *error)
{
    if (!may_send_error(world, meeting, error->router))
        return 0;
    const struct sim_probe *probe = meeting->probe;
    struct sim_header header = sim_header_from_firewall(world, meeting, error->router);
    size_t quoted = is_v6(meeting) ? SIM_PACKET_MAX : QUOTE_MAX_V4;
    if (error->router != 0) {
        const struct sim_router *router = &world->config->routers[error->router - 1];
        header.from = &router->address;
        quoted = router->quoted != 0 ? router->quoted : quoted;
    }
    if (error->forwarding != NULL)
        sim_probe_send_on(meeting->probe, &error->forwarding->address, error->forwarding->port);
    header.tos = TOS_INTERNETWORK_CONTROL | (probe->tos & 0x1e);
    header.id = (uint16_t)sim_random_next(&world->random);
    struct sim_message message = {
        .type = error->icmp_type,
        .code = error->icmp_code,
        .body = probe->bytes,
        .body_length = probe->length < quoted ? probe->length : quoted,
    };
    return sim_write_icmp(meeting->answer, &header, &message);
}

static size_t unreachable(struct sim_world *world, const struct sim_meeting *meeting,
                          uint8_t router, bool port)
{
    struct sim_answer error = {.router = router, .icmp_type = UNREACHABLE};
    error.icmp_code = port ? PORT_UNREACHABLE : HOST_UNREACHABLE;
    if (is_v6(meeting)) {
        error.icmp_type = UNREACHABLE_V6;
        error.icmp_code = port ? PORT_UNREACHABLE_V6 : HOST_UNREACHABLE_V6;
    }
    return sim_world_error(world, meeting, &error);
}

static size_t serve_udp(struct sim_world *world, struct sim_meeting *meeting,
                        const struct sim_answer *service)
{
    const struct sim_probe *probe = meeting->probe;
    meeting->late = service->late;
    if (service->later > 0)
        meeting->late += (nsec_t)sim_random_below(&world->random, (uint64_t)service->later);
    uint8_t said[SIM_PACKET_MAX] = "bye\n";
    int length = 4;
    if (service->reply != NULL) {
        length = service->reply(probe->payload, probe->payload_length, said, sizeof(said));
    } else if (probe->payload_length > 0) {
        length = (int)probe->payload_length;
        memcpy(said, probe->payload, probe->payload_length);
    }
    if (length < 0)
        return 0;
    struct sim_header header = sim_header_from_host(meeting);
    header.dont_fragment = true;
    return sim_write_udp(
        meeting->answer, &header, service->from_port != 0 ? service->from_port : probe->port,
        (uint16_t)(probe->source_port + service->astray), said, (size_t)length);
}

/* A length field that lies: the stack drops such a datagram without a word, netfilter's
 * reject looks at the checksum alone, and conntrack may drop it before that. */
static size_t answer_udp(struct sim_world *world, struct sim_meeting *meeting)
{
    const struct sim_probe *probe = meeting->probe;
    const struct sim_group *group = meeting->place.group;
    const struct sim_answer *answer = sim_group_answer(group, PROTO_UDP, probe->port);
    switch (answer->behaviour) {
    case SIM_CLOSED:
        return probe->bad_length ? 0 : unreachable(world, meeting, 0, true);
    case SIM_OPEN:
        return probe->bad_length ? 0 : serve_udp(world, meeting, answer);
    case SIM_REJECT_ICMP:
        if (probe->bad_length && group->host->drops_invalid)
            return 0;
        return sim_world_error(world, meeting, answer);
    case SIM_MUTE:
    case SIM_DROP:
    case SIM_REJECT_RESET:
    case SIM_SYN_PROXY:
        return 0;
    }
    return 0;
}

static size_t answer_echo(struct sim_world *world, const struct sim_meeting *meeting)
{
    const struct sim_probe *probe = meeting->probe;
    if (meeting->place.group->host->ignores_echo)
        return 0;
    struct sim_header header = sim_header_from_host(meeting);
    header.tos = probe->tos;
    header.id = (uint16_t)sim_random_next(&world->random);
    struct sim_message message = {
        .type = is_v6(meeting) ? ECHO_REPLY_V6 : ECHO_REPLY,
        .word = (uint32_t)probe->source_port << 16 | probe->port,
        .body = probe->payload,
        .body_length = probe->payload_length,
    };
    return sim_write_icmp(meeting->answer, &header, &message);
}

static bool is_away(const struct sim_meeting *meeting)
{
    return sim_span_has(&meeting->place.group->host->away, meeting->now);
}

static bool is_blocked(const struct sim_meeting *meeting)
{
    const struct sim_host *host = meeting->place.group->host;
    bool is_echo = meeting->probe->icmp_type != 0;
    return host->blocks_after != 0 && meeting->place.memory->packets > host->blocks_after &&
           !(host->block_spares_echo && is_echo);
}

size_t sim_world_answer(struct sim_world *world, struct sim_meeting *meeting)
{
    uint8_t router = meeting->place.group->host->away_router;
    meeting->half_open = false;
    meeting->late = 0;
    meeting->place.memory->packets++;
    if (is_away(meeting))
        return router == 0 ? 0 : unreachable(world, meeting, router, false);
    if (!meeting->probe->checksums_right || is_blocked(meeting))
        return 0;
    if (meeting->probe->protocol == SIM_TCP)
        return sim_tcp_answer(world, meeting);
    if (meeting->probe->protocol == SIM_UDP)
        return answer_udp(world, meeting);
    return answer_echo(world, meeting);
}
