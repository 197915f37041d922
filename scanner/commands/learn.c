/* portvet learn TARGET… [-p PORTS] */
#include "expect/learn.h"
#include "scanner/commands/scan.h"

#include <errno.h>

static int write_file(void *context, const struct audit *audit, struct error *error)
{
    (void)context;
    int status = learn_write(audit, stdout);
    if (status == 0 && fflush(stdout) == EOF)
        status = -EIO;
    if (status == -ENOMEM)
        return error_no_memory(error);
    return status < 0 ? error_set(error, status, "standard output cannot be written") : 0;
}

enum exit_code command_learn(const struct options *options)
{
    static const struct audit_watch watch = {.finished = write_file};
    return scan_targets(options, &watch);
}
