#include "probes/cookie.h"

#include <assert.h>
#include <endian.h>
#include <sodium.h>
#include <string.h>

static_assert(crypto_shorthash_siphashx24_KEYBYTES == sizeof(struct cookie_key), "key size");
static_assert(crypto_shorthash_siphashx24_BYTES == sizeof(struct cookie_key),
              "a hash is a key");
static_assert(crypto_shorthash_KEYBYTES == sizeof(struct cookie_key), "key size");

/* Keeps the uses of one key apart. */
enum domain {
    DOMAIN_KEY,
    DOMAIN_FLOW,
    DOMAIN_SOURCE,
};

/* What is hashed, in one unambiguous order. With so much room that all bytes of a value can be
 * copied, and those that it does not have be written over by the next. */
enum { MESSAGE_MOST = 48 };
struct message {
    uint8_t bytes[MESSAGE_MOST + 16];
    size_t length;
};

/* The low SIZE bytes of VALUE, the highest of them first. Inline: with a known SIZE, and often
 * a known place, it is a store. */
static inline __attribute__((always_inline)) void put_number(struct message *message,
                                                             uint64_t value, size_t size)
{
    uint64_t big_endian = htobe64(value << (64 - 8 * size));
    memcpy(message->bytes + message->length, &big_endian, sizeof big_endian);
    message->length += size;
}

static void put_address(struct message *message, const struct addr *addr)
{
    put_number(message, addr->family, 1);
    memcpy(message->bytes + message->length, addr->bytes, sizeof addr->bytes);
    message->length += addr_length(addr);
}

static uint64_t hash(const struct message *message, const struct cookie_key *key)
{
    uint64_t value;
    static_assert(sizeof value == crypto_shorthash_BYTES, "hash size");
    assert(message->length <= MESSAGE_MOST);
    (void)crypto_shorthash((uint8_t *)&value, message->bytes, message->length, key->bytes);
    return value;
}

void cookie_key_draw(struct cookie_key *key)
{
    randombytes_buf(key->bytes, sizeof key->bytes);
}

void cookie_key_from_seed(struct cookie_key *key, uint64_t seed)
{
    static const uint8_t public_key[crypto_shorthash_siphashx24_KEYBYTES] = {0};
    struct message message = {.length = 0};
    put_number(&message, DOMAIN_KEY, 1);
    put_number(&message, seed, sizeof seed);
    (void)crypto_shorthash_siphashx24(key->bytes, message.bytes, message.length, public_key);
}

/* A try is hashed like the rest rather than counted up: a second SYN whose sequence number lies
 * inside the window of the first makes Linux reset a half-open connection (tcp_check_req). */
struct cookie cookie_make(const struct cookie_key *key, const struct flow *flow, unsigned try)
{
    struct message message = {.length = 0};
    put_number(&message, DOMAIN_FLOW, 1);
    put_number(&message, flow->proto, 1);
    put_number(&message, flow->source_port, 2);
    put_number(&message, flow->port, 2);
    put_number(&message, try, sizeof try);
    put_address(&message, flow->source);
    put_address(&message, flow->target);
    uint64_t value = hash(&message, key);

    /* An IPv4 identification and a flow label are never used together, so they share bits. */
    struct cookie cookie = {
        .sequence = (uint32_t)value,
        .ip_id = (uint16_t)(value >> 32),
        .flow_label = (uint32_t)(value >> 32) & 0xfffff,
    };
    if (cookie.ip_id == 0)
        cookie.ip_id = 1;
    if (cookie.flow_label == 0)
        cookie.flow_label = 1;
    return cookie;
}

uint16_t cookie_source_index(const struct cookie_key *key, enum proto proto,
                             const struct addr *target, uint16_t port, unsigned try,
                             uint16_t count)
{
    assert(count > 0);
    struct message message = {.length = 0};
    put_number(&message, DOMAIN_SOURCE, 1);
    put_number(&message, proto, 1);
    put_number(&message, port, 2);
    put_number(&message, try, sizeof try);
    put_address(&message, target);
    return (uint16_t)(hash(&message, key) % count);
}
