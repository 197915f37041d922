#include "expect/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The rules that apply, in the order of the policy. */
struct rule_array {
    struct rule **rules;
    size_t count, capacity;
};

void profile_free(struct profile *profile)
{
    for (size_t i = 0; i < profile->count; i++) {
        portset_free(&profile->assignments[i].ports);
        free(profile->assignments[i].expected);
        free(profile->assignments[i].place);
    }
    free(profile->assignments);
    for (int i = 0; i < PROTO_COUNT; i++) {
        portset_free(&profile->ports[i]);
        portset_free(&profile->declared[i]);
    }
    *profile = (struct profile){0};
}

static int append_rules(struct rule_array *array, const struct rule_list *list,
                        struct complaints *complaints)
{
    if (array->count + list->count > RULES_OF_HOST_MAX) {
        if (complaints && list->first)
            complain(complaints, list->first->place, "more than %d rules for one host",
                     RULES_OF_HOST_MAX);
        return 0;
    }
    struct rule **rules =
        reallocarray(array->rules, array->count + list->count + 1, sizeof *rules);
    if (!rules)
        return -ENOMEM;
    array->rules = rules;
    for (struct rule *rule = list->first; rule; rule = rule->next) {
        if (!rule->faulty)
            rules[array->count++] = rule;
    }
    return 0;
}

static int gather_rules(struct rule_array *array, const struct block *const *blocks,
                        size_t count, const struct vantage *vantage,
                        struct complaints *complaints)
{
    for (size_t i = 0; i < count; i++) {
        for (const struct rule_set *set = blocks[i]->sets; set; set = set->next) {
            if (set->vantage && set->vantage != vantage)
                continue;
            int failed = append_rules(array, &set->rules, complaints);
            if (failed)
                return failed;
        }
    }
    return 0;
}

static struct assignment *add_assignment(struct profile *profile)
{
    if (profile->count == profile->capacity) {
        size_t wanted = profile->capacity ? 2 * profile->capacity : 8;
        struct assignment *assignments =
            reallocarray(profile->assignments, wanted, sizeof *assignments);
        if (!assignments)
            return NULL;
        profile->assignments = assignments;
        profile->capacity = wanted;
    }
    struct assignment *assignment = &profile->assignments[profile->count];
    *assignment = (struct assignment){0};
    return assignment;
}

/* The earlier rule that has some of PORTS. */
static const struct assignment *find_owner(const struct profile *profile, enum proto proto,
                                           const struct portset *ports)
{
    for (size_t i = 0; i < profile->count; i++) {
        const struct assignment *assignment = &profile->assignments[i];
        if (assignment->proto == proto && portset_overlaps(&assignment->ports, ports))
            return assignment;
    }
    return NULL;
}

/* The first port of SET that is in OTHER too, for a message. */
static unsigned first_common(const struct portset *set, const struct portset *other)
{
    size_t i = 0, j = 0;
    while (i < set->count && j < other->count) {
        const struct port_range *a = &set->ranges[i], *b = &other->ranges[j];
        if (a->last < b->first)
            i++;
        else if (b->last < a->first)
            j++;
        else
            return a->first > b->first ? a->first : b->first;
    }
    return 0;
}

static void complain_conflict(const struct assignment *owner, struct rule *rule,
                              const struct portset *ports, struct complaints *complaints)
{
    if (!complaints || rule->complained)
        return;
    rule->complained = true;
    const char *proto = proto_name(owner->proto);
    unsigned port = first_common(&owner->ports, ports);
    char *earlier = states_format(&owner->rule->states), *now = states_format(&rule->states);
    struct complaint *complaint = NULL;
    if (!earlier || !now)
        complaints->out_of_memory = true;
    else if (states_equal(&owner->rule->states, &rule->states, owner->proto))
        complaint = warn(complaints, rule->place, "%s port %u is named twice", proto, port);
    else
        complaint = complain(complaints, rule->place,
                             "%s port %u is '%s' here, but another rule says '%s'", proto, port,
                             now, earlier);
    complaint_point_to(complaints, complaint, "the other rule", owner->rule->place);
    free(earlier);
    free(now);
}

/* Gives RULE its ports of PROTO: what it names, and of the rest what no rule of NAMED_BY_ANY
 * names, less what an earlier rule has. */
static int assign(struct profile *profile, struct rule *rule, enum proto proto,
                  const struct portset *named_by_any, struct complaints *complaints)
{
    struct assignment *assignment = add_assignment(profile);
    if (!assignment)
        return -ENOMEM;
    struct portset *ports = &assignment->ports;
    assignment->rule = rule;
    assignment->proto = proto;
    int failed = portset_add_set(ports, &rule->rest[proto]);
    if (!failed)
        failed = portset_remove_set(ports, named_by_any);
    if (!failed)
        failed = portset_add_set(ports, &rule->named[proto]);
    if (!failed && portset_overlaps(ports, &profile->ports[proto])) {
        const struct assignment *owner = find_owner(profile, proto, ports);
        complain_conflict(owner, rule, ports, complaints);
        failed = portset_remove_set(ports, &profile->ports[proto]);
    }
    if (!failed)
        failed = portset_add_set(&profile->ports[proto], ports);
    if (!failed)
        failed = portset_add_set(&profile->declared[proto], &rule->declared[proto]);
    if (failed || ports->count == 0)
        portset_free(ports);
    else
        profile->count++;
    return failed;
}

static int assign_all(struct profile *profile, const struct rule_array *array, enum proto proto,
                      struct complaints *complaints)
{
    struct portset named = {0};
    int failed = 0;
    for (size_t i = 0; i < array->count && !failed; i++)
        failed = portset_add_set(&named, &array->rules[i]->named[proto]);
    for (size_t i = 0; i < array->count && !failed; i++) {
        const struct rule *rule = array->rules[i];
        if (rule->named[proto].count || rule->rest[proto].count)
            failed = assign(profile, array->rules[i], proto, &named, complaints);
    }
    portset_free(&named);
    return failed;
}

int profile_make(struct profile *profile, const struct block *const *blocks, size_t count,
                 const struct vantage *vantage, struct complaints *complaints)
{
    struct rule_array array = {0};
    *profile = (struct profile){0};
    int failed = gather_rules(&array, blocks, count, vantage, complaints);
    for (int i = 0; i < PROTO_COUNT && !failed; i++)
        failed = assign_all(profile, &array, (enum proto)i, complaints);
    free(array.rules);
    if (failed)
        profile_free(profile);
    return failed;
}

int profile_describe(struct profile *profile)
{
    for (size_t i = 0; i < profile->count; i++) {
        struct assignment *assignment = &profile->assignments[i];
        struct place place = assignment->rule->place;
        assignment->expected = states_format(&assignment->rule->states);
        if (asprintf(&assignment->place, "%s:%u", place.source->name, place_line(place)) < 0)
            assignment->place = NULL;
        if (!assignment->expected || !assignment->place)
            return -ENOMEM;
    }
    return 0;
}
