#include "reports/reports.h"

#include <errno.h>
#include <string.h>

int report_request_parse(struct report_request *request, const char *text, struct error *error)
{
    char name[32];
    size_t length = strcspn(text, "=");
    if (length >= sizeof name)
        return error_set(error, -EINVAL, "-o %.80s: there is no such format", text);
    memcpy(name, text, length);
    name[length] = '\0';

    *request = (struct report_request){.writer = report_writer_find(name)};
    if (!request->writer)
        return error_set(error, -EINVAL, "-o %.80s: there is no format '%s'", text, name);
    if (text[length] == '=')
        request->path = text + length + 1;
    if (request->path && *request->path == '\0')
        return error_set(error, -EINVAL, "-o %.80s: a path is missing after the '='", text);
    if (request->path && strcmp(request->path, "-") == 0)
        request->path = NULL;
    return 0;
}
