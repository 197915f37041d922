#include "expect/audit.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct verdict *add(struct host_verdicts *host, enum proto proto, uint16_t first,
                           uint16_t last, enum result result)
{
    struct verdict *verdict = host_add_verdict(host);
    assert_non_null(verdict);
    verdict->seen.proto = proto;
    verdict->result = result;
    assert_int_equal(portset_add(&verdict->seen.ports, first, last), 0);
    return verdict;
}

static enum result finish_with(const enum result *results, size_t count)
{
    struct audit *audit = audit_new();
    struct host_verdicts *host = audit_add_host(audit);
    for (size_t i = 0; i < count; i++)
        add(host, PROTO_TCP, (uint16_t)(i + 1), (uint16_t)(i + 1), results[i]);
    audit_finish(audit);
    enum result result = audit->result;
    audit_free(audit);
    return result;
}

static void every_result_name_leads_back(void **state)
{
    (void)state;
    for (int i = 0; i < RESULT_COUNT; i++)
        assert_int_equal(result_from_name(result_name((enum result)i)), i);
    assert_int_equal(result_from_name("pass"), -1);
}

static void the_worst_verdict_is_the_result(void **state)
{
    (void)state;
    static const struct {
        enum result results[3];
        enum result expected;
    } rows[] = {
        {{RESULT_MET, RESULT_MET, RESULT_MET}, RESULT_MET},
        {{RESULT_MET, RESULT_WAIVED, RESULT_MET}, RESULT_MET},
        {{RESULT_WAIVED, RESULT_WAIVED, RESULT_WAIVED}, RESULT_MET},
        {{RESULT_MET, RESULT_INCONCLUSIVE, RESULT_WAIVED}, RESULT_INCONCLUSIVE},
        {{RESULT_BROKEN, RESULT_INCONCLUSIVE, RESULT_MET}, RESULT_BROKEN},
        {{RESULT_SCANNED, RESULT_SCANNED, RESULT_SCANNED}, RESULT_SCANNED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(finish_with(rows[i].results, 3), rows[i].expected);
}

static void an_audit_without_verdicts_keeps_its_result(void **state)
{
    (void)state;
    struct audit *audit = audit_new();
    audit_finish(audit);
    assert_int_equal(audit->result, RESULT_SCANNED);
    audit->result = RESULT_MET;
    audit_finish(audit);
    assert_int_equal(audit->result, RESULT_MET);
    audit_free(audit);
}

static void an_interrupted_check_never_passes(void **state)
{
    (void)state;
    struct audit *audit = audit_new();
    struct host_verdicts *host = audit_add_host(audit);
    add(host, PROTO_TCP, 80, 80, RESULT_MET);
    audit->interrupted = true;
    audit_finish(audit);
    assert_int_equal(audit->result, RESULT_INCONCLUSIVE);
    host->verdicts[0].result = RESULT_BROKEN;
    audit_finish(audit);
    assert_int_equal(audit->result, RESULT_BROKEN);
    audit_free(audit);
}

static void the_summary_counts_ports_not_verdicts(void **state)
{
    (void)state;
    struct audit *audit = audit_new();
    struct host_verdicts *host = audit_add_host(audit);
    add(host, PROTO_TCP, 80, 80, RESULT_BROKEN);
    add(host, PROTO_TCP, 81, 65535, RESULT_MET);
    add(host, PROTO_UDP, 1, 10, RESULT_INCONCLUSIVE);
    add(host, PROTO_UDP, 53, 54, RESULT_WAIVED);
    audit_finish(audit);
    assert_int_equal(audit->summary.hosts, 1);
    assert_int_equal(audit->summary.expectations, 65468);
    assert_int_equal(audit->summary.broken, 1);
    assert_int_equal(audit->summary.met, 65455);
    assert_int_equal(audit->summary.inconclusive, 10);
    assert_int_equal(audit->summary.waived, 2);
    audit_free(audit);
}

static void verdicts_are_sorted_by_protocol_and_first_port(void **state)
{
    (void)state;
    struct audit *audit = audit_new();
    struct host_verdicts *host = audit_add_host(audit);
    add(host, PROTO_UDP, 1, 1, RESULT_MET);
    add(host, PROTO_TCP, 443, 443, RESULT_MET);
    add(host, PROTO_TCP, 80, 90, RESULT_MET);
    audit_finish(audit);
    assert_int_equal(host->verdicts[0].seen.ports.ranges[0].first, 80);
    assert_int_equal(host->verdicts[1].seen.ports.ranges[0].first, 443);
    assert_int_equal(host->verdicts[2].seen.proto, PROTO_UDP);
    audit_free(audit);
}

static void files_and_warnings_are_copies(void **state)
{
    (void)state;
    struct audit *audit = audit_new();
    char path[] = "edge.yml", warning[] = "a waiver expires";
    char digest[65] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    assert_int_equal(audit_add_file(audit, path, digest), 0);
    assert_int_equal(audit_add_warning(audit, warning), 0);
    path[0] = warning[0] = digest[0] = 'X';
    assert_string_equal(audit->files[0].path, "edge.yml");
    assert_int_equal(audit->files[0].sha256[0], '0');
    assert_string_equal(audit->warnings[0], "a waiver expires");
    audit_free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_result_name_leads_back),
        cmocka_unit_test(the_worst_verdict_is_the_result),
        cmocka_unit_test(an_audit_without_verdicts_keeps_its_result),
        cmocka_unit_test(an_interrupted_check_never_passes),
        cmocka_unit_test(the_summary_counts_ports_not_verdicts),
        cmocka_unit_test(verdicts_are_sorted_by_protocol_and_first_port),
        cmocka_unit_test(files_and_warnings_are_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
