#include "audit_fixture.h"
#include "golden.h"

#include "expect/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct report_style plain = {0};

/* Each format, and the ending of its golden files. */
static const struct {
    const char *format, *ending;
} formats[] = {
    {"tap", "tap"},     {"nagios", "nagios.txt"}, {"prometheus", "prom"},
    {"sarif", "sarif"}, {"github", "github.txt"}, {"markdown", "md"},
    {"csv", "csv"},     {"nmap", "nmap.xml"},
};

static void the_formats_look_as_they_did(void **state)
{
    (void)state;
    struct audit *broken = fixture_broken(), *scan = fixture_scan();
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        char file[64];
        snprintf(file, sizeof file, "broken.%s", formats[i].ending);
        assert_golden(file, formats[i].format, broken, &plain);
        snprintf(file, sizeof file, "scan.%s", formats[i].ending);
        assert_golden(file, formats[i].format, scan, &plain);
    }
    audit_free(scan);
    audit_free(broken);
}

static char many[10001];

static const char *const hostile[] = {
    "<b>&\"'`\\${x}%0A%n%s]]>--><![CDATA[",
    "a,b;c\td\ne\r\nf|g#h\n::error::x\nnot ok 1\n  ...\n",
    "=1+1",
    "\x01\x1b[31m\x7f\xc2\x9b\xff\xc0\x80\xed\xa0\x80\xef\xbf\xbe\xe2\x80\xae",
    "",
    many,
};

/* Valid UTF-8 without control characters but tab and the ends of lines. */
static void assert_clean(const char *format, const char *text)
{
    size_t length = strlen(text), at = 0;
    while (at < length) {
        uint32_t character;
        size_t step = utf8_decode(text + at, length - at, &character);
        bool control = character < ' ' && !strchr("\t\n\r", (int)character);
        if (control || (character == UTF8_REPLACEMENT && step == 1))
            fail_msg("%s has byte %02x at %zu", format, (unsigned char)text[at], at);
        at += step;
    }
}

static void hostile_text_is_clean_in_every_format(void **state)
{
    (void)state;
    memset(many, 'y', sizeof many - 1);
    size_t count;
    const struct report_writer *writers = report_writers(&count);
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        struct audit *audit = fixture_hostile(hostile[i]);
        for (size_t k = 0; k < count; k++) {
            char *report = report_of(writers[k].name, audit, &plain);
            assert_clean(writers[k].name, report);
            free(report);
        }
        audit_free(audit);
    }
}

/* Every writer, on a stream that takes no byte. */
static void every_writer_notices_a_full_device(void **state)
{
    (void)state;
    size_t count;
    const struct report_writer *writers = report_writers(&count);
    struct audit *audit = fixture_broken();
    for (size_t k = 0; k < count; k++) {
        struct error error = {{0}};
        FILE *full = fopen("/dev/full", "w");
        assert_non_null(full);
        assert_int_not_equal(writers[k].write(audit, &plain, full, &error), 0);
        assert_true(*error.text != '\0');
        fclose(full);
    }
    audit_free(audit);
}

static int exit_code_of(struct audit *audit)
{
    int code = report_writer_find("nagios")->exit_code(audit);
    audit_free(audit);
    return code;
}

static void nagios_has_exit_codes_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(exit_code_of(fixture_met()), 0);
    assert_int_equal(exit_code_of(fixture_broken()), 2);
    assert_int_equal(exit_code_of(fixture_interrupted()), 3);
    struct audit *audit = fixture_met();
    assert_int_equal(audit_add_warning(audit, "a waiver expires soon"), 0);
    assert_int_equal(exit_code_of(audit), 1);
    audit = fixture_met();
    audit->interrupted = true;
    assert_int_equal(exit_code_of(audit), 3);
    assert_null(report_writer_find("text")->exit_code);
}

/* The schema names every word that a report can have. */
static void the_schema_knows_every_reason(void **state)
{
    (void)state;
    char *schema = NULL;
    size_t size = 0;
    FILE *file = fopen(TESTS_DIR "/../docs/report.schema.json", "r");
    assert_non_null(file);
    assert_true(getdelim(&schema, &size, '\0', file) > 0);
    fclose(file);
    for (int i = 0; i < REASON_COUNT; i++) {
        char quoted[64];
        snprintf(quoted, sizeof quoted, "\"%s\"", reason_name((enum reason)i));
        if (!strstr(schema, quoted))
            fail_msg("docs/report.schema.json does not know %s", quoted);
    }
    free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_formats_look_as_they_did),
        cmocka_unit_test(hostile_text_is_clean_in_every_format),
        cmocka_unit_test(every_writer_notices_a_full_device),
        cmocka_unit_test(nagios_has_exit_codes_of_its_own),
        cmocka_unit_test(the_schema_knows_every_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
