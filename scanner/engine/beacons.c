/* Beacons: hosts that go on being asked while others are under audit.
 *
 * Most hosts of a fleet are seen for a moment only, and what their first answer took says
 * nothing of how full the path is. So the first hosts that answered are kept until the end, and
 * controls to them go out among the probes to all others: these were first seen while the path
 * was empty, and the loss and the delay that they meet govern the pace. */
#include "scanner/engine/engine_state.h"
#include "scanner/engine/random.h"

/* No more are sent than so many a second; and one that misses so many in a row is no beacon. */
#define CONTROLS_PER_SECOND 1000.0
#define STREAK_MOST         10

void beacons_consider(struct engine *engine, uint32_t host_index)
{
    struct beacons *beacons = &engine->beacons;
    struct host *host = engine->hosts[host_index];
    if (engine->target_count == 1 || beacons->count == BEACONS_MOST || host->is_beacon ||
        !controls_have_witness(&host->controls))
        return;
    host->is_beacon = true;
    beacons->hosts[beacons->count++] = host_index;
}

bool beacons_govern(const struct engine *engine, const struct host *host)
{
    return host->is_beacon || engine->beacons.count == 0;
}

static void drop(struct engine *engine, uint8_t which)
{
    struct beacons *beacons = &engine->beacons;
    uint32_t host = beacons->hosts[which];
    beacons->hosts[which] = beacons->hosts[--beacons->count];
    engine->hosts[host]->is_beacon = false;
    if (engine->hosts[host]->phase == HOST_KEPT) {
        beacons->kept--;
        settle_host(engine, host, engine->hosts[host]->void_reason);
    }
}

size_t beacons_next_probe(struct engine *engine, nsec_t now, uint8_t *packet, uint32_t *host)
{
    struct beacons *beacons = &engine->beacons;
    if (beacons->count == 0)
        return 0;
    double share = engine_control_share(engine, CONTROLS_PER_SECOND);
    if (random_next(&engine->random) >= share * (double)UINT32_MAX)
        return 0;
    uint8_t which = beacons->turn++ % beacons->count;
    *host = beacons->hosts[which];
    if (controls_longest_streak(&engine->hosts[*host]->controls) < STREAK_MOST)
        return engine_send_control(engine, *host, CONTROL_BEACON, now, packet);
    drop(engine, which);
    return 0;
}

bool beacons_keep(struct engine *engine, uint32_t host_index, enum reason undecided)
{
    struct host *host = engine->hosts[host_index];
    size_t others = engine->target_count - engine->finished - engine->beacons.kept - 1;
    if (engine->stopped || !host->is_beacon || others == 0)
        return false;
    host->phase = HOST_KEPT;
    host->void_reason = undecided;
    engine->beacons.kept++;
    return true;
}

void beacons_release(struct engine *engine)
{
    struct beacons *beacons = &engine->beacons;
    if (beacons->kept == 0 || engine->finished + beacons->kept < engine->target_count)
        return;
    while (beacons->count > 0)
        drop(engine, 0);
}
