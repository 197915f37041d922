/* How hosts are written: names, addresses, CIDR blocks and a-b ranges. It resolves
 * nothing; a name stays a name. */
#ifndef EXPECT_HOSTS_H
#define EXPECT_HOSTS_H

#include "expect/source.h"
#include "probes/probes.h"

#include <stdbool.h>

struct host_spec {
    const char *text; /* as written; owned by whoever parsed it into an arena */
    struct place place;
    struct addr first, last; /* ADDR_NONE: TEXT is a name */
};

/* Reads TEXT, which must live as long as *SPEC. False: it is neither a name, an address,
 * a block nor a range; an error is in COMPLAINTS. */
bool host_spec_parse(struct host_spec *spec, const char *text, struct place place,
                     struct complaints *complaints);

bool host_spec_is_name(const struct host_spec *spec);

/* True when both name a host in common. */
bool host_spec_overlaps(const struct host_spec *a, const struct host_spec *b);

/* True when SPEC names ADDRESS, or NAME (which may be NULL) as a name, letter case
 * aside. */
bool host_spec_covers(const struct host_spec *spec, const char *name,
                      const struct addr *address);

/* Is ADDRESS one of FIRST to LAST, both included? */
bool addr_is_between(const struct addr *address, const struct addr *first,
                     const struct addr *last);

#endif
