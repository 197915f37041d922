#include "probes/digest.h"

#include <sodium.h>

void digest_sha256(const void *bytes, size_t length, char text[static DIGEST_TEXT_SIZE])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, bytes, length);
    sodium_bin2hex(text, DIGEST_TEXT_SIZE, hash, sizeof hash);
}
