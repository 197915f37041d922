/* Signatures of outbound audits: tags that a probe carries to the machine that runs
 * `portvet respond`, and the answers that it signs. Both ends hold one key; everything
 * here is a pure function of it, and nobody keeps state.
 *
 * A tag covers protocol and port, the auditor's nonce, and the time in seconds. It covers no
 * address and no source port: both are rewritten by NAT, the target's address too in most
 * clouds. It hides where the fewest devices look, because a probe must be let through where
 * an ordinary packet is:
 *
 *   TCP   a SYN with an MD5 option (RFC 2385), whose digest is the signature; the sequence
 *         number is the nonce, the timestamp (RFC 7323) the time. Linux drops such a SYN
 *         without a word at every port that has no MD5 key, open or closed. It must: a RST of
 *         the responder's own stack comes before any answer of ours, and a NAT or stateful
 *         firewall forgets the connection at a RST, and lets no SYN-ACK in after that. Nor
 *         would a payload in the SYN or an option that nobody knows pass all firewalls.
 *         The answer is a SYN-ACK, whose sequence number and timestamp are its signature.
 *   UDP   a payload of 32 bytes, and an answer of 32 bytes.
 *
 * The signature is BLAKE2b with a key (libsodium), cut to what fits. */
#ifndef PROBES_SIGNATURE_H
#define PROBES_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct responder_key {
    uint8_t bytes[32];
};

/* A key as text: 64 hexadecimal digits. */
enum { RESPONDER_KEY_TEXT_SIZE = 65 };

void responder_key_draw(struct responder_key *key);
/* White space at the end is passed over. -EINVAL: TEXT is no key. */
int responder_key_parse(struct responder_key *key, const char *text)
    __attribute__((warn_unused_result));
void responder_key_format(const struct responder_key *key,
                          char text[static RESPONDER_KEY_TEXT_SIZE]);

/* How far the clocks of both ends, with the way between them, may be apart. A recorded
 * probe is worth nothing after that time. */
enum { SIGNATURE_LIFE_S = 5 };

enum signature_verdict {
    SIGNATURE_FRESH,
    SIGNATURE_STALE, /* signed, but too early or too late */
    SIGNATURE_WRONG, /* not signed, altered, or signed with another key */
};

/* What a tagged SYN carries. */
enum { SIGNATURE_DIGEST_SIZE = 16 };
struct syn_tag {
    uint32_t sequence;  /* the nonce */
    uint32_t timestamp; /* seconds */
    uint8_t digest[SIGNATURE_DIGEST_SIZE];
};

/* What the SYN-ACK carries; it acknowledges sequence + 1 and echoes the timestamp. */
struct syn_answer {
    uint32_t sequence, timestamp;
};

/* SECONDS is the time, as time(2) has it, where the function is called. */
struct syn_tag signature_tag_syn(const struct responder_key *key, uint16_t port,
                                 uint32_t sequence, int64_t seconds);
enum signature_verdict signature_judge_syn(const struct responder_key *key, uint16_t port,
                                           const struct syn_tag *tag, int64_t seconds);

/* Answers the SYN with this SEQUENCE and TIMESTAMP. */
struct syn_answer signature_answer_syn(const struct responder_key *key, uint16_t port,
                                       uint32_t sequence, uint32_t timestamp);
bool signature_verify_syn_answer(const struct responder_key *key, uint16_t port,
                                 uint32_t sequence, uint32_t timestamp,
                                 const struct syn_answer *answer);

/* A datagram holds the nonce, as the probe had it, at SIGNATURE_NONCE_AT. */
enum { SIGNATURE_NONCE_AT = 16, SIGNATURE_NONCE_SIZE = 12, SIGNATURE_DATAGRAM_SIZE = 32 };

/* Fills the payload of a probe in. */
void signature_tag_udp(const struct responder_key *key, uint16_t port,
                       const uint8_t nonce[static SIGNATURE_NONCE_SIZE], int64_t seconds,
                       uint8_t datagram[static SIGNATURE_DATAGRAM_SIZE]);
enum signature_verdict signature_judge_udp(
    const struct responder_key *key, uint16_t port,
    const uint8_t datagram[static SIGNATURE_DATAGRAM_SIZE], int64_t seconds);

/* Makes the answer to PROBE. */
void signature_answer_udp(const struct responder_key *key, uint16_t port,
                          const uint8_t probe[static SIGNATURE_DATAGRAM_SIZE],
                          uint8_t answer[static SIGNATURE_DATAGRAM_SIZE]);
/* True when ANSWER answers a probe to PORT with this nonce. */
bool signature_verify_udp_answer(const struct responder_key *key, uint16_t port,
                                 const uint8_t nonce[static SIGNATURE_NONCE_SIZE],
                                 const uint8_t answer[static SIGNATURE_DATAGRAM_SIZE]);

#endif
