#include "scanner/connect/connect_state.h"

#include <errno.h>
#include <math.h>

/* Rounds in which a host that has answered nothing is asked. */
#define ROUNDS_DEAF 3
/* Rounds after which nothing more is to be expected. */
#define ROUNDS_MOST 24

static struct connect_host *host_of(struct connect *connect, const struct connect_job *job)
{
    return &connect->hosts[connect->slots[job->slot].host];
}

static bool from_icmp(const struct answer *answer)
{
    return answer->reason >= REASON_PORT_UNREACHABLE && answer->reason < REASON_NO_RESPONSE;
}

static void add_witness(struct connect *connect, struct connect_host *host, uint32_t slot,
                        const struct answer *answer)
{
    /* ICMP errors are limited as a rule (RFC 1812, 4.3.2.8): their absence is no loss. */
    if (answer->host_spoke && !from_icmp(answer) && host->witness_count < CONNECT_WITNESSES)
        host->witnesses[host->witness_count++] = slot;
    if (from_icmp(answer) && host->token < 0)
        connect_bursts_begin(connect, host, slot);
}

static void decide(struct connect *connect, struct connect_host *host, uint32_t index,
                   const struct connect_answer *answer)
{
    struct connect_slot *slot = &connect->slots[index];
    if (slot->flags & CONNECT_DECIDED)
        return;
    host->rejected = host->rejected || from_icmp(&answer->answer);
    bool again = slot->flags & CONNECT_TENTATIVE &&
                 slot->answer.state == answer->answer.state &&
                 slot->answer.reason == answer->answer.reason;
    slot->answer = answer->answer;
    slot->by = answer->by;
    bool weak = answer->answer.maybe_absent || answer->answer.state == PORT_UNKNOWN;
    if ((weak || !answer->proven) && !again) {
        slot->flags |= CONNECT_TENTATIVE;
        return;
    }
    if (!(slot->flags & CONNECT_PROVEN)) {
        host->undecided--;
        connect->progress.decided++;
    }
    slot->flags |= CONNECT_DECIDED;
    if (slot->proto == PROTO_TCP && slot->answer.state == PORT_OPEN)
        connect_decoys_note_open(connect, host, index);
    add_witness(connect, host, index, &answer->answer);
}

void connect_note_answer(struct connect *connect, const struct connect_job *job,
                         const struct connect_answer *answer, nsec_t elapsed)
{
    struct connect_host *host = host_of(connect, job);
    host->alive = host->alive || answer->answer.host_spoke;
    if (answer->answer.host_spoke)
        rtt_add(&host->rtt, elapsed);
    switch ((enum connect_job_kind)job->kind) {
    case CONNECT_JOB_PORT:
        decide(connect, host, job->slot, answer);
        break;
    case CONNECT_JOB_CONTROL:
        host->loss.samples++;
        break;
    case CONNECT_JOB_CLOSER:
        host->closed = true;
        break;
    case CONNECT_JOB_TOKEN:
        host->tokens = from_icmp(&answer->answer);
        break;
    case CONNECT_JOB_DECOY:
        connect_decoys_note(host, &connect->slots[job->slot], &answer->answer);
        break;
    case CONNECT_JOB_WITNESS:
        host->decoys.witnessed |= answer->answer.state == PORT_OPEN;
        break;
    }
}

void connect_note_silence(struct connect *connect, const struct connect_job *job)
{
    struct connect_host *host = host_of(connect, job);
    if (job->kind == CONNECT_JOB_CONTROL) {
        host->loss.samples++;
        host->loss.lost++;
    }
    if (job->kind == CONNECT_JOB_PORT && connect->slots[job->slot].proofs < UINT8_MAX)
        connect->slots[job->slot].proofs++;
}

void connect_note_refused(struct connect *connect, const struct connect_job *job, int error)
{
    struct connect_slot *slot = &connect->slots[job->slot];
    if (job->kind != CONNECT_JOB_PORT && job->kind != CONNECT_JOB_DECOY)
        return;
    bool no_way = error == -ENETUNREACH || error == -EHOSTUNREACH || error == -ENETDOWN;
    slot->flags |= CONNECT_REFUSED;
    slot->answer = (struct answer){.reason = no_way ? REASON_NO_ROUTE : REASON_SEND_FAILED,
                                   .origin = ORIGIN_LOCAL};
}

/* The silence of a round counts only if the host went on answering to its end, and if
 * whoever rejects by ICMP was not merely out of tokens. */
static bool round_counts(const struct connect_host *host)
{
    if (!host->closed)
        return false;
    return host->token < 0 ? !host->rejected : connect_bursts_count(host);
}

static bool may_be_proven(const struct connect_slot *slot)
{
    return !(slot->flags &
             (CONNECT_DECIDED | CONNECT_TENTATIVE | CONNECT_REFUSED | CONNECT_PROVEN));
}

/* A socket that is connected to a port does not see what comes from another one. */
static bool is_heard(const struct connect *connect, const struct connect_slot *slot)
{
    const struct udp_library *library = connect->options.way.library;
    const struct udp_probe *asked =
        slot->proto == PROTO_UDP && library ? udp_library_find(library, slot->port) : NULL;
    return !asked || !asked->answers_from_other_port;
}

static unsigned questions_of(const struct connect *connect, const struct connect_slot *slot)
{
    const struct udp_library *library = connect->options.way.library;
    bool asked = library && slot->proto == PROTO_UDP;
    return asked ? udp_library_questions(library, slot->port) : 1;
}

/* PROOFS were counted by every silent try; a void round takes its own back. */
static void count_proofs(struct connect *connect, struct connect_host *host, bool counts)
{
    double upper = loss_upper(&host->loss);
    if (host->burst.asked && upper < connect_bursts_chance())
        upper = connect_bursts_chance();
    unsigned needed = loss_tries_needed(upper, connect->options.miss);
    for (uint32_t i = host->first; i < host->first + host->count; i++) {
        struct connect_slot *slot = &connect->slots[i];
        if (host->burst.asked && !(slot->flags & CONNECT_IN_BURST))
            continue;
        slot->flags &= (uint8_t)~CONNECT_IN_BURST;
        if (!counts && slot->proofs > 0)
            slot->proofs--;
        unsigned questions = questions_of(connect, slot);
        if (!counts || needed == 0 || slot->proofs < needed * questions || !may_be_proven(slot))
            continue;
        if (!is_heard(connect, slot)) {
            slot->flags |= CONNECT_UNHEARD;
            continue;
        }
        slot->flags |= CONNECT_PROVEN;
        host->undecided--;
        connect->progress.decided++;
        unsigned proofs_each = slot->proofs / questions;
        double miss = pow(upper, proofs_each);
        if (miss > host->miss)
            host->miss = miss;
    }
}

/* Nothing is left that further rounds would tell. */
static bool is_hopeless(const struct connect *connect, const struct connect_host *host)
{
    for (uint32_t i = host->first; i < host->first + host->count; i++) {
        if (!(connect->slots[i].flags &
              (CONNECT_DECIDED | CONNECT_PROVEN | CONNECT_REFUSED | CONNECT_UNHEARD)))
            return false;
    }
    return true;
}

static void judge_ports(struct connect *connect, struct connect_host *host, unsigned round)
{
    count_proofs(connect, host, round_counts(host));
    host->burst.had_tokens = host->tokens;
    host->burst.asked = false;
    unsigned most = connect->options.max_tries ? connect->options.max_tries : ROUNDS_MOST;
    bool late = round >= ROUNDS_DEAF;
    if (host->undecided == 0 || round >= most ||
        (late && (!host->alive || is_hopeless(connect, host))))
        host->over = true;
}

void connect_judge_round(struct connect *connect, struct connect_host *host, unsigned round)
{
    connect_decoys_judge_round(connect, host);
    if (!host->over)
        judge_ports(connect, host, round);
    host->finished = host->over && !connect_decoys_pending(connect, host);
}
