/* What is wrong with this machine just now: sends that fail, a capture that loses packets,
 * a link that is down. */
#ifndef SIMULATOR_FAULTS_H
#define SIMULATOR_FAULTS_H

#include "tests/simulator/random.h"
#include "tests/simulator/simulator.h"

struct sim_faults {
    const struct sim_config *config; /* borrowed */
    struct sim_random random;
};

bool sim_span_has(const struct sim_span *span, nsec_t at);

bool sim_faults_link_down(const struct sim_faults *faults, nsec_t at);

/* How often the link has gone down or up until AT. */
uint64_t sim_faults_link_changes(const struct sim_faults *faults, nsec_t at);

/* Whether the capture loses a packet that arrives at AT. */
bool sim_faults_capture_loses(struct sim_faults *faults, nsec_t at);

/* What sending to PORT at AT fails with: -errno, or 0. */
int sim_faults_send_error(struct sim_faults *faults, uint16_t port, nsec_t at);

#endif
