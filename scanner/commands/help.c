#include "scanner/commands/commands.h"

#include <string.h>

enum { HELP_COLUMNS = 80, HELP_INDENT = 26 };

/* LEFT, then TEXT wrapped into the right column. */
static void print_row(FILE *out, const char *left, const char *text)
{
    int column = fprintf(out, "  %s", left);
    if (column >= HELP_INDENT) {
        fputc('\n', out);
        column = 0;
    }
    fprintf(out, "%*s", HELP_INDENT - column, "");
    column = HELP_INDENT;
    while (*text) {
        size_t length = strcspn(text, " ");
        if (column > HELP_INDENT && column + 1 + (int)length > HELP_COLUMNS) {
            fprintf(out, "\n%*s", HELP_INDENT, "");
            column = HELP_INDENT;
        }
        if (column > HELP_INDENT)
            column += fprintf(out, " ");
        column += fprintf(out, "%.*s", (int)length, text);
        text += length + strspn(text + length, " ");
    }
    fputc('\n', out);
}

static void print_option(FILE *out, const struct option_row *row)
{
    char left[80];
    const char *argument = row->argument ? row->argument : "";
    if (row->letter && row->name)
        snprintf(left, sizeof left, "-%c, --%s %s", row->letter, row->name, argument);
    else if (row->letter)
        snprintf(left, sizeof left, "-%c %s", row->letter, argument);
    else
        snprintf(left, sizeof left, "    --%s %s", row->name, argument);
    print_row(out, left, row->help);
}

static void print_options(FILE *out, unsigned commands)
{
    size_t count;
    const struct option_row *rows = option_rows(&count);
    fputs("\nOptions:\n", out);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].commands & commands)
            print_option(out, &rows[i]);
    }
}

static void print_formats(FILE *out)
{
    size_t count;
    const struct report_writer *writers = report_writers(&count);
    fputs("\nReport formats:\n", out);
    for (size_t i = 0; i < count; i++)
        print_row(out, writers[i].name, writers[i].description);
}

static void print_exit_codes(FILE *out)
{
    size_t count;
    const struct exit_code_row *rows = exit_code_rows(&count);
    fputs("\nExit codes:\n", out);
    for (size_t i = 0; i < count; i++) {
        char left[16];
        snprintf(left, sizeof left, "%d", rows[i].code);
        print_row(out, left, rows[i].meaning);
    }
}

static void print_forms(FILE *out, const struct command *command)
{
    for (const char *form = command->usage; *form;) {
        size_t length = strcspn(form, "\n");
        fprintf(out, "  portvet %s %.*s\n", command->name, (int)length, form);
        form += length + (form[length] == '\n');
    }
}

void help_print_command(FILE *out, const struct command *command)
{
    fprintf(out, "portvet %s: %s\n\nUsage:\n", command->name, command->summary);
    print_forms(out, command);
    print_options(out, command->set);
    if (command->set & FOR_REPORTS)
        print_formats(out);
    print_exit_codes(out);
}

void help_print(FILE *out)
{
    size_t count;
    const struct command *rows = command_rows(&count);
    fputs("portvet: audits which ports of a host are exposed, against what a file says\n\n"
          "Usage:\n",
          out);
    for (size_t i = 0; i < count; i++)
        print_forms(out, &rows[i]);
    fputs("  portvet --version\n\nCommands:\n", out);
    for (size_t i = 0; i < count; i++)
        print_row(out, rows[i].name, rows[i].summary);
    print_options(out, FOR_ALL);
    print_formats(out);
    print_exit_codes(out);
}
