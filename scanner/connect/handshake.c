#include "scanner/connect/handshake.h"

/* Tarpits offer three to ten octets, to keep the other end trying. No stack begins with so
 * little room (RFC 9293, 3.8.6.2.2, asks for a segment or half of the buffer). */
#define ROOM_LEAST 64

enum handshake handshake_read(const struct handshake_signs *signs)
{
    if (!signs->connected)
        return signs->refused ? HANDSHAKE_REFUSED : HANDSHAKE_NONE;
    if (signs->spoke)
        return HANDSHAKE_SPOKE;
    if (signs->window < ROOM_LEAST)
        return signs->reset || signs->finished ? HANDSHAKE_ENDED : HANDSHAKE_HELD;
    return signs->reset ? HANDSHAKE_CUT : HANDSHAKE_OPENED;
}

/* A port that went so far is open if no random one went further than this. HANDSHAKE_NONE:
 * never. Room alone is no proof where random ports have it, even if they are cut off then: a
 * proxy that gives room at once looks so where a service accepts, and also where packets to it
 * are dropped. */
static const enum handshake random_most[HANDSHAKE_COUNT] = {
    [HANDSHAKE_OPENED] = HANDSHAKE_ENDED,
    [HANDSHAKE_SPOKE] = HANDSHAKE_OPENED,
};

bool handshake_shows_service(enum handshake port, const enum handshake *random, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (random[i] < HANDSHAKE_HELD || random[i] > random_most[port])
            return false;
    }
    return count > 0;
}
