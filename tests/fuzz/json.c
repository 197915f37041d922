/* Any bytes as a JSON report: refused with a sentence, or an audit that every format can
 * write. The length of the input chooses the format. */
#include "reports/reports.h"
#include "tests/fuzz/text.h"

#include <assert.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void write_one(const struct audit *audit, size_t choice)
{
    static const struct report_style style = {.verbose = true};
    size_t count, length;
    const struct report_writer *writers = report_writers(&count);
    char *text = NULL;
    struct error error;
    FILE *out = open_memstream(&text, &length);
    assert(out);
    int status = writers[choice % count].write(audit, &style, out, &error);
    assert(status == 0);
    assert(fclose(out) == 0);
    text_check_clean(text, length);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct audit *audit = NULL;
    struct error error = {""};
    if (audit_read_json(&audit, text_file(bytes, size), &error) == 0)
        write_one(audit, size);
    else
        assert(error.text[0] != '\0');
    audit_free(audit);
    return 0;
}
