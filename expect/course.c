/* The course of an audit: what a plan says at its start, verdicts target by target, and
 * what is left to say at its end. */
#include "expect/plan.h"
#include "expect/stale.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_waiver_warning(struct audit *audit, const struct waiver *waiver,
                              const char *what)
{
    char *text = waiver_say(waiver, what);
    int failed = text ? audit_add_warning(audit, text) : -ENOMEM;
    free(text);
    return failed;
}

/* Says that a waiver has expired or soon will, and that nothing is left for it to do. */
static int warn_of_waiver(const struct policy *policy, const struct waiver *waiver,
                          int64_t today, struct audit *audit)
{
    char what[64];
    int64_t days = waiver->until_day - today;
    snprintf(what, sizeof what, "%s on %s", days < 0 ? "expired" : "expires", waiver->until);
    if (days <= WAIVER_WARN_DAYS && add_waiver_warning(audit, waiver, what) != 0)
        return -ENOMEM;
    const char *fault = waiver_fault(policy, waiver, &waiver->hosts[0]);
    for (size_t i = 1; i < waiver->host_count && fault; i++)
        fault = waiver_fault(policy, waiver, &waiver->hosts[i]);
    if (!fault)
        return 0;
    snprintf(what, sizeof what, "is for %s", fault);
    return add_waiver_warning(audit, waiver, what);
}

static int begin_waivers(struct plan_details *details, struct audit *audit)
{
    int64_t today = day_of(details->options.today);
    struct waiver_use *use = details->waivers;
    for (const struct waiver *waiver = details->policy->waivers; waiver;
         waiver = waiver->next, use++) {
        *use = (struct waiver_use){.waiver = waiver, .expired = today > waiver->until_day};
        if (warn_of_waiver(details->policy, waiver, today, audit) != 0)
            return -ENOMEM;
    }
    return 0;
}

int plan_begin(const struct plan *plan, struct audit *audit)
{
    struct plan_details *details = plan->details;
    const struct policy *policy = details->policy;
    details->reported_count = 0;
    memset(details->judged, 0, plan->count * sizeof *details->judged);
    audit->result = policy->scan ? RESULT_SCANNED : RESULT_MET;
    if ((policy->name && !(audit->name = strdup(policy->name))) ||
        (details->options.from && !(audit->vantage = strdup(details->options.from))) ||
        begin_waivers(details, audit) != 0)
        return -ENOMEM;
    for (const struct policy_file *file = policy->files; file; file = file->next) {
        if (audit_add_file(audit, file->source->name, file->sha256) != 0)
            return -ENOMEM;
    }
    for (size_t i = 0; i < details->warning_count; i++) {
        if (audit_add_warning(audit, details->warnings[i]) != 0)
            return -ENOMEM;
    }
    for (size_t i = 0; i < details->count; i++) {
        if (details->subjects[i].problem &&
            judge_subject(details, &details->subjects[i], NULL, REASON_UNRESOLVED, audit) != 0)
            return -ENOMEM;
    }
    return 0;
}

int plan_judge(const struct plan *plan, const struct host_observation *host,
               struct audit *audit)
{
    struct plan_details *details = plan->details;
    /* Each target once: a verdict that is there twice would be counted twice. */
    if (host->target >= plan->count || details->judged[host->target])
        return 0;
    details->judged[host->target] = true;
    int failed = 0;
    for (const struct subject *subject = details->heads[host->target]; subject && !failed;
         subject = subject->alias)
        failed = judge_subject(details, subject, host, REASON_NONE, audit);
    return failed;
}

/* Hosts that the scan did not come to must not be missing from the reports. */
static int judge_unjudged(const struct plan *plan, struct audit *audit)
{
    enum reason reason = audit->interrupted ? REASON_INTERRUPTED : REASON_NONE;
    struct plan_details *details = plan->details;
    for (size_t i = 0; i < plan->count; i++) {
        if (details->judged[i])
            continue;
        for (const struct subject *subject = details->heads[i]; subject;
             subject = subject->alias) {
            if (judge_subject(details, subject, NULL, reason, audit) != 0)
                return -ENOMEM;
        }
    }
    return 0;
}

/* A waiver that covered ports of which none was broken can go. */
static int finish_waivers(struct plan_details *details, struct audit *audit)
{
    for (size_t i = 0; i < details->policy->waiver_count; i++) {
        const struct waiver_use *use = &details->waivers[i];
        if (!use->met || use->broken || use->undecided)
            continue;
        if (add_waiver_warning(audit, use->waiver,
                               "is no longer needed: what it covers is as expected") != 0)
            return -ENOMEM;
    }
    return 0;
}

struct host_place {
    const struct subject *subject;
    struct host_verdicts host;
};

/* Subjects stand in one array, in the order of the plan. */
static int compare_places(const void *left, const void *right)
{
    const struct host_place *a = left, *b = right;
    return (a->subject > b->subject) - (a->subject < b->subject);
}

static int sort_hosts(struct plan_details *details, struct audit *audit)
{
    size_t count = audit->host_count;
    struct host_place *places = reallocarray(NULL, count + 1, sizeof *places);
    if (!places)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        places[i] = (struct host_place){details->reported[i], audit->hosts[i]};
    qsort(places, count, sizeof *places, compare_places);
    for (size_t i = 0; i < count; i++) {
        details->reported[i] = places[i].subject;
        audit->hosts[i] = places[i].host;
    }
    free(places);
    return 0;
}

int plan_finish(const struct plan *plan, struct audit *audit)
{
    struct plan_details *details = plan->details;
    if (judge_unjudged(plan, audit) != 0 || finish_waivers(details, audit) != 0 ||
        sort_hosts(details, audit) != 0)
        return -ENOMEM;
    audit_finish(audit);
    return 0;
}
