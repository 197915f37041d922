/* The course of an audit: what a plan says at its start, verdicts target by target, and
 * what is left to say at its end. */
#include "expect/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How the audit's waivers stand before anything is known. */
static int begin_waivers(struct plan_details *details, struct audit *audit)
{
    int64_t today = day_of(details->options.today);
    struct waiver_use *use = details->waivers;
    for (const struct waiver *waiver = details->policy->waivers; waiver;
         waiver = waiver->next, use++) {
        bool failed = false;
        *use = (struct waiver_use){.waiver = waiver, .expired = today > waiver->until_day};
        char *warning = waiver_warning_before(use, today, &failed);
        if (warning)
            failed = audit_add_warning(audit, warning) != 0;
        free(warning);
        if (failed)
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

static int finish_waivers(struct plan_details *details, struct audit *audit)
{
    for (size_t i = 0; i < details->policy->waiver_count; i++) {
        bool failed = false;
        char *warning = NULL;
        if (details->waivers[i].concerned)
            warning = waiver_warning_after(&details->waivers[i], &failed);
        if (warning)
            failed = audit_add_warning(audit, warning) != 0;
        free(warning);
        if (failed)
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
