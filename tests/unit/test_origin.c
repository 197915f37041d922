#include "probes/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { TTL_HOST = 57, TTL_NEARER = 60, TTL_FARTHER = 56 };

/* One line of the decision table. */
struct row {
    const char *name;
    struct origin_evidence evidence;
    enum port_state state;
    enum origin origin;
};

static void assert_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct origin_claim claim = origin_judge(&rows[i].evidence);
        if (claim.state != rows[i].state || claim.origin != rows[i].origin)
            fail_msg("%s: %s by %s", rows[i].name, port_state_name(claim.state),
                     origin_name(claim.origin));
    }
}

#define RESET       .proto = PROTO_TCP, .reason = REASON_RESET
#define UNREACHABLE .proto = PROTO_UDP, .reason = REASON_PORT_UNREACHABLE
#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static void resets_are_judged_by_the_table(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"nothing known", {RESET}, PORT_CLOSED, ORIGIN_UNKNOWN},
        {"DSCP comes back: the host's stack",
         {RESET, .dscp_returned = true},
         PORT_CLOSED,
         ORIGIN_HOST},
        {"bad-offset twin answered from as far as the host, as another hop answers",
         {RESET, .bad_offset_twin = TWIN_ANSWERED, .ttl = TTL_HOST, .echo_ttl = TTL_HOST,
          .hop_as_far = true},
         PORT_REJECTED,
         ORIGIN_UNKNOWN},
        {"bad-offset twin answered from nearer than the host, and than another hop",
         {RESET, .bad_offset_twin = TWIN_ANSWERED, .ttl = TTL_NEARER, .echo_ttl = TTL_HOST,
          .hop_as_far = true},
         PORT_REJECTED,
         ORIGIN_UPSTREAM},
        {"DSCP from further than echo replies: a device in front may give those",
         {RESET, .dscp_returned = true, .ttl = TTL_FARTHER, .host_ttl = TTL_FARTHER,
          .echo_ttl = TTL_HOST},
         PORT_CLOSED,
         ORIGIN_HOST},
        {"DSCP from further than another port's: a proxy may be nearer",
         {RESET, .dscp_returned = true, .ttl = TTL_FARTHER, .host_ttl = TTL_HOST,
          .echo_ttl = TTL_FARTHER},
         PORT_CLOSED,
         ORIGIN_HOST},
        {"DSCP from further than both: the port leads to a machine behind",
         {RESET, .dscp_returned = true, .ttl = TTL_FARTHER, .host_ttl = TTL_HOST,
          .echo_ttl = TTL_HOST},
         PORT_CLOSED,
         ORIGIN_UPSTREAM},
        {"DSCP from nearer than the host: a device that turns packets round",
         {RESET, .dscp_returned = true, .ttl = TTL_NEARER, .echo_ttl = TTL_HOST},
         PORT_CLOSED,
         ORIGIN_UNKNOWN},
        {"no DSCP: may be another kind of stack",
         {RESET, .ttl = TTL_HOST, .host_ttl = TTL_HOST},
         PORT_CLOSED,
         ORIGIN_UNKNOWN},
        {"a wrong offset answered at the host's distance",
         {RESET, .bad_offset_twin = TWIN_ANSWERED, .ttl = TTL_HOST, .host_ttl = TTL_HOST},
         PORT_REJECTED,
         ORIGIN_FIREWALL},
        {"the same, by the distance of echo replies",
         {RESET, .bad_offset_twin = TWIN_ANSWERED, .ttl = TTL_HOST, .echo_ttl = TTL_HOST},
         PORT_REJECTED,
         ORIGIN_FIREWALL},
        {"a wrong offset answered from nearer than echo replies",
         {RESET, .bad_offset_twin = TWIN_ANSWERED, .ttl = TTL_NEARER, .echo_ttl = TTL_HOST},
         PORT_REJECTED,
         ORIGIN_UPSTREAM},
        {"nearer than SYN-ACKs only: they may come from a machine behind",
         {RESET, .bad_offset_twin = TWIN_ANSWERED, .ttl = TTL_NEARER, .host_ttl = TTL_HOST},
         PORT_REJECTED,
         ORIGIN_UNKNOWN},
        {"a wrong offset answered from behind the address",
         {RESET, .bad_offset_twin = TWIN_ANSWERED, .ttl = TTL_FARTHER, .echo_ttl = TTL_HOST},
         PORT_REJECTED,
         ORIGIN_UNKNOWN},
        {"a wrong offset answered from behind the address, where other ports do not lead",
         {RESET, .bad_offset_twin = TWIN_ANSWERED, .ttl = TTL_FARTHER, .host_ttl = TTL_HOST,
          .echo_ttl = TTL_HOST},
         PORT_REJECTED,
         ORIGIN_UPSTREAM},
        {"silent twins of a stack behind the address",
         {RESET, .twin = TWIN_SILENT, .bad_offset_twin = TWIN_SILENT,
          .twin_answered_elsewhere = true, .ttl = TTL_FARTHER, .host_ttl = TTL_HOST,
          .echo_ttl = TTL_HOST},
         PORT_CLOSED,
         ORIGIN_UPSTREAM},
        {"a wrong offset answered, no distance known",
         {RESET, .bad_offset_twin = TWIN_ANSWERED, .ttl = TTL_HOST},
         PORT_REJECTED,
         ORIGIN_UNKNOWN},
        {"equal distances by other starting values",
         {RESET, .bad_offset_twin = TWIN_ANSWERED, .ttl = 255 - 7, .echo_ttl = 64 - 7},
         PORT_REJECTED,
         ORIGIN_FIREWALL},
        {"an MD5 twin answered where this stack drops it",
         {RESET, .twin = TWIN_ANSWERED, .twin_silent_elsewhere = true, .ttl = TTL_HOST,
          .host_ttl = TTL_HOST},
         PORT_REJECTED,
         ORIGIN_FIREWALL},
        {"the same behind `ct state invalid drop`",
         {RESET, .twin = TWIN_ANSWERED, .twin_silent_elsewhere = true,
          .bad_offset_twin = TWIN_SILENT, .ttl = TTL_HOST, .host_ttl = TTL_HOST},
         PORT_REJECTED,
         ORIGIN_FIREWALL},
        {"an MD5 twin answered by who knows what stack (FreeBSD, Windows)",
         {RESET, .twin = TWIN_ANSWERED, .ttl = TTL_HOST, .host_ttl = TTL_HOST},
         PORT_CLOSED,
         ORIGIN_UNKNOWN},
        {"an MD5 twin answered from nearer than the host",
         {RESET, .twin = TWIN_ANSWERED, .twin_silent_elsewhere = true, .ttl = TTL_NEARER,
          .echo_ttl = TTL_HOST},
         PORT_REJECTED,
         ORIGIN_UPSTREAM},
        {"an MD5 twin answered from behind the address: perhaps another stack",
         {RESET, .twin = TWIN_ANSWERED, .twin_silent_elsewhere = true, .ttl = TTL_FARTHER,
          .host_ttl = TTL_HOST, .echo_ttl = TTL_HOST},
         PORT_CLOSED,
         ORIGIN_UPSTREAM},
        {"silent twins prove nothing by themselves",
         {RESET, .twin = TWIN_SILENT, .twin_silent_elsewhere = true,
          .bad_offset_twin = TWIN_SILENT},
         PORT_CLOSED,
         ORIGIN_UNKNOWN},
        {"silent twins where the firewall answers such twins: the stack",
         {RESET, .twin = TWIN_SILENT, .bad_offset_twin = TWIN_SILENT,
          .twin_answered_elsewhere = true},
         PORT_CLOSED,
         ORIGIN_HOST},
        {"one that only some rules answer, at a port that answers the other",
         {RESET, .twin = TWIN_ANSWERED, .bad_offset_twin = TWIN_SILENT,
          .twin_answered_elsewhere = true},
         PORT_CLOSED,
         ORIGIN_UNKNOWN},
        {"a silent MD5 twin does not stand for one of wrong offset",
         {RESET, .twin = TWIN_SILENT, .twin_answered_elsewhere = true},
         PORT_CLOSED,
         ORIGIN_UNKNOWN},
        {"distance alone tells where, not who",
         {RESET, .ttl = TTL_FARTHER, .host_ttl = TTL_HOST, .echo_ttl = TTL_HOST},
         PORT_CLOSED,
         ORIGIN_UPSTREAM},
        {"distance alone is no proof: ports may be forwarded",
         {RESET, .ttl = TTL_NEARER, .host_ttl = TTL_HOST, .echo_ttl = TTL_HOST},
         PORT_CLOSED,
         ORIGIN_UNKNOWN},
    };
    assert_rows(rows, COUNT(rows));
}

static void port_unreachables_are_judged_by_the_table(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"nothing known", {UNREACHABLE}, PORT_CLOSED, ORIGIN_UNKNOWN},
        {"a wrong length answered at the host's distance",
         {UNREACHABLE, .twin = TWIN_ANSWERED, .ttl = TTL_HOST, .host_ttl = TTL_HOST},
         PORT_REJECTED,
         ORIGIN_FIREWALL},
        {"a wrong length answered from nearer",
         {UNREACHABLE, .twin = TWIN_ANSWERED, .ttl = TTL_NEARER, .echo_ttl = TTL_HOST},
         PORT_REJECTED,
         ORIGIN_UPSTREAM},
        {"a wrong length answered, no distance known",
         {UNREACHABLE, .twin = TWIN_ANSWERED},
         PORT_REJECTED,
         ORIGIN_UNKNOWN},
        {"silence proves nothing by itself",
         {UNREACHABLE, .twin = TWIN_SILENT, .ttl = TTL_HOST, .host_ttl = TTL_HOST},
         PORT_CLOSED,
         ORIGIN_UNKNOWN},
        {"nor where other twins are answered: ICMP is limited",
         {UNREACHABLE, .twin = TWIN_SILENT, .twin_answered_elsewhere = true},
         PORT_CLOSED,
         ORIGIN_UNKNOWN},
        {"untried where the firewall answers such twins",
         {UNREACHABLE, .twin_answered_elsewhere = true},
         PORT_CLOSED,
         ORIGIN_UNKNOWN},
        {"an ICMP error that carries our DSCP proves no stack",
         {UNREACHABLE, .dscp_returned = true},
         PORT_CLOSED,
         ORIGIN_UNKNOWN},
        {"TCP twins say nothing about UDP",
         {UNREACHABLE, .bad_offset_twin = TWIN_ANSWERED, .twin_silent_elsewhere = true},
         PORT_CLOSED,
         ORIGIN_UNKNOWN},
    };
    assert_rows(rows, COUNT(rows));
}

/* All that can be combined, once: a firewall is claimed only where a twin was answered. */
static void no_combination_without_an_answered_twin_names_a_firewall(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 1 << 9; bits++) {
        const struct origin_evidence evidence = {
            .proto = bits & 1 ? PROTO_TCP : PROTO_UDP,
            .reason = bits & 1 ? REASON_RESET : REASON_PORT_UNREACHABLE,
            .dscp_returned = bits & 2,
            .twin = bits & 4 ? TWIN_SILENT : TWIN_UNTRIED,
            .bad_offset_twin = bits & 8 ? TWIN_SILENT : TWIN_UNTRIED,
            .twin_silent_elsewhere = bits & 16,
            .twin_answered_elsewhere = bits & 32,
            .ttl = bits & 64 ? TTL_NEARER : TTL_HOST,
            .host_ttl = bits & 128 ? TTL_HOST : 0,
            .echo_ttl = bits & 256 ? TTL_HOST : 0,
        };
        struct origin_claim claim = origin_judge(&evidence);
        assert_int_equal(claim.state, PORT_CLOSED);
        assert_true(claim.origin == ORIGIN_HOST || claim.origin == ORIGIN_UNKNOWN);
    }
}

static void errors_in_the_host_s_name_are_its_firewall_s_unless_distance_says_else(void **state)
{
    (void)state;
    static const struct {
        struct origin_evidence evidence;
        enum origin origin;
    } rows[] = {
        {{.ttl = TTL_HOST}, ORIGIN_FIREWALL},
        {{.ttl = TTL_HOST, .host_ttl = TTL_HOST, .echo_ttl = TTL_HOST}, ORIGIN_FIREWALL},
        {{.ttl = TTL_NEARER, .echo_ttl = TTL_HOST}, ORIGIN_UPSTREAM},
        {{.ttl = TTL_NEARER, .host_ttl = TTL_HOST}, ORIGIN_FIREWALL},
        {{.ttl = TTL_FARTHER, .echo_ttl = TTL_HOST}, ORIGIN_FIREWALL},
        {{.ttl = TTL_FARTHER, .host_ttl = TTL_HOST}, ORIGIN_FIREWALL},
        {{.ttl = TTL_FARTHER, .host_ttl = TTL_HOST, .echo_ttl = TTL_HOST}, ORIGIN_UPSTREAM},
        {{.ttl = TTL_FARTHER, .host_ttl = TTL_FARTHER, .echo_ttl = TTL_HOST}, ORIGIN_FIREWALL},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(origin_of_error(&rows[i].evidence), rows[i].origin);
}

static void hops_are_counted_from_the_usual_starting_values(void **state)
{
    (void)state;
    static const uint8_t pairs[][2] = {{64, 0},  {63, 1},  {1, 63},  {128, 0},
                                       {65, 63}, {255, 0}, {254, 1}, {129, 126}};
    for (size_t i = 0; i < COUNT(pairs); i++)
        assert_int_equal(origin_hops(pairs[i][0]), pairs[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resets_are_judged_by_the_table),
        cmocka_unit_test(port_unreachables_are_judged_by_the_table),
        cmocka_unit_test(no_combination_without_an_answered_twin_names_a_firewall),
        cmocka_unit_test(
            errors_in_the_host_s_name_are_its_firewall_s_unless_distance_says_else),
        cmocka_unit_test(hops_are_counted_from_the_usual_starting_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
