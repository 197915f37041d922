#include "scanner/engine/permutation.h"

#include "scanner/engine/random.h"

#include <assert.h>

void permutation_init(struct permutation *permutation, uint32_t count, uint64_t seed)
{
    uint8_t bits = 2; /* one for each half at least */
    while ((UINT64_C(1) << bits) < count)
        bits++;
    uint8_t right_bits = bits / 2, left_bits = bits - right_bits;
    permutation->count = count;
    permutation->right_bits = right_bits;
    permutation->left_mask = (UINT32_C(1) << left_bits) - 1;
    permutation->right_mask = (UINT32_C(1) << right_bits) - 1;
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
    const struct permutation p = *permutation;
    do {
        uint32_t left = position >> p.right_bits, right = position & p.right_mask;
        for (unsigned i = 0; i < 4; i += 2) {
            left ^= scramble(right, p.keys[i]) & p.left_mask;
            right ^= scramble(left, p.keys[i + 1]) & p.right_mask;
        }
        position = left << p.right_bits | right;
    } while (position >= p.count);
    return position;
}
