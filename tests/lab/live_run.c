#include "tests/lab/live_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct live_run *live_run_open(const struct net_live_options *options)
{
    static const struct net_live_options usual = {.capture_bytes = 4 << 20};
    struct error error = {""};
    struct live_run *run = calloc(1, sizeof *run);
    assert_non_null(run);
    if (net_live_open(&run->net, options ? options : &usual, &error) < 0)
        fail_msg("%s", error.text);
    return run;
}

void live_run_close(struct live_run *run)
{
    run->net->close(run->net);
    free(run);
}

static void keep_reply(void *context, nsec_t at, const uint8_t *bytes, size_t length)
{
    struct live_run *run = context;
    assert_true(at <= run->net->now(run->net));
    if (run->seen_count < LIVE_RUN_SEEN_MOST &&
        packet_decode(&run->seen[run->seen_count], bytes, length) == PACKET_OK)
        run->seen_count++;
}

int live_run_probe_by(struct live_run *run, const struct net_route *route,
                      enum template_kind kind, const struct addr *to, uint16_t port)
{
    struct error error = {""};
    struct template *template = template_new(to->family, kind, "", 0, &error);
    assert_non_null(template);
    uint8_t room[NET_HEADROOM + PACKET_SIZE_MAX];
    const struct probe_fields fields = {
        .source = &route->source,
        .target = to,
        .source_port = run->net->source_port_first,
        .port = port,
        .cookie = {.sequence = 0x01020304, .ip_id = 7, .flow_label = 0xabcde},
    };
    struct net_packet packet = {.bytes = room + NET_HEADROOM, .route = route->id, .error = 1};
    packet.length = (uint16_t)template_write(template, &fields, packet.bytes);
    template_free(template);
    assert_int_equal(run->net->send(run->net, &packet, 1), 0);
    return packet.error;
}

struct addr live_address(const char *text)
{
    struct addr addr;
    assert_int_equal(addr_parse(&addr, text), 0);
    return addr;
}

struct net_route live_run_route(struct live_run *run, const struct addr *to)
{
    struct net_route route;
    assert_int_equal(run->net->route(run->net, to, &route), 0);
    return route;
}

int live_run_probe(struct live_run *run, enum template_kind kind, const char *to, uint16_t port)
{
    struct addr target = live_address(to);
    struct net_route route = live_run_route(run, &target);
    return live_run_probe_by(run, &route, kind, &target, port);
}

void live_run_listen(struct live_run *run, int ms)
{
    nsec_t until = run->net->now(run->net) + ms * NSEC_PER_MSEC;
    while (run->net->now(run->net) < until)
        assert_int_equal(run->net->receive(run->net, until, keep_reply, run), 0);
}

size_t live_run_count(const struct live_run *run, enum reply_kind kind, const char *to,
                      uint16_t port)
{
    size_t count = 0;
    struct addr target = live_address(to);
    for (size_t i = 0; i < run->seen_count; i++)
        count += run->seen[i].kind == kind && run->seen[i].port == port &&
                 addr_equal(&run->seen[i].target, &target);
    return count;
}

struct net_counters live_run_counters(struct live_run *run)
{
    struct net_counters totals;
    run->net->counters(run->net, &totals);
    return totals;
}

bool live_run_link_becomes(struct live_run *run, bool down)
{
    for (int i = 0; i < 300 && live_run_counters(run).link_down != down; i++)
        live_run_listen(run, 10);
    return live_run_counters(run).link_down == down;
}
