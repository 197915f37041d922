/* Writes the man page: prose from standard input, in which a line such as `@OPTIONS@` gives
 * place to one of the program's own tables. */
#include "scanner/commands/commands.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Text as roff wants it: nothing of it is a request or an escape. */
static void put_text(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        switch (text[i]) {
        case '-':
            fputs("\\-", stdout);
            break;
        case '\'':
            fputs("\\(aq", stdout);
            break;
        case '\\':
            fputs("\\e", stdout);
            break;
        default:
            putchar(text[i]);
        }
    }
}

static void put_font(char font, const char *text, size_t length)
{
    printf("\\f%c", font);
    put_text(text, length);
    fputs("\\fR", stdout);
}

static void put_line(const char *text)
{
    fputs("\\&", stdout); /* a dot at its start is a dot */
    put_text(text, strlen(text));
    putchar('\n');
}

static void put_item(const char *name, const char *text)
{
    puts(".TP");
    put_font('B', name, strlen(name));
    putchar('\n');
    put_line(text);
}

/* "-e RULES TARGET...": capitals stand for what a person puts there. */
static void put_usage(const char *usage, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t word = strcspn(usage + i, " []\n");
        if (word > 0)
            put_font(isupper((unsigned char)usage[i]) ? 'I' : 'B', usage + i, word);
        else
            putchar(usage[i]);
        i += word > 0 ? word : 1;
    }
}

static void put_synopsis(void)
{
    size_t count;
    const struct command *rows = command_rows(&count);
    for (size_t i = 0; i < count; i++) {
        for (const char *form = rows[i].usage; *form;) {
            size_t length = strcspn(form, "\n");
            fputs(i > 0 || form != rows[i].usage ? ".br\n" : "", stdout);
            printf("\\fBportvet %s\\fR ", rows[i].name);
            put_usage(form, length);
            putchar('\n');
            form += length + (form[length] == '\n');
        }
    }
}

static void put_commands(void)
{
    size_t count;
    const struct command *rows = command_rows(&count);
    for (size_t i = 0; i < count; i++)
        put_item(rows[i].name, rows[i].summary);
}

/* "For check, explain.", unless every command takes it. */
static void put_takers(unsigned takers)
{
    size_t count, named = 0;
    const struct command *rows = command_rows(&count);
    if ((takers & FOR_ALL) == FOR_ALL)
        return;
    for (size_t i = 0; i < count; i++) {
        if (takers & rows[i].set)
            printf("%s%s", named++ == 0 ? ".br\nFor " : ", ", rows[i].name);
    }
    fputs(named > 0 ? ".\n" : "", stdout);
}

/* "-e, --expect RULES" */
static void put_option(const struct option_row *row)
{
    char name[48];
    if (row->letter)
        put_font('B', (const char[]){'-', row->letter}, 2);
    if (row->letter && row->name)
        fputs(", ", stdout);
    if (row->name) {
        snprintf(name, sizeof name, "--%s", row->name);
        put_font('B', name, strlen(name));
    }
    if (row->argument) {
        putchar(' ');
        put_font('I', row->argument, strlen(row->argument));
    }
    putchar('\n');
}

static void put_options(void)
{
    size_t count;
    const struct option_row *rows = option_rows(&count);
    for (size_t i = 0; i < count; i++) {
        puts(".TP");
        put_option(&rows[i]);
        put_line(rows[i].help);
        put_takers(rows[i].commands);
    }
}

static void put_formats(void)
{
    size_t count;
    const struct report_writer *rows = report_writers(&count);
    for (size_t i = 0; i < count; i++)
        put_item(rows[i].name, rows[i].description);
}

static void put_exit_codes(void)
{
    size_t count;
    const struct exit_code_row *rows = exit_code_rows(&count);
    for (size_t i = 0; i < count; i++) {
        char code[16];
        snprintf(code, sizeof code, "%d", rows[i].code);
        put_item(code, rows[i].meaning);
    }
}

static const struct part {
    const char *mark;
    void (*put)(void);
} parts[] = {
    {"@SYNOPSIS@\n", put_synopsis},     {"@COMMANDS@\n", put_commands},
    {"@OPTIONS@\n", put_options},       {"@FORMATS@\n", put_formats},
    {"@EXIT_CODES@\n", put_exit_codes},
};

static const struct part *find_part(const char *line)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(parts[i].mark, line) == 0)
            return &parts[i];
    }
    return NULL;
}

int main(void)
{
    char line[512];
    while (fgets(line, sizeof line, stdin)) {
        const struct part *part = find_part(line);
        if (part)
            part->put();
        else
            fputs(line, stdout);
    }
    return ferror(stdin) || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
