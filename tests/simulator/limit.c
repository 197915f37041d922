#include "tests/simulator/limit.h"

static double spent_at(const struct sim_bucket *bucket, const struct sim_limit *limit,
                       nsec_t now)
{
    double back = (double)(now - bucket->at) / (double)NSEC_PER_SEC * limit->per_second;
    return bucket->spent > back ? bucket->spent - back : 0;
}

bool sim_bucket_has(const struct sim_bucket *bucket, const struct sim_limit *limit, nsec_t now)
{
    return limit->burst == 0 || spent_at(bucket, limit, now) + 1 <= limit->burst;
}

bool sim_bucket_take(struct sim_bucket *bucket, const struct sim_limit *limit, nsec_t now)
{
    if (!sim_bucket_has(bucket, limit, now))
        return false;
    bucket->spent = spent_at(bucket, limit, now) + 1;
    bucket->at = now;
    return true;
}
