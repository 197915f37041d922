#include "scanner/commands/audit_run.h"

#include "scanner/commands/confine.h"
#include "scanner/commands/connect_audit.h"
#include "scanner/commands/interrupt.h"
#include "scanner/commands/outputs.h"
#include "scanner/commands/progress.h"
#include "scanner/commands/resolve.h"
#include "scanner/commands/responder_keys.h"
#include "scanner/evidence.h"
#include "scanner/net_live.h"
#include "scanner/privileges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where a host rejects by ICMP at one a second, as Linux does, confirming takes its time:
 * an audit waits for the 299 ports that tell the rest, a scan does not. */
#define LIMITED_CHECK (400 * NSEC_PER_SEC)
#define LIMITED_SCAN  (20 * NSEC_PER_SEC)

/* Everything that a run holds, so that it can be let go of in one place. */
struct run {
    const struct options *options;
    const struct udp_library *library;
    struct plan *plan;
    struct responder_keys keys;
    struct outputs outputs;
    struct net *net;
    struct engine *engine;
    struct connect *connect; /* in place of both, with --connect */
    struct audit *audit;
    struct progress progress;
    const struct audit_watch *watch; /* NULL: nobody */
    struct evidence *evidence;       /* NULL: not wanted */
};

static enum exit_code make_plan(struct run *run, const struct policy *policy)
{
    const struct options *options = run->options;
    struct plan_options plan_options = {
        .from = options->from,
        .host_glob = options->host_glob,
        .family = options->family,
        .max_hosts = options->max_hosts,
        .shard = options->shard,
        .shards = options->shards,
        .resolve = resolve_name,
    };
    clock_gettime(CLOCK_REALTIME, &plan_options.today);
    struct complaints complaints = {0};
    run->plan = plan_new(policy, &plan_options, &complaints);
    command_show_complaints(&complaints);
    complaints_free(&complaints);
    struct error error;
    if (run->plan && responder_keys_assign(&run->keys, run->plan, &error) < 0)
        return command_fail(EXIT_FILE, "%s", error.text);
    return run->plan ? EXIT_MET : EXIT_FILE;
}

/* Frames past the kernel's IP output would slip by a firewall on this machine. */
static bool is_outbound(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->targets[i].responder)
            return true;
    }
    return false;
}

static enum exit_code open_connections(struct run *run)
{
    struct error error;
    if (is_outbound(run->plan))
        return command_fail(EXIT_USAGE, "--connect cannot audit what goes out to a responder: "
                                        "it answers signed probes alone");
    run->connect =
        connect_audit_open(run->options, run->plan, run->library, &run->progress, &error);
    return run->connect ? EXIT_MET : command_fail(EXIT_USAGE, "%s", error.text);
}

static enum exit_code open_network(struct run *run)
{
    if (run->options->connect)
        return open_connections(run);
    const struct net_live_options live = {
        .interface = run->options->interface,
        .source = run->options->source,
        .source_port = run->options->source_port,
        .kernel_output = is_outbound(run->plan),
    };
    struct error error;
    int status = privileges_raise(&error);
    if (status == 0)
        status = net_live_open(&run->net, &live, &error);
    if (status == -EPERM)
        return command_fail(EXIT_PRIVILEGE, "%s", error.text);
    return status < 0 ? command_fail(EXIT_NETWORK, "%s", error.text) : EXIT_MET;
}

/* What the engine hands over, host by host. */
static int judge(void *context, const struct host_observation *host)
{
    struct run *run = context;
    return plan_judge(run->plan, host, run->audit);
}

static bool shows_packets(const struct run *run)
{
    return run->watch && run->watch->packet;
}

static nsec_t wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static enum exit_code make_engine(struct run *run)
{
    const struct options *options = run->options;
    if (run->connect)
        return EXIT_MET;
    struct engine_options engine_options = {
        .max_rate = options->max_rate,
        .miss = options->miss,
        .max_tries = options->max_tries,
        .deadline = NSEC_NEVER,
        .limited_budget = options->command == FOR_SCAN ? LIMITED_SCAN : LIMITED_CHECK,
        .source_port_first = run->net->source_port_first,
        .source_port_count = run->net->source_port_count,
        .library = run->library,
        .hail = shows_packets(run),
        .seed = options->seed,
        .wall_ahead = wall_clock() - run->net->now(run->net),
    };
    /* The order may be repeated, the key never: it is what nobody can guess. */
    cookie_key_draw(&engine_options.key);
    if (!options->seed_given)
        memcpy(&engine_options.seed, engine_options.key.bytes, sizeof engine_options.seed);
    if (options->deadline)
        engine_options.deadline = run->net->now(run->net) + options->deadline;
    struct error error;
    run->engine =
        engine_new(&engine_options, run->plan->targets, run->plan->count, judge, run, &error);
    return run->engine ? EXIT_MET : command_fail(EXIT_SOFTWARE, "%s", error.text);
}

static enum exit_code begin_audit(struct run *run)
{
    run->audit = audit_new();
    if (!run->audit || !(run->audit->mode = strdup(run->connect ? "connect" : "raw")) ||
        plan_begin(run->plan, run->audit) < 0)
        return command_fail(EXIT_SOFTWARE, "out of memory");
    snprintf(run->audit->version, sizeof run->audit->version, "%s", PORTVET_VERSION);
    clock_gettime(CLOCK_REALTIME, &run->audit->started);
    return EXIT_MET;
}

static double seconds_between(nsec_t from, nsec_t to)
{
    return (double)(to - from) / (double)NSEC_PER_SEC;
}

static void note_traffic(struct run *run, nsec_t started)
{
    struct net_counters counters;
    struct engine_totals totals;
    run->net->counters(run->net, &counters);
    engine_totals(run->engine, &totals);
    run->audit->traffic = (struct audit_traffic){
        .sent = counters.sent,
        .received = totals.received,
        .send_errors = counters.send_errors,
        .capture_dropped = counters.capture_dropped,
        .invalid = totals.invalid,
        .seconds = seconds_between(started, run->net->now(run->net)),
    };
}

static void note_packet(void *context, nsec_t at, bool sent, const uint8_t *bytes,
                        size_t length)
{
    const struct run *run = context;
    if (run->evidence)
        evidence_add(run->evidence, at, bytes, length);
    if (shows_packets(run))
        run->watch->packet(run->watch->context, at, sent, bytes, length);
}

static int drive_engine(struct run *run, struct error *error)
{
    nsec_t started = run->net->now(run->net);
    const struct drive drive = {
        .engine = run->engine,
        .net = run->net,
        .signal = interrupt_flag(),
        .progress = progress_show,
        .context = &run->progress,
        .packet = run->evidence || shows_packets(run) ? note_packet : NULL,
        .packet_context = run,
    };
    int status = drive_run(&drive, error);
    note_traffic(run, started);
    return status;
}

static int make_connections(struct run *run, struct error *error)
{
    int status =
        connect_run(run->connect, run->plan->targets, run->plan->count, judge, run, error);
    run->audit->traffic = connect_audit_traffic(run->connect);
    return status;
}

static enum exit_code scan(struct run *run)
{
    struct error error;
    int status = run->connect ? make_connections(run, &error) : drive_engine(run, &error);
    progress_end(&run->progress);
    run->audit->interrupted = *interrupt_flag() != 0;
    clock_gettime(CLOCK_REALTIME, &run->audit->finished);
    if (plan_finish(run->plan, run->audit) < 0 || status == -ENOMEM)
        return command_fail(EXIT_SOFTWARE, "out of memory");
    return status < 0 ? command_fail(EXIT_NETWORK, "%s", error.text) : EXIT_MET;
}

static enum exit_code result_code(const struct run *run)
{
    const struct audit *audit = run->audit;
    if (run->options->never_fail && !audit->interrupted)
        return EXIT_MET;
    enum exit_code usual = audit->interrupted ? (enum exit_code)(128 + *interrupt_flag())
                                              : exit_code_of_result(audit->result);
    return outputs_exit_code(&run->outputs, audit, usual);
}

/* What is written: reports, and evidence if it is wanted. */
static int open_outputs(struct run *run, struct error *error)
{
    const char *pcap_path = run->options->pcap_path;
    if (!run->watch && outputs_open(&run->outputs, run->options, error) < 0)
        return -EIO;
    if (pcap_path && !(run->evidence = evidence_open(pcap_path, error)))
        return -EIO;
    return 0;
}

static int write_outputs(struct run *run, struct error *error)
{
    struct evidence *evidence = run->evidence;
    struct error lost;
    run->evidence = NULL;
    int kept = evidence_close(evidence, &lost);
    int written = run->watch ? run->watch->finished(run->watch->context, run->audit, error)
                             : outputs_write(&run->outputs, run->options, run->audit, error);
    if (written < 0)
        return written;
    return kept < 0 ? error_set(error, kept, "%s", lost.text) : 0;
}

/* Opens what can fail before anything is sent, scans, and reports. A report is written even
 * after the network failed: what is known is worth having. */
static enum exit_code perform(struct run *run, const struct policy *policy)
{
    struct error error;
    enum exit_code code = make_plan(run, policy);
    if (code == EXIT_MET && open_outputs(run, &error) < 0)
        code = command_fail(EXIT_REPORT, "%s", error.text);
    if (code == EXIT_MET)
        code = open_network(run);
    if (code == EXIT_MET && confine(run->options, &run->outputs, &error) < 0)
        code = command_fail(EXIT_PRIVILEGE, "%s", error.text);
    if (code == EXIT_MET)
        code = make_engine(run);
    if (code == EXIT_MET)
        code = begin_audit(run);
    if (code != EXIT_MET)
        return code;
    interrupt_install();
    code = scan(run);
    if (code == EXIT_SOFTWARE)
        return code;
    if (write_outputs(run, &error) < 0)
        return command_fail(EXIT_REPORT, "%s", error.text);
    return code == EXIT_MET ? result_code(run) : code;
}

enum exit_code audit_run(const struct options *options, const struct policy *policy,
                         const struct udp_library *library)
{
    return audit_run_watched(options, policy, library, NULL);
}

enum exit_code audit_run_watched(const struct options *options, const struct policy *policy,
                                 const struct udp_library *library,
                                 const struct audit_watch *watch)
{
    struct run run = {.options = options, .library = library, .watch = watch};
    progress_init(&run.progress, options->progress);
    enum exit_code code = perform(&run, policy);
    engine_free(run.engine);
    connect_free(run.connect);
    if (run.net)
        run.net->close(run.net);
    outputs_close(&run.outputs);
    struct error ignored; /* the run has failed otherwise, and said so */
    (void)!evidence_close(run.evidence, &ignored);
    audit_free(run.audit);
    plan_free(run.plan);
    responder_keys_free(&run.keys);
    return code;
}
