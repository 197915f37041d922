/* Hosts that reject by ICMP under a limit, over paths that lose packets: how long their audits
 * take, next to what the bucket of tokens allows at best, and whether verdicts are right. */
#include "tests/simulator/random.h"
#include "tests/simulator/scenario.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 256, RUNS_MOST = 10000 };

#define MS NSEC_PER_MSEC

/* What is asked of a host, and what it does: ports are counted over TCP and UDP, one after
 * the other in turn. */
struct limited_case {
    const char *name;
    uint16_t tcp, udp; /* ports asked for */
    uint16_t open, rejected, by_router;
    enum sim_behaviour otherwise;
    bool declared; /* one by one */
    nsec_t budget; /* see engine.h; 0: that of a check */
};

static const struct limited_case cases[] = {
    {"3 of 10 declared", 7, 3, 2, 3, 0, SIM_DROP, true, 0},
    {"6 of 10 declared", 7, 3, 2, 6, 0, SIM_DROP, true, 0},
    {"20 of 24 declared", 12, 12, 2, 20, 0, SIM_DROP, true, 0},
    {"host and router, scan", 24, 24, 4, 12, 12, SIM_DROP, false, 20 * NSEC_PER_SEC},
    {"20 of 300 ports", 300, 0, 4, 20, 0, SIM_DROP, false, 0},
    {"6 of 1,000 ports, scan", 1000, 0, 4, 6, 0, SIM_DROP, false, 20 * NSEC_PER_SEC},
    {"nearly all of 1,000", 1000, 0, 4, 0, 0, SIM_REJECT_ICMP, false, 0},
};

/* Who limits ICMP errors, and how. */
static const struct bucket {
    const char *name;
    enum addr_family family;
    struct sim_limit limit;
} buckets[] = {
    {"IPv4, 1/s", ADDR_IPV4, {6, 1}},        {"IPv6, 4/s", ADDR_IPV6, {6, 4}},
    {"IPv6, 16/s", ADDR_IPV6, {6, 16}},      {"2 tokens, 6/s", ADDR_IPV4, {2, 6}},
    {"one token, 12/s", ADDR_IPV4, {1, 12}}, {"5 tokens, 100/s", ADDR_IPV4, {5, 100}},
    {"IPv4, no limit", ADDR_IPV4, {0, 0}},
};

static const double losses[] = {0, 0.01, 0.05, 0.1, 0.2};

struct campaign {
    uint64_t seed;
    unsigned runs;                  /* of each case, bucket and loss */
    const char *name, *bucket_name; /* only what contains this; NULL: all */
    double loss;                    /* only this one; negative: all */
    bool verbose, rough;            /* a line for each run; jitter, duplicates, reordering */
};

struct bench {
    struct sim_stack stack;
    struct sim_router router;
    struct sim_host host;
    struct sim_row rows[ROWS_MOST];
    struct portset ports[PROTO_COUNT];
    struct target target;
};

/* The times of one case's runs. */
struct times {
    double seconds[RUNS_MOST];
    unsigned count, with_unknown;
};

static struct sim_answer reject(enum addr_family family, uint8_t router)
{
    return (struct sim_answer){
        .behaviour = SIM_REJECT_ICMP,
        .icmp_type = family == ADDR_IPV6 ? 1 : 3,
        .icmp_code = family == ADDR_IPV6 ? 1 : 13,
        .router = router,
    };
}

/* Ports that no row has yet, in the order of a seed. */
static void add_rows(struct bench *bench, const struct limited_case *what,
                     const struct bucket *bucket, struct sim_random *random)
{
    static const struct sim_answer open = {.behaviour = SIM_OPEN};
    int ports = what->tcp + what->udp, wanted = what->open + what->rejected + what->by_router;
    uint16_t *order = calloc((size_t)ports, sizeof *order);
    for (uint16_t i = 0; order && i < ports; i++) {
        uint16_t j = (uint16_t)sim_random_below(random, i + 1u);
        order[i] = order[j];
        order[j] = i;
    }
    for (uint16_t i = 0; order && i < wanted && i < ROWS_MOST; i++) {
        bool is_udp = order[i] >= what->tcp;
        uint16_t port = (uint16_t)(1000 + (is_udp ? order[i] - what->tcp : order[i]));
        bool by_router = i >= what->open + what->rejected;
        bench->rows[bench->host.row_count++] =
            (struct sim_row){is_udp ? PROTO_UDP : PROTO_TCP, port, port,
                             i < what->open ? open : reject(bucket->family, by_router)};
    }
    free(order);
}

static bool prepare(struct bench *bench, const struct limited_case *what,
                    const struct bucket *bucket, uint64_t seed)
{
    struct sim_random random = sim_random_make(seed, 7);
    static const struct addr v4 = {.family = ADDR_IPV4, .bytes = {10, 1, 0, 1}};
    static const struct addr v6 = {.family = ADDR_IPV6, .bytes = {0x20, 1, 0xd, 0xb8, 2}};
    bool is_v6 = bucket->family == ADDR_IPV6;
    bench->stack = sim_linux;
    bench->stack.icmp[is_v6] = bucket->limit;
    bench->router = (struct sim_router){
        .address = {.family = (uint8_t)bucket->family, .bytes = {198, 51, 100, 1}},
        .hops = 2,
        .icmp = bucket->limit,
    };
    struct sim_answer otherwise = {.behaviour = what->otherwise};
    if (what->otherwise == SIM_REJECT_ICMP)
        otherwise = reject(bucket->family, 0);
    bench->host = (struct sim_host){
        .first = is_v6 ? v6 : v4,
        .count = 1,
        .stack = &bench->stack,
        .rows = bench->rows,
        .otherwise = {otherwise, otherwise},
        .hops = 5,
        .delay = (nsec_t)sim_random_below(&random, (uint64_t)(30 * MS)),
    };
    add_rows(bench, what, bucket, &random);
    bench->target = (struct target){.address = bench->host.first};
    const uint16_t counts[PROTO_COUNT] = {[PROTO_TCP] = what->tcp, [PROTO_UDP] = what->udp};
    for (int proto = 0; proto < PROTO_COUNT; proto++) {
        if (counts[proto] == 0)
            continue;
        if (portset_add(&bench->ports[proto], 1000, (uint16_t)(999 + counts[proto])) < 0)
            return false;
        bench->target.ports[proto] = &bench->ports[proto];
        bench->target.declared[proto] = what->declared ? &bench->ports[proto] : NULL;
    }
    return true;
}

static struct sim_way way(const struct campaign *campaign, double loss)
{
    struct sim_way way = {.delay = 5 * MS, .loss = loss};
    if (!campaign->rough)
        return way;
    way.jitter = 3 * MS;
    way.duplicate = 0.02;
    way.reorder = 0.05;
    way.reorder_delay = 5 * MS;
    return way;
}

static int run_once(const struct campaign *campaign, const struct limited_case *what,
                    const struct bucket *bucket, double loss, uint64_t seed,
                    struct sim_score *score)
{
    struct error error = {"no memory"};
    struct bench *bench = calloc(1, sizeof *bench);
    int code = -1;
    if (bench && prepare(bench, what, bucket, seed)) {
        struct sim_way both = way(campaign, loss);
        struct sim_scenario scenario = {
            .network = {.seed = seed,
                        .wire = {both, both},
                        .hosts = &bench->host,
                        .host_count = 1,
                        .routers = &bench->router,
                        .router_count = 1,
                        .snap_length = 256},
            .targets = &bench->target,
            .target_count = 1,
            .limited_budget = what->budget,
        };
        code = sim_scenario_run(&scenario, score, &error);
    }
    if (code < 0)
        printf("%s, seed %llu: %s\n", what->name, (unsigned long long)seed, error.text);
    for (int proto = 0; bench && proto < PROTO_COUNT; proto++)
        portset_free(&bench->ports[proto]);
    free(bench);
    return code;
}

/* Seconds until the tokens for all rejects have come: each answer is lost with chance LOSS, and
 * a sample of 299 ports stands for all of very many. */
static double least_time(const struct limited_case *what, const struct bucket *bucket,
                         double loss)
{
    double rejects = what->rejected > what->by_router ? what->rejected : what->by_router;
    if (what->otherwise == SIM_REJECT_ICMP)
        rejects = 299;
    double tokens = rejects / (1 - loss) - bucket->limit.burst;
    return bucket->limit.burst > 0 && tokens > 0 ? tokens / bucket->limit.per_second : 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double share_of(struct times *times, double share)
{
    return times->seconds[(unsigned)(share * (times->count - 1))];
}

/* False: a verdict is wrong, or a run failed. */
static bool run_case(const struct campaign *campaign, const struct limited_case *what,
                     const struct bucket *bucket, double loss)
{
    static struct times times;
    struct sim_score sum = {0};
    times.count = times.with_unknown = 0;
    for (unsigned i = 0; i < campaign->runs; i++) {
        struct sim_score score = {0};
        if (run_once(campaign, what, bucket, loss, campaign->seed + i, &score) < 0)
            return false;
        times.seconds[times.count++] = (double)score.time / 1e9;
        times.with_unknown += score.ports[SIM_UNSAID] > 0;
        sim_score_add(&sum, &score);
        if (campaign->verbose)
            printf("  seed %llu: %.1f s, %llu unknown\n",
                   (unsigned long long)(campaign->seed + i), (double)score.time / 1e9,
                   (unsigned long long)score.ports[SIM_UNSAID]);
    }
    qsort(times.seconds, times.count, sizeof times.seconds[0], compare);
    printf("%-23s %-15s %4.0f %% %8.1f %8.1f %8.1f %8.1f %8.1f %8u %8llu %6llu\n", what->name,
           bucket->name, loss * 100, least_time(what, bucket, loss), share_of(&times, 0.1),
           share_of(&times, 0.5), share_of(&times, 0.9), share_of(&times, 1),
           times.with_unknown, (unsigned long long)sim_score_verdicts(&sum),
           (unsigned long long)sum.ports[SIM_WRONG]);
    if (sum.ports[SIM_WRONG] > 0)
        printf("  %s\n", sum.first_wrong);
    fflush(stdout);
    return sum.ports[SIM_WRONG] == 0;
}

static bool contains(const char *name, const char *wanted)
{
    return wanted == NULL || strstr(name, wanted) != NULL;
}

static bool run_all(const struct campaign *campaign)
{
    bool good = true;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (size_t b = 0; b < sizeof buckets / sizeof buckets[0]; b++)
            for (size_t l = 0; l < sizeof losses / sizeof losses[0]; l++)
                if (contains(cases[c].name, campaign->name) &&
                    contains(buckets[b].name, campaign->bucket_name) &&
                    (campaign->loss < 0 || campaign->loss == losses[l]))
                    good &= run_case(campaign, &cases[c], &buckets[b], losses[l]);
    return good;
}

static int usage(void)
{
    fputs(
        "usage: limits_campaign [option ...]\n"
        "Audits hosts that reject by ICMP under a limit, and prints the seconds that it takes\n"
        "(the least that the bucket allows; deciles of the runs); exits with 1 when a verdict\n"
        "is wrong.\n"
        "  --runs N       of each case, bucket and loss (100)\n"
        "  --seed N       of the first run (1)\n"
        "  --case NAME    only cases whose name contains this; --bucket NAME likewise\n"
        "  --loss P       only with this loss each way: 0, 0.01, 0.05, 0.1, 0.2\n"
        "  --rough        with jitter, duplicates and reordering\n"
        "  --verbose      a line for each run\n",
        stderr);
    return 64;
}

static int read_options(struct campaign *campaign, int argc, char **argv)
{
    static const struct option options[] = {
        {"runs", required_argument, NULL, 'n'}, {"seed", required_argument, NULL, 's'},
        {"case", required_argument, NULL, 'c'}, {"bucket", required_argument, NULL, 'b'},
        {"loss", required_argument, NULL, 'l'}, {"rough", no_argument, NULL, 'r'},
        {"verbose", no_argument, NULL, 'V'},    {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'n':
            campaign->runs = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 's':
            campaign->seed = strtoull(optarg, NULL, 10);
            break;
        case 'c':
            campaign->name = optarg;
            break;
        case 'b':
            campaign->bucket_name = optarg;
            break;
        case 'l':
            campaign->loss = strtod(optarg, NULL);
            break;
        case 'r':
            campaign->rough = true;
            break;
        case 'V':
            campaign->verbose = true;
            break;
        default:
            return usage();
        }
    }
    bool possible = campaign->runs > 0 && campaign->runs <= RUNS_MOST;
    return optind == argc && possible ? 0 : usage();
}

int main(int argc, char **argv)
{
    struct campaign campaign = {.seed = 1, .runs = 100, .loss = -1};
    int code = read_options(&campaign, argc, argv);
    if (code != 0)
        return code;
    printf("%-23s %-15s %6s %8s %8s %8s %8s %8s %8s %8s %6s\n", "rejected", "bucket", "loss",
           "least s", "10 %", "median", "90 %", "slowest", "unknown", "verdicts", "wrong");
    return run_all(&campaign) ? 0 : 1;
}
