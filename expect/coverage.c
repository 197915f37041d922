#include "expect/coverage.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One mention of a host in a block. */
struct mention {
    const struct host_spec *spec;
    const struct block *block;
    size_t order;
};

struct sweep {
    struct arena *arena;
    struct complaints *complaints;
    struct mention *mentions;
    size_t count;
    const struct mention *active[COVERAGE_BLOCKS_MAX]; /* those that name the addresses of
                                                          the piece to come */
    size_t active_count;
    struct coverage *coverage;
    size_t capacity;
};

/* Names first, by letters; then addresses, by where they start. */
static int compare_mentions(const void *left, const void *right)
{
    const struct mention *a = left, *b = right;
    bool a_name = host_spec_is_name(a->spec), b_name = host_spec_is_name(b->spec);
    int order;
    if (a_name != b_name)
        return a_name ? -1 : 1;
    if (a_name)
        order = strcasecmp(a->spec->text, b->spec->text);
    else
        order = addr_compare(&a->spec->first, &b->spec->first);
    if (order == 0)
        order = (a->order > b->order) - (a->order < b->order);
    return order;
}

static bool collect_mentions(struct sweep *sweep, const struct policy *policy)
{
    for (const struct block *block = policy->blocks; block; block = block->next)
        sweep->count += block->host_count;
    sweep->mentions = arena_array(sweep->arena, sweep->count, sizeof *sweep->mentions);
    if (!sweep->mentions)
        return false;
    size_t i = 0;
    for (const struct block *block = policy->blocks; block; block = block->next) {
        for (size_t j = 0; j < block->host_count; j++, i++)
            sweep->mentions[i] = (struct mention){&block->hosts[j], block, i};
    }
    if (sweep->count)
        qsort(sweep->mentions, sweep->count, sizeof *sweep->mentions, compare_mentions);
    return true;
}

static int compare_blocks(const void *left, const void *right)
{
    const struct block *a = *(const struct block *const *)left;
    const struct block *b = *(const struct block *const *)right;
    return (a->index > b->index) - (a->index < b->index);
}

/* Each block of the active mentions once, in the order of the policy. */
static bool gather_blocks(struct sweep *sweep, struct coverage_piece *piece)
{
    piece->blocks = arena_array(sweep->arena, sweep->active_count, sizeof(struct block *));
    if (!piece->blocks)
        return false;
    for (size_t i = 0; i < sweep->active_count; i++)
        piece->blocks[i] = sweep->active[i]->block;
    qsort(piece->blocks, sweep->active_count, sizeof(struct block *), compare_blocks);
    size_t kept = 1;
    for (size_t i = 1; i < sweep->active_count; i++) {
        if (piece->blocks[i] != piece->blocks[kept - 1])
            piece->blocks[kept++] = piece->blocks[i];
    }
    piece->block_count = kept;
    return true;
}

static struct coverage_piece *make_room(struct sweep *sweep)
{
    struct coverage *coverage = sweep->coverage;
    if (coverage->count == sweep->capacity) {
        size_t wanted = sweep->capacity ? 2 * sweep->capacity : 16;
        struct coverage_piece *pieces = arena_array(sweep->arena, wanted, sizeof *pieces);
        if (!pieces)
            return NULL;
        if (coverage->count)
            memcpy(pieces, coverage->pieces, coverage->count * sizeof *pieces);
        coverage->pieces = pieces;
        sweep->capacity = wanted;
    }
    return &coverage->pieces[coverage->count];
}

/* Adds the piece FIRST to LAST, to which the active mentions apply. */
static bool add_piece(struct sweep *sweep, struct addr first, struct addr last)
{
    struct coverage_piece *piece = make_room(sweep);
    if (!piece)
        return false;
    assert(sweep->active_count > 0);
    const struct mention *earliest = sweep->active[0];
    for (size_t i = 1; i < sweep->active_count; i++) {
        if (sweep->active[i]->order < earliest->order)
            earliest = sweep->active[i];
    }
    *piece = (struct coverage_piece){
        .spec = earliest->spec, .order = earliest->order, .first = first, .last = last};
    if (!gather_blocks(sweep, piece))
        return false;
    sweep->coverage->count++;
    return true;
}

static bool activate(struct sweep *sweep, const struct mention *mention)
{
    if (sweep->active_count == COVERAGE_BLOCKS_MAX) {
        complain(sweep->complaints, mention->spec->place, "'%s' is named more than %d times",
                 mention->spec->text, COVERAGE_BLOCKS_MAX);
        return false;
    }
    sweep->active[sweep->active_count++] = mention;
    return true;
}

/* Returns the index of the first mention that is no name. */
static bool sweep_names(struct sweep *sweep, size_t *end)
{
    size_t i = 0;
    while (i < sweep->count && host_spec_is_name(sweep->mentions[i].spec)) {
        const char *name = sweep->mentions[i].spec->text;
        sweep->active_count = 0;
        for (; i < sweep->count && host_spec_is_name(sweep->mentions[i].spec) &&
               strcasecmp(sweep->mentions[i].spec->text, name) == 0;
             i++) {
            if (!activate(sweep, &sweep->mentions[i]))
                return false;
        }
        if (!add_piece(sweep, (struct addr){0}, (struct addr){0}))
            return false;
    }
    *end = i;
    return true;
}

static struct addr address_before(struct addr addr)
{
    for (size_t i = addr_length(&addr); i-- > 0;) {
        if (addr.bytes[i]-- != 0)
            break;
    }
    return addr;
}

static void retire(struct sweep *sweep, const struct addr *end)
{
    size_t kept = 0;
    for (size_t i = 0; i < sweep->active_count; i++) {
        if (addr_compare(&sweep->active[i]->spec->last, end) > 0)
            sweep->active[kept++] = sweep->active[i];
    }
    sweep->active_count = kept;
}

/* Where the piece that starts at START ends: at the end of an active mention, or before
 * NEXT starts. */
static struct addr piece_end(const struct sweep *sweep, const struct addr *start,
                             const struct mention *next)
{
    struct addr end = sweep->active[0]->spec->last;
    for (size_t i = 1; i < sweep->active_count; i++) {
        if (addr_compare(&sweep->active[i]->spec->last, &end) < 0)
            end = sweep->active[i]->spec->last;
    }
    if (next && addr_compare(&next->spec->first, &end) <= 0)
        end = address_before(next->spec->first);
    /* Zones of one link-local address count as neighbours of equal bytes. */
    return addr_compare(&end, start) < 0 ? *start : end;
}

static bool sweep_addresses(struct sweep *sweep, size_t i)
{
    sweep->active_count = 0;
    struct addr start = {0};
    while (i < sweep->count || sweep->active_count) {
        if (sweep->active_count == 0)
            start = sweep->mentions[i].spec->first;
        for (; i < sweep->count && addr_compare(&sweep->mentions[i].spec->first, &start) <= 0;
             i++) {
            if (!activate(sweep, &sweep->mentions[i]))
                return false;
        }
        const struct mention *next = i < sweep->count ? &sweep->mentions[i] : NULL;
        struct addr end = piece_end(sweep, &start, next);
        if (!add_piece(sweep, start, end))
            return false;
        retire(sweep, &end);
        start = end;
        if (!addr_next(&start))
            sweep->active_count = 0;
    }
    return true;
}

static int compare_pieces(const void *left, const void *right)
{
    const struct coverage_piece *a = left, *b = right;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return addr_compare(&a->first, &b->first);
}

static int compare_piece_blocks(const void *left, const void *right)
{
    const struct coverage_piece *a = *(struct coverage_piece *const *)left;
    const struct coverage_piece *b = *(struct coverage_piece *const *)right;
    if (a->block_count != b->block_count)
        return a->block_count < b->block_count ? -1 : 1;
    for (size_t i = 0; i < a->block_count; i++) {
        if (a->blocks[i]->index != b->blocks[i]->index)
            return a->blocks[i]->index < b->blocks[i]->index ? -1 : 1;
    }
    return 0;
}

static bool number_profiles(struct coverage *coverage, struct arena *arena)
{
    if (coverage->count == 0)
        return true;
    struct coverage_piece **sorted = arena_array(arena, coverage->count, sizeof *sorted);
    if (!sorted)
        return false;
    for (size_t i = 0; i < coverage->count; i++)
        sorted[i] = &coverage->pieces[i];
    qsort(sorted, coverage->count, sizeof *sorted, compare_piece_blocks);
    for (size_t i = 0; i < coverage->count; i++) {
        if (i > 0 && compare_piece_blocks(&sorted[i - 1], &sorted[i]) != 0)
            coverage->profile_count++;
        sorted[i]->profile = coverage->profile_count;
    }
    coverage->profile_count++;
    return true;
}

bool coverage_make(struct coverage *coverage, struct arena *arena, const struct policy *policy,
                   struct complaints *complaints)
{
    *coverage = (struct coverage){0};
    struct sweep sweep = {.arena = arena, .complaints = complaints, .coverage = coverage};
    size_t addresses = 0;
    bool done = collect_mentions(&sweep, policy) && sweep_names(&sweep, &addresses) &&
                sweep_addresses(&sweep, addresses);
    if (done && coverage->count)
        qsort(coverage->pieces, coverage->count, sizeof *coverage->pieces, compare_pieces);
    done = done && number_profiles(coverage, arena);
    if (arena->failed)
        complaints->out_of_memory = true;
    return done;
}
