#include "scanner/engine/address_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash(const struct addr *addr)
{
    uint64_t words[2];
    memcpy(words, addr->bytes, sizeof words);
    uint64_t h = (words[0] ^ (words[1] * UINT64_C(0x9e3779b97f4a7c15)) ^ addr->family) *
                 UINT64_C(0xd6e8feb86659fd93);
    h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 32;
}

static bool same(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0 &&
           (a->scope == b->scope || !a->scope || !b->scope);
}

/* Where the address of this HASH is, or would be. */
static struct address_place *place_of(const struct address_table *table,
                                      const struct addr *addr, uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    for (size_t at = hash & table->mask;; at = (at + 1) & table->mask) {
        struct address_place *place = &table->places[at];
        if (place->number == 0 ||
            (place->tag == tag && same(&table->targets[place->number - 1].address, addr)))
            return place;
    }
}

int address_table_init(struct address_table *table, const struct target *targets, size_t count)
{
    size_t size = 16;
    while (size < count * 2)
        size *= 2;
    *table = (struct address_table){.targets = targets, .mask = size - 1};
    table->places = calloc(size, sizeof *table->places);
    if (!table->places)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        uint64_t h = hash(&targets[i].address);
        struct address_place *place = place_of(table, &targets[i].address, h);
        if (place->number == 0)
            *place = (struct address_place){(uint32_t)(h >> 32), (uint32_t)i + 1};
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
    return (int64_t)place_of(table, addr, hash(addr))->number - 1;
}
