/* Token buckets: the limits that stacks put on RSTs and ICMP errors. */
#ifndef SIMULATOR_LIMIT_H
#define SIMULATOR_LIMIT_H

#include "tests/simulator/simulator.h"

struct sim_bucket {
    double spent; /* tokens that are missing from a full bucket; zeroed: it is full */
    nsec_t at;    /* when that was so */
};

/* Whether a token is there at NOW; sim_bucket_take() also takes it. */
bool sim_bucket_has(const struct sim_bucket *bucket, const struct sim_limit *limit, nsec_t now);
bool sim_bucket_take(struct sim_bucket *bucket, const struct sim_limit *limit, nsec_t now);

#endif
