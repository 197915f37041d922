#include "scanner/engine/port_index.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int port_index_init(struct port_index *index, const struct portset *set)
{
    *index = (struct port_index){.set = set};
    if (!set || set->count == 0)
        return 0;
    index->before = calloc(set->count, sizeof *index->before);
    if (!index->before)
        return -ENOMEM;
    for (size_t i = 0; i < set->count; i++) {
        index->before[i] = index->count;
        index->count += (uint32_t)(set->ranges[i].last - set->ranges[i].first) + 1;
    }
    return 0;
}

void port_index_free(struct port_index *index)
{
    free(index->before);
    *index = (struct port_index){0};
}

uint16_t port_index_port(const struct port_index *index, uint32_t rank)
{
    assert(rank < index->count);
    size_t low = 0, high = index->set->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (index->before[middle] <= rank)
            low = middle;
        else
            high = middle;
    }
    return (uint16_t)(index->set->ranges[low].first + (rank - index->before[low]));
}

int32_t port_index_rank(const struct port_index *index, uint16_t port)
{
    size_t low = 0, high = index->count ? index->set->count : 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct port_range *range = &index->set->ranges[middle];
        if (port < range->first)
            high = middle;
        else if (port > range->last)
            low = middle + 1;
        else
            return (int32_t)(index->before[middle] + port - range->first);
    }
    return -1;
}
