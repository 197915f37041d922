#include "scanner/connect/connect_state.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

/* An answer that takes longer than this competes with the kernel's second SYN, after a
 * second (RFC 6298, 2.1), and would hide the loss of the first. */
#define HOLD_MOST  (900 * NSEC_PER_MSEC)
#define HOLD_LEAST (100 * NSEC_PER_MSEC)
/* What this machine refuses at the moment is tried again after this time. */
#define BREATH        (20 * NSEC_PER_MSEC)
#define BREATHS_MOST  250
#define JOBS_AT_FIRST 1024

nsec_t connect_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

bool connect_add_job(struct connect *connect, uint32_t slot, enum connect_job_kind kind)
{
    if (connect->job_count == connect->job_capacity) {
        size_t capacity = connect->job_capacity ? connect->job_capacity * 2 : JOBS_AT_FIRST;
        struct connect_job *grown = realloc(connect->jobs, capacity * sizeof *grown);
        if (!grown)
            return false;
        connect->jobs = grown;
        connect->job_capacity = capacity;
    }
    connect->jobs[connect->job_count++] = (struct connect_job){slot, (uint8_t)kind};
    return true;
}

/* A UDP service answers when it likes, and to nobody any more once the socket is closed. */
static nsec_t hold_time(const struct connect *connect, const struct connect_job *job)
{
    const struct connect_slot *slot = &connect->slots[job->slot];
    nsec_t hold = rtt_timeout(&connect->hosts[slot->host].rtt);
    if (hold < HOLD_LEAST)
        hold = HOLD_LEAST;
    if (hold > HOLD_MOST)
        hold = HOLD_MOST;
    nsec_t patience =
        udp_library_patience_ms(connect->options.way.library, slot->port) * NSEC_PER_MSEC;
    return slot->proto == PROTO_UDP && patience > hold ? patience : hold;
}

/* 1: a socket was opened, or will never be; 0: not now; -errno: as always. */
static int take_seat(struct connect *connect, const struct connect_job *job, nsec_t hold)
{
    struct connect_slot *slot = &connect->slots[job->slot];
    const struct connect_host *host = &connect->hosts[slot->host];
    struct connect_seat *seat = &connect->seats[connect->seated];
    bool again = job->kind != CONNECT_JOB_PORT && slot->tries > 0; /* what was answered */
    seat->socket = (struct connect_socket){
        .proto = slot->proto,
        .port = slot->port,
        .turn = slot->tries - (again ? 1u : 0u),
        .target = host->target->address,
    };
    int status = connect_socket_open(&seat->socket, &connect->options.way);
    if (status == -EMFILE || status == -ENFILE || status == -ENOBUFS || status == -ENOMEM ||
        status == -EAGAIN || status == -EADDRNOTAVAIL)
        return connect->seated > 0 ? 0 : status;
    if (status < 0) {
        connect->totals.send_errors++;
        connect_note_refused(connect, job, status);
        return 1;
    }
    connect->totals.sent++;
    if (job->kind == CONNECT_JOB_PORT && slot->tries < UINT8_MAX)
        slot->tries++;
    seat->job = *job;
    seat->begun = connect_now();
    connect_bursts_note_begun(&connect->hosts[slot->host], (enum connect_job_kind)job->kind,
                              seat->begun);
    seat->until = seat->begun + (hold ? hold : hold_time(connect, job));
    connect->polls[connect->seated++] = (struct pollfd){
        .fd = seat->socket.fd, .events = slot->proto == PROTO_TCP ? POLLOUT : POLLIN};
    return 1;
}

static void leave_seat(struct connect *connect, size_t index)
{
    connect_socket_close(&connect->seats[index].socket);
    connect->seats[index] = connect->seats[--connect->seated];
    connect->polls[index] = connect->polls[connect->seated];
}

/* When the next job may begin. */
static void count_pace(struct connect *connect, nsec_t now)
{
    if (connect->options.max_rate <= 0)
        return;
    nsec_t step = (nsec_t)((double)NSEC_PER_SEC / connect->options.max_rate);
    nsec_t from = connect->next_allowed > now ? connect->next_allowed : now;
    connect->next_allowed = from + step;
}

static nsec_t deadline_of(const struct connect *connect)
{
    nsec_t deadline = connect->options.deadline;
    return deadline ? connect->started + deadline : NSEC_NEVER;
}

static nsec_t earliest(const struct connect *connect, bool more, nsec_t now)
{
    nsec_t at = now + 100 * NSEC_PER_MSEC;
    if (deadline_of(connect) < at)
        at = deadline_of(connect);
    if (more && connect->seated < connect->seats_most && connect->next_allowed < at)
        at = connect->next_allowed;
    for (size_t i = 0; i < connect->seated; i++) {
        if (connect->seats[i].until < at)
            at = connect->seats[i].until;
    }
    return at;
}

static void await(struct connect *connect, nsec_t until)
{
    nsec_t left = until - connect_now();
    if (left < 0)
        left = 0;
    struct timespec time = {left / NSEC_PER_SEC, left % NSEC_PER_SEC};
    (void)!ppoll(connect->polls, connect->seated, &time, NULL);
}

static void collect(struct connect *connect)
{
    nsec_t now = connect_now();
    for (size_t i = connect->seated; i-- > 0;) {
        struct connect_seat *seat = &connect->seats[i];
        struct connect_answer answer = {0};
        if (connect->polls[i].revents && connect_socket_read(&seat->socket, &answer)) {
            connect->totals.received++;
            connect_note_answer(connect, &seat->job, &answer, now - seat->begun);
            leave_seat(connect, i);
        } else if (now >= seat->until) {
            connect_note_silence(connect, &seat->job);
            leave_seat(connect, i);
        }
    }
}

static void look_around(struct connect *connect, nsec_t now)
{
    if (connect->options.signal && *connect->options.signal)
        connect->stopped = REASON_INTERRUPTED;
    else if (now >= deadline_of(connect))
        connect->stopped = REASON_DEADLINE;
    if (connect->options.progress)
        connect->options.progress(connect->options.progress_context, now, &connect->progress);
}

static bool has_more(const struct connect *connect)
{
    return connect->next_job < connect->job_count;
}

int connect_do_jobs(struct connect *connect, nsec_t hold)
{
    unsigned breaths = 0;
    connect->next_job = 0;
    while (connect->stopped == REASON_NONE && (has_more(connect) || connect->seated)) {
        nsec_t now = connect_now();
        int status = 1;
        while (has_more(connect) && connect->seated < connect->seats_most &&
               connect->next_allowed <= now && status > 0) {
            status = take_seat(connect, &connect->jobs[connect->next_job], hold);
            connect->next_job += status > 0;
            if (status > 0)
                count_pace(connect, now);
        }
        if (status < 0 && ++breaths > BREATHS_MOST)
            return status;
        if (status <= 0)
            connect->next_allowed = now + BREATH;
        await(connect, earliest(connect, has_more(connect), now));
        collect(connect);
        connect_way_look(&connect->options.way);
        look_around(connect, connect_now());
    }
    while (connect->seated > 0)
        leave_seat(connect, connect->seated - 1);
    connect_way_look(&connect->options.way);
    connect->job_count = 0;
    return 0;
}
