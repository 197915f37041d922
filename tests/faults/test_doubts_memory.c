/* Hosts in doubt while one allocation after the other fails: each failure is told, and
 * everything is given back. */
#include "scanner/connect/doubts.h"
#include "tests/faults/failing_memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { HOSTS = 6 };

static int hand_on(void *context, const struct host_observation *host)
{
    (void)host;
    ++*(unsigned *)context;
    return 0;
}

/* Port 80 of each shows more than random ports. */
static void answer(struct doubts *doubts)
{
    struct doubts_question question;
    while (doubts_next(doubts, &question))
        doubts_note(doubts, &question, question.port == 80 ? HANDSHAKE_OPENED : HANDSHAKE_HELD);
}

/* 0 or -ENOMEM. */
static int run(const struct portset *ports, unsigned *handed_on)
{
    static const struct target targets[HOSTS];
    const struct doubts_options options = {.targets = targets};
    struct doubts *doubts = doubts_new(&options, hand_on, handed_on);
    if (!doubts)
        return -ENOMEM;
    int status = 0;
    for (size_t i = 0; i < HOSTS && status == 0; i++) {
        struct observation items[] = {
            {.proto = PROTO_TCP, .reason = REASON_ANSWERS_EVERYTHING, .ports = ports[0]},
            {.proto = PROTO_UDP, .reason = REASON_HOST_SILENT, .ports = ports[1]},
        };
        const struct host_observation host = {.target = i, .items = items, .count = 2};
        status = doubts_take(doubts, &host);
    }
    answer(doubts);
    if (status == 0)
        status = doubts_settle(doubts);
    doubts_free(doubts);
    return status;
}

static bool try_failure(const struct portset *ports, uint64_t at)
{
    unsigned handed_on = 0;
    int64_t before = memory_blocks();
    memory_fail_at(at, false);
    memory_arm(true);
    int status = run(ports, &handed_on);
    memory_arm(false);
    bool failed = memory_count() >= at;
    assert_int_equal(status, failed ? -ENOMEM : 0);
    if (!failed)
        assert_int_equal(handed_on, HOSTS);
    assert_int_equal(memory_blocks(), before);
    return failed;
}

static void each_allocation_of_the_doubts_may_fail(void **state)
{
    (void)state;
    struct portset ports[2];
    assert_int_equal(portset_parse(&ports[0], "22,80,443"), 0);
    assert_int_equal(portset_parse(&ports[1], "53"), 0);
    uint64_t at = 1;
    while (try_failure(ports, at))
        at++;
    assert_true(at > 20);
    portset_free(&ports[0]);
    portset_free(&ports[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_of_the_doubts_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
