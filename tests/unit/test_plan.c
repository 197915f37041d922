/* Policies to targets: expansion, resolution, narrowing, shards. */
#include "expect/expect.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A resolver of rows: several rows of one name are several addresses. */
static const struct {
    const char *name, *address;
} names[] = {
    {"web.example", "203.0.113.11"},   {"web.example", "2001:db8::11"},
    {"web.example", "203.0.113.10"},   {"web.example", "203.0.113.11"},
    {"alias.example", "203.0.113.10"}, {"v4.example", "203.0.113.20"},
    {"half.example", "203.0.113.30"},
};

static int resolve(void *context, const char *name, struct addr **addresses,
                   struct error *error)
{
    size_t *calls = context;
    if (calls)
        ++*calls;
    int count = 0;
    *addresses = calloc(COUNT(names), sizeof **addresses);
    for (size_t i = 0; i < COUNT(names); i++) {
        if (strcmp(names[i].name, name) == 0 &&
            addr_parse(&(*addresses)[count], names[i].address) == 0)
            count++;
    }
    if (strcmp(name, "half.example") == 0)
        error_set(error, -EAGAIN, "half.example: no answer for IPv6");
    return count ? count : error_set(error, -ENOENT, "%s: no such name", name);
}

static struct plan_options options(void)
{
    return (struct plan_options){
        .max_hosts = 65536, .shard = 1, .shards = 1, .resolve = resolve};
}

static struct policy *policy_of(const char *rules, const char *const *targets, size_t count)
{
    struct complaints complaints = {0};
    struct policy *policy = policy_from_rules(&rules, 1, targets, count, &complaints);
    assert_non_null(policy);
    return policy;
}

static void assert_targets(const char *const *targets, size_t count,
                           const struct plan_options *wanted, const char *expected)
{
    struct complaints complaints = {0};
    struct policy *policy = policy_of("80 open", targets, count);
    struct plan *plan = plan_new(policy, wanted, &complaints);
    assert_non_null(plan);
    char text[512] = "", address[ADDR_TEXT_SIZE];
    for (size_t i = 0; i < plan->count; i++) {
        if (i > 0)
            strcat(text, " ");
        strcat(text, addr_format(&plan->targets[i].address, address));
    }
    assert_string_equal(text, expected);
    plan_free(plan);
    policy_free(policy);
}

static void assert_no_plan(const char *target, const struct plan_options *wanted,
                           const char *expected)
{
    struct complaints complaints = {0};
    struct policy *policy = policy_of("80 open", &target, 1);
    assert_null(plan_new(policy, wanted, &complaints));
    assert_int_equal(complaints.errors, 1);
    assert_string_equal(complaints.items[0].text, expected);
    complaints_free(&complaints);
    policy_free(policy);
}

static void blocks_and_ranges_are_expanded(void **state)
{
    (void)state;
    struct plan_options wanted = options();
    const char *targets[] = {"10.0.0.5/30", "2001:db8::fffe-2001:db8::1:1", "192.0.2.1"};
    assert_targets(targets, 3, &wanted,
                   "10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 2001:db8::fffe 2001:db8::ffff "
                   "2001:db8::1:0 2001:db8::1:1 192.0.2.1");
}

static void an_address_is_probed_once(void **state)
{
    (void)state;
    struct plan_options wanted = options();
    const char *targets[] = {"10.0.0.1", "10.0.0.0/30", "10.0.0.1", "10.0.0.2-10.0.0.5"};
    assert_targets(targets, 4, &wanted,
                   "10.0.0.1 10.0.0.0 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5");
}

static void the_last_addresses_of_a_family_are_reached(void **state)
{
    (void)state;
    struct plan_options wanted = options();
    const char *targets[] = {"255.255.255.254-255.255.255.255",
                             "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"};
    assert_targets(targets, 2, &wanted,
                   "255.255.255.254 255.255.255.255 ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe "
                   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void every_address_of_a_name_is_a_target(void **state)
{
    (void)state;
    struct plan_options wanted = options();
    const char *targets[] = {"web.example"};
    assert_targets(targets, 1, &wanted, "203.0.113.10 203.0.113.11 2001:db8::11");
    wanted.family = ADDR_IPV4;
    assert_targets(targets, 1, &wanted, "203.0.113.10 203.0.113.11");
    wanted.family = ADDR_IPV6;
    assert_targets(targets, 1, &wanted, "2001:db8::11");
}

static void names_differ_by_more_than_letter_case(void **state)
{
    (void)state;
    size_t calls = 0;
    struct plan_options wanted = options();
    wanted.resolve_context = &calls;
    const char *targets[] = {"v4.example", "V4.EXAMPLE"};
    assert_targets(targets, 2, &wanted, "203.0.113.20");
    assert_int_equal(calls, 1);
}

static void two_names_of_one_address_are_one_target_and_two_hosts(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    struct plan_options wanted = options();
    const char *targets[] = {"alias.example", "203.0.113.10"};
    struct policy *policy = policy_of("80 open", targets, 2);
    struct plan *plan = plan_new(policy, &wanted, &complaints);
    assert_int_equal(plan->count, 1);
    struct audit *audit = audit_new();
    assert_int_equal(plan_begin(plan, audit), 0);
    struct host_observation nothing = {0};
    assert_int_equal(plan_judge(plan, &nothing, audit), 0);
    assert_int_equal(plan_finish(plan, audit), 0);
    assert_int_equal(audit->host_count, 2);
    assert_string_equal(audit->hosts[0].name, "alias.example");
    assert_string_equal(audit->hosts[1].name, "203.0.113.10");
    audit_free(audit);
    plan_free(plan);
    policy_free(policy);
}

static void a_glob_matches_names_and_addresses(void **state)
{
    (void)state;
    struct plan_options wanted = options();
    const char *targets[] = {"web.example", "10.0.0.0/29", "nowhere.example"};
    wanted.host_glob = "10.0.0.[12]";
    assert_targets(targets, 3, &wanted, "10.0.0.1 10.0.0.2");
    wanted.host_glob = "WEB*";
    assert_targets(targets, 3, &wanted, "203.0.113.10 203.0.113.11 2001:db8::11");
    wanted.host_glob = "*::11";
    assert_targets(targets, 3, &wanted, "2001:db8::11");
    wanted.host_glob = "db*";
    assert_no_plan("web.example", &wanted, "--host db*: no host matches");
}

static void shards_are_disjoint_and_complete(void **state)
{
    (void)state;
    struct plan_options wanted = options();
    const char *targets[] = {"10.0.0.0/30", "v4.example"};
    wanted.shards = 2;
    assert_targets(targets, 2, &wanted, "10.0.0.0 10.0.0.2 203.0.113.20");
    wanted.shard = 2;
    assert_targets(targets, 2, &wanted, "10.0.0.1 10.0.0.3");
    wanted.shard = wanted.shards = 9;
    assert_targets(targets, 2, &wanted, "");
}

static void too_many_hosts_are_an_error(void **state)
{
    (void)state;
    struct plan_options wanted = options();
    wanted.max_hosts = 4;
    assert_targets((const char *const[]){"10.0.0.0/30"}, 1, &wanted,
                   "10.0.0.0 10.0.0.1 10.0.0.2 10.0.0.3");
    assert_no_plan("10.0.0.0/29", &wanted,
                   "'10.0.0.0/29' makes more than 4 hosts; raise --max-hosts if that is meant");
    assert_no_plan(
        "2001:db8::/32", &wanted,
        "'2001:db8::/32' makes more than 4 hosts; raise --max-hosts if that is meant");
    wanted.max_hosts = 2;
    assert_no_plan("web.example", &wanted,
                   "'web.example' makes more than 2 hosts; raise --max-hosts if that is meant");
}

static void a_family_that_nobody_has_is_an_error(void **state)
{
    (void)state;
    struct plan_options wanted = options();
    wanted.family = ADDR_IPV6;
    assert_no_plan("10.0.0.1", &wanted, "no host has an IPv6 address");
    assert_no_plan("v4.example", &wanted, "no host has an IPv6 address");
}

static void a_name_without_that_family_is_a_warning(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    struct plan_options wanted = options();
    wanted.family = ADDR_IPV6;
    const char *targets[] = {"v4.example", "2001:db8::1"};
    struct policy *policy = policy_of("80 open", targets, 2);
    struct plan *plan = plan_new(policy, &wanted, &complaints);
    struct audit *audit = audit_new();
    assert_int_equal(plan_begin(plan, audit), 0);
    assert_int_equal(audit->warning_count, 1);
    assert_string_equal(audit->warnings[0], "v4.example has no IPv6 address: not audited");
    audit_free(audit);
    plan_free(plan);
    policy_free(policy);
}

static void a_name_that_does_not_resolve_is_inconclusive(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    struct plan_options wanted = options();
    const char *targets[] = {"nowhere.example"};
    struct policy *policy = policy_of("80,443 open", targets, 1);
    struct plan *plan = plan_new(policy, &wanted, &complaints);
    assert_int_equal(plan->count, 0);
    struct audit *audit = audit_new();
    assert_int_equal(plan_begin(plan, audit), 0);
    assert_int_equal(plan_finish(plan, audit), 0);
    assert_int_equal(audit->host_count, 1);
    assert_int_equal(audit->hosts[0].address.family, ADDR_NONE);
    assert_string_equal(audit->hosts[0].problem, "nowhere.example: no such name");
    assert_int_equal(audit->hosts[0].verdicts[0].seen.reason, REASON_UNRESOLVED);
    assert_int_equal(audit->result, RESULT_INCONCLUSIVE);
    assert_int_equal(audit->summary.inconclusive, 2);
    audit_free(audit);
    plan_free(plan);
    policy_free(policy);
}

static void addresses_that_may_not_be_all_are_audited_and_inconclusive(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    struct plan_options wanted = options();
    const char *targets[] = {"half.example"};
    struct policy *policy = policy_of("80 open", targets, 1);
    struct plan *plan = plan_new(policy, &wanted, &complaints);
    assert_int_equal(plan->count, 1);
    struct audit *audit = audit_new();
    assert_int_equal(plan_begin(plan, audit), 0);
    assert_int_equal(audit->host_count, 1);
    assert_string_equal(audit->hosts[0].problem, "half.example: no answer for IPv6");
    assert_int_equal(audit->hosts[0].verdicts[0].seen.reason, REASON_UNRESOLVED);
    audit_free(audit);
    plan_free(plan);
    policy_free(policy);
}

static void hosts_with_the_same_rules_share_their_port_sets(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    struct plan_options wanted = options();
    const char *targets[] = {"10.0.0.0/16"};
    struct policy *policy = policy_of("80 open; others filtered", targets, 1);
    struct plan *plan = plan_new(policy, &wanted, &complaints);
    assert_int_equal(plan->count, 65536);
    assert_ptr_equal(plan->targets[0].ports[PROTO_TCP], plan->targets[65535].ports[PROTO_TCP]);
    assert_null(plan->targets[0].ports[PROTO_UDP]);
    plan_free(plan);
    policy_free(policy);
}

static void ports_of_a_scan_come_from_the_port_list(void **state)
{
    (void)state;
    static const struct {
        const char *ports, *tcp, *udp;
    } rows[] = {
        {"80,443,53/udp,1-4", "1-4,80,443", "53"},
        {"udp 53,161", "", "53,161"},
        {"all", "1-65535", ""},
    };
    const char *target = "10.0.0.1";
    struct plan_options wanted = options();
    struct udp_library library = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct complaints complaints = {0};
        struct policy *policy =
            policy_from_ports(rows[i].ports, &library, &target, 1, &complaints);
        struct plan *plan = plan_new(policy, &wanted, &complaints);
        const char *texts[] = {rows[i].tcp, rows[i].udp};
        for (int proto = 0; proto < PROTO_COUNT; proto++) {
            const struct portset *set = plan->targets[0].ports[proto];
            char *text = set ? portset_format(set) : strdup("");
            assert_string_equal(text, texts[proto]);
            free(text);
        }
        plan_free(plan);
        policy_free(policy);
    }
}

static void a_scan_asks_all_of_tcp_and_the_library_of_udp(void **state)
{
    (void)state;
    const char *target = "10.0.0.1";
    struct plan_options wanted = options();
    struct complaints complaints = {0};
    struct udp_library library = {0};
    struct udp_probe dns = {.name = strdup("dns")};
    struct udp_probe syslog = {.name = strdup("syslog"), .never_answers = true};
    assert_int_equal(portset_add(&dns.ports, 53, 53), 0);
    assert_int_equal(portset_add(&syslog.ports, 514, 514), 0);
    assert_int_equal(udp_library_add(&library, &dns), 0);
    assert_int_equal(udp_library_add(&library, &syslog), 0);
    struct policy *policy = policy_from_ports(NULL, &library, &target, 1, &complaints);
    struct plan *plan = plan_new(policy, &wanted, &complaints);
    assert_int_equal(portset_size(plan->targets[0].ports[PROTO_TCP]), 65535);
    assert_int_equal(portset_size(plan->targets[0].ports[PROTO_UDP]), 1);
    assert_true(portset_has(plan->targets[0].ports[PROTO_UDP], 53));
    plan_free(plan);
    policy_free(policy);
    udp_library_free(&library);
}

static void bad_port_lists_of_a_scan_are_errors(void **state)
{
    (void)state;
    static const char *const rows[] = {"", " ", "80 open", "others", "70000", "80;443", "80,"};
    const char *target = "10.0.0.1";
    struct udp_library library = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct complaints complaints = {0};
        assert_null(policy_from_ports(rows[i], &library, &target, 1, &complaints));
        assert_int_equal(complaints.errors, 1);
        complaints_free(&complaints);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_and_ranges_are_expanded),
        cmocka_unit_test(an_address_is_probed_once),
        cmocka_unit_test(the_last_addresses_of_a_family_are_reached),
        cmocka_unit_test(every_address_of_a_name_is_a_target),
        cmocka_unit_test(names_differ_by_more_than_letter_case),
        cmocka_unit_test(two_names_of_one_address_are_one_target_and_two_hosts),
        cmocka_unit_test(a_glob_matches_names_and_addresses),
        cmocka_unit_test(shards_are_disjoint_and_complete),
        cmocka_unit_test(too_many_hosts_are_an_error),
        cmocka_unit_test(a_family_that_nobody_has_is_an_error),
        cmocka_unit_test(a_name_without_that_family_is_a_warning),
        cmocka_unit_test(a_name_that_does_not_resolve_is_inconclusive),
        cmocka_unit_test(addresses_that_may_not_be_all_are_audited_and_inconclusive),
        cmocka_unit_test(hosts_with_the_same_rules_share_their_port_sets),
        cmocka_unit_test(ports_of_a_scan_come_from_the_port_list),
        cmocka_unit_test(a_scan_asks_all_of_tcp_and_the_library_of_udp),
        cmocka_unit_test(bad_port_lists_of_a_scan_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
