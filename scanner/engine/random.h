/* Seeded numbers for what need not be secret: order and spacing. SplitMix64 (Steele, Lea
 * and Flood, "Fast splittable pseudorandom number generators", 2014). */
#ifndef SCANNER_RANDOM_H
#define SCANNER_RANDOM_H

#include <stdint.h>

static inline uint32_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(z >> 32);
}

#endif
