#include "probes/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A link header, up to the byte where the IP packet "E…" or "`…" begins. */
struct row {
    int linktype;
    const char *bytes;
    size_t length;
};
#define ROW(linktype, bytes)              \
    {                                     \
        linktype, bytes, sizeof bytes - 1 \
    }
#define MACS "\1\2\3\4\5\6\1\2\3\4\5\7"

static const struct row rows[] = {
    ROW(1, MACS "\x08\x00"),
    ROW(1, MACS "\x86\xdd"),
    ROW(1, MACS "\x81\x00\x00\x05\x08\x00"),
    ROW(1, MACS "\x88\xa8\x00\x05\x81\x00\x00\x06\x86\xdd"),
    ROW(12, ""),
    ROW(228, ""),
    ROW(229, ""),
    ROW(113, "\0\0\0\1\0\6\1\2\3\4\5\6\0\0\x08\x00"),
    ROW(276, "\x86\xdd\0\0\0\0\0\2\0\1\0\6\1\2\3\4\5\6\0\0"),
    ROW(0, "\2\0\0\0"),
    ROW(108, "\0\0\0\2"),
};

static void every_link_header_is_skipped(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t frame[64] = {0};
        memcpy(frame, rows[i].bytes, rows[i].length);
        const uint8_t *bytes = frame;
        size_t length = rows[i].length + 20;
        assert_int_equal(packet_skip_link(rows[i].linktype, &bytes, &length), PACKET_OK);
        assert_ptr_equal(bytes, frame + rows[i].length);
        assert_int_equal(length, 20);
    }
}

static void every_truncated_link_header_is_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t cut = 0; cut < rows[i].length; cut++) {
            uint8_t *frame = malloc(cut ? cut : 1);
            assert_non_null(frame);
            memcpy(frame, rows[i].bytes, cut);
            const uint8_t *bytes = frame;
            size_t length = cut;
            assert_int_equal(packet_skip_link(rows[i].linktype, &bytes, &length),
                             PACKET_TRUNCATED);
            free(frame);
        }
    }
}

static void other_protocols_and_link_types_are_foreign(void **state)
{
    (void)state;
    static const struct row foreign[] = {
        ROW(1, MACS "\x08\x06"),
        ROW(1, MACS "\x81\x00\x00\x05\x81\x00\x00\x05\x81\x00\x00\x05\x81\x00\x00\x05"
                    "\x81\x00\x00\x05\x08\x00"),
        ROW(113, "\0\0\0\1\0\6\1\2\3\4\5\6\0\0\x08\x06"),
        ROW(105, "E"),
    };
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        const uint8_t *bytes = (const uint8_t *)foreign[i].bytes;
        size_t length = foreign[i].length;
        assert_int_equal(packet_skip_link(foreign[i].linktype, &bytes, &length),
                         PACKET_FOREIGN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_header_is_skipped),
        cmocka_unit_test(every_truncated_link_header_is_noticed),
        cmocka_unit_test(other_protocols_and_link_types_are_foreign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
