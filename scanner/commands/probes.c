/* portvet probes [PORT] */
#include "scanner/commands/library.h"

#include <ctype.h>
#include <stdlib.h>

enum { BYTES_PER_LINE = 16 };

static void list_probe(const struct udp_probe *probe)
{
    char *ports = portset_format(&probe->ports);
    printf("%-16s %-22s %s%s\n", probe->name, ports ? ports : "?", probe->description,
           probe->never_answers ? " (never answers a stranger)" : "");
    free(ports);
}

static void list_all(const struct udp_library *library)
{
    printf("%-16s %-22s %s\n", "NAME", "PORTS", "DESCRIPTION");
    for (size_t i = 0; i < library->count; i++)
        list_probe(&library->probes[i]);
    printf("\n%zu probes; to other UDP ports an empty datagram is sent\n", library->count);
}

/* Transaction bytes, which are different in each probe, are shown as "..". */
static void show_payload(const struct udp_probe *probe)
{
    size_t first = probe->transaction_offset, last = first + probe->transaction_length;
    for (size_t i = 0; i < probe->payload_length; i += BYTES_PER_LINE) {
        char text[BYTES_PER_LINE + 1] = "";
        printf("    %04zx ", i);
        for (size_t j = 0; j < BYTES_PER_LINE && i + j < probe->payload_length; j++) {
            bool is_secret = i + j >= first && i + j < last;
            uint8_t byte = probe->payload[i + j];
            text[j] = !is_secret && isprint(byte) ? (char)byte : '.';
            if (is_secret)
                fputs(" ..", stdout);
            else
                printf(" %02x", byte);
        }
        printf("  %s\n", text);
    }
}

static void show_bytes(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        printf("%02x", bytes[i]);
}

static void show_answer(const struct udp_probe *probe)
{
    if (probe->never_answers) {
        puts("  answer: none; the service is mute to strangers");
        return;
    }
    puts(probe->matcher_count ? "  answer:" : "  answer: anything");
    for (size_t i = 0; i < probe->matcher_count; i++) {
        const struct udp_matcher *matcher = &probe->matchers[i];
        printf("    at byte %u: ", matcher->offset);
        show_bytes(matcher->bytes, matcher->length);
        fputs(" under mask ", stdout);
        show_bytes(matcher->mask, matcher->length);
        putchar('\n');
    }
    if (probe->transaction_length && probe->reply_transaction_offset >= 0)
        printf("    at byte %d: the transaction id, %u bytes, repeated\n",
               (int)probe->reply_transaction_offset, probe->transaction_length);
    if (probe->answers_from_other_port)
        puts("    from any port: the service picks another one to answer");
}

static void show_probe(const struct udp_probe *probe)
{
    char *ports = portset_format(&probe->ports);
    printf("%s\n  %s\n  ports: %s\n  source: %s\n  payload: %u bytes\n", probe->name,
           probe->description, ports ? ports : "?", probe->source, probe->payload_length);
    free(ports);
    if (probe->effect)
        printf("  effect: %s\n", probe->effect);
    show_payload(probe);
    show_answer(probe);
}

static enum exit_code show_port(const struct udp_library *library, const char *word)
{
    char *end;
    unsigned long port = strtoul(word, &end, 10);
    if (!isdigit((unsigned char)word[0]) || *end || port > UINT16_MAX)
        return command_fail(EXIT_USAGE, "'%s' is not a port from 0 to 65535", word);
    const struct udp_probe *probe = udp_library_find(library, (uint16_t)port);
    if (!probe)
        printf("port %lu: no probe; an empty datagram is sent\n", port);
    for (; probe; probe = udp_library_next(library, (uint16_t)port, probe))
        show_probe(probe);
    return EXIT_MET;
}

enum exit_code command_probes(const struct options *options)
{
    if (options->words.count > 1)
        return command_fail(EXIT_USAGE, "probes shows one port at a time");
    struct udp_library library = {0};
    enum exit_code code = library_load(&library, options);
    if (code == EXIT_MET && options->words.count == 1)
        code = show_port(&library, options->words.items[0]);
    else if (code == EXIT_MET)
        list_all(&library);
    udp_library_free(&library);
    return code;
}
