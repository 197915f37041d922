#include "scanner/controls.h"

#include "scanner/probe_maker.h"

#include <stdlib.h>
#include <string.h>

/* A control that is answered later than this is not looked for any more. */
#define FORGET_AFTER (4 * NSEC_PER_SEC)
/* A witness that misses so many in a row while others answer is no witness. */
#define STREAK_MOST 20

void controls_free(struct controls *controls)
{
    free(controls->queue);
    controls->queue = NULL;
    controls->head = controls->count = controls->capacity = 0;
}

void controls_add_witness(struct controls *controls, uint32_t slot, enum witness_rank rank)
{
    struct witness fresh = {slot, (uint8_t)rank, 0};
    if (controls->witness_count < WITNESSES_MOST) {
        controls->witnesses[controls->witness_count++] = fresh;
        return;
    }
    for (size_t i = 0; i < WITNESSES_MOST; i++) {
        if (controls->witnesses[i].rank < rank) {
            controls->witnesses[i] = fresh;
            return;
        }
    }
}

void controls_add_source(struct controls *controls, const struct addr *by, uint32_t slot)
{
    for (size_t i = 0; i < controls->source_count; i++) {
        if (addr_equal(&controls->sources[i].by, by))
            return;
    }
    if (controls->source_count < TOKEN_SOURCES_MOST)
        controls->sources[controls->source_count++] =
            (struct token_source){.by = *by, .slot = slot};
}

/* Best rank first; among equals in turn, so that no port is asked all the time. */
int controls_choose(struct controls *controls)
{
    uint8_t best = WITNESS_NONE;
    for (size_t i = 0; i < controls->witness_count; i++) {
        if (controls->witnesses[i].rank > best)
            best = controls->witnesses[i].rank;
    }
    for (size_t i = 0; i < controls->witness_count; i++) {
        uint8_t turn = controls->next_witness++ % controls->witness_count;
        if (controls->witnesses[turn].rank == best)
            return turn;
    }
    return -1;
}

static struct control *at(struct controls *controls, size_t index)
{
    return &controls->queue[(controls->head + index) & (controls->capacity - 1)];
}

/* What a witness that turned out to be none has lost says nothing about the path. */
static void retire(struct controls *controls, size_t index)
{
    struct witness *witness = &controls->witnesses[index];
    uint32_t lost = witness->streak;
    controls->loss.samples -= lost < controls->loss.samples ? lost : controls->loss.samples;
    controls->loss.lost -= lost < controls->loss.lost ? lost : controls->loss.lost;
    controls->batch_lost -= lost < controls->batch_lost ? lost : controls->batch_lost;
    witness->rank = WITNESS_NONE;
    witness->streak = 0;
}

static bool another_answers(const struct controls *controls, size_t index)
{
    for (size_t i = 0; i < controls->witness_count; i++) {
        const struct witness *witness = &controls->witnesses[i];
        if (i != index && witness->rank != WITNESS_NONE && witness->streak == 0)
            return true;
    }
    return false;
}

static void review_witness(struct controls *controls, const struct control *control)
{
    if (control->subject >= controls->witness_count)
        return;
    struct witness *witness = &controls->witnesses[control->subject];
    if (control->fate == CONTROL_RETURNED)
        witness->streak = 0;
    else if (++witness->streak >= STREAK_MOST && another_answers(controls, control->subject))
        retire(controls, control->subject);
    if (witness->streak == UINT8_MAX)
        witness->streak--;
}

static void review_burst(struct burst *burst, const struct control *control)
{
    if (control->fate == CONTROL_RETURNED) {
        burst->run = 0;
        return;
    }
    if (burst->run++ == 0)
        burst->first = control->sent_at;
    burst->last = control->sent_at;
    if (burst->run >= BURST_LEAST && burst->last - burst->first > burst->longest)
        burst->longest = burst->last - burst->first;
}

/* Looks at all fates in the order of sending, and forgets what is too old. */
static void drop_settled(struct controls *controls, nsec_t now)
{
    while (controls->reviewed < controls->expired) {
        const struct control *control = at(controls, controls->reviewed++);
        if (control->kind != CONTROL_LOSS)
            continue;
        review_witness(controls, control);
        review_burst(&controls->burst, control);
    }
    while (controls->reviewed > 0) {
        const struct control *oldest = at(controls, 0);
        if (oldest->fate == CONTROL_LOST && now - oldest->sent_at < FORGET_AFTER)
            return;
        controls->head = (controls->head + 1) & (controls->capacity - 1);
        controls->count--;
        controls->reviewed--;
        controls->expired--;
    }
}

static bool grow(struct controls *controls)
{
    size_t capacity = controls->capacity ? controls->capacity * 2 : 8;
    struct control *queue = calloc(capacity, sizeof *queue);
    if (!queue)
        return false;
    for (size_t i = 0; i < controls->count; i++)
        queue[i] = *at(controls, i);
    free(controls->queue);
    controls->queue = queue;
    controls->head = 0;
    controls->capacity = capacity;
    return true;
}

struct control *controls_push(struct controls *controls, enum control_kind kind, uint32_t slot,
                              uint8_t subject, nsec_t now)
{
    drop_settled(controls, now);
    if (controls->count == controls->capacity && !grow(controls))
        return NULL;
    struct control *control = at(controls, controls->count++);
    *control = (struct control){
        .sent_at = now,
        .slot = slot,
        .try = TRY_CONTROL + controls->next_try++,
        .kind = (uint8_t)kind,
        .subject = subject,
    };
    return control;
}

/* Numbers in the queue run without a gap. */
struct control *controls_find(struct controls *controls, uint32_t try)
{
    if (controls->count == 0)
        return NULL;
    uint32_t distance = try - at(controls, 0)->try;
    return distance < controls->count ? at(controls, distance) : NULL;
}

struct control *controls_walk(struct controls *controls, uint32_t slot, size_t *index)
{
    while (*index < controls->count) {
        struct control *control = at(controls, controls->count - ++*index);
        if (control->slot == slot)
            return control;
    }
    return NULL;
}

struct control *controls_match(struct controls *controls, uint32_t slot, uint32_t sequence)
{
    size_t index = 0;
    struct control *control;
    while ((control = controls_walk(controls, slot, &index))) {
        if (control->sequence == sequence)
            return control;
    }
    return NULL;
}

bool controls_return(struct controls *controls, struct control *control)
{
    if (control->fate != CONTROL_PENDING)
        return false;
    control->fate = CONTROL_RETURNED;
    if (control->kind != CONTROL_LOSS)
        return true;
    controls->loss.samples++;
    controls->batch_returned++;
    if (control->sent_at > controls->returned_sent_at)
        controls->returned_sent_at = control->sent_at;
    return true;
}

void controls_forget(struct controls *controls, uint32_t try)
{
    struct control *control = controls_find(controls, try);
    if (control)
        control->fate = CONTROL_RETURNED;
}

static void count_loss(struct controls *controls, const struct control *control)
{
    if (control->kind != CONTROL_LOSS)
        return;
    controls->loss.samples++;
    controls->loss.lost++;
    controls->batch_lost++;
}

const struct control *controls_expire(struct controls *controls, nsec_t now, nsec_t timeout)
{
    while (controls->expired < controls->count) {
        struct control *control = at(controls, controls->expired);
        if (control->fate == CONTROL_PENDING && now - control->sent_at <= timeout)
            break;
        controls->expired++;
        if (control->fate != CONTROL_PENDING)
            continue;
        control->fate = CONTROL_LOST;
        count_loss(controls, control);
        return control;
    }
    drop_settled(controls, now);
    return NULL;
}

void controls_begin_batch(struct controls *controls)
{
    controls->batch_returned = controls->batch_lost = 0;
}
