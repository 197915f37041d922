/* Where a rule stands, taken apart: the formats that annotate a file need path and line.
 * It knows no format. */
#ifndef REPORTS_RULE_PLACE_H
#define REPORTS_RULE_PLACE_H

#include <stdbool.h>
#include <stddef.h>

struct rule_place {
    const char *path; /* into the rule's place, LENGTH bytes, not terminated */
    size_t length;
    unsigned line;
};

/* Takes "edge.yml:14" apart. False: there is no file behind it (no place at all, or a
 * rule of the command line, "-e:1"). */
bool rule_place_read(struct rule_place *place, const char *text);

#endif
