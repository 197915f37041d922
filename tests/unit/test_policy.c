/* What surrounds the text of expectation files: variables of the command line, settings,
 * limits, waivers at work, what the audit says of its files. */
#include "expect/expect.h"
#include "expect/explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* 2026-06-15, noon. */
static const struct timespec today = {.tv_sec = 1781524800};

/* Writes TEXT into a file of its own and reads it. */
static struct policy *read_text(const char *text, size_t length,
                                const struct policy_variable *variables, size_t count,
                                struct complaints *complaints)
{
    char path[] = "/tmp/portvet-policy-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, length), length);
    close(fd);
    const char *paths[] = {path};
    struct policy *policy = policy_read(paths, 1, variables, count, complaints);
    unlink(path);
    return policy;
}

static struct policy *policy_of(const char *text)
{
    struct complaints complaints = {0};
    struct policy *policy = read_text(text, strlen(text), NULL, 0, &complaints);
    assert_non_null(policy);
    complaints_free(&complaints);
    return policy;
}

static struct plan *plan_of(const struct policy *policy, const char *from)
{
    struct complaints complaints = {0};
    struct plan_options options = {
        .from = from, .max_hosts = 65536, .shard = 1, .shards = 1, .today = today};
    struct plan *plan = plan_new(policy, &options, &complaints);
    assert_non_null(plan);
    return plan;
}

static const char with_variable[] = "hosts:\n  203.0.113.10: ${web} open; others filtered\n";

static void a_variable_of_the_command_line_defines(void **state)
{
    (void)state;
    static const struct policy_variable variables[] = {{"web", "80,443"}};
    struct complaints complaints = {0};
    struct policy *policy =
        read_text(with_variable, strlen(with_variable), variables, 1, &complaints);
    assert_non_null(policy);
    struct plan *plan = plan_of(policy, NULL);
    assert_true(portset_has(plan->targets[0].declared[PROTO_TCP], 443));
    plan_free(plan);
    policy_free(policy);
}

static void a_variable_of_the_command_line_overrides(void **state)
{
    (void)state;
    static const char text[] = "vars: {web: 9999}\nhosts:\n  203.0.113.10: ${web} open\n";
    static const struct policy_variable variables[] = {{"web", "80"}};
    struct complaints complaints = {0};
    struct policy *policy = read_text(text, strlen(text), variables, 1, &complaints);
    assert_non_null(policy);
    struct plan *plan = plan_of(policy, NULL);
    assert_true(portset_has(plan->targets[0].ports[PROTO_TCP], 80));
    assert_false(portset_has(plan->targets[0].ports[PROTO_TCP], 9999));
    plan_free(plan);
    policy_free(policy);
}

static void a_variable_that_no_file_uses_is_an_error(void **state)
{
    (void)state;
    static const struct {
        struct policy_variable variable;
        const char *complaint;
    } rows[] = {
        {{"wbe", "80"}, "no file has a ${wbe}"},
        {{"we b", "80"}, "'we b' is no name of a variable"},
        {{"", "80"}, "'' is no name of a variable"},
    };
    static const char text[] = "hosts:\n  203.0.113.10: 80 open\n";
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct complaints complaints = {0};
        assert_null(read_text(text, strlen(text), &rows[i].variable, 1, &complaints));
        assert_int_equal(complaints.errors, 1);
        assert_string_equal(complaints.items[0].file, "--var");
        assert_string_equal(complaints.items[0].text, rows[i].complaint);
        complaints_free(&complaints);
    }
}

static void an_error_in_a_variable_of_the_command_line_shows_where_it_is_used(void **state)
{
    (void)state;
    static const struct policy_variable variables[] = {{"web", "80,99999"}};
    struct complaints complaints = {0};
    assert_null(read_text(with_variable, strlen(with_variable), variables, 1, &complaints));
    assert_int_equal(complaints.items[0].line, 2);
    assert_int_equal(complaints.items[0].column, 17);
    complaints_free(&complaints);
}

static void settings_are_text_that_was_checked(void **state)
{
    (void)state;
    struct policy *policy = policy_of("settings:\n  max-rate: 5000\n  deadline: 2m\n"
                                      "hosts:\n  203.0.113.10: 80 open\n");
    assert_string_equal(policy_setting(policy, "max-rate"), "5000");
    assert_string_equal(policy_setting(policy, "deadline"), "2m");
    assert_null(policy_setting(policy, "miss"));
    assert_null(policy_setting(policy, "no-such-setting"));
    policy_free(policy);
}

static void settings_of_the_including_file_hold(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    const char *path = TESTS_DIR "/files/good/include-overrides.yml";
    struct policy *policy = policy_read(&path, 1, NULL, 0, &complaints);
    assert_non_null(policy);
    assert_string_equal(policy_setting(policy, "max-rate"), "10");
    policy_free(policy);
}

/* A file of more than a mebibyte, one that is deep, and so on: an error, soon. */
static void assert_refused(const char *text, size_t length, const char *complaint)
{
    struct complaints complaints = {0};
    struct timespec start, end;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    assert_null(read_text(text, length, NULL, 0, &complaints));
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    double seconds =
        (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    print_message("%-60s %.0f ms\n", complaint, seconds * 1e3);
    assert_int_not_equal(complaints.errors, 0);
    if (!strstr(complaints.items[0].text, complaint))
        print_message("%s\n", complaints.items[0].text);
    assert_non_null(strstr(complaints.items[0].text, complaint));
    complaints_free(&complaints);
}

static char *repeat(const char *head, const char *body, size_t size, size_t *length)
{
    char *text = malloc(size + strlen(body) + strlen(head) + 1);
    size_t at = (size_t)sprintf(text, "%s", head);
    while (at < size)
        at += (size_t)sprintf(text + at, "%s", body);
    *length = at;
    return text;
}

static void hostile_files_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *head, *body, *complaint;
        size_t size;
    } rows[] = {
        {"hosts:\n", "  # padding\n", "larger than 1 MiB", (1 << 20) + 1},
        {"hosts: ", "[", "nested too deeply", 1000000},
        {"hosts: ", "{a: ", "nested too deeply", 1000000},
        {"", "? ", "a key must be text", 1000000},
        {"", "- ", "nested too deeply", 1000000},
        {"hosts: [", "a,", "too many values", 1000000},
        {"hosts: {", "a,", "too many values", 1000000},
        {"hosts: [", "[],", "too many values", 1000000},
        {"hosts:\n  h: ", "1 opn;", "a state expected", 1000000},
        {"hosts:\n  h: ", "1 open;", "more than 4096 rules", 1000000},
        {"hosts:\n  h: ", "a", "too long for a port", 1000000},
        {"hosts:\n  h: ", "1,", "a port expected", 1000000},
        {"hosts:\n  h: ", "${a}", "${a} is not defined", 1000000},
        {"hosts:\n  h: ", "${", "'${' begins a variable", 1000000},
        {"vars: {a: b}\nx: \"", "${a}", "not YAML", 1000000},
        {"hosts:\n", "  10.0.0.0/8: 80 open\n", "is here twice", 1000000},
        {"groups:\n  g:\n    expect: 80 open\n    hosts:\n", "      - 10.0.0.0/8\n",
         "named more than 64 times", 1000000},
        {"hosts: \"", "\\x41", "not YAML", 1000000},
        {"hosts: &", "a", "anchors", 1000000},
        {"%", "a", "not YAML", 1000000},
        {"", "\xEF\xBB\xBF", "U+FEFF", 1000000},
        {"", "\xFF", "not UTF-8", 1000000},
        {"", "\t", "a tab cannot indent", 1000000},
        {"", "\n", "the file is empty", 1000000},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t length;
        char *text = repeat(rows[i].head, rows[i].body, rows[i].size, &length);
        assert_refused(text, length, rows[i].complaint);
        free(text);
    }
}

static void a_thousand_hosts_of_twenty_rules_are_read_soon(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    fputs("hosts:\n", out);
    for (int i = 0; i < 1000; i++) {
        fprintf(out, "  10.0.%d.%d: others not open", i / 250, i % 250);
        for (int j = 0; j < 19; j++)
            fprintf(out, "; %d %s", 1000 + i + 7 * j, j % 2 ? "open" : "filtered");
        fputc('\n', out);
    }
    fclose(out);
    struct complaints complaints = {0};
    struct timespec start, end;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    struct policy *policy = read_text(text, length, NULL, 0, &complaints);
    struct plan *plan = plan_of(policy, NULL);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    assert_int_equal(plan->count, 1000);
    double seconds =
        (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    print_message("%.0f ms\n", seconds * 1e3);
    /* Far above what it takes, for sanitizers and slow machines. */
    assert_true(seconds < 5);
    plan_free(plan);
    policy_free(policy);
    free(text);
}

static const char waived[] =
    "vantages: {internet: outside, office: inside}\n"
    "hosts:\n  203.0.113.10: 8080-8083 filtered\n"
    "waivers:\n"
    "  - {hosts: 203.0.113.10, ports: 8080, until: 2026-12-31, reason: held}\n"
    "  - {hosts: 203.0.113.0/24, ports: 8081, until: 2026-06-14, reason: gone, owner: ops}\n"
    "  - {hosts: 203.0.113.10, ports: 8082, from: office, until: 2026-12-31, reason: there}\n"
    "  - {hosts: 203.0.113.11, ports: 8083, until: 2026-12-31, reason: another}\n";

/* The verdicts on ports 8080 to 8083, all of them in the state STATE. */
static struct audit *audit_waived(const char *from, enum port_state state, enum reason reason)
{
    struct policy *policy = policy_of(waived);
    struct plan *plan = plan_of(policy, from);
    struct audit *audit = audit_new();
    struct observation item = {.state = state, .reason = reason};
    assert_int_equal(portset_add(&item.ports, 8080, 8083), 0);
    struct host_observation host = {.items = &item, .count = 1};
    assert_int_equal(plan_begin(plan, audit), 0);
    assert_int_equal(plan_judge(plan, &host, audit), 0);
    assert_int_equal(plan_finish(plan, audit), 0);
    portset_free(&item.ports);
    plan_free(plan);
    policy_free(policy);
    return audit;
}

static void a_waiver_covers_what_is_broken(void **state)
{
    (void)state;
    struct audit *audit = audit_waived("internet", PORT_OPEN, REASON_SYN_ACK);
    const struct verdict *verdicts = audit->hosts[0].verdicts;
    assert_int_equal(audit->hosts[0].count, 3);
    assert_int_equal(verdicts[0].result, RESULT_WAIVED);
    assert_string_equal(verdicts[0].waiver, "held");
    assert_string_equal(verdicts[0].waiver_until, "2026-12-31");
    assert_false(verdicts[0].waiver_expired);
    assert_int_equal(verdicts[1].result, RESULT_BROKEN);
    assert_string_equal(verdicts[1].waiver, "gone");
    assert_string_equal(verdicts[1].waiver_owner, "ops");
    assert_true(verdicts[1].waiver_expired);
    assert_int_equal(verdicts[2].result, RESULT_BROKEN);
    assert_int_equal(portset_size(&verdicts[2].seen.ports), 2);
    assert_null(verdicts[2].waiver);
    assert_int_equal(audit->result, RESULT_BROKEN);
    assert_int_equal(audit->summary.waived, 1);
    audit_free(audit);
}

static void a_waiver_holds_from_its_vantage_only(void **state)
{
    (void)state;
    struct audit *audit = audit_waived("office", PORT_OPEN, REASON_SYN_ACK);
    assert_int_equal(audit->summary.waived, 2);
    audit_free(audit);
}

static void a_waiver_that_is_not_needed_is_a_warning(void **state)
{
    (void)state;
    struct audit *audit = audit_waived("office", PORT_DROPPED, REASON_NO_RESPONSE);
    assert_int_equal(audit->result, RESULT_MET);
    assert_int_equal(audit->summary.waived, 0);
    /* One has expired, one is for another host; the three for this one are not needed. */
    assert_int_equal(audit->warning_count, 5);
    assert_non_null(strstr(audit->warnings[0], "(ops) expired on 2026-06-14"));
    assert_non_null(
        strstr(audit->warnings[1], "on 203.0.113.11 is for no host of these files"));
    assert_non_null(strstr(audit->warnings[2], "8080 on 203.0.113.10 is no longer needed"));
    audit_free(audit);
}

static void what_is_unknown_is_not_waived_nor_called_not_needed(void **state)
{
    (void)state;
    struct audit *audit = audit_waived("office", PORT_UNKNOWN, REASON_HOST_SILENT);
    assert_int_equal(audit->result, RESULT_INCONCLUSIVE);
    assert_int_equal(audit->summary.waived, 0);
    assert_int_equal(audit->warning_count, 2);
    audit_free(audit);
}

/* How many warnings there are when a waiver covers a port that is met and one in STATE. */
static size_t warnings_beside(enum port_state state, enum reason reason)
{
    struct policy *policy = policy_of("hosts:\n  203.0.113.10: 8080-8081 filtered\n"
                                      "waivers:\n  - {hosts: 203.0.113.10, ports: 8080-8081, "
                                      "until: 2026-12-31, reason: held}\n");
    struct plan *plan = plan_of(policy, NULL);
    struct audit *audit = audit_new();
    struct observation items[] = {{.state = PORT_DROPPED, .reason = REASON_NO_RESPONSE},
                                  {.state = state, .reason = reason}};
    assert_int_equal(portset_add(&items[0].ports, 8080, 8080), 0);
    assert_int_equal(portset_add(&items[1].ports, 8081, 8081), 0);
    const struct host_observation host = {.items = items, .count = COUNT(items)};
    assert_int_equal(plan_begin(plan, audit), 0);
    assert_int_equal(plan_judge(plan, &host, audit), 0);
    assert_int_equal(plan_finish(plan, audit), 0);
    size_t count = audit->warning_count;
    portset_free(&items[0].ports);
    portset_free(&items[1].ports);
    audit_free(audit);
    plan_free(plan);
    policy_free(policy);
    return count;
}

static void a_waiver_is_needed_as_long_as_one_of_its_ports_is_not_met(void **state)
{
    (void)state;
    assert_int_equal(warnings_beside(PORT_DROPPED, REASON_NO_RESPONSE), 1);
    assert_int_equal(warnings_beside(PORT_OPEN, REASON_SYN_ACK), 0);
    assert_int_equal(warnings_beside(PORT_UNKNOWN, REASON_CONFLICT), 0);
}

static void the_audit_names_its_files_and_vantage(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    const char *path = TESTS_DIR "/files/good/include.yml";
    struct policy *policy = policy_read(&path, 1, NULL, 0, &complaints);
    struct plan *plan = plan_of(policy, "here");
    struct audit *audit = audit_new();
    assert_int_equal(plan_begin(plan, audit), 0);
    assert_string_equal(audit->vantage, "here");
    assert_int_equal(audit->file_count, 2);
    assert_string_equal(audit->files[0].path, path);
    assert_string_equal(audit->files[1].path, TESTS_DIR "/files/good/parts/office.yml");
    assert_int_equal(strlen(audit->files[1].sha256), 64);
    audit_free(audit);
    plan_free(plan);
    policy_free(policy);
}

static void several_files_are_one_policy(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    const char *paths[] = {TESTS_DIR "/files/good/smallest.yml",
                           TESTS_DIR "/files/good/overlapping-blocks.yml",
                           TESTS_DIR "/files/good/smallest.yml"};
    struct policy *policy = policy_read(paths, 3, NULL, 0, &complaints);
    assert_non_null(policy);
    struct plan *plan = plan_of(policy, NULL);
    assert_int_equal(plan->count, 5);
    plan_free(plan);
    policy_free(policy);
}

static void a_target_knows_the_key_of_its_responder(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    const char *paths[] = {TESTS_DIR "/files/good/responders.yml",
                           TESTS_DIR "/files/good/smallest.yml"};
    struct policy *policy = policy_read(paths, 2, NULL, 0, &complaints);
    assert_non_null(policy);
    struct plan *plan = plan_of(policy, "app");
    assert_int_equal(plan->count, 2);
    assert_string_equal(plan_responder_key(plan, 0), TESTS_DIR "/files/good/outside.key");
    assert_null(plan_responder_key(plan, 1));
    plan_free(plan);
    policy_free(policy);
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    const char *paths[] = {"/nonexistent/edge.yml", "/tmp", "/dev/zero"};
    assert_null(policy_read(paths, 3, NULL, 0, &complaints));
    assert_int_equal(complaints.errors, 3);
    assert_string_equal(complaints.items[0].text, "No such file or directory");
    assert_string_equal(complaints.items[1].text, "Is a directory");
    assert_string_equal(complaints.items[2].text, "larger than 1 MiB");
    complaints_free(&complaints);
}

static struct explain_ports ports_to_probe(const struct policy *policy, const char *host,
                                           const char *port)
{
    const struct explain_query query = {.host = host, .port = port, .today = today};
    struct explain_ports ports;
    struct complaints complaints = {0};
    assert_int_equal(policy_explain_ports(policy, &query, &ports, &complaints), 0);
    complaints_free(&complaints);
    return ports;
}

static void a_port_of_a_responder_is_probed_beside_some_that_are_to_be_open(void **state)
{
    (void)state;
    struct policy *policy = policy_of("responders:\n"
                                      "  198.51.100.7: {key: outside.key}\n"
                                      "hosts:\n"
                                      "  198.51.100.7: tcp 22,80 open; tcp 443 open or dropped;"
                                      " udp 53 open; others filtered; 5000-6000 open\n"
                                      "  203.0.113.10: 22 open; others filtered\n");
    struct explain_ports ports = ports_to_probe(policy, "198.51.100.7", "9/udp");
    assert_int_equal(portset_size(&ports.asked[PROTO_TCP]), 0);
    assert_int_equal(portset_nth(&ports.asked[PROTO_UDP], 0), 9);
    char *beside = portset_format(&ports.beside);
    assert_string_equal(beside, "22,80,5000-5001");
    free(beside);
    policy_explain_free_ports(&ports);

    ports = ports_to_probe(policy, "203.0.113.10", "9");
    assert_int_equal(portset_nth(&ports.asked[PROTO_TCP], 0), 9);
    assert_int_equal(portset_size(&ports.beside), 0);
    policy_explain_free_ports(&ports);
    policy_free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_of_a_responder_is_probed_beside_some_that_are_to_be_open),
        cmocka_unit_test(a_variable_of_the_command_line_defines),
        cmocka_unit_test(a_variable_of_the_command_line_overrides),
        cmocka_unit_test(a_variable_that_no_file_uses_is_an_error),
        cmocka_unit_test(an_error_in_a_variable_of_the_command_line_shows_where_it_is_used),
        cmocka_unit_test(settings_are_text_that_was_checked),
        cmocka_unit_test(settings_of_the_including_file_hold),
        cmocka_unit_test(hostile_files_are_refused),
        cmocka_unit_test(a_thousand_hosts_of_twenty_rules_are_read_soon),
        cmocka_unit_test(a_waiver_covers_what_is_broken),
        cmocka_unit_test(a_waiver_holds_from_its_vantage_only),
        cmocka_unit_test(a_waiver_that_is_not_needed_is_a_warning),
        cmocka_unit_test(a_waiver_is_needed_as_long_as_one_of_its_ports_is_not_met),
        cmocka_unit_test(what_is_unknown_is_not_waived_nor_called_not_needed),
        cmocka_unit_test(the_audit_names_its_files_and_vantage),
        cmocka_unit_test(several_files_are_one_policy),
        cmocka_unit_test(a_target_knows_the_key_of_its_responder),
        cmocka_unit_test(a_file_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
