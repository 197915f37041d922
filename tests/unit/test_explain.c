/* Which rule decides about a port. */
#include "expect/explain.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct policy *policy;

static int read_example(void **state)
{
    (void)state;
    struct complaints complaints = {0};
    const char *path = "grown-up.yml";
    if (chdir(TESTS_DIR "/files/good") != 0)
        return -1;
    policy = policy_read(&path, 1, NULL, 0, &complaints);
    complaints_free(&complaints);
    return policy ? 0 : -1;
}

static int free_example(void **state)
{
    (void)state;
    policy_free(policy);
    return 0;
}

static int explain(const char *host, const char *port, const char *from, char **text,
                   struct complaints *complaints)
{
    struct explain_query query = {host, port, from, {.tv_sec = 1781524800}};
    size_t length = 0;
    FILE *out = open_memstream(text, &length);
    int status = policy_explain(policy, &query, out, complaints);
    fclose(out);
    return status;
}

static void assert_explains(const char *host, const char *port, const char *from,
                            const char *expected)
{
    struct complaints complaints = {0};
    char *text = NULL;
    assert_int_equal(explain(host, port, from, &text, &complaints), 0);
    assert_int_equal(complaints.count, 0);
    assert_string_equal(text, expected);
    free(text);
}

static void the_rule_in_force_is_shown_with_what_it_goes_before(void **state)
{
    (void)state;
    assert_explains("NODE2.example.com", "8080", "internet",
                    "NODE2.example.com 8080/tcp from internet: filtered\n"
                    "  accepts rejected, dropped\n"
                    "  by the rule grown-up.yml:16:30: 8080,8443,4646-4648 filtered\n"
                    "  of the group nodes\n"
                    "  before grown-up.yml:16:79: others filtered\n"
                    "  waived until 2026-12-31: old CLI still in use, OPS-1432\n");
}

static void others_is_a_rule_like_any(void **state)
{
    (void)state;
    assert_explains("10.20.0.3", "7", "internet",
                    "10.20.0.3 7/tcp from internet: filtered\n"
                    "  accepts rejected, dropped\n"
                    "  by the rule grown-up.yml:16:79: others filtered\n"
                    "  of the group nodes\n");
}

static void notes_and_protocols_are_shown(void **state)
{
    (void)state;
    assert_explains("2001:db8::3", "4648/tcp+udp", "node",
                    "2001:db8::3 4648/tcp from node: open\n"
                    "  accepts open\n"
                    "  by the rule grown-up.yml:19:11: 80,443,4646-4648 open\n"
                    "  of the group nodes\n"
                    "2001:db8::3 4648/udp from node: open or silent\n"
                    "  accepts open, silent\n"
                    "  by the rule grown-up.yml:20:18: 4648/udp open or silent\n"
                    "  of the group nodes\n"
                    "  note: gossip is encrypted, so it may not answer\n");
}

static void without_a_vantage_all_are_explained(void **state)
{
    (void)state;
    assert_explains("node1.example.com", "https", NULL,
                    "node1.example.com 443/tcp from internet: open\n"
                    "  accepts open\n"
                    "  by the rule grown-up.yml:16:17: 80,443 open\n"
                    "  of the group nodes\n"
                    "  before grown-up.yml:16:79: others filtered\n"
                    "node1.example.com 443/tcp from operator: open\n"
                    "  accepts open\n"
                    "  by the rule grown-up.yml:17:17: 80,443,8080,8443 open\n"
                    "  of the group nodes\n"
                    "node1.example.com 443/tcp from node: open\n"
                    "  accepts open\n"
                    "  by the rule grown-up.yml:19:11: 80,443,4646-4648 open\n"
                    "  of the group nodes\n");
}

static void a_port_without_a_rule_is_said_to_have_none(void **state)
{
    (void)state;
    assert_explains("node1.example.com", "7", "node",
                    "node1.example.com 7/tcp from node: nothing is expected, it is not "
                    "probed\n");
}

static void what_cannot_be_explained_is_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *host, *port, *from, *complaint;
    } rows[] = {
        {"10.20.0.0/28", "80", "node", "'10.20.0.0/28' is more than one host"},
        {"10.21.0.1", "80", "node", "nothing is expected of 10.21.0.1"},
        {"node3.example.com", "80", "node", "nothing is expected of node3.example.com"},
        {"10.20.0.1", "80,81", "node", "one port is explained at a time"},
        {"10.20.0.1", "others", "node", "one port is explained at a time"},
        {"10.20.0.1", "80 open", "node", "',' or the end of the ports expected, not 'open'"},
        {"10.20.0.1", "80", "nod", "--from nod: no such vantage; did you mean 'node'?"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct complaints complaints = {0};
        char *text = NULL;
        assert_int_equal(explain(rows[i].host, rows[i].port, rows[i].from, &text, &complaints),
                         -EINVAL);
        assert_string_equal(complaints.items[0].text, rows[i].complaint);
        complaints_free(&complaints);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rule_in_force_is_shown_with_what_it_goes_before),
        cmocka_unit_test(others_is_a_rule_like_any),
        cmocka_unit_test(notes_and_protocols_are_shown),
        cmocka_unit_test(without_a_vantage_all_are_explained),
        cmocka_unit_test(a_port_without_a_rule_is_said_to_have_none),
        cmocka_unit_test(what_cannot_be_explained_is_an_error),
    };
    return cmocka_run_group_tests(tests, read_example, free_example);
}
