#include "scanner/engine/loss.h"

#include <math.h>

/* log of the binomial coefficient (n over k) */
static double log_choose(double n, double k)
{
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

/* P(X <= lost) for X ~ Binomial(samples, p). Summed downwards from the largest term, which
 * is the last one where the bound is sought (p above lost / samples). */
static double binomial_at_most(const struct loss *loss, double log_coefficient, double p)
{
    double n = loss->samples, k = loss->lost;
    double term = exp(log_coefficient + k * log(p) + (n - k) * log1p(-p)), sum = term;
    for (; k > 0 && term > sum * 1e-12; k--) {
        term *= k / (n - k + 1) * (1 - p) / p;
        sum += term;
    }
    return sum;
}

double loss_upper(const struct loss *loss)
{
    return loss_upper_at(loss, LOSS_CONFIDENCE);
}

double loss_upper_at(const struct loss *loss, double confidence)
{
    if (loss->samples == 0 || loss->lost >= loss->samples)
        return 1;
    if (loss->lost == 0)
        return -expm1(log1p(-confidence) / loss->samples);
    double log_coefficient = log_choose(loss->samples, loss->lost);
    double low = (double)loss->lost / loss->samples, high = 1;
    for (int i = 0; i < 50 && high - low > 1e-9; i++) {
        double middle = (low + high) / 2;
        if (binomial_at_most(loss, log_coefficient, middle) > 1 - confidence)
            low = middle;
        else
            high = middle;
    }
    return high;
}

unsigned loss_tries_needed(double upper, double miss)
{
    if (upper >= 1)
        return 0;
    double tries = ceil(log(miss) / log(upper) - 1e-9);
    return tries < LOSS_TRIES_LEAST ? LOSS_TRIES_LEAST : (unsigned)tries;
}
