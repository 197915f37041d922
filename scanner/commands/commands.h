/* The commands of portvet: one row each, for dispatch and for help.
 *
 * Commands are the only place that knows every folder; each is a short story told with
 * what the folders offer, and returns the exit code. */
#ifndef SCANNER_COMMANDS_COMMANDS_H
#define SCANNER_COMMANDS_COMMANDS_H

#include "scanner/commands/exit_codes.h"
#include "scanner/commands/options.h"

struct command {
    const char *name;
    const char *usage;   /* what follows the name, one line for each form, '\n' between */
    const char *summary; /* one line */
    enum command_set set;
    enum exit_code (*run)(const struct options *options);
};

const struct command *command_rows(size_t *count);
const struct command *command_find(const char *name); /* NULL: no such command */

enum exit_code command_check(const struct options *options);
enum exit_code command_scan(const struct options *options);
enum exit_code command_learn(const struct options *options);
enum exit_code command_diff(const struct options *options);
enum exit_code command_merge(const struct options *options);
enum exit_code command_lint(const struct options *options);
enum exit_code command_explain(const struct options *options);
enum exit_code command_probes(const struct options *options);
enum exit_code command_respond(const struct options *options);

/* `portvet --help`, and `portvet COMMAND --help`. */
void help_print(FILE *out);
void help_print_command(FILE *out, const struct command *command);

/* "portvet: …" on standard error; returns CODE. */
enum exit_code command_fail(enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Every complaint about the expectations, on standard error; and the exit code for them. */
void command_show_complaints(const struct complaints *complaints);
enum exit_code command_blame(const struct complaints *complaints);

#endif
