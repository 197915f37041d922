#include "scanner/commands/outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool uses_stdout(const struct options *options)
{
    for (size_t i = 0; i < options->report_count; i++) {
        if (!options->reports[i].path)
            return true;
    }
    return false;
}

int outputs_open(struct outputs *outputs, const struct options *options, struct error *error)
{
    *outputs = (struct outputs){0};
    reports_prepare();
    if (!uses_stdout(options))
        outputs->requests[outputs->count++].writer = report_writer_find("text");
    for (size_t i = 0; i < options->report_count; i++)
        outputs->requests[outputs->count++] = options->reports[i];
    for (size_t i = 0; i < outputs->count; i++) {
        outputs->sinks[i] = report_sink_open(outputs->requests[i].path, error);
        if (!outputs->sinks[i])
            return -EIO;
    }
    return 0;
}

static unsigned terminal_columns(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO))
        return 0;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static struct report_style style_for(const struct options *options, const char *path)
{
    struct report_style style = {.verbose = options->verbose};
    if (path) /* a file is no terminal, but colours may be wanted in it */
        style.color = options->color == WHEN_ALWAYS;
    else {
        const char *no_color = getenv("NO_COLOR");
        bool may = isatty(STDOUT_FILENO) && !(no_color && *no_color);
        style.columns = terminal_columns();
        style.color = options->color == WHEN_ALWAYS || (options->color == WHEN_AUTO && may);
    }
    return style;
}

static bool stays_quiet(const struct options *options, const struct audit *audit)
{
    return options->quiet && (audit->result == RESULT_MET || audit->result == RESULT_WAIVED);
}

int outputs_write(const struct outputs *outputs, const struct options *options,
                  const struct audit *audit, struct error *error)
{
    int first = 0;
    for (size_t i = 0; i < outputs->count; i++) {
        const struct report_request *request = &outputs->requests[i];
        if (!request->path && stays_quiet(options, audit))
            continue;
        struct report_style style = style_for(options, request->path);
        struct error cause;
        int status =
            report_sink_write(outputs->sinks[i], request->writer, audit, &style, &cause);
        if (status < 0 && first == 0)
            first = error_set(error, status, "%s", cause.text);
    }
    return first;
}

enum exit_code outputs_exit_code(const struct outputs *outputs, const struct audit *audit,
                                 enum exit_code usual)
{
    for (size_t i = 0; i < outputs->count; i++) {
        const struct report_request *request = &outputs->requests[i];
        if (!request->path && request->writer->exit_code)
            return (enum exit_code)request->writer->exit_code(audit);
    }
    return usual;
}

static const char *meaning_of(enum exit_code code)
{
    size_t count;
    const struct exit_code_row *rows = exit_code_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].code == code)
            return rows[i].meaning;
    }
    return "failed";
}

enum exit_code outputs_failure_code(const struct options *options, enum exit_code code)
{
    for (size_t i = 0; i < options->report_count; i++) {
        const struct report_request *request = &options->reports[i];
        if (code >= EXIT_USAGE && !request->path && request->writer->fail)
            return (enum exit_code)request->writer->fail(meaning_of(code), stdout);
    }
    return code;
}

void outputs_close(struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++)
        report_sink_free(outputs->sinks[i]);
}
