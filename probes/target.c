#include "probes/target.h"

#include <stdlib.h>

void host_observation_free(struct host_observation *host)
{
    for (size_t i = 0; i < host->count; i++)
        portset_free(&host->items[i].ports);
    free(host->items);
    host->items = NULL;
    host->count = 0;
}
