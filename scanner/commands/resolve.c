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

static int by_address(const void *a, const void *b)
{
    return addr_compare(a, b);
}

int resolve_name(void *context, const char *name, struct addr **addresses, struct error *error)
{
    (void)context;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int status = getaddrinfo(name, NULL, &hints, &list);
    if (status != 0)
        return error_set(error, -ENOENT, "%s: %s", name, gai_strerror(status));
    int count = 0;
    for (const struct addrinfo *info = list; info; info = info->ai_next)
        count++;
    struct addr *found = calloc((size_t)count + 1, sizeof *found);
    if (!found) {
        freeaddrinfo(list);
        return error_no_memory(error);
    }
    int used = 0;
    for (const struct addrinfo *info = list; info; info = info->ai_next)
        used += to_addr(info, &found[used]);
    freeaddrinfo(list);
    qsort(found, (size_t)used, sizeof *found, by_address);
    int unique = 0;
    for (int i = 0; i < used; i++) {
        if (unique == 0 || !addr_equal(&found[unique - 1], &found[i]))
            found[unique++] = found[i];
    }
    *addresses = found;
    return unique;
}
