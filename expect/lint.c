/* What a policy says that is not wrong, but likely not meant. */
#include "expect/coverage.h"
#include "expect/stale.h"
#include "expect/variables.h"

#include <stdlib.h>

struct linter {
    const struct policy *policy;
    const struct udp_library *library;
    struct complaints *complaints;
    int64_t today; /* in days since 1970-01-01 */
    struct coverage coverage;
    struct arena arena;
    const struct rule_set **warned; /* those without `others` that were shown */
    size_t warned_count;
};

/* Does RULE say something of the ports that nobody thought of? */
static bool is_sweeping(const struct rule *rule)
{
    for (int i = 0; i < PROTO_COUNT; i++) {
        if (rule->rest[i].count > 0 || portset_size(&rule->named[i]) >= 65535)
            return true;
    }
    return false;
}

static bool any_sweeping(const struct rule_set *set)
{
    const struct rule *rule = set->rules.first;
    while (rule && !is_sweeping(rule))
        rule = rule->next;
    return rule != NULL;
}

static void warn_set(struct linter *linter, const struct rule_set *set)
{
    for (size_t i = 0; i < linter->warned_count; i++) {
        if (linter->warned[i] == set)
            return;
    }
    linter->warned[linter->warned_count++] = set;
    struct complaint *complaint =
        warn(linter->complaints, set->place,
             "no 'others' rule: an unexpected open port would go unseen");
    complaint_set_hint(linter->complaints, complaint,
                       "add one, such as 'others filtered' or 'others not open'");
}

/* Looks for `others` among the rules that apply to a piece from VANTAGE; NULL: from
 * everywhere. */
static void check_others(struct linter *linter, const struct coverage_piece *piece,
                         const struct vantage *vantage)
{
    const struct rule_set *first = NULL;
    for (size_t i = 0; i < piece->block_count; i++) {
        for (const struct rule_set *set = piece->blocks[i]->sets; set; set = set->next) {
            if (set->vantage && set->vantage != vantage)
                continue;
            if (any_sweeping(set))
                return;
            /* The rules for this vantage alone are the better place for one. */
            if (!first || (set->vantage && !first->vantage))
                first = set;
        }
    }
    if (first)
        warn_set(linter, first);
}

static bool is_used_here(const struct coverage_piece *piece, const struct vantage *vantage)
{
    for (size_t i = 0; i < piece->block_count; i++) {
        for (const struct rule_set *set = piece->blocks[i]->sets; set; set = set->next) {
            if (set->vantage == vantage)
                return true;
        }
    }
    return false;
}

static size_t count_sets(const struct policy *policy)
{
    size_t count = 0;
    for (const struct block *block = policy->blocks; block; block = block->next) {
        for (const struct rule_set *set = block->sets; set; set = set->next)
            count++;
    }
    return count;
}

static void check_all_others(struct linter *linter)
{
    const struct coverage *coverage = &linter->coverage;
    linter->warned =
        arena_array(&linter->arena, count_sets(linter->policy), sizeof(struct rule_set *));
    if (!linter->warned)
        return;
    bool *seen = arena_array(&linter->arena, coverage->profile_count, sizeof *seen);
    for (size_t i = 0; seen && i < coverage->count; i++) {
        const struct coverage_piece *piece = &coverage->pieces[i];
        if (seen[piece->profile])
            continue;
        seen[piece->profile] = true;
        if (is_used_here(piece, NULL))
            check_others(linter, piece, NULL);
        for (const struct vantage *vantage = linter->policy->vantages; vantage;
             vantage = vantage->next) {
            if (is_used_here(piece, vantage))
                check_others(linter, piece, vantage);
        }
    }
}

static void check_names(struct linter *linter)
{
    for (const struct vantage *vantage = linter->policy->vantages; vantage;
         vantage = vantage->next) {
        if (!vantage->used)
            warn(linter->complaints, vantage->place, "nothing is expected from vantage '%s'",
                 vantage->name);
    }
    const struct variable *variable =
        linter->policy->variables ? linter->policy->variables->first : NULL;
    for (; variable; variable = variable->next) {
        if (!variable->used)
            warn(linter->complaints, text_place(&variable->value, 0),
                 "variable '%s' is never used", variable->name);
    }
}

/* A service that is mute to strangers can never be seen to be open. */
static void check_mute(struct linter *linter, const struct rule *rule)
{
    if (!states_accept(&rule->states, PROTO_UDP, PORT_OPEN, REASON_UDP_RESPONSE) ||
        states_accept(&rule->states, PROTO_UDP, PORT_SILENT, REASON_NO_RESPONSE))
        return;
    const struct portset *ports = &rule->declared[PROTO_UDP];
    uint32_t count = portset_size(ports);
    for (uint32_t i = 0; i < count; i++) {
        uint16_t port = portset_nth(ports, i);
        const struct udp_probe *probe = udp_library_find(linter->library, port);
        if (!probe || !probe->never_answers)
            continue;
        struct complaint *complaint =
            warn(linter->complaints, rule->place,
                 "udp port %u (%s) never answers strangers, so 'open' stays inconclusive",
                 (unsigned)port, probe->name);
        complaint_set_hint(linter->complaints, complaint, "write 'open or silent'");
    }
}

static void check_rules(struct linter *linter)
{
    for (const struct block *block = linter->policy->blocks; block; block = block->next) {
        for (const struct rule_set *set = block->sets; set; set = set->next) {
            for (const struct rule *rule = set->rules.first; rule; rule = rule->next)
                check_mute(linter, rule);
        }
    }
}

static void check_waiver_host(struct linter *linter, const struct waiver *waiver,
                              const struct host_spec *spec)
{
    const char *fault = waiver_fault(linter->policy, waiver, spec);
    if (fault)
        warn(linter->complaints, spec->place, "the waiver is for %s", fault);
}

static void check_waivers(struct linter *linter)
{
    for (const struct waiver *waiver = linter->policy->waivers; waiver; waiver = waiver->next) {
        int64_t days = waiver->until_day - linter->today;
        if (days <= WAIVER_WARN_DAYS)
            warn(linter->complaints, waiver->place, "the waiver %s on %s",
                 days < 0 ? "expired" : "expires", waiver->until);
        for (size_t i = 0; i < waiver->host_count; i++)
            check_waiver_host(linter, waiver, &waiver->hosts[i]);
    }
}

static void check_responders(struct linter *linter)
{
    const struct policy *policy = linter->policy;
    for (const struct responder *responder = policy->responders; responder;
         responder = responder->next) {
        if (!policy_may_audit(policy, &responder->host))
            warn(linter->complaints, responder->host.place,
                 "nothing is expected of this responder");
    }
}

void policy_lint(const struct policy *policy, const struct udp_library *library,
                 struct timespec today, struct complaints *complaints)
{
    struct linter linter = {
        .policy = policy, .library = library, .today = day_of(today), .complaints = complaints};
    if (coverage_make(&linter.coverage, &linter.arena, policy, complaints))
        check_all_others(&linter);
    check_names(&linter);
    check_rules(&linter);
    check_waivers(&linter);
    check_responders(&linter);
    if (linter.arena.failed)
        complaints->out_of_memory = true;
    arena_free(&linter.arena);
}
