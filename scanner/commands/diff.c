/* portvet diff OLD.json NEW.json */
#include "expect/diff.h"
#include "scanner/commands/commands.h"

#include <errno.h>

enum { WORD_OLD, WORD_NEW, WORD_COUNT };

static enum exit_code compare(const struct audit *before, const struct audit *after)
{
    struct diff diff = {0};
    int status = diff_make(&diff, before, after);
    if (status == 0)
        status = diff_write(&diff, stdout);
    if (status == 0 && fflush(stdout) == EOF)
        status = -EIO;
    bool changed = diff.count > 0;
    diff_free(&diff);
    if (status == -ENOMEM)
        return command_fail(EXIT_SOFTWARE, "out of memory");
    if (status < 0)
        return command_fail(EXIT_REPORT, "standard output cannot be written");
    return changed ? EXIT_BROKEN : EXIT_MET;
}

enum exit_code command_diff(const struct options *options)
{
    if (options->words.count != WORD_COUNT)
        return command_fail(EXIT_USAGE, "diff needs two JSON reports: diff OLD.json NEW.json");
    struct audit *before = NULL, *after = NULL;
    struct error error;
    enum exit_code code;
    if (audit_read_json(&before, options->words.items[WORD_OLD], &error) < 0 ||
        audit_read_json(&after, options->words.items[WORD_NEW], &error) < 0)
        code = command_fail(EXIT_FILE, "%s", error.text);
    else
        code = compare(before, after);
    audit_free(before);
    audit_free(after);
    return code;
}
