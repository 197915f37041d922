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
    bool failed;
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

static void run_wire(struct campaign *campaign, const struct sim_named_wire *wire,
                     uint64_t verdicts, struct sim_score *total)
{
    struct sim_score sum = {0};
    for (uint64_t seed = campaign->seed; sim_score_verdicts(&sum) < verdicts; seed++) {
        struct sim_score score;
        struct error error = {""};
        uint64_t chosen = campaign->single != 0 ? campaign->single : seed;
        if (run_once(campaign, wire, chosen, &score, &error) < 0) {
            printf("%s: seed %llu failed: %s\n", wire->name, (unsigned long long)chosen,
                   error.text);
            campaign->failed = true;
        }
        if (score.ports[SIM_WRONG] > 0)
            printf("%s: %llu wrong; %s\n", wire->name,
                   (unsigned long long)score.ports[SIM_WRONG], score.first_wrong);
        sim_score_add(&sum, &score);
        if (campaign->verbose) {
            char name[32];
            snprintf(name, sizeof(name), "  seed %llu", (unsigned long long)chosen);
            print_score(name, &score);
        }
        if (campaign->single != 0)
            break;
    }
    print_score(wire->name, &sum);
    double unknown = (double)sum.ports[SIM_UNSAID] / (double)sim_score_verdicts(&sum);
    if (sum.ports[SIM_WRONG] > 0 || sum.broken_packets > 0 || unknown > wire->unknown_most)
        campaign->failed = true;
    sim_score_add(total, &sum);
}

static int usage(void)
{
    fputs("usage: campaign [--verdicts N] [--seed N] [--wire NAME] [--single SEED]\n"
          "                [--pcap FILE] [--verbose]\n"
          "Runs the engine over simulated wires; exits with 1 when a verdict is wrong or\n"
          "too many are unknown.\n",
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
        if (option == 'v')
            campaign->verdicts = strtoull(optarg, NULL, 10);
        else if (option == 's')
            campaign->seed = strtoull(optarg, NULL, 10);
        else if (option == '1')
            campaign->single = strtoull(optarg, NULL, 10);
        else if (option == 'w')
            campaign->wire = optarg;
        else if (option == 'p')
            campaign->pcap = optarg;
        else if (option == 'V')
            campaign->verbose = true;
        else
            return usage();
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
    for (size_t i = 0; i < sim_wire_count; i++)
        if (campaign.wire == NULL || strstr(sim_wires[i].name, campaign.wire) != NULL)
            run_wire(&campaign, &sim_wires[i], campaign.verdicts / sim_wire_count, &total);
    print_score("all", &total);
    return campaign.failed ? 1 : 0;
}
