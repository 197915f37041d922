/* A small database of services in the place of the system's, which the C library reads from
 * its beginning for each name: the targets are faster, and do the same on every machine. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

static char *no_aliases[] = {NULL};

static struct servent services[] = {
    {.s_name = "ssh", .s_port = 22, .s_proto = "tcp"},
    {.s_name = "smtp", .s_port = 25, .s_proto = "tcp"},
    {.s_name = "domain", .s_port = 53, .s_proto = "tcp"},
    {.s_name = "domain", .s_port = 53, .s_proto = "udp"},
    {.s_name = "http", .s_port = 80, .s_proto = "tcp"},
    {.s_name = "ntp", .s_port = 123, .s_proto = "udp"},
    {.s_name = "https", .s_port = 443, .s_proto = "tcp"},
    {.s_name = "https", .s_port = 443, .s_proto = "udp"},
    {.s_name = "snmp-trap", .s_port = 162, .s_proto = "udp"},
    {.s_name = "x11-1", .s_port = 6001, .s_proto = "tcp"},
};
enum { COUNT = sizeof services / sizeof services[0] };

static struct servent copy_of(const struct servent *service)
{
    struct servent copy = *service;
    copy.s_aliases = no_aliases;
    copy.s_port = htons((uint16_t)service->s_port);
    return copy;
}

int getservbyname_r(const char *name, const char *proto, struct servent *entry, char *buffer,
                    size_t size, struct servent **found)
{
    (void)buffer, (void)size;
    *found = NULL;
    for (size_t i = 0; i < COUNT && !*found; i++) {
        if (strcmp(services[i].s_name, name) != 0 || strcmp(services[i].s_proto, proto) != 0)
            continue;
        *entry = copy_of(&services[i]);
        *found = entry;
    }
    return *found ? 0 : ENOENT;
}

int getservbyport_r(int port, const char *proto, struct servent *entry, char *buffer,
                    size_t size, struct servent **found)
{
    (void)buffer, (void)size;
    *found = NULL;
    for (size_t i = 0; i < COUNT && !*found; i++) {
        if (htons((uint16_t)services[i].s_port) != port ||
            strcmp(services[i].s_proto, proto) != 0)
            continue;
        *entry = copy_of(&services[i]);
        *found = entry;
    }
    return *found ? 0 : ENOENT;
}

static size_t next_service;

void setservent(int stay_open)
{
    (void)stay_open;
    next_service = 0;
}

struct servent *getservent(void)
{
    static struct servent entry;
    if (next_service == COUNT)
        return NULL;
    entry = copy_of(&services[next_service++]);
    return &entry;
}

void endservent(void)
{
    next_service = 0;
}
