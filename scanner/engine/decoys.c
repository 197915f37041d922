#include "scanner/engine/engine_state.h"
#include "scanner/engine/random.h"

/* Tries beside the first until all decoys are given up, and of one when others have answered;
 * and rounds that these must be spread over. */
#define TRIES_MOST        12
#define TRIES_MOST_OF_ONE 14
#define ROUNDS_LEAST      2
/* For each void round so many more, for there is loss that nobody has measured; not for ever.
 */
#define TRIES_FOR_VOID 3
#define VOIDS_MOST     16
/* Rounds one after the other that prove nothing. From so many on, answers are given more time,
 * for the only port that accepts may be one that is forwarded to another site. */
#define VOID_ROUNDS_MOST    16
#define VOID_ROUNDS_PATIENT 3
#define PATIENCE_LEAST      (40 * NSEC_PER_MSEC)
#define PATIENCE_MOST       (320 * NSEC_PER_MSEC)
#define DRAWS_MOST          64

uint16_t decoys_draw_port(const struct portset *declared, uint64_t *random)
{
    for (int i = 0; i < DRAWS_MOST; i++) {
        uint32_t range = 65536 - DECOY_PORT_LEAST;
        uint16_t port = (uint16_t)(DECOY_PORT_LEAST + random_next(random) % range);
        if (!declared || !portset_has(declared, port))
            return port;
    }
    return 0;
}

bool decoys_silence_is_certain(const struct decoys_silence *silence, double upper, double miss)
{
    unsigned needed = loss_tries_needed(upper, miss);
    unsigned voids = silence->voids < VOIDS_MOST ? silence->voids : VOIDS_MOST;
    unsigned most =
        (silence->answered ? TRIES_MOST_OF_ONE : TRIES_MOST) + voids * TRIES_FOR_VOID;
    return silence->rounds >= ROUNDS_LEAST &&
           (silence->tries >= most || (needed && silence->tries >= needed));
}

static bool is_taken(const struct decoys *decoys, size_t count, uint16_t port)
{
    for (size_t i = 0; i < count; i++) {
        if (decoys->each[i].port == port)
            return true;
    }
    return false;
}

static uint16_t draw_another(const struct host *host, uint64_t *random, size_t count)
{
    for (int i = 0; i < DRAWS_MOST; i++) {
        uint16_t port = decoys_draw_port(host->what->declared[PROTO_TCP], random);
        if (port == 0 || !is_taken(&host->decoys, count, port))
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
        decoys->each[i].port = draw_another(host, &random, i);
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
    return decoys->chosen && !decoys->refuted && !decoys->silent &&
           decoys->lapse == REASON_NONE && !has_all_answers(decoys);
}

nsec_t decoys_due(const struct host *host)
{
    return decoys_pending(host) ? host->decoys.due : NSEC_NEVER;
}

/* ---- answers ---- */

/* An answer in the host's absence, or of a router that knows nothing of it, refuses nothing. */
static void take_answer(struct decoys *decoys, struct decoy *decoy, const struct answer *answer)
{
    if (answer->reason == REASON_SYN_ACK) {
        decoy->answered = decoys->supported = true;
        decoys->silent = false; /* whatever was believed before */
    } else if (!answer->maybe_absent && answer->state != PORT_UNKNOWN) {
        decoys->refuted = true;
    }
}

/* Some decoys may be ports of the audit, which have been asked in any case. */
static void look_at_slots(struct host *host)
{
    struct decoys *decoys = &host->decoys;
    for (size_t i = 0; i < DECOYS && decoys->chosen; i++) {
        struct decoy *decoy = &decoys->each[i];
        int64_t index = host_find_slot(host, PROTO_TCP, decoy->port);
        const struct slot *slot = index < 0 ? NULL : &host->slots[index];
        if (!slot || decoy->answered || !slot_is_decided(slot))
            continue;
        if (slot->flags & SLOT_SILENT)
            decoys->silent = true;
        else if (slot->signature)
            take_answer(decoys, decoy, &host->signatures[slot->signature - 1].answer);
    }
}

void decoys_note_answer(struct host *host, const struct control *control,
                        const struct answer *answer)
{
    struct decoys *decoys = &host->decoys;
    for (size_t i = 0; i < DECOYS; i++) {
        if (decoys->each[i].port == host_slot_port(host, control->slot))
            take_answer(decoys, &decoys->each[i], answer);
    }
    if (decoys->rounds == 1 && decoys->supported)
        decoys->due = 0;
}

void decoys_note_witness(struct host *host, nsec_t sent_at)
{
    if (sent_at >= host->decoys.began)
        host->decoys.witnessed = true;
}

void decoys_note_unsent(struct host *host, uint32_t slot)
{
    for (size_t i = 0; i < DECOYS && slot != CONTROL_SLOT_ECHO; i++)
        host->decoys.unsent |= host->decoys.each[i].port == host_slot_port(host, slot);
}

enum reason decoys_doubt(struct host *host, enum reason undecided)
{
    const struct decoys *decoys = &host->decoys;
    look_at_slots(host);
    if (decoys->chosen && !decoys->refuted && has_all_answers(decoys))
        return REASON_ANSWERS_EVERYTHING;
    if (decoys_pending(host))
        return undecided;
    return decoys->refuted || decoys->silent ? REASON_NONE : (enum reason)decoys->lapse;
}

/* ---- rounds ---- */

/* The tries that silence was drawn by, those too that are still OUT if they are to count. Where
 * others have answered, those of one decoy; while none has, the tries of all count as one's. */
static unsigned count_tries(const struct decoys *decoys, bool out)
{
    unsigned all = 0, most = 0;
    for (size_t i = 0; i < DECOYS; i++) {
        const struct decoy *decoy = &decoys->each[i];
        unsigned tries = decoy->answered ? 0 : decoy->proofs + (out ? decoy->asked : 0u);
        most = tries > most ? tries : most;
        all += tries;
    }
    return decoys->supported ? most : all;
}

/* Whether that is often enough for the loss, the round that is still OUT included. */
static bool is_enough(const struct engine *engine, const struct host *host, bool out)
{
    const struct decoys *decoys = &host->decoys;
    const struct decoys_silence silence = {
        .tries = count_tries(decoys, out),
        .rounds = decoys->counted + (out ? 1u : 0u),
        .voids = decoys->voids,
        .answered = decoys->supported,
    };
    struct loss worst;
    double upper = controls_upper(&host->controls, &worst);
    return decoys_silence_is_certain(&silence, upper, engine->options.miss);
}

/* A round may end as soon as an answer is due; the last one waits longer, and so do those after
 * void ones. */
static nsec_t patience(const struct engine *engine, const struct host *host)
{
    const struct rtt *rtt = &host->rtt;
    nsec_t once = rtt->smoothed + rtt->smoothed / 4 + 2 * NSEC_PER_MSEC;
    if (!rtt_known(rtt) || is_enough(engine, host, true))
        once = rtt_timeout(rtt);
    return once > host->decoys.patience ? once : host->decoys.patience;
}

static void note_void_round(struct decoys *decoys, enum reason fault)
{
    if (decoys->voids < UINT8_MAX)
        decoys->voids++;
    if (++decoys->void_run == VOID_ROUNDS_MOST)
        decoys->lapse = (uint8_t)fault;
    if (decoys->void_run < VOID_ROUNDS_PATIENT)
        return;
    nsec_t longer = 2 * decoys->patience;
    decoys->patience = longer < PATIENCE_LEAST  ? PATIENCE_LEAST
                       : longer < PATIENCE_MOST ? longer
                                                : PATIENCE_MOST;
}

static struct decoy *next_due(struct decoys *decoys)
{
    for (size_t i = 0; i < DECOYS; i++) {
        if (decoys->each[i].due)
            return &decoys->each[i];
    }
    return NULL;
}

/* Why nothing follows from the silence of the round; REASON_NONE: something does. */
static enum reason find_fault(const struct engine *engine, const struct decoys *decoys)
{
    if (engine->capture_lost_at >= decoys->began)
        return REASON_CAPTURE_LOSS;
    if (engine->link_changed_at >= decoys->began)
        return REASON_LINK_DOWN;
    if (decoys->unsent)
        return REASON_SEND_FAILED;
    return decoys->witnessed ? REASON_NONE : REASON_WENT_SILENT;
}

/* The first round has no witness of its own. */
static void end_round(const struct engine *engine, struct host *host)
{
    struct decoys *decoys = &host->decoys;
    look_at_slots(host);
    if (decoys->rounds <= 1)
        return;
    enum reason fault = find_fault(engine, decoys);
    if (fault != REASON_NONE) {
        note_void_round(decoys, fault);
        return;
    }
    decoys->void_run = 0;
    decoys->counted++;
    for (size_t i = 0; i < DECOYS; i++) {
        decoys->each[i].proofs += decoys->each[i].asked;
        decoys->each[i].asked = 0;
    }
    if (is_enough(engine, host, false))
        decoys->silent = true;
}

static void begin_round(struct decoys *decoys, nsec_t now)
{
    bool alone = decoys->rounds == 0;
    for (size_t i = 0; i < DECOYS; i++) {
        struct decoy *decoy = &decoys->each[i];
        decoy->due = !decoy->answered && !(alone && next_due(decoys));
        decoy->asked = 0;
    }
    decoys->witness_due = !alone;
    decoys->unsent = decoys->witnessed = false;
    decoys->began = now;
    if (decoys->rounds < 2)
        decoys->rounds++;
}

static size_t send_decoy(struct engine *engine, uint32_t host_index, struct decoy *decoy,
                         nsec_t now, uint8_t *packet)
{
    struct host *host = engine->hosts[host_index];
    int64_t index = host_find_slot(host, PROTO_TCP, decoy->port);
    uint32_t slot = index < 0 ? SLOT_DECOY + decoy->port : (uint32_t)index;
    struct control *control = controls_push(&host->controls, CONTROL_DECOY, slot, 0, now);
    decoy->due = false;
    decoy->asked = control ? 1 : 0;
    return control ? engine_write_control(engine, host_index, control, packet) : 0;
}

static size_t send_witness(struct engine *engine, uint32_t host_index, nsec_t now,
                           uint8_t *packet)
{
    engine->hosts[host_index]->decoys.witness_due = false;
    return engine_send_closer(engine, host_index, WITNESS_SYN_ACK, now, packet);
}

size_t decoys_next_probe(struct engine *engine, uint32_t host_index, nsec_t now,
                         uint8_t *packet)
{
    struct host *host = engine->hosts[host_index];
    struct decoys *decoys = &host->decoys;
    if (now < decoys_due(host))
        return 0;
    if (!next_due(decoys) && !decoys->witness_due) {
        end_round(engine, host);
        if (!decoys_pending(host))
            return 0;
        begin_round(decoys, now);
    }
    struct decoy *decoy = next_due(decoys);
    size_t length = decoy ? send_decoy(engine, host_index, decoy, now, packet)
                          : send_witness(engine, host_index, now, packet);
    bool sent = !next_due(decoys) && !decoys->witness_due;
    decoys->due = sent ? now + patience(engine, host) : now;
    return length;
}
