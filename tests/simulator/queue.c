#include "tests/simulator/queue.h"

#include <errno.h>
#include <stdlib.h>

void sim_queue_free(struct sim_queue *queue)
{
    free(queue->heap);
    *queue = (struct sim_queue){0};
}

static bool earlier(const struct sim_event *a, const struct sim_event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

int sim_queue_push(struct sim_queue *queue, struct sim_event event)
{
    if (queue->count == queue->capacity) {
        size_t capacity = queue->capacity == 0 ? 256 : 2 * queue->capacity;
        struct sim_event *heap = realloc(queue->heap, capacity * sizeof(*heap));
        if (heap == NULL)
            return -ENOMEM;
        queue->heap = heap;
        queue->capacity = capacity;
    }
    event.order = queue->pushed++;
    size_t hole = queue->count++;
    while (hole > 0 && earlier(&event, &queue->heap[(hole - 1) / 2])) {
        queue->heap[hole] = queue->heap[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    queue->heap[hole] = event;
    return 0;
}

nsec_t sim_queue_next(const struct sim_queue *queue)
{
    return queue->count == 0 ? NSEC_NEVER : queue->heap[0].at;
}

struct sim_event sim_queue_pop(struct sim_queue *queue)
{
    struct sim_event top = queue->heap[0];
    struct sim_event last = queue->heap[--queue->count];
    size_t hole = 0;
    for (;;) {
        size_t child = 2 * hole + 1;
        if (child >= queue->count)
            break;
        if (child + 1 < queue->count && earlier(&queue->heap[child + 1], &queue->heap[child]))
            child++;
        if (!earlier(&queue->heap[child], &last))
            break;
        queue->heap[hole] = queue->heap[child];
        hole = child;
    }
    queue->heap[hole] = last;
    return top;
}
