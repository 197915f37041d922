#include "scanner/commands/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static bool to_addr(const struct addrinfo *info, struct addr *addr)
{
    if (info->ai_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, info->ai_addr, sizeof in);
        *addr = addr_ipv4((const uint8_t *)&in.sin_addr);
        return true;
    }
    if (info->ai_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, info->ai_addr, sizeof in6);
        *addr = addr_ipv6(in6.sin6_addr.s6_addr);
        addr->scope = in6.sin6_scope_id;
        return true;
    }
    return false;
}

struct found {
    struct addr *addresses;
    size_t count;
};

static int add(struct found *found, const struct addrinfo *list)
{
    size_t more = 0;
    for (const struct addrinfo *info = list; info; info = info->ai_next)
        more++;
    struct addr *grown = realloc(found->addresses, (found->count + more + 1) * sizeof *grown);
    if (!grown)
        return -ENOMEM;
    found->addresses = grown;
    for (const struct addrinfo *info = list; info; info = info->ai_next)
        found->count += to_addr(info, &grown[found->count]);
    return 0;
}

/* The resolver's status, or 0 when it says that the name has no address of FAMILY. */
static int ask(struct found *found, const char *name, int family)
{
    const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int status = getaddrinfo(name, NULL, &hints, &list);
    if (status == EAI_NONAME || status == EAI_NODATA || status == EAI_ADDRFAMILY)
        return 0;
    if (status != 0)
        return status;
    status = add(found, list) < 0 ? EAI_MEMORY : 0;
    freeaddrinfo(list);
    return status;
}

/* Asked for both families at once, getaddrinfo() passes over the failure of one. */
int resolve_name(void *context, const char *name, struct addr **addresses, struct error *error)
{
    static const struct {
        int family;
        enum addr_family ours;
    } families[] = {{AF_INET, ADDR_IPV4}, {AF_INET6, ADDR_IPV6}};
    const enum addr_family *wanted = context;
    struct found found = {0};
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        int status = ask(&found, name, families[i].family);
        if (status == EAI_MEMORY) {
            free(found.addresses);
            return error_no_memory(error);
        }
        if (status != 0 && (*wanted == ADDR_NONE || *wanted == families[i].ours))
            error_set(error, -EAGAIN, "%s: IPv%d addresses: %s", name, (int)families[i].ours,
                      gai_strerror(status));
    }
    *addresses = found.addresses;
    if (found.count == 0 && error->text[0] == '\0')
        return error_set(error, -ENOENT, "%s: %s", name, gai_strerror(EAI_NONAME));
    return (int)found.count;
}
