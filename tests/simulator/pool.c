#include "tests/simulator/pool.h"

#include "tests/simulator/simulator.h"

#include <stdlib.h>

enum {
    SLOTS_PER_BLOCK = 1024,
    LARGE = 1, /* lowest bit of a slot: which shelf it lies on */
};

static const size_t slot_sizes[2] = {192, SIM_PACKET_MAX};

void sim_pool_free(struct sim_pool *pool)
{
    for (size_t i = 0; i < 2; i++) {
        struct sim_shelf *shelf = &pool->shelves[i];
        for (size_t block = 0; block < shelf->block_count; block++)
            free(shelf->blocks[block]);
        free(shelf->blocks);
        free(shelf->free);
    }
    *pool = (struct sim_pool){0};
}

static int grow(struct sim_shelf *shelf, uint32_t size_bit)
{
    size_t count = shelf->block_count;
    uint8_t **blocks = realloc(shelf->blocks, (count + 1) * sizeof(*blocks));
    if (blocks == NULL)
        return -1;
    shelf->blocks = blocks;
    uint32_t *slots = realloc(shelf->free, (count + 1) * SLOTS_PER_BLOCK * sizeof(*slots));
    if (slots == NULL)
        return -1;
    shelf->free = slots;
    blocks[count] = malloc(SLOTS_PER_BLOCK * slot_sizes[size_bit]);
    if (blocks[count] == NULL)
        return -1;
    shelf->block_count++;
    for (size_t i = 0; i < SLOTS_PER_BLOCK; i++)
        slots[shelf->free_count++] = (uint32_t)(count * SLOTS_PER_BLOCK + i) << 1 | size_bit;
    return 0;
}

uint32_t sim_pool_take(struct sim_pool *pool, size_t length)
{
    uint32_t size_bit = length > slot_sizes[0] ? LARGE : 0;
    struct sim_shelf *shelf = &pool->shelves[size_bit];
    if (shelf->free_count == 0 && grow(shelf, size_bit) < 0)
        return SIM_SLOT_NONE;
    return shelf->free[--shelf->free_count];
}

void sim_pool_give(struct sim_pool *pool, uint32_t slot)
{
    struct sim_shelf *shelf = &pool->shelves[slot & LARGE];
    shelf->free[shelf->free_count++] = slot;
}

uint8_t *sim_pool_bytes(const struct sim_pool *pool, uint32_t slot)
{
    uint32_t index = slot >> 1;
    return pool->shelves[slot & LARGE].blocks[index / SLOTS_PER_BLOCK] +
           index % SLOTS_PER_BLOCK * slot_sizes[slot & LARGE];
}
