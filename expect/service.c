#include "expect/service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
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

struct service_names {
    struct service {
        char name[SERVICE_NAME_SIZE];
        uint16_t port;
        int proto;
    } * services;
    size_t count, room;
};

static int add_service(struct service_names *names, const struct servent *entry)
{
    int proto = proto_from_name(entry->s_proto);
    if (proto < 0)
        return 0;
    if (names->count == names->room) {
        size_t room = names->room ? 2 * names->room : 256;
        struct service *services = realloc(names->services, room * sizeof *services);
        if (!services)
            return -ENOMEM;
        names->services = services;
        names->room = room;
    }
    struct service *service = &names->services[names->count++];
    snprintf(service->name, sizeof service->name, "%s", entry->s_name);
    service->port = ntohs((uint16_t)entry->s_port);
    service->proto = proto;
    return 0;
}

struct service_names *service_names_read(void)
{
    struct service_names *names = calloc(1, sizeof *names);
    if (!names)
        return NULL;
    const struct servent *entry;
    int failed = 0;
    setservent(1);
    while (!failed && (entry = getservent()))
        failed = add_service(names, entry);
    endservent();
    if (failed) {
        service_names_free(names);
        return NULL;
    }
    return names;
}

void service_names_free(struct service_names *names)
{
    if (!names)
        return;
    free(names->services);
    free(names);
}

const char *service_names_find(const struct service_names *names, uint16_t port,
                               enum proto proto)
{
    for (size_t i = 0; i < names->count; i++) {
        const struct service *service = &names->services[i];
        if (service->port == port && service->proto == (int)proto)
            return service->name;
    }
    return NULL;
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
