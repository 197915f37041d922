/* Observations against expectations. */
#include "expect/expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct plan_options everything = {.max_hosts = 65536, .shard = 1, .shards = 1};

/* The audit of one host that is checked against RULES and shows ITEMS. */
static struct audit *audit_of(const char *rules, struct observation *items, size_t count)
{
    const char *target = "203.0.113.10";
    struct complaints complaints = {0};
    struct policy *policy = policy_from_rules(&rules, 1, &target, 1, &complaints);
    assert_non_null(policy);
    struct plan *plan = plan_new(policy, &everything, &complaints);
    assert_non_null(plan);
    struct audit *audit = audit_new();
    struct host_observation host = {.alive = true, .items = items, .count = count};
    assert_int_equal(plan_begin(plan, audit), 0);
    assert_int_equal(plan_judge(plan, &host, audit), 0);
    assert_int_equal(plan_finish(plan, audit), 0);
    plan_free(plan);
    policy_free(policy);
    return audit;
}

static struct observation seen(enum proto proto, const char *ports, enum port_state state,
                               enum reason reason)
{
    struct observation observation = {.proto = proto, .state = state, .reason = reason};
    assert_int_equal(portset_parse(&observation.ports, ports), 0);
    return observation;
}

static enum result judge_port(const char *rules, enum proto proto, enum port_state state,
                              enum reason reason)
{
    struct observation item = seen(proto, "53", state, reason);
    struct audit *audit = audit_of(rules, &item, 1);
    assert_int_equal(audit->hosts[0].count, 1);
    enum result result = audit->hosts[0].verdicts[0].result;
    audit_free(audit);
    portset_free(&item.ports);
    return result;
}

/* Each column is a state as it is seen, each letter a result: Met, Broken,
 * Inconclusive. */
static const struct sight {
    enum port_state state;
    enum reason reason;
} sights[] = {
    {PORT_OPEN, REASON_SYN_ACK},          {PORT_CLOSED, REASON_RESET},
    {PORT_REJECTED, REASON_RESET},        {PORT_REJECTED, REASON_ADMIN_PROHIBITED},
    {PORT_REJECTED, REASON_RATE_LIMITED}, {PORT_DROPPED, REASON_NO_RESPONSE},
    {PORT_SILENT, REASON_NO_RESPONSE},    {PORT_UNKNOWN, REASON_HOST_SILENT},
};

static void every_word_accepts_its_states(void **state)
{
    (void)state;
    static const struct {
        const char *rules;
        enum proto proto;
        const char *results;
    } rows[] = {
        {"53 open", PROTO_TCP, "MBBBBB-I"},
        {"53 closed", PROTO_TCP, "BMBBBB-I"},
        {"53 rejected", PROTO_TCP, "BBMMMB-I"},
        {"53 dropped", PROTO_TCP, "BBBBBM-I"},
        {"53 filtered", PROTO_TCP, "BBMMMM-I"},
        {"53 refused", PROTO_TCP, "BMMMMB-I"},
        {"53 not open", PROTO_TCP, "BMMMMM-I"},
        {"53 rejected(reset)", PROTO_TCP, "BBMBIB-I"},
        {"53 rejected(rate-limited)", PROTO_TCP, "BBBBMB-I"},
        {"53 rejected(reset)|rejected(admin-prohibited)", PROTO_TCP, "BBMMIB-I"},
        {"53 open or closed", PROTO_TCP, "MMBBBB-I"},
        {"53 open|dropped", PROTO_TCP, "MBBBBM-I"},
        {"53 open or silent", PROTO_TCP, "MBBBBB-I"},
        {"udp 53 open", PROTO_UDP, "MBBBBBII"},
        {"udp 53 closed", PROTO_UDP, "BMBBBBBI"},
        {"udp 53 rejected", PROTO_UDP, "BBMMMBBI"},
        {"udp 53 dropped", PROTO_UDP, "BBBBBMMI"},
        {"udp 53 silent", PROTO_UDP, "BBBBBBMI"},
        {"udp 53 filtered", PROTO_UDP, "BBMMMMMI"},
        {"udp 53 refused", PROTO_UDP, "BMMMMBBI"},
        {"udp 53 not open", PROTO_UDP, "BMMMMMMI"},
        {"udp 53 open or silent", PROTO_UDP, "MBBBBBMI"},
        {"udp 53 open or rejected(reset)", PROTO_UDP, "MBMBIBII"},
    };
    static const char letters[RESULT_COUNT] = {
        [RESULT_MET] = 'M', [RESULT_INCONCLUSIVE] = 'I', [RESULT_BROKEN] = 'B'};
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t j = 0; j < COUNT(sights); j++) {
            if (rows[i].results[j] == '-')
                continue;
            enum result result =
                judge_port(rows[i].rules, rows[i].proto, sights[j].state, sights[j].reason);
            if (letters[result] != rows[i].results[j])
                print_message("%s, sight %zu\n", rows[i].rules, j);
            assert_int_equal(letters[result], rows[i].results[j]);
        }
    }
}

static enum result judge_conflict(const char *rules, bool open_seen)
{
    struct observation item = seen(PROTO_TCP, "53", PORT_UNKNOWN, REASON_CONFLICT);
    item.open_seen = open_seen;
    struct audit *audit = audit_of(rules, &item, 1);
    enum result result = audit->hosts[0].verdicts[0].result;
    audit_free(audit);
    portset_free(&item.ports);
    return result;
}

static void open_among_contradicting_answers_breaks_what_is_not_to_be_open(void **state)
{
    (void)state;
    assert_int_equal(judge_conflict("53 filtered", true), RESULT_BROKEN);
    assert_int_equal(judge_conflict("53 not open", true), RESULT_BROKEN);
    assert_int_equal(judge_conflict("53 open", true), RESULT_INCONCLUSIVE);
    assert_int_equal(judge_conflict("53 open or closed", true), RESULT_INCONCLUSIVE);
    assert_int_equal(judge_conflict("53 filtered", false), RESULT_INCONCLUSIVE);
}

/* It may be the host's answer on every port, and it is not hidden as a pass. */
static void a_syn_ack_without_proof_is_inconclusive_whatever_is_expected(void **state)
{
    (void)state;
    static const char *const rules[] = {"53 open", "53 not open", "53 filtered",
                                        "53 open or closed"};
    struct observation item = seen(PROTO_TCP, "53", PORT_UNKNOWN, REASON_DEADLINE);
    assert_int_equal(addr_parse(&item.by, "192.0.2.1"), 0);
    for (size_t i = 0; i < COUNT(rules); i++) {
        struct audit *audit = audit_of(rules[i], &item, 1);
        assert_int_equal(audit->result, RESULT_INCONCLUSIVE);
        audit_free(audit);
    }
    portset_free(&item.ports);
}

static void a_reset_of_unknown_origin_is_closed_not_filtered(void **state)
{
    (void)state;
    struct observation item = seen(PROTO_TCP, "53", PORT_CLOSED, REASON_RESET);
    item.origin = ORIGIN_UNKNOWN;
    static const struct {
        const char *rules;
        enum result result;
    } rows[] = {
        {"53 closed", RESULT_MET},      {"53 refused", RESULT_MET},
        {"53 not open", RESULT_MET},    {"53 filtered", RESULT_BROKEN},
        {"53 rejected", RESULT_BROKEN}, {"53 rejected(reset)", RESULT_BROKEN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct audit *audit = audit_of(rows[i].rules, &item, 1);
        assert_int_equal(audit->result, rows[i].result);
        audit_free(audit);
    }
    portset_free(&item.ports);
}

static void of_a_host_that_was_not_observed_any_loss_is_possible(void **state)
{
    (void)state;
    const char *target = "203.0.113.10", *rules = "22 open";
    struct complaints complaints = {0};
    struct policy *policy = policy_from_rules(&rules, 1, &target, 1, &complaints);
    struct plan *plan = plan_new(policy, &everything, &complaints);
    struct audit *audit = audit_new();
    assert_int_equal(plan_begin(plan, audit), 0);
    assert_int_equal(plan_finish(plan, audit), 0);
    assert_int_equal(audit->result, RESULT_INCONCLUSIVE);
    assert_true(audit->hosts[0].loss.upper == 1);
    assert_false(audit->hosts[0].alive);
    audit_free(audit);
    plan_free(plan);
    policy_free(policy);
}

static void assert_verdict(const struct audit *audit, size_t index, const char *ports,
                           const char *expected, enum result result)
{
    const struct verdict *verdict = &audit->hosts[0].verdicts[index];
    char *text = portset_format(&verdict->seen.ports);
    assert_string_equal(text, ports);
    assert_string_equal(verdict->expected, expected);
    assert_int_equal(verdict->result, result);
    free(text);
}

static void observations_are_split_by_rule(void **state)
{
    (void)state;
    struct observation items[] = {
        seen(PROTO_TCP, "80,8080", PORT_OPEN, REASON_SYN_ACK),
        seen(PROTO_TCP, "1-79,81-8079,8081-65535", PORT_DROPPED, REASON_NO_RESPONSE),
    };
    struct audit *audit = audit_of("80,443 open; 8080 filtered; others not open", items, 2);
    assert_int_equal(audit->hosts[0].count, 4);
    assert_verdict(audit, 0, "1-79,81-442,444-8079,8081-65535", "not open", RESULT_MET);
    assert_verdict(audit, 1, "80", "open", RESULT_MET);
    assert_verdict(audit, 2, "443", "open", RESULT_BROKEN);
    assert_verdict(audit, 3, "8080", "filtered", RESULT_BROKEN);
    assert_string_equal(audit->hosts[0].verdicts[0].rule, "-e:1");
    assert_string_equal(audit->hosts[0].verdicts[0].rule_text, "others");
    assert_string_equal(audit->hosts[0].verdicts[1].rule_text, "80,443");
    assert_int_equal(audit->result, RESULT_BROKEN);
    assert_int_equal(audit->summary.expectations, 65535);
    audit_free(audit);
    portset_free(&items[0].ports);
    portset_free(&items[1].ports);
}

static void expected_states_read_as_a_person_writes_them(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *expected;
    } rows[] = {
        {"53 open", "open"},
        {"53 not open", "not open"},
        {"53 dropped or open", "open or dropped"},
        {"53 open|open", "open"},
        {"53 rejected(reset)|rejected(admin-prohibited)",
         "rejected(reset) or rejected(admin-prohibited)"},
        {"53 filtered or rejected(reset)", "filtered or rejected(reset)"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct observation item = seen(PROTO_TCP, "53", PORT_OPEN, REASON_SYN_ACK);
        struct audit *audit = audit_of(rows[i].rules, &item, 1);
        assert_string_equal(audit->hosts[0].verdicts[0].expected, rows[i].expected);
        audit_free(audit);
        portset_free(&item.ports);
    }
}

static void a_port_that_was_not_observed_is_inconclusive(void **state)
{
    (void)state;
    struct observation item = seen(PROTO_TCP, "80", PORT_OPEN, REASON_SYN_ACK);
    struct audit *audit = audit_of("80-82 open; udp 53 open", &item, 1);
    assert_int_equal(audit->hosts[0].count, 3);
    assert_verdict(audit, 0, "80", "open", RESULT_MET);
    assert_verdict(audit, 1, "81-82", "open", RESULT_INCONCLUSIVE);
    assert_verdict(audit, 2, "53", "open", RESULT_INCONCLUSIVE);
    assert_int_equal(audit->hosts[0].verdicts[1].seen.state, PORT_UNKNOWN);
    audit_free(audit);
    portset_free(&item.ports);
}

static void an_observation_without_a_rule_is_left_out(void **state)
{
    (void)state;
    struct observation item = seen(PROTO_TCP, "80,443", PORT_OPEN, REASON_SYN_ACK);
    struct audit *audit = audit_of("80 open", &item, 1);
    assert_int_equal(audit->hosts[0].count, 1);
    assert_verdict(audit, 0, "80", "open", RESULT_MET);
    audit_free(audit);
    portset_free(&item.ports);
}

static void what_was_measured_is_kept(void **state)
{
    (void)state;
    struct observation item = seen(PROTO_TCP, "80-83", PORT_REJECTED, REASON_RATE_LIMITED);
    item.origin = ORIGIN_FIREWALL;
    item.ttl = 57;
    item.tries = 3;
    item.confirmed = 3;
    struct audit *audit = audit_of("80 filtered; 81-83 rejected", &item, 1);
    const struct verdict *verdicts = audit->hosts[0].verdicts;
    assert_int_equal(verdicts[0].seen.origin, ORIGIN_FIREWALL);
    assert_int_equal(verdicts[0].seen.ttl, 57);
    assert_int_equal(verdicts[0].seen.tries, 3);
    assert_int_equal(verdicts[0].seen.confirmed, 3);
    assert_int_equal(verdicts[1].seen.confirmed, 3);
    assert_true(audit->hosts[0].alive);
    audit_free(audit);
    portset_free(&item.ports);
}

static void a_target_that_was_never_judged_is_inconclusive(void **state)
{
    (void)state;
    const char *rules = "80 open", *targets[] = {"10.0.0.2", "10.0.0.1"};
    struct complaints complaints = {0};
    struct policy *policy = policy_from_rules(&rules, 1, targets, 2, &complaints);
    struct plan *plan = plan_new(policy, &everything, &complaints);
    struct audit *audit = audit_new();
    assert_int_equal(plan_begin(plan, audit), 0);
    struct observation item = seen(PROTO_TCP, "80", PORT_OPEN, REASON_SYN_ACK);
    struct host_observation second = {.target = 1, .items = &item, .count = 1};
    assert_int_equal(plan_judge(plan, &second, audit), 0);
    audit->interrupted = true;
    assert_int_equal(plan_finish(plan, audit), 0);
    assert_int_equal(audit->host_count, 2);
    assert_string_equal(audit->hosts[0].name, "10.0.0.2");
    assert_int_equal(audit->hosts[0].verdicts[0].result, RESULT_INCONCLUSIVE);
    assert_int_equal(audit->hosts[0].verdicts[0].seen.reason, REASON_INTERRUPTED);
    assert_int_equal(audit->hosts[1].verdicts[0].result, RESULT_MET);
    audit_free(audit);
    plan_free(plan);
    policy_free(policy);
    portset_free(&item.ports);
}

static void a_target_is_judged_once(void **state)
{
    (void)state;
    const char *rules = "80 open", *target = "10.0.0.1";
    struct complaints complaints = {0};
    struct policy *policy = policy_from_rules(&rules, 1, &target, 1, &complaints);
    struct plan *plan = plan_new(policy, &everything, &complaints);
    struct host_observation host = {0}, stranger = {.target = 7};
    for (int round = 0; round < 2; round++) {
        struct audit *audit = audit_new();
        assert_int_equal(plan_begin(plan, audit), 0);
        assert_int_equal(plan_judge(plan, &host, audit), 0);
        assert_int_equal(plan_judge(plan, &host, audit), 0);
        assert_int_equal(plan_judge(plan, &stranger, audit), 0);
        assert_int_equal(plan_finish(plan, audit), 0);
        assert_int_equal(audit->host_count, 1);
        audit_free(audit);
    }
    plan_free(plan);
    policy_free(policy);
}

static void a_scan_has_states_and_no_results(void **state)
{
    (void)state;
    const char *target = "10.0.0.1";
    struct udp_library library = {0};
    struct complaints complaints = {0};
    struct policy *policy = policy_from_ports("80,81", &library, &target, 1, &complaints);
    struct plan *plan = plan_new(policy, &everything, &complaints);
    struct audit *audit = audit_new();
    struct observation item = seen(PROTO_TCP, "80", PORT_OPEN, REASON_SYN_ACK);
    struct host_observation host = {.items = &item, .count = 1};
    assert_int_equal(plan_begin(plan, audit), 0);
    assert_int_equal(plan_judge(plan, &host, audit), 0);
    assert_int_equal(plan_finish(plan, audit), 0);
    assert_int_equal(audit->result, RESULT_SCANNED);
    assert_int_equal(audit->hosts[0].count, 2);
    assert_int_equal(audit->hosts[0].verdicts[0].result, RESULT_SCANNED);
    assert_null(audit->hosts[0].verdicts[0].expected);
    assert_null(audit->hosts[0].verdicts[0].rule);
    assert_int_equal(audit->summary.expectations, 0);
    audit_free(audit);
    plan_free(plan);
    policy_free(policy);
    portset_free(&item.ports);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_accepts_its_states),
        cmocka_unit_test(of_a_host_that_was_not_observed_any_loss_is_possible),
        cmocka_unit_test(open_among_contradicting_answers_breaks_what_is_not_to_be_open),
        cmocka_unit_test(a_syn_ack_without_proof_is_inconclusive_whatever_is_expected),
        cmocka_unit_test(a_reset_of_unknown_origin_is_closed_not_filtered),
        cmocka_unit_test(observations_are_split_by_rule),
        cmocka_unit_test(expected_states_read_as_a_person_writes_them),
        cmocka_unit_test(a_port_that_was_not_observed_is_inconclusive),
        cmocka_unit_test(an_observation_without_a_rule_is_left_out),
        cmocka_unit_test(what_was_measured_is_kept),
        cmocka_unit_test(a_target_that_was_never_judged_is_inconclusive),
        cmocka_unit_test(a_target_is_judged_once),
        cmocka_unit_test(a_scan_has_states_and_no_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
