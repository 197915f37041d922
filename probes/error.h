/* What a person must read when something failed.
 *
 * A fallible function returns 0 or a negative code and writes one sentence into the
 * caller's struct error: what failed, on what, and what to do. It knows no stream and
 * never prints. */
#ifndef PROBES_ERROR_H
#define PROBES_ERROR_H

#include <stdarg.h>

struct error {
    char text[512]; /* always terminated; "" when nothing failed */
};

/* Formats TEXT into *ERROR (which may be NULL) and returns CODE, so that a failing
 * function can end in `return error_set(error, -ENOMEM, "…")`. Longer text is cut. */
int error_set(struct error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The sentence for a failed allocation; returns -ENOMEM. */
int error_no_memory(struct error *error);

#endif
