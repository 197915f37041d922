/* From an address to the number of its target, by open addressing. The addresses lie in the
 * table itself, so that a look-up touches one line of memory. */
#ifndef SCANNER_ADDRESS_TABLE_H
#define SCANNER_ADDRESS_TABLE_H

#include "probes/target.h"

struct address_place {
    struct addr address; /* ADDR_NONE: free */
    uint32_t target;
};

struct address_table {
    struct address_place *places;
    size_t mask;
};

/* 0 or -ENOMEM. Of targets with the same address the first is found. */
int address_table_init(struct address_table *table, const struct target *targets, size_t count)
    __attribute__((warn_unused_result));
void address_table_free(struct address_table *table);

/* -1: no target has this address. Scopes are compared only where both are set, because a
 * captured packet does not carry one. */
int64_t address_table_find(const struct address_table *table, const struct addr *addr);

#endif
