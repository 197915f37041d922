#include "tests/lab/relay_frames.h"

#include <stdbool.h>
#include <stdlib.h>

struct entry {
    int64_t leave_ns;
    uint64_t order; /* frames that are due at the same time keep their order */
    struct frame frame;
};

struct frames {
    uint8_t *memory;
    uint8_t **spare; /* a stack, so that the buffer used last is the one in the cache */
    struct entry *heap;
    uint32_t spare_count, count;
    uint64_t next_order;
};

struct frames *frames_new(uint32_t capacity)
{
    struct frames *frames = calloc(1, sizeof *frames);
    if (!frames)
        return NULL;
    frames->memory = malloc((size_t)capacity * FRAME_SIZE);
    frames->spare = calloc(capacity, sizeof *frames->spare);
    frames->heap = calloc(capacity, sizeof *frames->heap);
    if (!frames->memory || !frames->spare || !frames->heap) {
        frames_free(frames);
        return NULL;
    }
    for (uint32_t i = capacity; i > 0; i--)
        frames->spare[frames->spare_count++] = frames->memory + (size_t)(i - 1) * FRAME_SIZE;
    return frames;
}

void frames_free(struct frames *frames)
{
    if (!frames)
        return;
    free(frames->memory);
    free(frames->spare);
    free(frames->heap);
    free(frames);
}

uint8_t *frames_take_buffer(struct frames *frames)
{
    return frames->spare_count > 0 ? frames->spare[--frames->spare_count] : NULL;
}

void frames_return_buffer(struct frames *frames, uint8_t *bytes)
{
    frames->spare[frames->spare_count++] = bytes;
}

static bool earlier(const struct entry *a, const struct entry *b)
{
    return a->leave_ns != b->leave_ns ? a->leave_ns < b->leave_ns : a->order < b->order;
}

void frames_put(struct frames *frames, struct frame frame, int64_t leave_ns)
{
    const struct entry added = {
        .leave_ns = leave_ns, .order = frames->next_order++, .frame = frame};
    uint32_t at = frames->count++;
    while (at > 0 && earlier(&added, &frames->heap[(at - 1) / 2])) {
        frames->heap[at] = frames->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    frames->heap[at] = added;
}

int64_t frames_first_due(const struct frames *frames)
{
    return frames->count > 0 ? frames->heap[0].leave_ns : INT64_MAX;
}

struct frame frames_take_first(struct frames *frames)
{
    const struct frame first = frames->heap[0].frame;
    const struct entry moved = frames->heap[--frames->count];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= frames->count)
            break;
        if (child + 1 < frames->count &&
            earlier(&frames->heap[child + 1], &frames->heap[child]))
            child++;
        if (!earlier(&frames->heap[child], &moved))
            break;
        frames->heap[at] = frames->heap[child];
        at = child;
    }
    frames->heap[at] = moved;
    return first;
}
