/* Loaded into a program by LD_PRELOAD: a machine whose clocks do what nobody may do to those
 * of a real one.
 *
 *   BAD_CLOCK_STEPS=MS:SECONDS,…   MS after the start the wall clock is set by SECONDS
 *   BAD_CLOCK_SLEEPS=1             stopped for more than half a second, the program finds that
 *                                  the machine was asleep: CLOCK_MONOTONIC stood still */
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC  INT64_C(1000000000)
#define NSEC_PER_MSEC INT64_C(1000000)

enum { STEPS_MOST = 64 };

static struct {
    int64_t begun;
    struct {
        int64_t at, by;
    } steps[STEPS_MOST];
    int count;
    bool sleeps;
    int64_t last; /* when the program was seen awake, or when it wanted to wake up */
    int64_t slept;
} machine;

/* The kernel itself, as other functions of the library call those below. */
static int64_t true_time(clockid_t clock)
{
    struct timespec time;
    (void)syscall(SYS_clock_gettime, clock, &time);
    return time.tv_sec * NSEC_PER_SEC + time.tv_nsec;
}

static void begin(void) __attribute__((constructor));

static void begin(void)
{
    const char *text = getenv("BAD_CLOCK_STEPS");
    machine.begun = machine.last = true_time(CLOCK_MONOTONIC);
    machine.sleeps = getenv("BAD_CLOCK_SLEEPS") != NULL;
    for (char *end; text && *text && machine.count < STEPS_MOST; machine.count++) {
        machine.steps[machine.count].at = strtoll(text, &end, 10) * NSEC_PER_MSEC;
        machine.steps[machine.count].by = strtoll(end + 1, &end, 10) * NSEC_PER_SEC;
        text = *end == ',' ? end + 1 : end;
    }
}

static int64_t wall_time(void)
{
    int64_t time = true_time(CLOCK_REALTIME), age = true_time(CLOCK_MONOTONIC) - machine.begun;
    for (int i = 0; i < machine.count; i++) {
        if (age >= machine.steps[i].at)
            time += machine.steps[i].by;
    }
    return time;
}

static int64_t steady_time(void)
{
    int64_t time = true_time(CLOCK_MONOTONIC);
    if (machine.sleeps && time - machine.last > NSEC_PER_SEC / 2)
        machine.slept += time - machine.last;
    if (machine.last < time)
        machine.last = time;
    return time - machine.slept;
}

static int64_t seen_time(clockid_t clock)
{
    if (clock == CLOCK_REALTIME)
        return wall_time();
    return clock == CLOCK_MONOTONIC ? steady_time() : true_time(clock);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    int64_t seen = seen_time(clock);
    *time = (struct timespec){.tv_sec = seen / NSEC_PER_SEC, .tv_nsec = seen % NSEC_PER_SEC};
    return 0;
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
          const sigset_t *mask)
{
    struct timespec left = *timeout; /* which the kernel changes */
    (void)steady_time();
    machine.last += timeout->tv_sec * NSEC_PER_SEC + timeout->tv_nsec;
    return (int)syscall(SYS_ppoll, fds, count, &left, mask, sizeof *mask);
}

time_t time(time_t *out)
{
    time_t seconds = wall_time() / NSEC_PER_SEC;
    if (out)
        *out = seconds;
    return seconds;
}
