#include "tests/simulator/hand.h"

#include "tests/simulator/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { PROBE_DSCP = 0x0c, ECHO_V4 = 8, ECHO_V6 = 128 };

struct addr hand_address(const char *text)
{
    struct addr address;
    assert_int_equal(addr_parse(&address, text), 0);
    return address;
}

static size_t write_syn(const struct hand_probe *probe, const struct sim_header *header,
                        uint8_t *bytes)
{
    static const uint8_t mss[4] = {2, 4, 5, 0xb4};
    static const uint8_t md5[20] = {19, 18, [18] = 1, [19] = 1};
    struct sim_segment segment = {
        .from_port = probe->source_port,
        .to_port = probe->port,
        .sequence = probe->sequence,
        .flags = SIM_SYN,
        .window = 1024,
        .options = probe->md5 ? md5 : mss,
        .options_length = probe->md5 ? sizeof(md5) : sizeof(mss),
    };
    size_t length = sim_write_tcp(bytes, header, &segment);
    if (probe->bad_offset) {
        bytes[(header->to->family == ADDR_IPV6 ? 40 : 20) + 12] = 15 << 4;
        sim_finish_checksum(bytes, length);
    }
    return length;
}

static size_t write_datagram(const struct hand_probe *probe, const struct sim_header *header,
                             uint8_t *bytes)
{
    const char *payload = probe->payload == NULL ? "" : probe->payload;
    size_t length = sim_write_udp(bytes, header, probe->source_port, probe->port,
                                  (const uint8_t *)payload, strlen(payload));
    if (probe->bad_length) {
        bytes[(header->to->family == ADDR_IPV6 ? 40 : 20) + 5] += 3;
        sim_finish_checksum(bytes, length);
    }
    return length;
}

size_t hand_write(const struct hand_probe *probe, uint8_t *bytes)
{
    struct addr target = hand_address(probe->target);
    struct addr source = simulator_source((enum addr_family)target.family);
    struct sim_header header = {
        .from = &source, .to = &target, .ttl = 64, .tos = PROBE_DSCP, .id = 4711};
    if (probe->protocol == SIM_TCP)
        return write_syn(probe, &header, bytes);
    if (probe->protocol == SIM_UDP)
        return write_datagram(probe, &header, bytes);
    struct sim_message message = {
        .type = target.family == ADDR_IPV6 ? ECHO_V6 : ECHO_V4,
        .word = (uint32_t)probe->source_port << 16 | probe->port,
        .body = (const uint8_t *)"ping",
        .body_length = 4,
    };
    return sim_write_icmp(bytes, &header, &message);
}

void hand_open(struct hand *hand, const struct sim_config *config)
{
    struct error error = {""};
    *hand = (struct hand){.net = simulator_open(config, &error)};
    if (hand->net == NULL)
        fail_msg("%s", error.text);
}

void hand_close(struct hand *hand)
{
    struct sim_totals totals;
    simulator_totals(hand->net, &totals);
    hand->net->close(hand->net);
    assert_int_equal(totals.out_of_memory, 0);
    assert_int_equal(totals.malformed, 0);
    assert_int_equal(totals.bad_checksums, 0);
}

int hand_send(struct hand *hand, const struct hand_probe *probe)
{
    uint8_t bytes[SIM_PACKET_MAX];
    struct net_route route;
    struct addr target = hand_address(probe->target);
    int code = hand->net->route(hand->net, &target, &route);
    if (code < 0)
        return code;
    struct net_packet packet = {
        .bytes = bytes, .length = (uint16_t)hand_write(probe, bytes), .route = route.id};
    assert_int_equal(hand->net->send(hand->net, &packet, 1), 0);
    return packet.error;
}

static uint32_t number_at(const uint8_t *at, size_t bytes)
{
    uint32_t number = 0;
    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | at[i];
    return number;
}

static void read_answer(struct hand_answer *answer)
{
    const uint8_t *ip = answer->bytes;
    bool v6 = ip[0] >> 4 == 6;
    const uint8_t *transport = ip + (v6 ? 40 : 20);
    answer->from = v6 ? addr_ipv6(ip + 8) : addr_ipv4(ip + 12);
    answer->tos = (uint8_t)(v6 ? number_at(ip, 2) >> 4 : ip[1]);
    answer->ttl = ip[v6 ? 7 : 8];
    answer->protocol = ip[v6 ? 6 : 9];
    answer->from_port = (uint16_t)number_at(transport, 2);
    answer->to_port = (uint16_t)number_at(transport + 2, 2);
    if (answer->protocol == SIM_TCP) {
        answer->sequence = number_at(transport + 4, 4);
        answer->acknowledgement = number_at(transport + 8, 4);
        answer->flags = transport[13];
    }
    answer->type = transport[0];
    answer->code = transport[1];
    answer->body = transport + 8;
    answer->body_length = answer->length - (size_t)(answer->body - ip);
}

static void keep(void *context, nsec_t at, const uint8_t *bytes, size_t length)
{
    struct hand *hand = context;
    if (hand->count++ >= HAND_ANSWERS_MAX)
        return;
    struct hand_answer *answer = &hand->answers[hand->count - 1];
    answer->at = at;
    answer->length = length;
    memcpy(answer->bytes, bytes, length);
    read_answer(answer);
}

size_t hand_wait(struct hand *hand, nsec_t time)
{
    nsec_t until = hand->net->now(hand->net) + time;
    hand->count = 0;
    while (hand->net->now(hand->net) < until)
        assert_int_equal(hand->net->receive(hand->net, until, keep, hand), 0);
    return hand->count;
}

const struct hand_answer *hand_ask(struct hand *hand, const struct hand_probe *probe)
{
    assert_int_equal(hand_send(hand, probe), 0);
    assert_int_equal(hand_wait(hand, NSEC_PER_SEC), 1);
    return &hand->answers[0];
}

void hand_ask_none(struct hand *hand, const struct hand_probe *probe)
{
    assert_int_equal(hand_send(hand, probe), 0);
    assert_int_equal(hand_wait(hand, NSEC_PER_SEC), 0);
}
