/* SHA-256 of bytes (libsodium), by which a report says which files it was made from. */
#ifndef PROBES_DIGEST_H
#define PROBES_DIGEST_H

#include <stddef.h>

/* 64 lower-case hex digits and a terminator. */
enum { DIGEST_TEXT_SIZE = 65 };

void digest_sha256(const void *bytes, size_t length, char text[static DIGEST_TEXT_SIZE]);

#endif
