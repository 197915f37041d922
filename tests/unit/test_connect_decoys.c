/* Whether an open port means anything where the kernel makes the connections: the table of
 * docs/origin.md, for --connect. */
#include "tests/unit/connect_window.h"

#include "scanner/engine/decoys.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What becomes of a connection to a decoy. */
static const struct connect_answer *const silence = NULL;

/* A host with its decoys; slot 0 is open if OPEN. */
static void begin(struct window *window, bool open)
{
    assert_true(window_open(window));
    struct connect *connect = window->connect;
    struct connect_slot *grown =
        realloc(connect->slots, (WINDOW_SLOTS_ALL + DECOYS) * sizeof *grown);
    assert_non_null(grown);
    connect->slots = grown;
    connect->random = 7;
    connect_decoys_draw(connect, 0);
    assert_int_equal(connect->slot_count, WINDOW_SLOTS_ALL + window->host->decoys.count);
    window_answer(window, 0, open ? &window_syn_ack : &window_reset);
    window->host->alive = true;
}

/* Adds the jobs of a round and answers them: those to the decoys of index ODD, and to OTHERS;
 * those to the open port, if WITNESSED. Returns how many there were. */
static size_t ask(struct window *window, unsigned odd, const struct connect_answer *of_odd,
                  const struct connect_answer *of_others, bool witnessed)
{
    struct connect *connect = window->connect;
    window->host->decoys.asked = window->host->decoys.witnessed = false;
    connect->job_count = 0;
    assert_true(connect_decoys_add_jobs(connect, window->host));
    for (size_t i = 0; i < connect->job_count; i++) {
        const struct connect_job *job = &connect->jobs[i];
        bool decoy = job->kind == CONNECT_JOB_DECOY;
        const struct connect_answer *answer = witnessed ? &window_syn_ack : silence;
        if (decoy)
            answer = job->slot == WINDOW_SLOTS_ALL + odd ? of_odd : of_others;
        assert_true(decoy || job->slot == 0);
        if (answer)
            connect_note_answer(connect, job, answer, 20 * NSEC_PER_MSEC);
        else
            connect_note_silence(connect, job);
    }
    return connect->job_count;
}

static size_t ask_all(struct window *window, const struct connect_answer *answer,
                      bool witnessed)
{
    return ask(window, DECOYS, silence, answer, witnessed);
}

static void judge(struct window *window)
{
    connect_decoys_judge_round(window->connect, window->host);
}

static enum reason doubt(const struct window *window)
{
    return connect_decoys_doubt(window->connect, window->host);
}

static bool is_pending(const struct window *window)
{
    return connect_decoys_pending(window->connect, window->host);
}

static void decoys_are_high_and_different(void **state)
{
    (void)state;
    struct window window;
    begin(&window, true);
    for (unsigned i = 0; i < DECOYS; i++) {
        uint16_t port = window_slot(&window, WINDOW_SLOTS_ALL + i)->port;
        assert_true(port >= DECOY_PORT_LEAST);
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(port, window_slot(&window, WINDOW_SLOTS_ALL + j)->port);
    }
    window_close(&window);
}

static void they_are_none_that_rules_name(void **state)
{
    (void)state;
    struct portset declared = {0};
    uint64_t random = 7;
    assert_int_equal(portset_parse(&declared, "20000-60000"), 0);
    for (int i = 0; i < 1000; i++)
        assert_true(decoys_draw_port(&declared, &random) > 60000);
    assert_int_equal(portset_add(&declared, 60001, 65535), 0);
    assert_int_equal(decoys_draw_port(&declared, &random), 0);
    portset_free(&declared);
}

static void host_without_an_open_port_is_not_asked(void **state)
{
    (void)state;
    struct window window;
    begin(&window, false);
    assert_false(is_pending(&window));
    assert_int_equal(ask_all(&window, silence, true), 0);
    window_answer(&window, WINDOW_UDP, &window_datagram);
    window_answer(&window, WINDOW_UDP, &window_datagram);
    assert_false(is_pending(&window));
    window_close(&window);
}

static void it_is_asked_once_a_round(void **state)
{
    (void)state;
    struct window window;
    begin(&window, true);
    size_t count = ask_all(&window, silence, true);
    assert_in_range(count, DECOYS + 1, DECOYS + 2);
    assert_true(connect_decoys_add_jobs(window.connect, window.host));
    assert_int_equal(window.connect->job_count, count);
    window_close(&window);
}

static void first_open_port_brings_them_before_all_other_jobs(void **state)
{
    (void)state;
    enum { JOBS = 10, BEGUN = 4 };
    struct window window;
    begin(&window, false);
    struct connect *connect = window.connect;
    for (uint32_t i = 0; i < JOBS; i++)
        assert_true(connect_add_job(connect, i % WINDOW_TCP, CONNECT_JOB_PORT));
    connect->next_job = BEGUN;
    window_answer(&window, 2, &window_syn_ack);
    window_answer(&window, 3, &window_syn_ack);
    size_t ports = 0, brought = connect->job_count - JOBS;
    assert_in_range(brought, DECOYS + 1, DECOYS + 2);
    for (size_t i = 0; i < connect->job_count; i++) {
        const struct connect_job *job = &connect->jobs[i];
        bool among = i >= BEGUN && i < BEGUN + brought;
        assert_int_equal(job->kind != CONNECT_JOB_PORT, among);
        assert_true(job->kind != CONNECT_JOB_WITNESS || job->slot == 2);
        ports += job->kind == CONNECT_JOB_PORT;
    }
    assert_int_equal(ports, JOBS);
    window_close(&window);
}

static void without_time_nothing_is_known(void **state)
{
    (void)state;
    struct window window;
    begin(&window, true);
    window.connect->stopped = REASON_DEADLINE;
    assert_int_equal(doubt(&window), REASON_DEADLINE);
    ask(&window, 1, silence, &window_syn_ack, true); /* two of three have answered */
    judge(&window);
    assert_int_equal(doubt(&window), REASON_DEADLINE);
    window_close(&window);
}

static void one_that_is_refused_settles_it(void **state)
{
    (void)state;
    for (unsigned odd = 0; odd < DECOYS; odd++) {
        struct window window;
        begin(&window, true);
        ask(&window, odd, odd == 2 ? &window_rejected : &window_reset, &window_syn_ack, false);
        assert_false(is_pending(&window));
        assert_int_equal(doubt(&window), REASON_NONE);
        window_close(&window);
    }
}

static void a_router_that_finds_the_host_gone_refuses_nothing(void **state)
{
    (void)state;
    struct window window;
    begin(&window, true);
    ask_all(&window, &window_absent, false);
    judge(&window);
    assert_true(is_pending(&window));
    window_close(&window);
}

static void all_that_answer_make_open_meaningless(void **state)
{
    (void)state;
    struct window window;
    begin(&window, true);
    ask_all(&window, &window_syn_ack, true);
    assert_false(is_pending(&window));
    assert_int_equal(doubt(&window), REASON_ANSWERS_EVERYTHING);
    window_close(&window);
}

/* The least tries that are enough in ROUNDS, beside VOIDS. */
static unsigned tries_enough(unsigned rounds, unsigned voids, bool answered, double upper)
{
    struct decoys_silence told = {.rounds = rounds, .voids = voids, .answered = answered};
    while (told.tries < 100 && !decoys_silence_is_certain(&told, upper, 1e-6))
        told.tries++;
    return told.tries;
}

static void tries_enough_are_as_many_as_the_loss_asks_for_up_to_a_limit(void **state)
{
    (void)state;
    assert_int_equal(tries_enough(2, 0, false, 0.01), 3);
    assert_int_equal(tries_enough(2, 0, false, 0.2), 9);
    assert_int_equal(tries_enough(2, 0, false, 0.6), 12);
    assert_int_equal(tries_enough(2, 0, false, 1), 12); /* not known */
    assert_int_equal(tries_enough(2, 0, true, 1), 14);
    assert_int_equal(tries_enough(2, 1, false, 1), 15);
    assert_int_equal(tries_enough(2, 1, false, 0.01), 3);
    assert_int_equal(tries_enough(2, 99, true, 1), 62);
    assert_int_equal(tries_enough(1, 0, false, 0.01), 100); /* never in one */
}

/* Rounds until the doubt is settled, 100 at most. */
static unsigned rounds(struct window *window, const struct connect_answer *of_others,
                       bool witnessed)
{
    unsigned round = 0;
    while (is_pending(window) && round < 100) {
        ask(window, 0, silence, of_others, witnessed);
        judge(window);
        round++;
    }
    return round;
}

static void silence_of_all_settles_it_as_soon_as_the_loss_allows(void **state)
{
    (void)state;
    struct window window;
    begin(&window, true);
    assert_int_equal(rounds(&window, silence, true), 4); /* of a loss that nobody knows */
    assert_int_equal(doubt(&window), REASON_NONE);
    window_close(&window);
    begin(&window, true);
    window.host->loss = (struct loss){.samples = 100};
    assert_int_equal(rounds(&window, silence, true), 2);
    assert_int_equal(doubt(&window), REASON_NONE);
    window_close(&window);
}

static void silence_of_one_where_others_answer_takes_more(void **state)
{
    (void)state;
    struct window window;
    begin(&window, true);
    assert_int_equal(rounds(&window, &window_syn_ack, true), 14);
    assert_int_equal(doubt(&window), REASON_NONE);
    window_close(&window);
}

static void silence_while_the_open_port_is_silent_too_settles_nothing(void **state)
{
    (void)state;
    struct window window;
    begin(&window, true);
    assert_in_range(rounds(&window, silence, false), 4, 16);
    assert_int_equal(doubt(&window), REASON_WENT_SILENT);
    window_close(&window);
    begin(&window, true);
    for (int i = 0; i < 40; i++) { /* every other round */
        ask_all(&window, silence, i % 2 == 1);
        judge(&window);
    }
    assert_int_equal(doubt(&window), REASON_NONE);
    window_close(&window);
}

static void nor_does_silence_of_what_did_not_leave(void **state)
{
    (void)state;
    for (unsigned odd = 0; odd < DECOYS; odd++) {
        struct window window;
        begin(&window, true);
        const struct connect_job job = {WINDOW_SLOTS_ALL + odd, CONNECT_JOB_DECOY};
        for (int i = 0; i < 40; i++) {
            ask_all(&window, silence, true);
            if (is_pending(&window))
                connect_note_refused(window.connect, &job, -EPERM);
            judge(&window);
        }
        assert_int_equal(doubt(&window), REASON_SEND_FAILED);
        window_close(&window);
    }
}

static void host_is_finished_when_it_is_settled(void **state)
{
    (void)state;
    struct window window;
    begin(&window, true);
    for (uint32_t i = 1; i < WINDOW_TCP; i++)
        window_answer(&window, i, &window_reset);
    window_answer(&window, WINDOW_UDP, &window_datagram);
    window_answer(&window, WINDOW_UDP, &window_datagram);
    connect_judge_round(window.connect, window.host, 1);
    assert_true(window.host->over && !window.host->finished);
    ask_all(&window, &window_reset, true);
    connect_judge_round(window.connect, window.host, 2);
    assert_true(window.host->finished);
    window_close(&window);
}

static void max_tries_are_of_its_ports(void **state)
{
    (void)state;
    struct window window;
    begin(&window, true);
    window.connect->options.max_tries = 1;
    connect_judge_round(window.connect, window.host, 1);
    assert_true(window.host->over && !window.host->finished);
    window_close(&window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoys_are_high_and_different),
        cmocka_unit_test(they_are_none_that_rules_name),
        cmocka_unit_test(host_without_an_open_port_is_not_asked),
        cmocka_unit_test(it_is_asked_once_a_round),
        cmocka_unit_test(first_open_port_brings_them_before_all_other_jobs),
        cmocka_unit_test(without_time_nothing_is_known),
        cmocka_unit_test(one_that_is_refused_settles_it),
        cmocka_unit_test(a_router_that_finds_the_host_gone_refuses_nothing),
        cmocka_unit_test(all_that_answer_make_open_meaningless),
        cmocka_unit_test(tries_enough_are_as_many_as_the_loss_asks_for_up_to_a_limit),
        cmocka_unit_test(silence_of_all_settles_it_as_soon_as_the_loss_allows),
        cmocka_unit_test(silence_of_one_where_others_answer_takes_more),
        cmocka_unit_test(silence_while_the_open_port_is_silent_too_settles_nothing),
        cmocka_unit_test(nor_does_silence_of_what_did_not_leave),
        cmocka_unit_test(host_is_finished_when_it_is_settled),
        cmocka_unit_test(max_tries_are_of_its_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
