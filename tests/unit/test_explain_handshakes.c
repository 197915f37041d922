#include "answers.h"
#include "probe_bytes.h"
#include "scanner/commands/explain_handshakes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const enum addr_family families[] = {ADDR_IPV4, ADDR_IPV6};
enum { FAMILIES = 2, SCALE = 7, WINDOW_AT = 14 };

/* A connection with what is said of it. */
struct story {
    struct explain_packets packets;
    struct explain_handshakes *handshakes;
    char *text;
    size_t length;
    uint8_t syn[PACKET_SIZE_MAX]; /* ours */
    size_t syn_length;
};

static void begin(struct story *story, enum addr_family family)
{
    *story = (struct story){.packets = {.knows_port = true, .port = PROBE_PORT}};
    story->packets.out = open_memstream(&story->text, &story->length);
    assert_non_null(story->packets.out);
    story->handshakes = calloc(1, sizeof *story->handshakes);
    assert_non_null(story->handshakes);
    story->handshakes->packets = &story->packets;
    story->syn_length = probe_write(family, TEMPLATE_SYN, NULL, 0, story->syn);
}

static void end(struct story *story)
{
    fclose(story->packets.out);
    free(story->handshakes);
    free(story->text);
}

static void send_syn(struct story *story)
{
    explain_handshake_packet(story->handshakes, 1, true, story->syn, story->syn_length);
}

static void receive(struct story *story, const struct packet_bytes *packet)
{
    explain_handshake_packet(story->handshakes, 2, false, packet->bytes, packet->length);
}

/* A segment with a window scale and DATA behind it. */
static void receive_tcp(struct story *story, unsigned flags, uint16_t window, const char *data)
{
    struct packet_bytes segment;
    answer_tcp(&segment, story->syn, flags, 1, PROBE_SEQUENCE + 1);
    uint8_t *transport = segment.bytes + header_length(segment.bytes);
    transport[WINDOW_AT] = (uint8_t)(window >> 8);
    transport[WINDOW_AT + 1] = (uint8_t)window;
    segment.length -= 4;
    put(&segment, 0x01030300 | SCALE, 4);
    put_bytes(&segment, data, strlen(data));
    finish(&segment);
    receive(story, &segment);
}

static void expect(struct story *story, const char *words)
{
    fflush(story->packets.out);
    if (!strstr(story->text, words))
        fail_msg("no \"%s\" in: %s", words, story->text);
}

static void what_each_segment_shows_is_said(void **state)
{
    (void)state;
    static const struct {
        unsigned flags;
        uint16_t window;
        const char *data, *name, *words;
    } rows[] = {
        {TCP_SYN | TCP_ACK, 0, "", "seen  SYN-ACK from",
         "port 13124: connected, with no room to say anything"},
        {TCP_SYN | TCP_ACK, 10, "", "seen  SYN-ACK from", "connected, with room for 10 octets"},
        {TCP_ACK, 0, "", "seen  ACK from", "port 13124: no room to say anything"},
        {TCP_ACK, 63, "220 lab", "seen  ACK with 7 octets of data", "something speaks unasked"},
        {TCP_FIN | TCP_ACK, 63, "", "seen  FIN from", "the other end closes"},
        {TCP_RST | TCP_ACK, 0, "", "seen  RST from", "port 13124: refused"},
    };
    for (size_t i = 0; i < FAMILIES * sizeof rows / sizeof *rows; i++) {
        struct story story;
        size_t row = i / FAMILIES;
        begin(&story, families[i % FAMILIES]);
        send_syn(&story);
        expect(&story, "sent  SYN to ");
        receive_tcp(&story, rows[row].flags, rows[row].window, rows[row].data);
        expect(&story, rows[row].name);
        expect(&story, rows[row].words);
        end(&story);
    }
}

static void room_is_counted_in_the_scale_that_was_agreed_on(void **state)
{
    (void)state;
    struct story story;
    begin(&story, ADDR_IPV4);
    send_syn(&story);
    receive_tcp(&story, TCP_SYN | TCP_ACK, 63, "");
    expect(&story, "with room for 63 octets");
    receive_tcp(&story, TCP_ACK, 63, "");
    expect(&story, "port 13124: room for 8064 octets");
    end(&story);
}

static void a_reset_aborts_only_what_was_connected(void **state)
{
    (void)state;
    struct story story;
    begin(&story, ADDR_IPV4);
    send_syn(&story);
    receive_tcp(&story, TCP_SYN | TCP_ACK, 63, "");
    receive_tcp(&story, TCP_RST | TCP_ACK, 0, "");
    expect(&story, "the other end aborts");
    send_syn(&story); /* another connection from the same port */
    receive_tcp(&story, TCP_RST | TCP_ACK, 0, "");
    expect(&story, "refused");
    end(&story);
}

static void an_error_refuses(void **state)
{
    (void)state;
    struct story story;
    struct packet_bytes error;
    begin(&story, ADDR_IPV4);
    send_syn(&story);
    answer_error(&error, story.syn, NULL, 3, 13, story.syn_length);
    receive(&story, &error);
    expect(&story, "seen  ICMP error from");
    expect(&story, "port 13124: refused");
    end(&story);
}

static void why_there_are_handshakes_is_said_once(void **state)
{
    (void)state;
    struct story story;
    begin(&story, ADDR_IPV4);
    send_syn(&story);
    send_syn(&story);
    fflush(story.packets.out);
    const char *first = strstr(story.text, "Random ports answer too");
    assert_non_null(first);
    assert_null(strstr(first + 1, "Random ports answer too"));
    end(&story);
}

static void ports_beside_the_one_in_question_are_to_compare_with(void **state)
{
    (void)state;
    struct story story;
    begin(&story, ADDR_IPV4);
    send_syn(&story);
    fflush(story.packets.out);
    assert_null(strstr(story.text, "to compare with"));
    story.packets.port = PROBE_PORT + 1;
    send_syn(&story);
    expect(&story, "(to compare with)");
    end(&story);
}

static void what_makes_no_sense_is_not_told(void **state)
{
    (void)state;
    struct story story;
    begin(&story, ADDR_IPV6);
    for (size_t length = 0; length < story.syn_length; length++)
        explain_handshake_packet(story.handshakes, 1, true, story.syn, length);
    fflush(story.packets.out);
    assert_int_equal(story.length, 0);
    end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_each_segment_shows_is_said),
        cmocka_unit_test(room_is_counted_in_the_scale_that_was_agreed_on),
        cmocka_unit_test(a_reset_aborts_only_what_was_connected),
        cmocka_unit_test(an_error_refuses),
        cmocka_unit_test(why_there_are_handshakes_is_said_once),
        cmocka_unit_test(ports_beside_the_one_in_question_are_to_compare_with),
        cmocka_unit_test(what_makes_no_sense_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
