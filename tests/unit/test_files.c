/* Expectation files, good and bad. Each tests/files/bad/NAME.yml has beside it what is
 * said about it; each tests/files/good/NAME.yml what it means, from each vantage that its
 * first line names ("# from: internet operator"). */
#include "expect/expect.h"

#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* 2026-06-15, noon. */
static const struct timespec today = {.tv_sec = 1781524800};

static int resolve_nothing(void *context, const char *name, struct addr **addresses,
                           struct error *error)
{
    (void)context;
    *addresses = NULL;
    return error_set(error, -ENOENT, "%s is not resolved here", name);
}

static char *read_file(const char *path)
{
    char *text = NULL;
    size_t capacity = 0;
    FILE *file = fopen(path, "r");
    if (!file)
        return strdup("");
    if (getdelim(&text, &capacity, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    fclose(file);
    return text;
}

static void put_complaints(FILE *out, const struct complaints *complaints)
{
    for (size_t i = 0; i < complaints->count; i++) {
        char *text = complaint_format(&complaints->items[i]);
        fputs(text, out);
        free(text);
    }
}

/* Compares with NAME.expected; with UPDATE_EXPECTED in the environment, writes it. */
static void compare_expected(const char *path, const char *got)
{
    char expected_path[256];
    snprintf(expected_path, sizeof expected_path, "%.*s.expected", (int)strlen(path) - 4, path);
    if (getenv("UPDATE_EXPECTED")) {
        FILE *file = fopen(expected_path, "w");
        assert_non_null(file);
        fputs(got, file);
        fclose(file);
    }
    char *expected = read_file(expected_path);
    if (strcmp(got, expected) != 0)
        print_message("%s: got\n%s", path, got);
    assert_string_equal(got, expected);
    free(expected);
}

static char *describe_bad(const char *path)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    struct complaints complaints = {0};
    struct policy *policy = policy_read(&path, 1, NULL, 0, &complaints);
    if (policy || complaints.errors == 0)
        print_message("%s was read without an error\n", path);
    assert_null(policy);
    assert_int_not_equal(complaints.errors, 0);
    put_complaints(out, &complaints);
    complaints_free(&complaints);
    fclose(out);
    return text;
}

static void put_audit(FILE *out, const struct audit *audit)
{
    for (size_t i = 0; i < audit->host_count; i++) {
        const struct host_verdicts *host = &audit->hosts[i];
        fprintf(out, "  %s%s%s\n", host->name, host->group ? " of " : "",
                host->group ? host->group : "");
        for (size_t j = 0; j < host->count; j++) {
            const struct verdict *verdict = &host->verdicts[j];
            char *ports = portset_format(&verdict->seen.ports);
            fprintf(out, "    %s %s: %s (%s, %s)%s%s\n", proto_name(verdict->seen.proto), ports,
                    verdict->expected, verdict->rule_text, verdict->rule,
                    verdict->note ? " " : "", verdict->note ? verdict->note : "");
            free(ports);
        }
    }
    for (size_t i = 0; i < audit->warning_count; i++)
        fprintf(out, "  warning: %s\n", audit->warnings[i]);
}

/* What the policy means from one vantage. */
static void put_plan(FILE *out, const struct policy *policy, const char *from)
{
    struct complaints complaints = {0};
    struct plan_options options = {.from = from,
                                   .max_hosts = 65536,
                                   .shard = 1,
                                   .shards = 1,
                                   .today = today,
                                   .resolve = resolve_nothing};
    fprintf(out, "from %s\n", from ? from : "everywhere");
    struct plan *plan = plan_new(policy, &options, &complaints);
    put_complaints(out, &complaints);
    complaints_free(&complaints);
    if (!plan)
        return;
    struct audit *audit = audit_new();
    assert_int_equal(plan_begin(plan, audit), 0);
    assert_int_equal(plan_finish(plan, audit), 0);
    put_audit(out, audit);
    audit_free(audit);
    plan_free(plan);
}

static void put_plans(FILE *out, const struct policy *policy, const char *path)
{
    static const char mark[] = "# from: ";
    char *file = read_file(path);
    char *line = strncmp(file, mark, sizeof mark - 1) == 0 ? strtok(file, "\n") : NULL;
    if (!line) {
        put_plan(out, policy, NULL);
    } else {
        for (char *from = strtok(line + sizeof mark - 1, " "); from; from = strtok(NULL, " "))
            put_plan(out, policy, from);
    }
    free(file);
}

static char *describe_good(const char *path)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    struct complaints complaints = {0};
    struct udp_library library = {0};
    struct udp_probe syslog = {.name = strdup("syslog"), .never_answers = true};
    assert_int_equal(portset_add(&syslog.ports, 514, 514), 0);
    assert_int_equal(udp_library_add(&library, &syslog), 0);
    struct policy *policy = policy_read(&path, 1, NULL, 0, &complaints);
    if (policy)
        policy_lint(policy, &library, today, &complaints);
    put_complaints(out, &complaints);
    assert_int_equal(complaints.errors, 0);
    complaints_free(&complaints);
    put_plans(out, policy, path);
    policy_free(policy);
    udp_library_free(&library);
    fclose(out);
    return text;
}

static void check_folder(const char *folder, size_t least, char *(*describe)(const char *path))
{
    glob_t found;
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(glob("*.yml", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= least);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *text = describe(found.gl_pathv[i]);
        compare_expected(found.gl_pathv[i], text);
        free(text);
    }
    globfree(&found);
}

static void of_a_bad_file_every_error_is_shown_with_its_place(void **state)
{
    (void)state;
    check_folder(TESTS_DIR "/files/bad", 150, describe_bad);
}

static void a_good_file_means_what_it_says(void **state)
{
    (void)state;
    check_folder(TESTS_DIR "/files/good", 30, describe_good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_bad_file_every_error_is_shown_with_its_place),
        cmocka_unit_test(a_good_file_means_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
