#include "scanner/commands/progress.h"

#include <stdio.h>
#include <unistd.h>

#define REDRAW_LEAST (100 * NSEC_PER_MSEC)
/* A run that is over sooner needs no line. */
#define FIRST_AFTER (500 * NSEC_PER_MSEC)

void progress_init(struct progress *progress, enum when when)
{
    *progress = (struct progress){.shown = when == WHEN_ALWAYS ||
                                           (when == WHEN_AUTO && isatty(STDERR_FILENO))};
}

static void draw(struct progress *progress, nsec_t now, const struct engine_totals *totals)
{
    double seconds = (double)(now - progress->started) / (double)NSEC_PER_SEC;
    double rate = (double)totals->decided / seconds;
    uint64_t settled = totals->decided + totals->limited_ports;
    char left[32] = "", limited[64] = "";
    if (totals->decided > 0 && settled < totals->ports)
        snprintf(left, sizeof left, ", about %.0f s left",
                 (double)(totals->ports - settled) / rate);
    if (totals->limited_hosts > 0)
        snprintf(limited, sizeof limited, ", waiting for ICMP errors of %zu %s",
                 totals->limited_hosts, totals->limited_hosts == 1 ? "host" : "hosts");
    fprintf(stderr, "\r%llu of %llu ports decided, %zu of %zu hosts done, %.0f s%s%s\033[K",
            (unsigned long long)totals->decided, (unsigned long long)totals->ports,
            totals->hosts_done, totals->hosts, seconds, left, limited);
    fflush(stderr);
    progress->written = true;
}

void progress_show(void *context, nsec_t now, const struct engine_totals *totals)
{
    struct progress *progress = context;
    if (!progress->shown)
        return;
    if (progress->started == 0)
        progress->started = progress->last = now;
    if (now - progress->started < FIRST_AFTER || now - progress->last < REDRAW_LEAST)
        return;
    progress->last = now;
    draw(progress, now, totals);
}

void progress_round(struct progress *progress, unsigned number, uint64_t unmet, nsec_t left)
{
    if (!progress->shown)
        return;
    progress->started = 0;
    progress->written = true;
    if (unmet == 0)
        fprintf(stderr, "\rround %u: all is met, once more to be sure\033[K", number);
    else
        fprintf(stderr, "\rround %u: %llu %s not met yet, %.0f s left\033[K", number,
                (unsigned long long)unmet, unmet == 1 ? "port is" : "ports are",
                (double)left / (double)NSEC_PER_SEC);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->written)
        fputs("\r\033[K", stderr);
    progress->written = false;
}
