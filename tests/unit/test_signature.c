#include "probes/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { PORT = 443, SEQUENCE = 0x12345678 };
static const int64_t NOW = 1795132800; /* 2026-11-20 */
static const uint8_t NONCE[SIGNATURE_NONCE_SIZE] = "nonce-of-12";

static struct responder_key key_of(uint8_t byte)
{
    struct responder_key key;
    memset(key.bytes, byte, sizeof key.bytes);
    return key;
}

static enum signature_verdict judge_syn(const struct syn_tag *tag, int64_t seconds)
{
    struct responder_key key = key_of(1);
    return signature_judge_syn(&key, PORT, tag, seconds);
}

static struct syn_tag tag_syn(void)
{
    struct responder_key key = key_of(1);
    return signature_tag_syn(&key, PORT, SEQUENCE, NOW);
}

static void a_key_survives_text_and_back(void **state)
{
    (void)state;
    struct responder_key key, read;
    char text[RESPONDER_KEY_TEXT_SIZE + 1];
    responder_key_draw(&key);
    responder_key_format(&key, text);
    assert_int_equal(strlen(text), 64);
    assert_int_equal(responder_key_parse(&read, text), 0);
    assert_memory_equal(&key, &read, sizeof key);
    text[64] = '\n', text[65] = '\0';
    assert_int_equal(responder_key_parse(&read, text), 0);
}

static void what_is_no_key_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "00",
        "zz00000000000000000000000000000000000000000000000000000000000000",
        "000000000000000000000000000000000000000000000000000000000000000",
        "00000000000000000000000000000000000000000000000000000000000000000",
        "000000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000 x",
    };
    struct responder_key key;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_not_equal(responder_key_parse(&key, texts[i]), 0);
}

static void a_tagged_syn_is_fresh_for_five_seconds_either_way(void **state)
{
    (void)state;
    for (int64_t moment = NOW; moment < NOW + 32; moment++) {
        struct responder_key key = key_of(1);
        struct syn_tag tag = signature_tag_syn(&key, PORT, SEQUENCE, moment);
        for (int64_t apart = -SIGNATURE_LIFE_S; apart <= SIGNATURE_LIFE_S; apart++)
            assert_int_equal(judge_syn(&tag, moment + apart), SIGNATURE_FRESH);
        for (int64_t apart = SIGNATURE_LIFE_S + 1; apart < 100; apart++) {
            assert_int_equal(judge_syn(&tag, moment + apart), SIGNATURE_STALE);
            assert_int_equal(judge_syn(&tag, moment - apart), SIGNATURE_STALE);
        }
    }
}

static void a_syn_with_any_bit_altered_is_not_signed(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 32; bit++) {
        struct syn_tag tag = tag_syn();
        tag.sequence ^= UINT32_C(1) << bit;
        assert_int_equal(judge_syn(&tag, NOW), SIGNATURE_WRONG);
        tag = tag_syn();
        tag.timestamp ^= UINT32_C(1) << bit;
        assert_int_equal(judge_syn(&tag, NOW), SIGNATURE_WRONG);
    }
    for (unsigned bit = 0; bit < 128; bit++) {
        struct syn_tag tag = tag_syn();
        tag.digest[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(judge_syn(&tag, NOW), SIGNATURE_WRONG);
    }
}

static void a_syn_serves_for_one_port_and_one_key(void **state)
{
    (void)state;
    struct syn_tag tag = tag_syn();
    struct responder_key key = key_of(1), other = key_of(2);
    assert_int_equal(signature_judge_syn(&key, PORT, &tag, NOW), SIGNATURE_FRESH);
    assert_int_equal(signature_judge_syn(&key, PORT + 1, &tag, NOW), SIGNATURE_WRONG);
    assert_int_equal(signature_judge_syn(&other, PORT, &tag, NOW), SIGNATURE_WRONG);
}

static void the_answer_to_a_syn_is_verified(void **state)
{
    (void)state;
    struct responder_key key = key_of(1), other = key_of(2);
    struct syn_tag tag = tag_syn();
    struct syn_answer answer = signature_answer_syn(&key, PORT, tag.sequence, tag.timestamp);
    assert_true(signature_verify_syn_answer(&key, PORT, tag.sequence, tag.timestamp, &answer));
    assert_false(
        signature_verify_syn_answer(&other, PORT, tag.sequence, tag.timestamp, &answer));
    assert_false(
        signature_verify_syn_answer(&key, PORT + 1, tag.sequence, tag.timestamp, &answer));
    assert_false(
        signature_verify_syn_answer(&key, PORT, tag.sequence + 1, tag.timestamp, &answer));
    assert_false(
        signature_verify_syn_answer(&key, PORT, tag.sequence, tag.timestamp ^ 1, &answer));
    for (unsigned bit = 0; bit < 32; bit++) {
        struct syn_answer altered = {answer.sequence ^ UINT32_C(1) << bit, answer.timestamp};
        assert_false(
            signature_verify_syn_answer(&key, PORT, tag.sequence, tag.timestamp, &altered));
        altered = (struct syn_answer){answer.sequence, answer.timestamp ^ UINT32_C(1) << bit};
        assert_false(
            signature_verify_syn_answer(&key, PORT, tag.sequence, tag.timestamp, &altered));
    }
}

static void a_tagged_datagram_is_fresh_for_five_seconds_either_way(void **state)
{
    (void)state;
    struct responder_key key = key_of(1);
    uint8_t probe[SIGNATURE_DATAGRAM_SIZE];
    signature_tag_udp(&key, PORT, NONCE, NOW, probe);
    for (int64_t apart = -100; apart <= 100; apart++) {
        bool fresh = apart >= -SIGNATURE_LIFE_S && apart <= SIGNATURE_LIFE_S;
        assert_int_equal(signature_judge_udp(&key, PORT, probe, NOW + apart),
                         fresh ? SIGNATURE_FRESH : SIGNATURE_STALE);
    }
}

static void a_datagram_with_any_bit_altered_is_not_signed(void **state)
{
    (void)state;
    struct responder_key key = key_of(1), other = key_of(2);
    uint8_t probe[SIGNATURE_DATAGRAM_SIZE];
    signature_tag_udp(&key, PORT, NONCE, NOW, probe);
    assert_int_equal(signature_judge_udp(&other, PORT, probe, NOW), SIGNATURE_WRONG);
    assert_int_equal(signature_judge_udp(&key, PORT + 1, probe, NOW), SIGNATURE_WRONG);
    for (unsigned bit = 0; bit < 8 * sizeof probe; bit++) {
        probe[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(signature_judge_udp(&key, PORT, probe, NOW), SIGNATURE_WRONG);
        probe[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(signature_judge_udp(&key, PORT, probe, NOW), SIGNATURE_FRESH);
}

static void the_answer_to_a_datagram_is_verified(void **state)
{
    (void)state;
    struct responder_key key = key_of(1), other = key_of(2);
    uint8_t probe[SIGNATURE_DATAGRAM_SIZE], answer[SIGNATURE_DATAGRAM_SIZE];
    static const uint8_t other_nonce[SIGNATURE_NONCE_SIZE] = "another one";
    signature_tag_udp(&key, PORT, NONCE, NOW, probe);
    signature_answer_udp(&key, PORT, probe, answer);
    assert_true(signature_verify_udp_answer(&key, PORT, NONCE, answer));
    assert_false(signature_verify_udp_answer(&other, PORT, NONCE, answer));
    assert_false(signature_verify_udp_answer(&key, PORT + 1, NONCE, answer));
    assert_false(signature_verify_udp_answer(&key, PORT, other_nonce, answer));
    for (unsigned bit = 0; bit < 8 * sizeof answer; bit++) {
        answer[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(signature_verify_udp_answer(&key, PORT, NONCE, answer));
        answer[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void a_probe_sent_back_is_no_answer_and_an_answer_is_no_probe(void **state)
{
    (void)state;
    struct responder_key key = key_of(1);
    uint8_t probe[SIGNATURE_DATAGRAM_SIZE], answer[SIGNATURE_DATAGRAM_SIZE];
    signature_tag_udp(&key, PORT, NONCE, NOW, probe);
    signature_answer_udp(&key, PORT, probe, answer);
    assert_false(signature_verify_udp_answer(&key, PORT, NONCE, probe));
    assert_int_equal(signature_judge_udp(&key, PORT, answer, NOW), SIGNATURE_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_survives_text_and_back),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(a_tagged_syn_is_fresh_for_five_seconds_either_way),
        cmocka_unit_test(a_syn_with_any_bit_altered_is_not_signed),
        cmocka_unit_test(a_syn_serves_for_one_port_and_one_key),
        cmocka_unit_test(the_answer_to_a_syn_is_verified),
        cmocka_unit_test(a_tagged_datagram_is_fresh_for_five_seconds_either_way),
        cmocka_unit_test(a_datagram_with_any_bit_altered_is_not_signed),
        cmocka_unit_test(the_answer_to_a_datagram_is_verified),
        cmocka_unit_test(a_probe_sent_back_is_no_answer_and_an_answer_is_no_probe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
