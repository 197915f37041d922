/* From an address to the number of its target, by open addressing. A place is small, so that
 * the table of a fleet stays in the processor's cache, and knows enough of its address that as
 * a rule no other one is looked at. */
#ifndef SCANNER_ADDRESS_TABLE_H
#define SCANNER_ADDRESS_TABLE_H

#include "probes/target.h"

struct address_place {
    uint32_t tag;    /* of the address's hash */
    uint32_t number; /* of the target, from 1; 0: free */
};

struct address_table {
    const struct target *targets; /* borrowed */
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
