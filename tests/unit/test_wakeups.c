#include "scanner/engine/wakeups.h"

#include "scanner/engine/random.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { HOSTS = 500 };

static void hosts_wake_in_the_order_of_their_times(void **state)
{
    (void)state;
    struct wakeups wakeups;
    uint64_t random = 3;
    nsec_t at[HOSTS];
    assert_int_equal(wakeups_init(&wakeups, HOSTS), 0);
    for (int round = 0; round < 4; round++) { /* set, and moved three times */
        for (uint32_t i = 0; i < HOSTS; i++) {
            at[i] = random_next(&random) % 1000;
            wakeups_set(&wakeups, i, at[i]);
        }
    }
    nsec_t last = 0;
    uint32_t host;
    for (int i = 0; i < HOSTS; i++) {
        assert_true(wakeups_next(&wakeups) >= last);
        last = wakeups_next(&wakeups);
        assert_true(wakeups_take(&wakeups, 1000, &host));
        assert_true(at[host] == last);
    }
    assert_false(wakeups_take(&wakeups, 1000, &host));
    assert_true(wakeups_next(&wakeups) == NSEC_NEVER);
    wakeups_free(&wakeups);
}

static void nobody_wakes_before_his_time(void **state)
{
    (void)state;
    struct wakeups wakeups;
    uint32_t host = 99;
    assert_int_equal(wakeups_init(&wakeups, 2), 0);
    wakeups_set(&wakeups, 1, 10);
    assert_false(wakeups_take(&wakeups, 9, &host));
    assert_true(wakeups_take(&wakeups, 10, &host));
    assert_int_equal(host, 1);
    wakeups_free(&wakeups);
}

static void never_takes_a_host_out(void **state)
{
    (void)state;
    struct wakeups wakeups;
    uint32_t host;
    assert_int_equal(wakeups_init(&wakeups, 3), 0);
    for (uint32_t i = 0; i < 3; i++)
        wakeups_set(&wakeups, i, i);
    wakeups_set(&wakeups, 0, NSEC_NEVER);
    wakeups_set(&wakeups, 0, NSEC_NEVER);
    assert_true(wakeups_take(&wakeups, 5, &host));
    assert_int_equal(host, 1);
    wakeups_free(&wakeups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_wake_in_the_order_of_their_times),
        cmocka_unit_test(nobody_wakes_before_his_time),
        cmocka_unit_test(never_takes_a_host_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
