/* IPv4 and IPv6 addresses as values.
 *
 * An address knows its family, its bytes in network order and, for link-local IPv6, the
 * index of the interface that it belongs to. It knows no names and no sockets. */
#ifndef PROBES_ADDR_H
#define PROBES_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum addr_family {
    ADDR_NONE = 0, /* no address: the value of a zeroed struct */
    ADDR_IPV4 = 4,
    ADDR_IPV6 = 6,
};

struct addr {
    uint8_t family;    /* enum addr_family */
    uint8_t bytes[16]; /* network order; the first 4 for IPv4, the rest zero */
    uint32_t scope;    /* interface index of a link-local IPv6 address, else 0 */
};

/* Room for any address as text, scope and terminator included. */
enum { ADDR_TEXT_SIZE = 64 };

struct addr addr_ipv4(const uint8_t bytes[static 4]);
struct addr addr_ipv6(const uint8_t bytes[static 16]);

/* Bytes in the address: 4, 16, or 0 for ADDR_NONE. */
size_t addr_length(const struct addr *addr);

/* Reads "203.0.113.7", "2001:db8::7" or "fe80::1%3" / "fe80::1%eth0" (a name is looked
 * up with if_nametoindex). Returns 0, or -EINVAL when TEXT is no numeric address. */
int addr_parse(struct addr *addr, const char *text) __attribute__((warn_unused_result));

/* Writes the canonical text (RFC 5952 for IPv6) and returns TEXT. */
const char *addr_format(const struct addr *addr, char text[static ADDR_TEXT_SIZE]);

/* Family first, then bytes, then scope: <0, 0, >0. */
int addr_compare(const struct addr *a, const struct addr *b);
bool addr_equal(const struct addr *a, const struct addr *b);

/* fe80::/10 */
bool addr_is_link_local(const struct addr *addr);

/* The address after ADDR; false when ADDR is the last of its family. */
bool addr_next(struct addr *addr);

/* First and last address of the block of PREFIX bits around ADDR. -EINVAL if PREFIX is
 * out of range for the family. */
int addr_block(const struct addr *addr, unsigned prefix, struct addr *first, struct addr *last)
    __attribute__((warn_unused_result));

/* How many addresses lie in FIRST..LAST (both included), at most UINT64_MAX; 0 when the
 * families differ or LAST < FIRST. */
uint64_t addr_count(const struct addr *first, const struct addr *last);

#endif
