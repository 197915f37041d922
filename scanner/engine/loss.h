/* How likely a probe or its answer gets lost, and how many tries prove a silence.
 *
 * Counts are of probes to ports that are known to answer. The bound is the exact one of
 * Clopper and Pearson (1934), so that few samples cost tries instead of truth. */
#ifndef SCANNER_LOSS_H
#define SCANNER_LOSS_H

#include <stdint.h>

struct loss {
    uint32_t samples, lost;
};

/* One-sided confidence of loss_upper(). */
#define LOSS_CONFIDENCE 0.99

/* Upper confidence bound of the round-trip loss: 1 without samples. */
double loss_upper(const struct loss *loss);

/* The same with another CONFIDENCE, 0 to 1. */
double loss_upper_at(const struct loss *loss, double confidence);

/* The smallest k with upper^k <= miss, at least LOSS_TRIES_LEAST; 0: no number of tries
 * will do (the bound is 1). */
unsigned loss_tries_needed(double upper, double miss);

/* Fewer tries than this are not spread enough to outlive a short burst. */
enum { LOSS_TRIES_LEAST = 3 };

#endif
