#include "audit_fixture.h"
#include "golden.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct report_style style = {0};

/* A file with TEXT in it; its path is in PATH until it is removed. */
static void write_file(char path[static 32], const char *text)
{
    snprintf(path, 32, "/tmp/portvet-test-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static int read_text(const char *text, struct audit **audit, struct error *error)
{
    char path[32];
    write_file(path, text);
    int status = audit_read_json(audit, path, error);
    unlink(path);
    return status;
}

/* What is written, read and written again is the same. */
static void assert_survives(struct audit *audit)
{
    char *first = report_of("json", audit, &style);
    struct audit *again = NULL;
    struct error error = {{0}};
    if (read_text(first, &again, &error) < 0)
        fail_msg("%s", error.text);
    char *second = report_of("json", again, &style);
    assert_string_equal(first, second);
    free(first);
    free(second);
    audit_free(again);
    audit_free(audit);
}

static void the_shape_is_that_of_the_contract(void **state)
{
    (void)state;
    struct audit *audit = fixture_broken();
    assert_golden("broken.json", "json", audit, &style);
    audit_free(audit);
    audit = fixture_scan();
    assert_golden("scan.json", "json", audit, &style);
    audit_free(audit);
}

static void an_audit_survives_the_way_there_and_back(void **state)
{
    (void)state;
    assert_survives(fixture_met());
    assert_survives(fixture_broken());
    assert_survives(fixture_scan());
    assert_survives(fixture_interrupted());
    assert_survives(fixture_merged());
    assert_survives(fixture_empty());
    assert_survives(fixture_hostile("\"<a&b>\\'\n\t\x01\x1b[31m \xff\xc0\x80 \xed\xa0\x80"));
}

static void what_is_read_is_what_was_measured(void **state)
{
    (void)state;
    struct audit *audit = fixture_broken(), *again = NULL;
    char *text = report_of("json", audit, &style);
    assert_int_equal(read_text(text, &again, NULL), 0);
    assert_int_equal(again->host_count, audit->host_count);
    assert_int_equal(again->started.tv_sec, audit->started.tv_sec);
    assert_int_equal(again->started.tv_nsec, audit->started.tv_nsec);
    assert_int_equal(again->result, RESULT_BROKEN);
    assert_string_equal(again->files[0].sha256, audit->files[0].sha256);
    assert_string_equal(again->warnings[0], audit->warnings[0]);
    const struct host_verdicts *host = &audit->hosts[1], *same = &again->hosts[1];
    assert_true(addr_equal(&host->address, &same->address));
    assert_int_equal(host->count, same->count);
    for (size_t i = 0; i < host->count; i++) {
        const struct verdict *a = &host->verdicts[i], *b = &same->verdicts[i];
        assert_true(portset_equal(&a->seen.ports, &b->seen.ports));
        assert_int_equal(a->seen.origin, b->seen.origin);
        assert_int_equal(a->seen.tries, b->seen.tries);
        assert_int_equal(a->result, b->result);
        assert_int_equal(a->waiver_expired, b->waiver_expired);
    }
    free(text);
    audit_free(again);
    audit_free(audit);
}

/* Texts that are no report of ours, and a part of what must be said of each. */
static const struct refusal {
    const char *text, *said;
} refusals[] = {
    {"", "'[' or '{' expected"},
    {"[]", "no JSON report"},
    {"{}", "no JSON report"},
    {"{\"portvet\": \"9\", \"schema\": 2}", "its schema is 2"},
    {"{\"portvet\": \"9\", \"schema\": 1}", "\"result\" is missing"},
    {"{\"portvet\": \"9\", \"schema\": 1, \"result\": \"good\"}", "\"result\" has no value"},
    {"{\"portvet\": \"9\", \"schema\": 1, \"result\": \"met\"}", "\"hosts\" is no list"},
    {"{\"portvet\": 9, \"schema\": 1, \"result\": \"met\", \"hosts\": []}",
     "\"portvet\" has no"},
    {"{\"portvet\": \"9\", \"schema\": 1, \"schema\": 1}", "duplicate"},
    {"{\"portvet\": \"9\", \"schema\": 1, \"result\": \"met\", \"hosts\": [{}]}",
     "host 1: \"ports\" is no list"},
    {"{\"portvet\": \"9\", \"schema\": 1, \"result\": \"met\", \"hosts\": [{\"ports\": [{}]}]}",
     "host 1: entry 1: \"proto\" is missing"},
    {"{\"portvet\": \"9\", \"schema\": 1, \"result\": \"met\", \"hosts\": [{\"ports\": "
     "[{\"proto\": \"tcp\", \"ports\": \"70000\"}]}]}",
     "\"ports\" has no value that fits"},
    {"{\"portvet\": \"9\", \"schema\": 1, \"result\": \"met\", \"hosts\": [{\"address\": "
     "\"x\", "
     "\"ports\": []}]}",
     "\"address\" has no value that fits"},
    {"{\"portvet\": \"9\", \"schema\": 1, \"result\": \"met\", \"started\": \"today\"}",
     "\"started\" has no value that fits"},
    {"{\"portvet\": \"9\", \"schema\": 1, \"result\": \"met\", \"summary\": {\"met\": -1}}",
     "\"summary\" has no value that fits"},
};

static void what_is_no_report_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct audit *audit = NULL;
        struct error error = {{0}};
        assert_int_equal(read_text(refusals[i].text, &audit, &error), -EINVAL);
        assert_null(audit);
        if (!strstr(error.text, refusals[i].said))
            fail_msg("'%s' says '%s'", refusals[i].text, error.text);
    }
}

static void a_field_of_a_later_version_is_passed_over(void **state)
{
    (void)state;
    struct audit *audit = NULL;
    assert_int_equal(read_text("{\"portvet\": \"9\", \"schema\": 1, \"result\": \"met\", "
                               "\"mood\": \"good\", \"hosts\": []}",
                               &audit, NULL),
                     0);
    audit_free(audit);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    struct audit *audit = NULL;
    struct error error = {{0}};
    assert_int_equal(audit_read_json(&audit, "/nowhere/a.json", &error), -EINVAL);
    assert_string_equal(error.text, "/nowhere/a.json: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shape_is_that_of_the_contract),
        cmocka_unit_test(an_audit_survives_the_way_there_and_back),
        cmocka_unit_test(what_is_read_is_what_was_measured),
        cmocka_unit_test(what_is_no_report_is_refused_with_its_place),
        cmocka_unit_test(a_field_of_a_later_version_is_passed_over),
        cmocka_unit_test(a_missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
