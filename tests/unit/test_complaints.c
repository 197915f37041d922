#include "expect/complaints.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The byte at which character COLUMN of the line stands; a line may hold one bad byte. */
static size_t offset_of(const char *line, unsigned column)
{
    size_t offset = 0;
    for (unsigned i = 1; i < column && line[offset]; i++) {
        offset++;
        while (((unsigned char)line[offset] & 0xC0) == 0x80)
            offset++;
    }
    return offset;
}

static struct complaint_place place_in(const char *line, unsigned column)
{
    return (struct complaint_place){
        .file = "edge.yml",
        .line = 14,
        .column = column,
        .line_text = line,
        .line_length = strlen(line),
        .column_offset = offset_of(line, column),
    };
}

static void assert_formats(const char *line, unsigned column, const char *expected)
{
    struct complaints complaints = {0};
    struct complaint_place place = place_in(line, column);
    assert_non_null(complaints_add(&complaints, false, &place, "wrong"));
    char *text = complaint_format(&complaints.items[0]);
    assert_string_equal(text, expected);
    free(text);
    complaints_free(&complaints);
}

static void the_caret_stands_under_the_column(void **state)
{
    (void)state;
    assert_formats("  expct: 80 open", 3,
                   "edge.yml:14:3: error: wrong\n    expct: 80 open\n    ^\n");
}

static void the_caret_follows_tabs_and_wide_characters(void **state)
{
    (void)state;
    assert_formats("\tx y", 4, "edge.yml:14:4: error: wrong\n  \tx y\n  \t  ^\n");
    assert_formats("端口 x", 4, "edge.yml:14:4: error: wrong\n  端口 x\n       ^\n");
    assert_formats("e\xCC\x81 x", 4, "edge.yml:14:4: error: wrong\n  e\xCC\x81 x\n    ^\n");
}

static void the_caret_may_stand_after_the_line(void **state)
{
    (void)state;
    assert_formats("80", 3, "edge.yml:14:3: error: wrong\n  80\n    ^\n");
}

static void control_characters_and_bad_utf8_are_replaced(void **state)
{
    (void)state;
    assert_formats("\033[31m\xFF x", 7,
                   "edge.yml:14:7: error: wrong\n"
                   "  \xEF\xBF\xBD[31m\xEF\xBF\xBD x\n        ^\n");
}

static void of_a_long_line_the_part_around_the_column_is_kept(void **state)
{
    (void)state;
    char line[100001];
    memset(line, 'a', 100000);
    line[100000] = '\0';
    line[49999] = 'X';
    struct complaints complaints = {0};
    struct complaint_place place = place_in(line, 50000);
    struct complaint *complaint = complaints_add(&complaints, false, &place, "wrong");
    assert_non_null(complaint);
    assert_int_equal(complaint->column, 50000);
    assert_true(strlen(complaint->source_line) <= 200);
    assert_int_equal(complaint->source_line[complaint->caret - 1], 'X');
    complaints_free(&complaints);
}

static void warnings_and_hints_are_shown(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    struct complaint_place place = {.file = "edge.yml"};
    struct complaint *complaint = complaints_add(&complaints, true, &place, "%d ports", 3);
    complaint_set_hint(&complaints, complaint, "first here: %s", "edge.yml:3:5");
    assert_false(complaints_any_error(&complaints));
    char *text = complaint_format(complaint);
    assert_string_equal(text, "edge.yml: warning: 3 ports\n  first here: edge.yml:3:5\n");
    free(text);
    complaints_free(&complaints);
}

static void errors_beyond_the_kept_ones_still_count(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    struct complaint_place place = {.file = "edge.yml"};
    for (int i = 0; i < COMPLAINTS_KEPT_MAX; i++)
        assert_non_null(complaints_add(&complaints, false, &place, "wrong"));
    struct complaint *last = complaints_add(&complaints, false, &place, "wrong");
    assert_null(last);
    complaint_set_hint(&complaints, last, "nowhere to go");
    assert_int_equal(complaints.count, COMPLAINTS_KEPT_MAX);
    assert_int_equal(complaints.errors, COMPLAINTS_KEPT_MAX + 1);
    complaints_free(&complaints);
}

static void files_are_spared_where_only_the_command_line_is_wrong(void **state)
{
    (void)state;
    const struct complaint_place own = {.file = COMMAND_LINE}, file = place_in("x", 1);
    struct complaints complaints = {0};
    assert_false(complaints_spare_files(&complaints));
    complaints_add(&complaints, true, &file, "odd");
    assert_false(complaints_spare_files(&complaints));
    complaints_add(&complaints, false, &own, "wrong");
    assert_true(complaints_spare_files(&complaints));
    complaints_add(&complaints, false, &file, "wrong");
    assert_false(complaints_spare_files(&complaints));
    complaints_free(&complaints);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_caret_stands_under_the_column),
        cmocka_unit_test(the_caret_follows_tabs_and_wide_characters),
        cmocka_unit_test(the_caret_may_stand_after_the_line),
        cmocka_unit_test(control_characters_and_bad_utf8_are_replaced),
        cmocka_unit_test(of_a_long_line_the_part_around_the_column_is_kept),
        cmocka_unit_test(warnings_and_hints_are_shown),
        cmocka_unit_test(errors_beyond_the_kept_ones_still_count),
        cmocka_unit_test(files_are_spared_where_only_the_command_line_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
