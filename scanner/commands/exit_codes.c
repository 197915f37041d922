#include "scanner/commands/exit_codes.h"

static const struct exit_code_row rows[] = {
    {EXIT_MET, "all expectations are met, or the scan finished, or two runs are the same"},
    {EXIT_BROKEN, "an expectation is broken, or two runs differ"},
    {EXIT_INCONCLUSIVE, "nothing is broken, but something could not be decided"},
    {EXIT_USAGE, "the command line is wrong"},
    {EXIT_NETWORK, "the network could not be used"},
    {EXIT_SOFTWARE, "out of memory"},
    {EXIT_REPORT, "a report could not be written; the older one, if any, is whole"},
    {EXIT_PRIVILEGE, "raw sockets need a privilege that is missing"},
    {EXIT_FILE, "an expectations file, or a run that is to be read, is wrong"},
    {EXIT_INTERRUPTED, "interrupted (SIGINT): what is known is reported, the rest is "
                       "inconclusive"},
    {EXIT_TERMINATED, "terminated (SIGTERM): the same"},
};

enum exit_code exit_code_of_result(enum result result)
{
    static const enum exit_code codes[RESULT_COUNT] = {
        [RESULT_SCANNED] = EXIT_MET,   [RESULT_MET] = EXIT_MET,
        [RESULT_WAIVED] = EXIT_MET,    [RESULT_INCONCLUSIVE] = EXIT_INCONCLUSIVE,
        [RESULT_BROKEN] = EXIT_BROKEN,
    };
    return codes[result];
}

const struct exit_code_row *exit_code_rows(size_t *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}
