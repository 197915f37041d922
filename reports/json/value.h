/* Values of JSON, made and written with jansson, that its two formats have in common. */
#ifndef REPORTS_JSON_VALUE_H
#define REPORTS_JSON_VALUE_H

#include <jansson.h>
#include <stdio.h>
#include <time.h>

/* TEXT as a clean string; NULL: no memory. */
json_t *value_of_text(const char *text);

/* "2026-11-20T02:00:00.123Z"; NULL: no memory. */
json_t *value_of_time(const struct timespec *time);

/* Writes BEFORE and then VALUE, which it takes; FLAGS are jansson's. 0, or -ENOMEM (VALUE
 * may be NULL for that). Errors of the stream stay the stream's. */
int value_dump(FILE *out, const char *before, json_t *value, size_t flags)
    __attribute__((warn_unused_result));

#endif
