#include "probes/cookie.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(crypto_shorthash_siphashx24_KEYBYTES == sizeof(struct cookie_key), "key size");
static_assert(crypto_shorthash_siphashx24_BYTES == sizeof(struct cookie), "cookie size");
static_assert(crypto_shorthash_KEYBYTES == sizeof(struct cookie), "a cookie serves as a key");

/* Keeps the uses of one key apart. */
enum domain {
    DOMAIN_KEY,
    DOMAIN_FLOW,
    DOMAIN_SOURCE,
};

/* What is hashed, in one unambiguous order. */
struct message {
    uint8_t bytes[48];
    size_t length;
};

static void put_number(struct message *message, uint64_t value, size_t size)
{
    assert(message->length + size <= sizeof message->bytes);
    for (size_t i = size; i > 0; i--)
        message->bytes[message->length++] = (uint8_t)(value >> (i - 1) * 8);
}

static void put_address(struct message *message, const struct addr *addr)
{
    size_t length = addr_length(addr);
    assert(message->length + 1 + length <= sizeof message->bytes);
    message->bytes[message->length++] = addr->family;
    memcpy(message->bytes + message->length, addr->bytes, length);
    message->length += length;
}

static uint64_t hash(const struct message *message, const uint8_t *key)
{
    uint64_t value;
    static_assert(sizeof value == crypto_shorthash_BYTES, "hash size");
    (void)crypto_shorthash((uint8_t *)&value, message->bytes, message->length, key);
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

struct cookie cookie_make(const struct cookie_key *key, const struct flow *flow)
{
    struct message message = {.length = 0};
    put_number(&message, DOMAIN_FLOW, 1);
    put_number(&message, flow->proto, 1);
    put_number(&message, flow->source_port, 2);
    put_number(&message, flow->port, 2);
    put_address(&message, flow->source);
    put_address(&message, flow->target);
    struct cookie cookie;
    (void)crypto_shorthash_siphashx24((uint8_t *)cookie.word, message.bytes, message.length,
                                      key->bytes);
    return cookie;
}

struct cookie_fields cookie_for_try(const struct cookie *cookie, unsigned try)
{
    /* Hashed again rather than counted up: a second SYN whose sequence number lies inside
     * the window of the first makes Linux reset a half-open connection (tcp_check_req). */
    uint8_t key[crypto_shorthash_KEYBYTES];
    memcpy(key, cookie->word, sizeof key);
    struct message message = {.length = 0};
    put_number(&message, try, sizeof try);
    uint64_t value = hash(&message, key);

    /* An IPv4 identification and a flow label are never used together, so they share bits. */
    struct cookie_fields fields = {
        .sequence = (uint32_t)value,
        .ip_id = (uint16_t)(value >> 32),
        .flow_label = (uint32_t)(value >> 32) & 0xfffff,
    };
    if (fields.ip_id == 0)
        fields.ip_id = 1;
    if (fields.flow_label == 0)
        fields.flow_label = 1;
    return fields;
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
    return (uint16_t)(hash(&message, key->bytes) % count);
}
