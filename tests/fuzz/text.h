/* What the targets that read text share: files in memory, and the use of what was read. */
#ifndef TESTS_FUZZ_TEXT_H
#define TESTS_FUZZ_TEXT_H

#include "expect/expect.h"
#include "tests/fuzz/input.h"

/* The path of a file that exists only in memory, with BYTES in it until the next call. */
const char *text_file(const void *bytes, size_t size);

/* Formats every complaint and checks that it may be shown to a person. */
void text_show_complaints(const struct complaints *complaints);

/* Makes a plan of POLICY (NULL: nothing), for no more than some hundred hosts. */
void text_use_policy(const struct policy *policy);

/* Ends the program unless TEXT is UTF-8 without control characters but line ends. */
void text_check_clean(const char *text, size_t length);

#endif
