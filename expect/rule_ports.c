#include "expect/rule_ports.h"

#include "expect/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ports of a larger range are not confirmed before the rest. */
enum { DECLARED_RANGE_MAX = 64, PORT_MAX = 65535, PORT_TEXT_SIZE = 64 };

#define PROTO_BIT(proto) (1U << (proto))

/* One item of a port list, before it is known for which protocols it holds. */
struct item {
    struct token token;
    char text[PORT_TEXT_SIZE];
    bool others;  /* the rest, within FIRST to LAST */
    bool service; /* TEXT is a name, to be looked up for each protocol */
    uint16_t first, last;
    unsigned protos;
};

void rule_cursor_step(struct rule_cursor *cursor)
{
    cursor->token = token_next(cursor->text, cursor->token.start + cursor->token.length);
}

struct place rule_cursor_place(const struct rule_cursor *cursor)
{
    return text_place(cursor->text, cursor->token.start);
}

const char *rule_cursor_quote(const struct rule_cursor *cursor, char quoted[static QUOTED_SIZE])
{
    struct token token = cursor->token;
    if (token.kind == TOKEN_END || cursor->text->bytes[token.start] == '\n')
        snprintf(quoted, QUOTED_SIZE, "the end");
    else
        snprintf(quoted, QUOTED_SIZE, "'%.*s'", (int)(token.length < 40 ? token.length : 40),
                 cursor->text->bytes + token.start);
    return quoted;
}

static bool token_copy(const struct text *text, struct token token, char *copy, size_t size)
{
    if (token.length >= size)
        return false;
    memcpy(copy, text->bytes + token.start, token.length);
    copy[token.length] = '\0';
    return true;
}

/* The protocols that the next token names, 0 when it names none. */
static unsigned protos_at(const struct rule_cursor *cursor)
{
    if (token_is(cursor->text, cursor->token, "tcp"))
        return PROTO_BIT(PROTO_TCP);
    if (token_is(cursor->text, cursor->token, "udp"))
        return PROTO_BIT(PROTO_UDP);
    if (token_is(cursor->text, cursor->token, "tcp+udp") ||
        token_is(cursor->text, cursor->token, "udp+tcp"))
        return PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_UDP);
    return 0;
}

/* Reads a port number at *TEXT and moves behind it. */
static bool read_number(struct rule_cursor *cursor, const char **text, uint16_t *port)
{
    const char *start = *text;
    size_t digits = strspn(start, "0123456789");
    *text = start + digits;
    if (digits > 1 && start[0] == '0') {
        complain(cursor->reader->complaints, rule_cursor_place(cursor),
                 "'%s': a port number has no leading zeros", start);
        return false;
    }
    unsigned long value = digits <= 5 ? strtoul(start, NULL, 10) : PORT_MAX + 1UL;
    if (value > PORT_MAX) {
        complain(cursor->reader->complaints, rule_cursor_place(cursor),
                 "port %.*s is out of range; ports are 0 to 65535", (int)digits, start);
        return false;
    }
    *port = (uint16_t)value;
    return true;
}

static bool looks_numeric(const char *text)
{
    return strpbrk(text, "0123456789") && text[strspn(text, "0123456789-")] == '\0';
}

/* "80" or "1000-2000" into ITEM. */
static bool read_range(struct rule_cursor *cursor, struct item *item)
{
    const char *text = item->text;
    if (*text != '-' && !read_number(cursor, &text, &item->first))
        return false;
    item->last = item->first;
    if (text > item->text && *text == '-' && text[1] >= '0' && text[1] <= '9') {
        text++;
        if (!read_number(cursor, &text, &item->last))
            return false;
    }
    if (*text != '\0') {
        complain(cursor->reader->complaints, rule_cursor_place(cursor),
                 "'%s' is neither a port nor a range such as 1000-2000", item->text);
        return false;
    }
    if (item->last < item->first) {
        complain(cursor->reader->complaints, rule_cursor_place(cursor),
                 "range %s runs backwards", item->text);
        return false;
    }
    return true;
}

static bool expect_kind(struct rule_cursor *cursor, enum token_kind kind, const char *what)
{
    char quoted[QUOTED_SIZE];
    if (cursor->token.kind == kind)
        return true;
    complain(cursor->reader->complaints, rule_cursor_place(cursor), "%s expected, not %s", what,
             rule_cursor_quote(cursor, quoted));
    return false;
}

/* The brackets of others(1-1024). */
static bool read_bounds(struct rule_cursor *cursor, struct item *item)
{
    rule_cursor_step(cursor);
    if (!expect_kind(cursor, TOKEN_WORD, "a range such as 1-1024"))
        return false;
    if (!token_copy(cursor->text, cursor->token, item->text, sizeof item->text) ||
        !looks_numeric(item->text)) {
        complain(cursor->reader->complaints, rule_cursor_place(cursor),
                 "others() takes a range of port numbers, such as others(1-1024)");
        return false;
    }
    if (!read_range(cursor, item))
        return false;
    rule_cursor_step(cursor);
    if (!expect_kind(cursor, TOKEN_UNBRACKET, "')'"))
        return false;
    rule_cursor_step(cursor);
    return true;
}

static bool read_word(struct rule_cursor *cursor, struct item *item)
{
    char quoted[QUOTED_SIZE];
    if (!token_copy(cursor->text, cursor->token, item->text, sizeof item->text)) {
        complain(cursor->reader->complaints, rule_cursor_place(cursor),
                 "%s… is too long for a port", rule_cursor_quote(cursor, quoted));
        return false;
    }
    item->first = 1;
    item->last = PORT_MAX;
    item->others = strcmp(item->text, "others") == 0;
    bool all = strcmp(item->text, "all") == 0, numeric = looks_numeric(item->text);
    item->service = !item->others && !all && !numeric;
    if (numeric && !read_range(cursor, item))
        return false;
    rule_cursor_step(cursor);
    if (item->others && cursor->token.kind == TOKEN_BRACKET)
        return read_bounds(cursor, item);
    return true;
}

/* The /udp of 53/udp. */
static bool read_suffix(struct rule_cursor *cursor, struct item *item)
{
    char quoted[QUOTED_SIZE];
    rule_cursor_step(cursor);
    item->protos = protos_at(cursor);
    if (item->protos == 0) {
        complain(cursor->reader->complaints, rule_cursor_place(cursor),
                 "tcp, udp or tcp+udp expected after '/', not %s",
                 rule_cursor_quote(cursor, quoted));
        return false;
    }
    rule_cursor_step(cursor);
    return true;
}

static bool add_range(struct rule_cursor *cursor, struct rule *rule, const struct item *item,
                      enum proto proto)
{
    struct portset *set = item->others ? &rule->rest[proto] : &rule->named[proto];
    int failed = portset_add(set, item->first, item->last);
    if (!failed && !item->others && item->last - item->first < DECLARED_RANGE_MAX)
        failed = portset_add(&rule->declared[proto], item->first, item->last);
    if (failed)
        cursor->reader->complaints->out_of_memory = true;
    return !failed;
}

static bool complain_no_service(struct rule_cursor *cursor, const struct item *item,
                                enum proto proto)
{
    char advice[SUGGESTION_TEXT_SIZE], best[SERVICE_NAME_SIZE];
    struct complaints *complaints = cursor->reader->complaints;
    struct place place = text_place(cursor->text, item->token.start);
    struct suggestion suggestion = {.word = item->text};
    if (word_from_name(item->text) >= 0 || strcmp(item->text, "not") == 0) {
        complain(complaints, place, "ports expected before '%s'", item->text);
        return false;
    }
    if (proto_from_name(item->text) >= 0) {
        complain(complaints, place,
                 "'%s' belongs before the first port, or to one of them: '53/%s'", item->text,
                 item->text);
        return false;
    }
    service_suggest(&suggestion, proto, best);
    complain(complaints, place, "'%s' is no %s service of the system's service database%s",
             item->text, proto_name(proto), suggestion_format(&suggestion, advice));
    return false;
}

static bool add_item(struct rule_cursor *cursor, struct rule *rule, struct item *item)
{
    for (int i = 0; i < PROTO_COUNT; i++) {
        if (!(item->protos & PROTO_BIT(i)))
            continue;
        if (item->service) {
            int port = service_port(item->text, (enum proto)i);
            if (port < 0)
                return complain_no_service(cursor, item, (enum proto)i);
            item->first = item->last = (uint16_t)port;
        }
        if (!add_range(cursor, rule, item, (enum proto)i))
            return false;
    }
    return true;
}

static bool parse_item(struct rule_cursor *cursor, struct rule *rule, unsigned protos)
{
    struct item item = {.token = cursor->token, .protos = protos};
    if (!expect_kind(cursor, TOKEN_WORD, "a port") || !read_word(cursor, &item))
        return false;
    if (cursor->token.kind == TOKEN_SLASH && !read_suffix(cursor, &item))
        return false;
    return add_item(cursor, rule, &item);
}

/* Keeps the ports as written, for reports. */
static bool keep_text(struct rule_cursor *cursor, struct rule *rule, size_t start, size_t end)
{
    const char *bytes = cursor->text->bytes;
    while (end > start && (bytes[end - 1] == ' ' || bytes[end - 1] == '\t'))
        end--;
    char *copy = arena_copy(cursor->reader->arena, bytes + start, end - start);
    if (!copy) {
        cursor->reader->complaints->out_of_memory = true;
        return false;
    }
    rule->ports_text = copy;
    return true;
}

bool rule_ports_parse(struct rule_cursor *cursor, struct rule *rule)
{
    unsigned protos = protos_at(cursor);
    if (protos)
        rule_cursor_step(cursor);
    else
        protos = PROTO_BIT(PROTO_TCP);
    size_t start = cursor->token.start;
    while (parse_item(cursor, rule, protos)) {
        if (cursor->token.kind != TOKEN_COMMA)
            return keep_text(cursor, rule, start, cursor->token.start);
        rule_cursor_step(cursor);
    }
    return false;
}
