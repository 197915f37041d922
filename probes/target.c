#include "probes/target.h"

#include <stdlib.h>

bool observation_has_syn_ack(const struct observation *seen)
{
    static const bool before_proof[REASON_COUNT] = {
        [REASON_WENT_SILENT] = true, [REASON_SEND_FAILED] = true, [REASON_CAPTURE_LOSS] = true,
        [REASON_LINK_DOWN] = true,   [REASON_DEADLINE] = true,    [REASON_INTERRUPTED] = true,
    };
    return seen->proto == PROTO_TCP && seen->state == PORT_UNKNOWN &&
           seen->by.family != ADDR_NONE && before_proof[seen->reason];
}

void host_observation_free(struct host_observation *host)
{
    for (size_t i = 0; i < host->count; i++)
        portset_free(&host->items[i].ports);
    free(host->items);
    host->items = NULL;
    host->count = 0;
}
