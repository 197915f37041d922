/* Whether an open port means anything: as soon as a host has one, random high ports of it are
 * asked as well, round after round, until that is settled (engine/decoys.h). */
#include "scanner/connect/connect_state.h"
#include "scanner/engine/decoys.h"

/* Rounds one after the other that prove nothing. */
#define VOID_ROUNDS_MOST 8
/* Connections beside the decoys to a port that is open: whether one answers, that is. */
#define WITNESSES 2

static struct connect_slot *decoy_at(const struct connect *connect,
                                     const struct connect_host *host, unsigned index)
{
    return &connect->slots[host->first + host->count + index];
}

static bool is_drawn(const struct connect *connect, const struct connect_host *host,
                     uint16_t port)
{
    for (unsigned i = 0; i < host->decoys.count; i++) {
        if (decoy_at(connect, host, i)->port == port)
            return true;
    }
    return false;
}

void connect_decoys_draw(struct connect *connect, uint32_t number)
{
    struct connect_host *host = &connect->hosts[number];
    host->decoys = (struct connect_decoys){.open = -1};
    for (int draws = 0; host->decoys.count < DECOYS && draws < 8 * DECOYS; draws++) {
        uint16_t port = decoys_draw_port(host->target->declared[PROTO_TCP], &connect->random);
        if (port == 0 || is_drawn(connect, host, port))
            continue;
        *decoy_at(connect, host, host->decoys.count++) =
            (struct connect_slot){.host = number, .port = port, .proto = PROTO_TCP};
        connect->slot_count++;
    }
}

static unsigned count_answers(const struct connect *connect, const struct connect_host *host)
{
    unsigned answered = 0;
    for (unsigned i = 0; i < host->decoys.count; i++)
        answered += (decoy_at(connect, host, i)->flags & CONNECT_DECIDED) != 0;
    return answered;
}

bool connect_decoys_pending(const struct connect *connect, const struct connect_host *host)
{
    const struct connect_decoys *decoys = &host->decoys;
    return decoys->count == DECOYS && decoys->open >= 0 && !decoys->refuted &&
           !decoys->silent && decoys->lapse == REASON_NONE &&
           count_answers(connect, host) < DECOYS;
}

bool connect_decoys_add_jobs(struct connect *connect, struct connect_host *host)
{
    struct connect_decoys *decoys = &host->decoys;
    bool added = true;
    if (decoys->asked || !connect_decoys_pending(connect, host))
        return true;
    decoys->asked = true;
    for (unsigned i = 0; i < DECOYS && added; i++) {
        struct connect_slot *decoy = decoy_at(connect, host, i);
        decoy->flags &= (uint8_t)~CONNECT_REFUSED;
        added = decoy->flags & CONNECT_DECIDED ||
                connect_add_job(connect, (uint32_t)(decoy - connect->slots), CONNECT_JOB_DECOY);
    }
    for (unsigned i = 0; i < WITNESSES && added; i++)
        added = connect_add_job(connect, (uint32_t)decoys->open, CONNECT_JOB_WITNESS);
    return added;
}

static void move_job(struct connect *connect, size_t from, size_t to)
{
    struct connect_job job = connect->jobs[from];
    connect->jobs[from] = connect->jobs[to];
    connect->jobs[to] = job;
}

/* Where there is no memory for all, the round is void. */
void connect_decoys_note_open(struct connect *connect, struct connect_host *host,
                              uint32_t index)
{
    size_t last = connect->job_count, first = connect->next_job;
    if (host->decoys.open >= 0)
        return;
    host->decoys.open = index;
    (void)!connect_decoys_add_jobs(connect, host);
    for (size_t i = last; i < connect->job_count; i++)
        move_job(connect, i, first + (i - last));
}

/* An answer in the host's absence refuses nothing. */
void connect_decoys_note(struct connect_host *host, struct connect_slot *decoy,
                         const struct answer *answer)
{
    if (answer->state == PORT_OPEN)
        decoy->flags |= CONNECT_DECIDED;
    else if (!answer->maybe_absent && answer->state != PORT_UNKNOWN)
        host->decoys.refuted = true;
}

/* Why nothing follows from the silence of the round; REASON_NONE: something does. */
static enum reason find_fault(const struct connect *connect, const struct connect_host *host)
{
    for (unsigned i = 0; i < DECOYS; i++) {
        if (decoy_at(connect, host, i)->flags & CONNECT_REFUSED)
            return REASON_SEND_FAILED;
    }
    return host->decoys.witnessed ? REASON_NONE : REASON_WENT_SILENT;
}

/* The tries that were silent: of one decoy where others have answered, else of all. */
static unsigned count_proofs(struct connect *connect, struct connect_host *host)
{
    unsigned all = 0, most = 0;
    for (unsigned i = 0; i < DECOYS; i++) {
        struct connect_slot *decoy = decoy_at(connect, host, i);
        if (decoy->flags & CONNECT_DECIDED)
            continue;
        decoy->proofs++;
        all += decoy->proofs;
        most = decoy->proofs > most ? decoy->proofs : most;
    }
    return count_answers(connect, host) > 0 ? most : all;
}

void connect_decoys_judge_round(struct connect *connect, struct connect_host *host)
{
    struct connect_decoys *decoys = &host->decoys;
    if (!decoys->asked || !connect_decoys_pending(connect, host))
        return;
    enum reason fault = find_fault(connect, host);
    if (fault != REASON_NONE) {
        if (decoys->voids < UINT8_MAX)
            decoys->voids++;
        if (++decoys->void_run == VOID_ROUNDS_MOST)
            decoys->lapse = fault;
        return;
    }
    decoys->void_run = 0;
    decoys->counted++;
    const struct decoys_silence silence = {
        .tries = count_proofs(connect, host),
        .rounds = decoys->counted,
        .voids = decoys->voids,
        .answered = count_answers(connect, host) > 0,
    };
    decoys->silent =
        decoys_silence_is_certain(&silence, loss_upper(&host->loss), connect->options.miss);
}

enum reason connect_decoys_doubt(const struct connect *connect, const struct connect_host *host)
{
    const struct connect_decoys *decoys = &host->decoys;
    if (connect_decoys_pending(connect, host))
        return connect->stopped != REASON_NONE ? connect->stopped : REASON_TRIES_EXHAUSTED;
    if (decoys->refuted || decoys->silent || decoys->count < DECOYS)
        return REASON_NONE;
    return decoys->lapse != REASON_NONE ? decoys->lapse : REASON_ANSWERS_EVERYTHING;
}
