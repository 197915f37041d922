/* All that is wrong with a set of expectation files, each with its place.
 *
 * A reader adds and goes on, so that a person sees every error of a file at once. The
 * text shows `file:line:column: error: …`, the line itself and a caret. */
#ifndef EXPECT_COMPLAINTS_H
#define EXPECT_COMPLAINTS_H

#include <stdbool.h>
#include <stddef.h>

struct complaint {
    bool warning;          /* else an error */
    char *file;            /* owned */
    unsigned line, column; /* line 0: the file as a whole */
    char *text;            /* "unknown key 'expct'; did you mean 'expect'?"; owned */
    char *source_line;     /* the line, for the caret; NULL when there is none; owned */
    char *hint;            /* a second place or a remedy, "first here: edge.yml:3:5"; may be NULL; owned */
};

struct complaints {
    struct complaint *items; /* in the order found */
    size_t count, capacity;
    size_t errors;           /* those that are no warnings */
    bool out_of_memory;      /* something could not be recorded; counts as an error too */
};

void complaints_free(struct complaints *complaints);

/* Formats one complaint as lines of text for a person, without colour: place, kind, text,
 * source line, caret (under tabs and wide characters too), hint. Control characters in
 * the source line are shown as U+FFFD. The caller frees it; NULL: no memory. */
char *complaint_format(const struct complaint *complaint);

#endif
