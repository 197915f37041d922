#include "probes/probes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void every_name_leads_back_to_its_value(void **state)
{
    (void)state;
    for (int i = 0; i < PROTO_COUNT; i++)
        assert_int_equal(proto_from_name(proto_name((enum proto)i)), i);
    for (int i = 0; i < PORT_STATE_COUNT; i++)
        assert_int_equal(port_state_from_name(port_state_name((enum port_state)i)), i);
    for (int i = 0; i < REASON_COUNT; i++)
        assert_int_equal(reason_from_name(reason_name((enum reason)i)), i);
    for (int i = 0; i < ORIGIN_COUNT; i++)
        assert_int_equal(origin_from_name(origin_name((enum origin)i)), i);
}

static void a_misspelt_name_is_none(void **state)
{
    (void)state;
    assert_int_equal(port_state_from_name("opne"), -1);
    assert_int_equal(reason_from_name(""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_leads_back_to_its_value),
        cmocka_unit_test(a_misspelt_name_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
