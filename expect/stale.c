#include "expect/stale.h"

/* May the waiver's ports be among those that RULE speaks of? `others` speaks of all. */
static bool may_concern(const struct waiver *waiver, const struct rule *rule)
{
    for (int i = 0; i < PROTO_COUNT; i++) {
        const struct portset *ports = waiver_ports(waiver, (enum proto)i);
        if (portset_overlaps(&rule->named[i], ports) || portset_overlaps(&rule->rest[i], ports))
            return true;
    }
    return false;
}

static bool holds_from(const struct waiver *waiver, const struct rule_set *set)
{
    if (!set->vantage || waiver->vantage_count == 0)
        return true;
    for (size_t i = 0; i < waiver->vantage_count; i++) {
        if (waiver->vantages[i] == set->vantage)
            return true;
    }
    return false;
}

static bool any_rule(const struct waiver *waiver, const struct rule_set *set)
{
    const struct rule *rule = set->rules.first;
    while (rule && !may_concern(waiver, rule))
        rule = rule->next;
    return rule && holds_from(waiver, set);
}

/* Does BLOCK name SPEC, or with MAYBE some host whose address SPEC could be? */
static bool is_of_block(const struct block *block, const struct host_spec *spec, bool maybe)
{
    for (size_t i = 0; i < block->host_count; i++) {
        const struct host_spec *host = &block->hosts[i];
        if (host_spec_overlaps(host, spec) ||
            (maybe && host_spec_is_name(host) && !host_spec_is_name(spec)))
            return true;
    }
    return false;
}

static const struct block *find_block(const struct policy *policy, const struct host_spec *spec,
                                      bool maybe)
{
    const struct block *block = policy->blocks;
    while (block && !is_of_block(block, spec, maybe))
        block = block->next;
    return block;
}

bool policy_may_audit(const struct policy *policy, const struct host_spec *spec)
{
    return find_block(policy, spec, true) != NULL;
}

const char *waiver_fault(const struct policy *policy, const struct waiver *waiver,
                         const struct host_spec *spec)
{
    bool maybe = !find_block(policy, spec, false);
    if (!find_block(policy, spec, maybe))
        return "no host of these files";
    for (const struct block *block = policy->blocks; block; block = block->next) {
        if (!is_of_block(block, spec, maybe))
            continue;
        for (const struct rule_set *set = block->sets; set; set = set->next) {
            if (any_rule(waiver, set))
                return NULL;
        }
    }
    return "ports of which nothing is expected";
}
