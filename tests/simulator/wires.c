#include "tests/simulator/wires.h"

#include <errno.h>

#define MS NSEC_PER_MSEC

/* The same both ways, 10 ms each. */
#define BOTH(...) .wire = {{.delay = 10 * MS, __VA_ARGS__}, {.delay = 10 * MS, __VA_ARGS__}}
/* Something on the way out or on the way back alone. */
#define OUT(...)  .wire = {{.delay = 10 * MS, __VA_ARGS__}, {.delay = 10 * MS}}
#define BACK(...) .wire = {{.delay = 10 * MS}, {.delay = 10 * MS, __VA_ARGS__}}

static const struct sim_fault deaf[] = {
    {.kind = SIM_CAPTURE_LOSS, .when = {50 * MS, 200 * MS}, .chance = 0.3},
    {.kind = SIM_CAPTURE_LOSS, .when = {600 * MS, 700 * MS}, .chance = 0.9},
};
static const struct sim_fault crowded[] = {
    {.kind = SIM_SEND_ERROR, .when = {30 * MS, 150 * MS}, .error = ENOBUFS, .chance = 0.5},
    {.kind = SIM_SEND_ERROR, .when = {400 * MS, 420 * MS}, .error = ENOBUFS, .chance = 1},
};
static const struct sim_fault flapping[] = {
    {.kind = SIM_LINK_DOWN, .when = {100 * MS, 250 * MS}},
    {.kind = SIM_LINK_DOWN, .when = {700 * MS, 710 * MS}},
};

#define FAULTS(name) .faults = name, .fault_count = sizeof(name) / sizeof((name)[0])

const struct sim_named_wire sim_wires[] = {
    {.name = "no loss", BOTH(.loss = 0), .unknown_most = 0.001},
    {.name = "loss 1 %", BOTH(.loss = 0.01), .unknown_most = 0.001},
    {.name = "loss 5 %", BOTH(.loss = 0.05), .unknown_most = 0.001},
    {.name = "loss 20 %", BOTH(.loss = 0.2), .unknown_most = 0.02},
    {.name = "loss 20 % on the way back", BACK(.loss = 0.2), .unknown_most = 0.02},
    {.name = "bursts of 20 ms, 80 % lost",
     BOTH(.burst_mean = 20 * MS, .gap_mean = 400 * MS, .burst_loss = 0.8),
     .unknown_most = 0.02},
    {.name = "bursts of 100 ms, all lost",
     BOTH(.burst_mean = 100 * MS, .gap_mean = 2000 * MS, .burst_loss = 1),
     .unknown_most = 0.02},
    {.name = "jitter 30 ms", BOTH(.jitter = 30 * MS, .loss = 0.01), .unknown_most = 0.001},
    {.name = "duplicates 20 %", BOTH(.duplicate = 0.2, .loss = 0.01), .unknown_most = 0.001},
    {.name = "reordering 10 %",
     BOTH(.reorder = 0.1, .reorder_delay = 25 * MS, .loss = 0.01),
     .unknown_most = 0.001},
    {.name = "everything at once",
     BOTH(.loss = 0.04, .burst_mean = 10 * MS, .gap_mean = 500 * MS, .burst_loss = 0.5,
          .jitter = 15 * MS, .duplicate = 0.05, .reorder = 0.05, .reorder_delay = 10 * MS),
     .unknown_most = 0.02},
    {.name = "DSCP cleared on the way out",
     OUT(.loss = 0.01, .clears_dscp = true),
     .unknown_most = 0.001},
    {.name = "DSCP cleared on the way back",
     BACK(.loss = 0.01, .clears_dscp = true),
     .unknown_most = 0.001},
    {.name = "2,000 packets/s, queue of 50",
     OUT(.rate = 2000, .queue = 50),
     .unknown_most = 0.001},
    {.name = "forger, 20,000 packets/s",
     BOTH(.loss = 0.01),
     .forger = {.rate = 20000},
     .unknown_most = 0.001},
    {.name = "forger that flips true answers",
     BOTH(.loss = 0.01),
     .forger = {.flips = 0.5},
     .unknown_most = 0.001},
    {.name = "capture that loses packets",
     BOTH(.loss = 0.01),
     FAULTS(deaf),
     .unknown_most = 0.001},
    {.name = "no buffers for a while",
     BOTH(.loss = 0.01),
     FAULTS(crowded),
     .unknown_most = 0.001},
    {.name = "link that flaps", BOTH(.loss = 0.01), FAULTS(flapping), .unknown_most = 0.001},
};
const size_t sim_wire_count = sizeof(sim_wires) / sizeof(sim_wires[0]);
