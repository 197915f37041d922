#include "tests/simulator/random.h"

#include <math.h>

struct sim_random sim_random_make(uint64_t seed, uint64_t purpose)
{
    struct sim_random random = {seed};
    random.state = sim_random_next(&random) ^ purpose * UINT64_C(0xd1342543de82ef95);
    return random;
}

uint64_t sim_random_next(struct sim_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

double sim_random_unit(struct sim_random *random)
{
    return (double)(sim_random_next(random) >> 11) * 0x1p-53;
}

uint64_t sim_random_below(struct sim_random *random, uint64_t limit)
{
    return limit == 0 ? 0 : sim_random_next(random) % limit;
}

bool sim_random_chance(struct sim_random *random, double chance)
{
    return chance > 0 && sim_random_unit(random) < chance;
}

nsec_t sim_random_exponential(struct sim_random *random, double mean)
{
    return 1 + (nsec_t)(-log(1 - sim_random_unit(random)) * mean);
}
