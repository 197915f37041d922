#include "probes/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Test vectors of FIPS 180-4 (NIST, SHA256 examples). */
static void known_texts_have_known_digests(void **state)
{
    (void)state;
    char text[DIGEST_TEXT_SIZE];
    digest_sha256("", 0, text);
    assert_string_equal(text,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_sha256("abc", 3, text);
    assert_string_equal(text,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts_have_known_digests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
