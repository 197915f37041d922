/* The reports of one run: where they go, and writing them all. */
#ifndef SCANNER_COMMANDS_OUTPUTS_H
#define SCANNER_COMMANDS_OUTPUTS_H

#include "scanner/commands/exit_codes.h"
#include "scanner/commands/options.h"

struct outputs {
    struct report_request requests[REPORTS_MOST + 1];
    struct report_sink *sinks[REPORTS_MOST + 1];
    size_t count;
};

/* Opens every report that OPTIONS ask for, so that a wrong path is found before anything
 * is sent; the text report goes to standard output unless another does. 0 or -errno. */
int outputs_open(struct outputs *outputs, const struct options *options, struct error *error)
    __attribute__((warn_unused_result));

/* Writes them all, even after one has failed; with --quiet and everything met, nothing
 * goes to standard output. 0, or the first failure. */
int outputs_write(const struct outputs *outputs, const struct options *options,
                  const struct audit *audit, struct error *error)
    __attribute__((warn_unused_result));

/* The exit code of a run whose reports have been written: USUAL, or what the report on
 * standard output puts in its place. */
enum exit_code outputs_exit_code(const struct outputs *outputs, const struct audit *audit,
                                 enum exit_code usual);

/* The same for a run that failed with CODE, reports or not. */
enum exit_code outputs_failure_code(const struct options *options, enum exit_code code);
void outputs_close(struct outputs *outputs);

#endif
