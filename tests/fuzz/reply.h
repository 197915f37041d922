/* What a decoded reply promises to its readers. */
#ifndef TESTS_FUZZ_REPLY_H
#define TESTS_FUZZ_REPLY_H

#include "probes/probes.h"

/* Decodes BYTES, which may be anything, and ends the program if the reply breaks a promise. */
void reply_check(const uint8_t *bytes, size_t length);

#endif
