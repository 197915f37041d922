/* Why a port is what it is, in plain words: one table from protocol, state, reason and
 * origin to a sentence, and, where nothing could be decided, what to do about it.
 *
 * All reports take their sentences from here. It knows no format and no expectation. */
#ifndef REPORTS_WHY_H
#define REPORTS_WHY_H

#include "probes/target.h"

enum { WHY_TEXT_SIZE = 384 };

/* "a service accepts connections from here", and, if that was seen, where probes to it arrive,
 * or that a SYN-ACK came where it proves nothing yet. Fills and returns TEXT. */
const char *why_sentence(const struct observation *seen, char text[static WHY_TEXT_SIZE]);

/* What to do when there is no verdict: "Check that the machine is up …"; NULL: nothing to
 * advise. */
const char *why_remedy(const struct observation *seen);

#endif
