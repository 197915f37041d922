/* `check --until`: what each round probes, and what was seen of each port last.
 *
 * The first round is of everything. While something is unmet, a round is of that alone, and
 * of a few ports beside it that answer, for silence is proof only where something answers.
 * Once all is met, a round of everything confirms it: met means met in two rounds one after
 * the other. It knows no network and no time. */
#ifndef SCANNER_COMMANDS_ROUNDS_H
#define SCANNER_COMMANDS_ROUNDS_H

#include "expect/expect.h"

struct rounds;

/* PLAN is borrowed. NULL: no memory. */
struct rounds *rounds_new(const struct plan *plan);
void rounds_free(struct rounds *rounds);

/* What the round to come probes; valid until rounds_choose(). */
const struct target *rounds_targets(const struct rounds *rounds, size_t *count);

/* Of type engine_host_fn, with a struct rounds as its context: keeps what a round saw of a
 * host in place of what was known of the same ports. That a round of the unmet was cut short
 * is no news: what was known stays, but where a SYN-ACK came from a port that was not open. 0
 * or -ENOMEM. */
int rounds_note(void *context, const struct host_observation *host);

/* Judges all that is known by now, between plan_begin() and plan_finish(). 0 or -ENOMEM. */
int rounds_judge(const struct rounds *rounds, struct audit *audit)
    __attribute__((warn_unused_result));

enum rounds_next {
    ROUNDS_OVER,    /* all that can be probed was met in two rounds one after the other */
    ROUNDS_CONFIRM, /* all is met: everything once more */
    ROUNDS_AGAIN,   /* something is unmet: that once more */
};

/* Chooses the next round after AUDIT, what rounds_judge() made. An enum rounds_next, or
 * -ENOMEM. *UNMET: how many ports are unmet. */
int rounds_choose(struct rounds *rounds, const struct audit *audit, uint64_t *unmet)
    __attribute__((warn_unused_result));

#endif
