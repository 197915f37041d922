/* The exit codes: one table, from which help, man page and tests are made. */
#ifndef SCANNER_COMMANDS_EXIT_CODES_H
#define SCANNER_COMMANDS_EXIT_CODES_H

#include "expect/audit.h"

#include <stddef.h>

enum exit_code {
    EXIT_MET = 0,
    EXIT_BROKEN = 1,
    EXIT_INCONCLUSIVE = 2,
    EXIT_USAGE = 64, /* the numbers from 64 on are those of sysexits.h, where it has one */
    EXIT_NETWORK = 69,
    EXIT_SOFTWARE = 70,
    EXIT_REPORT = 73,
    EXIT_PRIVILEGE = 77,
    EXIT_FILE = 78,
    EXIT_INTERRUPTED = 130,
    EXIT_TERMINATED = 143,
};

struct exit_code_row {
    enum exit_code code;
    const char *meaning;
};

/* Of a run that came to its end. */
enum exit_code exit_code_of_result(enum result result);

const struct exit_code_row *exit_code_rows(size_t *count);

#endif
