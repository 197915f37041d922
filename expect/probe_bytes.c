/* The bytes of probe files: what is sent, and what an answer is compared with. */
#include "expect/probe_file.h"

#include <stdlib.h>
#include <string.h>

/* The last place in an answer that is looked at: of a long one the capture keeps the beginning,
 * which has to hold what a matcher there compares. */
enum { PLACE_MAX = 128 };
enum { ANSWERS_WITHIN_MS_MAX = 10000 };

static int hex_digit(char byte)
{
    static const char digits[] = "0123456789abcdef";
    const char *found =
        byte ? strchr(digits, byte >= 'A' && byte <= 'F' ? byte + 32 : byte) : NULL;
    return found ? (int)(found - digits) : -1;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Reads hex digits, white space left out, into BYTES. Returns how many bytes there are, or
 * -1 with a complaint. */
static int read_hex(struct file_reader *reader, const struct node *node, uint8_t *bytes,
                    size_t most)
{
    struct text text;
    size_t digits = 0;
    if (!reader_scalar(reader, node, "hex", &text))
        return -1;
    for (size_t i = 0; i < text.length; i++) {
        if (is_blank(text.bytes[i]))
            continue;
        int digit = hex_digit(text.bytes[i]);
        if (digit < 0) {
            complain(reader->complaints, text_place(&text, i), "not a hexadecimal digit");
            return -1;
        }
        if (digits / 2 == most) {
            complain(reader->complaints, text_place(&text, i), "more than %zu bytes", most);
            return -1;
        }
        bytes[digits / 2] = (uint8_t)(digits % 2 ? bytes[digits / 2] | digit : digit << 4);
        digits++;
    }
    if (digits == 0 || digits % 2) {
        complain(reader->complaints, reader_place(reader, node),
                 "a byte is two hexadecimal digits");
        return -1;
    }
    return (int)(digits / 2);
}

static int read_text(struct file_reader *reader, const struct node *node, uint8_t *bytes,
                     size_t most)
{
    struct text text;
    if (!reader_scalar(reader, node, "text", &text))
        return -1;
    if (text.length == 0 || text.length > most) {
        complain(reader->complaints, reader_place(reader, node), "text has 1 to %zu bytes here",
                 most);
        return -1;
    }
    memcpy(bytes, text.bytes, text.length);
    return (int)text.length;
}

/* A decimal number from LEAST to MOST, or -1 with a complaint. */
static int read_number(struct file_reader *reader, const struct node *node, int least, int most)
{
    struct text text;
    if (!reader_scalar(reader, node, "a number", &text))
        return -1;
    size_t digits = strspn(text.bytes, "0123456789");
    bool decimal = digits == text.length && digits > 0 && digits <= 5 &&
                   (text.bytes[0] != '0' || digits == 1);
    int value = decimal ? atoi(text.bytes) : -1;
    if (value < least || value > most) {
        complain(reader->complaints, reader_place(reader, node), "a number from %d to %d",
                 least, most);
        return -1;
    }
    return value;
}

void read_answers_within(struct file_reader *reader, const struct node *value, void *context)
{
    struct udp_probe *probe = &((struct probe_draft *)context)->probe;
    int milliseconds = read_number(reader, value, 1, ANSWERS_WITHIN_MS_MAX);
    if (milliseconds > 0)
        probe->answers_within_ms = (uint16_t)milliseconds;
}

static int add_zeros(struct file_reader *reader, const struct node *node, uint8_t *bytes,
                     size_t most)
{
    int count = read_number(reader, node, 1, (int)most);
    if (count > 0)
        memset(bytes, 0, (size_t)count);
    return count;
}

static int add_transaction(struct file_reader *reader, const struct node *node, uint8_t *bytes,
                           size_t most)
{
    int room = most < UDP_TRANSACTION_MAX ? (int)most : UDP_TRANSACTION_MAX;
    int count = read_number(reader, node, 1, room);
    if (count > 0)
        memset(bytes, 0, (size_t)count);
    return count;
}

/* The kinds of parts: each writes its bytes and returns how many, or -1. */
static const struct part_kind {
    const char *name;
    int (*read)(struct file_reader *reader, const struct node *node, uint8_t *bytes,
                size_t most);
    bool transaction, text;
} part_kinds[] = {
    {"hex", read_hex, false, false},
    {"text", read_text, false, false},
    {"zeros", add_zeros, false, false},
    {"transaction", add_transaction, true, false},
    {"transaction-text", add_transaction, true, true},
};

static const struct part_kind *find_part(const char *name)
{
    for (size_t i = 0; i < sizeof part_kinds / sizeof part_kinds[0]; i++) {
        if (strcmp(part_kinds[i].name, name) == 0)
            return &part_kinds[i];
    }
    return NULL;
}

static void note_transaction(struct file_reader *reader, struct probe_draft *draft,
                             const struct node *node, const struct part_kind *kind, int count)
{
    if (draft->has_transaction)
        complain(reader->complaints, reader_place(reader, node),
                 "a payload has one transaction at most");
    draft->has_transaction = true;
    draft->probe.transaction_offset = draft->probe.payload_length;
    draft->probe.transaction_length = (uint16_t)count;
    draft->probe.transaction_is_text = kind->text;
}

static void read_part(struct file_reader *reader, struct probe_draft *draft,
                      const struct node *node)
{
    struct udp_probe *probe = &draft->probe;
    if (!reader_expect(reader, node, NODE_MAP, "a part of a payload"))
        return;
    const struct node *value = node->children;
    const struct part_kind *kind = find_part(value->key->text);
    if (node->count != 1 || !kind) {
        complain(reader->complaints, reader_place(reader, value->key),
                 "a part of a payload is one of hex, text, zeros, transaction and "
                 "transaction-text");
        return;
    }
    size_t room = (size_t)UDP_PAYLOAD_MAX - probe->payload_length;
    if (room == 0) {
        complain(reader->complaints, reader_place(reader, node),
                 "a payload has %d bytes at most", UDP_PAYLOAD_MAX);
        return;
    }
    int count = kind->read(reader, value, probe->payload + probe->payload_length, room);
    if (count < 0)
        return;
    if (kind->transaction)
        note_transaction(reader, draft, node, kind, count);
    probe->payload_length = (uint16_t)(probe->payload_length + count);
}

void read_payload(struct file_reader *reader, const struct node *value, void *context)
{
    struct probe_draft *draft = context;
    if (!reader_expect(reader, value, NODE_LIST, "'payload'"))
        return;
    draft->probe.payload = malloc(UDP_PAYLOAD_MAX);
    if (!draft->probe.payload) {
        reader_no_memory(reader);
        return;
    }
    for (const struct node *child = value->children; child; child = child->next)
        read_part(reader, draft, child);
}

/* A matcher that is being read. */
struct matcher_draft {
    struct udp_matcher matcher;
    int bytes, mask; /* how many there are; -1: none, or an error */
};

static void read_at(struct file_reader *reader, const struct node *value, void *context)
{
    struct matcher_draft *draft = context;
    int at = read_number(reader, value, 0, PLACE_MAX);
    if (at >= 0)
        draft->matcher.offset = (uint16_t)at;
}

static void read_matcher_hex(struct file_reader *reader, const struct node *value,
                             void *context)
{
    struct matcher_draft *draft = context;
    draft->bytes = read_hex(reader, value, draft->matcher.bytes, sizeof draft->matcher.bytes);
}

static void read_matcher_text(struct file_reader *reader, const struct node *value,
                              void *context)
{
    struct matcher_draft *draft = context;
    draft->bytes = read_text(reader, value, draft->matcher.bytes, sizeof draft->matcher.bytes);
}

static void read_mask(struct file_reader *reader, const struct node *value, void *context)
{
    struct matcher_draft *draft = context;
    draft->mask = read_hex(reader, value, draft->matcher.mask, sizeof draft->matcher.mask);
    if (draft->bytes >= 0 && draft->mask >= 0 && draft->mask != draft->bytes)
        complain(reader->complaints, reader_place(reader, value),
                 "a mask is as long as the bytes that it masks");
}

static void read_matcher(struct file_reader *reader, struct udp_probe *probe,
                         const struct node *node)
{
    static const struct schema_key keys[] = {
        {"at", true, read_at},
        {"hex", false, read_matcher_hex},
        {"text", false, read_matcher_text},
        {"mask", false, read_mask},
    };
    struct matcher_draft draft = {.bytes = -1, .mask = -1};
    memset(draft.matcher.mask, 0xFF, sizeof draft.matcher.mask);
    if (!schema_read(reader, node, "a matcher", keys, sizeof keys / sizeof keys[0], &draft))
        return;
    if (!node_find(node, "hex") == !node_find(node, "text"))
        complain(reader->complaints, reader_place(reader, node),
                 "a matcher has either 'hex' or 'text'");
    if (draft.bytes < 0)
        return;
    draft.matcher.length = (uint16_t)draft.bytes;
    probe->matchers[probe->matcher_count++] = draft.matcher;
}

static void read_match(struct file_reader *reader, const struct node *value, void *context)
{
    struct udp_probe *probe = &((struct probe_draft *)context)->probe;
    if (!reader_expect(reader, value, NODE_LIST, "'match'"))
        return;
    if (value->count > UDP_MATCHERS_MAX) {
        complain(reader->complaints, reader_place(reader, value), "more than %d matchers",
                 UDP_MATCHERS_MAX);
        return;
    }
    probe->matchers = calloc(value->count, sizeof *probe->matchers);
    if (!probe->matchers) {
        reader_no_memory(reader);
        return;
    }
    for (const struct node *child = value->children; child; child = child->next)
        read_matcher(reader, probe, child);
}

static void read_transaction_at(struct file_reader *reader, const struct node *value,
                                void *context)
{
    struct probe_draft *draft = context;
    if (!draft->has_transaction)
        complain(reader->complaints, reader_place(reader, value),
                 "the payload has no transaction that an answer could repeat");
    if (value->kind == NODE_SCALAR && strcmp(value->text, "anywhere") == 0) {
        draft->probe.reply_transaction_offset = UDP_TRANSACTION_ANYWHERE;
        return;
    }
    int at = read_number(reader, value, 0, PLACE_MAX);
    if (at >= 0)
        draft->probe.reply_transaction_offset = at;
}

void read_answer(struct file_reader *reader, const struct node *value, void *context)
{
    static const struct schema_key keys[] = {
        {"transaction-at", false, read_transaction_at},
        {"match", false, read_match},
    };
    schema_read(reader, value, "an answer", keys, sizeof keys / sizeof keys[0], context);
}
