/* Room for packets in flight: slots of two sizes that are used again and again, so that a
 * run allocates only while more packets are under way than ever before. */
#ifndef SIMULATOR_POOL_H
#define SIMULATOR_POOL_H

#include <stddef.h>
#include <stdint.h>

enum { SIM_SLOT_NONE = UINT32_MAX };

struct sim_shelf {
    uint8_t **blocks; /* owned, each owned */
    size_t block_count;
    uint32_t *free; /* owned; slots that are not in use */
    size_t free_count;
};

struct sim_pool {
    struct sim_shelf shelves[2]; /* small packets and large ones */
};

void sim_pool_free(struct sim_pool *pool);

/* A slot for LENGTH bytes (at most SIM_PACKET_MAX), or SIM_SLOT_NONE: no memory. */
uint32_t sim_pool_take(struct sim_pool *pool, size_t length);
void sim_pool_give(struct sim_pool *pool, uint32_t slot);

/* The slot's bytes, until it is given back. */
uint8_t *sim_pool_bytes(const struct sim_pool *pool, uint32_t slot);

#endif
