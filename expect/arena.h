/* Memory that is freed all at once: what a policy is made of.
 *
 * A failed allocation is remembered, so that a builder of many small things may check
 * once. It knows nothing of what it holds and calls no destructors. */
#ifndef EXPECT_ARENA_H
#define EXPECT_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

/* A zeroed struct is an empty arena. */
struct arena {
    struct arena_chunk *chunks;
    bool failed; /* an allocation failed */
};

/* SIZE zeroed bytes, aligned for any type; NULL: no memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* COUNT zeroed items; NULL: no memory, or too many. */
void *arena_array(struct arena *arena, size_t count, size_t item_size);

/* A terminated copy of LENGTH bytes; NULL: no memory. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);

/* Formatted text; NULL: no memory. */
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void arena_free(struct arena *arena); /* leaves an empty arena */

#endif
