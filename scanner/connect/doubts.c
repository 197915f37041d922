#include "scanner/connect/doubts_state.h"

#include "scanner/engine/decoys.h"
#include "scanner/engine/random.h"
#include "scanner/engine/vanguard.h"

#include <errno.h>
#include <stdlib.h>

/* How often a port that answers is asked until it connects, and how often what connects is
 * asked that shows no more: an acknowledgement that is lost, or the segment that gives room, is
 * not sent again. Of random ports there are enough for that. */
#define TRIES      12
#define TRIES_HELD 3
/* A connection is looked at for so long, and two round trips more: a SYN proxy must reach the
 * host behind it first. Random ports get as long as all tries of a port together, so that a
 * service is not merely the faster one. */
#define WATCH        NSEC_PER_SEC
#define WATCH_RANDOM (TRIES_HELD * WATCH)
/* For a connection, beside four round trips. */
#define PATIENCE      (100 * NSEC_PER_MSEC)
#define PATIENCE_MOST (3 * NSEC_PER_SEC)

struct doubts *doubts_new(const struct doubts_options *options, engine_host_fn *done,
                          void *context)
{
    struct doubts *doubts = calloc(1, sizeof *doubts);
    if (!doubts)
        return NULL;
    *doubts = (struct doubts){
        .options = *options, .random = options->seed, .done = done, .context = context};
    return doubts;
}

void doubts_free(struct doubts *doubts)
{
    if (!doubts)
        return;
    for (size_t i = 0; i < doubts->count; i++)
        host_observation_free(&doubts->hosts[i].seen);
    free(doubts->hosts);
    free(doubts);
}

bool doubts_concern(const struct observation *seen)
{
    return seen->proto == PROTO_TCP && seen->reason == REASON_ANSWERS_EVERYTHING;
}

/* ---- which ports are asked ---- */

static bool is_asked(const struct doubt *doubt, uint16_t port)
{
    for (unsigned i = 0; i < doubt->count; i++) {
        if (doubt->items[i].port == port)
            return true;
    }
    return false;
}

static void ask(struct doubt *doubt, uint16_t port)
{
    if (doubt->count < DOUBT_ITEMS && !is_asked(doubt, port))
        doubt->items[doubt->count++].port = port;
}

static bool is_in_doubt(const struct doubt *doubt, uint16_t port)
{
    for (size_t i = 0; i < doubt->seen.count; i++) {
        const struct observation *seen = &doubt->seen.items[i];
        if (doubts_concern(seen) && portset_has(&seen->ports, port))
            return true;
    }
    return false;
}

static void draw_random_ports(struct doubts *doubts, struct doubt *doubt)
{
    const struct portset *declared = doubt->target->declared[PROTO_TCP];
    for (int draws = 0; doubt->count < DOUBT_RANDOM && draws < 8 * DOUBT_RANDOM; draws++) {
        uint16_t port = decoys_draw_port(declared, &doubts->random);
        if (port != 0)
            ask(doubt, port);
    }
    doubt->random_count = doubt->count;
}

static void ask_those_of(struct doubt *doubt, const struct portset *ports)
{
    for (size_t i = 0; i < ports->count && doubt->count < DOUBT_ITEMS; i++) {
        for (uint32_t port = ports->ranges[i].first;
             port <= ports->ranges[i].last && doubt->count < DOUBT_ITEMS; port++) {
            if (is_in_doubt(doubt, (uint16_t)port))
                ask(doubt, (uint16_t)port);
        }
    }
}

/* Those that rules name, then those that are open most often, then any. */
static void choose_ports(struct doubt *doubt)
{
    const struct portset *declared = doubt->target->declared[PROTO_TCP];
    if (declared)
        ask_those_of(doubt, declared);
    for (size_t i = 0; i < VANGUARD; i++) {
        if (is_in_doubt(doubt, vanguard[i]))
            ask(doubt, vanguard[i]);
    }
    for (size_t i = 0; i < doubt->seen.count; i++) {
        if (doubts_concern(&doubt->seen.items[i]))
            ask_those_of(doubt, &doubt->seen.items[i].ports);
    }
}

/* ---- hosts come in ---- */

static int copy_observation(struct host_observation *to, const struct host_observation *from)
{
    *to = *from;
    to->count = 0;
    to->items = calloc(from->count, sizeof *to->items);
    if (!to->items)
        return -ENOMEM;
    for (size_t i = 0; i < from->count; i++) {
        to->items[i] = from->items[i];
        if (portset_copy(&to->items[i].ports, &from->items[i].ports) < 0) {
            host_observation_free(to);
            return -ENOMEM;
        }
        to->count++;
    }
    return 0;
}

static int make_room(struct doubts *doubts)
{
    if (doubts->count < doubts->capacity)
        return 0;
    size_t capacity = doubts->capacity ? 2 * doubts->capacity : 4;
    struct doubt *grown = reallocarray(doubts->hosts, capacity, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    doubts->hosts = grown;
    doubts->capacity = capacity;
    return 0;
}

static bool is_any_in_doubt(const struct host_observation *host)
{
    for (size_t i = 0; i < host->count; i++) {
        if (doubts_concern(&host->items[i]))
            return true;
    }
    return false;
}

int doubts_take(void *context, const struct host_observation *host)
{
    struct doubts *doubts = context;
    const struct target *target = &doubts->options.targets[host->target];
    if (target->responder || !is_any_in_doubt(host))
        return doubts->done(doubts->context, host);
    if (make_room(doubts) < 0)
        return -ENOMEM;
    struct doubt *doubt = &doubts->hosts[doubts->count];
    *doubt = (struct doubt){.target = target};
    if (copy_observation(&doubt->seen, host) < 0)
        return -ENOMEM;
    doubts->count++;
    draw_random_ports(doubts, doubt);
    if (doubt->random_count < DECOYS)
        return 0;
    choose_ports(doubt);
    doubt->waiting = doubt->count;
    doubts->waiting += doubt->count;
    return 0;
}

/* ---- questions and answers ---- */

static void write_question(const struct doubts *doubts, unsigned item,
                           struct doubts_question *question)
{
    const struct doubt *doubt = &doubts->hosts[doubts->turn];
    nsec_t round_trip = (nsec_t)(doubt->seen.rtt_ms * (double)NSEC_PER_MSEC);
    nsec_t patience = PATIENCE + 4 * round_trip;
    nsec_t watch = (item < doubt->random_count ? WATCH_RANDOM : WATCH) + 2 * round_trip;
    *question = (struct doubts_question){
        .address = doubt->target->address,
        .port = doubt->items[item].port,
        .patience = patience < PATIENCE_MOST ? patience : PATIENCE_MOST,
        .watch = watch,
        .host = doubts->turn,
        .item = item,
    };
}

bool doubts_have_questions(const struct doubts *doubts)
{
    return doubts->waiting > 0;
}

bool doubts_next(struct doubts *doubts, struct doubts_question *question)
{
    if (doubts->waiting == 0)
        return false;
    do {
        doubts->turn = (doubts->turn + 1) % doubts->count;
    } while (doubts->hosts[doubts->turn].waiting == 0);
    struct doubt *doubt = &doubts->hosts[doubts->turn];
    unsigned item = 0;
    while (doubt->items[item].state != DOUBT_WAITING)
        item++;
    doubt->items[item].state = DOUBT_ASKED;
    doubt->items[item].tries++;
    doubt->waiting--;
    doubts->waiting--;
    write_question(doubts, item, question);
    return true;
}

static void wait_again(struct doubts *doubts, struct doubt *doubt, struct doubt_item *item)
{
    item->state = DOUBT_WAITING;
    doubt->waiting++;
    doubts->waiting++;
}

static bool wants_another_try(const struct doubt *doubt, unsigned index)
{
    const struct doubt_item *item = &doubt->items[index];
    bool random = index < doubt->random_count;
    if (item->how_far == HANDSHAKE_HELD && !random)
        return item->held < TRIES_HELD && item->tries < TRIES;
    return item->how_far == HANDSHAKE_NONE && item->tries < TRIES;
}

void doubts_note(struct doubts *doubts, const struct doubts_question *question,
                 enum handshake how_far)
{
    struct doubt *doubt = &doubts->hosts[question->host];
    struct doubt_item *item = &doubt->items[question->item];
    if (how_far == HANDSHAKE_HELD)
        item->held++;
    if (how_far > item->how_far)
        item->how_far = (uint8_t)how_far;
    if (wants_another_try(doubt, question->item)) {
        wait_again(doubts, doubt, item);
        return;
    }
    item->state = DOUBT_ANSWERED;
}
