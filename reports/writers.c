#include "reports/writers.h"

#include <string.h>

static const struct report_writer writers[] = {
    {"text", "for a person: what broke, what is undecided, a line a host", text_write},
    {"json", "everything, for programs; merge and diff read it", json_write},
    {"junit", "JUnit XML for CI servers", junit_write},
};

const struct report_writer *report_writers(size_t *count)
{
    *count = sizeof writers / sizeof writers[0];
    return writers;
}

const struct report_writer *report_writer_find(const char *name)
{
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++) {
        if (strcmp(writers[i].name, name) == 0)
            return &writers[i];
    }
    return NULL;
}
