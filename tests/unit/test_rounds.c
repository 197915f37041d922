#include "scanner/commands/rounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Two hosts with one rule line each may have; what is seen of them is made here. */
struct story {
    struct policy *policy;
    struct plan *plan;
    struct rounds *rounds;
    struct audit *audit;
};

static int no_names(void *context, const char *name, struct addr **addresses,
                    struct error *error)
{
    (void)context, (void)addresses;
    return error_set(error, -1, "%s is unknown", name);
}

static void begin(struct story *story, const char *rules, const char *other_target)
{
    const char *const targets[] = {"192.0.2.1", other_target};
    struct complaints complaints = {0};
    const struct plan_options options = {
        .max_hosts = 16, .shard = 1, .shards = 1, .resolve = no_names};
    *story = (struct story){0};
    story->policy = policy_from_rules(&rules, 1, targets, other_target ? 2 : 1, &complaints);
    assert_non_null(story->policy);
    story->plan = plan_new(story->policy, &options, &complaints);
    assert_non_null(story->plan);
    complaints_free(&complaints);
    story->rounds = rounds_new(story->plan);
    assert_non_null(story->rounds);
}

static void end(struct story *story)
{
    audit_free(story->audit);
    rounds_free(story->rounds);
    plan_free(story->plan);
    policy_free(story->policy);
}

/* What the targets of a round are like: PORTS answer as STATE, all others are closed. */
static void see(struct story *story, size_t target, const char *ports, enum port_state state,
                enum reason reason)
{
    size_t count;
    const struct target *targets = rounds_targets(story->rounds, &count);
    assert_true(target < count);
    struct observation items[2] = {
        {.proto = PROTO_TCP, .state = state, .reason = reason},
        {.proto = PROTO_TCP, .state = PORT_CLOSED, .reason = REASON_RESET},
    };
    const struct portset *probed = targets[target].ports[PROTO_TCP];
    assert_int_equal(portset_parse(&items[0].ports, ports), 0);
    assert_int_equal(portset_intersect(&items[0].ports, probed), 0);
    assert_int_equal(portset_copy(&items[1].ports, probed), 0);
    assert_int_equal(portset_remove_set(&items[1].ports, &items[0].ports), 0);
    const struct host_observation host = {
        .target = target, .alive = true, .items = items, .count = 2};
    assert_int_equal(rounds_note(story->rounds, &host), 0);
    portset_free(&items[0].ports);
    portset_free(&items[1].ports);
}

static int next(struct story *story, uint64_t *unmet)
{
    audit_free(story->audit);
    story->audit = audit_new();
    assert_non_null(story->audit);
    assert_int_equal(plan_begin(story->plan, story->audit), 0);
    assert_int_equal(rounds_judge(story->rounds, story->audit), 0);
    assert_int_equal(plan_finish(story->plan, story->audit), 0);
    return rounds_choose(story->rounds, story->audit, unmet);
}

static void assert_probed(const struct story *story, size_t target, const char *ports)
{
    size_t count;
    const struct target *targets = rounds_targets(story->rounds, &count);
    assert_true(target < count);
    char *text = portset_format(targets[target].ports[PROTO_TCP]);
    assert_string_equal(text, ports);
    free(text);
}

static void met_in_two_rounds_is_the_end(void **state)
{
    (void)state;
    struct story story;
    uint64_t unmet;
    begin(&story, "80 open; 81 closed", NULL);
    see(&story, 0, "80", PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(next(&story, &unmet), ROUNDS_CONFIRM);
    assert_int_equal(unmet, 0);
    assert_probed(&story, 0, "80-81");
    see(&story, 0, "80", PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(next(&story, &unmet), ROUNDS_OVER);
    assert_int_equal(story.audit->result, RESULT_MET);
    end(&story);
}

static void what_is_unmet_is_probed_again_with_witnesses(void **state)
{
    (void)state;
    struct story story;
    uint64_t unmet;
    begin(&story, "80,81 open; 100-200 closed", NULL);
    see(&story, 0, "80", PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(next(&story, &unmet), ROUNDS_AGAIN);
    assert_int_equal(unmet, 1);
    assert_probed(&story, 0, "80-81,100-105");
    see(&story, 0, "80-81", PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(next(&story, &unmet), ROUNDS_CONFIRM);
    assert_probed(&story, 0, "80-81,100-200");
    see(&story, 0, "80-81", PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(next(&story, &unmet), ROUNDS_OVER);
    assert_int_equal(story.audit->summary.met, 103);
    end(&story);
}

static void a_host_that_is_met_is_left_alone_until_all_are(void **state)
{
    (void)state;
    struct story story;
    uint64_t unmet;
    size_t count;
    begin(&story, "80 open", "192.0.2.2");
    see(&story, 0, "80", PORT_OPEN, REASON_SYN_ACK);
    see(&story, 1, "80", PORT_CLOSED, REASON_RESET);
    assert_int_equal(next(&story, &unmet), ROUNDS_AGAIN);
    const struct target *targets = rounds_targets(story.rounds, &count);
    assert_int_equal(count, 1);
    assert_int_equal(addr_compare(&targets[0].address, &story.plan->targets[1].address), 0);
    see(&story, 0, "80", PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(next(&story, &unmet), ROUNDS_CONFIRM);
    rounds_targets(story.rounds, &count);
    assert_int_equal(count, 2);
    end(&story);
}

static void met_once_and_broken_again_is_broken(void **state)
{
    (void)state;
    struct story story;
    uint64_t unmet;
    begin(&story, "80 open", NULL);
    see(&story, 0, "80", PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(next(&story, &unmet), ROUNDS_CONFIRM);
    see(&story, 0, "80", PORT_CLOSED, REASON_RESET);
    assert_int_equal(next(&story, &unmet), ROUNDS_AGAIN);
    assert_int_equal(story.audit->result, RESULT_BROKEN);
    see(&story, 0, "80", PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(next(&story, &unmet), ROUNDS_CONFIRM);
    end(&story);
}

static void a_confirmation_that_was_cut_short_is_no_pass(void **state)
{
    (void)state;
    struct story story;
    uint64_t unmet;
    begin(&story, "80 open", NULL);
    see(&story, 0, "80", PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(next(&story, &unmet), ROUNDS_CONFIRM);
    see(&story, 0, "80", PORT_UNKNOWN, REASON_INTERRUPTED);
    assert_int_equal(next(&story, &unmet), ROUNDS_AGAIN);
    assert_int_equal(story.audit->result, RESULT_INCONCLUSIVE);
    end(&story);
}

static void a_round_of_the_unmet_that_was_cut_short_hides_nothing(void **state)
{
    (void)state;
    struct story story;
    uint64_t unmet;
    begin(&story, "80 closed; 81 closed", NULL);
    see(&story, 0, "80", PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(next(&story, &unmet), ROUNDS_AGAIN);
    see(&story, 0, "80", PORT_UNKNOWN, REASON_DEADLINE);
    assert_int_equal(next(&story, &unmet), ROUNDS_AGAIN);
    assert_int_equal(story.audit->result, RESULT_BROKEN);
    assert_int_equal(story.audit->summary.broken, 1);
    end(&story);
}

/* A round of the unmet, cut short, in which ports 80 and 81 sent a SYN-ACK. */
static void see_syn_acks_without_time(struct story *story)
{
    size_t count;
    struct observation item = {.proto = PROTO_TCP, .reason = REASON_DEADLINE};
    item.by = rounds_targets(story->rounds, &count)[0].address;
    assert_int_equal(portset_parse(&item.ports, "80-81"), 0);
    const struct host_observation host = {.alive = true, .items = &item, .count = 1};
    assert_int_equal(rounds_note(story->rounds, &host), 0);
    portset_free(&item.ports);
}

static void nor_does_it_hide_a_syn_ack(void **state)
{
    (void)state;
    struct story story;
    uint64_t unmet;
    begin(&story, "80,82 open; 81 closed", NULL);
    see(&story, 0, "80", PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(next(&story, &unmet), ROUNDS_AGAIN); /* 82 is closed */
    assert_probed(&story, 0, "80-82");
    see_syn_acks_without_time(&story);
    assert_int_equal(next(&story, &unmet), ROUNDS_AGAIN);
    assert_int_equal(story.audit->summary.met, 1); /* 80, as before */
    assert_int_equal(story.audit->summary.inconclusive, 1);
    assert_int_equal(story.audit->summary.broken, 1);
    end(&story);
}

static void a_name_without_an_address_keeps_nobody_waiting(void **state)
{
    (void)state;
    struct story story;
    uint64_t unmet;
    begin(&story, "80 open", "nosuch.invalid");
    see(&story, 0, "80", PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(next(&story, &unmet), ROUNDS_CONFIRM);
    see(&story, 0, "80", PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(next(&story, &unmet), ROUNDS_OVER);
    assert_int_equal(story.audit->result, RESULT_INCONCLUSIVE);
    end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(met_in_two_rounds_is_the_end),
        cmocka_unit_test(what_is_unmet_is_probed_again_with_witnesses),
        cmocka_unit_test(a_host_that_is_met_is_left_alone_until_all_are),
        cmocka_unit_test(met_once_and_broken_again_is_broken),
        cmocka_unit_test(a_confirmation_that_was_cut_short_is_no_pass),
        cmocka_unit_test(a_round_of_the_unmet_that_was_cut_short_hides_nothing),
        cmocka_unit_test(nor_does_it_hide_a_syn_ack),
        cmocka_unit_test(a_name_without_an_address_keeps_nobody_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
