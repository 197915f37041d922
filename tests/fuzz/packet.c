/* Any bytes as a captured frame: link layer, IP packet, and what the answer would mean. */
#include "probes/probes.h"
#include "tests/fuzz/input.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What a decoded reply promises to its readers. */
static void check_reply(const struct reply *reply, const uint8_t *bytes, size_t length)
{
    assert(reply->from.family == reply->to.family);
    assert(reply->target.family == reply->prober.family);
    assert(reply->from.family == ADDR_IPV4 || reply->from.family == ADDR_IPV6);
    if (reply->kind == REPLY_UDP || reply->kind == REPLY_ECHO) {
        assert(reply->payload_length <= length);
        assert(!reply->payload || (reply->payload >= bytes &&
                                   reply->payload + reply->payload_length <= bytes + length));
    }
    struct answer answer;
    if (answer_read(&answer, reply)) {
        assert(answer.state < PORT_STATE_COUNT && answer.reason < REASON_COUNT);
        assert(answer.state != PORT_DROPPED && answer.state != PORT_SILENT);
        assert(answer.state != PORT_OPEN || reply->kind == REPLY_SYN_ACK ||
               reply->kind == REPLY_UDP);
    }
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
    struct reply reply;
    if (packet_skip_link(link, &packet, &length) == PACKET_OK) {
        assert(packet >= copy && packet + length <= copy + input.left);
        if (packet_decode(&reply, packet, length) == PACKET_OK)
            check_reply(&reply, packet, length);
    }
    free(copy);
    return 0;
}
