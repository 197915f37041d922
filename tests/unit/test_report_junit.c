#include "audit_fixture.h"
#include "golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct report_style style = {0};

static void a_case_is_a_rule_and_an_outcome(void **state)
{
    (void)state;
    struct audit *audit = fixture_broken();
    assert_golden("broken.junit.xml", "junit", audit, &style);
    audit_free(audit);
}

static void a_scan_passes_but_for_what_is_undecided(void **state)
{
    (void)state;
    struct audit *audit = fixture_scan();
    assert_golden("scan.junit.xml", "junit", audit, &style);
    audit_free(audit);
}

/* Whether the report has TEXT somewhere. */
static bool says(struct audit *audit, const char *text)
{
    char *report = report_of("junit", audit, &style);
    bool found = strstr(report, text) != NULL;
    free(report);
    audit_free(audit);
    return found;
}

static void an_interrupted_run_is_an_error(void **state)
{
    (void)state;
    assert_true(says(fixture_interrupted(), "message=\"the run was interrupted"));
}

static void an_audit_of_nothing_still_has_a_case(void **state)
{
    (void)state;
    assert_true(says(fixture_empty(), "<testcase name=\"run\""));
}

static void a_name_does_not_tell_what_was_observed(void **state)
{
    (void)state;
    assert_true(
        says(fixture_fleet(3), "name=\"web002.example.com (10.20.0.2) tcp 8080 filtered\""));
    assert_true(
        says(fixture_fleet(3), "name=\"web002.example.com (10.20.0.2) tcp others filtered\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_is_a_rule_and_an_outcome),
        cmocka_unit_test(a_scan_passes_but_for_what_is_undecided),
        cmocka_unit_test(an_interrupted_run_is_an_error),
        cmocka_unit_test(an_audit_of_nothing_still_has_a_case),
        cmocka_unit_test(a_name_does_not_tell_what_was_observed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
