/* Scans turned into expectations, which the same scan must meet. */
#include "expect/expect.h"
#include "expect/learn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct sight {
    enum proto proto;
    const char *ports;
    enum port_state state;
    enum reason reason;
};

static struct audit *new_scan(void)
{
    struct audit *audit = audit_new();
    strcpy(audit->version, "0.1.0");
    audit->started.tv_sec = 1781524800; /* 2026-06-15, noon */
    return audit;
}

static struct host_verdicts *add_host(struct audit *audit, const char *name,
                                      const char *address, const struct sight *sights,
                                      size_t count)
{
    struct host_verdicts *host = audit_add_host(audit);
    host->name = strdup(name);
    if (address)
        assert_int_equal(addr_parse(&host->address, address), 0);
    for (size_t i = 0; i < count; i++) {
        struct verdict *verdict = host_add_verdict(host);
        verdict->seen.proto = sights[i].proto;
        verdict->seen.state = sights[i].state;
        verdict->seen.reason = sights[i].reason;
        assert_int_equal(portset_parse(&verdict->seen.ports, sights[i].ports), 0);
    }
    return host;
}

static char *learn(const struct audit *audit)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    struct service_names *names = service_names_read();
    assert_non_null(names);
    assert_int_equal(learn_write(audit, names, out), 0);
    service_names_free(names);
    fclose(out);
    return text;
}

static const char head[] =
    "# What portvet 0.1.0 found on 2026-06-15 12:00 UTC: not what should be, but what was.\n"
    "# Review it before it becomes an expectation.\n"
    "version: 1\n";

static void assert_learns(struct audit *audit, const char *expected)
{
    char *text = learn(audit);
    assert_memory_equal(text, head, sizeof head - 1);
    assert_string_equal(text + sizeof head - 1, expected);
    free(text);
    audit_free(audit);
}

static const struct sight web[] = {
    {PROTO_TCP, "22,80,443", PORT_OPEN, REASON_SYN_ACK},
    {PROTO_TCP, "113", PORT_REJECTED, REASON_RESET},
    {PROTO_TCP, "1-21,23-79,81-112,114-442,444-65535", PORT_DROPPED, REASON_NO_RESPONSE},
    {PROTO_UDP, "53", PORT_OPEN, REASON_UDP_RESPONSE},
    {PROTO_UDP, "123,161", PORT_SILENT, REASON_NO_RESPONSE},
};

static const char web_rules[] = "    - 22,80,443 open  # ssh, http, https\n"
                                "    - 113 rejected\n"
                                "    - others dropped\n"
                                "    - udp 53 open  # domain\n"
                                "    - udp 123,161 silent\n";

static void a_host_becomes_rules(void **state)
{
    (void)state;
    struct audit *audit = new_scan();
    char expected[512];
    add_host(audit, "203.0.113.10", "203.0.113.10", web, COUNT(web));
    snprintf(expected, sizeof expected, "hosts:\n  203.0.113.10:\n%s", web_rules);
    assert_learns(audit, expected);
}

static void a_name_stands_for_its_addresses_if_they_are_alike(void **state)
{
    (void)state;
    struct audit *audit = new_scan();
    char expected[512];
    add_host(audit, "web.example", "203.0.113.10", web, COUNT(web));
    add_host(audit, "web.example", "2001:db8::10", web, COUNT(web));
    snprintf(expected, sizeof expected, "hosts:\n  web.example:\n%s", web_rules);
    assert_learns(audit, expected);
}

static void addresses_of_a_name_that_differ_stand_for_themselves(void **state)
{
    (void)state;
    static const struct sight other[] = {{PROTO_TCP, "80", PORT_CLOSED, REASON_RESET}};
    struct audit *audit = new_scan();
    char expected[512];
    add_host(audit, "web.example", "203.0.113.10", web, COUNT(web));
    add_host(audit, "web.example", "2001:db8::10", other, COUNT(other));
    snprintf(expected, sizeof expected,
             "hosts:\n  203.0.113.10:\n%s  \"2001:db8::10\":\n    - 80 closed\n", web_rules);
    assert_learns(audit, expected);
}

static void hosts_that_are_alike_become_a_group(void **state)
{
    (void)state;
    static const struct sight some[] = {{PROTO_TCP, "80,81", PORT_OPEN, REASON_SYN_ACK}};
    static const struct sight other[] = {{PROTO_TCP, "80,81", PORT_CLOSED, REASON_RESET}};
    struct audit *audit = new_scan();
    add_host(audit, "10.0.0.1", "10.0.0.1", some, 1);
    add_host(audit, "10.0.0.2", "10.0.0.2", some, 1);
    add_host(audit, "10.0.0.3", "10.0.0.3", some, 1);
    add_host(audit, "10.0.0.4", "10.0.0.4", other, 1);
    add_host(audit, "10.0.0.5", "10.0.0.5", some, 1);
    add_host(audit, "2001:db8::1", "2001:db8::1", some, 1);
    assert_learns(audit, "groups:\n"
                         "  group1:\n"
                         "    hosts:\n"
                         "      - 10.0.0.1-10.0.0.3\n"
                         "      - 10.0.0.5\n"
                         "      - \"2001:db8::1\"\n"
                         "    expect:\n"
                         "      - 80-81 open  # http\n"
                         "hosts:\n"
                         "  10.0.0.4:\n"
                         "    - 80-81 closed\n");
}

static void the_vantage_is_kept(void **state)
{
    (void)state;
    static const struct sight some[] = {{PROTO_TCP, "80", PORT_OPEN, REASON_SYN_ACK}};
    struct audit *audit = new_scan();
    audit->vantage = strdup("internet");
    add_host(audit, "10.0.0.1", "10.0.0.1", some, 1);
    assert_learns(audit, "vantages:\n  internet:\nhosts:\n  10.0.0.1:\n    internet:\n"
                         "      - 80 open  # http\n");
}

static void what_is_not_known_is_a_comment(void **state)
{
    (void)state;
    static const struct sight partly[] = {
        {PROTO_TCP, "80", PORT_OPEN, REASON_SYN_ACK},
        {PROTO_TCP, "81-90", PORT_UNKNOWN, REASON_RATE_LIMITED},
    };
    static const struct sight nothing[] = {
        {PROTO_TCP, "80-90", PORT_UNKNOWN, REASON_HOST_SILENT}};
    struct audit *audit = new_scan();
    add_host(audit, "10.0.0.1", "10.0.0.1", partly, 2);
    add_host(audit, "10.0.0.2", "10.0.0.2", nothing, 1);
    add_host(audit, "bad.example", NULL, NULL, 0)->problem = strdup("no such\nname");
    assert_learns(audit, "hosts:\n  10.0.0.1:\n    - 80 open  # http\n"
                         "    # not known: tcp 81-90\n"
                         "# nothing is known of 10.0.0.2: host-silent\n"
                         "# nothing is known of bad.example: no such\xEF\xBF\xBDname\n");
}

static void open_is_never_the_rest(void **state)
{
    (void)state;
    static const struct sight tarpit[] = {{PROTO_TCP, "0-65535", PORT_OPEN, REASON_SYN_ACK}};
    struct audit *audit = new_scan();
    add_host(audit, "10.0.0.1", "10.0.0.1", tarpit, 1);
    assert_learns(audit, "hosts:\n  10.0.0.1:\n    - 0-65535 open\n");
}

static void port_zero_is_not_among_the_rest(void **state)
{
    (void)state;
    static const struct sight all[] = {{PROTO_TCP, "0-65535", PORT_CLOSED, REASON_RESET}};
    struct audit *audit = new_scan();
    add_host(audit, "10.0.0.1", "10.0.0.1", all, 1);
    assert_learns(audit, "hosts:\n  10.0.0.1:\n    - 0 closed\n    - others closed\n");
}

/* Judges what AUDIT saw of its only host against what was learnt from it. */
static enum result check_again(const struct audit *audit)
{
    char path[] = "/tmp/portvet-learn-XXXXXX";
    char *text = learn(audit);
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    free(text);
    const char *paths[] = {path};
    struct complaints complaints = {0};
    struct policy *policy = policy_read(paths, 1, NULL, 0, &complaints);
    unlink(path);
    assert_non_null(policy);
    struct plan_options options = {.max_hosts = 10, .shard = 1, .shards = 1};
    struct plan *plan = plan_new(policy, &options, &complaints);
    assert_non_null(plan);
    const struct host_verdicts *host = &audit->hosts[0];
    struct observation *items = calloc(host->count, sizeof *items);
    for (size_t i = 0; i < host->count; i++)
        items[i] = host->verdicts[i].seen;
    struct host_observation observed = {.items = items, .count = host->count};
    struct audit *checked = audit_new();
    assert_int_equal(plan_begin(plan, checked), 0);
    assert_int_equal(plan_judge(plan, &observed, checked), 0);
    assert_int_equal(plan_finish(plan, checked), 0);
    enum result result = checked->result;
    audit_free(checked);
    free(items);
    plan_free(plan);
    policy_free(policy);
    return result;
}

static void what_was_learnt_is_met(void **state)
{
    (void)state;
    struct audit *audit = new_scan();
    add_host(audit, "203.0.113.10", "203.0.113.10", web, COUNT(web));
    assert_int_equal(check_again(audit), RESULT_MET);
    audit->hosts[0].verdicts[1].seen.state = PORT_UNKNOWN;
    assert_int_equal(check_again(audit), RESULT_INCONCLUSIVE);
    audit_free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_becomes_rules),
        cmocka_unit_test(a_name_stands_for_its_addresses_if_they_are_alike),
        cmocka_unit_test(addresses_of_a_name_that_differ_stand_for_themselves),
        cmocka_unit_test(hosts_that_are_alike_become_a_group),
        cmocka_unit_test(the_vantage_is_kept),
        cmocka_unit_test(what_is_not_known_is_a_comment),
        cmocka_unit_test(open_is_never_the_rest),
        cmocka_unit_test(port_zero_is_not_among_the_rest),
        cmocka_unit_test(what_was_learnt_is_met),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
