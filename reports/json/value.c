#include "reports/json/value.h"

#include "reports/escape.h"

#include <errno.h>
#include <stdlib.h>

/* Nine digits carry every measure; more would show the noise of binary fractions. */
enum { DUMP_FLAGS = JSON_REAL_PRECISION(9) };

json_t *value_of_text(const char *text)
{
    char *clean = escape_clean(text);
    json_t *value = clean ? json_string_nocheck(clean) : NULL;
    free(clean);
    return value;
}

const char *value_time_text(const struct timespec *time, char text[static TIME_TEXT_SIZE])
{
    struct tm utc;
    char seconds[32];
    gmtime_r(&time->tv_sec, &utc);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, TIME_TEXT_SIZE, "%s.%03ldZ", seconds, time->tv_nsec / 1000000);
    return text;
}

json_t *value_of_time(const struct timespec *time)
{
    char text[TIME_TEXT_SIZE];
    return json_string(value_time_text(time, text));
}

/* json_dumpf() locks the stream for each comma. */
static int put(const char *bytes, size_t size, void *out)
{
    return fwrite_unlocked(bytes, 1, size, out) == size ? 0 : -1;
}

int value_dump(FILE *out, const char *before, json_t *value, size_t flags)
{
    if (!value)
        return -ENOMEM;
    fputs(before, out);
    int status = json_dump_callback(value, put, out, DUMP_FLAGS | flags);
    json_decref(value);
    return status == 0 || ferror(out) ? 0 : -ENOMEM;
}
