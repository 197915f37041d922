#include "tests/fuzz/reply.h"

#include <assert.h>

static void check_answer(const struct reply *reply)
{
    struct answer answer;
    if (!answer_read(&answer, reply))
        return;
    assert(answer.state < PORT_STATE_COUNT && answer.reason < REASON_COUNT);
    assert(answer.state != PORT_DROPPED && answer.state != PORT_SILENT);
    assert(answer.state != PORT_OPEN || reply->kind == REPLY_SYN_ACK ||
           reply->kind == REPLY_UDP);
}

void reply_check(const uint8_t *bytes, size_t length)
{
    struct reply reply;
    if (packet_decode(&reply, bytes, length) != PACKET_OK)
        return;
    assert(reply.from.family == reply.to.family);
    assert(reply.target.family == reply.prober.family);
    assert(reply.from.family == ADDR_IPV4 || reply.from.family == ADDR_IPV6);
    if (reply.kind == REPLY_UDP || reply.kind == REPLY_ECHO) {
        assert(reply.payload_length <= length);
        assert(!reply.payload || (reply.payload >= bytes &&
                                  reply.payload + reply.payload_length <= bytes + length));
    }
    check_answer(&reply);
}
