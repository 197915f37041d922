#include "golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

char *report_of(const char *format, const struct audit *audit, const struct report_style *style)
{
    const struct report_writer *writer = report_writer_find(format);
    assert_non_null(writer);
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    struct error error = {{0}};
    assert_int_equal(writer->write(audit, style, out, &error), 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(strlen(text), length);
    return text;
}

static char *read_whole(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s is missing; write it with PORTVET_GOLDEN=write", path);
    if (getdelim(&text, &size, '\0', file) < 0)
        fail_msg("%s is empty", path);
    fclose(file);
    return text;
}

static void write_whole(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

void assert_golden(const char *file, const char *format, const struct audit *audit,
                   const struct report_style *style)
{
    char path[512];
    snprintf(path, sizeof path, "%s/golden/%s", TESTS_DIR, file);
    char *report = report_of(format, audit, style);
    const char *mode = getenv("PORTVET_GOLDEN");
    if (mode && strcmp(mode, "write") == 0) {
        write_whole(path, report);
    } else {
        char *golden = read_whole(path);
        assert_string_equal(report, golden);
        free(golden);
    }
    free(report);
}
