/* Any text in every field of an audit that holds text: the report is written, holds no
 * control character, and what the JSON says is read back and written again unchanged. The
 * first byte of the input chooses the format. */
#include "reports/reports.h"
#include "tests/fuzz/text.h"
#include "tests/unit/audit_fixture.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static char *report_on(const struct report_writer *writer, const struct audit *audit,
                       size_t *length)
{
    static const struct report_style style = {.verbose = true};
    char *text = NULL;
    FILE *out = open_memstream(&text, length);
    struct error error;
    assert(out);
    int status = writer->write(audit, &style, out, &error);
    assert(status == 0);
    assert(fclose(out) == 0);
    text_check_clean(text, *length);
    return text;
}

static void read_again(const char *json, size_t length)
{
    struct audit *audit;
    struct error error;
    int status = audit_read_json(&audit, text_file(json, length), &error);
    assert(status == 0);
    size_t again_length;
    char *again = report_on(report_writer_find("json"), audit, &again_length);
    assert(again_length == length && memcmp(again, json, length) == 0);
    free(again);
    audit_free(audit);
}

static void write_one(const struct report_writer *writer, const struct audit *audit)
{
    size_t length;
    char *report = report_on(writer, audit, &length);
    if (strcmp(writer->name, "json") == 0)
        read_again(report, length);
    free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    size_t count;
    const struct report_writer *writers = report_writers(&count);
    struct input input = {bytes, size};
    size_t choice = input_byte(&input);
    char *text = input_text(input.at, input.left);
    struct audit *audit = fixture_hostile(text);
    write_one(&writers[choice % count], audit);
    audit_free(audit);
    free(text);
    return 0;
}
