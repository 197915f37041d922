#include "audit_fixture.h"
#include "golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct report_style plain = {0};
static const struct report_style narrow = {.columns = 80, .color = true};
static const struct report_style wide = {.columns = 160, .color = true};

/* Each audit as it looks without a terminal and on two widths of one. */
static void assert_looks(const char *name, struct audit *audit)
{
    char file[128];
    snprintf(file, sizeof file, "%s.txt", name);
    assert_golden(file, "text", audit, &plain);
    snprintf(file, sizeof file, "%s.80.txt", name);
    assert_golden(file, "text", audit, &narrow);
    snprintf(file, sizeof file, "%s.160.txt", name);
    assert_golden(file, "text", audit, &wide);
    audit_free(audit);
}

static void three_ports_as_expected_are_two_lines(void **state)
{
    (void)state;
    assert_looks("met", fixture_met());
}

static void what_broke_comes_first_and_says_why(void **state)
{
    (void)state;
    assert_looks("broken", fixture_broken());
}

static void a_scan_is_a_table_of_ports(void **state)
{
    (void)state;
    assert_looks("scan", fixture_scan());
}

static void neighbours_alike_are_told_together_unless_a_port_is_open(void **state)
{
    (void)state;
    assert_looks("neighbours", fixture_neighbours());
}

static void an_interrupted_run_says_so(void **state)
{
    (void)state;
    assert_looks("interrupted", fixture_interrupted());
}

static void a_merged_report_names_the_vantage(void **state)
{
    (void)state;
    assert_looks("merged", fixture_merged());
}

static void a_fleet_is_a_line_a_host(void **state)
{
    (void)state;
    assert_looks("fleet", fixture_fleet(20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_ports_as_expected_are_two_lines),
        cmocka_unit_test(what_broke_comes_first_and_says_why),
        cmocka_unit_test(a_scan_is_a_table_of_ports),
        cmocka_unit_test(neighbours_alike_are_told_together_unless_a_port_is_open),
        cmocka_unit_test(an_interrupted_run_says_so),
        cmocka_unit_test(a_merged_report_names_the_vantage),
        cmocka_unit_test(a_fleet_is_a_line_a_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
