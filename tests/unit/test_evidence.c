#include "scanner/evidence.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILE_HEADER = 24, RECORD_HEADER = 16 };

static const uint8_t ipv4[24] = {0x45, 0x0c, 0, 44};
static const uint8_t ipv6[40] = {0x60, 0xc0, 0, 0, 0, 20};

struct record {
    uint32_t seconds, nanoseconds, captured, length;
};

/* What was written to a new file by two packets a second and a half apart. */
static size_t write_two(uint8_t *bytes, size_t room)
{
    char path[] = "/tmp/portvet-evidence-XXXXXX";
    struct error error;
    close(mkstemp(path));
    struct evidence *evidence = evidence_open(path, &error);
    assert_non_null(evidence);
    evidence_add(evidence, 1000, ipv4, sizeof ipv4);
    evidence_add(evidence, 1000 + NSEC_PER_SEC * 3 / 2, ipv6, sizeof ipv6);
    assert_int_equal(evidence_close(evidence, &error), 0);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, room, file);
    fclose(file);
    unlink(path);
    return length;
}

static struct record record_at(const uint8_t *bytes)
{
    struct record record;
    memcpy(&record, bytes, sizeof record);
    return record;
}

static void file_is_a_pcap_of_raw_ip(void **state)
{
    (void)state;
    uint8_t bytes[256];
    uint32_t magic, linktype;
    assert_int_equal(write_two(bytes, sizeof bytes),
                     FILE_HEADER + 2 * RECORD_HEADER + sizeof ipv4 + sizeof ipv6);
    memcpy(&magic, bytes, sizeof magic);
    memcpy(&linktype, bytes + 20, sizeof linktype);
    assert_int_equal(magic, 0xa1b23c4d);
    assert_int_equal(linktype, 101);
}

static void packets_keep_their_bytes_and_their_whole_length(void **state)
{
    (void)state;
    uint8_t bytes[256];
    (void)write_two(bytes, sizeof bytes);
    const uint8_t *first = bytes + FILE_HEADER;
    const uint8_t *second = first + RECORD_HEADER + sizeof ipv4;
    assert_int_equal(record_at(first).captured, sizeof ipv4);
    assert_int_equal(record_at(first).length, 44);
    assert_int_equal(record_at(second).captured, sizeof ipv6);
    assert_int_equal(record_at(second).length, 60);
    assert_memory_equal(first + RECORD_HEADER, ipv4, sizeof ipv4);
    assert_memory_equal(second + RECORD_HEADER, ipv6, sizeof ipv6);
}

static void times_are_of_the_wall_clock(void **state)
{
    (void)state;
    uint8_t bytes[256];
    time_t before = time(NULL);
    (void)write_two(bytes, sizeof bytes);
    struct record first = record_at(bytes + FILE_HEADER);
    struct record second = record_at(bytes + FILE_HEADER + RECORD_HEADER + sizeof ipv4);
    assert_in_range(first.seconds, before, before + 5);
    int64_t between = ((int64_t)second.seconds - first.seconds) * NSEC_PER_SEC +
                      second.nanoseconds - first.nanoseconds;
    assert_int_equal(between, NSEC_PER_SEC * 3 / 2);
}

static void file_that_cannot_be_created_is_told_by_its_name(void **state)
{
    (void)state;
    struct error error = {""};
    assert_null(evidence_open("/nonexistent/evidence.pcap", &error));
    assert_non_null(strstr(error.text, "/nonexistent/evidence.pcap"));
}

static void full_disk_is_told_at_the_end(void **state)
{
    (void)state;
    struct error error = {""};
    struct evidence *evidence = evidence_open("/dev/full", &error);
    if (!evidence)
        skip();
    evidence_add(evidence, 0, ipv4, sizeof ipv4);
    assert_int_equal(evidence_close(evidence, &error), -ENOSPC);
    assert_non_null(strstr(error.text, "/dev/full"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_is_a_pcap_of_raw_ip),
        cmocka_unit_test(packets_keep_their_bytes_and_their_whole_length),
        cmocka_unit_test(times_are_of_the_wall_clock),
        cmocka_unit_test(file_that_cannot_be_created_is_told_by_its_name),
        cmocka_unit_test(full_disk_is_told_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
