#include "probes/udp_probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_COUNT = 65536 };
/* The time that a service is given of which the library says nothing else. */
enum { PATIENCE_USUAL_MS = 750 };

void udp_probe_free(struct udp_probe *probe)
{
    free(probe->name);
    free(probe->description);
    free(probe->source);
    free(probe->effect);
    free(probe->payload);
    free(probe->matchers);
    portset_free(&probe->ports);
    *probe = (struct udp_probe){0};
}

void udp_library_free(struct udp_library *library)
{
    for (size_t i = 0; i < library->count; i++)
        udp_probe_free(&library->probes[i]);
    free(library->probes);
    free(library->by_port);
    *library = (struct udp_library){0};
}

/* Makes room for one more probe. */
static int reserve(struct udp_library *library)
{
    if (!library->by_port)
        library->by_port = calloc(PORT_COUNT, sizeof *library->by_port);
    if (!library->by_port)
        return -ENOMEM;
    if (library->count < library->capacity)
        return 0;
    if (library->count == UINT16_MAX)
        return -ENOMEM;
    size_t capacity = library->capacity ? library->capacity * 2 : 64;
    struct udp_probe *probes = realloc(library->probes, capacity * sizeof *probes);
    if (!probes)
        return -ENOMEM;
    library->probes = probes;
    library->capacity = capacity;
    return 0;
}

static struct udp_probe *find_name(struct udp_library *library, const char *name)
{
    for (size_t i = 0; i < library->count; i++) {
        if (strcmp(library->probes[i].name, name) == 0)
            return &library->probes[i];
    }
    return NULL;
}

/* Takes PROBE out; those behind it move up. */
static void remove_probe(struct udp_library *library, struct udp_probe *probe)
{
    udp_probe_free(probe);
    size_t index = (size_t)(probe - library->probes);
    memmove(probe, probe + 1, (library->count - index - 1) * sizeof *probe);
    library->count--;
}

static void index_ports(struct udp_library *library)
{
    memset(library->by_port, 0, PORT_COUNT * sizeof *library->by_port);
    for (size_t i = 0; i < library->count; i++) {
        const struct portset *ports = &library->probes[i].ports;
        for (size_t r = 0; r < ports->count; r++) {
            for (uint32_t port = ports->ranges[r].first; port <= ports->ranges[r].last; port++)
                library->by_port[port] = (uint16_t)(i + 1);
        }
    }
}

int udp_library_add(struct udp_library *library, struct udp_probe *probe)
{
    if (reserve(library) < 0)
        return -ENOMEM;
    struct udp_probe *replaced = find_name(library, probe->name);
    if (replaced)
        remove_probe(library, replaced);
    library->probes[library->count++] = *probe;
    *probe = (struct udp_probe){0};
    index_ports(library);
    return 0;
}

const struct udp_probe *udp_library_find(const struct udp_library *library, uint16_t port)
{
    if (!library->by_port || library->by_port[port] == 0)
        return NULL;
    return &library->probes[library->by_port[port] - 1];
}

const struct udp_probe *udp_library_next(const struct udp_library *library, uint16_t port,
                                         const struct udp_probe *probe)
{
    while (probe > library->probes) {
        probe--;
        if (portset_has(&probe->ports, port))
            return probe;
    }
    return NULL;
}

unsigned udp_library_questions(const struct udp_library *library, uint16_t port)
{
    const struct udp_probe *probe = udp_library_find(library, port);
    unsigned count = 0;
    for (; probe; probe = udp_library_next(library, port, probe))
        count++;
    return count ? count : 1;
}

unsigned udp_library_patience_ms(const struct udp_library *library, uint16_t port)
{
    const struct udp_probe *known = library ? udp_library_find(library, port) : NULL;
    if (known && known->never_answers)
        return 0;
    unsigned longest = PATIENCE_USUAL_MS;
    for (; known; known = udp_library_next(library, port, known)) {
        if (known->answers_within_ms > longest)
            longest = known->answers_within_ms;
    }
    return longest;
}

const struct udp_probe *udp_library_in_turn(const struct udp_library *library, uint16_t port,
                                            uint32_t turn)
{
    const struct udp_probe *probe = udp_library_find(library, port);
    uint32_t behind = probe && turn ? turn % udp_library_questions(library, port) : 0;
    while (behind-- > 0)
        probe = udp_library_next(library, port, probe);
    return probe;
}

void udp_probe_spell_transaction(const struct udp_probe *probe, uint8_t *transaction)
{
    for (size_t i = 0; probe->transaction_is_text && i < probe->transaction_length; i++)
        transaction[i] = (uint8_t) "0123456789abcdef"[transaction[i] & 0x0f];
}

static bool fits(const struct udp_matcher *matcher, const uint8_t *answer, size_t length)
{
    if ((size_t)matcher->offset + matcher->length > length)
        return false;
    for (size_t i = 0; i < matcher->length; i++) {
        if ((answer[matcher->offset + i] ^ matcher->bytes[i]) & matcher->mask[i])
            return false;
    }
    return true;
}

static bool repeats(const struct udp_probe *probe, const uint8_t *transaction,
                    const uint8_t *answer, size_t length)
{
    if (probe->reply_transaction_offset == UDP_TRANSACTION_ANYWHERE)
        return memmem(answer, length, transaction, probe->transaction_length) != NULL;
    size_t offset = (size_t)probe->reply_transaction_offset;
    return offset + probe->transaction_length <= length &&
           memcmp(answer + offset, transaction, probe->transaction_length) == 0;
}

enum udp_match udp_probe_match(const struct udp_probe *probe, const uint8_t *transaction,
                               const uint8_t *answer, size_t length)
{
    for (size_t i = 0; i < probe->matcher_count; i++) {
        if (!fits(&probe->matchers[i], answer, length))
            return UDP_MATCH_NONE;
    }
    if (probe->transaction_length == 0 ||
        probe->reply_transaction_offset == UDP_TRANSACTION_NOWHERE)
        return UDP_MATCH_SHAPE;
    return repeats(probe, transaction, answer, length) ? UDP_MATCH_PROVEN : UDP_MATCH_NONE;
}
