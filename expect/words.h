/* The words of an expectation and what each accepts: sets of states, with the reasons
 * that `rejected(…)` names. It knows no syntax but the words themselves. */
#ifndef EXPECT_WORDS_H
#define EXPECT_WORDS_H

#include "expect/suggest.h"
#include "probes/probes.h"

#include <stdbool.h>
#include <stdint.h>

enum word {
    WORD_OPEN,
    WORD_CLOSED,
    WORD_REJECTED,
    WORD_DROPPED,
    WORD_SILENT,
    WORD_FILTERED,
    WORD_REFUSED,
    WORD_NOT_OPEN,
    WORD_COUNT,
};

/* What a rule expects, as it was written: any of these words or reasons. */
struct states {
    unsigned words;   /* a bit for each enum word */
    uint64_t reasons; /* rejected for one of these: a bit for each enum reason */
};

/* "open", "not open". */
const char *word_name(enum word word);
/* The way back, for words of one part; -1: no such word ("not open" has two). */
int word_from_name(const char *name);
/* Offers all words. */
void word_suggest(struct suggestion *suggestion);

/* The reason that rejected(NAME) means, or -1 when NAME is no reason of a rejection. */
int rejection_from_name(const char *name);
void rejection_suggest(struct suggestion *suggestion);

/* Is a port in that state what was expected? Never for PORT_UNKNOWN. */
bool states_accept(const struct states *states, enum proto proto, enum port_state state,
                   enum reason reason);

/* False when no port of PROTO can ever be what was expected (`silent` on TCP). */
bool states_possible(const struct states *states, enum proto proto);

/* True when both accept the same on PROTO: `filtered` equals `rejected or dropped` on
 * TCP. */
bool states_equal(const struct states *a, const struct states *b, enum proto proto);

/* "open or silent", "rejected(reset)": the words that were written, in the order of the
 * table above. The caller frees it; NULL: no memory. */
char *states_format(const struct states *states);

#endif
