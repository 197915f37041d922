/* The rule language, through the command line's rule lines. */
#include "expect/expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const target = "203.0.113.10";

static const struct plan_options everything = {.max_hosts = 65536, .shard = 1, .shards = 1};

static struct plan *plan_of(struct policy *policy)
{
    struct complaints complaints = {0};
    struct plan *plan = plan_new(policy, &everything, &complaints);
    assert_non_null(plan);
    assert_int_equal(complaints.count, 0);
    return plan;
}

static char *ports_of(const struct portset *set)
{
    static const struct portset empty;
    char *text = portset_format(set ? set : &empty);
    assert_non_null(text);
    return text;
}

static void assert_ports(const struct portset *set, const char *expected)
{
    char *text = ports_of(set);
    assert_string_equal(text, expected);
    free(text);
}

static void rules_say_which_ports(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *tcp, *udp;
    } rows[] = {
        {"80 open", "80", ""},
        {"80,443 open", "80,443", ""},
        {"80 , 443  open", "80,443", ""},
        {"tcp 80 open", "80", ""},
        {"udp 53 open", "", "53"},
        {"tcp+udp 53 open", "53", "53"},
        {"udp+tcp 53 open", "53", "53"},
        {"53/udp open", "", "53"},
        {"80,53/udp,7946/tcp+udp open", "80,7946", "53,7946"},
        {"udp 53,80/tcp open", "80", "53"},
        {"1000-2000 closed", "1000-2000", ""},
        {"0 closed", "0", ""},
        {"65535 closed", "65535", ""},
        {"all filtered", "1-65535", ""},
        {"udp all filtered", "", "1-65535"},
        {"80 open; others filtered", "1-65535", ""},
        {"80 open; others(1-1024) filtered", "1-1024", ""},
        {"0 open; others filtered", "0-65535", ""},
        {"80 open; udp others filtered", "80", "1-65535"},
        {"80 open\n443 open", "80,443", ""},
        {";; 80 open ;;443 open;", "80,443", ""},
        {"others(1-10) closed; others(20-30) dropped", "1-10,20-30", ""},
        {"others(7) closed", "7", ""},
        {"80,others(443-443) open", "80,443", ""},
        {"https,domain/udp open", "443", "53"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct complaints complaints = {0};
        struct policy *policy = policy_from_rules(&rows[i].rules, 1, &target, 1, &complaints);
        assert_non_null(policy);
        assert_int_equal(complaints.count, 0);
        struct plan *plan = plan_of(policy);
        assert_int_equal(plan->count, 1);
        assert_ports(plan->targets[0].ports[PROTO_TCP], rows[i].tcp);
        assert_ports(plan->targets[0].ports[PROTO_UDP], rows[i].udp);
        plan_free(plan);
        policy_free(policy);
    }
}

static void ports_named_one_by_one_come_first(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *declared;
    } rows[] = {
        {"80,443 open; others filtered", "80,443"},
        {"all filtered", ""},
        {"1000-1063 closed", "1000-1063"},
        {"1000-1064 closed", ""},
        {"22,1000-2000 closed", "22"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct complaints complaints = {0};
        struct policy *policy = policy_from_rules(&rows[i].rules, 1, &target, 1, &complaints);
        struct plan *plan = plan_of(policy);
        assert_ports(plan->targets[0].declared[PROTO_TCP], rows[i].declared);
        plan_free(plan);
        policy_free(policy);
    }
}

/* The first complaint about RULES as "LINE:COLUMN KIND TEXT". */
static void assert_complaint(const char *const *rules, size_t count, const char *expected,
                             bool usable)
{
    struct complaints complaints = {0};
    struct policy *policy = policy_from_rules(rules, count, &target, 1, &complaints);
    if (!!policy != usable || complaints.count == 0)
        print_message("rule line: %s\n", rules[0]);
    assert_int_equal(policy != NULL, usable);
    assert_int_not_equal(complaints.count, 0);
    const struct complaint *first = &complaints.items[0];
    char text[512];
    snprintf(text, sizeof text, "%s:%u:%u: %s", first->file, first->line, first->column,
             first->text);
    assert_string_equal(text, expected);
    policy_free(policy);
    complaints_free(&complaints);
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *complaint;
    } rows[] = {
        {"", "-e:1:1: a rule expected, such as '80,443 open; others filtered'"},
        {" ; ", "-e:1:1: a rule expected, such as '80,443 open; others filtered'"},
        {"80", "-e:1:3: a state expected after the ports, as in '80 open'"},
        {"80 443 open", "-e:1:4: a state expected, not '443'"},
        {"80 opne", "-e:1:4: a state expected, not 'opne'; did you mean 'open'?"},
        {"80 Open", "-e:1:4: a state expected, not 'Open'; did you mean 'open'?"},
        {"80 open or", "-e:1:11: a state expected, not the end"},
        {"80 open or or closed", "-e:1:12: a state expected, not 'or'"},
        {"80 not closed", "-e:1:8: 'not' goes with 'open' alone: 'not open'"},
        {"80 open closed", "-e:1:9: 'or', ';' or the end of the rule expected, not 'closed'"},
        {"80 open; 443 opeen", "-e:1:14: a state expected, not 'opeen'; did you mean 'open'?"},
        {"65536 open", "-e:1:1: port 65536 is out of range; ports are 0 to 65535"},
        {"80,99999999999999999999 open",
         "-e:1:4: port 99999999999999999999 is out of range; ports are 0 to 65535"},
        {"010 open", "-e:1:1: '010': a port number has no leading zeros"},
        {"90-80 open", "-e:1:1: range 90-80 runs backwards"},
        {"80- open", "-e:1:1: '80-' is neither a port nor a range such as 1000-2000"},
        {"80-90-100 open",
         "-e:1:1: '80-90-100' is neither a port nor a range such as 1000-2000"},
        {"-80 open", "-e:1:1: '-80' is neither a port nor a range such as 1000-2000"},
        {"80,,443 open", "-e:1:4: a port expected, not ','"},
        {"80, open", "-e:1:5: ports expected before 'open'"},
        {"80, udp 53 open",
         "-e:1:5: 'udp' belongs before the first port, or to one of them: '53/udp'"},
        {"nosuchsvc open",
         "-e:1:1: 'nosuchsvc' is no tcp service of the system's service database"},
        {"80/sctp open", "-e:1:4: tcp, udp or tcp+udp expected after '/', not 'sctp'"},
        {"others(x) open",
         "-e:1:8: others() takes a range of port numbers, such as others(1-1024)"},
        {"others(1-10 open", "-e:1:13: ')' expected, not 'open'"},
        {"others() open", "-e:1:8: a range such as 1-1024 expected, not ')'"},
        {"80 rejected(resett)",
         "-e:1:13: 'resett' is no reason of a rejection; did you mean 'reset'?"},
        {"80 rejected(syn-ack)", "-e:1:13: 'syn-ack' is no reason of a rejection"},
        {"80 rejected(reset", "-e:1:18: ')' expected after the reason, not the end"},
        {"80 closed(reset)", "-e:1:10: only 'rejected' takes a reason, as in rejected(reset)"},
        {"80 silent",
         "-e:1:1: no TCP port is ever 'silent', that is UDP's; for TCP write 'dropped'"},
        {"tcp+udp 53 silent",
         "-e:1:1: no TCP port is ever 'silent', that is UDP's; for TCP write 'dropped'"},
        {"80 open & 443 open", "-e:1:9: 'or', ';' or the end of the rule expected, not '&'"},
        {"80 open; \xC3\xA4 open", "-e:1:10: a port expected, not '\xC3\xA4'"},
        {"tcp", "-e:1:4: a port expected, not the end"},
        {"80 open; 80 closed",
         "-e:1:10: tcp port 80 is 'closed' here, but another rule says 'open'"},
        {"80-90 open; 85 filtered",
         "-e:1:13: tcp port 85 is 'filtered' here, but another rule says 'open'"},
        {"all filtered; 443 open",
         "-e:1:15: tcp port 443 is 'open' here, but another rule says 'filtered'"},
        {"others filtered; others(1-10) closed",
         "-e:1:18: tcp port 1 is 'closed' here, but another rule says 'filtered'"},
        {"udp 53 silent; 53/udp open",
         "-e:1:16: udp port 53 is 'open' here, but another rule says 'silent'"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_complaint(&rows[i].rules, 1, rows[i].complaint, false);
}

static void a_repetition_is_a_warning(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "80 open; 80 open",
        "80 filtered; 80 rejected or dropped",
        "80 open or closed; 80 closed|open",
    };
    for (size_t i = 0; i < COUNT(rules); i++) {
        struct complaints complaints = {0};
        struct policy *policy = policy_from_rules(&rules[i], 1, &target, 1, &complaints);
        assert_non_null(policy);
        assert_int_equal(complaints.count, 1);
        assert_true(complaints.items[0].warning);
        assert_string_equal(complaints.items[0].text, "tcp port 80 is named twice");
        assert_string_equal(complaints.items[0].hint, "the other rule: -e:1:1");
        policy_free(policy);
        complaints_free(&complaints);
    }
}

static void the_line_of_a_place_is_the_number_of_the_rule_line(void **state)
{
    (void)state;
    const char *const rules[] = {"80 open\n443 open", "22 opne"};
    assert_complaint(rules, 2, "-e:2:4: a state expected, not 'opne'; did you mean 'open'?",
                     false);
}

static void every_error_of_a_line_is_shown(void **state)
{
    (void)state;
    const char *rules = "80 opne; 70000 open; 443 open; 22 clsed";
    struct complaints complaints = {0};
    assert_null(policy_from_rules(&rules, 1, &target, 1, &complaints));
    assert_int_equal(complaints.errors, 3);
    assert_int_equal(complaints.items[1].column, 10);
    assert_int_equal(complaints.items[2].column, 35);
    complaints_free(&complaints);
}

static void the_reference_lists_the_reasons_of_rejections(void **state)
{
    (void)state;
    char *reference = NULL;
    size_t capacity = 0;
    FILE *file = fopen(TESTS_DIR "/../docs/expectations.md", "r");
    assert_non_null(file);
    assert_true(getdelim(&reference, &capacity, '\0', file) > 0);
    fclose(file);
    char *list = strstr(reference, "Reasons that `rejected(");
    assert_non_null(list);
    *strstr(list, "\n\n") = '\0';
    for (int i = 0; i < REASON_COUNT; i++) {
        char rules[64], quoted[64];
        snprintf(rules, sizeof rules, "80 rejected(%s)", reason_name((enum reason)i));
        snprintf(quoted, sizeof quoted, "`%s`", reason_name((enum reason)i));
        struct complaints complaints = {0};
        const char *lines = rules;
        struct policy *policy = policy_from_rules(&lines, 1, &target, 1, &complaints);
        assert_int_equal(policy != NULL, strstr(list, quoted) != NULL);
        policy_free(policy);
        complaints_free(&complaints);
    }
    free(reference);
}

static void targets_are_names_addresses_blocks_or_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool fine;
    } rows[] = {
        {"203.0.113.10", true},
        {"2001:db8::1", true},
        {"10.0.0.0/28", true},
        {"10.0.0.5/28", true},
        {"2001:db8::/125", true},
        {"10.0.0.1-10.0.0.20", true},
        {"2001:db8::1-2001:db8::9", true},
        {"node1.example.com", true},
        {"node-1.example.com.", true},
        {"_sip.example", true},
        {"localhost", true},
        {"", false},
        {".", false},
        {"a..b", false},
        {"-a.example", false},
        {"10.0.0", false},
        {"300.1.1.1", false},
        {"10.0.0.0/33", false},
        {"10.0.0.0/", false},
        {"10.0.0.0/x", false},
        {"10.0.0.9-10.0.0.1", false},
        {"10.0.0.1-2001:db8::1", false},
        {"10.0.0.1-20", false},
        {"example.com/24", false},
        {"a b", false},
        {"http://example.com", false},
        {"b\xC3\xBC"
         "cher.example",
         false},
    };
    const char *rules = "80 open";
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct complaints complaints = {0};
        struct policy *policy = policy_from_rules(&rules, 1, &rows[i].text, 1, &complaints);
        if ((policy != NULL) != rows[i].fine)
            print_message("target: %s\n", rows[i].text);
        assert_int_equal(policy != NULL, rows[i].fine);
        assert_int_equal(complaints.errors, !rows[i].fine);
        policy_free(policy);
        complaints_free(&complaints);
    }
}

static void without_targets_there_is_nothing_to_check(void **state)
{
    (void)state;
    const char *rules = "80 open";
    struct complaints complaints = {0};
    assert_null(policy_from_rules(&rules, 1, NULL, 0, &complaints));
    assert_int_equal(complaints.errors, 1);
    complaints_free(&complaints);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_say_which_ports),
        cmocka_unit_test(ports_named_one_by_one_come_first),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(a_repetition_is_a_warning),
        cmocka_unit_test(the_line_of_a_place_is_the_number_of_the_rule_line),
        cmocka_unit_test(every_error_of_a_line_is_shown),
        cmocka_unit_test(the_reference_lists_the_reasons_of_rejections),
        cmocka_unit_test(targets_are_names_addresses_blocks_or_ranges),
        cmocka_unit_test(without_targets_there_is_nothing_to_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
