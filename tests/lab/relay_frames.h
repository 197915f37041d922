/* Frames on their way: a pool of buffers and a heap that gives them back in the order in
 * which they are due. It knows no sockets and no clocks. */
#ifndef TESTS_LAB_RELAY_FRAMES_H
#define TESTS_LAB_RELAY_FRAMES_H

#include <stdint.h>

enum { FRAME_SIZE = 2048 };

struct frame {
    uint8_t *bytes; /* FRAME_SIZE of them */
    uint32_t length;
};

struct frames; /* opaque */

struct frames *frames_new(uint32_t capacity); /* NULL: no memory */
void frames_free(struct frames *frames);

/* A buffer from the pool, NULL when all are on their way. */
uint8_t *frames_take_buffer(struct frames *frames);
void frames_return_buffer(struct frames *frames, uint8_t *bytes);

/* FRAME, in a buffer of the pool, is due at LEAVE_NS. */
void frames_put(struct frames *frames, struct frame frame, int64_t leave_ns);

/* When the first is due; INT64_MAX: none is there. */
int64_t frames_first_due(const struct frames *frames);

/* The first one, which must be there; the caller gives its buffer back. */
struct frame frames_take_first(struct frames *frames);

#endif
