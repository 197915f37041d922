#include "probes/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct addr addr_ipv4(const uint8_t bytes[static 4])
{
    struct addr addr = {.family = ADDR_IPV4};
    memcpy(addr.bytes, bytes, 4);
    return addr;
}

struct addr addr_ipv6(const uint8_t bytes[static 16])
{
    struct addr addr = {.family = ADDR_IPV6};
    memcpy(addr.bytes, bytes, 16);
    return addr;
}

size_t addr_length(const struct addr *addr)
{
    switch ((enum addr_family)addr->family) {
    case ADDR_IPV4:
        return 4;
    case ADDR_IPV6:
        return 16;
    case ADDR_NONE:
        break;
    }
    return 0;
}

static int parse_scope(uint32_t *scope, const char *text)
{
    *scope = if_nametoindex(text);
    if (*scope)
        return 0;
    if (text[0] < '0' || text[0] > '9')
        return -EINVAL;
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno || *end || number == 0 || number > INT32_MAX)
        return -EINVAL;
    *scope = (uint32_t)number;
    return 0;
}

int addr_parse(struct addr *addr, const char *text)
{
    struct addr parsed = {0};
    if (inet_pton(AF_INET, text, parsed.bytes) == 1) {
        parsed.family = ADDR_IPV4;
        *addr = parsed;
        return 0;
    }

    char address[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "%");
    if (length >= sizeof address)
        return -EINVAL;
    memcpy(address, text, length);
    address[length] = '\0';
    if (inet_pton(AF_INET6, address, parsed.bytes) != 1)
        return -EINVAL;
    parsed.family = ADDR_IPV6;
    if (text[length] == '%') {
        if (!addr_is_link_local(&parsed) || parse_scope(&parsed.scope, text + length + 1) < 0)
            return -EINVAL;
    }
    *addr = parsed;
    return 0;
}

const char *addr_format(const struct addr *addr, char text[static ADDR_TEXT_SIZE])
{
    text[0] = '\0';
    if (addr->family == ADDR_NONE)
        return text;
    int family = addr->family == ADDR_IPV4 ? AF_INET : AF_INET6;
    if (!inet_ntop(family, addr->bytes, text, ADDR_TEXT_SIZE))
        text[0] = '\0';
    if (addr->scope) {
        /* The index and not the name: looking a name up needs a socket. */
        size_t length = strlen(text);
        snprintf(text + length, ADDR_TEXT_SIZE - length, "%%%u", addr->scope);
    }
    return text;
}

int addr_compare(const struct addr *a, const struct addr *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    int order = memcmp(a->bytes, b->bytes, sizeof a->bytes);
    if (order != 0)
        return order;
    return (a->scope > b->scope) - (a->scope < b->scope);
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    return addr_compare(a, b) == 0;
}

bool addr_is_link_local(const struct addr *addr)
{
    return addr->family == ADDR_IPV6 && addr->bytes[0] == 0xfe &&
           (addr->bytes[1] & 0xc0) == 0x80;
}

bool addr_next(struct addr *addr)
{
    struct addr next = *addr;
    for (size_t i = addr_length(addr); i > 0; i--) {
        if (++next.bytes[i - 1] != 0) {
            *addr = next;
            return true;
        }
    }
    return false;
}

int addr_block(const struct addr *addr, unsigned prefix, struct addr *first, struct addr *last)
{
    size_t length = addr_length(addr);
    if (length == 0 || prefix > length * 8)
        return -EINVAL;
    *first = *addr;
    *last = *addr;
    for (size_t i = 0; i < length; i++) {
        unsigned fixed = prefix > i * 8 ? prefix - (unsigned)i * 8 : 0;
        uint8_t free_bits = (uint8_t)(fixed >= 8 ? 0 : 0xff >> fixed);
        first->bytes[i] = (uint8_t)(first->bytes[i] & ~free_bits);
        last->bytes[i] = (uint8_t)(last->bytes[i] | free_bits);
    }
    return 0;
}

static uint64_t read_half(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

uint64_t addr_count(const struct addr *first, const struct addr *last)
{
    size_t length = addr_length(first);
    if (length == 0 || first->family != last->family || addr_compare(first, last) > 0)
        return 0;
    /* IPv4 fills the top of the upper half only. */
    uint64_t first_high = read_half(first->bytes), last_high = read_half(last->bytes);
    if (length == 4)
        return (last_high >> 32) - (first_high >> 32) + 1;
    uint64_t first_low = read_half(first->bytes + 8), last_low = read_half(last->bytes + 8);
    uint64_t high = last_high - first_high - (last_low < first_low);
    uint64_t low = last_low - first_low;
    return high > 0 || low == UINT64_MAX ? UINT64_MAX : low + 1;
}
