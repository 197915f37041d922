#include "tests/simulator/scenario.h"

#include "scanner/drive.h"
#include "scanner/engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_MISS     1e-6
#define DEFAULT_PATIENCE (3600 * NSEC_PER_SEC)
#define DEFAULT_BUDGET   (400 * NSEC_PER_SEC)

/* Turns of the driver in a row during which the clock may stand still. */
enum { STANDSTILL_MOST = 100000 };

struct run {
    const struct sim_scenario *scenario;
    struct sim_score *score;
    double miss;
    nsec_t patience;
    nsec_t last_turn;
    unsigned standstill;
    volatile sig_atomic_t stop;
};

static void note_wrong(struct run *run, const struct addr *address,
                       const struct observation *seen, uint16_t port, const char *why)
{
    char text[ADDR_TEXT_SIZE], by[ADDR_TEXT_SIZE] = "nobody";
    if (run->score->first_wrong[0] != '\0')
        return;
    if (seen->by.family != ADDR_NONE)
        addr_format(&seen->by, by);
    snprintf(run->score->first_wrong, sizeof(run->score->first_wrong),
             "seed %llu: %s %u/%s: %s (%s) origin %s by %s, %u tries: %s",
             (unsigned long long)run->scenario->network.seed, addr_format(address, text), port,
             proto_name(seen->proto), port_state_name(seen->state), reason_name(seen->reason),
             origin_name(seen->origin), by, seen->tries, why);
}

static void judge_port(struct run *run, const struct target *target,
                       const struct observation *seen, uint16_t port)
{
    enum sim_verdict verdict =
        sim_truth_judge(&run->scenario->network, &target->address, seen, port);
    const char *why = "not what the row says";
    bool silence = seen->state == PORT_DROPPED || seen->state == PORT_SILENT;
    if (silence && !(seen->miss > 0 && seen->miss <= run->miss)) {
        verdict = SIM_WRONG;
        why = "silence without proof";
    }
    const struct portset *asked = target->ports[seen->proto];
    if (asked == NULL || !portset_has(asked, port)) {
        verdict = SIM_WRONG;
        why = "nobody asked for it";
    }
    run->score->ports[verdict]++;
    run->score->said[seen->state]++;
    if (verdict == SIM_UNSAID)
        run->score->unsaid[seen->reason]++;
    if (verdict == SIM_WRONG)
        note_wrong(run, &target->address, seen, port, why);
}

static uint64_t ports_of(const struct target *target)
{
    uint64_t count = 0;
    for (int proto = 0; proto < PROTO_COUNT; proto++)
        if (target->ports[proto] != NULL)
            count += portset_size(target->ports[proto]);
    return count;
}

/* What is asked for and not said, or said twice, is wrong as well. */
static int judge_host(void *context, const struct host_observation *host)
{
    struct run *run = context;
    const struct target *target = &run->scenario->targets[host->target];
    uint64_t asked = ports_of(target), said = 0;
    for (size_t i = 0; i < host->count; i++) {
        const struct observation *seen = &host->items[i];
        for (size_t j = 0; j < seen->ports.count; j++) {
            const struct port_range *range = &seen->ports.ranges[j];
            for (uint32_t port = range->first; port <= range->last; port++, said++)
                judge_port(run, target, seen, (uint16_t)port);
        }
    }
    if (said == asked)
        return 0;
    run->score->ports[SIM_WRONG] += said < asked ? asked - said : said - asked;
    struct observation none = {.proto = PROTO_TCP};
    note_wrong(run, &target->address, &none, 0, "ports are missing or said twice");
    return 0;
}

/* Called by the driver at each turn. */
static void watch_clock(void *context, nsec_t now, const struct engine_totals *totals)
{
    (void)totals;
    struct run *run = context;
    run->standstill = now == run->last_turn ? run->standstill + 1 : 0;
    run->last_turn = now;
    if (now - SIM_START > run->patience || run->standstill > STANDSTILL_MOST)
        run->stop = 1;
}

static void finish_score(struct run *run, struct net *net)
{
    struct sim_totals totals;
    struct net_counters counters;
    simulator_totals(net, &totals);
    net->counters(net, &counters);
    run->score->runs = 1;
    run->score->sent = counters.sent;
    run->score->time = net->now(net) - SIM_START;
    run->score->broken_packets = totals.malformed + totals.bad_checksums;
}

static int drive_engine(struct run *run, struct net *net, struct error *error)
{
    const struct sim_scenario *scenario = run->scenario;
    struct engine_options options = {
        .seed = scenario->network.seed,
        .max_rate = scenario->max_rate,
        .miss = run->miss,
        .max_tries = scenario->max_tries,
        .limited_budget =
            scenario->limited_budget == 0 ? DEFAULT_BUDGET : scenario->limited_budget,
        .deadline = scenario->deadline == 0 ? NSEC_NEVER : SIM_START + scenario->deadline,
        .source_port_first = net->source_port_first,
        .source_port_count = net->source_port_count,
        .library = scenario->library,
    };
    cookie_key_from_seed(&options.key, scenario->network.seed);
    struct engine *engine =
        engine_new(&options, scenario->targets, scenario->target_count, judge_host, run, error);
    if (engine == NULL)
        return -ENOMEM;
    struct drive drive = {.engine = engine,
                          .net = net,
                          .signal = &run->stop,
                          .progress = watch_clock,
                          .context = run};
    int code = drive_run(&drive, error);
    engine_free(engine);
    return code;
}

int sim_scenario_run(const struct sim_scenario *scenario, struct sim_score *score,
                     struct error *error)
{
    *score = (struct sim_score){0};
    struct run run = {
        .scenario = scenario,
        .score = score,
        .miss = scenario->miss == 0 ? DEFAULT_MISS : scenario->miss,
        .patience = scenario->patience == 0 ? DEFAULT_PATIENCE : scenario->patience,
    };
    struct net *net = simulator_open(&scenario->network, error);
    if (net == NULL)
        return -EINVAL;
    int code = drive_engine(&run, net, error);
    finish_score(&run, net);
    net->close(net);
    if (code == 0 && run.stop != 0)
        return error_set(
            error, -ETIMEDOUT, "seed %llu: %s", (unsigned long long)scenario->network.seed,
            run.standstill > STANDSTILL_MOST ? "turns without end" : "the run took too long");
    return code;
}

void sim_score_add(struct sim_score *total, const struct sim_score *one)
{
    total->runs += one->runs;
    for (int verdict = 0; verdict < SIM_VERDICT_COUNT; verdict++)
        total->ports[verdict] += one->ports[verdict];
    for (int state = 0; state < PORT_STATE_COUNT; state++)
        total->said[state] += one->said[state];
    for (int reason = 0; reason < REASON_COUNT; reason++)
        total->unsaid[reason] += one->unsaid[reason];
    total->sent += one->sent;
    total->time += one->time;
    total->broken_packets += one->broken_packets;
    if (total->first_wrong[0] == '\0')
        memcpy(total->first_wrong, one->first_wrong, sizeof(total->first_wrong));
}

uint64_t sim_score_verdicts(const struct sim_score *score)
{
    return score->ports[SIM_RIGHT] + score->ports[SIM_UNSAID] + score->ports[SIM_WRONG];
}
