#include "scanner/engine/recent_probes.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>

/* With so many places for each port, few probes of a pass overwrite another one of it. */
enum { PLACES_PER_PORT = 4, PLACES_LEAST = 256 };

int recent_probes_init(struct recent_probes *recent, uint64_t ports)
{
    uint32_t count = PLACES_LEAST;
    while (count < RECENT_PROBES_MOST && count / PLACES_PER_PORT < ports)
        count *= 2;
    recent->mask = count - 1;
    recent->places = calloc(count, sizeof *recent->places);
    return recent->places ? 0 : -ENOMEM;
}

void recent_probes_free(struct recent_probes *recent)
{
    free(recent->places);
    *recent = (struct recent_probes){0};
}

/* Sequence numbers come from a keyed hash: any of their bits are as good as others. */
static struct recent_probe *place_of(const struct recent_probes *recent, uint32_t sequence)
{
    return &recent->places[sequence & recent->mask];
}

void recent_probes_note(struct recent_probes *recent, const uint8_t *packet,
                        struct recent_probe probe)
{
    enum { IPV4_HEADER = 20, IPV6_HEADER = 40, SEQUENCE = 4 }; /* ours have no options */
    bool ipv6 = packet[0] >> 4 == 6;
    if (packet[ipv6 ? 6 : 9] != IPPROTO_TCP)
        return;
    const uint8_t *at = packet + (ipv6 ? IPV6_HEADER : IPV4_HEADER) + SEQUENCE;
    uint32_t sequence =
        (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    *place_of(recent, sequence) = probe;
}

struct recent_probe recent_probes_find(const struct recent_probes *recent, uint32_t sequence)
{
    return *place_of(recent, sequence);
}
