#include "expect/service.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

int service_port(const char *name, enum proto proto)
{
    struct servent entry, *found = NULL;
    char buffer[4096];
    if (getservbyname_r(name, proto_name(proto), &entry, buffer, sizeof buffer, &found) != 0 ||
        !found)
        return -1;
    return ntohs((uint16_t)found->s_port);
}

void service_name(uint16_t port, enum proto proto, char *name, size_t size)
{
    struct servent entry, *found = NULL;
    char buffer[4096];
    if (getservbyport_r(htons(port), proto_name(proto), &entry, buffer, sizeof buffer,
                        &found) != 0)
        found = NULL;
    snprintf(name, size, "%s", found ? found->s_name : "");
}

void service_suggest(struct suggestion *suggestion, enum proto proto,
                     char best[static SERVICE_NAME_SIZE])
{
    const struct servent *entry;
    setservent(1);
    while ((entry = getservent())) {
        if (strcmp(entry->s_proto, proto_name(proto)) != 0 ||
            strlen(entry->s_name) >= SERVICE_NAME_SIZE)
            continue;
        const char *before = suggestion->best;
        suggestion_offer(suggestion, entry->s_name);
        if (suggestion->best == before)
            continue;
        snprintf(best, SERVICE_NAME_SIZE, "%s", entry->s_name);
        suggestion->best = best;
    }
    endservent();
}
