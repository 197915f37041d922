#include "expect/suggest.h"
#include "scanner/commands/commands.h"
#include "scanner/commands/outputs.h"
#include "scanner/privileges/privileges.h"

#include <stdio.h>
#include <string.h>

static enum exit_code run_command(const struct command *command, char *const *words,
                                  size_t count)
{
    struct options options;
    struct error error;
    enum exit_code code;
    if (options_parse(&options, command->set, words, count, &error) < 0) {
        code = command_fail(EXIT_USAGE, "%s", error.text);
    } else if (options.help) {
        help_print_command(stdout, command);
        code = EXIT_MET;
    } else {
        code = outputs_failure_code(&options, command->run(&options));
    }
    options_free(&options);
    return code;
}

static enum exit_code refuse_command(const char *name)
{
    size_t count;
    const struct command *rows = command_rows(&count);
    struct suggestion suggestion = {.word = name};
    for (size_t i = 0; i < count; i++)
        suggestion_offer(&suggestion, rows[i].name);
    char advice[SUGGESTION_TEXT_SIZE];
    return command_fail(EXIT_USAGE, "'%s' is no command%s; see portvet --help", name,
                        suggestion_format(&suggestion, advice));
}

static enum exit_code run(int argc, char **argv)
{
    if (argc < 2)
        return command_fail(EXIT_USAGE, "no command; try portvet --help");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        help_print(stdout);
        return EXIT_MET;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("portvet " PORTVET_VERSION);
        return EXIT_MET;
    }
    struct error error;
    if (privileges_begin(&error) < 0)
        return command_fail(EXIT_PRIVILEGE, "%s", error.text);
    const struct command *command = command_find(argv[1]);
    if (!command)
        return refuse_command(argv[1]);
    return run_command(command, argv + 2, (size_t)argc - 2);
}

int main(int argc, char **argv)
{
    return (int)run(argc, argv);
}
