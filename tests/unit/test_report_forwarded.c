/* That a port is forwarded is told by every report that has room for it. */
#include "audit_fixture.h"
#include "golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct report_style style = {0};

/* The first rejected ports of AUDIT arrive elsewhere. */
static struct audit *forward(struct audit *audit)
{
    for (size_t i = 0; i < audit->hosts[0].count; i++) {
        struct observation *seen = &audit->hosts[0].verdicts[i].seen;
        if (seen->state != PORT_REJECTED)
            continue;
        assert_int_equal(forwarding_parse(&seen->forwarded, "10.0.0.5:8443"), 0);
        return audit;
    }
    fail_msg("nothing is rejected");
    return audit;
}

static void assert_says(const char *format, struct audit *audit, const char *words)
{
    char *report = report_of(format, audit, &style);
    if (!strstr(report, words))
        fail_msg("%s does not say '%s':\n%s", format, words, report);
    free(report);
    audit_free(audit);
}

static void the_list_of_a_scan_says_where_probes_arrived(void **state)
{
    (void)state;
    assert_says("text", forward(fixture_scan()), "; arrived as 10.0.0.5:8443\n");
}

static void a_finding_says_that_the_port_is_forwarded(void **state)
{
    (void)state;
    static const char *const formats[] = {"markdown", "tap", "junit", "html"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct audit *audit = forward(fixture_broken());
        for (size_t k = 0; k < audit->hosts[0].count; k++)
            audit->hosts[0].verdicts[k].result = RESULT_BROKEN;
        assert_says(formats[i], audit,
                    "it arrived as 10.0.0.5:8443: a device on the way forwards this port");
    }
}

static void csv_has_it_in_its_last_column(void **state)
{
    (void)state;
    assert_says("csv", forward(fixture_scan()), ",\"10.0.0.5:8443\"\r\n");
}

static void json_is_read_back_as_it_was_written(void **state)
{
    (void)state;
    char path[] = "/tmp/portvet-test-XXXXXX";
    struct audit *audit = forward(fixture_scan()), *again = NULL;
    char *first = report_of("json", audit, &style);
    assert_non_null(strstr(first, "\"forwarded\": \"10.0.0.5:8443\""));
    int fd = mkstemp(path);
    assert_int_equal(write(fd, first, strlen(first)), strlen(first));
    close(fd);
    struct error error;
    assert_int_equal(audit_read_json(&again, path, &error), 0);
    unlink(path);
    char *second = report_of("json", again, &style);
    assert_string_equal(first, second);
    free(first);
    free(second);
    audit_free(audit);
    audit_free(again);
}

static void ports_that_arrive_elsewhere_are_findings_of_their_own(void **state)
{
    (void)state;
    struct audit *audit = fixture_scan();
    struct host_verdicts *host = &audit->hosts[0];
    struct verdict *copy = host_add_verdict(host);
    assert_non_null(copy);
    for (size_t i = 0; i + 1 < host->count; i++) {
        if (host->verdicts[i].seen.state == PORT_REJECTED)
            *copy = host->verdicts[i];
    }
    copy->seen.ports = (struct portset){0};
    assert_int_equal(portset_add(&copy->seen.ports, 9000, 9000), 0);
    assert_int_equal(forwarding_parse(&copy->seen.forwarded, "10.0.0.5"), 0);
    assert_says("text", audit, "9000/tcp         rejected");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_of_a_scan_says_where_probes_arrived),
        cmocka_unit_test(a_finding_says_that_the_port_is_forwarded),
        cmocka_unit_test(csv_has_it_in_its_last_column),
        cmocka_unit_test(json_is_read_back_as_it_was_written),
        cmocka_unit_test(ports_that_arrive_elsewhere_are_findings_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
