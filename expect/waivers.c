/* The list under `waivers`. */
#include "expect/reader.h"

#include <string.h>

static void read_hosts(struct file_reader *reader, const struct node *value, void *context)
{
    struct waiver *waiver = context;
    waiver->hosts = reader_hosts(reader, value, "the hosts of a waiver", &waiver->host_count);
}

static void read_ports(struct file_reader *reader, const struct node *value, void *context)
{
    struct waiver *waiver = context;
    struct rule_reader rules = {reader->arena, reader->complaints};
    struct text text;
    struct rule *rule = rule_add(&rules, &waiver->ports, reader_place(reader, value));
    if (!rule || !reader_text(reader, value, "the ports of a waiver", &text) ||
        !rule_read_ports(&rules, &text, rule))
        return;
    if (rule->rest[PROTO_TCP].count || rule->rest[PROTO_UDP].count)
        complain(reader->complaints, reader_place(reader, value),
                 "'others' has no meaning in a waiver; write 'all' or a range");
}

static void add_vantage(struct file_reader *reader, struct waiver *waiver,
                        const struct node *node)
{
    const struct vantage *vantage = reader_vantage(reader, node);
    if (vantage)
        waiver->vantages[waiver->vantage_count++] = vantage;
}

static void read_from(struct file_reader *reader, const struct node *value, void *context)
{
    struct waiver *waiver = context;
    if (value->kind != NODE_SCALAR && !reader_expect(reader, value, NODE_LIST, "'from'"))
        return;
    size_t most = value->kind == NODE_SCALAR ? 1 : value->count;
    waiver->vantages = arena_array(reader->arena, most, sizeof(struct vantage *));
    if (!waiver->vantages) {
        reader_no_memory(reader);
        return;
    }
    if (value->kind == NODE_SCALAR)
        add_vantage(reader, waiver, value);
    for (const struct node *child = value->children; child; child = child->next)
        add_vantage(reader, waiver, child);
}

static void read_until(struct file_reader *reader, const struct node *value, void *context)
{
    struct waiver *waiver = context;
    waiver->until = reader_string(reader, value, "'until'");
    if (!waiver->until)
        return;
    waiver->until_day = day_parse(waiver->until);
    if (waiver->until_day < 0)
        complain(reader->complaints, reader_place(reader, value),
                 "'%.80s' is no date; write the last day as in 2026-12-31", waiver->until);
}

static void read_reason(struct file_reader *reader, const struct node *value, void *context)
{
    ((struct waiver *)context)->reason = reader_string(reader, value, "a reason");
}

static void read_owner(struct file_reader *reader, const struct node *value, void *context)
{
    ((struct waiver *)context)->owner = reader_string(reader, value, "an owner");
}

static void read_waiver(struct file_reader *reader, const struct node *node)
{
    static const struct schema_key keys[] = {
        {"hosts", true, read_hosts},   {"ports", true, read_ports},
        {"from", false, read_from},    {"until", true, read_until},
        {"reason", true, read_reason}, {"owner", false, read_owner},
    };
    struct waiver *waiver = arena_alloc(reader->arena, sizeof *waiver);
    if (!waiver) {
        reader_no_memory(reader);
        return;
    }
    waiver->place = reader_place(reader, node);
    schema_read(reader, node, "a waiver", keys, sizeof keys / sizeof keys[0], waiver);
    *reader->policy->waivers_end = waiver;
    reader->policy->waivers_end = &waiver->next;
    reader->policy->waiver_count++;
}

void read_waivers(struct file_reader *reader, const struct node *node, void *context)
{
    (void)context;
    if (!reader_expect(reader, node, NODE_LIST, "'waivers'"))
        return;
    for (const struct node *child = node->children; child; child = child->next)
        read_waiver(reader, child);
}
