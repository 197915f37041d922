#include "scanner/connect/doubts.h"

#include "scanner/engine/decoys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HOSTS_MOST = 2, RANDOM = 8, PORTS_MOST = 64 };

/* Hosts in doubt, what is done with them, and what is handed on in the end. */
struct story {
    struct portset declared;
    struct target targets[HOSTS_MOST];
    struct doubts *doubts;
    struct host_observation seen[HOSTS_MOST]; /* copies of what was handed on */
    size_t count;
    int refusal; /* what the one who gets the hosts returns */
};

static int keep(void *context, const struct host_observation *host)
{
    struct story *story = context;
    assert_true(story->count < HOSTS_MOST);
    struct host_observation *copy = &story->seen[story->count++];
    *copy = *host;
    copy->items = calloc(host->count + 1, sizeof *copy->items);
    assert_non_null(copy->items);
    for (size_t i = 0; i < host->count; i++) {
        copy->items[i] = host->items[i];
        assert_int_equal(portset_copy(&copy->items[i].ports, &host->items[i].ports), 0);
    }
    return story->refusal;
}

static void begin(struct story *story, const char *declared)
{
    *story = (struct story){0};
    for (size_t i = 0; i < HOSTS_MOST; i++) {
        const uint8_t address[4] = {192, 0, 2, (uint8_t)(i + 1)};
        story->targets[i].address = addr_ipv4(address);
        if (declared)
            story->targets[i].declared[PROTO_TCP] = &story->declared;
    }
    if (declared)
        assert_int_equal(portset_parse(&story->declared, declared), 0);
    const struct doubts_options options = {.targets = story->targets, .seed = 7};
    story->doubts = doubts_new(&options, keep, story);
    assert_non_null(story->doubts);
}

static void end(struct story *story)
{
    doubts_free(story->doubts);
    portset_free(&story->declared);
    for (size_t i = 0; i < story->count; i++)
        host_observation_free(&story->seen[i]);
}

/* Host NUMBER has these TCP ports in one state, and UDP port 53 open. */
static int take(struct story *story, size_t number, const char *ports, enum port_state state,
                enum reason reason)
{
    struct observation items[2] = {
        {.proto = PROTO_TCP, .state = state, .reason = reason, .tries = 1},
        {.proto = PROTO_UDP, .state = PORT_OPEN, .reason = REASON_UDP_RESPONSE},
    };
    assert_int_equal(portset_parse(&items[0].ports, ports), 0);
    assert_int_equal(portset_parse(&items[1].ports, "53"), 0);
    const struct host_observation host = {
        .target = number, .alive = true, .rtt_ms = 20, .items = items, .count = 2};
    int status = doubts_take(story->doubts, &host);
    portset_free(&items[0].ports);
    portset_free(&items[1].ports);
    return status;
}

static int take_doubtful(struct story *story, const char *ports)
{
    return take(story, 0, ports, PORT_UNKNOWN, REASON_ANSWERS_EVERYTHING);
}

static int take_open(struct story *story, const char *ports)
{
    return take(story, 0, ports, PORT_OPEN, REASON_SYN_ACK);
}

/* How far random ports go, and port 80; all others are held. Returns how many were asked. */
static unsigned answer_all(struct story *story, enum handshake random, enum handshake of_80)
{
    struct doubts_question question;
    unsigned asked = 0;
    while (doubts_next(story->doubts, &question)) {
        enum handshake how_far = question.port == 80                 ? of_80
                                 : question.port >= DECOY_PORT_LEAST ? random
                                                                     : HANDSHAKE_HELD;
        doubts_note(story->doubts, &question, how_far);
        assert_true(++asked < 1000);
    }
    return asked;
}

/* What was handed on of the TCP port of host 0. */
static const struct observation *find(const struct story *story, uint16_t port)
{
    assert_true(story->count > 0);
    for (size_t i = 0; i < story->seen[0].count; i++) {
        const struct observation *seen = &story->seen[0].items[i];
        if (seen->proto == PROTO_TCP && portset_has(&seen->ports, port))
            return seen;
    }
    fail_msg("port %u is gone", port);
    return NULL;
}

static void assert_said(const struct story *story, uint16_t port, enum port_state state,
                        enum reason reason)
{
    const struct observation *seen = find(story, port);
    assert_int_equal(seen->state, state);
    assert_int_equal(seen->reason, reason);
}

/* ---- whether there is a doubt ---- */

static void host_beyond_doubt_is_handed_on_at_once(void **state)
{
    (void)state;
    struct story story;
    begin(&story, NULL);
    assert_int_equal(take_open(&story, "22,80"), 0);
    assert_int_equal(story.count, 1);
    assert_false(doubts_have_questions(story.doubts));
    end(&story);
    begin(&story, NULL);
    assert_int_equal(take(&story, 0, "22", PORT_UNKNOWN, REASON_DEADLINE), 0);
    assert_int_equal(story.count, 1);
    assert_false(doubts_have_questions(story.doubts));
    end(&story);
}

static void host_in_doubt_is_kept_until_the_end(void **state)
{
    (void)state;
    struct story story;
    begin(&story, NULL);
    assert_int_equal(take_doubtful(&story, "22,80"), 0);
    assert_int_equal(story.count, 0);
    answer_all(&story, HANDSHAKE_HELD, HANDSHAKE_OPENED);
    assert_int_equal(story.count, 0);
    assert_int_equal(doubts_settle(story.doubts), 0);
    assert_int_equal(story.count, 1);
    end(&story);
}

static void responder_is_never_in_doubt(void **state)
{
    (void)state;
    static const struct responder_key key;
    struct story story;
    begin(&story, NULL);
    story.targets[0].responder = &key;
    assert_int_equal(take_doubtful(&story, "80"), 0);
    assert_int_equal(story.count, 1);
    end(&story);
}

static void refusal_of_a_host_ends_the_run(void **state)
{
    (void)state;
    struct story story;
    begin(&story, NULL);
    story.refusal = -12;
    assert_int_equal(take_open(&story, "80"), -12);
    assert_int_equal(take_doubtful(&story, "80"), 0);
    assert_int_equal(doubts_settle(story.doubts), -12);
    end(&story);
}

/* ---- which ports are asked ---- */

struct asked {
    uint16_t ports[RANDOM + PORTS_MOST + 1];
    unsigned count;
};

static struct asked ask_without_answers(struct story *story)
{
    struct asked asked = {0};
    struct doubts_question question;
    while (doubts_next(story->doubts, &question)) {
        assert_true(asked.count < RANDOM + PORTS_MOST);
        asked.ports[asked.count++] = question.port;
    }
    return asked;
}

static bool has(const struct asked *asked, uint16_t port)
{
    for (unsigned i = 0; i < asked->count; i++) {
        if (asked->ports[i] == port)
            return true;
    }
    return false;
}

static void random_ports_are_high_and_different_and_not_declared(void **state)
{
    (void)state;
    struct story story;
    begin(&story, "20000-60000");
    assert_int_equal(take_doubtful(&story, "80"), 0);
    struct asked asked = ask_without_answers(&story);
    assert_int_equal(asked.count, RANDOM + 1);
    for (unsigned i = 0; i < RANDOM; i++) {
        assert_true(asked.ports[i] > 60000);
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(asked.ports[i], asked.ports[j]);
    }
    end(&story);
}

static void without_ports_to_draw_nothing_is_asked(void **state)
{
    (void)state;
    struct story story;
    begin(&story, "20000-65535");
    assert_int_equal(take_doubtful(&story, "80"), 0);
    assert_false(doubts_have_questions(story.doubts));
    assert_int_equal(doubts_settle(story.doubts), 0);
    assert_said(&story, 80, PORT_UNKNOWN, REASON_ANSWERS_EVERYTHING);
    end(&story);
}

static void declared_ports_go_first_then_usual_ones_of_many(void **state)
{
    (void)state;
    struct story story;
    begin(&story, "9000-9019");
    assert_int_equal(take_doubtful(&story, "1-65535"), 0);
    struct asked asked = ask_without_answers(&story);
    assert_int_equal(asked.count, RANDOM + PORTS_MOST);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(asked.ports[RANDOM + i], 9000 + i);
    assert_true(has(&asked, 443) && has(&asked, 3389) && has(&asked, 1));
    assert_false(has(&asked, 9020) || has(&asked, 65535));
    end(&story);
}

static void port_that_is_not_in_doubt_is_not_asked(void **state)
{
    (void)state;
    struct story story;
    begin(&story, "22,80");
    assert_int_equal(take_doubtful(&story, "80"), 0);
    struct asked asked = ask_without_answers(&story);
    assert_true(has(&asked, 80));
    assert_false(has(&asked, 22));
    end(&story);
}

static void hosts_are_asked_by_turns(void **state)
{
    (void)state;
    struct story story;
    struct doubts_question one, other;
    begin(&story, NULL);
    for (size_t i = 0; i < HOSTS_MOST; i++)
        assert_int_equal(take(&story, i, "80", PORT_UNKNOWN, REASON_ANSWERS_EVERYTHING), 0);
    assert_true(doubts_next(story.doubts, &one) && doubts_next(story.doubts, &other));
    assert_false(addr_equal(&one.address, &other.address));
    end(&story);
}

static void random_ports_get_the_time_of_all_tries(void **state)
{
    (void)state;
    struct story story;
    struct doubts_question random, own;
    begin(&story, NULL);
    assert_int_equal(take_doubtful(&story, "80"), 0);
    assert_true(doubts_next(story.doubts, &random));
    do {
        assert_true(doubts_next(story.doubts, &own));
    } while (own.port != 80);
    assert_true(random.watch > 2 * own.watch);
    assert_true(own.watch > 0 && own.patience >= 80 * NSEC_PER_MSEC);
    end(&story);
}

static void port_that_shows_nothing_is_asked_again(void **state)
{
    (void)state;
    static const struct {
        enum handshake how_far;
        unsigned tries;
    } rows[] = {{HANDSHAKE_NONE, 12}, {HANDSHAKE_REFUSED, 1}, {HANDSHAKE_HELD, 3},
                {HANDSHAKE_ENDED, 1}, {HANDSHAKE_CUT, 1},     {HANDSHAKE_OPENED, 1},
                {HANDSHAKE_SPOKE, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct story story;
        begin(&story, NULL);
        assert_int_equal(take_doubtful(&story, "80"), 0);
        assert_int_equal(answer_all(&story, HANDSHAKE_HELD, rows[i].how_far),
                         RANDOM + rows[i].tries);
        end(&story);
    }
}

static void random_port_that_does_not_answer_is_asked_often(void **state)
{
    (void)state;
    struct story story;
    begin(&story, NULL);
    assert_int_equal(take_doubtful(&story, "80"), 0);
    assert_int_equal(answer_all(&story, HANDSHAKE_NONE, HANDSHAKE_OPENED), 12 * RANDOM + 1);
    end(&story);
}

/* ---- what is concluded ---- */

static void port_that_went_further_is_open_and_no_other(void **state)
{
    (void)state;
    struct story story;
    begin(&story, NULL);
    assert_int_equal(take_doubtful(&story, "22,80,443"), 0);
    answer_all(&story, HANDSHAKE_HELD, HANDSHAKE_OPENED);
    assert_int_equal(doubts_settle(story.doubts), 0);
    assert_said(&story, 80, PORT_OPEN, REASON_SYN_ACK);
    assert_said(&story, 22, PORT_UNKNOWN, REASON_ANSWERS_EVERYTHING);
    assert_said(&story, 443, PORT_UNKNOWN, REASON_ANSWERS_EVERYTHING);
    assert_int_equal(find(&story, 80)->origin, ORIGIN_UNKNOWN);
    const struct host_observation *host = &story.seen[0];
    assert_int_equal(host->count, 3);
    assert_int_equal(host->items[0].ports.ranges[0].first, 22);
    assert_int_equal(host->items[1].ports.ranges[0].first, 80);
    assert_int_equal(host->items[2].proto, PROTO_UDP);
    assert_int_equal(host->items[2].state, PORT_OPEN);
    end(&story);
}

static void what_is_handed_on_is_sorted_by_first_port(void **state)
{
    (void)state;
    struct story story;
    begin(&story, NULL);
    assert_int_equal(take_doubtful(&story, "80,443"), 0);
    answer_all(&story, HANDSHAKE_HELD, HANDSHAKE_OPENED);
    assert_int_equal(doubts_settle(story.doubts), 0);
    assert_int_equal(story.seen[0].count, 3);
    assert_int_equal(story.seen[0].items[0].ports.ranges[0].first, 80);
    assert_int_equal(story.seen[0].items[1].ports.ranges[0].first, 443);
    assert_int_equal(story.seen[0].items[2].proto, PROTO_UDP);
    end(&story);
}

static void port_that_went_no_further_stays_unknown(void **state)
{
    (void)state;
    for (unsigned how_far = HANDSHAKE_HELD; how_far < HANDSHAKE_COUNT; how_far++) {
        struct story story;
        begin(&story, NULL);
        assert_int_equal(take_doubtful(&story, "80"), 0);
        answer_all(&story, (enum handshake)how_far, (enum handshake)how_far);
        assert_int_equal(doubts_settle(story.doubts), 0);
        assert_said(&story, 80, PORT_UNKNOWN, REASON_ANSWERS_EVERYTHING);
        end(&story);
    }
}

static void only_port_in_doubt_may_be_open(void **state)
{
    (void)state;
    struct story story;
    begin(&story, NULL);
    assert_int_equal(take_doubtful(&story, "80"), 0);
    answer_all(&story, HANDSHAKE_ENDED, HANDSHAKE_SPOKE);
    assert_int_equal(doubts_settle(story.doubts), 0);
    assert_said(&story, 80, PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(story.seen[0].count, 2);
    end(&story);
}

static void what_goes_furthest_counts(void **state)
{
    (void)state;
    struct story story;
    struct doubts_question question;
    unsigned tries = 0;
    begin(&story, NULL);
    assert_int_equal(take_doubtful(&story, "80"), 0);
    while (doubts_next(story.doubts, &question)) {
        bool own = question.port == 80;
        doubts_note(story.doubts, &question,
                    own && ++tries == 3 ? HANDSHAKE_OPENED : HANDSHAKE_HELD);
    }
    assert_int_equal(tries, 3);
    assert_int_equal(doubts_settle(story.doubts), 0);
    assert_said(&story, 80, PORT_OPEN, REASON_SYN_ACK);
    end(&story);
}

static void random_port_without_an_answer_leaves_it_unknown(void **state)
{
    (void)state;
    struct story story;
    struct doubts_question question;
    begin(&story, NULL);
    assert_int_equal(take_doubtful(&story, "80"), 0);
    while (doubts_next(story.doubts, &question)) {
        bool unlucky = question.item == RANDOM - 1;
        doubts_note(story.doubts, &question,
                    question.port == 80 ? HANDSHAKE_SPOKE
                    : unlucky           ? HANDSHAKE_REFUSED
                                        : HANDSHAKE_HELD);
    }
    assert_int_equal(doubts_settle(story.doubts), 0);
    assert_said(&story, 80, PORT_UNKNOWN, REASON_ANSWERS_EVERYTHING);
    end(&story);
}

static void without_time_for_random_ports_it_stays_unknown(void **state)
{
    (void)state;
    struct story story;
    struct doubts_question question;
    begin(&story, NULL);
    assert_int_equal(take_doubtful(&story, "80"), 0);
    while (doubts_next(story.doubts, &question)) {
        if (question.item != 0) /* which is still under way */
            doubts_note(story.doubts, &question,
                        question.port == 80 ? HANDSHAKE_SPOKE : HANDSHAKE_HELD);
    }
    assert_int_equal(doubts_settle(story.doubts), 0);
    assert_said(&story, 80, PORT_UNKNOWN, REASON_ANSWERS_EVERYTHING);
    end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_beyond_doubt_is_handed_on_at_once),
        cmocka_unit_test(host_in_doubt_is_kept_until_the_end),
        cmocka_unit_test(responder_is_never_in_doubt),
        cmocka_unit_test(refusal_of_a_host_ends_the_run),
        cmocka_unit_test(random_ports_are_high_and_different_and_not_declared),
        cmocka_unit_test(without_ports_to_draw_nothing_is_asked),
        cmocka_unit_test(declared_ports_go_first_then_usual_ones_of_many),
        cmocka_unit_test(port_that_is_not_in_doubt_is_not_asked),
        cmocka_unit_test(hosts_are_asked_by_turns),
        cmocka_unit_test(random_ports_get_the_time_of_all_tries),
        cmocka_unit_test(port_that_shows_nothing_is_asked_again),
        cmocka_unit_test(random_port_that_does_not_answer_is_asked_often),
        cmocka_unit_test(port_that_went_further_is_open_and_no_other),
        cmocka_unit_test(what_is_handed_on_is_sorted_by_first_port),
        cmocka_unit_test(port_that_went_no_further_stays_unknown),
        cmocka_unit_test(only_port_in_doubt_may_be_open),
        cmocka_unit_test(what_goes_furthest_counts),
        cmocka_unit_test(random_port_without_an_answer_leaves_it_unknown),
        cmocka_unit_test(without_time_for_random_ports_it_stays_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
