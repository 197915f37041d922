#include "tests/simulator/half_open.h"

#include <errno.h>
#include <stdlib.h>

enum { ENTRIES = 16384 };

int sim_half_opens_init(struct sim_half_opens *table)
{
    table->entries = calloc(ENTRIES, sizeof(*table->entries));
    return table->entries == NULL ? -ENOMEM : 0;
}

void sim_half_opens_free(struct sim_half_opens *table)
{
    free(table->entries);
    table->entries = NULL;
}

static uint32_t place_of(const struct sim_probe *probe)
{
    uint64_t hash = (uint64_t)probe->source_port << 16 | probe->port;
    for (size_t i = 0; i < addr_length(&probe->target); i++)
        hash = (hash ^ probe->target.bytes[i]) * UINT64_C(0x100000001b3);
    return (uint32_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 50) % ENTRIES;
}

struct sim_half_open *sim_half_opens_find(const struct sim_half_opens *table,
                                          const struct sim_probe *probe)
{
    struct sim_half_open *entry = &table->entries[place_of(probe)];
    bool same = entry->used && entry->prober_port == probe->source_port &&
                entry->port == probe->port && addr_equal(&entry->host, &probe->target) &&
                addr_equal(&entry->prober, &probe->source);
    return same ? entry : NULL;
}

uint32_t sim_half_opens_begin(struct sim_half_opens *table, const struct sim_probe *probe,
                              uint32_t sequence)
{
    uint32_t place = place_of(probe);
    struct sim_half_open *entry = &table->entries[place];
    *entry = (struct sim_half_open){
        .used = true,
        .prober = probe->source,
        .host = probe->target,
        .prober_port = probe->source_port,
        .port = probe->port,
        .prober_sequence = probe->sequence,
        .sequence = sequence,
        .generation = entry->generation + 1,
    };
    return place;
}
