/* The whole engine on the live network with a capture that is far too small for a burst:
 * answers are lost by the hundred, and no verdict is wrong. */
#include "scanner/drive.h"
#include "scanner/network/net_live.h"
#include "tests/lab/live_pair.h"
#include "tests/lab/live_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum {
    SKIPPED = 77,
    RING_BYTES = 24 << 10, /* some 60 packets; the engine sends up to 128 at once */
    LAST_PORT = 8000,
    OPEN_PORT = 80,
    DROP_FIRST = 1000,
    DROP_LAST = 1099,
};

static struct live_pair pair;

struct story {
    uint32_t right, wrong, unknown;
};

static enum port_state truth(uint16_t port)
{
    if (port == OPEN_PORT)
        return PORT_OPEN;
    return port >= DROP_FIRST && port <= DROP_LAST ? PORT_DROPPED : PORT_CLOSED;
}

static int judge(void *context, const struct host_observation *host)
{
    struct story *story = context;
    for (size_t i = 0; i < host->count; i++) {
        const struct observation *seen = &host->items[i];
        for (uint32_t k = 0; k < portset_size(&seen->ports); k++) {
            uint16_t port = portset_nth(&seen->ports, k);
            story->unknown += seen->state == PORT_UNKNOWN;
            story->right += seen->state == truth(port);
            if (seen->state == PORT_UNKNOWN || seen->state == truth(port))
                continue;
            print_error("%u is said to be %s\n", port, port_state_name(seen->state));
            story->wrong++;
        }
    }
    return 0;
}

static void scan(struct story *story, struct net *net)
{
    struct portset ports = {0};
    struct error error = {""};
    assert_int_equal(portset_add(&ports, 1, LAST_PORT), 0);
    const struct target target = {.address = live_address("192.0.2.2"),
                                  .ports = {[PROTO_TCP] = &ports}};
    struct engine_options options = {
        .seed = 1,
        .miss = 1e-6,
        .deadline = NSEC_NEVER,
        .source_port_first = net->source_port_first,
        .source_port_count = net->source_port_count,
    };
    cookie_key_from_seed(&options.key, 1);
    struct engine *engine = engine_new(&options, &target, 1, judge, story, &error);
    assert_non_null(engine);
    const struct drive drive = {.engine = engine, .net = net};
    assert_int_equal(drive_run(&drive, &error), 0);
    engine_free(engine);
    portset_free(&ports);
}

static void ports_whose_answers_found_no_room_are_probed_again(void **state)
{
    (void)state;
    const struct net_live_options options = {.capture_bytes = RING_BYTES};
    struct live_run *run = live_run_open(&options);
    struct story story = {0};
    scan(&story, run->net);
    struct net_counters totals = live_run_counters(run);
    print_message("%llu probes, %llu answers found no room; %u right, %u unknown, %u wrong\n",
                  (unsigned long long)totals.sent, (unsigned long long)totals.capture_dropped,
                  story.right, story.unknown, story.wrong);
    assert_true(totals.capture_dropped > 0);
    assert_int_equal(story.wrong, 0);
    assert_int_equal(story.right + story.unknown, LAST_PORT);
    assert_true(story.unknown <= LAST_PORT / 50);
    live_run_close(run);
}

static int make_pair(void **state)
{
    (void)state;
    if (!live_pair_make(&pair))
        return -1;
    return live_pair_there(&pair, "nft add table inet t &&"
                                  "nft add chain inet t i { type filter hook input priority "
                                  "0\\; } && nft add rule inet t i tcp dport 1000-1099 drop")
               ? 0
               : -1;
}

static int end_pair(void **state)
{
    (void)state;
    live_pair_end(&pair);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_whose_answers_found_no_room_are_probed_again),
    };
    const char *obstacle = live_pair_obstacle();
    if (obstacle) {
        printf("SKIPPED: %s\n", obstacle);
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, make_pair, end_pair);
}
