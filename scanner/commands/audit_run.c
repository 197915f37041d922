#include "scanner/commands/audit_run.h"

#include "scanner/commands/confine.h"
#include "scanner/commands/interrupt.h"
#include "scanner/commands/outputs.h"
#include "scanner/commands/probing.h"
#include "scanner/commands/progress.h"
#include "scanner/commands/resolve.h"
#include "scanner/commands/responder_keys.h"
#include "scanner/commands/rounds.h"
#include "scanner/evidence.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Rounds of --until begin at this distance, if they are short. */
#define ROUND_LEAST (500 * NSEC_PER_MSEC)

/* Everything that a run holds, so that it can be let go of in one place. */
struct run {
    const struct options *options;
    struct plan *plan;
    struct responder_keys keys;
    struct outputs outputs;
    struct probing probing;
    struct rounds *rounds; /* NULL: there is one */
    nsec_t started;        /* on CLOCK_BOOTTIME */
    struct audit *audit;
    struct progress progress;
    const struct audit_watch *watch; /* NULL: nobody */
    struct evidence *evidence;       /* NULL: not wanted */
};

static enum exit_code make_plan(struct run *run, const struct policy *policy)
{
    const struct options *options = run->options;
    enum addr_family family = options->family;
    struct plan_options plan_options = {
        .from = options->from,
        .host_glob = options->host_glob,
        .family = options->family,
        .max_hosts = options->max_hosts,
        .shard = options->shard,
        .shards = options->shards,
        .resolve = resolve_name,
        .resolve_context = &family,
    };
    clock_gettime(CLOCK_REALTIME, &plan_options.today);
    struct complaints complaints = {0};
    run->plan = plan_new(policy, &plan_options, &complaints);
    command_show_complaints(&complaints);
    enum exit_code code = run->plan ? EXIT_MET : command_blame(&complaints);
    complaints_free(&complaints);
    struct error error;
    if (run->plan && responder_keys_assign(&run->keys, run->plan, &error) < 0)
        return command_fail(EXIT_FILE, "%s", error.text);
    return code;
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

static bool shows_connection_packets(const struct run *run)
{
    return run->watch && run->watch->connection_packet;
}

/* A new audit, in place of that of an earlier round. 0 or -ENOMEM. */
static int begin_audit(struct run *run)
{
    audit_free(run->audit);
    run->audit = audit_new();
    if (!run->audit || !(run->audit->mode = strdup(run->options->connect ? "connect" : "raw")))
        return -ENOMEM;
    snprintf(run->audit->version, sizeof run->audit->version, "%s", PORTVET_VERSION);
    return plan_begin(run->plan, run->audit);
}

static nsec_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static struct timespec to_timespec(nsec_t time)
{
    return (struct timespec){.tv_sec = time / NSEC_PER_SEC, .tv_nsec = time % NSEC_PER_SEC};
}

/* A wall clock that somebody set in mid-run is believed as it is now; how long the run took,
 * sleep of the machine included, another clock knows. */
static void note_times(const struct run *run)
{
    nsec_t now = read_clock(CLOCK_REALTIME);
    run->audit->finished = to_timespec(now);
    run->audit->started = to_timespec(now - (read_clock(CLOCK_BOOTTIME) - run->started));
}

static int finish_audit(struct run *run)
{
    struct audit *audit = run->audit;
    audit->traffic = run->probing.traffic;
    audit->interrupted = *interrupt_flag() != 0;
    note_times(run);
    return plan_finish(run->plan, audit);
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

static void note_connection_packet(void *context, nsec_t at, bool sent, const uint8_t *bytes,
                                   size_t length)
{
    const struct run *run = context;
    if (run->evidence)
        evidence_add(run->evidence, at, bytes, length);
    if (shows_connection_packets(run))
        run->watch->connection_packet(run->watch->context, at, sent, bytes, length);
}

/* One round, and that is it. */
static int probe_once(struct run *run, struct error *error)
{
    if (begin_audit(run) < 0)
        return error_no_memory(error);
    int status =
        probing_run(&run->probing, run->plan->targets, run->plan->count, judge, run, error);
    return finish_audit(run) < 0 ? error_no_memory(error) : status;
}

/* Probes what this round is of, and judges all that is known then. */
static int probe_round(struct run *run, struct error *error)
{
    size_t count;
    const struct target *targets = rounds_targets(run->rounds, &count);
    int status = probing_run(&run->probing, targets, count, rounds_note, run->rounds, error);
    if (begin_audit(run) < 0 || rounds_judge(run->rounds, run->audit) < 0 ||
        finish_audit(run) < 0)
        return error_no_memory(error);
    return status;
}

/* Rounds until all is met, or no other may begin. What was met once is asked again in any
 * case: when time or a signal cuts that short, it is not met. */
static int probe_until(struct run *run, struct error *error)
{
    struct probing *probing = &run->probing;
    nsec_t end = probing_now(probing) + run->options->until;
    for (unsigned round = 1;; round++) {
        nsec_t began = probing_now(probing);
        uint64_t unmet;
        int status = probe_round(run, error);
        if (status < 0)
            return status;
        int next = rounds_choose(run->rounds, run->audit, &unmet);
        if (next < 0)
            return error_no_memory(error);
        nsec_t left = end - probing_now(probing);
        if (next == ROUNDS_OVER ||
            (next == ROUNDS_AGAIN && (left <= 0 || probing_is_over(probing))))
            return 0;
        progress_round(&run->progress, round + 1, unmet, left);
        probing_wait(probing, began + ROUND_LEAST);
    }
}

static enum exit_code scan(struct run *run)
{
    struct error error;
    run->started = read_clock(CLOCK_BOOTTIME);
    int status = run->rounds ? probe_until(run, &error) : probe_once(run, &error);
    progress_end(&run->progress);
    if (status == -ENOMEM)
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

/* Evidence that lacks something is worth having, but says so. */
static void warn_of_gaps(const struct run *run)
{
    const char *path = run->options->pcap_path;
    const struct connection_packets *packets = &run->probing.connection_packets;
    uint64_t dropped = run->probing.traffic.capture_dropped;
    uint64_t strays = connection_packets_strays(packets);
    if (!run->evidence)
        return;
    if (dropped > 0)
        (void)command_fail(EXIT_MET,
                           "warning: %s: packets are missing: %" PRIu64
                           " came while the capture had no room for them",
                           path, dropped);
    if (strays > 0)
        (void)command_fail(EXIT_MET,
                           "warning: %s: %" PRIu64
                           " connections are missing: no port that is captured was free",
                           path, strays);
    if (packets->broken)
        (void)command_fail(EXIT_MET, "warning: %s: packets are missing: the capture failed",
                           path);
}

static int write_outputs(struct run *run, struct error *error)
{
    warn_of_gaps(run);
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
    if (code == EXIT_MET && run->watch && run->watch->planned)
        run->watch->planned(run->watch->context, run->plan);
    if (code == EXIT_MET && open_outputs(run, &error) < 0)
        code = command_fail(EXIT_REPORT, "%s", error.text);
    if (code == EXIT_MET)
        code = probing_open(&run->probing, run->plan);
    if (code == EXIT_MET && confine(run->options, &run->outputs, &error) < 0)
        code = command_fail(EXIT_PRIVILEGE, "%s", error.text);
    if (code == EXIT_MET && run->options->until && !(run->rounds = rounds_new(run->plan)))
        code = command_fail(EXIT_SOFTWARE, "out of memory");
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
    struct run run = {.options = options, .watch = watch};
    run.probing = (struct probing){
        .options = options,
        .library = library,
        .progress = &run.progress,
        .packet = options->pcap_path || shows_packets(&run) ? note_packet : NULL,
        .connection_packet = options->pcap_path || shows_connection_packets(&run)
                                 ? note_connection_packet
                                 : NULL,
        .packet_context = &run,
        .hail = shows_packets(&run),
    };
    progress_init(&run.progress, options->progress);
    enum exit_code code = perform(&run, policy);
    rounds_free(run.rounds);
    probing_close(&run.probing);
    outputs_close(&run.outputs);
    struct error ignored; /* the run has failed otherwise, and said so */
    (void)!evidence_close(run.evidence, &ignored);
    audit_free(run.audit);
    plan_free(run.plan);
    responder_keys_free(&run.keys);
    return code;
}
