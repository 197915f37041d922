/* What changed between two audits, and several audits as one. */
#include "expect/diff.h"
#include "expect/merge.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct host_verdicts *add_host(struct audit *audit, const char *name,
                                      const char *address)
{
    struct host_verdicts *host = audit_add_host(audit);
    host->name = strdup(name);
    assert_int_equal(addr_parse(&host->address, address), 0);
    return host;
}

static void add(struct host_verdicts *host, enum proto proto, const char *ports,
                enum port_state state, enum reason reason, enum result result)
{
    struct verdict *verdict = host_add_verdict(host);
    verdict->seen.proto = proto;
    verdict->seen.state = state;
    verdict->seen.reason = reason;
    verdict->result = result;
    assert_int_equal(portset_parse(&verdict->seen.ports, ports), 0);
}

static void assert_differ(const struct audit *before, const struct audit *after,
                          const char *expected)
{
    struct diff diff;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    assert_int_equal(diff_make(&diff, before, after), 0);
    assert_int_equal(diff_write(&diff, out), 0);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
    diff_free(&diff);
}

static void equal_audits_do_not_differ(void **state)
{
    (void)state;
    struct audit *audit = audit_new();
    struct host_verdicts *host = add_host(audit, "web.example", "203.0.113.10");
    add(host, PROTO_TCP, "80", PORT_OPEN, REASON_SYN_ACK, RESULT_MET);
    add(host, PROTO_TCP, "1-79,81-65535", PORT_DROPPED, REASON_NO_RESPONSE, RESULT_MET);
    assert_differ(audit, audit, "");
    audit_free(audit);
}

static void how_often_a_port_was_probed_is_no_change(void **state)
{
    (void)state;
    struct audit *before = audit_new(), *after = audit_new();
    add(add_host(before, "a", "10.0.0.1"), PROTO_TCP, "80", PORT_OPEN, REASON_SYN_ACK,
        RESULT_MET);
    add(add_host(after, "a", "10.0.0.1"), PROTO_TCP, "80", PORT_OPEN, REASON_SYN_ACK,
        RESULT_MET);
    after->hosts[0].verdicts[0].seen.tries = 7;
    after->hosts[0].verdicts[0].seen.ttl = 7;
    after->hosts[0].rtt_ms = 7;
    assert_differ(before, after, "");
    audit_free(before);
    audit_free(after);
}

static void changes_of_state_reason_and_result_are_shown(void **state)
{
    (void)state;
    struct audit *before = audit_new(), *after = audit_new();
    struct host_verdicts *old = add_host(before, "web.example", "203.0.113.10");
    struct host_verdicts *new = add_host(after, "web.example", "203.0.113.10");
    add(old, PROTO_TCP, "80-83", PORT_DROPPED, REASON_NO_RESPONSE, RESULT_MET);
    add(old, PROTO_UDP, "53", PORT_OPEN, REASON_UDP_RESPONSE, RESULT_MET);
    add(new, PROTO_TCP, "80", PORT_DROPPED, REASON_NO_RESPONSE, RESULT_MET);
    add(new, PROTO_TCP, "81", PORT_OPEN, REASON_SYN_ACK, RESULT_BROKEN);
    add(new, PROTO_TCP, "82", PORT_REJECTED, REASON_ADMIN_PROHIBITED, RESULT_MET);
    add(new, PROTO_TCP, "83", PORT_DROPPED, REASON_NO_RESPONSE, RESULT_WAIVED);
    add(new, PROTO_UDP, "53", PORT_OPEN, REASON_RESPONDER, RESULT_MET);
    assert_differ(before, after,
                  "web.example (203.0.113.10)\n"
                  "  tcp 81: dropped (no-response) met -> open (syn-ack) broken\n"
                  "  tcp 82: dropped (no-response) met -> rejected (admin-prohibited) met\n"
                  "  tcp 83: dropped (no-response) met -> dropped (no-response) waived\n"
                  "  udp 53: open (udp-response) met -> open (responder) met\n");
    audit_free(before);
    audit_free(after);
}

static void what_is_new_or_gone_is_shown(void **state)
{
    (void)state;
    struct audit *before = audit_new(), *after = audit_new();
    add(add_host(before, "10.0.0.1", "10.0.0.1"), PROTO_TCP, "80,81", PORT_OPEN, REASON_SYN_ACK,
        RESULT_SCANNED);
    add(add_host(before, "10.0.0.2", "10.0.0.2"), PROTO_TCP, "80", PORT_CLOSED, REASON_RESET,
        RESULT_SCANNED);
    add(add_host(after, "10.0.0.3", "10.0.0.3"), PROTO_TCP, "80", PORT_CLOSED, REASON_RESET,
        RESULT_SCANNED);
    add(add_host(after, "10.0.0.1", "10.0.0.1"), PROTO_TCP, "81,82", PORT_OPEN, REASON_SYN_ACK,
        RESULT_SCANNED);
    assert_differ(before, after,
                  "10.0.0.3\n"
                  "  tcp 80: not audited -> closed (reset)\n"
                  "10.0.0.1\n"
                  "  tcp 80: open (syn-ack) -> not audited\n"
                  "  tcp 82: not audited -> open (syn-ack)\n"
                  "10.0.0.2\n"
                  "  tcp 80: closed (reset) -> not audited\n");
    audit_free(before);
    audit_free(after);
}

static void a_name_that_moved_is_gone_and_new(void **state)
{
    (void)state;
    struct audit *before = audit_new(), *after = audit_new();
    add(add_host(before, "a.example", "10.0.0.1"), PROTO_TCP, "80", PORT_OPEN, REASON_SYN_ACK,
        RESULT_SCANNED);
    add(add_host(after, "a.example", "10.0.0.2"), PROTO_TCP, "80", PORT_OPEN, REASON_SYN_ACK,
        RESULT_SCANNED);
    assert_differ(before, after,
                  "a.example (10.0.0.2)\n"
                  "  tcp 80: not audited -> open (syn-ack)\n"
                  "a.example (10.0.0.1)\n"
                  "  tcp 80: open (syn-ack) -> not audited\n");
    audit_free(before);
    audit_free(after);
}

static void vantages_are_told_apart(void **state)
{
    (void)state;
    struct audit *before = audit_new(), *after = audit_new();
    add(add_host(before, "10.0.0.1", "10.0.0.1"), PROTO_TCP, "80", PORT_OPEN, REASON_SYN_ACK,
        RESULT_MET);
    before->vantage = strdup("internet");
    struct host_verdicts *office = add_host(after, "10.0.0.1", "10.0.0.1");
    office->vantage = strdup("office");
    add(office, PROTO_TCP, "80", PORT_CLOSED, REASON_RESET, RESULT_MET);
    struct host_verdicts *internet = add_host(after, "10.0.0.1", "10.0.0.1");
    internet->vantage = strdup("internet");
    add(internet, PROTO_TCP, "80", PORT_OPEN, REASON_SYN_ACK, RESULT_MET);
    assert_differ(before, after,
                  "10.0.0.1 from office\n"
                  "  tcp 80: not audited -> closed (reset) met\n");
    audit_free(before);
    audit_free(after);
}

static void names_from_outside_are_cleaned(void **state)
{
    (void)state;
    struct audit *before = audit_new(), *after = audit_new();
    add(add_host(after, "a\033[31m\n", "10.0.0.1"), PROTO_TCP, "80", PORT_OPEN, REASON_SYN_ACK,
        RESULT_MET);
    assert_differ(before, after,
                  "a\xEF\xBF\xBD[31m\xEF\xBF\xBD (10.0.0.1)\n"
                  "  tcp 80: not audited -> open (syn-ack) met\n");
    audit_free(before);
    audit_free(after);
}

/* A check from VANTAGE with one host of one port. */
static struct audit *new_check(const char *vantage, const char *address, enum result result)
{
    struct audit *audit = audit_new();
    audit->vantage = vantage ? strdup(vantage) : NULL;
    audit->name = strdup("edge");
    audit->mode = strdup("raw");
    audit->traffic.sent = 10;
    audit->started.tv_sec = audit->finished.tv_sec = address[strlen(address) - 1];
    assert_int_equal(audit_add_file(audit, "edge.yml",
                                    "00000000000000000000000000000000"
                                    "00000000000000000000000000000000"),
                     0);
    assert_int_equal(audit_add_warning(audit, "a waiver expires"), 0);
    add(add_host(audit, address, address), PROTO_TCP, "80", PORT_OPEN, REASON_SYN_ACK, result);
    audit_finish(audit);
    return audit;
}

static void free_all(struct audit **audits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        audit_free(audits[i]);
}

static void shards_become_one_audit(void **state)
{
    (void)state;
    struct audit *audits[] = {new_check("internet", "10.0.0.2", RESULT_MET),
                              new_check("internet", "10.0.0.1", RESULT_BROKEN),
                              new_check("internet", "10.0.0.3", RESULT_INCONCLUSIVE)};
    struct audit *merged = NULL;
    struct error error = {0};
    audits[1]->interrupted = true;
    assert_int_equal(audit_merge(&merged, audits, 3, &error), 0);
    assert_int_equal(merged->host_count, 3);
    assert_string_equal(merged->hosts[0].name, "10.0.0.2");
    assert_null(merged->hosts[0].vantage);
    assert_string_equal(merged->vantage, "internet");
    assert_string_equal(merged->name, "edge");
    assert_string_equal(merged->mode, "raw");
    assert_int_equal(merged->result, RESULT_BROKEN);
    assert_int_equal(merged->summary.expectations, 3);
    assert_int_equal(merged->traffic.sent, 30);
    assert_int_equal(merged->started.tv_sec, '1');
    assert_int_equal(merged->finished.tv_sec, '3');
    assert_int_equal(merged->file_count, 1);
    assert_int_equal(merged->warning_count, 1);
    assert_true(merged->interrupted);
    audit_free(merged);
    free_all(audits, 3);
}

static void hosts_say_their_vantage_where_vantages_differ(void **state)
{
    (void)state;
    struct audit *audits[] = {new_check("internet", "10.0.0.1", RESULT_MET),
                              new_check("office", "10.0.0.1", RESULT_MET)};
    struct audit *merged = NULL;
    struct error error = {0};
    assert_int_equal(audit_merge(&merged, audits, 2, &error), 0);
    assert_null(merged->vantage);
    assert_string_equal(merged->hosts[0].vantage, "internet");
    assert_string_equal(merged->hosts[1].vantage, "office");
    assert_int_equal(merged->result, RESULT_MET);
    audit_free(merged);
    free_all(audits, 2);
}

static void what_does_not_fit_together_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    struct audit *merged = NULL;
    struct audit *doubles[] = {new_check("internet", "10.0.0.1", RESULT_MET),
                               new_check("internet", "10.0.0.1", RESULT_BROKEN)};
    assert_int_equal(audit_merge(&merged, doubles, 2, &error), -EINVAL);
    assert_string_equal(error.text, "two of the reports hold 10.0.0.1 from internet: merge "
                                    "reports of different vantages or shards");
    assert_int_equal(doubles[0]->host_count, 1);
    free_all(doubles, 2);

    struct audit *kinds[] = {new_check(NULL, "10.0.0.1", RESULT_MET),
                             new_check(NULL, "10.0.0.2", RESULT_SCANNED)};
    assert_int_equal(audit_merge(&merged, kinds, 2, &error), -EINVAL);
    assert_null(merged);
    free_all(kinds, 2);
}

static void files_that_changed_between_runs_are_a_warning(void **state)
{
    (void)state;
    struct audit *audits[] = {new_check(NULL, "10.0.0.1", RESULT_MET),
                              new_check(NULL, "10.0.0.2", RESULT_MET)};
    audits[1]->files[0].sha256[0] = 'f';
    free(audits[1]->mode);
    audits[1]->mode = strdup("connect");
    struct audit *merged = NULL;
    struct error error = {0};
    assert_int_equal(audit_merge(&merged, audits, 2, &error), 0);
    assert_int_equal(merged->file_count, 2);
    assert_int_equal(merged->warning_count, 2);
    assert_string_equal(merged->warnings[1], "edge.yml was not the same in all runs");
    assert_string_equal(merged->mode, "connect");
    audit_free(merged);
    free_all(audits, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_audits_do_not_differ),
        cmocka_unit_test(how_often_a_port_was_probed_is_no_change),
        cmocka_unit_test(changes_of_state_reason_and_result_are_shown),
        cmocka_unit_test(what_is_new_or_gone_is_shown),
        cmocka_unit_test(a_name_that_moved_is_gone_and_new),
        cmocka_unit_test(vantages_are_told_apart),
        cmocka_unit_test(names_from_outside_are_cleaned),
        cmocka_unit_test(shards_become_one_audit),
        cmocka_unit_test(hosts_say_their_vantage_where_vantages_differ),
        cmocka_unit_test(what_does_not_fit_together_is_refused),
        cmocka_unit_test(files_that_changed_between_runs_are_a_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
