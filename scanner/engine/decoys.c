#include "scanner/engine/engine_state.h"
#include "scanner/engine/random.h"

/* Rounds until all decoys are given up, and one of them when others have answered. */
#define ROUNDS_LEAST       3
#define ROUNDS_MOST        5
#define ROUNDS_MOST_OF_ONE 14
#define DRAWS_MOST         64

static bool is_declared(const struct host *host, uint16_t port)
{
    const struct port_index *declared = host->declared[PROTO_TCP];
    return declared && port_index_rank(declared, port) >= 0;
}

static bool is_taken(const struct decoys *decoys, size_t count, uint16_t port)
{
    for (size_t i = 0; i < count; i++) {
        if (decoys->each[i].port == port)
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
        decoys->each[i].port = draw_port(host, &random, i);
        decoys->refuted = decoys->each[i].port == 0;
    }
}

static bool has_all_answers(const struct decoys *decoys)
{
    for (size_t i = 0; i < DECOYS; i++) {
        if (!decoys->each[i].answered)
            return false;
    }
    return true;
}

bool decoys_pending(const struct host *host)
{
    const struct decoys *decoys = &host->decoys;
    return decoys->chosen && !decoys->refuted && !has_all_answers(decoys);
}

nsec_t decoys_due(const struct host *host)
{
    return decoys_pending(host) ? host->decoys.due : NSEC_NEVER;
}

/* ---- rounds ---- */

/* Whether those that have not answered were asked often enough for the loss. While none has,
 * the tries of all count as one's. */
static bool is_silence_certain(const struct engine *engine, const struct host *host)
{
    const struct decoys *decoys = &host->decoys;
    if (decoys->rounds < ROUNDS_LEAST)
        return false;
    if (decoys->rounds >= (decoys->supported ? ROUNDS_MOST_OF_ONE : ROUNDS_MOST))
        return true;
    struct loss worst;
    double upper = controls_upper(&host->controls, &worst);
    unsigned needed = loss_tries_needed(upper, engine->options.miss);
    return needed && (decoys->supported ? decoys->rounds : decoys->tries) >= needed;
}

/* A round may end as soon as an answer is due; the last one waits longer. */
static nsec_t patience(const struct engine *engine, const struct host *host)
{
    const struct rtt *rtt = &host->rtt;
    if (!rtt_known(rtt) || is_silence_certain(engine, host))
        return rtt_timeout(rtt);
    return rtt->smoothed + rtt->smoothed / 4 + 2 * NSEC_PER_MSEC;
}

/* Decoys that are ports of the audit are not asked again: what they answer is known in the
 * end. */
static void pass_over_slots(struct host *host)
{
    for (size_t i = 0; i < DECOYS; i++) {
        struct decoy *decoy = &host->decoys.each[i];
        decoy->answered = host_find_slot(host, PROTO_TCP, decoy->port) >= 0;
    }
}

static struct decoy *next_due(struct decoys *decoys)
{
    for (size_t i = 0; i < DECOYS; i++) {
        if (decoys->each[i].due)
            return &decoys->each[i];
    }
    return NULL;
}

static void begin_round(struct host *host)
{
    struct decoys *decoys = &host->decoys;
    bool alone = decoys->rounds == 0;
    if (alone)
        pass_over_slots(host);
    for (size_t i = 0; i < DECOYS; i++) {
        struct decoy *decoy = &decoys->each[i];
        decoy->due = !decoy->answered && !(alone && next_due(decoys));
    }
    decoys->rounds++;
}

size_t decoys_next_probe(struct engine *engine, uint32_t host_index, nsec_t now,
                         uint8_t *packet)
{
    struct host *host = &engine->hosts[host_index];
    struct decoys *decoys = &host->decoys;
    if (now < decoys_due(host))
        return 0;
    if (!next_due(decoys)) {
        decoys->refuted = is_silence_certain(engine, host);
        begin_round(host);
    }
    struct decoy *decoy = next_due(decoys);
    if (!decoy || decoys->refuted)
        return 0;
    decoy->due = false;
    decoys->tries++;
    decoys->due = next_due(decoys) ? now : now + patience(engine, host);
    struct control *control =
        controls_push(&host->controls, CONTROL_DECOY, SLOT_DECOY + decoy->port, 0, now);
    return control ? engine_write_control(engine, host_index, control, packet) : 0;
}

/* ---- answers ---- */

void decoys_note_answer(struct host *host, const struct control *control,
                        const struct answer *answer)
{
    struct decoys *decoys = &host->decoys;
    if (!decoys_pending(host))
        return;
    for (size_t i = 0; i < DECOYS; i++) {
        if (control->slot == SLOT_DECOY + decoys->each[i].port)
            decoys->each[i].answered = true;
    }
    decoys->refuted = answer->reason != REASON_SYN_ACK;
    decoys->supported = true;
    if (decoys->rounds == 1)
        decoys->due = 0;
}

bool decoys_all_answered(const struct host *host)
{
    const struct decoys *decoys = &host->decoys;
    if (!decoys->chosen || decoys->refuted || !has_all_answers(decoys))
        return false;
    for (size_t i = 0; i < DECOYS; i++) {
        int64_t index = host_find_slot(host, PROTO_TCP, decoys->each[i].port);
        const struct slot *slot = index < 0 ? NULL : &host->slots[index];
        if (slot && (!slot->signature ||
                     host->signatures[slot->signature - 1].answer.reason != REASON_SYN_ACK))
            return false;
    }
    return true;
}
