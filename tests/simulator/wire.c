#include "tests/simulator/wire.h"

void sim_channel_init(struct sim_channel *channel, const struct sim_way *way, uint64_t seed)
{
    *channel = (struct sim_channel){.way = way, .random = {seed}, .burst_flips = NSEC_NEVER};
    if (way->burst_mean > 0)
        channel->burst_flips =
            SIM_START + sim_random_exponential(&channel->random, (double)way->gap_mean);
}

static bool in_burst(struct sim_channel *channel, nsec_t at)
{
    while (channel->burst_flips <= at) {
        channel->in_burst = !channel->in_burst;
        nsec_t mean = channel->in_burst ? channel->way->burst_mean : channel->way->gap_mean;
        channel->burst_flips += sim_random_exponential(&channel->random, (double)mean);
    }
    return channel->in_burst;
}

static bool is_lost(struct sim_channel *channel, nsec_t at)
{
    bool burst = in_burst(channel, at);
    return sim_random_chance(&channel->random, channel->way->loss) ||
           (burst && sim_random_chance(&channel->random, channel->way->burst_loss));
}

/* When the bottleneck has sent the packet; -1: its queue is full. */
static nsec_t pass_bottleneck(struct sim_channel *channel, nsec_t at)
{
    const struct sim_way *way = channel->way;
    if (way->rate <= 0)
        return at;
    nsec_t each = (nsec_t)((double)NSEC_PER_SEC / way->rate);
    nsec_t start = channel->line_free > at ? channel->line_free : at;
    if (start - at > each * (nsec_t)way->queue)
        return -1;
    channel->line_free = start + each;
    return channel->line_free;
}

static nsec_t travel(struct sim_channel *channel)
{
    const struct sim_way *way = channel->way;
    nsec_t time = way->delay;
    if (way->jitter > 0)
        time += (nsec_t)sim_random_below(&channel->random, (uint64_t)way->jitter + 1);
    if (sim_random_chance(&channel->random, way->reorder))
        time += way->reorder_delay;
    return time;
}

enum sim_fate sim_channel_carry(struct sim_channel *channel, nsec_t at, nsec_t extra_delay,
                                nsec_t arrivals[static 2])
{
    if (at < channel->last)
        at = channel->last;
    channel->last = at;
    if (is_lost(channel, at))
        return SIM_LOST;
    nsec_t leaves = pass_bottleneck(channel, at);
    if (leaves < 0)
        return SIM_OVERFLOWED;
    arrivals[0] = leaves + extra_delay + travel(channel);
    if (!sim_random_chance(&channel->random, channel->way->duplicate))
        return SIM_CARRIED;
    arrivals[1] = leaves + extra_delay + travel(channel);
    return SIM_DUPLICATED;
}
