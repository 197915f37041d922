#include "probes/udp_library_data.h"
#include "probes/udp_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct udp_probe named(const char *name, const char *ports)
{
    struct udp_probe probe = {.name = strdup(name)};
    assert_non_null(probe.name);
    assert_int_equal(portset_parse(&probe.ports, ports), 0);
    return probe;
}

static void add(struct udp_library *library, const char *name, const char *ports)
{
    struct udp_probe probe = named(name, ports);
    assert_int_equal(udp_library_add(library, &probe), 0);
    assert_null(probe.name);
}

static void an_empty_library_knows_no_port(void **state)
{
    (void)state;
    struct udp_library library = {0};
    assert_null(udp_library_find(&library, 53));
    udp_library_free(&library);
}

static void the_probe_added_last_comes_first_and_the_others_in_turn(void **state)
{
    (void)state;
    struct udp_library library = {0};
    add(&library, "snmp-v1", "161");
    add(&library, "dns", "53");
    add(&library, "snmp-v3", "160-162");
    const struct udp_probe *probe = udp_library_find(&library, 161);
    assert_string_equal(probe->name, "snmp-v3");
    probe = udp_library_next(&library, 161, probe);
    assert_string_equal(probe->name, "snmp-v1");
    assert_null(udp_library_next(&library, 161, probe));
    assert_string_equal(udp_library_find(&library, 53)->name, "dns");
    assert_null(udp_library_find(&library, 163));
    udp_library_free(&library);
}

static void questions_to_a_port_are_asked_in_turn(void **state)
{
    (void)state;
    struct udp_library library = {0};
    assert_null(udp_library_in_turn(&library, 161, 3));
    assert_int_equal(udp_library_questions(&library, 161), 1);
    add(&library, "snmp-v1", "161");
    add(&library, "dns", "53");
    add(&library, "snmp-v3", "160-162");
    static const char *const turns[] = {"snmp-v3", "snmp-v1", "snmp-v3", "snmp-v1"};
    for (uint32_t turn = 0; turn < 4; turn++)
        assert_string_equal(udp_library_in_turn(&library, 161, turn)->name, turns[turn]);
    assert_string_equal(udp_library_in_turn(&library, 53, 7)->name, "dns");
    assert_null(udp_library_in_turn(&library, 54, 0));
    assert_int_equal(udp_library_questions(&library, 161), 2);
    assert_int_equal(udp_library_questions(&library, 53), 1);
    udp_library_free(&library);
}

static void services_have_the_time_that_they_need(void **state)
{
    (void)state;
    struct udp_library library = {0};
    assert_int_equal(udp_library_patience_ms(NULL, 53), 750);
    assert_int_equal(udp_library_patience_ms(&library, 53), 750);
    add(&library, "dns", "53");
    add(&library, "ssdp", "1900");
    add(&library, "syslog", "514");
    library.probes[0].answers_within_ms = 100;
    library.probes[1].answers_within_ms = 2500;
    library.probes[2].never_answers = true;
    assert_int_equal(udp_library_patience_ms(&library, 53), 750);
    assert_int_equal(udp_library_patience_ms(&library, 1900), 2500);
    assert_int_equal(udp_library_patience_ms(&library, 514), 0);
    add(&library, "other", "53");
    assert_int_equal(udp_library_patience_ms(&library, 53), 750);
    library.probes[3].answers_within_ms = 1000;
    assert_int_equal(udp_library_patience_ms(&library, 53), 1000);
    udp_library_free(&library);
}

static void a_probe_of_the_same_name_replaces_the_earlier_one(void **state)
{
    (void)state;
    struct udp_library library = {0};
    add(&library, "dns", "53");
    add(&library, "ntp", "123");
    add(&library, "dns", "5353");
    assert_int_equal(library.count, 2);
    assert_null(udp_library_find(&library, 53));
    assert_string_equal(udp_library_find(&library, 5353)->name, "dns");
    assert_string_equal(udp_library_find(&library, 123)->name, "ntp");
    udp_library_free(&library);
}

static void a_library_grows_past_its_first_capacity(void **state)
{
    (void)state;
    struct udp_library library = {0};
    for (unsigned port = 1; port <= 300; port++) {
        char name[16], ports[16];
        snprintf(name, sizeof name, "p%u", port);
        snprintf(ports, sizeof ports, "%u", port);
        add(&library, name, ports);
    }
    assert_int_equal(library.count, 300);
    assert_string_equal(udp_library_find(&library, 77)->name, "p77");
    udp_library_free(&library);
}

static enum udp_match match(int32_t reply_offset, struct udp_matcher *matcher,
                            const char *answer, size_t length)
{
    const struct udp_probe probe = {
        .transaction_length = 2,
        .reply_transaction_offset = reply_offset,
        .matchers = matcher,
        .matcher_count = matcher ? 1 : 0,
    };
    return udp_probe_match(&probe, (const uint8_t *)"TX", (const uint8_t *)answer, length);
}

static void an_answer_that_repeats_the_transaction_is_proven(void **state)
{
    (void)state;
    assert_int_equal(match(2, NULL, "..TX", 4), UDP_MATCH_PROVEN);
    assert_int_equal(match(2, NULL, "..TY", 4), UDP_MATCH_NONE);
    assert_int_equal(match(2, NULL, "..T", 3), UDP_MATCH_NONE);
    assert_int_equal(match(2, NULL, "", 0), UDP_MATCH_NONE);
}

static void a_transaction_may_be_anywhere(void **state)
{
    (void)state;
    const int32_t anywhere = UDP_TRANSACTION_ANYWHERE;
    assert_int_equal(match(anywhere, NULL, "TX..", 4), UDP_MATCH_PROVEN);
    assert_int_equal(match(anywhere, NULL, "..TX", 4), UDP_MATCH_PROVEN);
    assert_int_equal(match(anywhere, NULL, ".T.X", 4), UDP_MATCH_NONE);
    assert_int_equal(match(anywhere, NULL, "", 0), UDP_MATCH_NONE);
}

static void a_transaction_in_text_is_spelt_in_hex_digits(void **state)
{
    (void)state;
    struct udp_probe probe = {.transaction_length = 4};
    uint8_t transaction[5] = {0x00, 0xff, 0x1a, 0xa9, 0x77};
    udp_probe_spell_transaction(&probe, transaction);
    assert_memory_equal(transaction, "\x00\xff\x1a\xa9\x77", 5);
    probe.transaction_is_text = true;
    udp_probe_spell_transaction(&probe, transaction);
    assert_memory_equal(transaction, "0fa9\x77", 5);
}

static void an_answer_without_a_transaction_has_the_right_shape_at_most(void **state)
{
    (void)state;
    struct udp_matcher matcher = {1, 2, {'O', 'K'}, {0xff, 0xff}};
    assert_int_equal(match(UDP_TRANSACTION_NOWHERE, &matcher, "!OK", 3), UDP_MATCH_SHAPE);
    assert_int_equal(match(UDP_TRANSACTION_NOWHERE, &matcher, "!OX", 3), UDP_MATCH_NONE);
    assert_int_equal(match(UDP_TRANSACTION_NOWHERE, &matcher, "!O", 2), UDP_MATCH_NONE);
}

static void a_matcher_compares_under_its_mask_only(void **state)
{
    (void)state;
    struct udp_matcher matcher = {0, 1, {0x80}, {0xf8}};
    assert_int_equal(match(1, &matcher, "\x87TX", 3), UDP_MATCH_PROVEN);
    assert_int_equal(match(1, &matcher, "\x88TX", 3), UDP_MATCH_NONE);
}

static void a_matcher_at_the_last_place_does_not_overflow(void **state)
{
    (void)state;
    struct udp_matcher matcher = {UINT16_MAX, 32, {0}, {0}};
    assert_int_equal(match(UDP_TRANSACTION_NOWHERE, &matcher, "short", 5), UDP_MATCH_NONE);
}

static void the_compiled_in_files_are_those_of_the_folder(void **state)
{
    (void)state;
    assert_true(udp_library_file_count > 0);
    for (size_t i = 0; i < udp_library_file_count; i++) {
        const struct udp_library_file *file = &udp_library_files[i];
        if (i > 0)
            assert_true(strcmp(udp_library_files[i - 1].name, file->name) < 0);
        char path[512];
        snprintf(path, sizeof path, TESTS_DIR "/../probes/library/%s", file->name);
        FILE *stream = fopen(path, "rb");
        assert_non_null(stream);
        char *text = malloc(file->length + 1);
        assert_non_null(text);
        assert_int_equal(fread(text, 1, file->length + 1, stream), file->length);
        assert_memory_equal(text, file->text, file->length);
        assert_int_equal(file->text[file->length], '\0');
        free(text);
        fclose(stream);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_library_knows_no_port),
        cmocka_unit_test(the_probe_added_last_comes_first_and_the_others_in_turn),
        cmocka_unit_test(questions_to_a_port_are_asked_in_turn),
        cmocka_unit_test(services_have_the_time_that_they_need),
        cmocka_unit_test(a_probe_of_the_same_name_replaces_the_earlier_one),
        cmocka_unit_test(a_library_grows_past_its_first_capacity),
        cmocka_unit_test(an_answer_that_repeats_the_transaction_is_proven),
        cmocka_unit_test(a_transaction_may_be_anywhere),
        cmocka_unit_test(a_transaction_in_text_is_spelt_in_hex_digits),
        cmocka_unit_test(an_answer_without_a_transaction_has_the_right_shape_at_most),
        cmocka_unit_test(a_matcher_compares_under_its_mask_only),
        cmocka_unit_test(a_matcher_at_the_last_place_does_not_overflow),
        cmocka_unit_test(the_compiled_in_files_are_those_of_the_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
