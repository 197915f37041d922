#include "reports/stream.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

void stream_put(struct stream *stream, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stream->out, format, arguments);
    va_end(arguments);
}

void stream_copy(struct stream *stream, const char *text)
{
    fputs_unlocked(text, stream->out);
}

void stream_number(struct stream *stream, uint64_t number)
{
    char digits[sizeof "18446744073709551615"];
    char *first = digits + sizeof digits - 1;
    *first = '\0';
    do
        *--first = (char)('0' + number % 10);
    while (number /= 10);
    stream_copy(stream, first);
}

void stream_text(struct stream *stream, const char *text)
{
    escape_write(stream->out, stream->escape, text);
}

void stream_take(struct stream *stream, char *text)
{
    if (!text)
        stream->out_of_memory = true;
    stream_text(stream, text);
    free(text);
}

int stream_finish(struct stream *stream, struct error *error)
{
    if (stream->out_of_memory)
        return error_no_memory(error);
    if (fflush(stream->out) != 0 || ferror(stream->out))
        return error_set(error, -EIO, "the report could not be written");
    return 0;
}
