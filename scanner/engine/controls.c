#include "scanner/engine/controls.h"

#include "scanner/engine/probe_maker.h"

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

void controls_add_witness(struct controls *controls, uint32_t slot, enum witness_kind kind,
                          uint8_t turn)
{
    size_t alike = 0;
    for (size_t i = 0; i < controls->witness_count; i++) {
        if (controls->witnesses[i].slot == slot)
            return;
        alike += controls->witnesses[i].kind == kind && !controls->witnesses[i].spared;
    }
    if (kind == WITNESS_NONE || alike == WITNESSES_PER_KIND ||
        controls->witness_count == WITNESSES_MOST)
        return;
    controls->witnesses[controls->witness_count++] =
        (struct witness){.slot = slot, .kind = (uint8_t)kind, .turn = turn};
}

void controls_spare_witness(struct controls *controls, uint32_t slot)
{
    for (size_t i = 0; i < controls->witness_count; i++) {
        if (controls->witnesses[i].slot == slot)
            controls->witnesses[i].spared = true;
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

void controls_drop_source(struct controls *controls, const struct addr *by)
{
    for (size_t i = 0; i < controls->source_count; i++) {
        if (!addr_equal(&controls->sources[i].by, by))
            continue;
        controls->sources[i] = controls->sources[--controls->source_count];
        return;
    }
}

bool controls_have_witness(const struct controls *controls)
{
    for (size_t i = 0; i < controls->witness_count; i++) {
        if (controls->witnesses[i].kind != WITNESS_NONE)
            return true;
    }
    return false;
}

static bool is_usual(enum witness_kind kind)
{
    return kind < WITNESS_ECHO;
}

static bool have_usual(const struct controls *controls)
{
    for (size_t i = 0; i < controls->witness_count; i++) {
        if (is_usual(controls->witnesses[i].kind))
            return true;
    }
    return false;
}

/* Whether companions ask for answers of KIND. */
static bool is_asked(const struct controls *controls, enum witness_kind kind)
{
    if (have_usual(controls) && !is_usual(kind))
        return false;
    for (size_t i = 0; i < controls->witness_count; i++) {
        if (controls->witnesses[i].kind == kind)
            return true;
    }
    return false;
}

uint32_t controls_kinds(const struct controls *controls)
{
    uint32_t kinds = 0;
    for (int kind = 0; kind < WITNESS_KINDS; kind++)
        kinds += is_asked(controls, (enum witness_kind)kind);
    return kinds;
}

/* There is another of its kind to ask. */
static bool is_idle(const struct controls *controls, const struct witness *witness)
{
    for (size_t i = 0; witness->spared && i < controls->witness_count; i++) {
        const struct witness *other = &controls->witnesses[i];
        if (other->kind == witness->kind && !other->spared)
            return true;
    }
    return false;
}

unsigned controls_longest_streak(const struct controls *controls)
{
    unsigned longest = 0;
    for (size_t i = 0; i < controls->witness_count; i++) {
        const struct witness *witness = &controls->witnesses[i];
        if (is_asked(controls, (enum witness_kind)witness->kind) &&
            !is_idle(controls, witness) && witness->streak > longest)
            longest = witness->streak;
    }
    return longest;
}

int controls_choose_of(const struct controls *controls, enum witness_kind kind)
{
    int first = -1, turn = controls->turn / WITNESS_KINDS % WITNESSES_PER_KIND;
    for (int i = 0; i < controls->witness_count; i++) {
        const struct witness *witness = &controls->witnesses[i];
        if (witness->kind != kind || is_idle(controls, witness))
            continue;
        if (turn-- == 0)
            return i;
        first = first < 0 ? i : first;
    }
    return first;
}

int controls_choose(struct controls *controls)
{
    for (int i = 0; i < WITNESS_KINDS; i++) {
        enum witness_kind kind = controls->turn++ % WITNESS_KINDS;
        if (is_asked(controls, kind))
            return controls_choose_of(controls, kind);
    }
    return -1;
}

void controls_count_answer(struct controls *controls, enum witness_kind kind, unsigned proofs)
{
    if (kind == WITNESS_NONE || proofs == 0)
        return;
    controls->loss[kind].samples += proofs;
    controls->loss[kind].lost += proofs - 1;
}

double controls_upper(const struct controls *controls, struct loss *worst)
{
    double highest = -1;
    for (size_t i = 0; i < WITNESS_KINDS; i++) {
        if (controls->loss[i].samples == 0 || !is_asked(controls, (enum witness_kind)i))
            continue;
        double upper = loss_upper(&controls->loss[i]);
        if (upper > highest) {
            highest = upper;
            *worst = controls->loss[i];
        }
    }
    if (highest < 0)
        *worst = (struct loss){0};
    return highest < 0 ? 1 : highest;
}

static struct control *at(struct controls *controls, size_t index)
{
    return &controls->queue[(controls->head + index) & (controls->capacity - 1)];
}

/* What a witness that turned out to be none has lost says nothing about the path. */
static void retire(struct controls *controls, struct witness *witness)
{
    struct loss *loss = &controls->loss[witness->kind],
                *batch = &controls->batch[witness->kind];
    uint32_t lost = witness->streak;
    loss->samples -= lost < loss->samples ? lost : loss->samples;
    loss->lost -= lost < loss->lost ? lost : loss->lost;
    batch->samples -= lost < batch->samples ? lost : batch->samples;
    batch->lost -= lost < batch->lost ? lost : batch->lost;
    witness->kind = WITNESS_NONE;
    witness->streak = 0;
}

/* Of the same kind: a kind that is lost as a whole is limited, and that must be known. */
static bool another_answers(const struct controls *controls, const struct witness *witness)
{
    for (size_t i = 0; i < controls->witness_count; i++) {
        const struct witness *other = &controls->witnesses[i];
        if (other != witness && other->kind == witness->kind && other->streak == 0)
            return true;
    }
    return false;
}

static void review_witness(struct controls *controls, const struct control *control)
{
    if (control->subject >= controls->witness_count)
        return;
    struct witness *witness = &controls->witnesses[control->subject];
    if (witness->kind == WITNESS_NONE) /* retired while this one was out */
        return;
    if (control->fate == CONTROL_RETURNED)
        witness->streak = 0;
    else if (++witness->streak >= STREAK_MOST && another_answers(controls, witness))
        retire(controls, witness);
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
        if (control->kind > CONTROL_CLOSER)
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
        .number = ++controls->last_number,
        .kind = (uint8_t)kind,
        .subject = subject,
    };
    control->try = TRY_CONTROL + (uint32_t)kind * TRY_KIND + control->number;
    if (kind <= CONTROL_CLOSER) { /* one source port after the other for each witness */
        control->try = TRY_CONTROL + controls->witnesses[subject].asked++;
        control->turn = controls->witnesses[subject].turn;
    }
    return control;
}

/* Numbers in the queue run without a gap. */
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

static void count_companion(struct controls *controls, const struct control *control)
{
    if (control->kind != CONTROL_COMPANION)
        return;
    bool lost = control->fate == CONTROL_LOST;
    controls->loss[control->answer].samples++;
    controls->loss[control->answer].lost += lost;
    controls->batch[control->answer].samples++;
    controls->batch[control->answer].lost += lost;
}

bool controls_return(struct controls *controls, struct control *control)
{
    if (control->fate != CONTROL_PENDING)
        return false;
    control->fate = CONTROL_RETURNED;
    count_companion(controls, control);
    if (control->kind <= CONTROL_CLOSER && control->sent_at > controls->returned_sent_at)
        controls->returned_sent_at = control->sent_at;
    return true;
}

bool controls_return_late(struct controls *controls, struct control *control)
{
    bool token = control->kind == CONTROL_TOKEN;
    if (control->fate != CONTROL_LOST || (!token && control->kind != CONTROL_COMPANION))
        return false;
    struct witness *witness = token ? NULL : &controls->witnesses[control->subject];
    if (witness && witness->kind != control->answer)
        return false;
    control->fate = CONTROL_RETURNED;
    if (!witness)
        return true;
    witness->streak = 0;
    controls->loss[control->answer].lost--;
    controls->batch[control->answer].lost--;
    if (control->sent_at > controls->returned_sent_at)
        controls->returned_sent_at = control->sent_at;
    return true;
}

void controls_forget(struct controls *controls, uint32_t number)
{
    if (controls->count == 0)
        return;
    uint32_t distance = number - at(controls, 0)->number;
    if (distance >= controls->count)
        return;
    struct control *control = at(controls, distance);
    control->fate = CONTROL_RETURNED;
    if (control->kind == CONTROL_TOKEN && controls->sources[control->subject].asks > 0)
        controls->sources[control->subject].asks--;
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
        count_companion(controls, control);
        return control;
    }
    drop_settled(controls, now);
    return NULL;
}

void controls_disregard_batch(struct controls *controls)
{
    for (size_t i = 0; i < WITNESS_KINDS; i++) {
        controls->loss[i].samples -= controls->batch[i].samples;
        controls->loss[i].lost -= controls->batch[i].lost;
    }
}

void controls_begin_batch(struct controls *controls)
{
    memset(controls->batch, 0, sizeof controls->batch);
    for (size_t i = 0; i < controls->source_count; i++)
        controls->sources[i].asks = controls->sources[i].grants = 0;
}
