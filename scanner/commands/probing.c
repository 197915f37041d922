#include "scanner/commands/probing.h"

#include "scanner/commands/connect_audit.h"
#include "scanner/commands/interrupt.h"
#include "scanner/connect/handshakes.h"
#include "scanner/network/net_live.h"
#include "scanner/privileges/privileges.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Where a host rejects by ICMP at one a second, as Linux does, confirming takes its time:
 * an audit waits for the 299 ports that tell the rest, a scan does not. */
#define LIMITED_CHECK (400 * NSEC_PER_SEC)
#define LIMITED_SCAN  (20 * NSEC_PER_SEC)

/* Frames past the kernel's IP output would slip by a firewall on this machine. */
static bool is_outbound(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->targets[i].responder)
            return true;
    }
    return false;
}

/* Handshakes come from other ports than probes: where the probes' own is part of what is asked,
 * they would answer another question. */
static bool makes_handshakes(const struct options *options)
{
    return options->source_port == 0;
}

static int open_connection_packets(struct probing *probing, struct error *error)
{
    const struct options *options = probing->options;
    probing->connection_packets = (struct connection_packets){
        .packet = probing->connection_packet, .context = probing->packet_context};
    if (!probing->connection_packet || (probing->net && !makes_handshakes(options)))
        return 0;
    return connection_packets_open(&probing->connection_packets, probing->net, options->connect,
                                   error);
}

/* Connections take no privilege, but seeing their packets does. */
static enum exit_code show_connections(struct probing *probing)
{
    struct error error;
    if (!probing->connection_packet)
        return EXIT_MET;
    int status = privileges_raise(&error);
    if (status == 0)
        status = open_connection_packets(probing, &error);
    if (status == -EPERM)
        return command_fail(EXIT_PRIVILEGE,
                            "--pcap captures packets, with --connect as well, which needs the "
                            "privilege CAP_NET_RAW: run as root, or once "
                            "`setcap cap_net_raw=p` on the program, or leave --pcap out");
    return status < 0 ? command_fail(EXIT_NETWORK, "%s", error.text) : EXIT_MET;
}

static enum exit_code open_connections(struct probing *probing, const struct plan *plan)
{
    struct error error;
    if (is_outbound(plan))
        return command_fail(EXIT_USAGE,
                            "--connect cannot audit what goes out to a responder, which "
                            "answers signed probes alone: leave --connect out, and "
                            "run as root or with CAP_NET_RAW");
    enum exit_code code = show_connections(probing);
    if (code != EXIT_MET)
        return code;
    const struct connect_audit_setting setting = {
        probing->options, probing->library, probing->progress,
        connection_packets_watch(&probing->connection_packets)};
    probing->connect = connect_audit_open(&setting, plan, &error);
    return probing->connect ? EXIT_MET : command_fail(EXIT_USAGE, "%s", error.text);
}

enum exit_code probing_open(struct probing *probing, const struct plan *plan)
{
    const struct options *options = probing->options;
    if (options->connect)
        return open_connections(probing, plan);
    const struct net_live_options live = {
        .interface = options->interface,
        .source = options->source,
        .source_port = options->source_port,
        .kernel_output = is_outbound(plan),
    };
    struct error error;
    int status = privileges_raise(&error);
    if (status == 0)
        status = net_live_open(&probing->net, &live, &error);
    if (status == 0)
        status = open_connection_packets(probing, &error);
    if (status == -EPERM)
        return command_fail(EXIT_PRIVILEGE, "%s", error.text);
    return status < 0 ? command_fail(EXIT_NETWORK, "%s", error.text) : EXIT_MET;
}

void probing_close(struct probing *probing)
{
    connect_free(probing->connect);
    connection_packets_close(&probing->connection_packets);
    if (probing->net)
        probing->net->close(probing->net);
}

static nsec_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

nsec_t probing_now(const struct probing *probing)
{
    return probing->net ? probing->net->now(probing->net) : read_clock(CLOCK_MONOTONIC);
}

static nsec_t deadline_of(const struct probing *probing)
{
    nsec_t deadline = probing->options->deadline;
    return deadline ? probing->started + deadline : NSEC_NEVER;
}

bool probing_is_over(const struct probing *probing)
{
    return *interrupt_flag() != 0 || probing_now(probing) >= deadline_of(probing);
}

/* Order may be repeated. */
static uint64_t draw_seed(const struct options *options)
{
    struct cookie_key key;
    uint64_t seed = options->seed;
    cookie_key_draw(&key);
    if (!options->seed_given)
        memcpy(&seed, key.bytes, sizeof seed);
    return seed;
}

static struct engine *make_engine(const struct probing *probing, const struct target *targets,
                                  size_t count, engine_host_fn *done, void *context,
                                  struct error *error)
{
    const struct options *options = probing->options;
    struct net *net = probing->net;
    struct engine_options engine_options = {
        .max_rate = options->max_rate,
        .miss = options->miss,
        .max_tries = options->max_tries,
        .deadline = deadline_of(probing),
        .limited_budget = options->command == FOR_SCAN ? LIMITED_SCAN : LIMITED_CHECK,
        .source_port_first = net->source_port_first,
        .source_port_count = net->source_port_count,
        .library = probing->library,
        .hail = probing->hail,
        .seed = draw_seed(options),
        .wall_ahead = read_clock(CLOCK_REALTIME) - net->now(net),
    };
    /* Never given: it is what nobody can guess. */
    cookie_key_draw(&engine_options.key);
    return engine_new(&engine_options, targets, count, done, context, error);
}

static void note_traffic(struct probing *probing, const struct engine *engine)
{
    struct audit_traffic *traffic = &probing->traffic;
    struct net *net = probing->net;
    struct net_counters counters;
    struct engine_totals totals;
    net->counters(net, &counters);
    engine_totals(engine, &totals);
    traffic->sent = counters.sent;
    traffic->received += totals.received;
    traffic->send_errors = counters.send_errors;
    traffic->capture_dropped = counters.capture_dropped;
    traffic->invalid += totals.invalid;
}

static int drive_engine(struct probing *probing, struct engine *engine, struct error *error)
{
    const struct drive drive = {
        .engine = engine,
        .net = probing->net,
        .signal = interrupt_flag(),
        .progress = progress_show,
        .context = probing->progress,
        .packet = probing->packet,
        .packet_context = probing->packet_context,
    };
    int status = drive_run(&drive, error);
    note_traffic(probing, engine);
    return status;
}

static int probe(struct probing *probing, const struct target *targets, size_t count,
                 struct doubts *doubts, struct error *error)
{
    if (probing->connect) {
        int status = connect_run(probing->connect, targets, count, doubts_take, doubts, error);
        probing->traffic = connect_audit_traffic(probing->connect);
        return status;
    }
    struct engine *engine = make_engine(probing, targets, count, doubts_take, doubts, error);
    if (!engine)
        return -ENOMEM;
    int status = drive_engine(probing, engine, error);
    engine_free(engine);
    return status;
}

static int dispel(const struct probing *probing, struct doubts *doubts)
{
    const struct options *options = probing->options;
    const struct handshakes_options handshakes = {
        .way = {.interface = options->interface,
                .source = options->source,
                .watch = connection_packets_watch(&probing->connection_packets)},
        .max_rate = options->max_rate,
        .deadline = deadline_of(probing),
        .signal = interrupt_flag(),
    };
    return makes_handshakes(options) ? handshakes_make(doubts, &handshakes) : 0;
}

int probing_run(struct probing *probing, const struct target *targets, size_t count,
                engine_host_fn *done, void *context, struct error *error)
{
    if (probing->started == 0)
        probing->started = probing_now(probing);
    const struct doubts_options options = {
        .targets = targets,
        .seed = draw_seed(probing->options),
    };
    struct doubts *doubts = doubts_new(&options, done, context);
    if (!doubts)
        return error_no_memory(error);
    if (probing->connect)
        connection_packets_begin(&probing->connection_packets);
    int status = probe(probing, targets, count, doubts, error);
    if (probing->net)
        connection_packets_begin(&probing->connection_packets);
    if (status == 0 && dispel(probing, doubts) < 0)
        status = error_no_memory(error);
    connection_packets_end(&probing->connection_packets);
    probing->traffic.capture_dropped += probing->connection_packets.dropped;
    probing->traffic.seconds =
        (double)(probing_now(probing) - probing->started) / (double)NSEC_PER_SEC;
    int settled = doubts_settle(doubts);
    doubts_free(doubts);
    return status < 0 || settled == 0 ? status : error_no_memory(error);
}

/* Of type net_receive_fn. */
static void drop_packet(void *context, nsec_t at, const uint8_t *bytes, size_t length)
{
    (void)context, (void)at, (void)bytes, (void)length;
}

/* 0, or negative: it is no use to wait any longer. */
static int pass_time(const struct probing *probing, nsec_t until)
{
    if (probing->net)
        return probing->net->receive(probing->net, until, drop_packet, NULL);
    nsec_t left = until - probing_now(probing);
    const struct timespec time = {left / NSEC_PER_SEC, left % NSEC_PER_SEC};
    return left > 0 ? -clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL) : 0;
}

void probing_wait(const struct probing *probing, nsec_t until)
{
    int status = 0;
    while (!probing_is_over(probing) && probing_now(probing) < until &&
           (status == 0 || status == -EINTR))
        status = pass_time(probing, until);
}
