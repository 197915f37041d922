/* The value of `expect`: rule lines, lists of rules, or a map of vantages to them. */
#include "expect/reader.h"

#include <string.h>

static void read_rule_ports(struct file_reader *reader, const struct node *value, void *context)
{
    struct rule *rule = context;
    struct rule_reader rules = {reader->arena, reader->complaints};
    struct text text;
    rule->place = reader_place(reader, value);
    if (!reader_text(reader, value, "the ports of a rule", &text) ||
        !rule_read_ports(&rules, &text, rule))
        rule->faulty = true;
}

static void read_rule_state(struct file_reader *reader, const struct node *value, void *context)
{
    struct rule *rule = context;
    struct rule_reader rules = {reader->arena, reader->complaints};
    struct text text;
    if (!reader_text(reader, value, "the state of a rule", &text) ||
        !rule_read_states(&rules, &text, rule))
        rule->faulty = true;
}

static void read_rule_note(struct file_reader *reader, const struct node *value, void *context)
{
    struct rule *rule = context;
    rule->note = reader_string(reader, value, "a note");
}

/* {ports: 4648/udp, state: open or silent, note: …} */
static void read_rule_map(struct file_reader *reader, struct rule_list *list,
                          const struct node *node)
{
    static const struct schema_key keys[] = {
        {"ports", true, read_rule_ports},
        {"state", true, read_rule_state},
        {"note", false, read_rule_note},
    };
    struct rule_reader rules = {reader->arena, reader->complaints};
    struct rule *rule = rule_add(&rules, list, reader_place(reader, node));
    if (!rule)
        return;
    if (!schema_read(reader, node, "a rule", keys, sizeof keys / sizeof keys[0], rule))
        rule->faulty = true;
    if (!rule->faulty)
        rule->faulty = !rule_check(&rules, rule);
}

static void read_rule_lines(struct file_reader *reader, struct rule_list *list,
                            const struct node *node)
{
    struct rule_reader rules = {reader->arena, reader->complaints};
    struct text text;
    if (reader_text(reader, node, "a rule", &text))
        rule_read_lines(&rules, &text, list);
}

static void read_rules(struct file_reader *reader, struct block *block,
                       const struct vantage *vantage, const struct node *node)
{
    struct rule_set *set =
        block_add_rules(reader->policy, block, vantage, reader_place(reader, node));
    if (!set) {
        reader_no_memory(reader);
        return;
    }
    if (node->kind == NODE_SCALAR) {
        read_rule_lines(reader, &set->rules, node);
        return;
    }
    if (!reader_expect(reader, node, NODE_LIST, "rules"))
        return;
    for (const struct node *child = node->children; child; child = child->next) {
        if (child->kind == NODE_MAP)
            read_rule_map(reader, &set->rules, child);
        else
            read_rule_lines(reader, &set->rules, child);
    }
}

/* Words that are taken for vantages when something was put one level too high or low. */
static bool check_misplaced(struct file_reader *reader, const struct node *key)
{
    static const struct {
        const char *key, *advice;
    } rows[] = {
        {"ports", "a rule of its own keys is an item of a list: put '- ' before it"},
        {"state", "a rule of its own keys is an item of a list: put '- ' before it"},
        {"note", "a rule of its own keys is an item of a list: put '- ' before it"},
        {"expect", "rules stand right under the host; only groups have 'expect'"},
        {"hosts", "several hosts are a group, under 'groups'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].key, key->text) != 0)
            continue;
        struct complaint *complaint = complain(reader->complaints, reader_place(reader, key),
                                               "'%s' does not belong here", key->text);
        complaint_set_hint(reader->complaints, complaint, "%s", rows[i].advice);
        return false;
    }
    return true;
}

void read_expectations(struct file_reader *reader, struct block *block, const struct node *node)
{
    if (node->kind != NODE_MAP) {
        read_rules(reader, block, NULL, node);
        return;
    }
    if (!reader_expect(reader, node, NODE_MAP, "expectations"))
        return;
    for (const struct node *child = node->children; child; child = child->next) {
        if (!check_misplaced(reader, child->key))
            return;
        struct vantage *vantage = reader_vantage(reader, child->key);
        if (!vantage)
            continue;
        vantage->used = true;
        read_rules(reader, block, vantage, child);
    }
}
