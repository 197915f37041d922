#include "scanner/engine/engine_state.h"
#include "scanner/engine/random.h"

/* A decoy that stays silent so often is dropped by somebody. */
#define DECOY_TRIES 3
#define DRAWS_MOST  64

static bool is_declared(const struct host *host, uint16_t port)
{
    const struct port_index *declared = host->declared[PROTO_TCP];
    return declared && port_index_rank(declared, port) >= 0;
}

static bool is_taken(const struct decoys *decoys, size_t count, uint16_t port)
{
    for (size_t i = 0; i < count; i++) {
        if (decoys->ports[i] == port)
            return true;
    }
    return false;
}

/* A high port that no rule names one by one: those may well be open. 0: none was found. */
static uint16_t draw_port(const struct host *host, uint64_t *random, size_t count)
{
    for (int i = 0; i < DRAWS_MOST; i++) {
        uint32_t range = 65536 - DECOY_PORT_LEAST;
        uint16_t port = (uint16_t)(DECOY_PORT_LEAST + random_next(random) % range);
        if (!is_declared(host, port) && !is_taken(&host->decoys, count, port))
            return port;
    }
    return 0;
}

void decoys_choose(struct host *host)
{
    struct decoys *decoys = &host->decoys;
    if (decoys->chosen || host->what->responder)
        return;
    decoys->chosen = true;
    uint64_t random = host->seed;
    for (size_t i = 0; i < DECOYS && !decoys->refuted; i++) {
        decoys->ports[i] = draw_port(host, &random, i);
        decoys->refuted = decoys->ports[i] == 0;
    }
}

/* Decoys that are ports of the audit anyway are not asked again. */
static void pass_over_slots(struct host *host)
{
    struct decoys *decoys = &host->decoys;
    while (decoys->turn < DECOYS &&
           host_find_slot(host, PROTO_TCP, decoys->ports[decoys->turn]) >= 0)
        decoys->turn++;
}

bool decoys_pending(const struct host *host)
{
    const struct decoys *decoys = &host->decoys;
    return decoys->chosen && !decoys->refuted && decoys->turn < DECOYS;
}

nsec_t decoys_due(const struct host *host)
{
    return decoys_pending(host) ? host->decoys.due : NSEC_NEVER;
}

/* Tries follow each other as soon as an answer is due, and after the last one waits longer. */
static nsec_t patience(const struct host *host)
{
    const struct rtt *rtt = &host->rtt;
    if (host->decoys.tries == DECOY_TRIES || !rtt_known(rtt))
        return rtt_timeout(rtt);
    return rtt->smoothed + rtt->smoothed / 4 + 2 * NSEC_PER_MSEC;
}

size_t decoys_next_probe(struct engine *engine, uint32_t host_index, nsec_t now,
                         uint8_t *packet)
{
    struct host *host = &engine->hosts[host_index];
    struct decoys *decoys = &host->decoys;
    if (now < decoys_due(host))
        return 0;
    pass_over_slots(host);
    if (decoys->turn == DECOYS)
        return 0;
    if (decoys->tries == DECOY_TRIES) {
        decoys->refuted = true;
        return 0;
    }
    decoys->tries++;
    decoys->due = now + patience(host);
    uint32_t slot = SLOT_DECOY + decoys->ports[decoys->turn];
    struct control *control = controls_push(&host->controls, CONTROL_DECOY, slot, 0, now);
    return control ? engine_write_control(engine, host_index, control, packet) : 0;
}

void decoys_note_answer(struct host *host, const struct control *control,
                        const struct answer *answer)
{
    struct decoys *decoys = &host->decoys;
    if (!decoys_pending(host) || control->slot != SLOT_DECOY + decoys->ports[decoys->turn])
        return;
    decoys->refuted = answer->reason != REASON_SYN_ACK;
    decoys->turn++;
    decoys->tries = 0;
    decoys->due = 0;
}

bool decoys_all_answered(const struct host *host)
{
    const struct decoys *decoys = &host->decoys;
    if (!decoys->chosen || decoys->refuted || decoys->turn < DECOYS)
        return false;
    for (size_t i = 0; i < DECOYS; i++) {
        int64_t index = host_find_slot(host, PROTO_TCP, decoys->ports[i]);
        const struct slot *slot = index < 0 ? NULL : &host->slots[index];
        if (slot && (!slot->signature ||
                     host->signatures[slot->signature - 1].answer.reason != REASON_SYN_ACK))
            return false;
    }
    return true;
}
