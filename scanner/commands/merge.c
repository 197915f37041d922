/* portvet merge RUN.json… */
#include "expect/merge.h"
#include "scanner/commands/commands.h"
#include "scanner/commands/outputs.h"

#include <stdlib.h>

static enum exit_code report(const struct options *options, const struct audit *merged)
{
    struct outputs outputs;
    struct error error;
    enum exit_code code = exit_code_of_result(merged->result);
    if (outputs_open(&outputs, options, &error) < 0 ||
        outputs_write(&outputs, options, merged, &error) < 0)
        code = command_fail(EXIT_REPORT, "%s", error.text);
    else
        code = outputs_exit_code(&outputs, merged, code);
    outputs_close(&outputs);
    return code;
}

static enum exit_code merge(const struct options *options, struct audit **audits)
{
    const struct words *paths = &options->words;
    struct error error;
    for (size_t i = 0; i < paths->count; i++) {
        if (audit_read_json(&audits[i], paths->items[i], &error) < 0)
            return command_fail(EXIT_FILE, "%s", error.text);
    }
    struct audit *merged = NULL;
    if (audit_merge(&merged, audits, paths->count, &error) < 0)
        return command_fail(EXIT_FILE, "%s", error.text);
    enum exit_code code = report(options, merged);
    audit_free(merged);
    return code;
}

enum exit_code command_merge(const struct options *options)
{
    size_t count = options->words.count;
    if (count == 0)
        return command_fail(EXIT_USAGE, "merge needs JSON reports: merge RUN.json...");
    struct audit **audits = calloc(count, sizeof(struct audit *));
    if (!audits)
        return command_fail(EXIT_SOFTWARE, "out of memory");
    enum exit_code code = merge(options, audits);
    for (size_t i = 0; i < count; i++)
        audit_free(audits[i]);
    free(audits);
    return code;
}
