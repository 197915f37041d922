/* The canonical answers, and what each of their bits means to whoever believes them. */
#ifndef TESTS_FUZZ_ANSWER_MAPS_H
#define TESTS_FUZZ_ANSWER_MAPS_H

#include "tests/fuzz/flight.h"
#include "tests/unit/answers.h"

/* What may follow when a bit is flipped, the strictest last. */
enum bit_class {
    BIT_FREE,    /* the verdict stays what it was */
    BIT_SHAPE,   /* so it does, or the packet is no answer any more */
    BIT_DOUBT,   /* as well, or the port stays undecided */
    BIT_MEANING, /* another answer, or none; never a better one */
    BIT_SECRET,  /* what makes it a UDP answer to this very probe: never a verdict */
    BIT_GUARD,   /* nothing at all changes */
};

struct answer_kind {
    const char *name;
    enum addr_family family;
    enum proto probe; /* what it answers; echo: PROTO_COUNT */
    bool error;       /* ICMP error, else the host's own answer */
    unsigned flags;   /* TCP */
    struct flight_verdict verdict;
};

extern const struct answer_kind answer_kinds[];
extern const size_t answer_kind_count;

/* The probe of FLIGHT that KIND answers. */
const struct flight_probe *answer_kind_probe(const struct answer_kind *kind,
                                             const struct flight *flight);

/* Makes the answer to PROBE. */
void answer_kind_write(const struct answer_kind *kind, const struct flight_probe *probe,
                       struct packet_bytes *packet);

/* The class of each bit of the answer, the highest bit of the first byte first. */
void answer_kind_classes(const struct answer_kind *kind, uint8_t *classes, size_t bits);

#endif
