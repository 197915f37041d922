#include "scanner/engine/permutation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void each_index_comes_once(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 2, 3, 5, 16, 17, 1000, 65535, 131070};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct permutation permutation;
        permutation_init(&permutation, counts[i], 42 + i);
        uint8_t *seen = calloc(counts[i], 1);
        assert_non_null(seen);
        for (uint32_t p = 0; p < counts[i]; p++) {
            uint32_t index = permutation_at(&permutation, p);
            assert_in_range(index, 0, counts[i] - 1);
            assert_int_equal(seen[index]++, 0);
        }
        free(seen);
    }
}

static void the_same_seed_gives_the_same_order_and_another_another(void **state)
{
    (void)state;
    struct permutation a, b, c;
    permutation_init(&a, 10000, 7);
    permutation_init(&b, 10000, 7);
    permutation_init(&c, 10000, 8);
    unsigned same = 0;
    for (uint32_t p = 0; p < 10000; p++) {
        assert_int_equal(permutation_at(&a, p), permutation_at(&b, p));
        same += permutation_at(&a, p) == permutation_at(&c, p);
    }
    assert_in_range(same, 0, 20);
}

static void neighbours_are_torn_apart(void **state)
{
    (void)state;
    struct permutation permutation;
    permutation_init(&permutation, 65536, 1);
    unsigned near = 0;
    for (uint32_t p = 1; p < 65536; p++) {
        int64_t step =
            (int64_t)permutation_at(&permutation, p) - permutation_at(&permutation, p - 1);
        near += step >= -16 && step <= 16;
    }
    assert_in_range(near, 0, 200); /* 33 at random */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_index_comes_once),
        cmocka_unit_test(the_same_seed_gives_the_same_order_and_another_another),
        cmocka_unit_test(neighbours_are_torn_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
