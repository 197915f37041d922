/* All that is wrong with a set of expectation files, each with its place.
 *
 * A reader adds and goes on, so that a person sees every error of a file at once. The
 * text shows `file:line:column: error: …`, the line itself and a caret. */
#ifndef EXPECT_COMPLAINTS_H
#define EXPECT_COMPLAINTS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* More are counted, not kept: nobody reads them, and a hostile file can have a million. */
enum { COMPLAINTS_KEPT_MAX = 200 };

struct complaint {
    bool warning;          /* else an error */
    char *file;            /* owned */
    unsigned line, column; /* from 1, columns in characters; line 0: the file as a whole */
    char *text;            /* "unknown key 'expct'; did you mean 'expect'?"; owned */
    char *source_line;     /* the line, for the caret; NULL when there is none; owned. Of a
                              very long line the part around the column */
    unsigned caret;        /* where the caret stands in source_line, in characters from 1 */
    char *hint; /* a second place or a remedy, "first here: edge.yml:3:5"; may be NULL; owned */
};

struct complaints {
    struct complaint *items; /* in the order found */
    size_t count, capacity;
    size_t errors;      /* those that are no warnings, kept or not */
    bool out_of_memory; /* something could not be recorded; counts as an error too */
};

/* The "file" of what is said in the options and words of a command. */
#define COMMAND_LINE "command line"

/* Where in which text; LINE 0: the text as a whole. */
struct complaint_place {
    const char *file;
    unsigned line, column;
    const char *line_text; /* need not be terminated; NULL: none */
    size_t line_length;
    size_t column_offset; /* the byte of the line that COLUMN is */
};

/* Adds a complaint with copies of everything. Returns it, so that a hint can be added
 * before the next one comes; NULL when it was not kept (too many, no memory). */
struct complaint *complaints_add(struct complaints *complaints, bool warning,
                                 const struct complaint_place *place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

struct complaint *complaints_vadd(struct complaints *complaints, bool warning,
                                  const struct complaint_place *place, const char *format,
                                  va_list arguments) __attribute__((format(printf, 4, 0)));

/* Adds a hint to COMPLAINT, which may be NULL. */
void complaint_set_hint(struct complaints *complaints, struct complaint *complaint,
                        const char *format, ...) __attribute__((format(printf, 3, 4)));

/* True when there is an error, or memory was short. */
bool complaints_any_error(const struct complaints *complaints);

/* True when errors are of the command line alone, and no file is wrong. */
bool complaints_spare_files(const struct complaints *complaints);

void complaints_free(struct complaints *complaints);

/* Formats one complaint as lines of text for a person, without colour: place, kind, text,
 * source line, caret (under tabs and wide characters too), hint. Control characters are
 * shown as U+FFFD. The caller frees it; NULL: no memory. */
char *complaint_format(const struct complaint *complaint);

#endif
