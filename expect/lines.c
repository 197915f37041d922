/* Policies from the command line: rule lines and targets, or ports and targets. */
#include "expect/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each of the -e lines as one line of a source; a newline inside of one separates rules
 * as `;` does. */
static struct source *join_lines(struct arena *arena, const char *const *rules, size_t count)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        for (const char *c = rules[i]; *c; c++)
            fputc(*c == '\n' ? ';' : *c == '\r' ? ' ' : *c, out);
        fputc('\n', out);
    }
    bool failed = ferror(out);
    struct source *source = NULL;
    if (fclose(out) == 0 && !failed)
        source = source_new(arena, "-e", text, length);
    free(text);
    return source;
}

/* A source for what is said about the command line itself: it has no lines. */
static struct source *command_line(struct arena *arena)
{
    struct source *source = source_new(arena, COMMAND_LINE, "", 0);
    if (source)
        source->line_count = 0;
    return source;
}

static struct block *add_targets(struct policy *policy, const char *const *targets,
                                 size_t count, struct complaints *complaints)
{
    struct source *source = command_line(&policy->arena);
    struct block *block = policy_add_block(policy, NULL, count);
    if (!source || !block)
        return NULL;
    struct place place = {source, 0};
    if (count == 0)
        complain(complaints, place, "no target: name at least one host, address or block");
    for (size_t i = 0; i < count; i++) {
        const char *text = arena_copy(&policy->arena, targets[i], strlen(targets[i]));
        if (!text)
            return NULL;
        if (host_spec_parse(&block->hosts[block->host_count], text, place, complaints))
            block->host_count++;
    }
    return block;
}

static void read_lines(struct policy *policy, const struct source *source, size_t count,
                       struct rule_list *list, struct complaints *complaints)
{
    struct rule_reader reader = {&policy->arena, complaints};
    for (size_t i = 0; i < count; i++) {
        size_t start = source->lines[i], end = start;
        while (source->text[end] != '\n')
            end++;
        struct text text;
        if (text_from_source(&text, &policy->arena, source, start, end - start))
            rule_read_lines(&reader, &text, list);
    }
}

/* Hands out POLICY, or frees it when there were errors. */
static struct policy *finish(struct policy *policy, struct complaints *complaints)
{
    if (policy->arena.failed)
        complaints->out_of_memory = true;
    if (!complaints_any_error(complaints))
        return policy;
    policy_free(policy);
    return NULL;
}

struct policy *policy_from_rules(const char *const *rules, size_t rule_count,
                                 const char *const *targets, size_t target_count,
                                 struct complaints *complaints)
{
    struct policy *policy = policy_new();
    if (!policy) {
        complaints->out_of_memory = true;
        return NULL;
    }
    struct block *block = add_targets(policy, targets, target_count, complaints);
    struct source *source = join_lines(&policy->arena, rules, rule_count);
    struct rule_set *set = NULL;
    if (block && source)
        set = block_add_rules(policy, block, NULL, (struct place){source, 0});
    if (!set) {
        complaints->out_of_memory = true;
        return finish(policy, complaints);
    }
    read_lines(policy, source, rule_count, &set->rules, complaints);
    if (!complaints_any_error(complaints))
        policy_check_conflicts(policy, complaints);
    return finish(policy, complaints);
}

static int add_default_ports(struct rule *rule, const struct udp_library *library)
{
    int failed = portset_add(&rule->named[PROTO_TCP], 1, 65535);
    for (unsigned port = 0; port <= 65535 && !failed; port++) {
        const struct udp_probe *probe = udp_library_find(library, (uint16_t)port);
        if (probe && !probe->never_answers)
            failed = portset_add(&rule->named[PROTO_UDP], (uint16_t)port, (uint16_t)port);
    }
    return failed;
}

/* The ports of -p. False: no memory. */
static bool add_written_ports(struct policy *policy, struct rule *rule,
                              const struct source *source, struct complaints *complaints)
{
    struct rule_reader reader = {&policy->arena, complaints};
    struct text text;
    if (!text_from_source(&text, &policy->arena, source, 0, source->length))
        return false;
    if (rule_read_ports(&reader, &text, rule) &&
        (rule->rest[PROTO_TCP].count || rule->rest[PROTO_UDP].count))
        complain(complaints, text_place(&text, 0),
                 "'others' has no meaning here; write 'all' or a range");
    return true;
}

/* Adds the one rule of a scan. False: no memory. */
static bool add_ports(struct policy *policy, struct block *block, const char *ports,
                      const struct udp_library *library, struct complaints *complaints)
{
    struct rule_reader reader = {&policy->arena, complaints};
    const char *text = ports ? ports : "";
    struct source *source = source_new(&policy->arena, "-p", text, strlen(text));
    if (!source)
        return false;
    struct place place = {source, 0};
    struct rule_set *set = block_add_rules(policy, block, NULL, place);
    struct rule *rule = set ? rule_add(&reader, &set->rules, place) : NULL;
    if (!rule)
        return false;
    if (!ports)
        return add_default_ports(rule, library) == 0;
    return add_written_ports(policy, rule, source, complaints);
}

struct policy *policy_from_ports(const char *ports, const struct udp_library *library,
                                 const char *const *targets, size_t target_count,
                                 struct complaints *complaints)
{
    struct policy *policy = policy_new();
    if (!policy) {
        complaints->out_of_memory = true;
        return NULL;
    }
    policy->scan = true;
    struct block *block = add_targets(policy, targets, target_count, complaints);
    if (!block || !add_ports(policy, block, ports, library, complaints))
        complaints->out_of_memory = true;
    return finish(policy, complaints);
}
