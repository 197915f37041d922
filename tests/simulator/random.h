/* Numbers that look random and are the same for the same seed (SplitMix64: Steele, Lea and
 * Flood, 2014). Not for secrets. */
#ifndef SIMULATOR_RANDOM_H
#define SIMULATOR_RANDOM_H

#include "scanner/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
    uint64_t state;
};

/* A generator of its own for each PURPOSE, so that one use does not disturb another. */
struct sim_random sim_random_make(uint64_t seed, uint64_t purpose);

uint64_t sim_random_next(struct sim_random *random);
double sim_random_unit(struct sim_random *random);                    /* [0, 1) */
uint64_t sim_random_below(struct sim_random *random, uint64_t limit); /* [0, LIMIT) */
bool sim_random_chance(struct sim_random *random, double chance);
nsec_t sim_random_exponential(struct sim_random *random, double mean); /* at least 1 */

#endif
