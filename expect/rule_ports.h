/* The ports part of a rule: `80`, `1000-2000`, `https`, `53/udp`, `others(1-1024)`, `all`.
 * Used by rule.c alone. */
#ifndef EXPECT_RULE_PORTS_H
#define EXPECT_RULE_PORTS_H

#include "expect/rule.h"
#include "expect/token.h"

/* Where a parser stands in its text. */
struct rule_cursor {
    struct rule_reader *reader;
    const struct text *text;
    struct token token; /* the one to be read next */
};

void rule_cursor_step(struct rule_cursor *cursor);

/* "'word'" of a token for a message, long ones cut. Returns QUOTED. */
enum { QUOTED_SIZE = 64 };
const char *rule_cursor_quote(const struct rule_cursor *cursor,
                              char quoted[static QUOTED_SIZE]);

/* The place of the next token. */
struct place rule_cursor_place(const struct rule_cursor *cursor);

/* Reads `[proto] item {, item}` into RULE and leaves the cursor behind it. False: there
 * was an error, now in the complaints. */
bool rule_ports_parse(struct rule_cursor *cursor, struct rule *rule);

#endif
