#include "scanner/commands/confine.h"

#include "scanner/commands/commands.h"
#include "scanner/privileges/privileges.h"
#include "scanner/privileges/sandbox.h"

#include <errno.h>

/* 1 from either step: something is missing, which only --require-sandbox makes fatal. */
static int tolerate(const struct options *options, int status, const struct error *missing)
{
    if (status <= 0)
        return status;
    if (options->require_sandbox)
        return -EPERM;
    (void)command_fail(EXIT_MET, "warning: %s", missing->text);
    return 0;
}

int confine(const struct options *options, const struct outputs *outputs, struct error *error)
{
    int directories[REPORTS_MOST + 1];
    size_t count = 0;
    for (size_t i = 0; i < outputs->count; i++) {
        int directory = report_sink_directory(outputs->sinks[i]);
        if (directory >= 0)
            directories[count++] = directory;
    }
    const struct privileges_drop_options drop = {
        .user = options->user,
        .report_directory = count ? directories[0] : -1,
    };
    int status = tolerate(options, privileges_drop(&drop, error), error);
    if (status < 0)
        return status;
    const struct sandbox_options walls = {
        .report_directories = directories,
        .directory_count = count,
        .sockets = options->connect ? SANDBOX_TCP_AND_UDP : SANDBOX_TCP,
    };
    return tolerate(options, sandbox_enter(&walls, error), error);
}
