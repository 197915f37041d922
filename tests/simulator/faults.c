#include "tests/simulator/faults.h"

#include <errno.h>

bool sim_span_has(const struct sim_span *span, nsec_t at)
{
    return span->from <= at - SIM_START && at - SIM_START < span->until;
}

bool sim_faults_link_down(const struct sim_faults *faults, nsec_t at)
{
    for (size_t i = 0; i < faults->config->fault_count; i++) {
        const struct sim_fault *fault = &faults->config->faults[i];
        if (fault->kind == SIM_LINK_DOWN && sim_span_has(&fault->when, at))
            return true;
    }
    return false;
}

uint64_t sim_faults_link_changes(const struct sim_faults *faults, nsec_t at)
{
    uint64_t changes = 0;
    for (size_t i = 0; i < faults->config->fault_count; i++) {
        const struct sim_fault *fault = &faults->config->faults[i];
        if (fault->kind != SIM_LINK_DOWN)
            continue;
        changes += at - SIM_START >= fault->when.from ? 1 : 0;
        changes += at - SIM_START >= fault->when.until ? 1 : 0;
    }
    return changes;
}

bool sim_faults_capture_loses(struct sim_faults *faults, nsec_t at)
{
    for (size_t i = 0; i < faults->config->fault_count; i++) {
        const struct sim_fault *fault = &faults->config->faults[i];
        if (fault->kind == SIM_CAPTURE_LOSS && sim_span_has(&fault->when, at) &&
            sim_random_chance(&faults->random, fault->chance))
            return true;
    }
    return false;
}

int sim_faults_send_error(struct sim_faults *faults, uint16_t port, nsec_t at)
{
    if (sim_faults_link_down(faults, at))
        return -ENETDOWN;
    for (size_t i = 0; i < faults->config->fault_count; i++) {
        const struct sim_fault *fault = &faults->config->faults[i];
        bool hits_port = (fault->first_port == 0 && fault->last_port == 0) ||
                         (fault->first_port <= port && port <= fault->last_port);
        if (fault->kind == SIM_SEND_ERROR && hits_port && sim_span_has(&fault->when, at) &&
            sim_random_chance(&faults->random, fault->chance))
            return -fault->error;
    }
    return 0;
}
