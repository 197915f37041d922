#include "tests/unit/connect_window.h"

#include "scanner/engine/decoys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What is handed over, and what the one who gets it returns. */
struct handed {
    struct host_observation host;
    int refusal;
};

static int keep(void *context, const struct host_observation *host)
{
    struct handed *handed = context;
    handed->host = *host;
    handed->host.items = calloc(host->count, sizeof *host->items);
    assert_non_null(handed->host.items);
    for (size_t i = 0; i < host->count; i++) {
        handed->host.items[i] = host->items[i];
        assert_int_equal(portset_copy(&handed->host.items[i].ports, &host->items[i].ports), 0);
    }
    return handed->refusal;
}

static void settle(struct window *window, bool refused_here, struct handed *handed)
{
    *handed = (struct handed){0};
    assert_int_equal(connect_settle(window->connect, window->host, refused_here, keep, handed),
                     0);
}

static const struct observation *find(const struct handed *handed, enum proto proto,
                                      uint16_t port)
{
    for (size_t i = 0; i < handed->host.count; i++) {
        const struct observation *seen = &handed->host.items[i];
        if (seen->proto == proto && portset_has(&seen->ports, port))
            return seen;
    }
    fail_msg("port %u is gone", port);
    return NULL;
}

static void assert_said(const struct handed *handed, enum proto proto, uint16_t port,
                        enum port_state state, enum reason reason)
{
    const struct observation *seen = find(handed, proto, port);
    assert_int_equal(seen->state, state);
    assert_int_equal(seen->reason, reason);
}

/* All ports silent, as often as need be; the host has answered elsewhere. */
static void prove_silence(struct window *window)
{
    window->host->alive = true;
    window->host->miss = 1e-7;
    window->host->undecided = 0;
    for (uint32_t i = 0; i < WINDOW_SLOTS_ALL; i++)
        window_slot(window, i)->flags = CONNECT_PROVEN;
}

static void ports_that_are_alike_are_one_observation(void **state)
{
    (void)state;
    struct window window;
    struct handed handed;
    assert_true(window_open(&window));
    for (uint32_t i = 0; i < WINDOW_TCP; i++)
        window_answer(&window, i, i == 2 ? &window_syn_ack : &window_reset);
    window_slot(&window, 3)->tries = 7;
    settle(&window, false, &handed);
    assert_int_equal(handed.host.count, 3);
    assert_int_equal(portset_size(&handed.host.items[0].ports), WINDOW_TCP - 1);
    assert_int_equal(handed.host.items[0].tries, 7);
    assert_true(portset_has(&handed.host.items[1].ports, 3));
    assert_int_equal(handed.host.items[2].proto, PROTO_UDP);
    assert_said(&handed, PROTO_TCP, 3, PORT_OPEN, REASON_SYN_ACK);
    assert_said(&handed, PROTO_TCP, 1, PORT_CLOSED, REASON_RESET);
    assert_int_equal(find(&handed, PROTO_TCP, 1)->origin, ORIGIN_UNKNOWN);
    host_observation_free(&handed.host);
    window_close(&window);
}

static void proven_silence_is_dropped_and_on_udp_silent(void **state)
{
    (void)state;
    struct window window;
    struct handed handed;
    assert_true(window_open(&window));
    prove_silence(&window);
    settle(&window, false, &handed);
    assert_said(&handed, PROTO_TCP, 1, PORT_DROPPED, REASON_NO_RESPONSE);
    assert_said(&handed, PROTO_UDP, 53, PORT_SILENT, REASON_NO_RESPONSE);
    assert_true(find(&handed, PROTO_TCP, 1)->miss > 0);
    host_observation_free(&handed.host);
    window_close(&window);
}

static void where_this_machine_refused_tcp_silence_is_no_drop(void **state)
{
    (void)state;
    struct window window;
    struct handed handed;
    assert_true(window_open(&window));
    prove_silence(&window);
    settle(&window, true, &handed);
    assert_said(&handed, PROTO_TCP, 1, PORT_UNKNOWN, REASON_SEND_FAILED);
    assert_said(&handed, PROTO_UDP, 53, PORT_SILENT, REASON_NO_RESPONSE);
    host_observation_free(&handed.host);
    window_close(&window);
}

static void silence_that_was_not_looked_at_again_for_a_signal_is_no_drop(void **state)
{
    (void)state;
    struct window window;
    struct handed handed;
    assert_true(window_open(&window));
    prove_silence(&window);
    window.connect->stopped = REASON_INTERRUPTED;
    settle(&window, true, &handed);
    assert_said(&handed, PROTO_TCP, 1, PORT_UNKNOWN, REASON_INTERRUPTED);
    host_observation_free(&handed.host);
    window_close(&window);
}

static void undecided_ports_say_why(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool alive;
        int64_t token;
        enum reason stopped, expected;
    } rows[] = {
        {"nothing answered", false, -1, REASON_NONE, REASON_HOST_SILENT},
        {"it answered elsewhere", true, -1, REASON_NONE, REASON_TRIES_EXHAUSTED},
        {"rejects are limited", true, 2, REASON_NONE, REASON_RATE_LIMITED},
        {"time was up", true, 2, REASON_DEADLINE, REASON_DEADLINE},
        {"a signal came", false, -1, REASON_INTERRUPTED, REASON_INTERRUPTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct window window;
        struct handed handed;
        assert_true(window_open(&window));
        window.host->alive = rows[i].alive;
        window.host->token = rows[i].token;
        window.connect->stopped = rows[i].stopped;
        settle(&window, false, &handed);
        const struct observation *seen = find(&handed, PROTO_TCP, 1);
        if (seen->state != PORT_UNKNOWN || seen->reason != rows[i].expected)
            fail_msg("%s: %s", rows[i].name, reason_name(seen->reason));
        assert_int_equal(handed.host.alive, rows[i].alive);
        host_observation_free(&handed.host);
        window_close(&window);
    }
}

static void what_was_not_let_out_says_so(void **state)
{
    (void)state;
    struct window window;
    struct handed handed;
    const struct connect_job job = {1, CONNECT_JOB_PORT};
    assert_true(window_open(&window));
    window.host->alive = true;
    connect_note_refused(window.connect, &job, -1);
    settle(&window, false, &handed);
    assert_said(&handed, PROTO_TCP, 2, PORT_UNKNOWN, REASON_SEND_FAILED);
    assert_int_equal(find(&handed, PROTO_TCP, 2)->origin, ORIGIN_LOCAL);
    host_observation_free(&handed.host);
    window_close(&window);
}

static void datagram_that_came_once_is_a_conflict(void **state)
{
    (void)state;
    struct window window;
    struct handed handed;
    assert_true(window_open(&window));
    window_answer(&window, WINDOW_UDP, &window_datagram);
    settle(&window, false, &handed);
    assert_said(&handed, PROTO_UDP, 53, PORT_UNKNOWN, REASON_CONFLICT);
    host_observation_free(&handed.host);
    window_close(&window);
}

static void router_is_believed_only_if_the_host_lives(void **state)
{
    (void)state;
    for (int alive = 0; alive < 2; alive++) {
        struct window window;
        struct handed handed;
        assert_true(window_open(&window));
        window_answer(&window, 0, &window_absent);
        window_answer(&window, 0, &window_absent);
        window.host->alive = alive;
        settle(&window, false, &handed);
        assert_said(&handed, PROTO_TCP, 1, alive ? PORT_REJECTED : PORT_UNKNOWN,
                    REASON_HOST_UNREACHABLE);
        host_observation_free(&handed.host);
        window_close(&window);
    }
}

static void loss_and_distance_are_handed_over(void **state)
{
    (void)state;
    struct window window;
    struct handed handed;
    assert_true(window_open(&window));
    window_silent_round(&window, 15, 5, true);
    window.host->number = 4;
    settle(&window, false, &handed);
    assert_int_equal(handed.host.target, 4);
    assert_int_equal(handed.host.loss.samples, 20);
    assert_true(handed.host.loss.estimate > 0.24 && handed.host.loss.estimate < 0.26);
    assert_true(handed.host.loss.upper > handed.host.loss.estimate);
    assert_true(handed.host.rtt_ms > 19 && handed.host.rtt_ms < 21);
    host_observation_free(&handed.host);
    window_close(&window);
}

static void refusal_of_a_host_is_handed_back(void **state)
{
    (void)state;
    struct window window;
    struct handed handed = {.refusal = -12};
    assert_true(window_open(&window));
    assert_int_equal(connect_settle(window.connect, window.host, false, keep, &handed), -12);
    host_observation_free(&handed.host);
    window_close(&window);
}

/* ---- seats ---- */

static void jobs_are_kept_in_order_however_many(void **state)
{
    (void)state;
    struct window window;
    assert_true(window_open(&window));
    for (uint32_t i = 0; i < 5000; i++)
        assert_true(
            connect_add_job(window.connect, i, i % 2 ? CONNECT_JOB_CONTROL : CONNECT_JOB_PORT));
    assert_int_equal(window.connect->job_count, 5000);
    for (uint32_t i = 0; i < 5000; i++) {
        assert_int_equal(window.connect->jobs[i].slot, i);
        assert_int_equal(window.connect->jobs[i].kind,
                         i % 2 ? CONNECT_JOB_CONTROL : CONNECT_JOB_PORT);
    }
    window_close(&window);
}

static void after_a_stop_no_job_is_begun(void **state)
{
    (void)state;
    struct window window;
    assert_true(window_open(&window));
    window.connect->seats_most = CONNECT_SEATS_MOST;
    window.connect->stopped = REASON_DEADLINE;
    assert_true(connect_add_job(window.connect, 0, CONNECT_JOB_PORT));
    assert_int_equal(connect_do_jobs(window.connect, 0), 0);
    assert_int_equal(window.connect->job_count, 0);
    assert_int_equal(window.connect->totals.sent, 0);
    window_close(&window);
}

static void open_port_of_a_host_that_may_answer_everything_is_unknown(void **state)
{
    (void)state;
    struct window window;
    struct handed handed;
    assert_true(window_open(&window));
    window_answer(&window, 0, &window_syn_ack);
    window_answer(&window, 1, &window_reset);
    window_answer(&window, WINDOW_UDP, &window_datagram);
    window_answer(&window, WINDOW_UDP, &window_datagram);
    window_slot(&window, 0)->by = window.target.address;
    window.host->decoys = (struct connect_decoys){.count = DECOYS, .lapse = REASON_WENT_SILENT};
    settle(&window, false, &handed);
    assert_said(&handed, PROTO_TCP, 1, PORT_UNKNOWN, REASON_WENT_SILENT);
    assert_true(observation_has_syn_ack(find(&handed, PROTO_TCP, 1)));
    assert_said(&handed, PROTO_TCP, 2, PORT_CLOSED, REASON_RESET);
    assert_said(&handed, PROTO_UDP, 53, PORT_OPEN, REASON_UDP_RESPONSE);
    host_observation_free(&handed.host);
    window.host->decoys.refuted = true; /* and one that does not */
    settle(&window, false, &handed);
    assert_said(&handed, PROTO_TCP, 1, PORT_OPEN, REASON_SYN_ACK);
    host_observation_free(&handed.host);
    window_close(&window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_that_are_alike_are_one_observation),
        cmocka_unit_test(proven_silence_is_dropped_and_on_udp_silent),
        cmocka_unit_test(where_this_machine_refused_tcp_silence_is_no_drop),
        cmocka_unit_test(silence_that_was_not_looked_at_again_for_a_signal_is_no_drop),
        cmocka_unit_test(undecided_ports_say_why),
        cmocka_unit_test(what_was_not_let_out_says_so),
        cmocka_unit_test(datagram_that_came_once_is_a_conflict),
        cmocka_unit_test(router_is_believed_only_if_the_host_lives),
        cmocka_unit_test(loss_and_distance_are_handed_over),
        cmocka_unit_test(refusal_of_a_host_is_handed_back),
        cmocka_unit_test(jobs_are_kept_in_order_however_many),
        cmocka_unit_test(after_a_stop_no_job_is_begun),
        cmocka_unit_test(open_port_of_a_host_that_may_answer_everything_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
