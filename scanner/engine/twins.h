/* Malformed twins: SYNs with an MD5 option or a wrong data offset and UDP datagrams with a
 * wrong length, which a host's stack throws away and a firewall's reject rule answers all the
 * same. After all ports are decided they are sent to some of those whose "no" may have come
 * from either, and to ports that the host itself answered, to see what its stack does.
 *
 * Which ports are asked and what they answered is kept here; origin.h draws conclusions.
 * Private to the engine's files. */
#ifndef SCANNER_TWINS_H
#define SCANNER_TWINS_H

#include "scanner/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ports of one host that are asked with twins, at most. */
enum { TWIN_CASES_MOST = 256 };

/* One port that is asked. */
struct twin_case {
    uint32_t slot;
    bool is_reference; /* known to be the stack's own answer */
    uint8_t answered;  /* 1 << enum probe_form, of twins that drew the port's own answer */
};

struct twins {
    struct twin_case *cases; /* by slot; owned */
    size_t count;
    size_t step;     /* of the round under way */
    unsigned rounds; /* that are over */
    bool certified;  /* so many rounds that silence is no loss */
};

#endif
