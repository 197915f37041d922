/* A seeded order of 0 to COUNT-1 in which nothing is stored: position in, index out.
 *
 * A Feistel network of four rounds over as many bits as COUNT has, walked until the result
 * lies in range (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002). */
#ifndef SCANNER_PERMUTATION_H
#define SCANNER_PERMUTATION_H

#include <stdint.h>

struct permutation {
    uint32_t count;
    uint32_t left_mask, right_mask; /* of the bits of either half, once at the right end */
    uint8_t right_bits;
    uint32_t keys[4];
};

/* COUNT up to 2^31. The same seed gives the same order. */
void permutation_init(struct permutation *permutation, uint32_t count, uint64_t seed);

/* POSITION and the result are below COUNT; each result comes once. */
uint32_t permutation_at(const struct permutation *permutation, uint32_t position);

#endif
