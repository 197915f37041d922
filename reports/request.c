#include "expect/suggest.h"
#include "reports/reports.h"

#include <errno.h>
#include <string.h>

/* The writer whose name is the LENGTH bytes at NAME; offers each to SUGGESTION. */
static const struct report_writer *find(const char *name, size_t length,
                                        struct suggestion *suggestion)
{
    size_t count;
    const struct report_writer *writers = report_writers(&count);
    for (size_t i = 0; i < count; i++) {
        if (strlen(writers[i].name) == length && memcmp(writers[i].name, name, length) == 0)
            return &writers[i];
        suggestion_offer(suggestion, writers[i].name);
    }
    return NULL;
}

int report_request_parse(struct report_request *request, const char *text, struct error *error)
{
    char name[32], hint[SUGGESTION_TEXT_SIZE];
    size_t length = strcspn(text, "=");
    struct suggestion suggestion = {.word = name};
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name),
             text);

    *request = (struct report_request){.writer = find(text, length, &suggestion)};
    if (!request->writer)
        return error_set(error, -EINVAL, "-o %.80s: there is no format '%s'%s", text, name,
                         suggestion_format(&suggestion, hint));
    if (text[length] == '=')
        request->path = text + length + 1;
    if (request->path && *request->path == '\0')
        return error_set(error, -EINVAL, "-o %.80s: a path is missing after the '='", text);
    if (request->path && strcmp(request->path, "-") == 0)
        request->path = NULL;
    return 0;
}
