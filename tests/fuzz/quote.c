/* Any bytes as what an ICMP error quotes: nothing follows unless a probe is quoted, and then
 * no port is open, nor its silence certified.
 *
 * The input: which probe, how, what its bits change of "destination unreachable" (type, then
 * code), how much is quoted; then the quote itself, or edits of the probe: a place, and what
 * is flipped there. */
#include "tests/fuzz/flight.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/reply.h"
#include "tests/unit/answers.h"

#include <assert.h>

enum how { ANY_BYTES = 1, FROM_A_ROUTER = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void put_quote(struct packet_bytes *packet, struct input *input,
                      const struct flight_probe *probe, bool any_bytes)
{
    size_t quoted = input_byte(input), start = packet->length;
    if (any_bytes) {
        const uint8_t *bytes = input_bytes(input, quoted, &quoted);
        put_bytes(packet, bytes, quoted);
    } else {
        put_bytes(packet, probe->bytes, quoted < probe->length ? quoted : probe->length);
    }
    quoted = packet->length - start;
    while (!any_bytes && input->left > 0) {
        uint8_t place = input_byte(input), flipped = input_byte(input);
        if (place < quoted)
            packet->bytes[start + place] ^= flipped;
    }
    finish(packet);
}

static void check_verdict(struct flight *flight, const struct flight_probe *probe)
{
    struct flight_verdict said = flight_stop(flight, probe);
    assert(said.state != PORT_OPEN && said.state != PORT_DROPPED && said.state != PORT_SILENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    enum { SEED = 4 };
    static struct flight flight; /* as good as new as long as nothing has touched it */
    static struct packet_bytes packet;
    if (!flight.engine)
        flight_begin(&flight, SEED);
    struct input input = {bytes, size};
    const struct flight_probe *probe = &flight.probes[input_byte(&input) % flight.count];
    uint8_t how = input_byte(&input);
    uint8_t type = input_byte(&input) ^ (is_ipv6(probe->bytes) ? 1 : 3);
    uint8_t code = input_byte(&input);
    const uint8_t *router = probe->bytes + (is_ipv6(probe->bytes) ? 8 : 12);
    answer_error(&packet, probe->bytes, how & FROM_A_ROUTER ? router : NULL, type, code, 0);
    put_quote(&packet, &input, probe, how & ANY_BYTES);
    reply_check(packet.bytes, packet.length);
    if (!flight_is_touched_by(&flight, packet.bytes, packet.length))
        return 0;
    check_verdict(&flight, probe);
    flight_end(&flight);
    return 0;
}
