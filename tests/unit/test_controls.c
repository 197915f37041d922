#include "scanner/engine/controls.h"

#include "scanner/engine/probe_maker.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS NSEC_PER_MSEC

static struct control *push(struct controls *controls, enum control_kind kind, nsec_t now)
{
    int witness = controls_choose(controls);
    assert_true(witness >= 0);
    struct control *control =
        controls_push(controls, kind, controls->witnesses[witness].slot, (uint8_t)witness, now);
    assert_non_null(control);
    control->answer = controls->witnesses[witness].kind;
    return control;
}

static void kinds_of_answers_take_turns(void **state)
{
    (void)state;
    struct controls controls = {0};
    controls_add_witness(&controls, 1, WITNESS_SYN_ACK, 0);
    controls_add_witness(&controls, 2, WITNESS_SYN_ACK, 0);
    controls_add_witness(&controls, 3, WITNESS_RESET, 0);
    controls_add_witness(&controls, CONTROL_SLOT_ECHO, WITNESS_ECHO, 0);
    unsigned asked[WITNESS_KINDS] = {0};
    for (int i = 0; i < 100; i++)
        asked[controls.witnesses[controls_choose(&controls)].kind]++;
    assert_int_equal(asked[WITNESS_SYN_ACK], 50);
    assert_int_equal(asked[WITNESS_RESET], 50);
    assert_int_equal(asked[WITNESS_ECHO], 0);
    controls_free(&controls);
}

static void spared_witness_is_asked_only_while_it_is_alone(void **state)
{
    (void)state;
    struct controls controls = {0};
    controls_add_witness(&controls, 1, WITNESS_SYN_ACK, 0);
    controls_spare_witness(&controls, 1);
    assert_int_equal(controls_choose(&controls), 0);
    controls_add_witness(&controls, 2, WITNESS_SYN_ACK, 0);
    controls_add_witness(&controls, 3, WITNESS_SYN_ACK, 0);
    unsigned asked[3] = {0};
    for (int i = 0; i < 100; i++)
        asked[controls_choose(&controls)]++;
    assert_int_equal(asked[0], 0);
    assert_true(asked[1] > 0 && asked[2] > 0);
    controls_free(&controls);
}

static void nothing_is_a_witness_twice(void **state)
{
    (void)state;
    struct controls controls = {0};
    controls_add_witness(&controls, CONTROL_SLOT_ECHO, WITNESS_ECHO, 0);
    controls_add_witness(&controls, CONTROL_SLOT_ECHO, WITNESS_ECHO, 0);
    controls_add_witness(&controls, 5, WITNESS_NONE, 0);
    assert_int_equal(controls.witness_count, 1);
    controls_free(&controls);
}

static void each_control_of_a_witness_has_a_number_of_its_own(void **state)
{
    (void)state;
    struct controls controls = {0};
    controls_add_witness(&controls, 1, WITNESS_SYN_ACK, 0);
    uint32_t first = push(&controls, CONTROL_COMPANION, 0)->try;
    assert_int_equal(push(&controls, CONTROL_CLOSER, 0)->try, first + 1);
    assert_true(first >= TRY_CONTROL);
    controls_free(&controls);
}

static void companions_alone_measure_loss(void **state)
{
    (void)state;
    struct controls controls = {0};
    struct loss worst;
    controls_add_witness(&controls, 1, WITNESS_SYN_ACK, 0);
    assert_true(controls_return(&controls, push(&controls, CONTROL_COMPANION, MS)));
    assert_true(controls_return(&controls, push(&controls, CONTROL_CLOSER, 2 * MS)));
    push(&controls, CONTROL_COMPANION, 3 * MS);
    push(&controls, CONTROL_CLOSER, 3 * MS);
    while (controls_expire(&controls, 1000 * MS, 50 * MS))
        continue;
    assert_true(controls_upper(&controls, &worst) < 1);
    assert_int_equal(worst.samples, 2);
    assert_int_equal(worst.lost, 1);
    assert_true(controls.returned_sent_at == 2 * MS);
    controls_free(&controls);
}

static void what_comes_after_its_time_stays_lost(void **state)
{
    (void)state;
    struct controls controls = {0};
    controls_add_witness(&controls, 1, WITNESS_SYN_ACK, 0);
    struct control *late = push(&controls, CONTROL_COMPANION, 0);
    assert_ptr_equal(controls_expire(&controls, 100 * MS, 50 * MS), late);
    assert_false(controls_return(&controls, late));
    assert_int_equal(controls.loss[WITNESS_SYN_ACK].lost, 1);
    controls_free(&controls);
}

static void what_comes_before_the_judgement_is_no_loss(void **state)
{
    (void)state;
    struct controls controls = {0};
    controls_add_witness(&controls, 1, WITNESS_SYN_ACK, 0);
    struct control *late = push(&controls, CONTROL_COMPANION, 0);
    assert_ptr_equal(controls_expire(&controls, 100 * MS, 50 * MS), late);
    controls_return_late(&controls, late);
    controls_return_late(&controls, late);
    assert_int_equal(controls.loss[WITNESS_SYN_ACK].lost, 0);
    assert_int_equal(controls.loss[WITNESS_SYN_ACK].samples, 1);
    controls_free(&controls);
}

static void the_kind_that_is_lost_most_sets_the_bound(void **state)
{
    (void)state;
    struct controls controls = {0};
    struct loss worst;
    controls_add_witness(&controls, 1, WITNESS_SYN_ACK, 0);
    controls_add_witness(&controls, 2, WITNESS_PLAIN_RESET, 0);
    controls.loss[WITNESS_SYN_ACK] = (struct loss){1000, 0};
    controls.loss[WITNESS_PLAIN_RESET] = (struct loss){1000, 900};
    assert_true(controls_upper(&controls, &worst) > 0.9);
    assert_int_equal(worst.lost, 900);
    controls_free(&controls);
}

static void a_void_batch_leaves_no_trace_in_the_loss(void **state)
{
    (void)state;
    struct controls controls = {0};
    controls_add_witness(&controls, 1, WITNESS_SYN_ACK, 0);
    controls.loss[WITNESS_SYN_ACK] = (struct loss){10, 1};
    controls_begin_batch(&controls);
    for (int i = 0; i < 5; i++)
        push(&controls, CONTROL_COMPANION, 0);
    while (controls_expire(&controls, 1000 * MS, 50 * MS))
        continue;
    assert_int_equal(controls.loss[WITNESS_SYN_ACK].lost, 6);
    controls_disregard_batch(&controls);
    assert_int_equal(controls.loss[WITNESS_SYN_ACK].samples, 10);
    assert_int_equal(controls.loss[WITNESS_SYN_ACK].lost, 1);
    controls_free(&controls);
}

static void the_longest_burst_is_remembered_and_single_losses_are_none(void **state)
{
    (void)state;
    struct controls controls = {0};
    controls_add_witness(&controls, 1, WITNESS_SYN_ACK, 0);
    for (int i = 0; i < 100; i++) {
        struct control *control = push(&controls, CONTROL_COMPANION, (i + 1) * MS);
        bool lost = i % 10 == 0 || (i >= 40 && i < 60);
        if (!lost)
            assert_true(controls_return(&controls, control));
    }
    while (controls_expire(&controls, 1000 * MS, 50 * MS))
        continue;
    assert_true(controls.burst.longest == 20 * MS);
    controls_free(&controls);
}

/* Of 1000 ports that answer, at a loss of a tenth. */
static void witness_that_was_retired_is_left_alone(void **state)
{
    (void)state;
    struct controls controls = {0};
    for (uint32_t slot = 0; slot < 4; slot++)
        controls_add_witness(&controls, slot, slot < 2 ? WITNESS_SYN_ACK : WITNESS_RESET, 0);
    for (uint8_t subject = 1; subject < 4; subject += 2) { /* those that answer */
        struct control *control = controls_push(&controls, CONTROL_CLOSER, subject, subject, 0);
        assert_true(controls_return(&controls, control));
    }
    for (int i = 0; i < 120; i++) /* and those that do not, any more */
        assert_non_null(
            controls_push(&controls, CONTROL_CLOSER, i % 2 ? 0 : 2, i % 2 ? 0 : 2, 0));
    const struct control *queue = controls.queue;
    while (controls_expire(&controls, 1000 * MS, 50 * MS))
        continue;
    assert_int_equal(controls.witnesses[0].kind, WITNESS_NONE);
    assert_int_equal(controls.witnesses[2].kind, WITNESS_NONE);
    assert_int_equal(controls.witnesses[0].streak + controls.witnesses[2].streak, 0);
    assert_ptr_equal(controls.queue, queue);
    controls_free(&controls);
}

static void ports_that_answer_late_show_the_loss_that_all_met(void **state)
{
    (void)state;
    struct controls controls = {0};
    const unsigned late[] = {900, 90, 9, 1}; /* by proofs of their silence */
    controls_add_witness(&controls, 1, WITNESS_SYN_ACK, 0);
    for (unsigned proofs = 0; proofs < 4; proofs++) {
        for (unsigned i = 0; i < late[proofs]; i++)
            controls_count_answer(&controls, WITNESS_SYN_ACK, proofs);
    }
    struct loss worst;
    (void)controls_upper(&controls, &worst);
    assert_int_equal(worst.samples, 90 + 2 * 9 + 3);
    assert_int_equal(worst.lost, 9 + 2);
    controls_free(&controls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_of_answers_take_turns),
        cmocka_unit_test(spared_witness_is_asked_only_while_it_is_alone),
        cmocka_unit_test(nothing_is_a_witness_twice),
        cmocka_unit_test(each_control_of_a_witness_has_a_number_of_its_own),
        cmocka_unit_test(companions_alone_measure_loss),
        cmocka_unit_test(what_comes_after_its_time_stays_lost),
        cmocka_unit_test(what_comes_before_the_judgement_is_no_loss),
        cmocka_unit_test(the_kind_that_is_lost_most_sets_the_bound),
        cmocka_unit_test(a_void_batch_leaves_no_trace_in_the_loss),
        cmocka_unit_test(witness_that_was_retired_is_left_alone),
        cmocka_unit_test(ports_that_answer_late_show_the_loss_that_all_met),
        cmocka_unit_test(the_longest_burst_is_remembered_and_single_losses_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
