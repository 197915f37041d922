#include "scanner/engine/port_index.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void ranks_and_ports_lead_to_each_other(void **state)
{
    (void)state;
    struct portset set = {0};
    struct port_index index;
    assert_int_equal(portset_parse(&set, "0,22,80-90,443,1000-65535"), 0);
    assert_int_equal(port_index_init(&index, &set), 0);
    assert_int_equal(index.count, portset_size(&set));
    for (uint32_t rank = 0; rank < index.count; rank++) {
        uint16_t port = port_index_port(&index, rank);
        assert_true(portset_has(&set, port));
        assert_int_equal(port_index_rank(&index, port), rank);
    }
    port_index_free(&index);
    portset_free(&set);
}

static void ports_outside_have_no_rank(void **state)
{
    (void)state;
    struct portset set = {0};
    struct port_index index;
    assert_int_equal(portset_parse(&set, "22,80-90"), 0);
    assert_int_equal(port_index_init(&index, &set), 0);
    static const uint16_t outside[] = {0, 21, 23, 79, 91, 65535};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        assert_int_equal(port_index_rank(&index, outside[i]), -1);
    port_index_free(&index);
    portset_free(&set);
}

static void no_set_is_no_ports(void **state)
{
    (void)state;
    struct port_index index;
    assert_int_equal(port_index_init(&index, NULL), 0);
    assert_int_equal(index.count, 0);
    assert_int_equal(port_index_rank(&index, 80), -1);
    port_index_free(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_and_ports_lead_to_each_other),
        cmocka_unit_test(ports_outside_have_no_rank),
        cmocka_unit_test(no_set_is_no_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
