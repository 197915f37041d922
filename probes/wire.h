/* A cursor over received bytes that cannot leave them: each read checks what is left, and
 * after the first that does not fit every further one gives zero. So a parser reads like
 * the format and asks once, at the end, whether all of it was there. */
#ifndef PROBES_WIRE_H
#define PROBES_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire {
    const uint8_t *at;
    size_t left;
    bool failed; /* something did not fit; stays set */
};

static inline struct wire wire_over(const uint8_t *bytes, size_t length)
{
    return (struct wire){.at = bytes, .left = length};
}

/* The next COUNT bytes, or NULL when they are not there. */
static inline const uint8_t *wire_bytes(struct wire *wire, size_t count)
{
    if (wire->failed || count > wire->left) {
        wire->failed = true;
        wire->left = 0;
        return NULL;
    }
    const uint8_t *bytes = wire->at;
    wire->at += count;
    wire->left -= count;
    return bytes;
}

static inline void wire_skip(struct wire *wire, size_t count)
{
    (void)wire_bytes(wire, count);
}

/* A number of COUNT bytes, at most 4, in network order. */
static inline uint32_t wire_number(struct wire *wire, size_t count)
{
    const uint8_t *bytes = wire_bytes(wire, count);
    uint32_t value = 0;
    for (size_t i = 0; bytes && i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

static inline uint8_t wire_u8(struct wire *wire)
{
    return (uint8_t)wire_number(wire, 1);
}

static inline uint16_t wire_u16(struct wire *wire)
{
    return (uint16_t)wire_number(wire, 2);
}

static inline uint32_t wire_u32(struct wire *wire)
{
    return wire_number(wire, 4);
}

/* Forgets what lies behind the next COUNT bytes; fewer may be there. */
static inline void wire_limit(struct wire *wire, size_t count)
{
    if (wire->left > count)
        wire->left = count;
}

#endif
