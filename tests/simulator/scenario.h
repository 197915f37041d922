/* Runs of the engine against simulated networks: every port's observation is held against
 * the truth of its row. */
#ifndef SIMULATOR_SCENARIO_H
#define SIMULATOR_SCENARIO_H

#include "probes/probes.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/truth.h"

struct sim_scenario {
    struct sim_config network;
    const struct target *targets; /* borrowed */
    size_t target_count;
    const struct udp_library *library; /* borrowed; NULL: empty datagrams are sent */
    double max_rate;                   /* packets per second; 0: as fast as the path carries */
    double miss;                       /* 0: 1e-6 */
    unsigned max_tries;                /* 0: as many as needed */
    nsec_t deadline;                   /* after the start; 0: none */
    nsec_t limited_budget;             /* see engine.h; 0: 400 s */
    nsec_t patience; /* a run that takes longer is stopped and fails; 0: an hour */
};

struct sim_score {
    uint64_t runs;
    uint64_t ports[SIM_VERDICT_COUNT];
    uint64_t said[PORT_STATE_COUNT]; /* right or wrong, by state */
    uint64_t unsaid[REASON_COUNT];   /* ports that stayed unknown, by reason */
    uint64_t sent;                   /* packets */
    nsec_t time;                     /* on the virtual clock */
    uint64_t broken_packets;         /* probes with a wrong length or checksum */
    char first_wrong[256];           /* "" when there is none */
};

/* Runs to the end and fills *SCORE; the seed of everything is network.seed. 0, or a
 * negative code and *ERROR: the engine or the network failed, or it took too long. */
int sim_scenario_run(const struct sim_scenario *scenario, struct sim_score *score,
                     struct error *error) __attribute__((warn_unused_result));

/* Adds ONE to TOTAL. */
void sim_score_add(struct sim_score *total, const struct sim_score *one);

uint64_t sim_score_verdicts(const struct sim_score *score); /* all three kinds */

#endif
