/* Ports of a set by their rank and back, in logarithmic time: how the engine numbers the
 * ports of a host. Shared by all hosts with the same set. */
#ifndef SCANNER_PORT_INDEX_H
#define SCANNER_PORT_INDEX_H

#include "probes/portset.h"

struct port_index {
    const struct portset *set; /* borrowed */
    uint32_t *before;          /* ports in all ranges before this one; owned */
    uint32_t count;
};

/* 0 or -ENOMEM. SET may be NULL: no ports. */
int port_index_init(struct port_index *index, const struct portset *set)
    __attribute__((warn_unused_result));
void port_index_free(struct port_index *index);

/* RANK is below COUNT. */
uint16_t port_index_port(const struct port_index *index, uint32_t rank);
/* -1: not in the set. */
int32_t port_index_rank(const struct port_index *index, uint16_t port);

#endif
