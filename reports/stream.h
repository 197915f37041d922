/* Where a text-like report is written: a stream with the escaping of its format and a
 * memory of what failed, so that a writer reads like its format and asks once, at the
 * end. It knows no format. */
#ifndef REPORTS_STREAM_H
#define REPORTS_STREAM_H

#include "probes/error.h"
#include "reports/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct stream {
    FILE *out;
    const struct escape *escape; /* how text from outside is written */
    bool out_of_memory;
};

/* Our own words and the marks of the format, written as they are. */
void stream_put(struct stream *stream, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same without a format: TEXT as it is, and NUMBER in decimal. */
void stream_copy(struct stream *stream, const char *text);
void stream_number(struct stream *stream, uint64_t number);

/* Text from outside (NULL: nothing), escaped. */
void stream_text(struct stream *stream, const char *text);

/* The same for text that was just allocated: frees it. NULL means that there was no
 * memory for it, which stream_finish() then says. */
void stream_take(struct stream *stream, char *text);

/* 0, or -ENOMEM or -EIO with *ERROR when anything failed since the start. */
int stream_finish(struct stream *stream, struct error *error)
    __attribute__((warn_unused_result));

#endif
