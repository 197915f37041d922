/* What the state of a port most likely comes from, in words for a person. All of it is one
 * table; nothing is known here of packets or expectations. */
#ifndef SCANNER_COMMANDS_EXPLAIN_CAUSES_H
#define SCANNER_COMMANDS_EXPLAIN_CAUSES_H

#include "probes/probes.h"

#include <stdio.h>

enum { CAUSES_MOST = 3 };

struct causes_row {
    enum port_state state;
    int proto, origin, reason;       /* of their enumerations; -1: any */
    const char *causes[CAUSES_MOST]; /* the likeliest first; NULL after the last */
};

/* The row for what was seen of a port; there is one for everything. */
const struct causes_row *explain_causes_find(const struct observation *seen);

/* Where an answer with TTL came from, beside echo replies with ECHO_TTL: "two hops before the
 * host". "" when they came as far, or one of them is unknown (0). */
enum { PLACE_TEXT_SIZE = 64 };
const char *explain_place(uint8_t ttl, uint8_t echo_ttl, char text[static PLACE_TEXT_SIZE]);

/* Writes state, reason and origin of one port, where that was, and the likely causes. */
void explain_verdict(FILE *out, const struct observation *seen, uint8_t echo_ttl);

#endif
