/* Hosts that reject by ICMP, which is limited as a rule (RFC 1812, 4.3.2.8; RFC 4443, 2.4):
 * once its tokens are gone, a host that rejects looks like one that drops. So the ports of such
 * a host are asked a few at a time and at once, and right after them one that is known to be
 * rejected: if that is, there was a token for each of the others, and their silence counts. */
#include "scanner/connect/connect_state.h"

/* Ports of a burst, and the time that it may take: Linux grants no more than ten tokens a
 * second, so that the chance of gaining one meanwhile, which would hide that there was none, is
 * a tenth.
 */
#define PORTS_MOST  64
#define TIME_MOST   (10 * NSEC_PER_MSEC)
#define GAIN_CHANCE 0.1
/* The time in which the slowest limits grant a token. */
#define PAUSE (1100 * NSEC_PER_MSEC)

static uint32_t ports_at_once(const struct connect *connect)
{
    double rate = connect->options.max_rate;
    double fit = rate * (double)TIME_MOST / (double)NSEC_PER_SEC / 2;
    if (rate <= 0 || fit > PORTS_MOST)
        return PORTS_MOST;
    return fit < 1 ? 1 : (uint32_t)fit;
}

bool connect_bursts_add_jobs(struct connect *connect, struct connect_host *host)
{
    struct connect_burst *burst = &host->burst;
    if (host->token < 0 || host->over || host->rejected)
        return true;
    burst->asked = true;
    burst->began = burst->took = 0;
    uint32_t most = ports_at_once(connect), added = 0;
    for (uint32_t i = 0; i < host->count && added < most; i++) {
        uint32_t index = host->first + burst->at++ % host->count;
        struct connect_slot *slot = &connect->slots[index];
        if (slot->flags & (CONNECT_DECIDED | CONNECT_PROVEN))
            continue;
        slot->flags |= CONNECT_IN_BURST;
        added++;
        if (!connect_add_job(connect, index, CONNECT_JOB_PORT))
            return false;
    }
    if (!connect_add_job(connect, (uint32_t)host->token, CONNECT_JOB_TOKEN))
        return false;
    return host->witness_count == 0 ||
           connect_add_job(connect, host->witnesses[0], CONNECT_JOB_CLOSER);
}

void connect_bursts_note_begun(struct connect_host *host, enum connect_job_kind kind,
                               nsec_t now)
{
    struct connect_burst *burst = &host->burst;
    if (burst->asked && kind == CONNECT_JOB_PORT && burst->began == 0)
        burst->began = now;
    if (burst->asked && kind == CONNECT_JOB_TOKEN)
        burst->took = now - burst->began;
}

void connect_bursts_begin(struct connect *connect, struct connect_host *host, uint32_t slot)
{
    host->token = slot;
    for (uint32_t i = host->first; i < host->first + host->count; i++) {
        struct connect_slot *silent = &connect->slots[i];
        silent->proofs = 0;
        silent->flags &= (uint8_t)~CONNECT_UNHEARD;
        if (!(silent->flags & CONNECT_PROVEN))
            continue;
        silent->flags &= (uint8_t)~CONNECT_PROVEN;
        if (!(silent->flags & CONNECT_DECIDED)) {
            host->undecided++;
            connect->progress.decided--;
        }
    }
}

bool connect_bursts_count(const struct connect_host *host)
{
    const struct connect_burst *burst = &host->burst;
    return burst->asked && host->tokens && burst->took > 0 && burst->took <= TIME_MOST;
}

double connect_bursts_chance(void)
{
    return GAIN_CHANCE;
}

nsec_t connect_bursts_pause(const struct connect *connect)
{
    for (size_t i = 0; i < connect->host_count; i++) {
        const struct connect_host *host = &connect->hosts[i];
        if (host->token >= 0 && !host->over && !host->burst.had_tokens)
            return PAUSE;
    }
    return 0;
}
