/* Who answers later than the host's stack does.
 *
 * A port may be forwarded to a machine that is further away, through a tunnel perhaps. So the
 * silence of a TCP port is handed over only after its first probes had more time than answers
 * of the host itself take.
 *
 * A host's stack answers at once, a service when it has thought about it, and some wait on
 * purpose, so that not all of a network speak at the same time (SSDP, WS-Discovery). So the
 * silence of a UDP port is handed over after its last probe had time for that, too; an answer
 * that comes until then undoes it, and is asked to come again like any other. Whoever guesses
 * has that much time, too; what he hits does not come again, and the port is unknown. */
#include "scanner/engine/engine_state.h"

#include <stdlib.h>

/* How long the way to where a port is forwarded may be, there and back. */
#define DETOUR_MOST (250 * NSEC_PER_MSEC)

/* Time between the probes that ask for an answer to come again: after the first it is doubled
 * each time, so that sooner or later the answer finds its try among the latest (match.c
 * believes no other). */
#define CONFIRM_GAP_LEAST (20 * NSEC_PER_MSEC)
#define CONFIRM_GAP_MOST  NSEC_PER_SEC

/* Wrong guesses of one port that may be accidents: an answer that comes twice shows more than
 * they do. */
enum { GUESSES_TOLERATED = 4 };

/* How long SLOT may still answer a probe that was sent at that time. */
static nsec_t answers_until(const struct engine *engine, const struct host *host, uint32_t slot,
                            nsec_t sent_at)
{
    if (host->what->responder)
        return sent_at;
    if (host_slot_proto(host, slot) == PROTO_TCP)
        return host->silent_since + DETOUR_MOST;
    uint16_t port = host_slot_port(host, slot);
    return sent_at + udp_library_patience_ms(engine->options.library, port) * NSEC_PER_MSEC;
}

unsigned services_questions(const struct engine *engine, const struct host *host, uint32_t slot)
{
    const struct udp_library *library = engine->options.library;
    if (!library || host->what->responder || host_slot_proto(host, slot) != PROTO_UDP)
        return 1;
    return udp_library_questions(library, host_slot_port(host, slot));
}

void services_note_silence(const struct engine *engine, struct host *host, uint32_t slot)
{
    nsec_t until = answers_until(engine, host, slot, host->batch.last_sent);
    nsec_t *latest = &host->patient_until[host_slot_proto(host, slot)];
    if (until > *latest)
        *latest = until;
}

nsec_t services_answer_until(const struct host *host)
{
    nsec_t tcp = host->patient_until[PROTO_TCP], udp = host->patient_until[PROTO_UDP];
    return udp > tcp ? udp : tcp;
}

void services_note_old_answer(struct slot *slot)
{
    if (!slot->signature)
        slot->flags |= SLOT_OPEN_SEEN;
}

void services_doubt_silence(struct engine *engine, struct host *host)
{
    if (host->undecided > 0)
        return; /* not yet */
    for (uint32_t i = host->tcp_count; i < host->slot_count; i++) {
        struct slot *slot = &host->slots[i];
        if (!slot_is_doubtful(slot))
            continue;
        engine_take_back(engine, host, slot);
        slot->flags &= (uint8_t)~SLOT_OPEN_SEEN;
        slot->proofs = 0;
    }
}

void services_doubt_early(struct engine *engine, struct host *host, nsec_t now)
{
    for (uint32_t i = 0; i < host->slot_count; i++) {
        struct slot *slot = &host->slots[i];
        if ((slot->flags & SLOT_SILENT) &&
            answers_until(engine, host, i, now - slot_elapsed(slot, now)) > now)
            engine_take_back(engine, host, slot);
    }
}

nsec_t services_ask_again_at(const struct host *host, const struct slot *slot, nsec_t now)
{
    bool unconfirmed =
        (slot->flags & SLOT_TENTATIVE) && !host->what->responder &&
        host->signatures[slot->signature - 1].answer.reason == REASON_UDP_RESPONSE;
    if (!unconfirmed || slot->tries <= slot->proofs)
        return now;
    nsec_t gap = CONFIRM_GAP_LEAST;
    for (unsigned asked = slot->tries - slot->proofs; asked > 1 && gap < CONFIRM_GAP_MOST;
         asked--)
        gap *= 2;
    return now - slot_elapsed(slot, now) + (gap < CONFIRM_GAP_MOST ? gap : CONFIRM_GAP_MOST);
}

bool services_was_late(const struct host *host, const struct slot *slot, unsigned try,
                       nsec_t elapsed)
{
    return rtt_known(&host->rtt) && (try != slot->tries || elapsed > rtt_timeout(&host->rtt));
}

/* Whoever guesses source ports misses most of them, and so tells which port he is after. No
 * memory: as if the datagram had been lost. */
bool services_note_guess(struct host *host, uint32_t slot, enum reply_kind kind)
{
    if (kind != REPLY_UDP)
        return false;
    if (!host->guesses)
        host->guesses = calloc(host->slot_count, sizeof *host->guesses);
    if (host->guesses && host->guesses[slot] < UINT8_MAX)
        host->guesses[slot]++;
    return false;
}

bool services_are_guessed(const struct host *host, uint32_t slot)
{
    return host->guesses && host->guesses[slot] > GUESSES_TOLERATED;
}
