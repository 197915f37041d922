#include "probes/error.h"

#include <errno.h>
#include <stdio.h>

int error_set(struct error *error, int code, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
    }
    return code;
}

int error_no_memory(struct error *error)
{
    return error_set(error, -ENOMEM, "out of memory");
}
