#include "audit_fixture.h"
#include "reports/cases.h"
#include "reports/phrase.h"
#include "reports/rule_place.h"
#include "reports/runs.h"
#include "reports/service_names.h"
#include "reports/why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void every_state_and_reason_has_a_sentence(void **state)
{
    (void)state;
    for (int of = 0; of < PORT_STATE_COUNT; of++) {
        for (int reason = 0; reason < REASON_COUNT; reason++) {
            struct observation seen = {
                .state = (enum port_state)of, .reason = (enum reason)reason, .tries = 3};
            char text[WHY_TEXT_SIZE];
            assert_true(strlen(why_sentence(&seen, text)) > 0);
            assert_null(strchr(text, '{'));
            assert_true(strlen(text) < WHY_TEXT_SIZE - ADDR_TEXT_SIZE);
            assert_int_equal(why_remedy(&seen) != NULL,
                             of == PORT_UNKNOWN || of == PORT_SILENT);
        }
    }
}

static void a_sentence_names_who_answered(void **state)
{
    (void)state;
    struct observation seen = {
        .state = PORT_REJECTED, .reason = REASON_ADMIN_PROHIBITED, .origin = ORIGIN_UPSTREAM};
    char text[WHY_TEXT_SIZE];
    assert_int_equal(addr_parse(&seen.by, "198.51.100.254"), 0);
    assert_non_null(strstr(why_sentence(&seen, text), "198.51.100.254"));
    assert_non_null(strstr(text, "administratively prohibited"));
}

static void a_syn_ack_that_proves_nothing_yet_is_told(void **state)
{
    (void)state;
    struct observation seen = {.proto = PROTO_TCP, .reason = REASON_DEADLINE};
    char text[WHY_TEXT_SIZE];
    assert_null(strstr(why_sentence(&seen, text), "SYN-ACK"));
    assert_int_equal(addr_parse(&seen.by, "192.0.2.1"), 0);
    assert_non_null(strstr(why_sentence(&seen, text), "--deadline came before"));
    assert_non_null(strstr(text, "a SYN-ACK came, but nothing shows"));
    seen.reason = REASON_ANSWERS_EVERYTHING; /* where something does */
    assert_null(strstr(why_sentence(&seen, text), "nothing shows"));
}

static void a_rule_is_one_case_for_each_outcome(void **state)
{
    (void)state;
    struct audit *audit = fixture_broken();
    struct case_list list;
    assert_int_equal(case_list_fill(&list, &audit->hosts[0]), 0);
    assert_int_equal(list.count, 6);
    assert_int_equal(list.items[0].result, RESULT_MET);
    assert_true(list.items[0].rest); /* others */
    assert_int_equal(list.items[4].result, RESULT_BROKEN);
    assert_false(list.items[4].rest); /* 10000-10010, of others */
    case_list_free(&list);
    audit_free(audit);
}

/* A host with two ports under one rule, which were seen alike but for WHAT is done to the
 * second. */
static size_t findings_when(void (*what)(struct verdict *second))
{
    struct audit *audit = fixture_met();
    struct host_verdicts *host = &audit->hosts[0];
    struct verdict *second = &host->verdicts[1];
    free(second->rule_text);
    second->rule_text = strdup(host->verdicts[0].rule_text);
    free(second->expected);
    second->expected = strdup(host->verdicts[0].expected);
    second->seen.state = host->verdicts[0].seen.state;
    second->seen.reason = host->verdicts[0].seen.reason;
    second->seen.origin = host->verdicts[0].seen.origin;
    second->seen.by = host->verdicts[0].seen.by;
    what(second);
    struct case_list list;
    assert_int_equal(case_list_fill(&list, host), 0);
    assert_int_equal(list.count, 1);
    assert_int_equal(portset_size(&list.items[0].ports), 3);
    size_t count = list.items[0].finding_count;
    case_list_free(&list);
    audit_free(audit);
    return count;
}

static void send_more_tries(struct verdict *second)
{
    second->seen.tries = 9;
}

static void answer_otherwise(struct verdict *second)
{
    second->seen.reason = REASON_UDP_RESPONSE;
}

static void answer_from_elsewhere(struct verdict *second)
{
    second->seen.by.bytes[3]++;
}

static void what_was_seen_alike_is_one_finding(void **state)
{
    (void)state;
    assert_int_equal(findings_when(send_more_tries), 1);
    assert_int_equal(findings_when(answer_otherwise), 2);
    assert_int_equal(findings_when(answer_from_elsewhere), 2);
}

static void a_long_list_is_shortened_at_a_comma(void **state)
{
    (void)state;
    struct portset ports = {0};
    assert_int_equal(portset_parse(&ports, "1-79,81-442,444-65535"), 0);
    char *text = phrase_port_list(&ports, 60);
    assert_string_equal(text, "1-79,81-442,444-65535");
    free(text);
    text = phrase_port_list(&ports, 15);
    assert_string_equal(text, "1-79,81-442,... (65533 ports)");
    free(text);
    portset_free(&ports);
}

struct seen_runs {
    size_t runs, hosts;
};

static void count_run(void *context, const struct host_run *run)
{
    struct seen_runs *seen = context;
    seen->runs++;
    seen->hosts += run->count;
}

static void hosts_with_the_same_mistake_are_one_run(void **state)
{
    (void)state;
    struct audit *audit = fixture_fleet(20);
    struct seen_runs seen = {0};
    assert_int_equal(run_each(audit, RESULT_BROKEN, count_run, &seen), 0);
    assert_int_equal(seen.runs, 1);
    assert_int_equal(seen.hosts, 1);
    seen = (struct seen_runs){0};
    assert_int_equal(run_each(audit, RESULT_MET, count_run, &seen), 0);
    assert_int_equal(seen.runs, 3); /* those before, the one with the mistake, those after */
    assert_int_equal(seen.hosts, 20);
    audit_free(audit);
}

static void services_are_in_the_order_of_ports(void **state)
{
    (void)state;
    size_t found = 0;
    for (unsigned port = 0; port <= 65535; port++)
        found += service_usual_name((uint16_t)port, PROTO_TCP) != NULL;
    assert_true(found > 50); /* a row out of order would hide others from the search */
    assert_string_equal(service_usual_name(443, PROTO_TCP), "https");
    assert_string_equal(service_usual_name(161, PROTO_UDP), "snmp");
    assert_null(service_usual_name(161, PROTO_TCP));
    assert_null(service_usual_name(0, PROTO_TCP));
}

static const struct {
    const char *text;
    size_t length;
    unsigned line; /* 0: there is no file behind it */
} places[] = {
    {"edge.yml:14", 8, 14}, {"a:b.yml:3", 7, 3},
    {"-e:1", 0, 0},         {"edge.yml", 0, 0},
    {"edge.yml:", 0, 0},    {"edge.yml:x", 0, 0},
    {":3", 0, 0},           {"edge.yml:0", 0, 0},
    {"edge.yml:+1", 0, 0},  {"edge.yml:99999999999999999999", 0, 0},
    {NULL, 0, 0},
};

static void a_place_is_a_path_and_a_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct rule_place place = {0};
        bool is_place = rule_place_read(&place, places[i].text);
        assert_int_equal(is_place, places[i].line != 0);
        if (is_place) {
            assert_int_equal(place.length, places[i].length);
            assert_int_equal(place.line, places[i].line);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_and_reason_has_a_sentence),
        cmocka_unit_test(a_sentence_names_who_answered),
        cmocka_unit_test(a_syn_ack_that_proves_nothing_yet_is_told),
        cmocka_unit_test(a_rule_is_one_case_for_each_outcome),
        cmocka_unit_test(what_was_seen_alike_is_one_finding),
        cmocka_unit_test(a_long_list_is_shortened_at_a_comma),
        cmocka_unit_test(hosts_with_the_same_mistake_are_one_run),
        cmocka_unit_test(services_are_in_the_order_of_ports),
        cmocka_unit_test(a_place_is_a_path_and_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
