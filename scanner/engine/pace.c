#include "scanner/engine/pace.h"

#include <math.h>

#define RATE_FIRST 2000.0
#define RATE_LEAST 50.0
/* Without any answer there is no feedback: this is as fast as one goes blindly, */
#define RATE_BLIND 50000.0
/* and after this long an answer to the last doubling would be here. */
#define EPOCH_BLIND (100 * NSEC_PER_MSEC)
#define EPOCH_LEAST (10 * NSEC_PER_MSEC)
/* Answers that an epoch waits for, and how much longer than usual it does so. */
#define EPOCH_ANSWERS  4
#define EPOCH_PATIENCE 8
/* The rate may run so far ahead of what has been proven to fare well; and after a cut. */
#define AHEAD_MOST    4
#define AHEAD_PROBING 1.25
/* Loss is worse than before when it is by that much, and by so many standard errors. */
#define LOSS_WORSE   0.05
#define LOSS_ERRORS  3.0
#define LOSS_SAMPLES 8
/* Where the weight of the past is halved. */
#define BASE_SAMPLES 2000
/* So many controls may acquit a rate though a little more was lost. */
#define SURE_SAMPLES 30
#define SURE_ERRORS  2.0
/* After so many controls without a decision, the path's own loss is measured anew. */
#define TRIAL_SAMPLES 100
/* Once the queue is gone, so much of the rate at which it built up is tried again. */
#define RETURN_SHARE 0.9
/* After so many cuts, to less than a fiftieth, a delay should have become smaller. */
#define CUTS_IN_VAIN 12
#define DELAY_LEAST  (8 * NSEC_PER_MSEC)
/* A bucket of so much time, so that wake-ups may be late; as many packets as leave in
 * WAKE_SECONDS are worth waking up for. */
#define BUCKET_SECONDS 0.004
#define BUCKET_LEAST   32.0
#define BUCKET_FIRST   8.0 /* no queue where the round trip is measured first */
#define WAKE_SECONDS   0.001

static void begin_epoch(struct pace *pace, nsec_t now)
{
    pace->epoch++;
    pace->epochs[pace->epoch % PACE_EPOCHS] = (struct pace_epoch){.rate = pace->rate};
    pace->epoch_started = now;
    pace->packets = pace->answers = 0;
    pace->least_excess = NSEC_NEVER;
}

void pace_init(struct pace *pace, double most, nsec_t now)
{
    *pace = (struct pace){.most = most > 0 ? most : PACE_UNLIMITED};
    pace->rate = pace->most < RATE_FIRST ? pace->most : RATE_FIRST;
    pace->good = pace->rate;
    pace->tokens = BUCKET_FIRST < pace->most ? BUCKET_FIRST : 1;
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
    double least = pace->most < RATE_LEAST ? pace->most : RATE_LEAST;
    if (rate > pace->most)
        rate = pace->most;
    pace->rate = rate < least ? least : rate;
}

/* Falls to RATE and begins anew: what was sent faster than that says no more. */
static void cut(struct pace *pace, double rate, nsec_t now)
{
    set_rate(pace, rate);
    pace->good = fmin(pace->good, pace->rate);
    pace->probing = true;
    begin_epoch(pace, now);
    pace->cut_epoch = pace->epoch;
    pace->trial = (struct loss){0};
    pace->cut_at = now;
}

static nsec_t epoch_length(const struct pace *pace)
{
    if (pace->rtt == 0)
        return EPOCH_BLIND;
    return pace->rtt > EPOCH_LEAST ? pace->rtt : EPOCH_LEAST;
}

/* A queue on the path or in this machine. */
static bool is_delayed(const struct pace *pace)
{
    nsec_t room = pace->rtt / 4 > DELAY_LEAST ? pace->rtt / 4 : DELAY_LEAST;
    return pace->answers >= EPOCH_ANSWERS && pace->least_excess > pace->usual_excess + room;
}

static void grow(struct pace *pace)
{
    if (pace->base.samples < pace->base_wanted)
        return;
    pace->base_wanted = 0;
    double rate = pace->rate * (pace->probing ? 1.05 : 2);
    double most = pace->good * (pace->probing ? AHEAD_PROBING : AHEAD_MOST);
    most = fmax(most, pace->queued_rate * RETURN_SHARE);
    rate = fmax(rate, pace->queued_rate * RETURN_SHARE);
    pace->queued_rate = 0;
    if (rate > pace->rate)
        set_rate(pace, rate < most ? rate : fmax(most, pace->rate));
}

/* The queue is on its way out since the latest cut, or was looked at for the first time since:
 * until then it has grown as before. */
static bool is_draining(struct pace *pace)
{
    bool draining = pace->cuts > 0 && (pace->latest_excess == 0 ||
                                       pace->least_excess * 4 < pace->latest_excess * 3);
    pace->latest_excess = pace->least_excess;
    return draining;
}

/* A delay that stays however much slower one goes is not of our making: the path has become
 * longer, or its least round trip was measured wrong. */
static void cut_for_delay(struct pace *pace, nsec_t now)
{
    if (pace->cuts++ == 0) {
        pace->cut_excess = pace->least_excess;
        pace->cut_rate = pace->rate;
    }
    if (pace->cuts > CUTS_IN_VAIN && pace->least_excess * 4 > pace->cut_excess * 3) {
        pace->usual_excess = pace->least_excess;
        pace->cuts = 0;
        cut(pace, pace->cut_rate, now);
        return;
    }
    pace->latest_excess = 0;
    if (pace->probing) {
        pace->queued_rate = pace->rate;
        cut(pace, pace->rate * 0.7, now);
    } else {
        cut(pace, fmax(pace->good, pace->rate / 2), now);
    }
}

static double share_of(const struct loss *loss)
{
    return loss->samples ? (double)loss->lost / loss->samples : 0;
}

/* The standard error of the difference of two shares of loss, pooled. */
static double error_of(const struct loss *base, const struct loss *trial)
{
    double n = trial->samples, m = base->samples, pooled = (trial->lost + base->lost) / (n + m);
    return sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
}

static void add_to(struct loss *sum, const struct loss *more)
{
    if (sum->samples > BASE_SAMPLES) {
        sum->samples /= 2;
        sum->lost /= 2;
    }
    sum->samples += more->samples;
    sum->lost += more->lost;
}

/* The trial will not tell, because too little is known of the path's own loss: goes back to
 * where that is measured for a while. */
static void measure_base(struct pace *pace)
{
    bool probing = pace->probing;
    double good = pace->good;
    cut(pace, good / 2, pace->filled_at);
    pace->good = good;
    pace->probing = probing;
    pace->base_wanted = pace->base.samples + TRIAL_SAMPLES;
}

/* The path's own loss is the same at any rate, so that what is lost at half a rate that fared
 * well is the path's; more than that is the rate's doing. */
static void judge_epoch(struct pace *pace, uint32_t number)
{
    const struct pace_epoch *epoch = &pace->epochs[number % PACE_EPOCHS];
    if (number == pace->epoch || epoch->returned + epoch->lost < epoch->sent)
        return;
    const struct loss loss = {epoch->returned + epoch->lost, epoch->lost};
    bool is_first = pace->base.samples < LOSS_SAMPLES;
    if (is_first || epoch->rate * 2 <= pace->good)
        add_to(&pace->base, &loss);
    else if (number >= pace->cut_epoch)
        add_to(&pace->trial, &loss);
    if (number < pace->cut_epoch || epoch->returned == 0)
        return;
    uint32_t samples = pace->trial.samples;
    double excess = share_of(&pace->trial) - share_of(&pace->base);
    double error = samples ? error_of(&pace->base, &pace->trial) : 0;
    bool is_long = samples > TRIAL_SAMPLES, is_known = pace->base.samples > 2 * TRIAL_SAMPLES;
    double errors = is_long && is_known ? SURE_ERRORS : LOSS_ERRORS;
    if (samples >= LOSS_SAMPLES && excess > fmax(LOSS_WORSE, errors * error)) {
        double rate = fmax(epoch->rate * (1 - excess) * 0.95, pace->good / 2);
        cut(pace, fmin(rate, pace->rate), pace->filled_at);
    } else if (excess <= LOSS_WORSE ||
               (samples >= SURE_SAMPLES && excess <= SURE_ERRORS * error)) {
        if (pace->base.samples < TRIAL_SAMPLES)
            add_to(&pace->base, &pace->trial);
        pace->trial = (struct loss){0};
        pace->good = fmax(pace->good, epoch->rate);
    } else if (is_long) {
        measure_base(pace);
    }
}

/* Whether as much was sent as the rate allows: a rate that is not used proves nothing. */
static bool is_used(const struct pace *pace, nsec_t age)
{
    return pace->packets * 2 > pace->rate * (double)age / (double)NSEC_PER_SEC;
}

static void close_epoch(struct pace *pace, nsec_t now)
{
    nsec_t length = epoch_length(pace), age = now - pace->epoch_started;
    if (age < length)
        return;
    if (pace->rtt == 0) { /* nothing has answered yet */
        set_rate(pace, fmin(pace->rate * 2, RATE_BLIND));
        pace->good = pace->rate;
        begin_epoch(pace, now);
        return;
    }
    uint32_t controls = pace->epochs[pace->epoch % PACE_EPOCHS].sent;
    bool is_thin = pace->answers < EPOCH_ANSWERS || (controls > 0 && controls < LOSS_SAMPLES);
    if (is_thin && age < EPOCH_PATIENCE * length)
        return;
    if (is_delayed(pace)) {
        if (is_draining(pace))
            begin_epoch(pace, now);
        else
            cut_for_delay(pace, now);
        return;
    }
    pace->cuts = 0;
    if (is_used(pace, age) && pace->answers > 0)
        grow(pace);
    uint32_t closed = pace->epoch;
    begin_epoch(pace, now);
    judge_epoch(pace, closed); /* on a short path all its controls are back already */
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
    pace->packets += packets;
}

nsec_t pace_next(const struct pace *pace)
{
    double wanted = fmax(pace->rate * WAKE_SECONDS, 1);
    if (pace->tokens >= wanted)
        return pace->filled_at;
    double seconds = (wanted - pace->tokens) / pace->rate;
    return pace->filled_at + (nsec_t)(seconds * (double)NSEC_PER_SEC) + 1;
}

static bool is_remembered(const struct pace *pace, uint32_t epoch)
{
    return pace->epoch - epoch < PACE_EPOCHS;
}

uint32_t pace_control_sent(struct pace *pace)
{
    pace->epochs[pace->epoch % PACE_EPOCHS].sent++;
    return pace->epoch;
}

void pace_control_returned(struct pace *pace, uint32_t epoch)
{
    if (!is_remembered(pace, epoch))
        return;
    pace->epochs[epoch % PACE_EPOCHS].returned++;
    judge_epoch(pace, epoch);
}

void pace_control_lost(struct pace *pace, uint32_t epoch)
{
    if (!is_remembered(pace, epoch))
        return;
    pace->epochs[epoch % PACE_EPOCHS].lost++;
    judge_epoch(pace, epoch);
}

void pace_answer(struct pace *pace, nsec_t now, nsec_t rtt, nsec_t excess)
{
    if (now - rtt < pace->cut_at)
        return; /* it stood in the queue that the rate was cut for */
    pace->answers++;
    nsec_t without_queue = rtt - excess;
    pace->rtt = pace->rtt == 0 ? without_queue : pace->rtt + (without_queue - pace->rtt) / 8;
    if (excess < pace->least_excess)
        pace->least_excess = excess;
    close_epoch(pace, now);
}

void pace_local_full(struct pace *pace, nsec_t now)
{
    pace->tokens = 0;
    pace->filled_at = now;
    cut(pace, pace->rate / 2, now);
}
