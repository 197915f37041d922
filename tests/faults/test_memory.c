/* A whole audit over the simulator, from the file to the reports, while one allocation
 * after the other fails: it ends with a sentence or with true verdicts, never with a pass,
 * and gives everything back. */
#include "expect/expect.h"
#include "probes/udp_library_data.h"
#include "reports/reports.h"
#include "scanner/drive.h"
#include "tests/faults/failing_memory.h"
#include "tests/simulator/simulator.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the network: its own allocations never fail ---- */

static const struct sim_row rows[] = {
    {PROTO_TCP, 22, 22, {.behaviour = SIM_OPEN}},
    {PROTO_TCP, 23, 23, {.behaviour = SIM_CLOSED}},
    {PROTO_TCP, 24, 24, {.behaviour = SIM_DROP}},
    {PROTO_TCP, 25, 25, {.behaviour = SIM_REJECT_ICMP, .icmp_type = 3, .icmp_code = 13}},
    {PROTO_TCP, 26, 26, {.behaviour = SIM_OPEN}}, /* and nobody expects it */
    {PROTO_UDP, 9, 9, {.behaviour = SIM_MUTE}},
};
static const struct sim_host hosts[] = {
    {.first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 10}},
     .count = 1,
     .rows = rows,
     .row_count = COUNT(rows)},
};
static const struct sim_config config = {
    .seed = 1, .hosts = hosts, .host_count = COUNT(hosts), .snap_length = 256};

static const char expectations[] = "hosts:\n"
                                   "  203.0.113.10: 22 open; 23 closed; 24 dropped; "
                                   "25 rejected; 26 dropped; udp 9 silent\n"
                                   "waivers:\n"
                                   "  - {hosts: 203.0.113.10, ports: 23, until: 2099-01-01, "
                                   "reason: none}\n";

struct shim {
    struct net net;
    struct net *inner;
    net_receive_fn *receive;
    void *context;
};

static int shim_route(struct net *net, const struct addr *to, struct net_route *route)
{
    struct shim *shim = (struct shim *)net;
    bool armed = memory_arm(false);
    int status = shim->inner->route(shim->inner, to, route);
    memory_arm(armed);
    return status;
}

static int shim_send(struct net *net, struct net_packet *packets, size_t count)
{
    struct shim *shim = (struct shim *)net;
    bool armed = memory_arm(false);
    int status = shim->inner->send(shim->inner, packets, count);
    memory_arm(armed);
    return status;
}

static void shim_hand_on(void *context, nsec_t at, const uint8_t *bytes, size_t length)
{
    struct shim *shim = context;
    bool armed = memory_arm(true);
    shim->receive(shim->context, at, bytes, length);
    memory_arm(armed);
}

static int shim_receive(struct net *net, nsec_t until, net_receive_fn *receive, void *context)
{
    struct shim *shim = (struct shim *)net;
    shim->receive = receive;
    shim->context = context;
    bool armed = memory_arm(false);
    int status = shim->inner->receive(shim->inner, until, shim_hand_on, shim);
    memory_arm(armed);
    return status;
}

static nsec_t shim_now(struct net *net)
{
    struct shim *shim = (struct shim *)net;
    return shim->inner->now(shim->inner);
}

static void shim_counters(struct net *net, struct net_counters *counters)
{
    struct shim *shim = (struct shim *)net;
    shim->inner->counters(shim->inner, counters);
}

static void shim_open(struct shim *shim)
{
    struct error error;
    bool armed = memory_arm(false);
    shim->inner = simulator_open(&config, &error);
    memory_arm(armed);
    assert_non_null(shim->inner);
    shim->net = (struct net){
        .source_port_first = shim->inner->source_port_first,
        .source_port_count = shim->inner->source_port_count,
        .route = shim_route,
        .send = shim_send,
        .receive = shim_receive,
        .now = shim_now,
        .counters = shim_counters,
    };
}

/* ---- the audit ---- */

struct story {
    const char *file, *folder;
    struct udp_library library;
    struct complaints complaints;
    struct policy *policy;
    struct plan *plan;
    struct shim shim;
    struct engine *engine;
    struct audit *audit;
    struct error error;
    size_t reports; /* written */
};

static int read_library(struct story *story)
{
    int status = 0;
    for (size_t i = 0; i < udp_library_file_count && status == 0; i++) {
        const struct udp_library_file *file = &udp_library_files[i];
        if (strcmp(file->name, "dns.yml") == 0 || strcmp(file->name, "syslog.yml") == 0)
            status = probe_file_read(&story->library, file->name, file->text, file->length,
                                     &story->complaints);
    }
    return status;
}

static int make_plan(struct story *story)
{
    const struct plan_options options = {
        .max_hosts = 10, .shard = 1, .shards = 1, .today = {.tv_sec = 1781524800}};
    story->policy = policy_read(&story->file, 1, NULL, 0, &story->complaints);
    if (story->policy)
        policy_lint(story->policy, &story->library, options.today, &story->complaints);
    if (story->policy)
        story->plan = plan_new(story->policy, &options, &story->complaints);
    return story->plan ? 0 : -ENOMEM;
}

static int judge(void *context, const struct host_observation *host)
{
    struct story *story = context;
    return plan_judge(story->plan, host, story->audit);
}

static int scan(struct story *story)
{
    struct engine_options options = {
        .seed = 1,
        .miss = 1e-6,
        .deadline = NSEC_NEVER,
        .source_port_first = story->shim.net.source_port_first,
        .source_port_count = story->shim.net.source_port_count,
        .library = &story->library,
    };
    cookie_key_from_seed(&options.key, 1);
    story->engine = engine_new(&options, story->plan->targets, story->plan->count, judge, story,
                               &story->error);
    if (!story->engine)
        return -ENOMEM;
    const struct drive drive = {.engine = story->engine, .net = &story->shim.net};
    return drive_run(&drive, &story->error);
}

static int write_report(struct story *story, const struct report_writer *writer)
{
    static const struct report_style style = {.verbose = true};
    char path[128];
    snprintf(path, sizeof path, "%s/%s", story->folder, writer->name);
    struct report_sink *sink = report_sink_open(path, &story->error);
    if (!sink)
        return -EIO;
    int status = report_sink_write(sink, writer, story->audit, &style, &story->error);
    report_sink_free(sink);
    story->reports += status == 0;
    return status;
}

static int run_story(struct story *story)
{
    int status = read_library(story);
    if (status < 0 || (status = make_plan(story)) < 0) {
        snprintf(story->error.text, sizeof story->error.text, "complaints");
        return complaints_any_error(&story->complaints) ? status : 1;
    }
    story->audit = audit_new();
    if (!story->audit || !(story->audit->mode = strdup("raw")) ||
        plan_begin(story->plan, story->audit) < 0)
        return error_no_memory(&story->error);
    if ((status = scan(story)) < 0)
        return status;
    if (plan_finish(story->plan, story->audit) < 0)
        return error_no_memory(&story->error);
    size_t count;
    const struct report_writer *writers = report_writers(&count);
    for (size_t i = 0; i < count && status == 0; i++)
        status = write_report(story, &writers[i]);
    return status;
}

static void free_story(struct story *story)
{
    engine_free(story->engine);
    audit_free(story->audit);
    plan_free(story->plan);
    policy_free(story->policy);
    complaints_free(&story->complaints);
    udp_library_free(&story->library);
    story->shim.inner->close(story->shim.inner);
}

/* ---- what must hold ---- */

static enum port_state truth(enum proto proto, uint16_t port)
{
    static const enum port_state states[] = {PORT_OPEN, PORT_CLOSED, PORT_DROPPED,
                                             PORT_REJECTED, PORT_OPEN};
    return proto == PROTO_UDP ? PORT_SILENT : states[port - 22];
}

static void check_verdicts(const struct audit *audit)
{
    for (size_t i = 0; i < audit->host_count; i++) {
        for (size_t j = 0; j < audit->hosts[i].count; j++) {
            const struct observation *seen = &audit->hosts[i].verdicts[j].seen;
            for (uint32_t k = 0; k < portset_size(&seen->ports); k++) {
                uint16_t port = portset_nth(&seen->ports, k);
                if (seen->state != PORT_UNKNOWN && seen->state != truth(seen->proto, port))
                    fail_msg("%s %u is said to be %s", proto_name(seen->proto), port,
                             port_state_name(seen->state));
            }
        }
    }
}

/* Whole reports lie in the folder, and nothing else; takes them away. */
static void check_folder(const struct story *story)
{
    size_t found = 0;
    DIR *folder = opendir(story->folder);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[512];
        if (entry->d_name[0] == '.' && entry->d_type == DT_DIR)
            continue;
        snprintf(path, sizeof path, "%s/%s", story->folder, entry->d_name);
        if (!report_writer_find(entry->d_name))
            fail_msg("%s is left behind", entry->d_name);
        if (strcmp(entry->d_name, "json") == 0) {
            struct audit *audit;
            struct error error;
            assert_int_equal(audit_read_json(&audit, path, &error), 0);
            assert_int_not_equal(audit->result, RESULT_MET);
            audit_free(audit);
        }
        unlink(path);
        found++;
    }
    closedir(folder);
    assert_int_equal(found, story->reports);
}

/* False: no allocation failed any more. */
static bool run_failing(const char *file, const char *folder, uint64_t at, bool and_after)
{
    struct story story = {.file = file, .folder = folder};
    shim_open(&story.shim);
    memory_fail_at(at, and_after);
    memory_arm(true);
    int status = run_story(&story);
    memory_arm(false);
    bool failed = at > 0 && memory_count() >= at;
    if (status > 0 || (status < 0 && (!failed || story.error.text[0] == '\0')))
        fail_msg("allocation %llu: ended with %d and nothing to read", (unsigned long long)at,
                 status);
    if (status == 0 && story.audit->result == RESULT_MET)
        fail_msg("allocation %llu: it passed", (unsigned long long)at);
    if (status == 0)
        check_verdicts(story.audit);
    check_folder(&story);
    free_story(&story);
    return failed;
}

/* The same, and no memory is lost, but by libxml2: it keeps the text of its last error, and
 * forgets some of its own blocks when it runs short of memory. */
static bool try_failure(const char *file, const char *folder, uint64_t at, bool and_after)
{
    int64_t before = memory_blocks();
    bool failed = run_failing(file, folder, at, and_after);
    if (memory_blocks() != before && !memory_failed_inside("libxml2"))
        fail_msg("allocation %llu: %lld blocks leaked", (unsigned long long)at,
                 (long long)(memory_blocks() - before));
    return failed;
}

struct places {
    char file[48], folder[48];
};

static int make_places(void **state)
{
    static struct places places = {"/dev/shm/portvet-memory-XXXXXX",
                                   "/dev/shm/portvet-memory-XXXXXX"};
    int fd = mkstemp(places.file);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, expectations, strlen(expectations)), strlen(expectations));
    close(fd);
    assert_non_null(mkdtemp(places.folder));
    *state = &places;
    /* What libraries allocate once and keep is allocated here. */
    (void)run_failing(places.file, places.folder, 0, false);
    return 0;
}

static int remove_places(void **state)
{
    struct places *places = *state;
    unlink(places->file);
    return rmdir(places->folder);
}

static void each_allocation_may_fail(void **state)
{
    struct places *places = *state;
    uint64_t at = 1;
    while (try_failure(places->file, places->folder, at, false))
        at++;
    print_message("%llu allocations, each failed once\n", (unsigned long long)at - 1);
}

static void memory_may_run_out_at_any_time(void **state)
{
    struct places *places = *state;
    uint64_t at = 1;
    while (try_failure(places->file, places->folder, at, true))
        at++;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
        cmocka_unit_test(memory_may_run_out_at_any_time),
    };
    return cmocka_run_group_tests(tests, make_places, remove_places);
}
