#include "scanner/engine/permutation.h"

#include "scanner/engine/random.h"

#include <assert.h>

void permutation_init(struct permutation *permutation, uint32_t count, uint64_t seed)
{
    uint8_t half_bits = 1;
    while ((UINT64_C(1) << (2 * half_bits)) < count)
        half_bits++;
    permutation->count = count;
    permutation->half_bits = half_bits;
    permutation->half_mask = (UINT32_C(1) << half_bits) - 1;
    for (unsigned i = 0; i < 4; i++)
        permutation->keys[i] = random_next(&seed);
}

static uint32_t scramble(uint32_t value, uint32_t key)
{
    uint32_t x = (value ^ key) * UINT32_C(0x9e3779b1);
    x ^= x >> 15;
    x *= UINT32_C(0x85ebca6b);
    return x ^ (x >> 13);
}

uint32_t permutation_at(const struct permutation *permutation, uint32_t position)
{
    assert(position < permutation->count);
    uint32_t mask = permutation->half_mask;
    do {
        uint32_t left = position >> permutation->half_bits, right = position & mask;
        for (unsigned i = 0; i < 4; i++) {
            uint32_t next = left ^ (scramble(right, permutation->keys[i]) & mask);
            left = right;
            right = next;
        }
        position = (left << permutation->half_bits) | right;
    } while (position >= permutation->count);
    return position;
}
