#include "expect/explain.h"

#include "expect/plan.h"
#include "expect/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct inquiry;

/* What is written of one port under the rules that hold from VANTAGE. 0 or -ENOMEM. */
typedef int put_port_fn(struct inquiry *inquiry, const struct profile *profile,
                        const struct vantage *vantage, enum proto proto);

/* What a query comes to. */
struct inquiry {
    const struct policy *policy;
    const struct explain_query *query;
    put_port_fn *put_port;
    FILE *out;                   /* NULL: nothing is written */
    struct explain_ports *found; /* NULL: not wanted */
    struct complaints *complaints;
    struct arena arena;
    struct host_spec host;
    struct rule_list ports; /* one rule, whose `named` sets hold the port */
    const struct coverage_piece *piece;
};

static struct place whole(struct inquiry *inquiry, const char *name)
{
    struct source *source = source_new(&inquiry->arena, name, "", 0);
    if (source)
        source->line_count = 0;
    return (struct place){source, 0};
}

static bool read_host(struct inquiry *inquiry)
{
    struct place place = whole(inquiry, "HOST");
    if (!place.source)
        return false;
    if (!host_spec_parse(&inquiry->host, inquiry->query->host, place, inquiry->complaints))
        return false;
    if (!host_spec_is_name(&inquiry->host) &&
        !addr_equal(&inquiry->host.first, &inquiry->host.last)) {
        complain(inquiry->complaints, place, "'%.80s' is more than one host",
                 inquiry->query->host);
        return false;
    }
    return true;
}

static bool read_port(struct inquiry *inquiry)
{
    struct rule_reader reader = {&inquiry->arena, inquiry->complaints};
    const char *port = inquiry->query->port;
    struct source *source = source_new(&inquiry->arena, "PORT", port, strlen(port));
    struct text text;
    if (!source || !text_from_source(&text, &inquiry->arena, source, 0, source->length))
        return false;
    struct place place = text_place(&text, 0);
    struct rule *rule = rule_add(&reader, &inquiry->ports, place);
    if (!rule || !rule_read_ports(&reader, &text, rule))
        return false;
    for (int i = 0; i < PROTO_COUNT; i++) {
        if (rule->rest[i].count > 0 || portset_size(&rule->named[i]) > 1) {
            complain(inquiry->complaints, place, "one port is explained at a time");
            return false;
        }
    }
    return true;
}

static bool is_of_piece(const struct inquiry *inquiry, const struct coverage_piece *piece)
{
    if (host_spec_is_name(piece->spec))
        return host_spec_overlaps(piece->spec, &inquiry->host);
    return !host_spec_is_name(&inquiry->host) &&
           addr_is_between(&inquiry->host.first, &piece->first, &piece->last);
}

static bool find_piece(struct inquiry *inquiry)
{
    struct coverage coverage;
    if (!coverage_make(&coverage, &inquiry->arena, inquiry->policy, inquiry->complaints))
        return false;
    for (size_t i = 0; i < coverage.count; i++) {
        if (!is_of_piece(inquiry, &coverage.pieces[i]))
            continue;
        inquiry->piece = coverage.pieces + i;
        return true;
    }
    struct place place = whole(inquiry, "HOST");
    if (!place.source)
        return false;
    struct complaint *complaint =
        complain(inquiry->complaints, place, "nothing is expected of %s", inquiry->query->host);
    complaint_set_hint(inquiry->complaints, complaint,
                       "a host is found as the file names it: names are not resolved here");
    return false;
}

/* "rejected, dropped", "closed, rejected(reset)". */
static void put_accepted(FILE *out, const struct states *states, enum proto proto)
{
    const char *separator = "  accepts ";
    for (int state = PORT_OPEN; state < PORT_STATE_COUNT; state++) {
        bool any = false, all = true;
        for (int reason = 0; reason < REASON_COUNT; reason++) {
            bool accepted =
                states_accept(states, proto, (enum port_state)state, (enum reason)reason);
            any = any || accepted;
            all = all && accepted;
        }
        if (all) {
            fprintf(out, "%s%s", separator, port_state_name((enum port_state)state));
            separator = ", ";
        }
        for (int reason = 0; any && !all && reason < REASON_COUNT; reason++) {
            if (!states_accept(states, proto, (enum port_state)state, (enum reason)reason))
                continue;
            fprintf(out, "%s%s(%s)", separator, port_state_name((enum port_state)state),
                    reason_name((enum reason)reason));
            separator = ", ";
        }
    }
    fputc('\n', out);
}

/* FROM: where the rule is looked at from; NULL: that is not said. */
static int put_rule(struct inquiry *inquiry, const struct vantage *from, const char *what,
                    const struct rule *rule)
{
    struct complaint_place place = place_describe(rule->place);
    char *states = states_format(&rule->states);
    if (!states)
        return -ENOMEM;
    if (from)
        fprintf(inquiry->out, "  from %s: %s ", from->name, what);
    else
        fprintf(inquiry->out, "  %s ", what);
    utf8_put_safely(inquiry->out, place.file);
    fprintf(inquiry->out, ":%u:%u: ", place.line, place.column);
    utf8_put_safely(inquiry->out, rule->ports_text);
    fprintf(inquiry->out, " %s\n", states);
    free(states);
    return 0;
}

static void put_text(FILE *out, const char *what, const char *text)
{
    if (!text)
        return;
    fprintf(out, "  %s ", what);
    utf8_put_safely(out, text);
    fputc('\n', out);
}

/* The rules that say `others`, and would decide if no rule named the port. */
static int put_overruled(struct inquiry *inquiry, const struct assignment *assignment,
                         const struct vantage *vantage, uint16_t port)
{
    const struct coverage_piece *piece = inquiry->piece;
    for (size_t i = 0; i < piece->block_count; i++) {
        for (const struct rule_set *set = piece->blocks[i]->sets; set; set = set->next) {
            if (set->vantage && set->vantage != vantage)
                continue;
            for (const struct rule *rule = set->rules.first; rule; rule = rule->next) {
                if (rule != assignment->rule &&
                    (portset_has(&rule->rest[assignment->proto], port) ||
                     portset_has(&rule->named[assignment->proto], port)) &&
                    put_rule(inquiry, NULL, "before", rule) != 0)
                    return -ENOMEM;
            }
        }
    }
    return 0;
}

static void put_waivers(struct inquiry *inquiry, enum proto proto, uint16_t port,
                        const struct vantage *vantage)
{
    const struct host_spec *host = &inquiry->host;
    const char *name = host_spec_is_name(host) ? host->text : NULL;
    int64_t today = day_of(inquiry->query->today);
    for (const struct waiver *waiver = inquiry->policy->waivers; waiver;
         waiver = waiver->next) {
        if (!waiver_covers(waiver, vantage, name, &host->first) ||
            !portset_has(waiver_ports(waiver, proto), port))
            continue;
        fprintf(inquiry->out, "  waived until %s%s: ", waiver->until,
                today > waiver->until_day ? ", which is over" : "");
        utf8_put_safely(inquiry->out, waiver->reason);
        fputc('\n', inquiry->out);
    }
}

static const char *group_of(const struct coverage_piece *piece, const struct rule *rule)
{
    for (size_t i = 0; i < piece->block_count; i++) {
        for (const struct rule_set *set = piece->blocks[i]->sets; set; set = set->next) {
            for (const struct rule *own = set->rules.first; own; own = own->next) {
                if (own == rule)
                    return piece->blocks[i]->group;
            }
        }
    }
    return NULL;
}

static int put_decision(struct inquiry *inquiry, const struct assignment *assignment,
                        const struct vantage *vantage, uint16_t port)
{
    const struct rule *rule = assignment->rule;
    put_accepted(inquiry->out, &rule->states, assignment->proto);
    if (put_rule(inquiry, NULL, "by the rule", rule) != 0)
        return -ENOMEM;
    put_text(inquiry->out, "of the group", group_of(inquiry->piece, rule));
    put_text(inquiry->out, "note:", rule->note);
    if (put_overruled(inquiry, assignment, vantage, port) != 0)
        return -ENOMEM;
    put_waivers(inquiry, assignment->proto, port, vantage);
    return 0;
}

static const struct assignment *find_assignment(const struct profile *profile, enum proto proto,
                                                uint16_t port)
{
    for (size_t i = 0; i < profile->count; i++) {
        if (profile->assignments[i].proto == proto &&
            portset_has(&profile->assignments[i].ports, port))
            return &profile->assignments[i];
    }
    return NULL;
}

static int explain_proto(struct inquiry *inquiry, const struct profile *profile,
                         const struct vantage *vantage, enum proto proto)
{
    const struct portset *ports = &inquiry->ports.first->named[proto];
    if (ports->count == 0)
        return 0;
    uint16_t port = ports->ranges[0].first;
    const struct assignment *assignment = find_assignment(profile, proto, port);
    utf8_put_safely(inquiry->out, inquiry->query->host);
    fprintf(inquiry->out, " %u/%s", (unsigned)port, proto_name(proto));
    if (vantage)
        fprintf(inquiry->out, " from %s", vantage->name);
    if (!assignment) {
        fputs(": nothing is expected, it is not probed\n", inquiry->out);
        return 0;
    }
    char *expected = states_format(&assignment->rule->states);
    if (!expected)
        return -ENOMEM;
    fprintf(inquiry->out, ": %s\n", expected);
    free(expected);
    return put_decision(inquiry, assignment, vantage, port);
}

static bool is_waived(const struct inquiry *inquiry, const struct vantage *vantage,
                      enum proto proto, uint16_t port)
{
    const struct host_spec *host = &inquiry->host;
    const char *name = host_spec_is_name(host) ? host->text : NULL;
    int64_t today = day_of(inquiry->query->today);
    for (const struct waiver *waiver = inquiry->policy->waivers; waiver;
         waiver = waiver->next) {
        if (today <= waiver->until_day && portset_has(waiver_ports(waiver, proto), port) &&
            waiver_covers(waiver, vantage, name, &inquiry->query->address))
            return true;
    }
    return false;
}

static int judge_proto(struct inquiry *inquiry, const struct profile *profile,
                       const struct vantage *vantage, enum proto proto)
{
    const struct portset *ports = &inquiry->ports.first->named[proto];
    const struct observation *seen = inquiry->query->seen;
    if (ports->count == 0 || seen->proto != proto)
        return 0;
    uint16_t port = ports->ranges[0].first;
    const struct assignment *assignment = find_assignment(profile, proto, port);
    if (!assignment) {
        fprintf(inquiry->out, "  %s%s%snothing is expected\n", vantage ? "from " : "",
                vantage ? vantage->name : "", vantage ? ": " : "");
        return 0;
    }
    enum result result = judge_seen(&assignment->rule->states, seen);
    bool waived = result == RESULT_BROKEN && is_waived(inquiry, vantage, proto, port);
    char what[32];
    snprintf(what, sizeof what, "%s%s, by", result_name(result), waived ? " but waived" : "");
    return put_rule(inquiry, vantage, what, assignment->rule);
}

static int explain_from(struct inquiry *inquiry, const struct vantage *vantage)
{
    struct profile profile;
    int failed = profile_make(&profile, inquiry->piece->blocks, inquiry->piece->block_count,
                              vantage, NULL);
    if (failed)
        return failed;
    for (int i = 0; i < PROTO_COUNT && !failed; i++)
        failed = inquiry->put_port(inquiry, &profile, vantage, (enum proto)i);
    profile_free(&profile);
    return failed;
}

static int explain(struct inquiry *inquiry)
{
    const struct policy *policy = inquiry->policy;
    const char *from = inquiry->query->from;
    const struct vantage *vantage = from ? policy_find_vantage(policy, from) : NULL;
    if (from && policy->vantages && !vantage) {
        policy_complain_vantage(policy, from, inquiry->complaints);
        return -EINVAL;
    }
    if (vantage || !policy->vantages)
        return explain_from(inquiry, vantage);
    int failed = 0;
    for (vantage = policy->vantages; vantage && !failed; vantage = vantage->next) {
        if (vantage->used || vantage->declared)
            failed = explain_from(inquiry, vantage);
    }
    return failed;
}

static int inquire(struct inquiry *inquiry)
{
    int status = -EINVAL;
    if (read_host(inquiry) && read_port(inquiry) && find_piece(inquiry))
        status = explain(inquiry);
    if (inquiry->arena.failed || inquiry->complaints->out_of_memory)
        status = -ENOMEM;
    rule_list_free(&inquiry->ports);
    arena_free(&inquiry->arena);
    if (status == 0 && inquiry->out && ferror(inquiry->out))
        status = -EIO;
    return status;
}

int policy_explain(const struct policy *policy, const struct explain_query *query, FILE *out,
                   struct complaints *complaints)
{
    struct inquiry inquiry = {.policy = policy,
                              .query = query,
                              .put_port = explain_proto,
                              .out = out,
                              .complaints = complaints};
    return inquire(&inquiry);
}

int policy_explain_judgement(const struct policy *policy, const struct explain_query *query,
                             FILE *out, struct complaints *complaints)
{
    struct inquiry inquiry = {.policy = policy,
                              .query = query,
                              .put_port = judge_proto,
                              .out = out,
                              .complaints = complaints};
    return inquire(&inquiry);
}

static bool has_responder(const struct inquiry *inquiry)
{
    for (const struct responder *responder = inquiry->policy->responders; responder;
         responder = responder->next) {
        if (host_spec_overlaps(&responder->host, &inquiry->host))
            return true;
    }
    return false;
}

static bool is_expected_open(const struct assignment *assignment)
{
    const struct states *states = &assignment->rule->states;
    return states_accept(states, assignment->proto, PORT_OPEN, REASON_RESPONDER) &&
           !states_accept(states, assignment->proto, PORT_DROPPED, REASON_NO_RESPONSE);
}

static int note_ports(struct inquiry *inquiry, const struct profile *profile,
                      const struct vantage *vantage, enum proto proto)
{
    (void)vantage;
    enum { BESIDE_MOST = 4 };
    struct explain_ports *found = inquiry->found;
    if (portset_add_set(&found->asked[proto], &inquiry->ports.first->named[proto]) < 0)
        return -ENOMEM;
    if (proto != PROTO_TCP || !has_responder(inquiry))
        return 0;
    for (size_t i = 0; i < profile->count; i++) {
        const struct assignment *assignment = &profile->assignments[i];
        uint32_t count = portset_size(&assignment->ports);
        if (assignment->proto != PROTO_TCP || !is_expected_open(assignment))
            continue;
        for (uint32_t n = 0; n < count && portset_size(&found->beside) < BESIDE_MOST; n++) {
            uint16_t port = portset_nth(&assignment->ports, n);
            if (portset_add(&found->beside, port, port) < 0)
                return -ENOMEM;
        }
    }
    return 0;
}

int policy_explain_ports(const struct policy *policy, const struct explain_query *query,
                         struct explain_ports *ports, struct complaints *complaints)
{
    *ports = (struct explain_ports){0};
    struct inquiry inquiry = {.policy = policy,
                              .query = query,
                              .put_port = note_ports,
                              .found = ports,
                              .complaints = complaints};
    int status = inquire(&inquiry);
    if (status < 0)
        policy_explain_free_ports(ports);
    return status;
}

void policy_explain_free_ports(struct explain_ports *ports)
{
    for (int i = 0; i < PROTO_COUNT; i++)
        portset_free(&ports->asked[i]);
    portset_free(&ports->beside);
}
