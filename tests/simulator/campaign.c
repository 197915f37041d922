/* Many runs of the engine over every wire: a table of right, wrong and unknown verdicts. */
#include "tests/simulator/population.h"
#include "tests/simulator/scenario.h"
#include "tests/simulator/wires.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct campaign {
    uint64_t seed;
    uint64_t verdicts; /* at least so many over all wires */
    const char *wire;  /* only wires whose name contains this; NULL: all */
    const char *pcap;  /* of a single run */
    uint64_t single;   /* run this seed alone; 0: none */
    bool verbose;      /* a line for each run */
};

static const uint16_t port_counts[] = {8, 60, 500, 3000};
static const size_t host_counts[] = {1, 4, 20};

static int run_once(const struct campaign *campaign, const struct sim_named_wire *wire,
                    uint64_t seed, struct sim_score *score, struct error *error)
{
    struct sim_population population = {0};
    size_t hosts = host_counts[seed % 3];
    int code = sim_population_init(&population, seed, hosts, port_counts[seed / 3 % 4]);
    if (code == 0) {
        struct sim_scenario scenario = {
            .network = {.seed = seed,
                        .wire = wire->wire,
                        .hosts = population.hosts,
                        .host_count = population.count,
                        .routers = sim_population_routers,
                        .router_count = sim_population_router_count,
                        .forger = wire->forger,
                        .faults = wire->faults,
                        .fault_count = wire->fault_count,
                        .snap_length = 256,
                        .pcap_path = campaign->pcap},
            .targets = population.targets,
            .target_count = population.count,
        };
        code = sim_scenario_run(&scenario, score, error);
    }
    sim_population_free(&population);
    return code;
}

static void print_score(const char *name, const struct sim_score *score)
{
    double verdicts = (double)sim_score_verdicts(score);
    printf("%-32s %6llu %9llu %9llu %6llu %7llu %8.4f %% %8.1f %8.2f\n", name,
           (unsigned long long)score->runs, (unsigned long long)sim_score_verdicts(score),
           (unsigned long long)score->ports[SIM_RIGHT],
           (unsigned long long)score->ports[SIM_WRONG],
           (unsigned long long)score->ports[SIM_UNSAID],
           verdicts > 0 ? 100.0 * (double)score->ports[SIM_UNSAID] / verdicts : 0,
           (double)score->time / 1e9 / (double)(score->runs > 0 ? score->runs : 1),
           verdicts > 0 ? (double)score->sent / verdicts : 0);
    for (int reason = 0; reason < REASON_COUNT; reason++)
        if (score->unsaid[reason] > 0)
            printf("    unknown, %s: %llu\n", reason_name((enum reason)reason),
                   (unsigned long long)score->unsaid[reason]);
    fflush(stdout);
}

/* One run, its complaints, and its line if lines are wanted. */
static int run_seed(const struct campaign *campaign, const struct sim_named_wire *wire,
                    uint64_t seed, struct sim_score *score)
{
    struct error error = {""};
    int code = run_once(campaign, wire, seed, score, &error);
    if (code < 0)
        printf("%s: seed %llu failed: %s\n", wire->name, (unsigned long long)seed, error.text);
    if (score->ports[SIM_WRONG] > 0)
        printf("%s: %llu wrong; %s\n", wire->name, (unsigned long long)score->ports[SIM_WRONG],
               score->first_wrong);
    char name[32];
    snprintf(name, sizeof(name), "  seed %llu", (unsigned long long)seed);
    if (campaign->verbose)
        print_score(name, score);
    return code;
}

/* Runs seed after seed until there are VERDICTS. False: the wire fails. */
static bool run_wire(const struct campaign *campaign, const struct sim_named_wire *wire,
                     uint64_t verdicts, struct sim_score *total)
{
    struct sim_score sum = {0};
    int code = 0;
    uint64_t seed = campaign->single != 0 ? campaign->single : campaign->seed;
    while (code == 0 && sim_score_verdicts(&sum) < verdicts) {
        struct sim_score score = {0};
        code = run_seed(campaign, wire, seed++, &score);
        sim_score_add(&sum, &score);
        if (campaign->single != 0)
            break;
    }
    print_score(wire->name, &sum);
    sim_score_add(total, &sum);
    double unknown = (double)sum.ports[SIM_UNSAID] / (double)sim_score_verdicts(&sum);
    return code == 0 && sum.ports[SIM_WRONG] == 0 && sum.broken_packets == 0 &&
           unknown <= wire->unknown_most;
}

static int usage(void)
{
    fputs("usage: campaign [option ...]\n"
          "Runs the engine over simulated wires and counts its verdicts; exits with 1 when\n"
          "one is wrong or too many are unknown.\n"
          "  --verdicts N   at least so many over all wires (3000000)\n"
          "  --seed N       of the first run (1)\n"
          "  --wire NAME    only wires whose name contains this\n"
          "  --single SEED  only the run of this seed\n"
          "  --pcap FILE    its packets; of several runs, those of the last\n"
          "  --verbose      a line for each run\n",
          stderr);
    return 64;
}

static int read_options(struct campaign *campaign, int argc, char **argv)
{
    static const struct option options[] = {
        {"verdicts", required_argument, NULL, 'v'},
        {"seed", required_argument, NULL, 's'},
        {"wire", required_argument, NULL, 'w'},
        {"single", required_argument, NULL, '1'},
        {"pcap", required_argument, NULL, 'p'},
        {"verbose", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'v':
            campaign->verdicts = strtoull(optarg, NULL, 10);
            break;
        case 's':
            campaign->seed = strtoull(optarg, NULL, 10);
            break;
        case '1':
            campaign->single = strtoull(optarg, NULL, 10);
            break;
        case 'w':
            campaign->wire = optarg;
            break;
        case 'p':
            campaign->pcap = optarg;
            break;
        case 'V':
            campaign->verbose = true;
            break;
        default:
            return usage();
        }
    }
    return optind == argc ? 0 : usage();
}

int main(int argc, char **argv)
{
    struct campaign campaign = {.seed = 1, .verdicts = 3000000};
    struct sim_score total = {0};
    int code = read_options(&campaign, argc, argv);
    if (code != 0)
        return code;
    printf("%-32s %6s %9s %9s %6s %7s %10s %8s %8s\n", "wire", "runs", "verdicts", "right",
           "wrong", "unknown", "", "s a run", "probes");
    bool failed = false;
    for (size_t i = 0; i < sim_wire_count; i++) {
        const struct sim_named_wire *wire = &sim_wires[i];
        if (campaign.wire != NULL && strstr(wire->name, campaign.wire) == NULL)
            continue;
        if (!run_wire(&campaign, wire, campaign.verdicts / sim_wire_count, &total))
            failed = true;
    }
    print_score("all", &total);
    return failed ? 1 : 0;
}
