#include "tests/lab/relay_path.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define NSEC_PER_MSEC 1e6
#define NSEC_PER_SEC  1e9

static const struct {
    const char *name;
    size_t offset;
} keys[] = {
    {"delay_ms", offsetof(struct path_options, delay_ms)},
    {"jitter_ms", offsetof(struct path_options, jitter_ms)},
    {"loss", offsetof(struct path_options, loss)},
    {"burst_every_ms", offsetof(struct path_options, burst_every_ms)},
    {"burst_ms", offsetof(struct path_options, burst_ms)},
    {"duplicate", offsetof(struct path_options, duplicate)},
    {"reorder", offsetof(struct path_options, reorder)},
    {"reorder_ms", offsetof(struct path_options, reorder_ms)},
    {"rate", offsetof(struct path_options, rate)},
    {"queue", offsetof(struct path_options, queue)},
};

static double *option(struct path_options *options, const char *name)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i].name, name) == 0)
            return (double *)(void *)((char *)options + keys[i].offset);
    }
    return NULL;
}

static int read_pair(struct path_options *options, char *pair)
{
    char *value = strchr(pair, '=');
    if (!value)
        return -1;
    *value++ = '\0';
    double *field = option(options, pair);
    if (!field)
        return -1;
    char *end;
    *field = strtod(value, &end);
    return end == value || *end || *field < 0 ? -1 : 0;
}

int path_init(struct path *path, char *text, uint64_t seed)
{
    *path = (struct path){.random_state = seed};
    char *rest = text;
    for (char *pair; (pair = strsep(&rest, ","));) {
        if (*pair && read_pair(&path->options, pair) < 0)
            return -1;
    }
    return 0;
}

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators). */
static uint64_t random_bits(struct path *path)
{
    uint64_t bits = path->random_state += UINT64_C(0x9e3779b97f4a7c15);
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bits ^ (bits >> 31);
}

/* From 0 up to, not including, 1. */
static double random_share(struct path *path)
{
    return (double)(random_bits(path) >> 11) * 0x1p-53;
}

static bool chance(struct path *path, double share)
{
    return share > 0 && random_share(path) < share;
}

static int64_t random_span_ns(struct path *path, double mean_ms)
{
    return (int64_t)(-log(1 - random_share(path)) * mean_ms * NSEC_PER_MSEC) + 1;
}

static bool lost_in_burst(struct path *path, int64_t now_ns)
{
    const struct path_options *options = &path->options;
    if (options->burst_ms <= 0)
        return false;
    if (path->burst_changes_ns == 0)
        path->burst_changes_ns = now_ns + random_span_ns(path, options->burst_every_ms);
    while (path->burst_changes_ns <= now_ns) {
        path->in_burst = !path->in_burst;
        path->burst_changes_ns +=
            random_span_ns(path, path->in_burst ? options->burst_ms : options->burst_every_ms);
    }
    return path->in_burst;
}

/* False: the queue before the bottleneck is full. Else *AT_NS is when the packet is through. */
static bool pass_bottleneck(struct path *path, int64_t *at_ns)
{
    const struct path_options *options = &path->options;
    if (options->rate <= 0)
        return true;
    const double packet_ns = NSEC_PER_SEC / options->rate;
    const int64_t start_ns =
        path->bottleneck_free_ns > *at_ns ? path->bottleneck_free_ns : *at_ns;
    if ((double)(start_ns - *at_ns) > options->queue * packet_ns)
        return false;
    path->bottleneck_free_ns = start_ns + (int64_t)packet_ns;
    *at_ns = path->bottleneck_free_ns;
    return true;
}

static int64_t delayed(struct path *path, int64_t at_ns)
{
    const struct path_options *options = &path->options;
    double delay_ms = options->delay_ms;
    if (options->jitter_ms > 0)
        delay_ms += (2 * random_share(path) - 1) * options->jitter_ms;
    if (chance(path, options->reorder))
        delay_ms += options->reorder_ms;
    return at_ns + (delay_ms > 0 ? (int64_t)(delay_ms * NSEC_PER_MSEC) : 0);
}

unsigned path_carry(struct path *path, int64_t now_ns, int64_t leave_ns[static 2])
{
    path->counters.received++;
    int64_t at_ns = now_ns;
    if (!pass_bottleneck(path, &at_ns)) {
        path->counters.queue_full++;
        return 0;
    }
    if (lost_in_burst(path, now_ns) || chance(path, path->options.loss)) {
        path->counters.lost++;
        return 0;
    }
    leave_ns[0] = delayed(path, at_ns);
    if (!chance(path, path->options.duplicate))
        return 1;
    path->counters.duplicated++;
    leave_ns[1] = delayed(path, at_ns);
    return 2;
}
