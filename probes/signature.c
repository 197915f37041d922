#include "probes/signature.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

static_assert(sizeof(struct responder_key) == crypto_generichash_KEYBYTES, "key size");

/* Keeps the uses of one key apart: no signature serves in another's place. */
enum purpose {
    PURPOSE_SYN = 1,
    PURPOSE_SYN_ANSWER,
    PURPOSE_UDP,
    PURPOSE_UDP_ANSWER,
};

enum { HASH_SIZE = SIGNATURE_DIGEST_SIZE, MESSAGE_MOST = 32 };
static_assert(HASH_SIZE >= crypto_generichash_BYTES_MIN, "hash size");

/* What is signed, in one unambiguous order. */
struct message {
    uint8_t bytes[MESSAGE_MOST];
    size_t length;
};

static void put_number(struct message *message, uint64_t value, size_t size)
{
    assert(message->length + size <= sizeof message->bytes);
    for (size_t i = size; i > 0; i--)
        message->bytes[message->length++] = (uint8_t)(value >> (i - 1) * 8);
}

static void put_bytes(struct message *message, const uint8_t *bytes, size_t size)
{
    assert(message->length + size <= sizeof message->bytes);
    memcpy(message->bytes + message->length, bytes, size);
    message->length += size;
}

static struct message begin(enum purpose purpose, uint16_t port)
{
    struct message message = {.length = 0};
    put_number(&message, purpose, 1);
    put_number(&message, port, 2);
    return message;
}

static void sign(const struct responder_key *key, const struct message *message,
                 uint8_t hash[static HASH_SIZE])
{
    (void)crypto_generichash(hash, HASH_SIZE, message->bytes, message->length, key->bytes,
                             sizeof key->bytes);
}

static uint32_t number_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           bytes[3];
}

static void write_number(uint8_t *bytes, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (3 - i) * 8);
}

void responder_key_draw(struct responder_key *key)
{
    randombytes_buf(key->bytes, sizeof key->bytes);
}

int responder_key_parse(struct responder_key *key, const char *text)
{
    size_t length;
    const char *end;
    if (sodium_hex2bin(key->bytes, sizeof key->bytes, text, strlen(text), NULL, &length, &end))
        return -EINVAL;
    if (length != sizeof key->bytes || end[strspn(end, " \t\r\n")])
        return -EINVAL;
    return 0;
}

void responder_key_format(const struct responder_key *key,
                          char text[static RESPONDER_KEY_TEXT_SIZE])
{
    sodium_bin2hex(text, RESPONDER_KEY_TEXT_SIZE, key->bytes, sizeof key->bytes);
}

/* SIGNED_AT are the low 32 bits of a time; whatever century it is, their difference is right.
 */
static enum signature_verdict judge_age(uint32_t signed_at, int64_t seconds)
{
    int32_t age = (int32_t)((uint32_t)seconds - signed_at);
    return age >= -SIGNATURE_LIFE_S && age <= SIGNATURE_LIFE_S ? SIGNATURE_FRESH
                                                               : SIGNATURE_STALE;
}

static void sign_syn(const struct responder_key *key, uint16_t port, struct syn_tag *tag)
{
    struct message message = begin(PURPOSE_SYN, port);
    put_number(&message, tag->sequence, sizeof tag->sequence);
    put_number(&message, tag->timestamp, sizeof tag->timestamp);
    sign(key, &message, tag->digest);
}

struct syn_tag signature_tag_syn(const struct responder_key *key, uint16_t port,
                                 uint32_t sequence, int64_t seconds)
{
    struct syn_tag tag = {.sequence = sequence, .timestamp = (uint32_t)seconds};
    sign_syn(key, port, &tag);
    return tag;
}

enum signature_verdict signature_judge_syn(const struct responder_key *key, uint16_t port,
                                           const struct syn_tag *tag, int64_t seconds)
{
    struct syn_tag right = *tag;
    sign_syn(key, port, &right);
    if (sodium_memcmp(right.digest, tag->digest, sizeof right.digest) != 0)
        return SIGNATURE_WRONG;
    return judge_age(tag->timestamp, seconds);
}

struct syn_answer signature_answer_syn(const struct responder_key *key, uint16_t port,
                                       uint32_t sequence, uint32_t timestamp)
{
    struct message message = begin(PURPOSE_SYN_ANSWER, port);
    put_number(&message, sequence, sizeof sequence);
    put_number(&message, timestamp, sizeof timestamp);
    uint8_t hash[HASH_SIZE];
    sign(key, &message, hash);
    return (struct syn_answer){number_at(hash), number_at(hash + 4)};
}

bool signature_verify_syn_answer(const struct responder_key *key, uint16_t port,
                                 uint32_t sequence, uint32_t timestamp,
                                 const struct syn_answer *answer)
{
    struct syn_answer right = signature_answer_syn(key, port, sequence, timestamp);
    return ((right.sequence ^ answer->sequence) | (right.timestamp ^ answer->timestamp)) == 0;
}

/* A datagram: signature, nonce, time. Probe and answer differ in the signature. */
enum { TIME_AT = SIGNATURE_NONCE_AT + SIGNATURE_NONCE_SIZE };
static_assert((int)SIGNATURE_NONCE_AT == (int)HASH_SIZE, "the nonce follows the signature");
static_assert(TIME_AT + 4 == SIGNATURE_DATAGRAM_SIZE, "datagram size");

static void sign_datagram(const struct responder_key *key, enum purpose purpose, uint16_t port,
                          const uint8_t *datagram, uint8_t hash[static HASH_SIZE])
{
    struct message message = begin(purpose, port);
    put_bytes(&message, datagram + SIGNATURE_NONCE_AT,
              SIGNATURE_DATAGRAM_SIZE - SIGNATURE_NONCE_AT);
    sign(key, &message, hash);
}

void signature_tag_udp(const struct responder_key *key, uint16_t port,
                       const uint8_t nonce[static SIGNATURE_NONCE_SIZE], int64_t seconds,
                       uint8_t datagram[static SIGNATURE_DATAGRAM_SIZE])
{
    memcpy(datagram + SIGNATURE_NONCE_AT, nonce, SIGNATURE_NONCE_SIZE);
    write_number(datagram + TIME_AT, (uint32_t)seconds);
    sign_datagram(key, PURPOSE_UDP, port, datagram, datagram);
}

enum signature_verdict signature_judge_udp(
    const struct responder_key *key, uint16_t port,
    const uint8_t datagram[static SIGNATURE_DATAGRAM_SIZE], int64_t seconds)
{
    uint8_t right[HASH_SIZE];
    sign_datagram(key, PURPOSE_UDP, port, datagram, right);
    if (sodium_memcmp(right, datagram, sizeof right) != 0)
        return SIGNATURE_WRONG;
    return judge_age(number_at(datagram + TIME_AT), seconds);
}

void signature_answer_udp(const struct responder_key *key, uint16_t port,
                          const uint8_t probe[static SIGNATURE_DATAGRAM_SIZE],
                          uint8_t answer[static SIGNATURE_DATAGRAM_SIZE])
{
    memcpy(answer + SIGNATURE_NONCE_AT, probe + SIGNATURE_NONCE_AT,
           SIGNATURE_DATAGRAM_SIZE - SIGNATURE_NONCE_AT);
    sign_datagram(key, PURPOSE_UDP_ANSWER, port, probe, answer);
}

bool signature_verify_udp_answer(const struct responder_key *key, uint16_t port,
                                 const uint8_t nonce[static SIGNATURE_NONCE_SIZE],
                                 const uint8_t answer[static SIGNATURE_DATAGRAM_SIZE])
{
    uint8_t right[HASH_SIZE];
    sign_datagram(key, PURPOSE_UDP_ANSWER, port, answer, right);
    return memcmp(answer + SIGNATURE_NONCE_AT, nonce, SIGNATURE_NONCE_SIZE) == 0 &&
           sodium_memcmp(right, answer, sizeof right) == 0;
}
