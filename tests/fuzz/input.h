/* A fuzzer's input as a stream: what is not there reads as zero. */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct input {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t input_byte(struct input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->at++;
}

/* The next WANTED bytes, or as many as there are. */
static inline const uint8_t *input_bytes(struct input *input, size_t wanted, size_t *length)
{
    const uint8_t *bytes = input->at;
    *length = wanted < input->left ? wanted : input->left;
    input->at += *length;
    input->left -= *length;
    return bytes;
}

/* All of BYTES as text with an end, which the caller frees; cut at the first NUL by those
 * who read it. */
static inline char *input_text(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        abort();
    if (size > 0)
        memcpy(text, bytes, size);
    text[size] = '\0';
    return text;
}

#endif
