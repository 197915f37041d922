#include "expect/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For complaints that belong to no file. */
static struct complaint_place command_line(void)
{
    return (struct complaint_place){.file = COMMAND_LINE};
}

static bool complain_no_vantage(const struct plan_details *details, const struct vantage *used,
                                struct complaints *complaints)
{
    char names[256];
    size_t length = 0;
    struct complaint *complaint =
        complain(complaints, used->place,
                 "what is expected depends on where the audit runs: choose with --from");
    names[0] = '\0';
    for (const struct vantage *vantage = details->policy->vantages; vantage;
         vantage = vantage->next) {
        if (vantage->used && length < sizeof names)
            length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                                       length ? ", " : "", vantage->name);
    }
    complaint_set_hint(complaints, complaint, "vantages: %s", names);
    return false;
}

/* Finds the vantage of --from. A policy that names vantages needs one, else its
 * expectations would go unchecked without a word. */
static bool choose_vantage(struct plan_details *details, struct complaints *complaints)
{
    const struct policy *policy = details->policy;
    const char *from = details->options.from;
    if (from) {
        details->vantage = policy_find_vantage(policy, from);
        if (details->vantage || !policy->vantages)
            return true;
        policy_complain_vantage(policy, from, complaints);
        return false;
    }
    for (const struct vantage *vantage = policy->vantages; vantage; vantage = vantage->next) {
        if (vantage->used)
            return complain_no_vantage(details, vantage, complaints);
    }
    return true;
}

static bool make_profiles(struct plan_details *details)
{
    struct coverage *coverage = &details->coverage;
    details->profiles =
        arena_array(&details->arena, coverage->profile_count, sizeof *details->profiles);
    if (!details->profiles)
        return false;
    for (size_t i = 0; i < coverage->count; i++) {
        const struct coverage_piece *piece = &coverage->pieces[i];
        struct profile *profile = &details->profiles[piece->profile];
        if (profile->count > 0)
            continue;
        if (profile_make(profile, piece->blocks, piece->block_count, details->vantage, NULL) !=
                0 ||
            (!details->policy->scan && profile_describe(profile) != 0))
            return false;
    }
    return true;
}

static int compare_subjects(const void *left, const void *right)
{
    const struct subject *a = *(const struct subject *const *)left;
    const struct subject *b = *(const struct subject *const *)right;
    int order = addr_compare(&a->address, &b->address);
    return order ? order : (a > b) - (a < b);
}

/* Chains the subjects that have one address in common, and returns how many addresses
 * there are, or -1: no memory. */
static ptrdiff_t chain_aliases(struct plan_details *details)
{
    struct subject **sorted =
        arena_array(&details->arena, details->count, sizeof(struct subject *));
    if (!sorted)
        return -1;
    size_t count = 0, addresses = 0;
    for (size_t i = 0; i < details->count; i++) {
        if (!details->subjects[i].problem)
            sorted[count++] = &details->subjects[i];
    }
    if (count)
        qsort(sorted, count, sizeof(struct subject *), compare_subjects);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && addr_equal(&sorted[i]->address, &sorted[i - 1]->address)) {
            sorted[i - 1]->alias = sorted[i];
            sorted[i]->is_alias = true;
        } else {
            addresses++;
        }
    }
    return (ptrdiff_t)addresses;
}

static void point_at(struct target *target, const struct portset *ports,
                     const struct portset *declared)
{
    for (int i = 0; i < PROTO_COUNT; i++) {
        target->ports[i] = ports[i].count ? &ports[i] : NULL;
        target->declared[i] = declared[i].count ? &declared[i] : NULL;
    }
}

static bool join_subject(struct joined_ports *joined, const struct subject *subject)
{
    for (int i = 0; i < PROTO_COUNT; i++) {
        if (portset_add_set(&joined->ports[i], &subject->profile->ports[i]) != 0 ||
            portset_add_set(&joined->declared[i], &subject->profile->declared[i]) != 0)
            return false;
    }
    return true;
}

/* The ports of an address: those of its subject's rules, or of all its subjects'. */
static bool fill_target(struct plan_details *details, struct target *target,
                        const struct subject *head)
{
    target->address = head->address;
    const struct subject *other = head->alias;
    while (other && other->profile == head->profile)
        other = other->alias;
    if (!other) {
        point_at(target, head->profile->ports, head->profile->declared);
        return true;
    }
    struct joined_ports *joined = arena_alloc(&details->arena, sizeof *joined);
    if (!joined)
        return false;
    joined->next = details->joined;
    details->joined = joined;
    for (const struct subject *subject = head; subject; subject = subject->alias) {
        if (!join_subject(joined, subject))
            return false;
    }
    point_at(target, joined->ports, joined->declared);
    return true;
}

static bool make_targets(struct plan *plan)
{
    struct plan_details *details = plan->details;
    ptrdiff_t addresses = chain_aliases(details);
    if (addresses < 0)
        return false;
    size_t count = (size_t)addresses;
    details->reported = arena_array(&details->arena, details->count, sizeof(struct subject *));
    plan->targets = arena_array(&details->arena, count, sizeof *plan->targets);
    details->heads = arena_array(&details->arena, count, sizeof(struct subject *));
    details->judged = arena_array(&details->arena, count, sizeof *details->judged);
    if (!plan->targets || !details->heads || !details->judged || !details->reported)
        return false;
    for (size_t i = 0; i < details->count; i++) {
        const struct subject *subject = &details->subjects[i];
        if (subject->is_alias || subject->problem)
            continue;
        if (!fill_target(details, &plan->targets[plan->count], subject))
            return false;
        details->heads[plan->count++] = subject;
    }
    return true;
}

/* An audit of nothing must not pass. A shard may be empty: the others are not. */
static bool check_not_empty(const struct plan_details *details, struct complaints *complaints)
{
    const struct plan_options *options = &details->options;
    if (details->count > 0 || options->shards > 1)
        return true;
    struct complaint_place place = command_line();
    if (options->host_glob)
        complaints_add(complaints, false, &place, "--host %s: no host matches",
                       options->host_glob);
    else if (options->family != ADDR_NONE)
        complaints_add(complaints, false, &place, "no host has an IPv%d address",
                       (int)options->family);
    else
        complaints_add(complaints, false, &place, "nothing is expected from vantage '%s'",
                       options->from ? options->from : "");
    return false;
}

static bool copy_options(struct plan_details *details, const struct plan_options *options)
{
    details->options = *options;
    if (options->from)
        details->options.from =
            arena_copy(&details->arena, options->from, strlen(options->from));
    if (options->host_glob)
        details->options.host_glob =
            arena_copy(&details->arena, options->host_glob, strlen(options->host_glob));
    return !details->arena.failed;
}

static bool make_plan(struct plan *plan, const struct policy *policy,
                      const struct plan_options *options, struct complaints *complaints)
{
    struct plan_details *details = plan->details;
    details->policy = policy;
    if (!copy_options(details, options))
        return false;
    if (!choose_vantage(details, complaints) ||
        !coverage_make(&details->coverage, &details->arena, policy, complaints))
        return false;
    details->waivers =
        arena_array(&details->arena, policy->waiver_count, sizeof *details->waivers);
    return details->waivers && make_profiles(details) && subjects_make(details, complaints) &&
           check_not_empty(details, complaints) && make_targets(plan);
}

struct plan *plan_new(const struct policy *policy, const struct plan_options *options,
                      struct complaints *complaints)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (plan)
        plan->details = calloc(1, sizeof *plan->details);
    if (plan && plan->details && make_plan(plan, policy, options, complaints))
        return plan;
    if (!complaints_any_error(complaints))
        complaints->out_of_memory = true;
    plan_free(plan);
    return NULL;
}

const char *plan_responder_key(const struct plan *plan, size_t target)
{
    const struct plan_details *details = plan->details;
    for (const struct subject *subject = details->heads[target]; subject;
         subject = subject->alias) {
        const struct host_spec *spec = subject->piece->spec;
        const char *name = host_spec_is_name(spec) ? spec->text : NULL;
        for (const struct responder *responder = details->policy->responders; responder;
             responder = responder->next) {
            if (host_spec_covers(&responder->host, name, &subject->address))
                return responder->key_path;
        }
    }
    return NULL;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    struct plan_details *details = plan->details;
    if (details) {
        for (size_t i = 0; details->profiles && i < details->coverage.profile_count; i++)
            profile_free(&details->profiles[i]);
        for (struct joined_ports *joined = details->joined; joined; joined = joined->next) {
            for (int i = 0; i < PROTO_COUNT; i++) {
                portset_free(&joined->ports[i]);
                portset_free(&joined->declared[i]);
            }
        }
        free(details->subjects);
        arena_free(&details->arena);
    }
    free(details);
    free(plan);
}
