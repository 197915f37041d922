#include "scanner/responder/respond.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { PORT = 8443, SOURCE_PORT = 40000, SEQUENCE = 0x11223344 };
static const int64_t SECONDS = 1795132800;
static const uint8_t NONCE[SIGNATURE_NONCE_SIZE] = "nonce-of-12";
static const enum addr_family families[] = {ADDR_IPV4, ADDR_IPV6};

static struct addr address(const char *text)
{
    struct addr addr;
    assert_int_equal(addr_parse(&addr, text), 0);
    return addr;
}

static struct addr auditor_of(enum addr_family family)
{
    return address(family == ADDR_IPV4 ? "192.0.2.1" : "2001:db8::1");
}

static struct addr responder_of(enum addr_family family)
{
    return address(family == ADDR_IPV4 ? "192.0.2.2" : "2001:db8::2");
}

static struct responder_key key_of(uint8_t byte)
{
    struct responder_key key;
    memset(key.bytes, byte, sizeof key.bytes);
    return key;
}

/* Own is what ends in .2 or ::2. */
static bool is_own(void *context, const struct addr *addr)
{
    (void)context;
    struct addr own = responder_of(addr->family);
    return addr_equal(&own, addr);
}

struct fixture {
    struct responder_key key;
    struct respond *respond;
    uint8_t probe[PACKET_SIZE_MAX], answer[PACKET_SIZE_MAX];
    size_t probe_length;
};

static void open_fixture(struct fixture *fixture, double max_rate)
{
    *fixture = (struct fixture){.key = key_of(1)};
    const struct respond_options options = {
        .key = &fixture->key, .max_rate = max_rate, .is_own = is_own};
    struct error error;
    fixture->respond = respond_new(&options, &error);
    assert_non_null(fixture->respond);
}

static void write_probe(struct fixture *fixture, enum template_kind kind,
                        const struct addr *target, const struct probe_fields *extra,
                        const uint8_t *payload)
{
    struct error error;
    struct addr source = auditor_of(target->family);
    struct template *template = template_new(target->family, kind, payload,
                                             payload ? SIGNATURE_DATAGRAM_SIZE : 0, &error);
    assert_non_null(template);
    struct probe_fields fields = *extra;
    fields.source = &source;
    fields.target = target;
    fields.source_port = SOURCE_PORT;
    fields.port = PORT;
    fixture->probe_length = template_write(template, &fields, fixture->probe);
    template_free(template);
}

static void write_syn(struct fixture *fixture, const struct responder_key *key,
                      const struct addr *target)
{
    struct syn_tag tag = signature_tag_syn(key, PORT, SEQUENCE, SECONDS);
    const struct probe_fields fields = {
        .cookie = {.sequence = tag.sequence},
        .stamp = {.timestamp = tag.timestamp, .digest = tag.digest},
    };
    write_probe(fixture, TEMPLATE_SYN_SIGNED, target, &fields, NULL);
}

static void write_datagram(struct fixture *fixture, const struct responder_key *key,
                           const struct addr *target)
{
    uint8_t payload[SIGNATURE_DATAGRAM_SIZE];
    static const struct probe_fields none;
    signature_tag_udp(key, PORT, NONCE, SECONDS, payload);
    write_probe(fixture, TEMPLATE_UDP, target, &none, payload);
}

typedef void write_fn(struct fixture *fixture, const struct responder_key *key,
                      const struct addr *target);
static write_fn *const writers[] = {write_syn, write_datagram};

static size_t ask(struct fixture *fixture, nsec_t now, int64_t seconds)
{
    return respond_to(fixture->respond, now, seconds, fixture->probe, fixture->probe_length,
                      fixture->answer);
}

static void assert_fate(const struct fixture *fixture, enum respond_fate fate, uint64_t count)
{
    assert_int_equal(respond_counts(fixture->respond)[fate], count);
}

static struct reply answer_of(const struct fixture *fixture, size_t length,
                              enum addr_family family)
{
    struct reply reply;
    struct addr auditor = auditor_of(family), responder = responder_of(family);
    assert_true(length > 0 && length <= fixture->probe_length);
    assert_int_equal(packet_decode(&reply, fixture->answer, length), PACKET_OK);
    assert_true(addr_equal(&reply.from, &responder));
    assert_true(addr_equal(&reply.to, &auditor));
    assert_int_equal(reply.port, PORT);
    assert_int_equal(reply.source_port, SOURCE_PORT);
    return reply;
}

static void a_signed_syn_is_answered_by_a_signed_syn_ack(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, 0);
    for (size_t f = 0; f < 2; f++) {
        struct addr target = responder_of(families[f]);
        write_syn(&fixture, &fixture.key, &target);
        struct reply reply = answer_of(&fixture, ask(&fixture, 0, SECONDS), families[f]);
        assert_int_equal(reply.kind, REPLY_SYN_ACK);
        assert_int_equal(reply.acknowledgement, SEQUENCE + 1);
        const struct syn_answer answer = {reply.sequence, reply.timestamp};
        assert_true(signature_verify_syn_answer(&fixture.key, PORT, SEQUENCE,
                                                reply.timestamp_echo, &answer));
    }
    assert_fate(&fixture, RESPOND_ANSWERED, 2);
    respond_free(fixture.respond);
}

static void a_signed_datagram_is_answered_by_one_of_the_same_length(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, 0);
    for (size_t f = 0; f < 2; f++) {
        struct addr target = responder_of(families[f]);
        write_datagram(&fixture, &fixture.key, &target);
        size_t length = ask(&fixture, 0, SECONDS);
        struct reply reply = answer_of(&fixture, length, families[f]);
        assert_int_equal(length, fixture.probe_length);
        assert_int_equal(reply.kind, REPLY_UDP);
        assert_true(signature_verify_udp_answer(&fixture.key, PORT, NONCE, reply.payload));
    }
    respond_free(fixture.respond);
}

static void nothing_signed_with_another_key_is_answered(void **state)
{
    (void)state;
    struct fixture fixture;
    struct responder_key other = key_of(2);
    open_fixture(&fixture, 0);
    for (size_t i = 0; i < 4; i++) {
        struct addr target = responder_of(families[i % 2]);
        writers[i / 2](&fixture, &other, &target);
        assert_int_equal(ask(&fixture, 0, SECONDS), 0);
    }
    assert_fate(&fixture, RESPOND_UNSIGNED, 4);
    respond_free(fixture.respond);
}

static void no_recorded_probe_is_answered_later(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, 0);
    for (size_t i = 0; i < 4; i++) {
        struct addr target = responder_of(families[i % 2]);
        writers[i / 2](&fixture, &fixture.key, &target);
        assert_true(ask(&fixture, 0, SECONDS + SIGNATURE_LIFE_S) > 0);
        for (int64_t later = SIGNATURE_LIFE_S + 1; later < 1000; later++)
            assert_int_equal(ask(&fixture, 0, SECONDS + later), 0);
    }
    respond_free(fixture.respond);
}

static void a_probe_to_another_address_is_not_answered(void **state)
{
    (void)state;
    static const char *const others[] = {"192.0.2.255", "2001:db8::3"};
    struct fixture fixture;
    open_fixture(&fixture, 0);
    for (size_t i = 0; i < 4; i++) {
        struct addr target = address(others[i % 2]);
        writers[i / 2](&fixture, &fixture.key, &target);
        assert_int_equal(ask(&fixture, 0, SECONDS), 0);
    }
    assert_fate(&fixture, RESPOND_FOREIGN, 4);
    respond_free(fixture.respond);
}

/* Whatever the bit is: in a header it may be allowed to change (TTL, addresses, source
 * port, checksums), but what the tag covers must not. */
static void an_altered_tag_is_not_answered(void **state)
{
    (void)state;
    static const struct {
        size_t from, to;            /* bytes behind the IP header */
    } covered[] = {{2, 8}, {2, 4}}; /* TCP: port, sequence; UDP: port; the rest follows */
    struct fixture fixture;
    open_fixture(&fixture, 0);
    for (size_t i = 0; i < 4; i++) {
        struct addr target = responder_of(families[i % 2]);
        size_t start = i % 2 ? 40 : 20;
        writers[i / 2](&fixture, &fixture.key, &target);
        for (size_t at = start; at < fixture.probe_length; at++) {
            size_t place = at - start;
            bool head = place >= covered[i / 2].from && place < covered[i / 2].to;
            bool tcp_rest = (place >= 26 && place < 42) || (place >= 44 && place < 48);
            if (!head && !(i / 2 ? place >= 8 : tcp_rest))
                continue;
            for (unsigned bit = 0; bit < 8; bit++) {
                fixture.probe[at] ^= (uint8_t)(1u << bit);
                assert_int_equal(ask(&fixture, 0, SECONDS), 0);
                fixture.probe[at] ^= (uint8_t)(1u << bit);
            }
        }
        assert_true(ask(&fixture, 0, SECONDS) > 0);
    }
    respond_free(fixture.respond);
}

static void a_cut_probe_is_not_answered(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, 0);
    for (size_t i = 0; i < 4; i++) {
        struct addr target = responder_of(families[i % 2]);
        writers[i / 2](&fixture, &fixture.key, &target);
        size_t whole = fixture.probe_length;
        for (fixture.probe_length = 0; fixture.probe_length < whole; fixture.probe_length++)
            assert_int_equal(ask(&fixture, 0, SECONDS), 0);
    }
    respond_free(fixture.respond);
}

static void an_answer_sent_back_is_not_answered(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, 0);
    for (size_t i = 0; i < 4; i++) {
        struct addr target = responder_of(families[i % 2]);
        writers[i / 2](&fixture, &fixture.key, &target);
        fixture.probe_length = ask(&fixture, 0, SECONDS);
        assert_true(fixture.probe_length > 0);
        memcpy(fixture.probe, fixture.answer, fixture.probe_length);
        assert_int_equal(ask(&fixture, 0, SECONDS), 0);
    }
    respond_free(fixture.respond);
}

static void answers_are_limited_to_the_rate(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, 1000);
    struct addr target = responder_of(ADDR_IPV4);
    write_syn(&fixture, &fixture.key, &target);
    for (nsec_t now = NSEC_PER_SEC; now < 11 * NSEC_PER_SEC; now += 100 * NSEC_PER_USEC)
        (void)ask(&fixture, now, SECONDS);
    uint64_t answered = respond_counts(fixture.respond)[RESPOND_ANSWERED];
    assert_in_range(answered, 9990, 10110);
    assert_fate(&fixture, RESPOND_LIMITED, 100000 - answered);
    respond_free(fixture.respond);
}

static void a_low_rate_still_answers(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, 2);
    struct addr target = responder_of(ADDR_IPV4);
    write_syn(&fixture, &fixture.key, &target);
    assert_true(ask(&fixture, 0, SECONDS) > 0);
    assert_int_equal(ask(&fixture, NSEC_PER_MSEC, SECONDS), 0);
    assert_true(ask(&fixture, NSEC_PER_SEC, SECONDS) > 0);
    respond_free(fixture.respond);
}

static void every_fate_has_a_name(void **state)
{
    (void)state;
    for (int fate = 0; fate < RESPOND_FATES; fate++)
        assert_non_null(respond_fate_name((enum respond_fate)fate));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_syn_is_answered_by_a_signed_syn_ack),
        cmocka_unit_test(a_signed_datagram_is_answered_by_one_of_the_same_length),
        cmocka_unit_test(nothing_signed_with_another_key_is_answered),
        cmocka_unit_test(no_recorded_probe_is_answered_later),
        cmocka_unit_test(a_probe_to_another_address_is_not_answered),
        cmocka_unit_test(an_altered_tag_is_not_answered),
        cmocka_unit_test(a_cut_probe_is_not_answered),
        cmocka_unit_test(an_answer_sent_back_is_not_answered),
        cmocka_unit_test(answers_are_limited_to_the_rate),
        cmocka_unit_test(a_low_rate_still_answers),
        cmocka_unit_test(every_fate_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
