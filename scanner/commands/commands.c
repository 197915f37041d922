#include "scanner/commands/commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command rows[] = {
    {"check", "FILE...\n-e RULES TARGET...", "audit hosts against expectations", FOR_CHECK,
     command_check},
    {"scan", "TARGET... [-p PORTS]", "show the state of ports, without expectations", FOR_SCAN,
     command_scan},
    {"learn", "TARGET... [-p PORTS]",
     "scan, and print an expectations file that holds what is there", FOR_LEARN, command_learn},
    {"lint", "FILE...", "check expectation files without sending anything", FOR_LINT,
     command_lint},
    {"explain", "FILE HOST PORT [--probe]", "show which rule decides about a port, and why",
     FOR_EXPLAIN, command_explain},
    {"diff", "OLD.json NEW.json", "show what changed between two runs", FOR_DIFF, command_diff},
    {"merge", "RUN.json...", "one report from the JSON reports of vantages or shards",
     FOR_MERGE, command_merge},
    {"probes", "[PORT]", "show the UDP probe library", FOR_PROBES, command_probes},
    {"respond", "--key FILE\n--new-key FILE",
     "answer signed probes on every port of this machine, for outbound audits", FOR_RESPOND,
     command_respond},
};

const struct command *command_rows(size_t *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

enum exit_code command_fail(enum exit_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("portvet: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return code;
}

void command_show_complaints(const struct complaints *complaints)
{
    for (size_t i = 0; i < complaints->count; i++) {
        char *text = complaint_format(&complaints->items[i]);
        if (text)
            fputs(text, stderr);
        free(text);
    }
    if (complaints->out_of_memory)
        command_fail(EXIT_SOFTWARE, "out of memory");
}

enum exit_code command_blame(const struct complaints *complaints)
{
    if (complaints->out_of_memory)
        return EXIT_SOFTWARE;
    return complaints_spare_files(complaints) ? EXIT_USAGE : EXIT_FILE;
}
