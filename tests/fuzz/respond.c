/* Any bytes as a packet to the responder, and signed probes with some of their bytes changed:
 * what is answered is signed still, and no answer is longer than its probe. */
#include "scanner/responder/respond.h"
#include "tests/fuzz/input.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { PORT = 443, SEQUENCE = 0x01020304, SECONDS = 1000 };
static const struct responder_key key = {{1, 2, 3}};
static const uint8_t nonce[SIGNATURE_NONCE_SIZE] = {9};

static bool is_own(void *context, const struct addr *address)
{
    (void)context, (void)address;
    return true;
}

static size_t write_signed(uint8_t *packet, enum addr_family family, bool tcp)
{
    static const uint8_t blank[SIGNATURE_DATAGRAM_SIZE];
    struct error error;
    struct template *template = template_new(family, tcp ? TEMPLATE_SYN_SIGNED : TEMPLATE_UDP,
                                             blank, tcp ? 0 : sizeof blank, &error);
    if (!template)
        return 0;
    const struct addr end = {.family = (uint8_t)family, .bytes = {192, 0, 2, 1}};
    uint8_t datagram[SIGNATURE_DATAGRAM_SIZE];
    signature_tag_udp(&key, PORT, nonce, SECONDS, datagram);
    struct syn_tag tag = signature_tag_syn(&key, PORT, SEQUENCE, SECONDS);
    const struct probe_fields fields = {
        .source = &end,
        .target = &end,
        .source_port = 40000,
        .port = PORT,
        .cookie = {.sequence = SEQUENCE},
        .transaction = datagram,
        .transaction_length = tcp ? 0 : sizeof datagram,
        .stamp = {.timestamp = tag.timestamp, .digest = tag.digest},
    };
    size_t length = template_write(template, &fields, packet);
    template_free(template);
    return length;
}

/* Pairs of a place and what is flipped there. */
static void change(uint8_t *packet, size_t length, struct input *input)
{
    while (input->left > 0) {
        uint8_t place = input_byte(input), flip = input_byte(input);
        if (place < length)
            packet[place] ^= flip;
    }
}

static void check_answer(const uint8_t *answer, size_t length, size_t probe_length)
{
    struct reply reply;
    assert(length <= probe_length);
    assert(packet_decode(&reply, answer, length) == PACKET_OK);
    assert(reply.port == PORT);
    assert(reply.kind == REPLY_SYN_ACK || reply.kind == REPLY_UDP);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const struct respond_options options = {.key = &key, .is_own = is_own};
    struct error error;
    struct respond *respond = respond_new(&options, &error);
    if (!respond)
        return 0;
    struct input input = {bytes, size};
    uint8_t how = input_byte(&input);
    uint8_t probe[PACKET_SIZE_MAX] = {0}, answer[PACKET_SIZE_MAX];
    size_t length = 0;
    if (how & 1) {
        length = write_signed(probe, how & 2 ? ADDR_IPV6 : ADDR_IPV4, how & 4);
        change(probe, length, &input);
    } else {
        length = input.left < sizeof probe ? input.left : sizeof probe;
        memcpy(probe, input.at, length);
    }
    /* A copy of its own size, so that the sanitizer sees each byte read too many. */
    uint8_t *copy = malloc(length ? length : 1);
    assert(copy);
    memcpy(copy, probe, length);
    size_t answered = respond_to(respond, 0, SECONDS, copy, length, answer);
    if (answered > 0)
        check_answer(answer, answered, length);
    free(copy);
    respond_free(respond);
    return 0;
}
