#include "expect/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Which states each word accepts, as letters: open, closed, rejected, dropped, silent. */
static const struct {
    enum word word;
    const char *name, *tcp, *udp;
} words[] = {
    {WORD_OPEN, "open", "o", "o"},         {WORD_CLOSED, "closed", "c", "c"},
    {WORD_REJECTED, "rejected", "r", "r"}, {WORD_DROPPED, "dropped", "d", "ds"},
    {WORD_SILENT, "silent", "", "s"},      {WORD_FILTERED, "filtered", "rd", "rds"},
    {WORD_REFUSED, "refused", "cr", "cr"}, {WORD_NOT_OPEN, "not open", "crd", "crds"},
};
static const char letters[PORT_STATE_COUNT] = {'?', 'o', 'c', 'r', 'd', 's'};

static struct states only(enum word word)
{
    return (struct states){.words = 1U << word};
}

static void assert_accepts(const struct states *states, enum proto proto, const char *expected)
{
    for (int state = 0; state < PORT_STATE_COUNT; state++) {
        bool wanted = strchr(expected, letters[state]) != NULL;
        for (int reason = 0; reason < REASON_COUNT; reason++)
            assert_int_equal(
                states_accept(states, proto, (enum port_state)state, (enum reason)reason),
                wanted);
    }
}

static void each_word_accepts_its_states_and_no_others(void **state)
{
    (void)state;
    assert_int_equal(COUNT(words), WORD_COUNT);
    for (size_t i = 0; i < COUNT(words); i++) {
        struct states states = only(words[i].word);
        assert_accepts(&states, PROTO_TCP, words[i].tcp);
        assert_accepts(&states, PROTO_UDP, words[i].udp);
    }
}

static void each_word_has_one_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(words); i++) {
        assert_string_equal(word_name(words[i].word), words[i].name);
        assert_int_equal(word_from_name(words[i].name), words[i].word);
    }
    assert_int_equal(word_from_name("shut"), -1);
    assert_int_equal(word_from_name(""), -1);
}

static void the_nearest_word_is_suggested(void **state)
{
    (void)state;
    static const char *const misspelt[][2] = {{"opne", "open"}, {"filtred", "filtered"}};
    for (size_t i = 0; i < COUNT(misspelt); i++) {
        struct suggestion suggestion = {.word = misspelt[i][0]};
        word_suggest(&suggestion);
        assert_string_equal(suggestion.best, misspelt[i][1]);
    }
}

static void what_a_port_may_be_rejected_for_has_a_name(void **state)
{
    (void)state;
    static const char *const good[] = {"reset",           "port-unreachable",
                                       "rate-limited",    "admin-prohibited",
                                       "net-unreachable", "reject-route"};
    static const char *const bad[] = {
        "syn-ack",      "udp-response",  "no-response",    "host-silent", "deadline",
        "ttl-exceeded", "source-quench", "packet-too-big", "rejected",    ""};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_int_equal(rejection_from_name(good[i]), reason_from_name(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(rejection_from_name(bad[i]), -1);
}

static void only_rejections_are_suggested_for_one(void **state)
{
    (void)state;
    static const char *const misspelt[][2] = {{"admin-prohibitd", "admin-prohibited"},
                                              {"rest", "reset"},
                                              {"rate-limted", "rate-limited"}};
    for (size_t i = 0; i < COUNT(misspelt); i++) {
        struct suggestion suggestion = {.word = misspelt[i][0]};
        rejection_suggest(&suggestion);
        assert_string_equal(suggestion.best, misspelt[i][1]);
    }
    struct suggestion suggestion = {.word = "syn-ack"};
    rejection_suggest(&suggestion);
    assert_null(suggestion.best);
}

static void a_named_reason_is_met_by_that_reason_alone(void **state)
{
    (void)state;
    const struct states reset = {.reasons = UINT64_C(1) << REASON_RESET};
    for (int reason = 0; reason < REASON_COUNT; reason++)
        assert_int_equal(states_accept(&reset, PROTO_TCP, PORT_REJECTED, (enum reason)reason),
                         reason == REASON_RESET);
    assert_false(states_accept(&reset, PROTO_TCP, PORT_CLOSED, REASON_RESET));
    const struct states both = {.words = 1U << WORD_FILTERED, .reasons = reset.reasons};
    assert_true(states_accept(&both, PROTO_TCP, PORT_REJECTED, REASON_ADMIN_PROHIBITED));
}

static void silence_is_impossible_on_tcp_alone(void **state)
{
    (void)state;
    struct states silent = only(WORD_SILENT), open = only(WORD_OPEN), none = {0};
    const struct states reset = {.reasons = UINT64_C(1) << REASON_RESET};
    assert_false(states_possible(&silent, PROTO_TCP));
    assert_true(states_possible(&silent, PROTO_UDP));
    assert_true(states_possible(&open, PROTO_TCP));
    assert_true(states_possible(&reset, PROTO_TCP));
    assert_false(states_possible(&none, PROTO_UDP));
}

static void words_that_accept_the_same_are_equal(void **state)
{
    (void)state;
    struct states filtered = only(WORD_FILTERED), open = only(WORD_OPEN);
    const struct states parts = {.words = 1U << WORD_REJECTED | 1U << WORD_DROPPED};
    const struct states reset = {.reasons = UINT64_C(1) << REASON_RESET};
    const struct states unreachable = {.reasons = UINT64_C(1) << REASON_PORT_UNREACHABLE};
    struct states rejected = only(WORD_REJECTED);
    assert_true(states_equal(&filtered, &parts, PROTO_TCP));
    assert_true(states_equal(&filtered, &parts, PROTO_UDP));
    assert_false(states_equal(&filtered, &open, PROTO_TCP));
    assert_false(states_equal(&reset, &unreachable, PROTO_TCP));
    assert_false(states_equal(&reset, &rejected, PROTO_TCP));
}

static void assert_format(const struct states *states, const char *expected)
{
    char *text = states_format(states);
    assert_string_equal(text, expected);
    free(text);
}

static void states_are_written_as_they_are_read(void **state)
{
    (void)state;
    const struct states all = {.words = 1U << WORD_OPEN | 1U << WORD_NOT_OPEN,
                               .reasons = UINT64_C(1) << REASON_RESET |
                                          UINT64_C(1) << REASON_RATE_LIMITED};
    const struct states first = {.words = 1U << WORD_SILENT, .reasons = 1};
    const struct states none = {0};
    assert_format(&all, "open or not open or rejected(reset) or rejected(rate-limited)");
    assert_format(&none, "");
    char expected[64];
    snprintf(expected, sizeof expected, "silent or rejected(%s)", reason_name((enum reason)0));
    assert_format(&first, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_word_accepts_its_states_and_no_others),
        cmocka_unit_test(each_word_has_one_name),
        cmocka_unit_test(the_nearest_word_is_suggested),
        cmocka_unit_test(what_a_port_may_be_rejected_for_has_a_name),
        cmocka_unit_test(only_rejections_are_suggested_for_one),
        cmocka_unit_test(a_named_reason_is_met_by_that_reason_alone),
        cmocka_unit_test(silence_is_impossible_on_tcp_alone),
        cmocka_unit_test(words_that_accept_the_same_are_equal),
        cmocka_unit_test(states_are_written_as_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
