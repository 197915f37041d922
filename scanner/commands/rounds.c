#include "scanner/commands/rounds.h"

#include <errno.h>
#include <stdlib.h>

/* Ports that answer, beside the unmet ones of a host. */
enum { WITNESSES = 8 };

/* One target of the plan, over all rounds. */
struct seat {
    struct host_observation last; /* owned; its items are in no order */
    size_t capacity;              /* of its items */
    struct portset due[PROTO_COUNT], declared[PROTO_COUNT]; /* of this round */
};

struct rounds {
    const struct plan *plan;
    struct seat *seats;  /* of each target of the plan */
    size_t *by_address;  /* indices of them all, sorted */
    struct target *some; /* of a round that is not of everything */
    size_t *places;      /* of each of SOME: its index in the plan */
    size_t count;
    bool whole;    /* this round is of everything */
    unsigned good; /* rounds one after the other, up to now, after which all was met */
};

static int compare_places(const void *left, const void *right, void *context)
{
    const struct plan *plan = context;
    return addr_compare(&plan->targets[*(const size_t *)left].address,
                        &plan->targets[*(const size_t *)right].address);
}

struct rounds *rounds_new(const struct plan *plan)
{
    struct rounds *rounds = calloc(1, sizeof *rounds);
    if (!rounds)
        return NULL;
    *rounds = (struct rounds){.plan = plan, .whole = true};
    rounds->seats = calloc(plan->count + 1, sizeof *rounds->seats);
    rounds->by_address = calloc(plan->count + 1, sizeof *rounds->by_address);
    rounds->some = calloc(plan->count + 1, sizeof *rounds->some);
    rounds->places = calloc(plan->count + 1, sizeof *rounds->places);
    if (!rounds->seats || !rounds->by_address || !rounds->some || !rounds->places) {
        rounds_free(rounds);
        return NULL;
    }
    for (size_t i = 0; i < plan->count; i++)
        rounds->by_address[i] = i;
    qsort_r(rounds->by_address, plan->count, sizeof *rounds->by_address, compare_places,
            (void *)(uintptr_t)plan);
    return rounds;
}

static void clear_due(struct seat *seat)
{
    for (int proto = 0; proto < PROTO_COUNT; proto++) {
        portset_free(&seat->due[proto]);
        portset_free(&seat->declared[proto]);
    }
}

void rounds_free(struct rounds *rounds)
{
    if (!rounds)
        return;
    for (size_t i = 0; rounds->seats && i < rounds->plan->count; i++) {
        clear_due(&rounds->seats[i]);
        host_observation_free(&rounds->seats[i].last);
    }
    free(rounds->seats);
    free(rounds->by_address);
    free(rounds->some);
    free(rounds->places);
    free(rounds);
}

const struct target *rounds_targets(const struct rounds *rounds, size_t *count)
{
    *count = rounds->whole ? rounds->plan->count : rounds->count;
    return rounds->whole ? rounds->plan->targets : rounds->some;
}

/* ---- what was seen ---- */

static bool was_cut_short(const struct observation *seen)
{
    return seen->state == PORT_UNKNOWN &&
           (seen->reason == REASON_INTERRUPTED || seen->reason == REASON_DEADLINE);
}

/* Forgets what was known of the ports of SEEN. */
static int forget(struct host_observation *last, const struct observation *seen)
{
    size_t kept = 0;
    int status = 0;
    for (size_t i = 0; i < last->count; i++) {
        struct observation *item = &last->items[i];
        if (item->proto == seen->proto && status == 0)
            status = portset_remove_set(&item->ports, &seen->ports);
        if (item->ports.count == 0)
            portset_free(&item->ports);
        else
            last->items[kept++] = *item;
    }
    last->count = kept;
    return status;
}

static int keep(struct seat *seat, const struct observation *seen)
{
    struct host_observation *last = &seat->last;
    if (last->count == seat->capacity) {
        size_t capacity = seat->capacity ? 2 * seat->capacity : 8;
        struct observation *grown = reallocarray(last->items, capacity, sizeof *grown);
        if (!grown)
            return -ENOMEM;
        last->items = grown;
        seat->capacity = capacity;
    }
    struct observation copy = *seen;
    if (portset_copy(&copy.ports, &seen->ports) < 0)
        return -ENOMEM;
    last->items[last->count++] = copy;
    return 0;
}

/* Notes SEEN in place of what was known of its ports. */
static int replace(struct seat *seat, const struct observation *seen)
{
    return forget(&seat->last, seen) < 0 ? -ENOMEM : keep(seat, seen);
}

/* What a round of the unmet was too short to prove: no news, but for a SYN-ACK of a port that
 * was not open before. */
static int note_cut_short(struct seat *seat, const struct observation *seen)
{
    if (!observation_has_syn_ack(seen))
        return 0;
    struct observation news = *seen;
    if (portset_copy(&news.ports, &seen->ports) < 0)
        return -ENOMEM;
    int status = 0;
    for (size_t i = 0; i < seat->last.count && status == 0; i++) {
        const struct observation *last = &seat->last.items[i];
        if (last->proto == seen->proto && last->state == PORT_OPEN)
            status = portset_remove_set(&news.ports, &last->ports);
    }
    if (status == 0 && news.ports.count > 0)
        status = replace(seat, &news);
    portset_free(&news.ports);
    return status;
}

int rounds_note(void *context, const struct host_observation *host)
{
    struct rounds *rounds = context;
    size_t place = rounds->whole ? host->target : rounds->places[host->target];
    struct seat *seat = &rounds->seats[place];
    seat->last.target = place;
    seat->last.alive = seat->last.alive || host->alive;
    if (host->rtt_ms > 0)
        seat->last.rtt_ms = host->rtt_ms;
    if (host->loss.samples > 0 || rounds->whole)
        seat->last.loss = host->loss;
    for (size_t i = 0; i < host->count; i++) {
        const struct observation *seen = &host->items[i];
        bool cut_short = !rounds->whole && was_cut_short(seen);
        if ((cut_short ? note_cut_short(seat, seen) : replace(seat, seen)) < 0)
            return -ENOMEM;
    }
    return 0;
}

int rounds_judge(const struct rounds *rounds, struct audit *audit)
{
    for (size_t i = 0; i < rounds->plan->count; i++) {
        const struct host_observation *last = &rounds->seats[i].last;
        if (last->count > 0 && plan_judge(rounds->plan, last, audit) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* ---- what comes next ---- */

static struct seat *find_seat(const struct rounds *rounds, const struct addr *address)
{
    size_t low = 0, high = rounds->plan->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2, place = rounds->by_address[middle];
        int order = addr_compare(address, &rounds->plan->targets[place].address);
        if (order == 0)
            return &rounds->seats[place];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL; /* a name without an address */
}

static bool is_unmet(const struct verdict *verdict)
{
    return verdict->result == RESULT_BROKEN || verdict->result == RESULT_INCONCLUSIVE;
}

/* Notes the unmet ports of every host. */
static int find_unmet(struct rounds *rounds, const struct audit *audit)
{
    for (size_t i = 0; i < audit->host_count; i++) {
        const struct host_verdicts *host = &audit->hosts[i];
        struct seat *seat = find_seat(rounds, &host->address);
        for (size_t j = 0; j < host->count && seat; j++) {
            const struct verdict *verdict = &host->verdicts[j];
            if (is_unmet(verdict) &&
                portset_add_set(&seat->due[verdict->seen.proto], &verdict->seen.ports) < 0)
                return -ENOMEM;
        }
    }
    return 0;
}

static uint64_t count_due(const struct seat *seat)
{
    uint64_t count = 0;
    for (int proto = 0; proto < PROTO_COUNT; proto++)
        count += portset_size(&seat->due[proto]);
    return count;
}

/* Adds TCP ports that answered, if there are any. */
static int add_witnesses(struct seat *seat)
{
    uint32_t left = WITNESSES;
    for (size_t i = 0; i < seat->last.count; i++) {
        const struct observation *seen = &seat->last.items[i];
        if (seen->proto != PROTO_TCP ||
            (seen->state != PORT_OPEN && seen->state != PORT_CLOSED))
            continue;
        for (uint32_t j = 0; j < portset_size(&seen->ports) && left > 0; j++, left--) {
            uint16_t port = portset_nth(&seen->ports, j);
            if (portset_add(&seat->due[PROTO_TCP], port, port) < 0)
                return -ENOMEM;
        }
    }
    return 0;
}

static int add_target(struct rounds *rounds, size_t place)
{
    struct seat *seat = &rounds->seats[place];
    const struct target *all = &rounds->plan->targets[place];
    struct target *target = &rounds->some[rounds->count];
    if (add_witnesses(seat) < 0)
        return -ENOMEM;
    *target = (struct target){.address = all->address, .responder = all->responder};
    for (int proto = 0; proto < PROTO_COUNT; proto++) {
        struct portset *declared = &seat->declared[proto];
        if (seat->due[proto].count > 0)
            target->ports[proto] = &seat->due[proto];
        if (!all->declared[proto])
            continue;
        if (portset_copy(declared, all->declared[proto]) < 0 ||
            portset_intersect(declared, &seat->due[proto]) < 0)
            return -ENOMEM;
        if (declared->count > 0)
            target->declared[proto] = declared;
    }
    rounds->places[rounds->count++] = place;
    return 0;
}

int rounds_choose(struct rounds *rounds, const struct audit *audit, uint64_t *unmet)
{
    const struct plan *plan = rounds->plan;
    for (size_t i = 0; i < plan->count; i++)
        clear_due(&rounds->seats[i]);
    rounds->count = 0;
    *unmet = 0;
    if (find_unmet(rounds, audit) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < plan->count; i++) {
        uint64_t due = count_due(&rounds->seats[i]);
        *unmet += due;
        if (due > 0 && add_target(rounds, i) < 0)
            return -ENOMEM;
    }
    rounds->whole = *unmet == 0;
    rounds->good = rounds->whole ? rounds->good + 1 : 0;
    if (!rounds->whole)
        return ROUNDS_AGAIN;
    return rounds->good < 2 ? ROUNDS_CONFIRM : ROUNDS_OVER;
}
