/* Ports on which a host answers most often: the first of nmap's ranking by frequency. Where
 * there are too many ports for all of them, these go first. */
#ifndef SCANNER_VANGUARD_H
#define SCANNER_VANGUARD_H

#include <stdint.h>

static const uint16_t vanguard[] = {80,  23,  443, 21,  22,   25,   3389, 110, 445,
                                    139, 143, 53,  135, 3306, 8080, 1723, 111, 995};
enum { VANGUARD = sizeof vanguard / sizeof vanguard[0] };

#endif
