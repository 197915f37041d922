#include "scanner/commands/commands.h"
#include "scanner/commands/outputs.h"
#include "scanner/commands/settings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS_MOST = 8 };

/* Parses the words of LINE, which are separated by single blanks. */
static int parse(struct options *options, enum command_set command, const char *line,
                 struct error *error)
{
    static char text[256];
    char *words[WORDS_MOST], *rest;
    size_t count = 0;
    snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    return options_parse(options, command, words, count, error);
}

/* The policy of a file with SETTINGS, lines that are indented by two. */
static struct policy *policy_with(const char *settings)
{
    char path[] = "/tmp/portvet-options-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(dprintf(fd, "hosts:\n  192.0.2.1: 80 open\nsettings:\n%s", settings) > 0);
    close(fd);
    const char *const paths[] = {path};
    struct complaints complaints = {0};
    struct policy *policy = policy_read(paths, 1, NULL, 0, &complaints);
    complaints_free(&complaints);
    unlink(path);
    return policy;
}

static void apply(struct options *options, const char *line, struct policy *policy)
{
    struct error error;
    assert_non_null(policy);
    assert_int_equal(parse(options, FOR_CHECK, line, &error), 0);
    assert_int_equal(settings_apply(options, policy, &error), 0);
}

static void settings_hold_where_the_command_line_is_silent(void **state)
{
    (void)state;
    struct options options;
    struct policy *policy =
        policy_with("  max-rate: 500\n  miss: 1e-3\n  max-tries: 7\n  deadline: 2m\n"
                    "  until: 500ms\n  fail-on: never\n  max-hosts: 9\n  interface: eth7\n"
                    "  source: 192.0.2.9\n  source-port: 4000\n");
    apply(&options, "file.yml", policy);
    assert_true(options.max_rate == 500);
    assert_true(options.miss == 1e-3);
    assert_int_equal(options.max_tries, 7);
    assert_int_equal(options.deadline, 120 * NSEC_PER_SEC);
    assert_int_equal(options.until, 500 * NSEC_PER_MSEC);
    assert_true(options.never_fail);
    assert_int_equal(options.max_hosts, 9);
    assert_string_equal(options.interface, "eth7");
    assert_int_equal(options.source.family, ADDR_IPV4);
    assert_int_equal(options.source_port, 4000);
    options_free(&options);
    policy_free(policy);
}

static void the_command_line_goes_before_a_setting(void **state)
{
    (void)state;
    struct options options;
    struct policy *policy = policy_with("  max-rate: 500\n  fail-on: never\n  max-tries: 7\n");
    apply(&options, "file.yml --max-rate 20000 --fail-on inconclusive", policy);
    assert_true(options.max_rate == 20000);
    assert_false(options.never_fail);
    assert_int_equal(options.max_tries, 7);
    options_free(&options);
    policy_free(policy);
}

static void without_settings_the_defaults_hold(void **state)
{
    (void)state;
    struct options options;
    struct policy *policy = policy_with("  max-tries: 7\n");
    apply(&options, "file.yml", policy);
    assert_true(options.max_rate == 20000);
    assert_true(options.miss == 1e-6);
    assert_int_equal(options.until, 0);
    options_free(&options);
    policy_free(policy);
}

static void what_a_file_accepts_the_options_accept(void **state)
{
    (void)state;
    static const char *const ends[] = {
        "  max-rate: 0\n",        "  max-rate: 100000000\n", "  miss: 1e-15\n",
        "  miss: 0.5\n",          "  max-tries: 1\n",        "  max-tries: 250\n",
        "  max-hosts: 1\n",       "  max-hosts: 16777216\n", "  source-port: 1\n",
        "  source-port: 65535\n", "  until: 1ms\n",          "  deadline: 999999h\n",
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct options options;
        struct policy *policy = policy_with(ends[i]);
        apply(&options, "file.yml", policy);
        options_free(&options);
        policy_free(policy);
    }
}

static void what_the_options_refuse_a_file_refuses(void **state)
{
    (void)state;
    static const char *const beyond[] = {
        "  max-rate: 100000001\n", "  miss: 1e-16\n",        "  miss: 0.6\n",
        "  max-tries: 0\n",        "  max-tries: 251\n",     "  max-hosts: 0\n",
        "  max-hosts: 16777217\n", "  source-port: 0\n",     "  source-port: 65536\n",
        "  until: 0s\n",           "  deadline: 1000000h\n", "  fail-on: always\n",
    };
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++)
        assert_null(policy_with(beyond[i]));
}

static void a_misspelt_option_draws_the_one_that_was_meant(void **state)
{
    (void)state;
    struct options options;
    struct error error;
    assert_int_equal(parse(&options, FOR_CHECK, "--unitl 10s file.yml", &error), -EINVAL);
    assert_non_null(strstr(error.text, "did you mean 'until'?"));
    options_free(&options);
    assert_int_equal(parse(&options, FOR_CHECK, "--zzzzzzzz file.yml", &error), -EINVAL);
    assert_null(strstr(error.text, "did you mean"));
    options_free(&options);
}

static void an_option_of_another_command_is_refused(void **state)
{
    (void)state;
    struct options options;
    struct error error;
    assert_int_equal(parse(&options, FOR_SCAN, "--until 10s 192.0.2.1", &error), -EINVAL);
    options_free(&options);
    assert_int_equal(parse(&options, FOR_CHECK, "--until 10s file.yml", &error), 0);
    options_free(&options);
}

static enum exit_code code_with(const char *line, const struct audit *audit)
{
    struct options options;
    struct outputs outputs;
    struct error error;
    assert_int_equal(parse(&options, FOR_CHECK, line, &error), 0);
    assert_int_equal(outputs_open(&outputs, &options, &error), 0);
    enum exit_code code =
        outputs_exit_code(&outputs, audit, exit_code_of_result(audit->result));
    outputs_close(&outputs);
    options_free(&options);
    return code;
}

static void nagios_on_standard_output_has_exit_codes_of_its_own(void **state)
{
    (void)state;
    char *warnings[] = {(char *)(uintptr_t) "a waiver expires"};
    const struct {
        struct audit audit;
        int usual, nagios;
    } cases[] = {
        {{.result = RESULT_MET}, EXIT_MET, 0},
        {{.result = RESULT_MET, .warnings = warnings, .warning_count = 1}, EXIT_MET, 1},
        {{.result = RESULT_BROKEN}, EXIT_BROKEN, 2},
        {{.result = RESULT_INCONCLUSIVE}, EXIT_INCONCLUSIVE, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(code_with("-o nagios", &cases[i].audit), cases[i].nagios);
        assert_int_equal(code_with("-o json", &cases[i].audit), cases[i].usual);
        assert_int_equal(code_with("-o nagios=/tmp/portvet-nagios.txt", &cases[i].audit),
                         cases[i].usual);
    }
}

static void a_command_is_found_by_its_whole_name_only(void **state)
{
    (void)state;
    assert_non_null(command_find("check"));
    assert_null(command_find("chec"));
    assert_null(command_find("checks"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_hold_where_the_command_line_is_silent),
        cmocka_unit_test(the_command_line_goes_before_a_setting),
        cmocka_unit_test(without_settings_the_defaults_hold),
        cmocka_unit_test(what_a_file_accepts_the_options_accept),
        cmocka_unit_test(what_the_options_refuse_a_file_refuses),
        cmocka_unit_test(a_misspelt_option_draws_the_one_that_was_meant),
        cmocka_unit_test(an_option_of_another_command_is_refused),
        cmocka_unit_test(nagios_on_standard_output_has_exit_codes_of_its_own),
        cmocka_unit_test(a_command_is_found_by_its_whole_name_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
