/* Where a probe arrived when a device on the way had changed its destination: a forwarded
 * port (DNAT). ICMP errors that come back without having been translated show it. Plain data;
 * how it is found out is not known here. */
#ifndef PROBES_FORWARDING_H
#define PROBES_FORWARDING_H

#include "probes/addr.h"

struct forwarding {
    struct addr address; /* ADDR_NONE: it was not forwarded, as far as anybody knows */
    uint16_t port;       /* 0: the port that the probe was sent to */
};

/* Room for any forwarding as text. */
enum { FORWARDING_TEXT_SIZE = ADDR_TEXT_SIZE + 8 };

/* Writes "10.0.0.5:8443" or "[2001:db8::5]:8443", where the port is the same "10.0.0.5" or
 * "2001:db8::5", "" for none, and returns TEXT. */
const char *forwarding_format(const struct forwarding *forwarding,
                              char text[static FORWARDING_TEXT_SIZE]);

/* The way back: 0, or -EINVAL when TEXT is none of that but "". */
int forwarding_parse(struct forwarding *forwarding, const char *text)
    __attribute__((warn_unused_result));

/* Address first, then port: <0, 0, >0. */
int forwarding_compare(const struct forwarding *a, const struct forwarding *b);

#endif
