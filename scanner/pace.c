#include "scanner/pace.h"

#define RATE_FIRST 2000.0
#define RATE_LEAST 50.0
/* Without any answer there is no feedback: this is as fast as one goes blindly. */
#define RATE_BLIND  50000.0
#define EPOCH_LEAST (10 * NSEC_PER_MSEC)
/* Controls in an epoch before their loss says something. */
#define LOSS_SAMPLES 16
/* A bucket of so much time, so that wake-ups may be late. */
#define BUCKET_SECONDS 0.004
#define BUCKET_LEAST   32.0
/* As many packets as leave in this time are worth waking up for. */
#define WAKE_SECONDS 0.001

static void begin_epoch(struct pace *pace, nsec_t now)
{
    pace->epoch_started = now;
    pace->returned = pace->lost = 0;
    pace->least_excess = NSEC_NEVER;
}

void pace_init(struct pace *pace, double most, nsec_t now)
{
    *pace = (struct pace){.most = most > 0 ? most : PACE_UNLIMITED, .base_loss = 1};
    pace->rate = pace->most < RATE_FIRST ? pace->most : RATE_FIRST;
    pace->tokens = BUCKET_LEAST < pace->most ? BUCKET_LEAST : 1;
    pace->filled_at = now;
    begin_epoch(pace, now);
}

static double bucket(const struct pace *pace)
{
    double room = pace->rate * BUCKET_SECONDS;
    double least = pace->rate < BUCKET_LEAST ? 1 : BUCKET_LEAST;
    return room > least ? room : least;
}

static void set_rate(struct pace *pace, double rate)
{
    if (rate > pace->most)
        rate = pace->most;
    if (rate < RATE_LEAST && rate < pace->most)
        rate = pace->most < RATE_LEAST ? pace->most : RATE_LEAST;
    pace->rate = rate;
}

static nsec_t epoch_length(const struct pace *pace)
{
    return pace->rtt > EPOCH_LEAST ? pace->rtt : EPOCH_LEAST;
}

/* A queue of this machine or of the path adds this much before it counts. */
static bool is_delayed(const struct pace *pace)
{
    nsec_t room = pace->rtt / 4;
    if (room < 8 * NSEC_PER_MSEC)
        room = 8 * NSEC_PER_MSEC;
    return pace->returned > 0 && pace->least_excess > room;
}

static bool is_lossier(const struct pace *pace)
{
    uint32_t samples = pace->returned + pace->lost;
    if (samples < LOSS_SAMPLES)
        return false;
    double loss = (double)pace->lost / samples;
    return loss > pace->base_loss + 0.10 + 0.5 * pace->base_loss;
}

/* Looks back on the epoch under way once it is long enough. */
static void close_epoch(struct pace *pace, nsec_t now)
{
    uint32_t samples = pace->returned + pace->lost;
    if (now - pace->epoch_started < epoch_length(pace))
        return;
    if (pace->rtt == 0) { /* nothing has answered yet */
        double blind = pace->rate * 2;
        set_rate(pace, blind < RATE_BLIND ? blind : RATE_BLIND);
        begin_epoch(pace, now);
        return;
    }
    if (samples == 0)
        return;
    double loss = (double)pace->lost / samples;
    if (samples >= LOSS_SAMPLES && loss < pace->base_loss)
        pace->base_loss = loss;
    if (is_delayed(pace) || is_lossier(pace)) {
        set_rate(pace, pace->rate * (1 - loss) * 0.7);
        pace->probing = true;
    } else if (pace->returned > 0) {
        set_rate(pace, pace->rate * (pace->probing ? 1.1 : 2));
    }
    begin_epoch(pace, now);
}

uint32_t pace_allowance(struct pace *pace, nsec_t now)
{
    close_epoch(pace, now);
    double most = bucket(pace);
    if (now > pace->filled_at) {
        pace->tokens += (double)(now - pace->filled_at) / (double)NSEC_PER_SEC * pace->rate;
        pace->filled_at = now;
    }
    if (pace->tokens > most)
        pace->tokens = most;
    return pace->tokens < 1 ? 0 : (uint32_t)pace->tokens;
}

void pace_spend(struct pace *pace, uint32_t packets)
{
    pace->tokens -= packets;
}

nsec_t pace_next(const struct pace *pace)
{
    double wanted = pace->rate * WAKE_SECONDS;
    if (wanted < 1)
        wanted = 1;
    if (pace->tokens >= wanted)
        return pace->filled_at;
    double seconds = (wanted - pace->tokens) / pace->rate;
    return pace->filled_at + (nsec_t)(seconds * (double)NSEC_PER_SEC) + 1;
}

void pace_control_returned(struct pace *pace, nsec_t now, nsec_t rtt, nsec_t excess)
{
    pace->returned++;
    pace->rtt = pace->rtt == 0 ? rtt : pace->rtt + (rtt - pace->rtt) / 8;
    if (excess < pace->least_excess)
        pace->least_excess = excess;
    close_epoch(pace, now);
}

void pace_control_lost(struct pace *pace, nsec_t now)
{
    pace->lost++;
    close_epoch(pace, now);
}

void pace_local_full(struct pace *pace, nsec_t now)
{
    set_rate(pace, pace->rate / 2);
    pace->probing = true;
    pace->tokens = 0;
    begin_epoch(pace, now);
}
