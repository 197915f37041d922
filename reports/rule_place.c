#include "reports/rule_place.h"

#include <stdlib.h>
#include <string.h>

bool rule_place_read(struct rule_place *place, const char *text)
{
    const char *colon = text ? strrchr(text, ':') : NULL;
    if (!colon || colon == text || strncmp(text, "-e:", strlen("-e:")) == 0)
        return false;
    char *end;
    unsigned long line = strtoul(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end != '\0' || line == 0 || line > 100000000)
        return false;
    *place = (struct rule_place){text, (size_t)(colon - text), (unsigned)line};
    return true;
}
