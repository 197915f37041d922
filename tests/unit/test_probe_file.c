/* Probe files: the library that is compiled in, and what is said of bad ones. */
#include "expect/expect.h"
#include "probes/udp_library_data.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HEAD "name: x\ndescription: an x\nports: 9\nsource: nowhere\n"

static struct udp_library read_good(const char *text)
{
    struct udp_library library = {0};
    struct complaints complaints = {0};
    int status = probe_file_read(&library, "x.yml", text, strlen(text), &complaints);
    if (complaints.count)
        print_message("%s: %s\n", text, complaints.items[0].text);
    assert_int_equal(status, 0);
    assert_int_equal(complaints.count, 0);
    return library;
}

static void the_library_that_is_compiled_in_can_be_read(void **state)
{
    (void)state;
    struct udp_library library = {0};
    struct complaints complaints = {0};
    for (size_t i = 0; i < udp_library_file_count; i++) {
        const struct udp_library_file *file = &udp_library_files[i];
        int status =
            probe_file_read(&library, file->name, file->text, file->length, &complaints);
        if (status != 0)
            print_message("%s:%u: %s\n", file->name, complaints.items[0].line,
                          complaints.items[0].text);
        assert_int_equal(status, 0);
    }
    assert_true(library.count >= 40);
    for (size_t i = 0; i < library.count; i++) {
        const struct udp_probe *probe = &library.probes[i];
        if (!probe->effect && !probe->never_answers)
            fail_msg("%s does not say what it leaves behind", probe->name);
    }
    const struct udp_probe *dns = udp_library_find(&library, 53);
    assert_string_equal(dns->name, "dns");
    assert_int_equal(dns->transaction_length, 2);
    udp_library_free(&library);
}

static void every_key_has_its_place(void **state)
{
    (void)state;
    struct udp_library library =
        read_good("name: all-of-it\ndescription: \"d: e\"\nports: 53,5060-5062\nsource: RFC 1\n"
                  "payload:\n  - hex: 01 0 2\n    \n  - transaction: 3\n  - text: \"a\\r\\n\"\n"
                  "  - zeros: 2\nanswer:\n  transaction-at: 7\n  match:\n"
                  "    - {at: 1, hex: F0, mask: f8}\n    - {at: 128, text: OK}\n"
                  "answers-from-other-port: true\nnever-answers: false\n"
                  "answers-within-ms: 10000\neffect: none at all\n");
    const struct udp_probe *probe = udp_library_find(&library, 5061);
    assert_string_equal(probe->name, "all-of-it");
    assert_string_equal(probe->description, "d: e");
    assert_string_equal(probe->source, "RFC 1");
    assert_int_equal(probe->payload_length, 10);
    assert_memory_equal(probe->payload, "\1\2\0\0\0a\r\n\0\0", 10);
    assert_int_equal(probe->transaction_offset, 2);
    assert_int_equal(probe->transaction_length, 3);
    assert_false(probe->transaction_is_text);
    assert_int_equal(probe->reply_transaction_offset, 7);
    assert_int_equal(probe->matcher_count, 2);
    assert_int_equal(probe->matchers[0].bytes[0], 0xF0);
    assert_int_equal(probe->matchers[0].mask[0], 0xF8);
    assert_int_equal(probe->matchers[1].offset, 128);
    assert_int_equal(probe->matchers[1].length, 2);
    assert_int_equal(probe->matchers[1].mask[1], 0xFF);
    assert_true(probe->answers_from_other_port);
    assert_false(probe->never_answers);
    assert_int_equal(probe->answers_within_ms, 10000);
    assert_string_equal(probe->effect, "none at all");
    udp_library_free(&library);
}

static void what_is_left_out_has_its_default(void **state)
{
    (void)state;
    struct udp_library library = read_good(HEAD);
    const struct udp_probe *probe = udp_library_find(&library, 9);
    assert_int_equal(probe->payload_length, 0);
    assert_int_equal(probe->transaction_length, 0);
    assert_int_equal(probe->reply_transaction_offset, UDP_TRANSACTION_NOWHERE);
    assert_int_equal(probe->matcher_count, 0);
    assert_false(probe->never_answers);
    assert_false(probe->answers_from_other_port);
    assert_int_equal(probe->answers_within_ms, 0);
    assert_null(probe->effect);
    udp_library_free(&library);
}

static void a_transaction_may_be_text_and_anywhere(void **state)
{
    (void)state;
    struct udp_library library = read_good(
        HEAD "payload:\n  - transaction-text: 8\nanswer: {transaction-at: anywhere}\n");
    const struct udp_probe *probe = udp_library_find(&library, 9);
    assert_true(probe->transaction_is_text);
    assert_int_equal(probe->transaction_length, 8);
    assert_int_equal(probe->reply_transaction_offset, UDP_TRANSACTION_ANYWHERE);
    udp_library_free(&library);
}

static void a_file_may_hold_a_list(void **state)
{
    (void)state;
    struct udp_library library =
        read_good("- {name: a, description: a, ports: 1, source: a}\n"
                  "- {name: b, description: b, ports: 2, source: b, never-answers: true}\n");
    assert_int_equal(library.count, 2);
    assert_true(udp_library_find(&library, 2)->never_answers);
    udp_library_free(&library);
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *complaint;
    } rows[] = {
        {"", "1:1: the file is empty"},
        {"[]", "1:1: the file must not be empty"},
        {"dns", "1:1: a probe must be a map, not text"},
        {"description: d\nports: 1\nsource: s\n", "1:1: a probe needs the key 'name'"},
        {"name: n\nports: 1\nsource: s\n", "1:1: a probe needs the key 'description'"},
        {"name: n\ndescription: d\nsource: s\n", "1:1: a probe needs the key 'ports'"},
        {"name: n\ndescription: d\nports: 1\n", "1:1: a probe needs the key 'source'"},
        {HEAD "paylod: []\n", "5:1: a probe has no key 'paylod'; did you mean 'payload'?"},
        {"name: N\ndescription: d\nports: 1\nsource: s\n",
         "1:7: 'N' is no name of a probe: lower-case letters, digits and -, at most 32"},
        {"name: n\ndescription: \"a\\nb\"\nports: 1\nsource: s\n",
         "2:14: a description is one line of text"},
        {"name: n\ndescription: d\nports: dns\nsource: s\n",
         "3:8: 'dns' are no ports; numbers and ranges are, as in 53 or 5060,27015-27020"},
        {"name: n\ndescription: d\nports: 65536\nsource: s\n",
         "3:8: '65536' are no ports; numbers and ranges are, as in 53 or 5060,27015-27020"},
        {HEAD "never-answers: yes\n", "5:16: either true or false"},
        {HEAD "effect: \"\"\n", "5:9: an effect must not be empty"},
        {HEAD "answers-within-ms: 0\n", "5:20: a number from 1 to 10000"},
        {HEAD "answers-within-ms: 10001\n", "5:20: a number from 1 to 10000"},
        {HEAD "answers-within-ms: 1s\n", "5:20: a number from 1 to 10000"},
        {HEAD "payload: {hex: 00}\n", "5:10: 'payload' must be a list, not a map"},
        {HEAD "payload: []\n", "5:10: 'payload' must not be empty"},
        {HEAD "payload:\n  - 00\n", "6:5: a part of a payload must be a map, not text"},
        {HEAD "payload:\n  - bytes: 00\n",
         "6:5: a part of a payload is one of hex, text, zeros, transaction and "
         "transaction-text"},
        {HEAD "payload:\n  - {hex: 00, zeros: 1}\n",
         "6:6: a part of a payload is one of hex, text, zeros, transaction and "
         "transaction-text"},
        {HEAD "payload:\n  - hex: 0g\n", "6:11: not a hexadecimal digit"},
        {HEAD "payload:\n  - hex: 0\n", "6:10: a byte is two hexadecimal digits"},
        {HEAD "payload:\n  - hex: \"\"\n", "6:10: a byte is two hexadecimal digits"},
        {HEAD "payload:\n  - text: \"\"\n", "6:11: text has 1 to 1200 bytes here"},
        {HEAD "payload:\n  - zeros: 0\n", "6:12: a number from 1 to 1200"},
        {HEAD "payload:\n  - zeros: 1201\n", "6:12: a number from 1 to 1200"},
        {HEAD "payload:\n  - zeros: 010\n", "6:12: a number from 1 to 1200"},
        {HEAD "payload:\n  - zeros: 1000\n  - zeros: 201\n", "7:12: a number from 1 to 200"},
        {HEAD "payload:\n  - zeros: 1199\n  - hex: 00 11\n", "7:13: more than 1 bytes"},
        {HEAD "payload:\n  - zeros: 1200\n  - hex: 00\n",
         "7:5: a payload has 1200 bytes at most"},
        {HEAD "payload:\n  - transaction: 17\n", "6:18: a number from 1 to 16"},
        {HEAD "payload:\n  - transaction: 1\n  - transaction-text: 1\n",
         "7:5: a payload has one transaction at most"},
        {HEAD "answer: {transaction-at: 0}\n",
         "5:26: the payload has no transaction that an answer could repeat"},
        {HEAD "payload:\n  - transaction: 2\nanswer: {transaction-at: -1}\n",
         "7:26: a number from 0 to 128"},
        {HEAD "answer:\n  match:\n    - {at: 129, hex: 00}\n", "7:12: a number from 0 to 128"},
        {HEAD "answer: {match: []}\n", "5:17: 'match' must not be empty"},
        {HEAD "answer: {macth: []}\n",
         "5:10: an answer has no key 'macth'; did you mean 'match'?"},
        {HEAD "answer:\n  match:\n    - hex: 00\n", "7:7: a matcher needs the key 'at'"},
        {HEAD "answer:\n  match:\n    - at: 0\n", "7:7: a matcher has either 'hex' or 'text'"},
        {HEAD "answer:\n  match:\n    - {at: 0, hex: 00, text: a}\n",
         "7:7: a matcher has either 'hex' or 'text'"},
        {HEAD "answer:\n  match:\n    - {at: 0, hex: 00, mask: 0000}\n",
         "7:30: a mask is as long as the bytes that it masks"},
        {HEAD "answer:\n  match:\n    - {at: 0, text: 123456789012345678901234567890123}\n",
         "7:21: text has 1 to 32 bytes here"},
        {HEAD "answer:\n  match: [a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a]\n",
         "6:10: more than 16 matchers"},
        {HEAD "payload: &p [{hex: 00}]\n",
         "5:10: anchors (&name) are not part of the language"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct udp_library library = {0};
        struct complaints complaints = {0};
        char text[512];
        assert_int_equal(
            probe_file_read(&library, "x.yml", rows[i].text, strlen(rows[i].text), &complaints),
            -EINVAL);
        snprintf(text, sizeof text, "%u:%u: %s", complaints.items[0].line,
                 complaints.items[0].column, complaints.items[0].text);
        assert_string_equal(text, rows[i].complaint);
        assert_int_equal(library.count, 0);
        complaints_free(&complaints);
        udp_library_free(&library);
    }
}

static void one_bad_probe_does_not_spoil_the_others(void **state)
{
    (void)state;
    static const char text[] = "- {name: a, description: a, ports: 1, source: a}\n"
                               "- {name: b, description: b, ports: x, source: b}\n";
    struct udp_library library = {0};
    struct complaints complaints = {0};
    assert_int_equal(probe_file_read(&library, "x.yml", text, strlen(text), &complaints),
                     -EINVAL);
    assert_int_equal(complaints.errors, 1);
    assert_int_equal(library.count, 1);
    complaints_free(&complaints);
    udp_library_free(&library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_that_is_compiled_in_can_be_read),
        cmocka_unit_test(every_key_has_its_place),
        cmocka_unit_test(what_is_left_out_has_its_default),
        cmocka_unit_test(a_transaction_may_be_text_and_anywhere),
        cmocka_unit_test(a_file_may_hold_a_list),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(one_bad_probe_does_not_spoil_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
