/* What may be said of a simulated port: the rows' truth, held against an observation. */
#ifndef SIMULATOR_TRUTH_H
#define SIMULATOR_TRUTH_H

#include "probes/target.h"
#include "tests/simulator/simulator.h"

enum sim_verdict {
    SIM_RIGHT,
    SIM_UNSAID, /* unknown, which is never wrong */
    SIM_WRONG,
    SIM_VERDICT_COUNT,
};

/* Judges what SEEN says of PORT of ADDRESS. State, reason, origin and who answered must
 * all be possible for a port that behaves as CONFIG says. */
enum sim_verdict sim_truth_judge(const struct sim_config *config, const struct addr *address,
                                 const struct observation *seen, uint16_t port);

#endif
