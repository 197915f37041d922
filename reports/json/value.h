/* What the two formats in JSON have in common. */
#ifndef REPORTS_JSON_VALUE_H
#define REPORTS_JSON_VALUE_H

#include <jansson.h>
#include <stdio.h>
#include <time.h>

/* Room for the text of a time. */
enum { TIME_TEXT_SIZE = 64 };

/* TEXT as a clean string; NULL: no memory. */
json_t *value_of_text(const char *text);

/* "2026-11-20T02:00:00.123Z", in TEXT or, NULL: no memory, as a value. */
const char *value_time_text(const struct timespec *time, char text[static TIME_TEXT_SIZE]);
json_t *value_of_time(const struct timespec *time);

/* Writes BEFORE and then VALUE, which it takes; FLAGS are jansson's. 0, or -ENOMEM (VALUE
 * may be NULL for that). Errors of the stream stay the stream's. */
int value_dump(FILE *out, const char *before, json_t *value, size_t flags)
    __attribute__((warn_unused_result));

#endif
