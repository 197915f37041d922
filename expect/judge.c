/* Observations against expectations: the verdicts on one host. */
#include "expect/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One host under one name, being judged. */
struct judging {
    struct plan_details *details;
    const struct subject *subject;
    struct host_verdicts *host;
};

/* A part of an observation, to become a verdict. */
struct finding {
    const struct assignment *assignment;
    const struct observation *seen; /* its ports are not looked at */
    struct portset ports;           /* taken over by the verdict */
    enum result result;
    const struct waiver_use *waiver; /* NULL: none */
};

static int copy_string(char **copy, const char *text)
{
    *copy = text ? strdup(text) : NULL;
    return text && !*copy ? -ENOMEM : 0;
}

enum result judge_seen(const struct states *states, const struct observation *seen)
{
    bool accepts_open =
        states_accept(states, seen->proto, PORT_OPEN,
                      seen->proto == PROTO_TCP ? REASON_SYN_ACK : REASON_UDP_RESPONSE);
    /* One of the contradicting answers said open: where that is not expected, it is enough. */
    if (seen->state == PORT_UNKNOWN)
        return seen->open_seen && !accepts_open ? RESULT_BROKEN : RESULT_INCONCLUSIVE;
    if (states_accept(states, seen->proto, seen->state, seen->reason))
        return RESULT_MET;
    /* A service that never answers looks like a drop. */
    if (seen->state == PORT_SILENT && accepts_open)
        return RESULT_INCONCLUSIVE;
    /* Rejected for certain, but the reason of each port was not seen. */
    if (seen->state == PORT_REJECTED && seen->reason == REASON_RATE_LIMITED && states->reasons)
        return RESULT_INCONCLUSIVE;
    return RESULT_BROKEN;
}

static int quote_rule(struct verdict *verdict, const struct assignment *assignment)
{
    if (copy_string(&verdict->expected, assignment->expected) != 0 ||
        copy_string(&verdict->rule, assignment->place) != 0 ||
        copy_string(&verdict->rule_text, assignment->rule->ports_text) != 0 ||
        copy_string(&verdict->note, assignment->rule->note) != 0)
        return -ENOMEM;
    return 0;
}

static int quote_waiver(struct verdict *verdict, const struct waiver_use *use)
{
    verdict->waiver_expired = use->expired;
    if (copy_string(&verdict->waiver, use->waiver->reason) != 0 ||
        copy_string(&verdict->waiver_owner, use->waiver->owner) != 0 ||
        copy_string(&verdict->waiver_until, use->waiver->until) != 0)
        return -ENOMEM;
    return 0;
}

/* Adds a verdict; the finding's ports are gone afterwards, also after a failure. */
static int add_verdict(struct judging *judging, struct finding *finding)
{
    struct verdict *verdict = host_add_verdict(judging->host);
    if (!verdict) {
        portset_free(&finding->ports);
        return -ENOMEM;
    }
    verdict->seen = *finding->seen;
    verdict->seen.ports = finding->ports;
    verdict->result = finding->result;
    finding->ports = (struct portset){0};
    int failed = 0;
    if (!judging->details->policy->scan)
        failed = quote_rule(verdict, finding->assignment);
    if (!failed && finding->waiver)
        failed = quote_waiver(verdict, finding->waiver);
    return failed;
}

/* Takes what WHOLE and OTHER have in common out of WHOLE into PART. */
static int cut(struct portset *part, struct portset *whole, const struct portset *other)
{
    if (portset_copy(part, whole) != 0)
        return -ENOMEM;
    if (portset_intersect(part, other) == 0 &&
        (part->count == 0 || portset_remove_set(whole, part) == 0))
        return 0;
    portset_free(part);
    return -ENOMEM;
}

/* Adds a verdict for the ports of FINDING that the waivers cover, those that still hold
 * (EXPIRED false) or those that don't, and leaves the rest. */
static int add_waived(struct judging *judging, struct finding *finding, bool expired)
{
    struct plan_details *details = judging->details;
    for (size_t i = 0; i < details->policy->waiver_count; i++) {
        const struct waiver_use *use = &details->waivers[i];
        if (!use->applies || use->expired != expired)
            continue;
        struct finding waived = *finding;
        waived.ports = (struct portset){0};
        if (cut(&waived.ports, &finding->ports,
                waiver_ports(use->waiver, finding->seen->proto)) != 0)
            return -ENOMEM;
        if (waived.ports.count == 0) {
            portset_free(&waived.ports);
            continue;
        }
        waived.waiver = use;
        waived.result = expired ? RESULT_BROKEN : RESULT_WAIVED;
        if (add_verdict(judging, &waived) != 0)
            return -ENOMEM;
    }
    return 0;
}

/* Remembers what the waivers were good for. */
static void mark_waivers(struct judging *judging, const struct finding *finding)
{
    struct plan_details *details = judging->details;
    for (size_t i = 0; i < details->policy->waiver_count; i++) {
        struct waiver_use *use = &details->waivers[i];
        if (!use->applies ||
            !portset_overlaps(waiver_ports(use->waiver, finding->seen->proto), &finding->ports))
            continue;
        use->broken = use->broken || finding->result == RESULT_BROKEN;
        use->met = use->met || finding->result == RESULT_MET;
        use->undecided = use->undecided || finding->result == RESULT_INCONCLUSIVE;
    }
}

/* Takes over the finding's ports. */
static int add_finding(struct judging *judging, struct finding *finding)
{
    mark_waivers(judging, finding);
    int failed = 0;
    if (finding->result == RESULT_BROKEN) {
        failed = add_waived(judging, finding, false);
        if (!failed)
            failed = add_waived(judging, finding, true);
    }
    if (!failed && finding->ports.count > 0)
        return add_verdict(judging, finding);
    portset_free(&finding->ports);
    return failed;
}

static enum result result_of(const struct judging *judging, const struct assignment *assignment,
                             const struct observation *seen)
{
    if (judging->details->policy->scan)
        return RESULT_SCANNED;
    return judge_seen(&assignment->rule->states, seen);
}

/* Judges the ports of an assignment that were observed and leaves the others in LEFT. */
static int judge_observed(struct judging *judging, const struct assignment *assignment,
                          const struct host_observation *observed, struct portset *left)
{
    for (size_t i = 0; i < observed->count && left->count > 0; i++) {
        const struct observation *seen = &observed->items[i];
        if (seen->proto != assignment->proto)
            continue;
        struct finding finding = {.assignment = assignment, .seen = seen};
        if (cut(&finding.ports, left, &seen->ports) != 0)
            return -ENOMEM;
        if (finding.ports.count == 0) {
            portset_free(&finding.ports);
            continue;
        }
        finding.result = result_of(judging, assignment, seen);
        if (add_finding(judging, &finding) != 0)
            return -ENOMEM;
    }
    return 0;
}

/* OBSERVED may be NULL: nothing is known, for REASON. */
static int judge_assignment(struct judging *judging, const struct assignment *assignment,
                            const struct host_observation *observed, enum reason reason)
{
    struct portset left;
    if (portset_copy(&left, &assignment->ports) != 0)
        return -ENOMEM;
    if (observed && judge_observed(judging, assignment, observed, &left) != 0) {
        portset_free(&left);
        return -ENOMEM;
    }
    if (left.count == 0) {
        portset_free(&left);
        return 0;
    }
    struct observation nothing = {.proto = assignment->proto, .reason = reason};
    struct finding finding = {.assignment = assignment, .seen = &nothing, .ports = left};
    finding.result = result_of(judging, assignment, &nothing);
    return add_finding(judging, &finding);
}

static void choose_waivers(struct plan_details *details, const struct subject *subject)
{
    const struct host_spec *spec = subject->piece->spec;
    const char *name = host_spec_is_name(spec) ? spec->text : NULL;
    for (size_t i = 0; i < details->policy->waiver_count; i++) {
        struct waiver_use *use = &details->waivers[i];
        use->applies = waiver_covers(use->waiver, details->vantage, name, &subject->address);
    }
}

int judge_subject(struct plan_details *details, const struct subject *subject,
                  const struct host_observation *observed, enum reason reason,
                  struct audit *audit)
{
    char address[ADDR_TEXT_SIZE];
    struct judging judging = {details, subject, audit_add_host(audit)};
    struct host_verdicts *host = judging.host;
    if (!host)
        return -ENOMEM;
    details->reported[details->reported_count++] = subject;
    host->address = subject->address;
    host->loss.upper = 1;
    if (observed) {
        host->alive = observed->alive;
        host->rtt_ms = observed->rtt_ms;
        host->loss = observed->loss;
    }
    if (copy_string(&host->name, subject_name(subject, address)) != 0 ||
        copy_string(&host->group, subject_group(subject)) != 0 ||
        copy_string(&host->problem, subject->problem) != 0)
        return -ENOMEM;
    choose_waivers(details, subject);
    int failed = 0;
    for (size_t i = 0; i < subject->profile->count && !failed; i++)
        failed =
            judge_assignment(&judging, &subject->profile->assignments[i], observed, reason);
    return failed;
}
