#include "scanner/connect/handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static void signs_are_read_by_the_table(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct handshake_signs signs;
        enum handshake expected;
    } rows[] = {
        {"no answer", {.connected = false}, HANDSHAKE_NONE},
        {"refused", {.refused = true}, HANDSHAKE_REFUSED},
        {"no room", {.connected = true}, HANDSHAKE_HELD},
        {"a tarpit's little room", {.connected = true, .window = 10}, HANDSHAKE_HELD},
        {"one octet too few", {.connected = true, .window = 63}, HANDSHAKE_HELD},
        {"just enough", {.connected = true, .window = 64}, HANDSHAKE_OPENED},
        {"reset without room", {.connected = true, .reset = true}, HANDSHAKE_ENDED},
        {"closed without room", {.connected = true, .finished = true}, HANDSHAKE_ENDED},
        {"room", {.connected = true, .window = 65535}, HANDSHAKE_OPENED},
        {"room, then closed",
         {.connected = true, .window = 65535, .finished = true},
         HANDSHAKE_OPENED},
        {"room, then reset",
         {.connected = true, .window = 65535, .reset = true},
         HANDSHAKE_CUT},
        {"data", {.connected = true, .window = 65535, .spoke = true}, HANDSHAKE_SPOKE},
        {"data from a kernel that shows no window",
         {.connected = true, .spoke = true},
         HANDSHAKE_SPOKE},
        {"data, then reset",
         {.connected = true, .spoke = true, .window = 65535, .reset = true},
         HANDSHAKE_SPOKE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (handshake_read(&rows[i].signs) != rows[i].expected)
            fail_msg("%s: %d", rows[i].name, (int)handshake_read(&rows[i].signs));
    }
}

/* The table of docs/origin.md: rows as a random port went, columns as the port itself did. */
static void a_service_is_shown_by_the_table(void **state)
{
    (void)state;
    enum { N = HANDSHAKE_NONE, R, H, E, C, O, S };
    static const bool open[HANDSHAKE_COUNT][HANDSHAKE_COUNT] = {
        /*       none refused held ended cut opened spoke */
        [N] = {false, false, false, false, false, false, false},
        [R] = {false, false, false, false, false, false, false},
        [H] = {false, false, false, false, false, true, true},
        [E] = {false, false, false, false, false, true, true},
        [C] = {false, false, false, false, false, false, true},
        [O] = {false, false, false, false, false, false, true},
        [S] = {false, false, false, false, false, false, false},
    };
    for (unsigned random = 0; random < HANDSHAKE_COUNT; random++) {
        for (unsigned port = 0; port < HANDSHAKE_COUNT; port++) {
            enum handshake seen = (enum handshake)random;
            if (handshake_shows_service((enum handshake)port, &seen, 1) != open[random][port])
                fail_msg("port %u, random %u", port, random);
        }
    }
}

static void every_random_port_must_fall_behind(void **state)
{
    (void)state;
    const enum handshake behind[] = {HANDSHAKE_HELD, HANDSHAKE_ENDED, HANDSHAKE_HELD};
    const enum handshake one_opened[] = {HANDSHAKE_HELD, HANDSHAKE_ENDED, HANDSHAKE_OPENED};
    const enum handshake one_missing[] = {HANDSHAKE_HELD, HANDSHAKE_NONE, HANDSHAKE_HELD};
    assert_true(handshake_shows_service(HANDSHAKE_OPENED, behind, 3));
    assert_false(handshake_shows_service(HANDSHAKE_OPENED, one_opened, 3));
    assert_true(handshake_shows_service(HANDSHAKE_SPOKE, one_opened, 3));
    assert_false(handshake_shows_service(HANDSHAKE_OPENED, one_missing, 3));
    assert_false(handshake_shows_service(HANDSHAKE_SPOKE, one_missing, 3));
}

static void nothing_is_shown_without_random_ports(void **state)
{
    (void)state;
    for (unsigned port = 0; port < HANDSHAKE_COUNT; port++)
        assert_false(handshake_shows_service((enum handshake)port, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_are_read_by_the_table),
        cmocka_unit_test(a_service_is_shown_by_the_table),
        cmocka_unit_test(every_random_port_must_fall_behind),
        cmocka_unit_test(nothing_is_shown_without_random_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
