#include "reports/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BAD "\xef\xbf\xbd" /* U+FFFD */

static const struct {
    const char *text, *clean;
} rows[] = {
    {"", ""},
    {"plain <b>&\"'\\ text", "plain <b>&\"'\\ text"},
    {"two\nlines\tand\r", "two\nlines\tand\r"},
    {"h\xc3\xb6st \xe6\x97\xa5 \xf0\x9f\x94\x92", "h\xc3\xb6st \xe6\x97\xa5 \xf0\x9f\x94\x92"},
    {"\x1b[31mred", BAD "[31mred"},
    {"\x01\x7f\xc2\x9b", BAD BAD BAD}, /* C0, DEL, C1 */
    {"\xff"
     "a\xc3",
     BAD "a" BAD},                         /* no first byte, cut off */
    {"\xc0\x80", BAD BAD},                 /* overlong */
    {"\xed\xa0\x80", BAD BAD BAD},         /* a surrogate */
    {"\xef\xbf\xbe\xef\xbf\xbf", BAD BAD}, /* U+FFFE, U+FFFF */
    {"\xe2\x80\xae"
     "evil",
     BAD "evil"}, /* right-to-left override */
};

static void what_must_not_be_shown_is_replaced(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *clean = escape_clean(rows[i].text);
        assert_string_equal(clean, rows[i].clean);
        free(clean);
    }
}

static void a_line_stays_one_line(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    escape_write(out, &escape_line, "a\r\nb\tc\vd");
    escape_write(out, &escape_line, NULL);
    fclose(out);
    assert_string_equal(text, "a  b c" BAD "d");
    free(text);
}

static void width_counts_columns_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(escape_width("h\xc3\xb6st"), 4);
    assert_int_equal(escape_width("\xe6\x97\xa5"), 2);
    assert_int_equal(escape_width("\xff"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_must_not_be_shown_is_replaced),
        cmocka_unit_test(a_line_stays_one_line),
        cmocka_unit_test(width_counts_columns_not_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
