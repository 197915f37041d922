/* Any bytes as a captured frame: link layer, IP packet, what the answer would mean, and what
 * an engine in flight makes of it: nothing, unless somebody wrote it who saw a probe; and what
 * it is as evidence. */
#include "probes/checksum.h"
#include "scanner/commands/explain_handshakes.h"
#include "tests/fuzz/flight.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/reply.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void hand_over(const uint8_t *packet, size_t length)
{
    enum { SEED = 2 };
    static struct flight flight; /* as good as new as long as nothing has touched it */
    if (!flight.engine)
        flight_begin(&flight, SEED);
    if (flight_is_touched_by(&flight, packet, length))
        flight_end(&flight);
}

/* What becomes of packets as evidence. */
static void show(const uint8_t *packet, size_t length)
{
    static struct explain_packets packets;
    static struct explain_handshakes handshakes = {.packets = &packets};
    struct checksum_patch patch;
    if (checksum_is_unfinished(packet, length, &patch))
        assert(patch.at + sizeof patch.bytes <= length);
    if (!packets.out)
        packets.out = fopen("/dev/null", "we");
    assert(packets.out);
    explain_handshake_packet(&handshakes, 1, length % 2, packet, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    /* DLT_EN10MB, DLT_RAW, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_NULL, DLT_LOOP, none known */
    static const int links[] = {1, 12, 113, 276, 0, 108, 105, 101};
    struct input input = {bytes, size};
    int link = links[input_byte(&input) % (sizeof links / sizeof links[0])];
    /* A copy of its own size, so that the sanitizer sees each byte read too many. */
    uint8_t *copy = malloc(input.left ? input.left : 1);
    assert(copy);
    memcpy(copy, input.at, input.left);
    const uint8_t *packet = copy;
    size_t length = input.left;
    if (packet_skip_link(link, &packet, &length) == PACKET_OK) {
        assert(packet >= copy && packet + length <= copy + input.left);
        reply_check(packet, length);
        hand_over(packet, length);
        show(packet, length);
    }
    free(copy);
    return 0;
}
