/* One finished probe of each kind, with fields that can be told apart. */
#ifndef TESTS_UNIT_PROBE_BYTES_H
#define TESTS_UNIT_PROBE_BYTES_H

#include "probes/template.h"

#include <assert.h>

enum { PROBE_SOURCE_PORT = 0x1122, PROBE_PORT = 0x3344, PROBE_IP_ID = 0x99aa };
enum { PROBE_SEQUENCE = 0x55667788, PROBE_FLOW_LABEL = 0xbccdd };

static inline struct addr probe_address(enum addr_family family, uint8_t last)
{
    uint8_t ipv4[4] = {192, 0, 2, last};
    uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = last};
    return family == ADDR_IPV4 ? addr_ipv4(ipv4) : addr_ipv6(ipv6);
}

/* From .1 (::1) to .2 (::2). UDP carries PAYLOAD of SIZE bytes. Returns the length. */
static inline size_t probe_write(enum addr_family family, enum template_kind kind,
                                 const void *payload, size_t size, uint8_t *packet)
{
    struct addr source = probe_address(family, 1), target = probe_address(family, 2);
    struct error error;
    struct template *template = template_new(family, kind, payload, size, &error);
    assert(template);
    struct probe_fields fields = {
        .source = &source,
        .target = &target,
        .source_port = PROBE_SOURCE_PORT,
        .port = PROBE_PORT,
        .cookie = {PROBE_SEQUENCE, PROBE_IP_ID, PROBE_FLOW_LABEL},
    };
    size_t length = template_write(template, &fields, packet);
    template_free(template);
    return length;
}

#endif
