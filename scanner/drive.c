#include "scanner/drive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As many packets as go out between two looks at what has come in. */
enum { BATCH = 256, ROUTES_PER_TURN = 64, PACKET_ROOM = NET_HEADROOM + PACKET_SIZE_MAX };

struct buffers {
    struct net_packet packets[BATCH];
    uint8_t bytes[BATCH][PACKET_ROOM];
};

static void find_routes(const struct drive *drive)
{
    size_t target;
    for (int i = 0; i < ROUTES_PER_TURN && engine_wants_route(drive->engine, &target); i++) {
        struct net_route route = {0};
        int status =
            drive->net->route(drive->net, engine_target_address(drive->engine, target), &route);
        engine_set_route(drive->engine, target, &route, status);
    }
}

static void show_sent(const struct drive *drive, nsec_t now, const struct net_packet *packets,
                      size_t count)
{
    for (size_t i = 0; drive->packet && i < count; i++) {
        if (packets[i].error == 0)
            drive->packet(drive->packet_context, now, true, packets[i].bytes,
                          packets[i].length);
    }
}

/* Of type net_receive_fn: hands the packet on, and shows it if it answered a probe. */
static void receive(void *context, nsec_t at, const uint8_t *bytes, size_t length)
{
    const struct drive *drive = context;
    struct engine_totals before, after;
    engine_totals(drive->engine, &before);
    engine_receive(drive->engine, at, bytes, length);
    engine_totals(drive->engine, &after);
    if (after.received > before.received)
        drive->packet(drive->packet_context, at, false, bytes, length);
}

static int receive_until(const struct drive *drive, nsec_t until)
{
    struct net *net = drive->net;
    if (drive->packet)
        return net->receive(net, until, receive, (void *)(uintptr_t)drive);
    return net->receive(net, until, engine_receive, drive->engine);
}

static int turn(const struct drive *drive, struct buffers *buffers)
{
    struct net *net = drive->net;
    find_routes(drive);
    nsec_t now = net->now(net);
    size_t count = engine_take_probes(drive->engine, now, buffers->packets, BATCH);
    int status = count ? net->send(net, buffers->packets, count) : 0;
    show_sent(drive, now, buffers->packets, count);
    now = net->now(net);
    engine_sent(drive->engine, now, buffers->packets, count);
    if (status < 0 || engine_finished(drive->engine, &status))
        return status;
    size_t target;
    bool busy = count > 0 || engine_wants_route(drive->engine, &target);
    nsec_t until = busy ? now : engine_deadline(drive->engine, now);
    status = receive_until(drive, until);
    struct net_counters counters;
    net->counters(net, &counters);
    engine_note_network(drive->engine, net->now(net), &counters);
    return status == -EINTR ? 0 : status;
}

static void report_progress(const struct drive *drive)
{
    struct engine_totals totals;
    if (!drive->progress)
        return;
    engine_totals(drive->engine, &totals);
    drive->progress(drive->context, drive->net->now(drive->net), &totals);
}

int drive_run(const struct drive *drive, struct error *error)
{
    int status = 0, engine_status;
    struct buffers *buffers = malloc(sizeof *buffers);
    if (!buffers)
        return error_no_memory(error);
    for (size_t i = 0; i < BATCH; i++)
        buffers->packets[i] = (struct net_packet){.bytes = buffers->bytes[i] + NET_HEADROOM};
    while (status == 0 && !engine_finished(drive->engine, &engine_status)) {
        if (drive->signal && *drive->signal)
            engine_stop(drive->engine, drive->net->now(drive->net), REASON_INTERRUPTED);
        else
            status = turn(drive, buffers);
        report_progress(drive);
    }
    free(buffers);
    if (status < 0) {
        engine_stop(drive->engine, drive->net->now(drive->net), REASON_LINK_DOWN);
        return error_set(error, status, "the network cannot be used any more: %s",
                         strerror(-status));
    }
    if (engine_finished(drive->engine, &engine_status) && engine_status < 0)
        return error_set(error, engine_status, "the scan ended early: %s",
                         strerror(-engine_status));
    return 0;
}
