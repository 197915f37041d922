#include "expect/policy.h"

#include "expect/profile.h"
#include "expect/suggest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct policy *policy_new(void)
{
    struct policy *policy = calloc(1, sizeof *policy);
    if (!policy)
        return NULL;
    policy->blocks_end = &policy->blocks;
    policy->waivers_end = &policy->waivers;
    policy->files_end = &policy->files;
    return policy;
}

void policy_share_responders(struct policy *policy, const struct policy *of)
{
    policy->responders = of->responders;
}

void policy_free(struct policy *policy)
{
    if (!policy)
        return;
    for (struct block *block = policy->blocks; block; block = block->next) {
        for (struct rule_set *set = block->sets; set; set = set->next)
            rule_list_free(&set->rules);
    }
    for (struct waiver *waiver = policy->waivers; waiver; waiver = waiver->next)
        rule_list_free(&waiver->ports);
    arena_free(&policy->arena);
    free(policy);
}

struct block *policy_add_block(struct policy *policy, const char *group, size_t host_count)
{
    struct block *block = arena_alloc(&policy->arena, sizeof *block);
    struct host_spec *hosts = arena_array(&policy->arena, host_count, sizeof *hosts);
    if (!block || !hosts)
        return NULL;
    block->group = group;
    block->hosts = hosts;
    block->index = policy->block_count++;
    *policy->blocks_end = block;
    policy->blocks_end = &block->next;
    return block;
}

struct rule_set *block_add_rules(struct policy *policy, struct block *block,
                                 const struct vantage *vantage, struct place place)
{
    struct rule_set *set = arena_alloc(&policy->arena, sizeof *set);
    if (!set)
        return NULL;
    set->vantage = vantage;
    set->place = place;
    struct rule_set **end = &block->sets;
    while (*end)
        end = &(*end)->next;
    *end = set;
    return set;
}

struct vantage *policy_add_vantage(struct policy *policy, const char *name, struct place place)
{
    struct vantage *vantage = arena_alloc(&policy->arena, sizeof *vantage);
    if (!vantage)
        return NULL;
    *vantage = (struct vantage){.name = name, .place = place};
    struct vantage **end = &policy->vantages;
    while (*end)
        end = &(*end)->next;
    *end = vantage;
    return vantage;
}

struct vantage *policy_find_vantage(const struct policy *policy, const char *name)
{
    struct vantage *vantage = policy->vantages;
    while (vantage && strcmp(vantage->name, name) != 0)
        vantage = vantage->next;
    return vantage;
}

void policy_complain_vantage(const struct policy *policy, const char *name,
                             struct complaints *complaints)
{
    assert(policy->vantages);
    char advice[SUGGESTION_TEXT_SIZE];
    struct suggestion suggestion = {.word = name};
    for (const struct vantage *vantage = policy->vantages; vantage; vantage = vantage->next)
        suggestion_offer(&suggestion, vantage->name);
    struct complaint_place place = {.file = COMMAND_LINE};
    struct complaint *complaint =
        complaints_add(complaints, false, &place, "--from %s: no such vantage%s", name,
                       suggestion_format(&suggestion, advice));
    complaint_point_to(complaints, complaint, "vantages are named here",
                       policy->vantages->place);
}

static bool check_profile(const struct coverage_piece *piece, const struct vantage *vantage,
                          struct complaints *complaints)
{
    struct profile profile;
    if (profile_make(&profile, piece->blocks, piece->block_count, vantage, complaints) != 0) {
        complaints->out_of_memory = true;
        return false;
    }
    profile_free(&profile);
    return true;
}

void policy_check_conflicts(struct policy *policy, struct complaints *complaints)
{
    struct arena arena = {0};
    struct coverage coverage;
    bool *seen = NULL;
    if (coverage_make(&coverage, &arena, policy, complaints))
        seen = arena_array(&arena, coverage.profile_count, sizeof *seen);
    for (size_t i = 0; seen && i < coverage.count; i++) {
        const struct coverage_piece *piece = &coverage.pieces[i];
        if (seen[piece->profile])
            continue;
        seen[piece->profile] = true;
        bool going = check_profile(piece, NULL, complaints);
        for (const struct vantage *vantage = policy->vantages; going && vantage;
             vantage = vantage->next)
            going = check_profile(piece, vantage, complaints);
    }
    if (arena.failed)
        complaints->out_of_memory = true;
    arena_free(&arena);
}
