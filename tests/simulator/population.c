#include "tests/simulator/population.h"

#include "tests/simulator/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 32, UDP_PORTS = 20 };
#define DETOUR_MOST  (150 * NSEC_PER_MSEC)
#define THOUGHT_MOST (500 * NSEC_PER_MSEC)

const struct sim_router sim_population_routers[] = {
    {.address = {.family = ADDR_IPV4, .bytes = {198, 51, 100, 1}}, .hops = 2, .quoted = 28},
    {.address = {.family = ADDR_IPV6, .bytes = {0x20, 1, 0xd, 0xb8, 1, [15] = 1}}, .hops = 2},
};
const size_t sim_population_router_count = 2;

/* A kind of host: what its ports do as a rule, and how many do something else. */
struct recipe {
    enum addr_family family;
    const struct sim_stack *stack;
    enum sim_behaviour tcp;
    struct exception {
        uint8_t most; /* ports, 0 to this many */
        enum sim_behaviour behaviour;
        uint8_t icmp_type, icmp_code, router;
    } exceptions[4];
};

static const struct recipe recipes[] = {
    /* a server behind a firewall that drops */
    {ADDR_IPV4,
     &sim_linux,
     SIM_DROP,
     {{6, SIM_OPEN, 0, 0, 0}, {3, SIM_CLOSED, 0, 0, 0}, {2, SIM_REJECT_RESET, 0, 0, 0}}},
    {ADDR_IPV6,
     &sim_linux,
     SIM_DROP,
     {{6, SIM_OPEN, 0, 0, 0}, {3, SIM_CLOSED, 0, 0, 0}, {2, SIM_REJECT_RESET, 0, 0, 0}}},
    /* a machine without a firewall, or with one for a few ports */
    {ADDR_IPV4,
     &sim_linux,
     SIM_CLOSED,
     {{6, SIM_OPEN, 0, 0, 0},
      {8, SIM_DROP, 0, 0, 0},
      {3, SIM_REJECT_RESET, 0, 0, 0},
      {3, SIM_REJECT_ICMP, 3, 13, 0}}},
    {ADDR_IPV6,
     &sim_linux,
     SIM_CLOSED,
     {{6, SIM_OPEN, 0, 0, 0},
      {8, SIM_DROP, 0, 0, 0},
      {3, SIM_REJECT_RESET, 0, 0, 0},
      {3, SIM_REJECT_ICMP, 1, 1, 0}}},
    /* a firewall that rejects */
    {ADDR_IPV4,
     &sim_linux,
     SIM_REJECT_RESET,
     {{6, SIM_OPEN, 0, 0, 0}, {3, SIM_CLOSED, 0, 0, 0}, {3, SIM_DROP, 0, 0, 0}}},
    /* a router in front that rejects some */
    {ADDR_IPV4,
     &sim_linux,
     SIM_DROP,
     {{4, SIM_OPEN, 0, 0, 0}, {4, SIM_REJECT_RESET, 0, 0, 1}, {4, SIM_REJECT_ICMP, 3, 9, 1}}},
    {ADDR_IPV6, &sim_linux, SIM_DROP, {{4, SIM_OPEN, 0, 0, 0}, {4, SIM_REJECT_ICMP, 1, 6, 2}}},
    /* other stacks */
    {ADDR_IPV4, &sim_freebsd, SIM_DROP, {{4, SIM_OPEN, 0, 0, 0}, {3, SIM_CLOSED, 0, 0, 0}}},
    {ADDR_IPV4, &sim_windows, SIM_DROP, {{4, SIM_OPEN, 0, 0, 0}, {3, SIM_CLOSED, 0, 0, 0}}},
    {ADDR_IPV4, &sim_windows, SIM_CLOSED, {{4, SIM_OPEN, 0, 0, 0}, {6, SIM_DROP, 0, 0, 0}}},
};

/* Rows under way, and which ports have one. */
struct draft {
    struct sim_random random;
    struct sim_row *rows;
    size_t count;
    uint16_t first, ports;
    uint8_t taken[65536 / 8];
};

static bool take(struct draft *draft, uint16_t port)
{
    uint8_t bit = (uint8_t)(1 << port % 8);
    if ((draft->taken[port / 8] & bit) != 0)
        return false;
    draft->taken[port / 8] |= bit;
    return true;
}

/* A few ports are forwarded to another site. */
static nsec_t draw_detour(struct draft *draft)
{
    bool far = sim_random_below(&draft->random, 8) == 0;
    return far ? (nsec_t)sim_random_below(&draft->random, (uint64_t)DETOUR_MOST) : 0;
}

static void add_rows(struct draft *draft, uint64_t count, const struct exception *exception)
{
    struct sim_answer answer = {
        .behaviour = exception->behaviour,
        .icmp_type = exception->icmp_type,
        .icmp_code = exception->icmp_code,
        .router = exception->router,
    };
    for (; count > 0 && draft->count < ROWS_MOST; count--) {
        uint16_t port =
            (uint16_t)(draft->first + sim_random_below(&draft->random, draft->ports));
        answer.late = exception->behaviour == SIM_OPEN ? draw_detour(draft) : 0;
        if (take(draft, port))
            draft->rows[draft->count++] = (struct sim_row){PROTO_TCP, port, port, answer};
    }
}

/* UDP: three services, of which one takes its time, one that is mute, the rest dropped. */
static void add_udp(struct draft *draft)
{
    static const struct sim_row rows[] = {
        {PROTO_UDP, 2, 3, {.behaviour = SIM_OPEN}},
        {PROTO_UDP, 4, 4, {.behaviour = SIM_OPEN, .later = THOUGHT_MOST}},
        {PROTO_UDP, 5, 5, {.behaviour = SIM_MUTE}},
    };
    memcpy(draft->rows + draft->count, rows, sizeof(rows));
    draft->count += sizeof(rows) / sizeof(rows[0]);
}

static void draw_host(struct draft *draft, struct sim_host *host, size_t index)
{
    const struct recipe *recipe =
        &recipes[sim_random_below(&draft->random, sizeof(recipes) / sizeof(recipes[0]))];
    draft->count = 0;
    memset(draft->taken, 0, sizeof(draft->taken));
    for (size_t i = 0; i < sizeof(recipe->exceptions) / sizeof(recipe->exceptions[0]); i++)
        add_rows(draft, sim_random_below(&draft->random, recipe->exceptions[i].most + 1u),
                 &recipe->exceptions[i]);
    add_udp(draft);
    static const struct addr v6 = {.family = ADDR_IPV6, .bytes = {0x20, 1, 0xd, 0xb8, 2}};
    static const struct addr v4 = {.family = ADDR_IPV4, .bytes = {10, 1}};
    *host = (struct sim_host){
        .first = recipe->family == ADDR_IPV6 ? v6 : v4,
        .count = 1,
        .stack = recipe->stack,
        .rows = draft->rows,
        .row_count = draft->count,
        .otherwise = {{.behaviour = recipe->tcp}, {.behaviour = SIM_DROP}},
        .hops = (uint8_t)(3 + sim_random_below(&draft->random, 12)),
        .delay = (nsec_t)sim_random_below(&draft->random, (uint64_t)(30 * NSEC_PER_MSEC)),
    };
    uint8_t *low = host->first.bytes + addr_length(&host->first) - 2;
    low[0] = (uint8_t)(index >> 8);
    low[1] = (uint8_t)index;
}

static int ask(struct target *target, struct portset *sets, const struct draft *draft)
{
    if (portset_add(&sets[PROTO_TCP], draft->first,
                    (uint16_t)(draft->first + draft->ports - 1)) < 0 ||
        portset_add(&sets[PROTO_UDP], 1, UDP_PORTS) < 0)
        return -ENOMEM;
    target->ports[PROTO_TCP] = &sets[PROTO_TCP];
    target->ports[PROTO_UDP] = &sets[PROTO_UDP];
    return 0;
}

int sim_population_init(struct sim_population *population, uint64_t seed, size_t count,
                        uint16_t ports)
{
    population->count = count;
    population->hosts = calloc(count, sizeof(*population->hosts));
    population->targets = calloc(count, sizeof(*population->targets));
    population->rows = calloc(count * (ROWS_MOST + 2), sizeof(*population->rows));
    population->ports = calloc(count * PROTO_COUNT, sizeof(*population->ports));
    if (population->hosts == NULL || population->targets == NULL || population->rows == NULL ||
        population->ports == NULL)
        return -ENOMEM;
    struct draft draft = {.random = sim_random_make(seed, 6), .ports = ports};
    for (size_t i = 0; i < count; i++) {
        draft.first = (uint16_t)(1 + sim_random_below(&draft.random, 65536u - ports));
        draft.rows = population->rows + i * (ROWS_MOST + 2);
        draw_host(&draft, &population->hosts[i], i);
        population->targets[i].address = population->hosts[i].first;
        if (ask(&population->targets[i], &population->ports[i * PROTO_COUNT], &draft) < 0)
            return -ENOMEM;
    }
    return 0;
}

void sim_population_free(struct sim_population *population)
{
    for (size_t i = 0; population->ports != NULL && i < population->count * PROTO_COUNT; i++)
        portset_free(&population->ports[i]);
    free(population->ports);
    free(population->rows);
    free(population->targets);
    free(population->hosts);
    *population = (struct sim_population){0};
}
