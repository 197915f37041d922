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
/* The rate may run so far ahead of what has been proven to fare well; after a cut; and about
 * the path's limit. */
#define AHEAD_MOST    4
#define AHEAD_PROBING 1.25
#define AHEAD_LIMIT   1.05
/* An epoch with fewer controls than this goes on. */
#define EPOCH_CONTROLS 8
/* Until the path's own loss is known so well, all that fares well adds to it. */
#define BASE_LEAST 100
/* Of what the path was found to carry, so much is sent; and less when that is a guess. */
#define LIMIT_SHARE 0.95
#define GUESS_SHARE 0.7
/* The path carries no less than such a share of the rate: four times too much is sent while it
 * doubles, and a little when it grows. */
#define CARRIED_LEAST         0.22
#define CARRIED_LEAST_PROBING 0.7
/* Two limits that differ by less are the same. */
#define LIMIT_STEADY 0.2
/* Steps, as shares of the rate; where the path's limit is near and steady, small ones, and then
 * larger ones each time. */
#define STEP_USUAL 0.05
#define STEP_LEAST 0.01
#define STEP_MOST  0.1
#define LIMIT_NEAR 0.9
#define LIMIT_PAST 1.05
/* After so many waits for the queue to empty, a delay should have become smaller. */
#define WAITS_IN_VAIN 12
/* So many cuts in a row for a queue at less than the path was found to carry: it is none. */
#define FALLS_IN_VAIN 6
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
}

void pace_init(struct pace *pace, double most, nsec_t now)
{
    *pace = (struct pace){.most = most > 0 ? most : PACE_UNLIMITED, .judged = 1};
    pace->rate = pace->most < RATE_FIRST ? pace->most : RATE_FIRST;
    pace->good = pace->rate;
    pace->tokens = BUCKET_FIRST < pace->most ? BUCKET_FIRST : 1;
    pace->filled_at = now;
    begin_epoch(pace, now);
}

static double bucket(const struct pace *pace)
{
    double room = pace->rate * BUCKET_SECONDS;
    double least = pace->rate < BUCKET_LEAST ? 1
                   : pace->limit > 0         ? BUCKET_FIRST
                                             : BUCKET_LEAST;
    return room > least ? room : least;
}

static void set_rate(struct pace *pace, double rate)
{
    double least = pace->most < RATE_LEAST ? pace->most : RATE_LEAST;
    if (rate > pace->most)
        rate = pace->most;
    pace->rate = rate < least ? least : rate;
}

/* Begins anew at RATE: what was sent before says no more. */
static void restart(struct pace *pace, double rate, nsec_t now)
{
    set_rate(pace, rate);
    begin_epoch(pace, now);
    pace->cut_epoch = pace->epoch;
    pace->cut_at = now;
    bottleneck_forget(&pace->bottleneck, now);
}

static void cut(struct pace *pace, double rate, nsec_t now)
{
    restart(pace, rate, now);
    pace->good = fmin(pace->good, pace->rate);
    pace->probing = true;
    pace->step = STEP_LEAST;
    path_loss_forget(&pace->loss);
}

static nsec_t epoch_length(const struct pace *pace)
{
    if (pace->rtt == 0)
        return EPOCH_BLIND;
    return pace->rtt > EPOCH_LEAST ? pace->rtt : EPOCH_LEAST;
}

/* At once to where the path's limit is; carefully about it, once it has been found there twice,
 * and faster again beyond: it may be there no more. */
static double next_step(struct pace *pace)
{
    if (pace->rate < pace->limit * LIMIT_NEAR)
        return pace->limit * LIMIT_NEAR / pace->rate - 1;
    if (!pace->steady)
        return STEP_USUAL;
    if (pace->rate < pace->limit * LIMIT_PAST)
        return STEP_LEAST;
    pace->step = fmin(pace->step * 2, STEP_MOST);
    return pace->step;
}

static double ahead_most(const struct pace *pace)
{
    if (!pace->probing)
        return AHEAD_MOST;
    return pace->steady && pace->rate > pace->limit * LIMIT_NEAR ? AHEAD_LIMIT : AHEAD_PROBING;
}

static void grow(struct pace *pace)
{
    bool is_unsure = pace->controlled && pace->loss.base.samples == 0;
    if (is_unsure || !path_loss_is_settled(&pace->loss))
        return;
    double rate = pace->rate * (pace->probing ? 1 + next_step(pace) : 2);
    double most = pace->good * ahead_most(pace);
    if (rate > pace->rate)
        set_rate(pace, rate < most ? rate : fmax(most, pace->rate));
}

/* Sends nothing until the queue is gone. */
static void drain(struct pace *pace, nsec_t delay)
{
    double seconds = (double)delay / (double)NSEC_PER_SEC;
    pace->tokens = fmin(pace->tokens, 0) - seconds * pace->rate;
}

static void set_limit(struct pace *pace, double limit)
{
    pace->steady = fabs(limit - pace->found) < limit * LIMIT_STEADY;
    pace->limit = pace->found = limit;
}

/* Ports behind a detour answer late now and then, however little is sent. Then the path seems
 * to carry less each time, where a true limit would be found again. */
static bool is_falling_in_vain(struct pace *pace)
{
    if (pace->limit == 0 || pace->rate >= pace->limit)
        pace->falls = 0;
    else if (pace->falls++ == 0)
        pace->fallen_from = pace->rate;
    return pace->falls == FALLS_IN_VAIN;
}

/* Falls to what leaves the queue. Where that seems to be much less than the path can carry, it,
 * or this machine, has stood still for a moment: then back to where it was once the queue is
 * gone. */
static void cut_for_queue(struct pace *pace, nsec_t delay, nsec_t now)
{
    double carried = bottleneck_rate(&pace->bottleneck), rate = pace->rate;
    bool probing = pace->probing;
    if (carried >= rate * (probing ? CARRIED_LEAST_PROBING : CARRIED_LEAST)) {
        set_limit(pace, fmin(carried, rate));
        cut(pace, pace->limit * LIMIT_SHARE, now);
        drain(pace, probing ? delay : 2 * delay); /* as long again is under way */
        return;
    }
    pace->steady = false;
    pace->limit = probing ? rate : 0;
    cut(pace, probing ? rate * GUESS_SHARE : fmax(pace->good, rate / 2), now);
}

/* The delay is not of our making: goes on from RATE. */
static void put_up_with(struct pace *pace, nsec_t delay, double rate, nsec_t now)
{
    bottleneck_put_up_with(&pace->bottleneck, delay);
    pace->waits = pace->falls = 0;
    pace->limit = 0;
    cut(pace, rate, now);
}

/* A delay that stays however long one waits is not of our making either: the path has become
 * longer, or its least round trip was measured wrong. */
static void answer_for_queue(struct pace *pace, nsec_t delay, nsec_t now)
{
    if (pace->waits++ == 0) {
        pace->first_delay = delay;
        pace->first_rate = pace->rate;
    }
    if (pace->waits > WAITS_IN_VAIN && delay * 4 > pace->first_delay * 3) {
        put_up_with(pace, delay, pace->first_rate, now);
        return;
    }
    if (pace->waits == 1 || bottleneck_rate(&pace->bottleneck) <= pace->rate) {
        if (is_falling_in_vain(pace))
            put_up_with(pace, delay, pace->fallen_from, now);
        else
            cut_for_queue(pace, delay, now);
        return;
    }
    bottleneck_forget(&pace->bottleneck, now); /* it is being emptied */
    drain(pace, delay);
}

/* Falls to what the path has delivered, or from the doubling to what fared well. Whether that
 * was right will show. */
static void cut_for_loss(struct pace *pace, double rate)
{
    struct path_loss loss = pace->loss;
    pace->suspected = (struct pace_point){rate, pace->good, pace->limit, pace->probing};
    set_limit(pace, fmax(rate * (1 - path_loss_excess(&loss)), pace->good / 2));
    double most = pace->probing ? pace->rate : pace->good;
    cut(pace, fmin(pace->limit * LIMIT_SHARE, most), pace->filled_at);
    path_loss_suspect(&loss, pace->rate / rate);
    pace->loss = loss;
}

/* It was not: goes on from where the rate was cut. */
static void take_back_cut(struct pace *pace)
{
    const struct pace_point *before = &pace->suspected;
    restart(pace, before->rate, pace->filled_at);
    pace->good = before->good;
    pace->limit = before->limit;
    pace->probing = before->probing;
}

/* The trial will not tell, because too little is known of the path's own loss: goes back to
 * where that is measured for a while. */
static void measure_base(struct pace *pace)
{
    restart(pace, pace->good / 2, pace->filled_at);
    path_loss_ask_base(&pace->loss);
}

static void fare_well(struct pace *pace, double rate)
{
    bool is_low = pace->limit == 0 || rate <= pace->limit * LIMIT_SHARE;
    if (pace->loss.base.samples < BASE_LEAST && is_low)
        path_loss_add_base(&pace->loss, &pace->loss.trial);
    path_loss_forget(&pace->loss);
    if (rate > pace->limit * LIMIT_PAST)
        pace->limit = 0; /* it was not one */
    if (pace->base_rate == 0)
        pace->base_rate = rate;
    pace->good = fmax(pace->good, rate);
}

/* What is lost at half a rate that fared well is the path's own. */
static bool tells_of_base(const struct pace *pace, const struct pace_epoch *epoch)
{
    bool is_early = pace->loss.base.samples < BASE_LEAST && epoch->rate <= pace->base_rate;
    return is_early || epoch->rate * 2 <= pace->good;
}

static void judge_epoch(struct pace *pace, uint32_t number)
{
    const struct pace_epoch *epoch = &pace->epochs[number % PACE_EPOCHS];
    const struct loss loss = {epoch->returned + epoch->lost, epoch->lost};
    if (tells_of_base(pace, epoch))
        path_loss_add_base(&pace->loss, &loss);
    else if (number >= pace->cut_epoch)
        path_loss_add(&pace->loss, &loss);
    if (number < pace->cut_epoch || epoch->returned == 0)
        return;
    switch (path_loss_judge(&pace->loss)) {
    case LOSS_OPEN:
        break;
    case LOSS_USUAL:
        fare_well(pace, epoch->rate);
        break;
    case LOSS_EXCESS:
        cut_for_loss(pace, epoch->rate);
        break;
    case LOSS_CLEARED:
        take_back_cut(pace);
        break;
    case LOSS_UNCLEAR:
        measure_base(pace);
        break;
    }
}

static bool is_remembered(const struct pace *pace, uint32_t epoch)
{
    return pace->epoch - epoch < PACE_EPOCHS;
}

/* One after the other: that nothing was lost is known sooner than that something was, and
 * whoever looked at what is known first would see too little loss, and then too much. */
static void judge_epochs(struct pace *pace)
{
    while (pace->judged != pace->epoch) {
        const struct pace_epoch *epoch = &pace->epochs[pace->judged % PACE_EPOCHS];
        bool is_known = epoch->returned + epoch->lost >= epoch->sent;
        if (is_remembered(pace, pace->judged) && !is_known)
            return;
        uint32_t number = pace->judged++;
        if (is_remembered(pace, number))
            judge_epoch(pace, number);
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
    bool is_thin = pace->answers < EPOCH_ANSWERS || (controls > 0 && controls < EPOCH_CONTROLS);
    if (is_thin && age < EPOCH_PATIENCE * length)
        return;
    if (pace->answers > 0)
        pace->waits = 0;
    if (is_used(pace, age) && pace->answers > 0)
        grow(pace);
    begin_epoch(pace, now);
    judge_epochs(pace); /* on a short path all its controls are back already */
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
    bottleneck_sent(&pace->bottleneck, pace->filled_at, packets);
}

nsec_t pace_next(const struct pace *pace)
{
    double wanted = fmax(pace->rate * WAKE_SECONDS, 1);
    if (pace->tokens >= wanted)
        return pace->filled_at;
    double seconds = (wanted - pace->tokens) / pace->rate;
    return pace->filled_at + (nsec_t)(seconds * (double)NSEC_PER_SEC) + 1;
}

bool pace_is_unsure(const struct pace *pace)
{
    return !pace->probing || !path_loss_is_settled(&pace->loss);
}

uint32_t pace_control_sent(struct pace *pace)
{
    pace->controlled = true;
    pace->epochs[pace->epoch % PACE_EPOCHS].sent++;
    return pace->epoch;
}

void pace_control_returned(struct pace *pace, uint32_t epoch)
{
    if (!is_remembered(pace, epoch))
        return;
    pace->epochs[epoch % PACE_EPOCHS].returned++;
    judge_epochs(pace);
}

void pace_control_lost(struct pace *pace, uint32_t epoch)
{
    if (!is_remembered(pace, epoch))
        return;
    pace->epochs[epoch % PACE_EPOCHS].lost++;
    judge_epochs(pace);
}

/* Until now nobody knew whether anything gets there at all: goes back to the rate at which this
 * answer's probe was sent. */
static void hear_first(struct pace *pace, nsec_t now, nsec_t sent_at)
{
    nsec_t since = pace->epoch_started - sent_at;
    uint32_t back = since > 0 ? (uint32_t)((since + EPOCH_BLIND - 1) / EPOCH_BLIND) : 0;
    if (back >= pace->epoch || back >= PACE_EPOCHS)
        back = pace->epoch - 1;
    set_rate(pace, pace->epochs[(pace->epoch - back) % PACE_EPOCHS].rate);
    pace->good = pace->rate;
    begin_epoch(pace, now);
}

void pace_answer(struct pace *pace, nsec_t now, nsec_t rtt, nsec_t excess)
{
    bottleneck_answer(&pace->bottleneck, now, rtt, excess);
    if (now - rtt < pace->cut_at)
        return; /* it stood in the queue that the rate was cut for */
    if (pace->rtt == 0)
        hear_first(pace, now, now - rtt);
    pace->answers++;
    nsec_t without_queue = rtt - excess;
    pace->rtt = pace->rtt == 0 ? without_queue : pace->rtt + (without_queue - pace->rtt) / 8;
    nsec_t delay = bottleneck_delay(&pace->bottleneck);
    if (delay > 0)
        answer_for_queue(pace, delay, now);
    close_epoch(pace, now);
}

void pace_local_full(struct pace *pace, nsec_t now)
{
    pace->tokens = 0;
    pace->filled_at = now;
    cut(pace, pace->rate / 2, now);
}
