/* The rounds of `check --until` while one allocation after the other fails: each failure is
 * told, and everything is given back. */
#include "scanner/commands/rounds.h"
#include "tests/faults/failing_memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct story {
    struct policy *policy;
    struct plan *plan;
    struct rounds *rounds;
    struct audit *audit;
};

/* Every port that is probed answers as STATE. */
static int see(struct rounds *rounds, enum port_state state, enum reason reason)
{
    size_t count;
    const struct target *targets = rounds_targets(rounds, &count);
    for (size_t i = 0; i < count; i++) {
        struct observation item = {.proto = PROTO_TCP, .state = state, .reason = reason};
        item.ports = *targets[i].ports[PROTO_TCP];
        const struct host_observation host = {
            .target = i, .alive = true, .items = &item, .count = 1};
        int status = rounds_note(rounds, &host);
        if (status < 0)
            return status;
    }
    return 0;
}

/* An enum rounds_next, or -ENOMEM. */
static int one_round(struct story *story, enum port_state state, enum reason reason)
{
    uint64_t unmet;
    audit_free(story->audit);
    story->audit = audit_new();
    if (!story->audit || see(story->rounds, state, reason) < 0 ||
        plan_begin(story->plan, story->audit) < 0 ||
        rounds_judge(story->rounds, story->audit) < 0 ||
        plan_finish(story->plan, story->audit) < 0)
        return -ENOMEM;
    return rounds_choose(story->rounds, story->audit, &unmet);
}

/* Closed first, then open, which is confirmed. */
static int run_rounds(struct story *story)
{
    story->rounds = rounds_new(story->plan);
    if (!story->rounds)
        return -ENOMEM;
    int next = one_round(story, PORT_CLOSED, REASON_RESET);
    if (next == ROUNDS_AGAIN)
        next = one_round(story, PORT_OPEN, REASON_SYN_ACK);
    if (next == ROUNDS_CONFIRM)
        next = one_round(story, PORT_OPEN, REASON_SYN_ACK);
    return next;
}

static struct story make_story(void)
{
    static const char *const rules[] = {"80,443 open; 90-99 open or closed"};
    static const char *const targets[] = {"192.0.2.1", "192.0.2.2"};
    const struct plan_options options = {.max_hosts = 4, .shard = 1, .shards = 1};
    struct complaints complaints = {0};
    struct story story = {.policy = policy_from_rules(rules, 1, targets, 2, &complaints)};
    assert_non_null(story.policy);
    story.plan = plan_new(story.policy, &options, &complaints);
    assert_non_null(story.plan);
    complaints_free(&complaints);
    return story;
}

static bool try_failure(uint64_t at)
{
    int64_t before = memory_blocks();
    struct story story = make_story();
    memory_fail_at(at, false);
    memory_arm(true);
    int next = run_rounds(&story);
    memory_arm(false);
    bool failed = memory_count() >= at;
    assert_int_equal(next, failed ? -ENOMEM : ROUNDS_OVER);
    audit_free(story.audit);
    rounds_free(story.rounds);
    plan_free(story.plan);
    policy_free(story.policy);
    assert_int_equal(memory_blocks(), before);
    return failed;
}

static void each_allocation_of_the_rounds_may_fail(void **state)
{
    (void)state;
    uint64_t at = 1;
    while (try_failure(at))
        at++;
    assert_true(at > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_of_the_rounds_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
