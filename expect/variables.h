/* ${name} in the scalars of expectation files: names from `vars` and from --var, put into
 * text so that every byte still knows where it stands. No environment, no language. */
#ifndef EXPECT_VARIABLES_H
#define EXPECT_VARIABLES_H

#include "expect/source.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes that variables may put into the scalars of one run, all together. */
enum { VARIABLES_BYTES_MAX = 4 << 20 };

struct variable {
    struct variable *next;
    const char *name;
    struct text value;   /* as written, may name other variables */
    unsigned depth;      /* 0: from --var; 1: from a file of the command line; more: from
                            a file included that deep. The least one holds */
    bool used;           /* a ${name} was replaced by it */
    bool overrides;      /* another file defines it too, further in */
    bool resolved, busy; /* VALUE has been replaced itself; is being replaced */
};

struct variables {
    struct arena *arena;
    struct complaints *complaints;
    struct variable *first, **end;
    bool incomplete; /* some file or variable could not be read: what is not
                        defined may be there */
    size_t bytes;    /* put into scalars so far */
};

/* No variables yet. Lives in ARENA; NULL: no memory. */
struct variables *variables_new(struct arena *arena, struct complaints *complaints);

/* Defines NAME (which must live as long). A definition of a lesser depth holds; two of the
 * same depth with different values are an error at the second one's place. */
void variables_define(struct variables *variables, const char *name, struct place place,
                      const struct text *value, unsigned depth);

/* A letter or _, then letters, digits, _ and -. */
bool variable_name_is_valid(const char *name, size_t length);

struct variable *variables_find(const struct variables *variables, const char *name,
                                size_t length);

/* Replaces each ${name} of TEXT. False: an error is in the complaints, or no memory. */
bool variables_replace(struct variables *variables, struct text *text);

#endif
