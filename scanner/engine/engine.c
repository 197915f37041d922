#include "scanner/engine/engine_state.h"
#include "scanner/engine/vanguard.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* Slots that may be in flight at a time: 32 MiB of them. */
#define SLOTS_IN_FLIGHT_MOST (4u << 20)
/* With more ports than this, those that answer most often go first. */
#define MANY_PORTS 1024
/* Hosts that have something to send, at least, before another one is let in, on top of as many
 * as send one probe each within a round trip: enough to keep busy, and few enough that what is
 * known of them stays in the processor's cache. */
#define HOSTS_AT_WORK 256
/* A link that went down is looked at again after this time. */
#define LINK_PAUSE (250 * NSEC_PER_MSEC)

static int choose_vanguard(const struct portset *set, struct portset *chosen)
{
    for (size_t i = 0; i < VANGUARD; i++) {
        if (portset_has(set, vanguard[i]) && portset_add(chosen, vanguard[i], vanguard[i]) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int make_index(struct shared_index *shared)
{
    if (!shared->vanguard)
        return port_index_init(&shared->index, shared->of);
    if (choose_vanguard(shared->of, &shared->chosen) < 0)
        return -ENOMEM;
    return port_index_init(&shared->index, &shared->chosen);
}

static void free_index(struct shared_index *shared)
{
    port_index_free(&shared->index);
    portset_free(&shared->chosen);
    free(shared);
}

struct engine *engine_new(const struct engine_options *options, const struct target *targets,
                          size_t target_count, engine_host_fn *done, void *context,
                          struct error *error)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine) {
        error_no_memory(error);
        return NULL;
    }
    engine->options = *options;
    engine->targets = targets;
    engine->target_count = target_count;
    engine->done = done;
    engine->context = context;
    engine->random = options->seed;
    engine->capture_lost_at = engine->link_changed_at = -1;
    engine->totals.hosts = target_count;
    permutation_init(&engine->admission, (uint32_t)target_count, options->seed);
    engine->maker =
        probe_maker_new(&engine->options.key, options->library, options->source_port_first,
                        options->source_port_count, error);
    if (!engine->maker) {
        engine_free(engine);
        return NULL;
    }
    size_t room = target_count ? target_count : 1;
    engine->hosts = calloc(room, sizeof *engine->hosts);
    engine->ring = calloc(room, sizeof *engine->ring);
    engine->waiting.phase = HOST_WAITING;
    engine->over.phase = HOST_DONE;
    for (size_t i = 0; i < target_count; i++) {
        if (engine->hosts)
            engine->hosts[i] = &engine->waiting;
        for (int p = 0; p < PROTO_COUNT; p++)
            engine->totals.ports += targets[i].ports[p] ? portset_size(targets[i].ports[p]) : 0;
    }
    if (!engine->hosts || !engine->ring ||
        address_table_init(&engine->addresses, targets, target_count) < 0 ||
        recent_probes_init(&engine->recent, engine->totals.ports) < 0 ||
        wakeups_init(&engine->wakeups, target_count) < 0) {
        engine_free(engine);
        error_no_memory(error);
        return NULL;
    }
    return engine;
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    for (size_t i = 0; engine->hosts && i < engine->target_count; i++)
        engine_let_go(engine, (uint32_t)i);
    for (struct shared_index *shared = engine->indexes; shared;) {
        struct shared_index *next = shared->next;
        free_index(shared);
        shared = next;
    }
    probe_maker_free(engine->maker);
    address_table_free(&engine->addresses);
    recent_probes_free(&engine->recent);
    wakeups_free(&engine->wakeups);
    free(engine->hosts);
    free(engine->ring);
    free(engine->outgoing);
    free(engine);
}

/* ---- hosts come in ---- */

static const struct port_index *share_index(struct engine *engine, const struct portset *set,
                                            bool of_vanguard)
{
    if (!set)
        return NULL;
    for (struct shared_index *shared = engine->indexes; shared; shared = shared->next) {
        if (shared->of == set && shared->vanguard == of_vanguard)
            return &shared->index;
    }
    struct shared_index *shared = calloc(1, sizeof *shared);
    if (!shared) {
        engine->status = -ENOMEM;
        return NULL;
    }
    shared->of = set;
    shared->vanguard = of_vanguard;
    if (make_index(shared) < 0) {
        free_index(shared);
        engine->status = -ENOMEM;
        return NULL;
    }
    shared->next = engine->indexes;
    engine->indexes = shared;
    return &shared->index;
}

static int admit(struct engine *engine, uint32_t index)
{
    const struct target *target = &engine->targets[index];
    struct host *host = calloc(1, sizeof *host);
    if (!host)
        return -ENOMEM;
    engine->hosts[index] = host;
    for (int p = 0; p < PROTO_COUNT; p++) {
        host->index[p] = share_index(engine, target->ports[p], false);
        host->declared[p] = share_index(engine, target->declared[p], false);
    }
    const struct port_index *tcp = host->index[PROTO_TCP];
    if (!host->declared[PROTO_TCP] && tcp && tcp->count > MANY_PORTS)
        host->declared[PROTO_TCP] = share_index(engine, target->ports[PROTO_TCP], true);
    uint64_t seed = engine->options.seed ^ ((uint64_t)index * UINT64_C(0x9e3779b97f4a7c15));
    if (engine->status < 0 || host_init(host, target, seed) < 0)
        return -ENOMEM;
    engine->slots_in_flight += host->slot_count;
    return 0;
}

void engine_let_go(struct engine *engine, uint32_t index)
{
    struct host *host = engine->hosts[index];
    if (host == &engine->waiting || host == &engine->over)
        return;
    engine->hosts[index] = &engine->over;
    host_free(host);
    free(host);
}

static bool has_work_enough(const struct engine *engine)
{
    double round_trip = engine->pace.rate * (double)engine->pace.rtt / (double)NSEC_PER_SEC;
    return (double)engine->ring_count >= HOSTS_AT_WORK + round_trip;
}

bool engine_wants_route(struct engine *engine, size_t *target)
{
    if (engine->stopped || engine->status < 0 || engine->admitted == engine->target_count)
        return false;
    if (engine->slots_in_flight >= SLOTS_IN_FLIGHT_MOST || has_work_enough(engine))
        return false;
    *target = permutation_at(&engine->admission, (uint32_t)engine->admitted);
    return true;
}

const struct addr *engine_target_address(const struct engine *engine, size_t target)
{
    return &engine->targets[target].address;
}

void engine_set_route(struct engine *engine, size_t target, const struct net_route *route,
                      int error)
{
    engine->admitted++;
    if (admit(engine, (uint32_t)target) < 0) {
        engine->status = -ENOMEM;
        return;
    }
    struct host *host = engine->hosts[target];
    if (error < 0 || host->slot_count == 0) {
        settle_host(engine, (uint32_t)target, REASON_NO_ROUTE);
        return;
    }
    host->route = *route;
    batch_begin(host, 0);
    if (engine->options.hail && host->controls.left == 0)
        host->controls.left = 1;
    engine_schedule(engine, (uint32_t)target, 0);
}

/* ---- probes go out ---- */

static void push_ring(struct engine *engine, uint32_t host)
{
    size_t tail = (engine->ring_head + engine->ring_count) % engine->target_count;
    engine->ring[tail] = host;
    engine->ring_count++;
    engine->hosts[host]->in_ring = true;
}

static uint32_t pop_ring(struct engine *engine)
{
    uint32_t host = engine->ring[engine->ring_head];
    engine->ring_head = (engine->ring_head + 1) % engine->target_count;
    engine->ring_count--;
    engine->hosts[host]->in_ring = false;
    return host;
}

/* Hosts are larger than a processor's cache as soon as there are many: those whose turns come
 * soon are fetched from memory meanwhile, first what lies in them, then what they point to. */
static inline __attribute__((always_inline)) void fetch_ahead(const struct engine *engine)
{
    enum { FAR = 8, NEAR = 4, LINE = 64, LINES = 6 };
    if (engine->ring_count <= FAR)
        return;
    uint32_t far = engine->ring[(engine->ring_head + FAR) % engine->target_count];
    const char *host = (const char *)engine->hosts[far];
    for (size_t i = 0; i < LINES; i++)
        __builtin_prefetch(host + i * LINE);
    uint32_t near = engine->ring[(engine->ring_head + NEAR) % engine->target_count];
    __builtin_prefetch(engine->hosts[near]->what);
    __builtin_prefetch(engine->hosts[near]->slots);
    __builtin_prefetch(&engine->wakeups.place[near]);
}

static void unpop_ring(struct engine *engine, uint32_t host)
{
    engine->ring_head = (engine->ring_head + engine->target_count - 1) % engine->target_count;
    engine->ring[engine->ring_head] = host;
    engine->ring_count++;
    engine->hosts[host]->in_ring = true;
}

/* Where ICMP errors are limited, a batch must be over before the bucket fills again: its
 * packets follow one another instead of taking turns with other hosts'. */
static bool keeps_its_turn(const struct host *host)
{
    return host->controls.source_count > 0 && host->phase == HOST_SENDING &&
           host->batch.probed > 0 && !host->batch.pausing && !spots_are_due(host) &&
           host->spacing == 0;
}

static nsec_t wake_time(const struct engine *engine, const struct host *host, nsec_t now)
{
    nsec_t at = host->phase == HOST_TWINNING ? twins_wake_time(engine, host, now)
                                             : batch_wake_time(host, now);
    return decoys_due(host) < at ? decoys_due(host) : at;
}

void engine_decide(struct engine *engine, struct host *host)
{
    host->undecided--;
    engine->totals.decided++;
}

void engine_take_back(struct engine *engine, struct host *host, struct slot *slot)
{
    slot->flags &= (uint8_t) ~(unsigned)(SLOT_SILENT | SLOT_FAILED);
    host->undecided++;
    engine->totals.decided--;
}

void engine_schedule(struct engine *engine, uint32_t index, nsec_t now)
{
    struct host *host = engine->hosts[index];
    if (host->in_ring)
        return;
    if (!host_is_under_audit(host) || host->phase == HOST_KEPT) {
        wakeups_set(&engine->wakeups, index, NSEC_NEVER);
        return;
    }
    nsec_t at = wake_time(engine, host, now);
    if (at > now) {
        wakeups_set(&engine->wakeups, index, at);
        return;
    }
    wakeups_set(&engine->wakeups, index, NSEC_NEVER);
    push_ring(engine, index);
}

static size_t next_probe(struct engine *engine, uint32_t index, nsec_t now, uint8_t *packet)
{
    struct host *const *host = &engine->hosts[index]; /* it may be over in between */
    size_t length = decoys_next_probe(engine, index, now, packet);
    if (length > 0)
        return length;
    if ((*host)->phase == HOST_SENDING || (*host)->phase == HOST_RESTING)
        length = batch_next_probe(engine, index, now, packet);
    if (length == 0 && (*host)->phase == HOST_RESTING)
        batch_wake(engine, index, now);
    if (length == 0 && (*host)->phase == HOST_TWINNING)
        length = twins_next_probe(engine, index, now, packet);
    if (length == 0 && (*host)->phase == HOST_TWINNING)
        twins_wake(engine, index, now);
    return length;
}

static bool make_room(struct engine *engine, size_t count)
{
    engine->outgoing_count = 0;
    if (engine->outgoing_capacity >= count)
        return true;
    struct outgoing *grown = realloc(engine->outgoing, count * sizeof *grown);
    if (!grown) {
        engine->status = -ENOMEM;
        return false;
    }
    engine->outgoing = grown;
    engine->outgoing_capacity = count;
    return true;
}

static void take(const struct engine *engine, struct net_packet *packet, uint32_t host,
                 size_t length)
{
    packet->length = (uint16_t)length;
    packet->route = engine->hosts[host]->route.id;
    packet->error = 0;
}

size_t engine_take_probes(struct engine *engine, nsec_t now, struct net_packet *packets,
                          size_t max)
{
    uint32_t host;
    if (now >= engine->options.deadline)
        engine_stop(engine, now, REASON_DEADLINE);
    if (engine->stopped || !make_room(engine, max))
        return 0;
    if (engine->pace.most == 0)
        pace_init(&engine->pace, engine->options.max_rate, now);
    while (wakeups_take(&engine->wakeups, now, &host)) {
        if (!engine->hosts[host]->in_ring)
            push_ring(engine, host);
    }
    if (now < engine->paused_until)
        return 0;
    probe_maker_set_time(engine->maker, (now + engine->options.wall_ahead) / NSEC_PER_SEC);
    uint32_t allowance = pace_allowance(&engine->pace, now);
    size_t count = 0, idle = 0;
    while (count < max && count < allowance && engine->ring_count > idle) {
        size_t length = beacons_next_probe(engine, now, packets[count].bytes, &host);
        if (length > 0) {
            take(engine, &packets[count++], host, length);
            continue;
        }
        fetch_ahead(engine);
        host = pop_ring(engine);
        enum host_phase before = engine->hosts[host]->phase;
        length = next_probe(engine, host, now, packets[count].bytes);
        if (length > 0) {
            take(engine, &packets[count++], host, length);
            idle = 0;
        } else if (engine->hosts[host]->phase == before) {
            idle++;
        }
        if (keeps_its_turn(engine->hosts[host]))
            unpop_ring(engine, host);
        else
            engine_schedule(engine, host, now);
    }
    assert(engine->outgoing_count == count);
    pace_spend(&engine->pace, (uint32_t)count);
    return count;
}

void engine_sent(struct engine *engine, nsec_t now, const struct net_packet *packets,
                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct outgoing *out = &engine->outgoing[i];
        if (packets[i].error == 0) {
            recent_probes_note(&engine->recent, packets[i].bytes,
                               (struct recent_probe){out->host, out->slot, out->try});
            continue;
        }
        batch_note_unsent(engine, out->host, out, packets[i].error, now);
        if (packets[i].error == -ENETDOWN)
            engine->paused_until = now + LINK_PAUSE;
        engine_schedule(engine, out->host, now);
    }
}

/* ---- the network's own state ---- */

void engine_note_network(struct engine *engine, nsec_t now, const struct net_counters *counters)
{
    if (counters->capture_dropped != engine->network.capture_dropped)
        engine->capture_lost_at = now;
    if (counters->link_changes != engine->network.link_changes || counters->link_down)
        engine->link_changed_at = now;
    if (counters->link_down)
        engine->paused_until = now + LINK_PAUSE;
    engine->network = *counters;
}

nsec_t engine_deadline(const struct engine *engine, nsec_t now)
{
    nsec_t at = engine->options.deadline, wake = wakeups_next(&engine->wakeups);
    if (wake < at)
        at = wake;
    if (engine->ring_count > 0) {
        nsec_t next = engine->pace.most == 0 ? now : pace_next(&engine->pace);
        if (next < engine->paused_until)
            next = engine->paused_until;
        if (next < at)
            at = next;
    }
    return at;
}

void engine_stop(struct engine *engine, nsec_t now, enum reason reason)
{
    if (engine->stopped)
        return;
    engine->stopped = true;
    for (uint32_t i = 0; i < engine->target_count && engine->status == 0; i++) {
        if (engine->hosts[i] == &engine->over)
            continue;
        if (engine->hosts[i] == &engine->waiting && admit(engine, i) < 0) {
            engine->status = -ENOMEM;
            return;
        }
        services_doubt_early(engine, engine->hosts[i], now);
        settle_host(engine, i, reason);
    }
    engine->admitted = engine->target_count;
}

bool engine_finished(const struct engine *engine, int *status)
{
    *status = engine->status;
    return engine->status < 0 || engine->finished == engine->target_count;
}

void engine_totals(const struct engine *engine, struct engine_totals *totals)
{
    *totals = engine->totals;
}
