#include "probes/portset.h"

#include <stdlib.h>

void portset_free(struct portset *set)
{
    free(set->ranges);
    *set = (struct portset){0};
}
