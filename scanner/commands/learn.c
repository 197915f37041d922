/* portvet learn TARGET… [-p PORTS] */
#include "expect/learn.h"
#include "reports/reports.h"
#include "scanner/commands/scan.h"

#include <errno.h>

static int write_file(void *context, const struct audit *audit, struct error *error)
{
    int status = learn_write(audit, context, stdout);
    if (status == 0 && fflush(stdout) == EOF)
        status = -EIO;
    if (status == -ENOMEM)
        return error_no_memory(error);
    return status < 0 ? error_set(error, status, "standard output cannot be written") : 0;
}

enum exit_code command_learn(const struct options *options)
{
    reports_prepare();
    struct service_names *names = service_names_read();
    if (!names)
        return command_fail(EXIT_SOFTWARE, "out of memory");
    const struct audit_watch watch = {.finished = write_file, .context = names};
    enum exit_code code = scan_targets(options, &watch);
    service_names_free(names);
    return code;
}
