#include "probes/forwarding.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *forwarding_format(const struct forwarding *forwarding,
                              char text[static FORWARDING_TEXT_SIZE])
{
    char address[ADDR_TEXT_SIZE];
    addr_format(&forwarding->address, address);
    if (forwarding->port == 0)
        snprintf(text, FORWARDING_TEXT_SIZE, "%s", address);
    else
        snprintf(text, FORWARDING_TEXT_SIZE,
                 forwarding->address.family == ADDR_IPV6 ? "[%s]:%u" : "%s:%u", address,
                 (unsigned)forwarding->port);
    return text;
}

/* 1 to 65535, without anything around it; 0: no such number. */
static uint16_t read_port(const char *text)
{
    uint32_t port = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != '\0' || text[0] == '0')
        return 0;
    for (; *text; text++)
        port = port * 10 + (uint32_t)(*text - '0');
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

int forwarding_parse(struct forwarding *forwarding, const char *text)
{
    *forwarding = (struct forwarding){0};
    const char *colon = strrchr(text, ':');
    bool bracketed = text[0] == '[';
    if (!bracketed && (!colon || strchr(text, ':') != colon)) /* an address alone */
        return addr_parse(&forwarding->address, text);
    if (!colon || (bracketed && colon[-1] != ']'))
        return -EINVAL;
    const char *start = text + bracketed, *end = colon - bracketed;
    char address[ADDR_TEXT_SIZE];
    if (end < start || end - start >= ADDR_TEXT_SIZE)
        return -EINVAL;
    memcpy(address, start, (size_t)(end - start));
    address[end - start] = '\0';
    forwarding->port = read_port(colon + 1);
    if (forwarding->port == 0 || addr_parse(&forwarding->address, address) < 0)
        return -EINVAL;
    return (forwarding->address.family == ADDR_IPV6) == bracketed ? 0 : -EINVAL;
}

int forwarding_compare(const struct forwarding *a, const struct forwarding *b)
{
    int order = addr_compare(&a->address, &b->address);
    return order ? order : (a->port > b->port) - (a->port < b->port);
}
