#include "scanner/engine/address_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t hash(const struct addr *addr)
{
    uint64_t words[2];
    memcpy(words, addr->bytes, sizeof words);
    uint64_t h = (words[0] ^ (words[1] * UINT64_C(0x9e3779b97f4a7c15)) ^ addr->family) *
                 UINT64_C(0xd6e8feb86659fd93);
    h ^= h >> 32;
    return (size_t)(h * UINT64_C(0xd6e8feb86659fd93) >> 16);
}

static bool same(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0 &&
           (a->scope == b->scope || !a->scope || !b->scope);
}

/* Where ADDR is, or would be. */
static size_t place_of(const struct address_table *table, const struct addr *addr)
{
    size_t place = hash(addr) & table->mask;
    while (table->places[place].address.family != ADDR_NONE &&
           !same(&table->places[place].address, addr))
        place = (place + 1) & table->mask;
    return place;
}

int address_table_init(struct address_table *table, const struct target *targets, size_t count)
{
    size_t size = 16;
    while (size < count * 2)
        size *= 2;
    *table = (struct address_table){.mask = size - 1};
    table->places = calloc(size, sizeof *table->places);
    if (!table->places)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct address_place *place = &table->places[place_of(table, &targets[i].address)];
        if (place->address.family == ADDR_NONE)
            *place = (struct address_place){targets[i].address, (uint32_t)i};
    }
    return 0;
}

void address_table_free(struct address_table *table)
{
    free(table->places);
    *table = (struct address_table){0};
}

int64_t address_table_find(const struct address_table *table, const struct addr *addr)
{
    const struct address_place *place = &table->places[place_of(table, addr)];
    return place->address.family == ADDR_NONE ? -1 : (int64_t)place->target;
}
