#include "tests/unit/connect_window.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void begin(struct window *window)
{
    assert_true(window_open(window));
}

static bool is(struct window *window, uint32_t slot, unsigned flag)
{
    return window_slot(window, slot)->flags & flag;
}

/* ---- answers ---- */

static void answer_that_nobody_can_make_up_decides(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    window_answer(&window, 0, &window_syn_ack);
    window_answer(&window, 1, &window_reset);
    assert_true(is(&window, 0, CONNECT_DECIDED) && is(&window, 1, CONNECT_DECIDED));
    assert_int_equal(window.host->undecided, WINDOW_SLOTS_ALL - 2);
    assert_true(window.host->alive);
    assert_int_equal(window.host->witness_count, 2);
    window_close(&window);
}

static void first_answer_stands(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    window_answer(&window, 0, &window_syn_ack);
    window_answer(&window, 0, &window_reset);
    assert_int_equal(window_slot(&window, 0)->answer.state, PORT_OPEN);
    assert_int_equal(window.host->undecided, WINDOW_SLOTS_ALL - 1);
    window_close(&window);
}

static void datagram_that_may_be_guessed_must_come_twice(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    window_answer(&window, WINDOW_UDP, &window_datagram);
    assert_false(is(&window, WINDOW_UDP, CONNECT_DECIDED));
    window_answer(&window, WINDOW_UDP, &window_datagram);
    assert_true(is(&window, WINDOW_UDP, CONNECT_DECIDED));
    window_close(&window);
}

static void other_answer_the_second_time_does_not_confirm_the_first(void **state)
{
    (void)state;
    struct window window;
    struct connect_answer refused = window_rejected;
    refused.proven = false;
    begin(&window);
    window_answer(&window, WINDOW_UDP, &window_datagram);
    window_answer(&window, WINDOW_UDP, &refused);
    assert_false(is(&window, WINDOW_UDP, CONNECT_DECIDED));
    window_answer(&window, WINDOW_UDP, &refused);
    assert_true(is(&window, WINDOW_UDP, CONNECT_DECIDED));
    assert_int_equal(window_slot(&window, WINDOW_UDP)->answer.state, PORT_REJECTED);
    window_close(&window);
}

static void word_of_a_router_on_the_way_must_come_twice(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    window_answer(&window, 0, &window_absent);
    assert_false(is(&window, 0, CONNECT_DECIDED));
    assert_false(window.host->alive);
    window_answer(&window, 0, &window_absent);
    assert_true(is(&window, 0, CONNECT_DECIDED));
    window_close(&window);
}

static void icmp_error_is_a_token_and_no_witness(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    window_answer(&window, 2, &window_rejected);
    assert_int_equal(window.host->witness_count, 0);
    assert_int_equal(window.host->token, 2);
    assert_true(window.host->rejected);
    window_close(&window);
}

static void witnesses_are_no_more_than_there_is_room_for(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    for (uint32_t i = 0; i < WINDOW_TCP; i++)
        window_answer(&window, i, &window_reset);
    assert_int_equal(window.host->witness_count, CONNECT_WITNESSES);
    window_close(&window);
}

/* ---- silence ---- */

/* Rounds until slot 1 is proven silent; 0: it is not in LIMIT. */
static unsigned rounds_to_proof(struct window *window, unsigned answered, unsigned lost,
                                bool closed, unsigned limit)
{
    for (unsigned round = 1; round <= limit; round++) {
        window_silent_round(window, answered, lost, closed);
        connect_judge_round(window->connect, window->host, round);
        if (is(window, 1, CONNECT_PROVEN))
            return round;
    }
    return 0;
}

static void silence_takes_as_many_rounds_as_the_loss_asks_for(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    window_answer(&window, 0, &window_syn_ack);
    unsigned clean = rounds_to_proof(&window, 100, 0, true, 20);
    assert_in_range(clean, 3, 4);
    assert_true(window.host->miss > 0 && window.host->miss <= 1e-6);
    assert_int_equal(window.host->undecided, 0);
    assert_true(window.host->finished);
    window_close(&window);

    begin(&window);
    window_answer(&window, 0, &window_syn_ack);
    unsigned lossy = rounds_to_proof(&window, 80, 20, true, 20);
    assert_in_range(lossy, 8, 14);
    assert_true(window.host->miss <= 1e-6);
    window_close(&window);
}

static void without_an_answer_at_its_end_a_round_proves_nothing(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    window_answer(&window, 0, &window_syn_ack);
    assert_int_equal(rounds_to_proof(&window, 100, 0, false, 20), 0);
    assert_int_equal(window_slot(&window, 1)->proofs, 0);
    window_close(&window);
}

static void without_controls_no_round_proves_anything(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    window_answer(&window, 0, &window_syn_ack);
    assert_int_equal(rounds_to_proof(&window, 0, 0, true, 20), 0);
    window_close(&window);
}

static void round_with_a_new_reject_proves_nothing(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    window_answer(&window, 0, &window_syn_ack);
    window_silent_round(&window, 100, 0, true);
    window_answer(&window, 2, &window_rejected);
    connect_judge_round(window.connect, window.host, 1);
    assert_int_equal(window_slot(&window, 1)->proofs, 0);
    window_close(&window);
}

/* A burst whose request for a token goes out TOOK after its first port. */
static uint8_t proofs_of_burst(nsec_t took, bool granted)
{
    struct window window;
    const struct connect_job token = {2, CONNECT_JOB_TOKEN};
    begin(&window);
    window_answer(&window, 0, &window_syn_ack);
    window_answer(&window, 2, &window_rejected);
    window_silent_round(&window, 100, 0, true);
    assert_true(connect_bursts_add_jobs(window.connect, window.host));
    connect_bursts_note_begun(window.host, CONNECT_JOB_PORT, NSEC_PER_SEC);
    connect_bursts_note_begun(window.host, CONNECT_JOB_TOKEN, NSEC_PER_SEC + took);
    if (granted)
        connect_note_answer(window.connect, &token, &window_rejected, NSEC_PER_MSEC);
    else
        connect_note_silence(window.connect, &token);
    connect_judge_round(window.connect, window.host, 1);
    uint8_t proofs = window_slot(&window, 1)->proofs;
    window_close(&window);
    return proofs;
}

static void where_icmp_is_limited_silence_needs_a_token_right_behind_it(void **state)
{
    (void)state;
    assert_int_equal(proofs_of_burst(NSEC_PER_MSEC, true), 1);
    assert_int_equal(proofs_of_burst(NSEC_PER_MSEC, false), 0);
    assert_int_equal(proofs_of_burst(100 * NSEC_PER_MSEC, true), 0);
}

static void where_icmp_is_limited_a_round_without_a_burst_proves_nothing(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    window_answer(&window, 0, &window_syn_ack);
    window_answer(&window, 2, &window_rejected);
    window_silent_round(&window, 100, 0, true);
    connect_judge_round(window.connect, window.host, 1);
    assert_int_equal(window_slot(&window, 1)->proofs, 0);
    window_close(&window);
}

static void silence_before_the_first_reject_is_taken_back(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    window_answer(&window, 0, &window_syn_ack);
    assert_int_not_equal(rounds_to_proof(&window, 100, 0, true, 20), 0);
    assert_true(is(&window, 1, CONNECT_PROVEN));
    uint32_t undecided = window.host->undecided;
    window_answer(&window, 2, &window_rejected);
    assert_false(is(&window, 1, CONNECT_PROVEN));
    assert_int_equal(window_slot(&window, 1)->proofs, 0);
    assert_true(window.host->undecided > undecided);
    window_close(&window);
}

static void port_that_answered_once_is_never_silent(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    window_answer(&window, 0, &window_syn_ack);
    window_answer(&window, WINDOW_UDP, &window_datagram);
    assert_int_equal(rounds_to_proof(&window, 100, 0, true, 20), 4);
    assert_false(is(&window, WINDOW_UDP, CONNECT_PROVEN));
    assert_false(window.host->finished);
    window_close(&window);
}

static void port_that_was_not_let_out_is_never_silent(void **state)
{
    (void)state;
    struct window window;
    const struct connect_job job = {3, CONNECT_JOB_PORT};
    begin(&window);
    window_answer(&window, 0, &window_syn_ack);
    connect_note_refused(window.connect, &job, -EPERM);
    assert_int_equal(rounds_to_proof(&window, 100, 0, true, 20), 4);
    assert_false(is(&window, 3, CONNECT_PROVEN));
    assert_int_equal(window_slot(&window, 3)->answer.reason, REASON_SEND_FAILED);
    assert_true(window.host->finished); /* nothing is left that time could tell */
    window_close(&window);
}

/* TFTP: a connected socket never hears it. */
static void port_that_answers_from_another_one_is_given_up_unproven(void **state)
{
    (void)state;
    struct udp_library library = {0};
    struct udp_probe probe = {.name = strdup("tftp"), .answers_from_other_port = true};
    assert_int_equal(portset_add(&probe.ports, 53, 53), 0);
    assert_int_equal(udp_library_add(&library, &probe), 0);
    struct window window;
    begin(&window);
    window.connect->options.way.library = &library;
    window_answer(&window, 0, &window_syn_ack);
    assert_int_equal(rounds_to_proof(&window, 100, 0, true, 20), 4);
    assert_false(is(&window, WINDOW_UDP, CONNECT_PROVEN));
    assert_true(window.host->finished);
    window_close(&window);
    udp_library_free(&library);
}

static void why_it_was_not_let_out_is_told(void **state)
{
    (void)state;
    static const struct {
        int error;
        enum reason reason;
    } rows[] = {{-ENETUNREACH, REASON_NO_ROUTE},
                {-EHOSTUNREACH, REASON_NO_ROUTE},
                {-ENETDOWN, REASON_NO_ROUTE},
                {-EPERM, REASON_SEND_FAILED},
                {-EACCES, REASON_SEND_FAILED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct window window;
        const struct connect_job job = {3, CONNECT_JOB_PORT},
                                 control = {4, CONNECT_JOB_CONTROL};
        begin(&window);
        connect_note_refused(window.connect, &job, rows[i].error);
        connect_note_refused(window.connect, &control, rows[i].error);
        assert_int_equal(window_slot(&window, 3)->answer.reason, rows[i].reason);
        assert_int_equal(window_slot(&window, 3)->answer.origin, ORIGIN_LOCAL);
        assert_false(is(&window, 4, CONNECT_REFUSED));
        window_close(&window);
    }
}

/* ---- the end ---- */

static void host_that_answers_nothing_is_given_up_after_three_rounds(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    for (unsigned round = 1; round <= 3; round++) {
        assert_false(window.host->finished);
        window_silent_round(&window, 0, 0, false);
        connect_judge_round(window.connect, window.host, round);
    }
    assert_true(window.host->finished);
    window_close(&window);
}

static void host_that_answers_is_not_given_up_so_soon(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    window_answer(&window, 0, &window_syn_ack);
    assert_int_equal(rounds_to_proof(&window, 100, 0, false, 23), 0);
    assert_false(window.host->finished);
    assert_int_equal(rounds_to_proof(&window, 100, 0, false, 24), 0);
    assert_true(window.host->finished);
    window_close(&window);
}

static void max_tries_end_it(void **state)
{
    (void)state;
    struct window window;
    begin(&window);
    window.connect->options.max_tries = 2;
    window_answer(&window, 0, &window_syn_ack);
    assert_int_equal(rounds_to_proof(&window, 100, 0, true, 1), 0);
    assert_false(window.host->finished);
    connect_judge_round(window.connect, window.host, 2);
    assert_true(window.host->finished);
    window_close(&window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_that_nobody_can_make_up_decides),
        cmocka_unit_test(first_answer_stands),
        cmocka_unit_test(datagram_that_may_be_guessed_must_come_twice),
        cmocka_unit_test(other_answer_the_second_time_does_not_confirm_the_first),
        cmocka_unit_test(word_of_a_router_on_the_way_must_come_twice),
        cmocka_unit_test(icmp_error_is_a_token_and_no_witness),
        cmocka_unit_test(witnesses_are_no_more_than_there_is_room_for),
        cmocka_unit_test(silence_takes_as_many_rounds_as_the_loss_asks_for),
        cmocka_unit_test(without_an_answer_at_its_end_a_round_proves_nothing),
        cmocka_unit_test(without_controls_no_round_proves_anything),
        cmocka_unit_test(round_with_a_new_reject_proves_nothing),
        cmocka_unit_test(where_icmp_is_limited_silence_needs_a_token_right_behind_it),
        cmocka_unit_test(where_icmp_is_limited_a_round_without_a_burst_proves_nothing),
        cmocka_unit_test(silence_before_the_first_reject_is_taken_back),
        cmocka_unit_test(port_that_answered_once_is_never_silent),
        cmocka_unit_test(port_that_was_not_let_out_is_never_silent),
        cmocka_unit_test(port_that_answers_from_another_one_is_given_up_unproven),
        cmocka_unit_test(why_it_was_not_let_out_is_told),
        cmocka_unit_test(host_that_answers_nothing_is_given_up_after_three_rounds),
        cmocka_unit_test(host_that_answers_is_not_given_up_so_soon),
        cmocka_unit_test(max_tries_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
