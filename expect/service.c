#include "expect/service.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>

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
