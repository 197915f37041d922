#include "expect/rule.h"

#include "expect/rule_ports.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 40 };

static void rule_release(struct rule *rule)
{
    for (int i = 0; i < PROTO_COUNT; i++) {
        portset_free(&rule->named[i]);
        portset_free(&rule->declared[i]);
        portset_free(&rule->rest[i]);
    }
}

void rule_list_free(struct rule_list *list)
{
    for (struct rule *rule = list->first; rule; rule = rule->next)
        rule_release(rule);
    *list = (struct rule_list){0};
}

static void append(struct rule_list *list, struct rule *rule)
{
    if (list->last)
        list->last->next = rule;
    else
        list->first = rule;
    list->last = rule;
    list->count++;
}

struct rule *rule_add(struct rule_reader *reader, struct rule_list *list, struct place place)
{
    struct rule *rule = arena_alloc(reader->arena, sizeof *rule);
    if (!rule) {
        reader->complaints->out_of_memory = true;
        return NULL;
    }
    rule->place = place;
    append(list, rule);
    return rule;
}

/* Copies the next token's text for a lookup; longer ones are in no table. */
static const char *copy_name(const struct rule_cursor *cursor, char name[static NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "%.*s",
             (int)(cursor->token.length < NAME_SIZE ? cursor->token.length : NAME_SIZE),
             cursor->text->bytes + cursor->token.start);
    return name;
}

/* The (reset) of rejected(reset). */
static bool parse_reason(struct rule_cursor *cursor, struct states *states)
{
    char name[NAME_SIZE], quoted[QUOTED_SIZE], advice[SUGGESTION_TEXT_SIZE];
    rule_cursor_step(cursor);
    int reason = rejection_from_name(copy_name(cursor, name));
    if (reason < 0) {
        struct suggestion suggestion = {.word = name};
        rejection_suggest(&suggestion);
        complain(cursor->reader->complaints, rule_cursor_place(cursor),
                 "%s is no reason of a rejection%s", rule_cursor_quote(cursor, quoted),
                 suggestion_format(&suggestion, advice));
        return false;
    }
    rule_cursor_step(cursor);
    if (cursor->token.kind != TOKEN_UNBRACKET) {
        complain(cursor->reader->complaints, rule_cursor_place(cursor),
                 "')' expected after the reason, not %s", rule_cursor_quote(cursor, quoted));
        return false;
    }
    states->reasons |= UINT64_C(1) << reason;
    rule_cursor_step(cursor);
    return true;
}

static bool reject_word(const struct rule_cursor *cursor)
{
    char name[NAME_SIZE], quoted[QUOTED_SIZE], advice[SUGGESTION_TEXT_SIZE];
    struct suggestion suggestion = {.word = copy_name(cursor, name)};
    word_suggest(&suggestion);
    struct complaint *complaint = complain(
        cursor->reader->complaints, rule_cursor_place(cursor), "a state expected, not %s%s",
        rule_cursor_quote(cursor, quoted), suggestion_format(&suggestion, advice));
    bool port = name[0] >= '0' && name[0] <= '9';
    if (!suggestion.best)
        complaint_set_hint(cursor->reader->complaints, complaint, "%s",
                           port ? "ports are separated by commas"
                                : "states: open, closed, rejected, dropped, silent, "
                                  "filtered, refused, not open");
    return false;
}

/* One word, two for `not open`, with a reason for rejected. */
static bool parse_state(struct rule_cursor *cursor, struct states *states)
{
    char name[NAME_SIZE];
    if (token_is(cursor->text, cursor->token, "not")) {
        rule_cursor_step(cursor);
        if (!token_is(cursor->text, cursor->token, "open")) {
            complain(cursor->reader->complaints, rule_cursor_place(cursor),
                     "'not' goes with 'open' alone: 'not open'");
            return false;
        }
        rule_cursor_step(cursor);
        states->words |= 1U << WORD_NOT_OPEN;
        return true;
    }
    int word = word_from_name(copy_name(cursor, name));
    if (word < 0 || cursor->token.kind != TOKEN_WORD)
        return reject_word(cursor);
    rule_cursor_step(cursor);
    if (cursor->token.kind != TOKEN_BRACKET) {
        states->words |= 1U << word;
        return true;
    }
    if (word != WORD_REJECTED) {
        complain(cursor->reader->complaints, rule_cursor_place(cursor),
                 "only 'rejected' takes a reason, as in rejected(reset)");
        return false;
    }
    return parse_reason(cursor, states);
}

static bool parse_states(struct rule_cursor *cursor, struct states *states)
{
    while (parse_state(cursor, states)) {
        if (cursor->token.kind != TOKEN_BAR && !token_is(cursor->text, cursor->token, "or"))
            return true;
        rule_cursor_step(cursor);
    }
    return false;
}

static bool at_end(const struct rule_cursor *cursor)
{
    return cursor->token.kind == TOKEN_END || cursor->token.kind == TOKEN_SEPARATOR;
}

/* For what must be the end of the whole text, or just of the rule. */
static bool expect_end(const struct rule_cursor *cursor, bool whole, const char *what)
{
    char quoted[QUOTED_SIZE];
    if (cursor->token.kind == TOKEN_END || (!whole && at_end(cursor)))
        return true;
    complain(cursor->reader->complaints, rule_cursor_place(cursor), "%s expected, not %s", what,
             rule_cursor_quote(cursor, quoted));
    return false;
}

bool rule_check(struct rule_reader *reader, const struct rule *rule)
{
    for (int i = 0; i < PROTO_COUNT; i++) {
        bool concerned = rule->named[i].count > 0 || rule->rest[i].count > 0;
        if (concerned && !states_possible(&rule->states, (enum proto)i)) {
            complain(reader->complaints, rule->place,
                     "no TCP port is ever 'silent', that is UDP's; for TCP write 'dropped'");
            return false;
        }
    }
    return true;
}

static bool parse_rule(struct rule_cursor *cursor, struct rule *rule)
{
    if (!rule_ports_parse(cursor, rule))
        return false;
    if (at_end(cursor)) {
        complain(cursor->reader->complaints, rule_cursor_place(cursor),
                 "a state expected after the ports, as in '%s open'", rule->ports_text);
        return false;
    }
    return parse_states(cursor, &rule->states) &&
           expect_end(cursor, false, "'or', ';' or the end of the rule") &&
           rule_check(cursor->reader, rule);
}

static struct rule_cursor cursor_at_start(struct rule_reader *reader, const struct text *text)
{
    return (struct rule_cursor){reader, text, token_next(text, 0)};
}

void rule_read_lines(struct rule_reader *reader, const struct text *text,
                     struct rule_list *list)
{
    struct rule_cursor cursor = cursor_at_start(reader, text);
    bool any = false;
    while (cursor.token.kind != TOKEN_END && reader->complaints->count < COMPLAINTS_KEPT_MAX &&
           list->count <= RULES_OF_HOST_MAX) {
        if (cursor.token.kind == TOKEN_SEPARATOR) {
            rule_cursor_step(&cursor);
            continue;
        }
        any = true;
        struct rule *rule = rule_add(reader, list, rule_cursor_place(&cursor));
        if (!rule)
            return;
        /* After an error the next rule is read, so that all errors are shown at once. */
        if (!parse_rule(&cursor, rule)) {
            rule->faulty = true;
            while (!at_end(&cursor))
                rule_cursor_step(&cursor);
        }
    }
    if (!any)
        complain(reader->complaints, text_place(text, 0),
                 "a rule expected, such as '80,443 open; others filtered'");
}

bool rule_read_ports(struct rule_reader *reader, const struct text *text, struct rule *rule)
{
    struct rule_cursor cursor = cursor_at_start(reader, text);
    return rule_ports_parse(&cursor, rule) &&
           expect_end(&cursor, true, "',' or the end of the ports");
}

bool rule_read_states(struct rule_reader *reader, const struct text *text, struct rule *rule)
{
    struct rule_cursor cursor = cursor_at_start(reader, text);
    return parse_states(&cursor, &rule->states) &&
           expect_end(&cursor, true, "'or' or the end of the states");
}
