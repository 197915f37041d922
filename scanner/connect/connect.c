#include "scanner/connect/connect_state.h"

#include "scanner/engine/decoys.h"
#include "scanner/engine/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Hosts and slots that are worked on at a time. */
enum { WINDOW_HOSTS = 256, WINDOW_SLOTS = 1 << 18 };
/* Controls to each host in a round, and more of them at its end. */
enum { CONTROLS = 16, CLOSERS = 4 };
/* Descriptors that are left for everything else. */
enum { DESCRIPTORS_LEFT = 32 };
/* Long enough for the kernel to send a SYN again, after a second (RFC 6298, 2.1). */
#define HOLD_LAST (1300 * NSEC_PER_MSEC)

static size_t count_seats(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return 1;
    if (files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        (void)!setrlimit(RLIMIT_NOFILE, &files);
        (void)!getrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur <= DESCRIPTORS_LEFT)
        return 1;
    rlim_t free_files = files.rlim_cur - DESCRIPTORS_LEFT;
    return free_files < CONNECT_SEATS_MOST ? (size_t)free_files : CONNECT_SEATS_MOST;
}

struct connect *connect_new(const struct connect_options *options, struct error *error)
{
    struct connect *connect = calloc(1, sizeof *connect);
    if (!connect) {
        error_no_memory(error);
        return NULL;
    }
    connect->options = *options;
    connect->random = options->seed;
    connect->seats_most = count_seats();
    connect->counters = open("/proc/net/netstat", O_RDONLY | O_CLOEXEC);
    return connect;
}

void connect_free(struct connect *connect)
{
    if (!connect)
        return;
    if (connect->counters >= 0)
        close(connect->counters);
    free(connect->slots);
    free(connect->hosts);
    free(connect->jobs);
    free(connect);
}

void connect_totals(const struct connect *connect, struct connect_totals *totals)
{
    *totals = connect->totals;
}

/* The value that stands below NAME in the two lines of /proc/net/netstat that begin with
 * "TcpExt:"; -1: there is none. */
static int64_t find_counter(char *text, const char *name)
{
    char *values, *name_rest, *value_rest;
    char *names = strstr(text, "TcpExt:");
    if (!names || !(values = strstr(names + 1, "TcpExt:")))
        return -1;
    values[-1] = '\0';
    char *key = strtok_r(names, " ", &name_rest), *value = strtok_r(values, " \n", &value_rest);
    while (key && value && strcmp(key, name) != 0) {
        key = strtok_r(NULL, " ", &name_rest);
        value = strtok_r(NULL, " \n", &value_rest);
    }
    return key && value ? strtoll(value, NULL, 10) : -1;
}

/* SYNs that this machine itself refused when they were sent again; -1: not known. */
static int64_t count_refused(const struct connect *connect)
{
    char text[8192];
    size_t length = 0;
    ssize_t count = 0;
    if (connect->counters < 0 || lseek(connect->counters, 0, SEEK_SET) < 0)
        return -1;
    while (length < sizeof text - 1 &&
           (count = read(connect->counters, text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)count;
    if (count < 0)
        return -1;
    text[length] = '\0';
    return find_counter(text, "TCPRetransFail");
}

/* ---- a window of hosts ---- */

static uint32_t ports_of(const struct target *target)
{
    uint32_t count = 0;
    for (int proto = 0; proto < PROTO_COUNT; proto++)
        count += target->ports[proto] ? portset_size(target->ports[proto]) : 0;
    return count;
}

static void add_slots(struct connect *connect, uint32_t host, const struct target *target)
{
    for (int proto = 0; proto < PROTO_COUNT; proto++) {
        const struct portset *ports = target->ports[proto];
        for (size_t i = 0; ports && i < ports->count; i++) {
            for (uint32_t port = ports->ranges[i].first; port <= ports->ranges[i].last; port++)
                connect->slots[connect->slot_count++] = (struct connect_slot){
                    .host = host, .port = (uint16_t)port, .proto = (uint8_t)proto};
        }
    }
}

/* Takes in the next targets from FIRST on. How many, or -ENOMEM. */
static int64_t open_window(struct connect *connect, const struct target *targets, size_t first,
                           size_t count)
{
    size_t hosts = 0, slots = 0;
    while (first + hosts < count && hosts < WINDOW_HOSTS &&
           (hosts == 0 || slots + ports_of(&targets[first + hosts]) <= WINDOW_SLOTS))
        slots += ports_of(&targets[first + hosts++]);
    free(connect->slots);
    free(connect->hosts);
    slots += hosts * DECOYS;
    connect->slots = calloc(slots, sizeof *connect->slots);
    connect->hosts = calloc(hosts, sizeof *connect->hosts);
    connect->slot_count = 0;
    connect->host_count = hosts;
    if (!connect->slots || !connect->hosts)
        return -ENOMEM;
    for (size_t i = 0; i < hosts; i++) {
        struct connect_host *host = &connect->hosts[i];
        *host = (struct connect_host){.target = &targets[first + i],
                                      .number = first + i,
                                      .first = (uint32_t)connect->slot_count,
                                      .token = -1};
        add_slots(connect, (uint32_t)i, host->target);
        host->count = host->undecided = (uint32_t)connect->slot_count - host->first;
        host->over = host->finished = host->count == 0;
        connect_decoys_draw(connect, (uint32_t)i);
    }
    return (int64_t)hosts;
}

/* ---- rounds ---- */

static bool is_waiting(const struct connect_slot *slot)
{
    return !(slot->flags & (CONNECT_DECIDED | CONNECT_PROVEN));
}

static bool add_round(struct connect *connect, struct connect_host *host)
{
    bool added = true;
    host->closed = host->tokens = host->rejected = false;
    host->decoys.asked = host->decoys.witnessed = false;
    if (host->over)
        return true;
    bool in_bursts = host->token >= 0;
    for (uint32_t i = host->first; i < host->first + host->count && added && !in_bursts; i++)
        added =
            !is_waiting(&connect->slots[i]) || connect_add_job(connect, i, CONNECT_JOB_PORT);
    for (uint32_t i = 0; i < CONTROLS && host->witness_count > 0 && added; i++)
        added = connect_add_job(connect, host->witnesses[i % host->witness_count],
                                CONNECT_JOB_CONTROL);
    return added && connect_decoys_add_jobs(connect, host);
}

static bool add_ending(struct connect *connect, struct connect_host *host)
{
    bool added = connect_decoys_add_jobs(connect, host);
    if (host->over || host->token >= 0)
        return added;
    for (uint32_t i = 0; i < CLOSERS && host->witness_count > 0 && added; i++)
        added = connect_add_job(connect, host->witnesses[i % host->witness_count],
                                CONNECT_JOB_CLOSER);
    return added;
}

static void shuffle(struct connect *connect)
{
    for (size_t i = connect->job_count; i > 1; i--) {
        size_t other = random_next(&connect->random) % i;
        struct connect_job job = connect->jobs[other];
        connect->jobs[other] = connect->jobs[i - 1];
        connect->jobs[i - 1] = job;
    }
}

typedef bool add_fn(struct connect *connect, struct connect_host *host);

static bool for_unfinished(struct connect *connect, add_fn *add)
{
    bool added = true;
    for (size_t i = 0; i < connect->host_count && added; i++)
        added = connect->hosts[i].finished || add(connect, &connect->hosts[i]);
    return added;
}

static int do_round(struct connect *connect)
{
    if (!for_unfinished(connect, add_round))
        return -ENOMEM;
    shuffle(connect);
    int status = connect_do_jobs(connect, 0);
    if (status < 0)
        return status;
    if (!for_unfinished(connect, add_ending))
        return -ENOMEM;
    status = connect_do_jobs(connect, 0);
    if (status < 0)
        return status;
    if (!for_unfinished(connect, connect_bursts_add_jobs))
        return -ENOMEM;
    if (connect->job_count > 0)
        connect->next_allowed = connect_now() + connect_bursts_pause(connect);
    return connect_do_jobs(connect, 0);
}

static bool all_finished(const struct connect *connect)
{
    for (size_t i = 0; i < connect->host_count; i++) {
        if (!connect->hosts[i].finished)
            return false;
    }
    return true;
}

static int do_rounds(struct connect *connect)
{
    int status = 0;
    for (unsigned round = 1; status == 0 && !all_finished(connect); round++) {
        status = do_round(connect);
        if (connect->stopped != REASON_NONE)
            break;
        for (size_t i = 0; i < connect->host_count; i++) {
            if (!connect->hosts[i].finished)
                connect_judge_round(connect, &connect->hosts[i], round);
        }
    }
    return status;
}

/* Asks silent TCP ports once more and waits until the kernel has repeated the SYN: if it
 * was this machine that refused, the kernel has counted that. *REFUSED: so it was, or
 * nobody knows. */
static int do_last_round(struct connect *connect, bool *refused)
{
    int64_t before = count_refused(connect);
    for (uint32_t i = 0; i < connect->slot_count; i++) {
        const struct connect_slot *slot = &connect->slots[i];
        bool silent = slot->proto == PROTO_TCP && slot->flags & CONNECT_PROVEN;
        if (silent && !connect_add_job(connect, i, CONNECT_JOB_PORT))
            return -ENOMEM;
    }
    *refused = false;
    if (connect->job_count == 0)
        return 0;
    int status = connect_do_jobs(connect, HOLD_LAST);
    *refused = before < 0 || count_refused(connect) != before;
    return status;
}

static int do_window(struct connect *connect, engine_host_fn *done, void *context)
{
    bool refused = true;
    int status = do_rounds(connect);
    if (status == 0 && connect->stopped == REASON_NONE)
        status = do_last_round(connect, &refused);
    refused = refused || connect->stopped != REASON_NONE;
    for (size_t i = 0; i < connect->host_count && status == 0; i++) {
        status = connect_settle(connect, &connect->hosts[i], refused, done, context);
        connect->progress.hosts_done++;
    }
    return status;
}

int connect_run(struct connect *connect, const struct target *targets, size_t count,
                engine_host_fn *done, void *context, struct error *error)
{
    int64_t taken = 0;
    int status = 0;
    if (connect->started == 0)
        connect->started = connect_now();
    connect->progress = (struct engine_totals){.hosts = count};
    for (size_t i = 0; i < count; i++)
        connect->progress.ports += ports_of(&targets[i]);
    for (size_t first = 0; first < count && status == 0; first += (size_t)taken) {
        taken = open_window(connect, targets, first, count);
        status = taken < 0 ? (int)taken : do_window(connect, done, context);
    }
    connect->totals.seconds = (double)(connect_now() - connect->started) / (double)NSEC_PER_SEC;
    if (status < 0)
        return error_set(error, status, "no connection can be begun: %s", strerror(-status));
    return 0;
}
