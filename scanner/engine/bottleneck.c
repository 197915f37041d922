#include "scanner/engine/bottleneck.h"

/* Time between two marks, at least. */
#define MARK_GAP NSEC_PER_MSEC
/* An answer that is later than this may have stood in a queue, */
#define QUEUED_LEAST (2 * NSEC_PER_MSEC)
/* and one that is later than this, or than an eighth of the round trip, is late. */
#define LATE_LEAST (8 * NSEC_PER_MSEC)
/* So many late answers in a row, over so much time, are no jitter. */
#define LATE_ANSWERS 4
#define LATE_TIME    (10 * NSEC_PER_MSEC)
/* The change from one answer to the next, averaged over so many, is to be expected three times.
 */
#define JITTERS      3
#define JITTER_STEPS 64
/* So many packets, in so much time, tell how fast the queue is emptied. */
#define TRAIN_PACKETS 12
#define TRAIN_TIME    (8 * NSEC_PER_MSEC)

void bottleneck_sent(struct bottleneck *bottleneck, nsec_t now, uint32_t packets)
{
    if (now - bottleneck->marks[bottleneck->mark].at >= MARK_GAP) {
        bottleneck->mark = (bottleneck->mark + 1) % SENT_MARKS;
        bottleneck->marks[bottleneck->mark] = (struct sent_mark){now, bottleneck->sent};
    }
    bottleneck->sent += packets;
}

/* How many packets had been sent by AT; 0: none, or that is forgotten. */
static uint64_t sent_by(const struct bottleneck *bottleneck, nsec_t at)
{
    uint32_t near = 0, far = SENT_MARKS;
    while (near < far) {
        uint32_t middle = (near + far) / 2;
        uint32_t i = (bottleneck->mark + SENT_MARKS - middle) % SENT_MARKS;
        if (bottleneck->marks[i].at <= at)
            far = middle;
        else
            near = middle + 1;
    }
    if (near == SENT_MARKS)
        return 0;
    return bottleneck->marks[(bottleneck->mark + SENT_MARKS - near) % SENT_MARKS].sent;
}

/* A probe left the queue DELAY after it would have on an empty path, whatever its host is away.
 * Packets that the queue had no room for make it seem faster than it is, so the slowest
 * estimate holds. */
static void follow_train(struct bottleneck *bottleneck, nsec_t sent_at, nsec_t delay)
{
    struct sent_mark now = {sent_at + delay, sent_by(bottleneck, sent_at)};
    struct sent_mark *first = &bottleneck->first;
    if (now.sent == 0)
        return;
    if (first->sent == 0) {
        *first = now;
        return;
    }
    nsec_t time = now.at - first->at;
    if (now.sent < first->sent + TRAIN_PACKETS ||
        time < TRAIN_TIME + JITTERS * bottleneck->jitter)
        return;
    double rate = (double)(now.sent - first->sent) * (double)NSEC_PER_SEC / (double)time;
    if (bottleneck->rate == 0 || rate < bottleneck->rate)
        bottleneck->rate = rate;
}

static void follow_jitter(struct bottleneck *bottleneck, nsec_t delay)
{
    nsec_t step = delay - bottleneck->before;
    if (bottleneck->steps < JITTER_STEPS)
        bottleneck->steps++;
    bottleneck->jitter += ((step < 0 ? -step : step) - bottleneck->jitter) / bottleneck->steps;
    bottleneck->before = delay;
}

static void follow_delay(struct bottleneck *bottleneck, nsec_t now, nsec_t rtt, nsec_t delay)
{
    nsec_t room = (rtt - delay) / 8 > LATE_LEAST ? (rtt - delay) / 8 : LATE_LEAST;
    nsec_t excess = delay - bottleneck->usual - JITTERS * bottleneck->jitter;
    if (excess <= room) {
        bottleneck->late = 0;
        return;
    }
    if (bottleneck->late++ == 0) {
        bottleneck->late_since = now;
        bottleneck->least = excess;
    }
    if (excess < bottleneck->least)
        bottleneck->least = excess;
}

void bottleneck_answer(struct bottleneck *bottleneck, nsec_t now, nsec_t rtt, nsec_t delay)
{
    nsec_t sent_at = now - rtt;
    follow_jitter(bottleneck, delay);
    if (delay > bottleneck->usual + QUEUED_LEAST + JITTERS * bottleneck->jitter) {
        follow_train(bottleneck, sent_at, delay);
    } else if (sent_at + delay > bottleneck->first.at) { /* else it was sent before the queue */
        bottleneck->first.sent = 0;
        bottleneck->rate = 0;
    }
    if (sent_at >= bottleneck->heard_from)
        follow_delay(bottleneck, now, rtt, delay);
    bottleneck->latest = now;
}

nsec_t bottleneck_delay(const struct bottleneck *bottleneck)
{
    bool is_long = bottleneck->latest - bottleneck->late_since >= LATE_TIME;
    return bottleneck->late >= LATE_ANSWERS && is_long ? bottleneck->least : 0;
}

double bottleneck_rate(const struct bottleneck *bottleneck)
{
    return bottleneck->rate;
}

void bottleneck_forget(struct bottleneck *bottleneck, nsec_t now)
{
    bottleneck->late = 0;
    bottleneck->heard_from = now;
}

void bottleneck_put_up_with(struct bottleneck *bottleneck, nsec_t delay)
{
    bottleneck->usual += delay;
}
