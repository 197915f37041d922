/* A text in the making, of any length, written like a stream: what is asked at the end
 * is whether there was memory for all of it. It knows nothing of what is written. */
#ifndef REPORTS_DRAFT_H
#define REPORTS_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct draft {
    FILE *out; /* where to write */
    char *text;
    size_t length;
    bool incomplete; /* set by the writer when a part of the text could not be had */
};

/* Begins a draft. False: no memory. */
bool draft_open(struct draft *draft);

/* Writes TEXT, which was just allocated, and frees it. NULL makes the draft incomplete. */
void draft_take(struct draft *draft, char *text);

/* Ends the draft: its text, which the caller frees, or NULL when memory was short at any
 * time. */
char *draft_close(struct draft *draft);

#endif
