/* Texts with a name, places in them, and complaints about those places.
 *
 * A source is a file or the rule lines of a command line; a place is a byte of it, turned
 * into line and column only when somebody must be told. It knows no YAML and no rules. */
#ifndef EXPECT_SOURCE_H
#define EXPECT_SOURCE_H

#include "expect/arena.h"
#include "expect/complaints.h"

#include <stddef.h>
#include <stdint.h>

struct source {
    const char *name; /* "edge.yml" as given, "-e", "command line" */
    const char *text; /* terminated; may hold NUL bytes too */
    size_t length;
    const uint32_t *lines; /* where each line starts; at least one */
    size_t line_count;     /* 0: places are shown without a line, for texts without any */
};

/* A byte of a source, or the end of it. */
struct place {
    const struct source *source;
    uint32_t offset;
};

/* A source whose name and text are copies in ARENA. Lines end as in YAML 1.1: LF, CR,
 * CR LF, U+0085, U+2028, U+2029. NULL: no memory. */
struct source *source_new(struct arena *arena, const char *name, const char *text,
                          size_t length);

/* Line and column, from 1; columns count characters. The line is 0 for a source without
 * lines. */
struct complaint_place place_describe(struct place place);
unsigned place_line(struct place place);

/* Adds an error or a warning about PLACE; see complaints_add(). */
struct complaint *complain(struct complaints *complaints, struct place place,
                           const char *format, ...) __attribute__((format(printf, 3, 4)));
struct complaint *warn(struct complaints *complaints, struct place place, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));

/* "WHAT: edge.yml:3:5" as the hint of COMPLAINT, which may be NULL. */
void complaint_point_to(struct complaints *complaints, struct complaint *complaint,
                        const char *what, struct place place);

/* Text read from a source, each byte of which knows where it came from, so that what is
 * wrong inside a quoted or folded scalar, or in a variable's place, is shown right. */
struct text {
    const struct source *source;
    const char *bytes; /* terminated */
    size_t length;
    const uint32_t *at; /* length + 1 offsets */
};

struct place text_place(const struct text *text, size_t index);

/* STRING as text that all comes from the start of SOURCE. False: no memory. */
bool text_of_string(struct text *text, struct arena *arena, const struct source *source,
                    const char *string);

/* The LENGTH bytes at OFFSET of SOURCE, as they are. False: no memory. */
bool text_from_source(struct text *text, struct arena *arena, const struct source *source,
                      size_t offset, size_t length);

#endif
