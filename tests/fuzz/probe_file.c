/* Any bytes as a file of the UDP library; the probes that it makes are held against any
 * answer. */
#include "tests/fuzz/text.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void use_probe(const struct udp_probe *probe, const uint8_t *bytes, size_t size)
{
    uint8_t transaction[UDP_TRANSACTION_MAX] = {0};
    assert(probe->payload_length <= UDP_PAYLOAD_MAX);
    assert(probe->transaction_length <= UDP_TRANSACTION_MAX);
    assert(probe->transaction_offset + probe->transaction_length <= probe->payload_length);
    udp_probe_spell_transaction(probe, transaction);
    (void)udp_probe_match(probe, transaction, bytes, size);
    (void)udp_probe_match(probe, transaction, probe->payload, probe->payload_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct udp_library library = {0};
    struct complaints complaints = {0};
    char *text = input_text(bytes, size);
    int status = probe_file_read(&library, "fuzz.yml", text, size, &complaints);
    assert((status == 0) == !complaints_any_error(&complaints));
    text_show_complaints(&complaints);
    for (size_t i = 0; i < library.count; i++)
        use_probe(&library.probes[i], bytes, size);
    free(text);
    udp_library_free(&library);
    complaints_free(&complaints);
    return 0;
}
