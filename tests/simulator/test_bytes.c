/* Every kind of packet, judged by another program: a pcap of a run in which all that the
 * simulator can say is said, read by tshark with all checksums verified. */
#include "tests/simulator/codec.h"
#include "tests/simulator/hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct sim_router routers[] = {
    {.address = {.family = ADDR_IPV4, .bytes = {198, 51, 100, 1}}, .hops = 2},
    {.address = {.family = ADDR_IPV6, .bytes = {0x20, 1, 0xd, 0xb8, 1, [15] = 1}}, .hops = 2},
};

static const struct sim_row rows_v4[] = {
    {PROTO_TCP, 80, 80, {.behaviour = SIM_OPEN}},
    {PROTO_TCP, 82, 82, {.behaviour = SIM_REJECT_RESET}},
    {PROTO_TCP, 83, 83, {.behaviour = SIM_REJECT_ICMP, .icmp_type = 3, .icmp_code = 13}},
    {PROTO_UDP, 80, 80, {.behaviour = SIM_OPEN}},
    {PROTO_UDP,
     83,
     83,
     {.behaviour = SIM_REJECT_ICMP, .icmp_type = 3, .icmp_code = 10, .router = 1}},
};

static const struct sim_row rows_v6[] = {
    {PROTO_TCP, 80, 80, {.behaviour = SIM_OPEN}},
    {PROTO_TCP, 82, 82, {.behaviour = SIM_REJECT_RESET}},
    {PROTO_TCP, 83, 83, {.behaviour = SIM_REJECT_ICMP, .icmp_type = 1, .icmp_code = 1}},
    {PROTO_UDP, 80, 80, {.behaviour = SIM_OPEN}},
    {PROTO_UDP,
     83,
     83,
     {.behaviour = SIM_REJECT_ICMP, .icmp_type = 1, .icmp_code = 5, .router = 2}},
};

static const struct sim_host hosts[] = {
    {.first = {.family = ADDR_IPV4, .bytes = {203, 0, 113, 10}},
     .count = 1,
     .rows = rows_v4,
     .row_count = 5,
     .hops = 3},
    {.first = {.family = ADDR_IPV6, .bytes = {0x20, 1, 0xd, 0xb8, [15] = 0x10}},
     .count = 1,
     .rows = rows_v6,
     .row_count = 5,
     .hops = 3},
};

static void probe_everything(struct hand *hand)
{
    static const char *const targets[] = {"203.0.113.10", "2001:db8::10"};
    static const char *const payloads[] = {"", "odd", "even"};
    static const uint8_t protocols[] = {SIM_TCP, SIM_UDP, SIM_ICMP};
    for (unsigned i = 0; i < 2 * 3 * 3 * 4 * 2; i++) {
        struct hand_probe probe = {
            .target = targets[i % 2],
            .protocol = protocols[i / 2 % 3],
            .payload = payloads[i / 6 % 3],
            .port = (uint16_t)(80 + i / 18 % 4),
            .source_port = (uint16_t)(61000 + i),
            .sequence = i * 77777777,
            .md5 = i / 72 == 1,
        };
        assert_int_equal(hand_send(hand, &probe), 0);
        hand_wait(hand, 2 * NSEC_PER_SEC);
    }
}

/* How many frames of FILE pass FILTER; -1: tshark is not there. */
static int count_frames(const char *file, const char *filter)
{
    char command[1024], line[256];
    snprintf(command, sizeof(command),
             "tshark -r %s --disable-all-protocols --enable-protocol ip "
             "--enable-protocol ipv6 --enable-protocol tcp --enable-protocol udp "
             "--enable-protocol icmp --enable-protocol icmpv6 -o ip.check_checksum:TRUE -o "
             "tcp.check_checksum:TRUE "
             "-o udp.check_checksum:TRUE -Y '%s' 2>/dev/null",
             file, filter);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    int count = 0;
    while (fgets(line, sizeof(line), pipe) != NULL)
        count++;
    return pclose(pipe) == 0 ? count : -1;
}

static void run_with_pcap(const char *path)
{
    struct sim_config config = {
        .seed = 7,
        .hosts = hosts,
        .host_count = 2,
        .routers = routers,
        .router_count = 2,
        .forger = {.rate = 20},
        .pcap_path = path,
    };
    struct hand hand;
    hand_open(&hand, &config);
    probe_everything(&hand);
    hand_close(&hand);
}

static void tshark_finds_every_packet_whole_and_every_checksum_right(void **state)
{
    (void)state;
    char path[] = "/tmp/portvet-simulator-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    run_with_pcap(path);
    int good = count_frames(path, "ip.checksum.status == 1 or ipv6");
    int transport = count_frames(path, "tcp.checksum.status == 1 or udp.checksum.status == 1 "
                                       "or icmp.checksum.status == 1 "
                                       "or icmpv6.checksum.status == 1");
    int all = count_frames(path, "frame");
    int bad = count_frames(path, "_ws.malformed or ip.checksum.status == 0 "
                                 "or tcp.checksum.status == 0 or udp.checksum.status == 0 "
                                 "or icmp.checksum.status == 0 "
                                 "or icmpv6.checksum.status == 0");
    unlink(path);
    if (all < 0)
        skip();
    assert_in_range(all, 1000, 100000);
    assert_int_equal(good, all);
    assert_int_equal(transport, all);
    assert_int_equal(bad, 0);
}

static void unfinished_checksum_is_the_sum_of_the_pseudo_header(void **state)
{
    (void)state;
    struct sim_config config = {
        .seed = 7, .hosts = hosts, .host_count = 2, .unfinished_checksums = true};
    config.routers = routers;
    config.router_count = 2;
    struct hand hand;
    hand_open(&hand, &config);
    struct hand_probe probe = {
        .target = "203.0.113.10", .protocol = SIM_TCP, .port = 80, .source_port = 61000};
    struct hand_answer answer = *hand_ask(&hand, &probe);
    uint8_t finished[SIM_PACKET_MAX];
    memcpy(finished, answer.bytes, answer.length);
    sim_finish_checksum(finished, answer.length);
    assert_memory_not_equal(finished + 36, answer.bytes + 36, 2);
    /* 192.0.2.1, 203.0.113.10, protocol 6, 24 bytes */
    uint32_t sum = 0xc000 + 0x0201 + 0xcb00 + 0x710a + 6 + 24;
    sum = (sum & 0xffff) + (sum >> 16);
    assert_int_equal(answer.bytes[36] << 8 | answer.bytes[37], sum);
    hand_close(&hand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tshark_finds_every_packet_whole_and_every_checksum_right),
        cmocka_unit_test(unfinished_checksum_is_the_sum_of_the_pseudo_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
